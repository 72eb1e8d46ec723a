"""A homogenization that is killed at any moment ends, once resumed, with the bytes of the undisturbed run."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import scalebridge
from scalebridge.study import list_runs, resume, run
from support.homogenization import STUDY

SOURCES = os.pathsep.join([str(Path(scalebridge.__file__).parents[1]), str(Path(__file__).parents[1])])
CHILD = """
import sys
from scalebridge.study import run
run(sys.argv[1], sys.argv[2], workers=int(sys.argv[3]), checkpoint_interval=0.0)
"""
MOMENTS = random.Random(11)
SAME = ("summary.json", "ledger.csv", "failures.json", "curves/tension.csv", "fields/tension.vti", "methods.json")


def start(study: Path, folder: Path, workers: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": SOURCES}
    command = [sys.executable, "-c", CHILD, str(study), str(folder), str(workers)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def await_entries(folder: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a run has posted so many entries; how long that takes depends on what must be compiled."""
    ledger = folder / "ledger.csv"
    while process.poll() is None and (not ledger.exists() or ledger.read_bytes().count(b"\n") <= count):
        time.sleep(0.002)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Study and folder of the undisturbed run."""
    home = tmp_path_factory.mktemp("homogenization")
    study = home / "study.toml"
    study.write_text(STUDY)
    return study, run(study, home / "whole", workers=0).folder


def kill_and_resume(undisturbed: tuple[Path, Path], folder: Path, moment: float, workers: int) -> None:
    """Kill when a share `moment` of the entries is posted, and a little later."""
    study, whole = undisturbed
    total = (whole / "ledger.csv").read_bytes().count(b"\n") - 1
    process = start(study, folder, workers)
    await_entries(folder, int(moment * total), process)
    time.sleep(0.05 * MOMENTS.random())
    process.kill()
    process.wait(timeout=10)
    assert list_runs(folder.parent)[0].state in ("killed", "finished")
    found = resume(folder, workers=0).folder
    for name in SAME:
        assert (found / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.mark.parametrize(("moment", "workers"), [(0.05, 0), (0.3, 0), (0.6, 1)])
def test_killed_and_resumed(undisturbed: tuple[Path, Path], tmp_path: Path, moment: float, workers: int) -> None:
    kill_and_resume(undisturbed, tmp_path / "run", moment, workers)


@pytest.mark.verify
@pytest.mark.parametrize(("moment", "workers"), [(MOMENTS.random(), i % 3) for i in range(10)])
def test_killed_at_ten_moments(undisturbed: tuple[Path, Path], tmp_path: Path, moment: float, workers: int) -> None:
    kill_and_resume(undisturbed, tmp_path / "run", moment, workers)
