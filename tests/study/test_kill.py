"""A run that is killed at any moment ends, once resumed, with the bytes of the undisturbed run."""

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
from support.diffusion import STUDY

SOURCES = os.pathsep.join([str(Path(scalebridge.__file__).parents[1]), str(Path(__file__).parents[1])])
CHILD = """
import sys, support.diffusion
from scalebridge.study import run
run(sys.argv[1], sys.argv[2], workers=int(sys.argv[3]), checkpoint_interval=0.0)
"""
RESUME = """
import sys, support.diffusion
from scalebridge.study import resume
resume(sys.argv[2], workers=int(sys.argv[3]), checkpoint_interval=0.0)
"""
MOMENTS = random.Random(20240517)


def await_folder(folder: Path) -> float:
    """Wait until a run has begun; the time when it did."""
    deadline = time.monotonic() + 60.0
    while not folder.exists() and time.monotonic() < deadline:
        time.sleep(0.002)
    return time.monotonic()


def start(study_file: Path, folder: Path, workers: int, code: str = CHILD) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": SOURCES}
    command = [sys.executable, "-c", code, str(study_file), str(folder), str(workers)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def slow_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("slow")
    text = STUDY.replace('kind = "file"\nfile = "profile.csv"        # one density per site', 'kind = "cosine"')
    (home / "study.toml").write_text(text.replace("steps = 12", 'steps = 40\npause = "10 ms"'))
    return home / "study.toml"


@pytest.fixture(scope="module")
def undisturbed(slow_study: Path) -> tuple[Path, float]:
    """The folder of the undisturbed run, and how long its process works in it."""
    folder = slow_study.parent / "whole"
    process = start(slow_study, folder, 0)
    began = await_folder(folder)
    assert process.wait(timeout=60) == 0
    return folder, time.monotonic() - began


def assert_same(found: Path, expected: Path) -> None:
    for name in ("summary.json", "ledger.csv", "failures.json", "counts.csv"):
        assert (found / name).read_bytes() == (expected / name).read_bytes(), name


@pytest.mark.parametrize(("moment", "workers"), [(MOMENTS.random(), 1 if i % 5 == 4 else 0) for i in range(10)])
def test_killed_and_resumed(
    slow_study: Path, undisturbed: tuple[Path, float], tmp_path: Path, moment: float, workers: int
) -> None:
    whole, duration = undisturbed
    folder = tmp_path / "run"
    process = start(slow_study, folder, workers)
    await_folder(folder)
    time.sleep(moment * duration)
    process.kill()
    process.wait(timeout=10)
    assert list_runs(tmp_path)[0].state in ("killed", "finished")
    assert_same(resume(folder, workers=0).folder, whole)


@pytest.mark.parametrize("delay", [0.05, 0.2, 0.35])
def test_killed_while_it_starts(
    slow_study: Path, undisturbed: tuple[Path, float], tmp_path: Path, delay: float
) -> None:
    whole, _ = undisturbed
    folder = tmp_path / "run"
    process = start(slow_study, folder, 0)
    time.sleep(delay)
    process.kill()
    process.wait(timeout=10)
    result = resume(folder, workers=0) if folder.exists() else run(slow_study, folder, workers=0)
    assert_same(result.folder, whole)


def test_killed_again_and_again(slow_study: Path, undisturbed: tuple[Path, float], tmp_path: Path) -> None:
    whole, duration = undisturbed
    folder = tmp_path / "run"
    for code in (CHILD, RESUME, RESUME):
        process = start(slow_study, folder, 0, code)
        await_folder(folder)
        time.sleep(0.3 * duration)
        process.kill()
        process.wait(timeout=10)
    assert_same(resume(folder, workers=0).folder, whole)
