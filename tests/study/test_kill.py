"""A run that is killed at any moment ends, once resumed, with the bytes of the undisturbed run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import scalebridge
from scalebridge.study import list_runs, resume, run
from support.diffusion import STUDY

SOURCES = os.pathsep.join([str(Path(scalebridge.__file__).parents[1]), str(Path(__file__).parents[1])])
CHILD = """
import sys, support.diffusion
from scalebridge.study import run
run(sys.argv[1], sys.argv[2], workers=int(sys.argv[3]), checkpoint_interval=0.0)
"""
MOMENTS = random.Random(20240517)


def start(study_file: Path, folder: Path, workers: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": SOURCES}
    command = [sys.executable, "-c", CHILD, str(study_file), str(folder), str(workers)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def slow_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("slow")
    text = STUDY.replace('kind = "file"\nfile = "profile.csv"        # one density per site', 'kind = "cosine"')
    (home / "study.toml").write_text(text.replace("steps = 12", 'steps = 40\npause = "10 ms"'))
    return home / "study.toml"


@pytest.fixture(scope="module")
def undisturbed(slow_study: Path) -> tuple[bytes, float]:
    """The summary of the undisturbed run, and how long its process takes."""
    folder = slow_study.parent / "whole"
    began = time.monotonic()
    assert start(slow_study, folder, 0).wait(timeout=60) == 0
    return (folder / "summary.json").read_bytes(), time.monotonic() - began


@pytest.mark.parametrize(("moment", "workers"), [(MOMENTS.random(), 1 if i % 5 == 4 else 0) for i in range(10)])
def test_killed_and_resumed(
    slow_study: Path, undisturbed: tuple[bytes, float], tmp_path: Path, moment: float, workers: int
) -> None:
    expected, duration = undisturbed
    folder = tmp_path / "run"
    process = start(slow_study, folder, workers)
    time.sleep(moment * duration)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    if folder.exists():
        assert list_runs(tmp_path)[0].state in ("killed", "finished")
        home = resume(folder, workers=0).folder
    else:
        home = run(slow_study, folder, workers=0).folder
    assert (home / "summary.json").read_bytes() == expected
    assert (home / "ledger.csv").read_bytes() == (slow_study.parent / "whole" / "ledger.csv").read_bytes()


def test_killed_again_and_again(slow_study: Path, undisturbed: tuple[bytes, float], tmp_path: Path) -> None:
    expected, duration = undisturbed
    for _ in range(3):
        process = start(slow_study, tmp_path / "run", 0)
        time.sleep(0.5 * duration)
        process.kill()
        process.wait(timeout=10)
    assert (resume(tmp_path / "run", workers=0).folder / "summary.json").read_bytes() == expected
