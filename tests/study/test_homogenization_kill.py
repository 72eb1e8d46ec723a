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
from scalebridge.study import list_runs, resume
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


def await_folder(folder: Path) -> float:
    """Wait until a run has begun; the time when it did."""
    deadline = time.monotonic() + 120.0
    while not folder.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    return time.monotonic()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, float]:
    """Study, folder of the undisturbed run, and how long its process works in it once everything is compiled."""
    home = tmp_path_factory.mktemp("homogenization")
    study = home / "study.toml"
    study.write_text(STUDY)
    for folder in (home / "first", home / "whole"):
        process = start(study, folder, 0)
        began = await_folder(folder)
        assert process.wait(timeout=600) == 0
        duration = time.monotonic() - began
    return study, home / "whole", duration


def kill_and_resume(undisturbed: tuple[Path, Path, float], folder: Path, moment: float, workers: int) -> None:
    study, whole, duration = undisturbed
    process = start(study, folder, workers)
    await_folder(folder)
    time.sleep(moment * duration)
    process.kill()
    process.wait(timeout=10)
    assert list_runs(folder.parent)[0].state in ("killed", "finished")
    found = resume(folder, workers=0).folder
    for name in SAME:
        assert (found / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.mark.parametrize(("moment", "workers"), [(0.3, 0), (0.6, 0), (0.85, 1)])
def test_killed_and_resumed(undisturbed: tuple[Path, Path, float], tmp_path: Path, moment: float, workers: int) -> None:
    kill_and_resume(undisturbed, tmp_path / "run", moment, workers)


@pytest.mark.verify
@pytest.mark.parametrize(("moment", "workers"), [(MOMENTS.random(), i % 3) for i in range(10)])
def test_killed_at_ten_moments(
    undisturbed: tuple[Path, Path, float], tmp_path: Path, moment: float, workers: int
) -> None:
    kill_and_resume(undisturbed, tmp_path / "run", moment, workers)
