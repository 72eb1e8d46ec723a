"""A run of the bridge in time that is killed at any moment ends, once resumed, with the undisturbed numbers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import scalebridge
from scalebridge.study import list_runs, resume, run
from scalebridge.study.kinetics import KineticsStudy

SOURCES = os.pathsep.join([str(Path(scalebridge.__file__).parents[1]), str(Path(__file__).parents[1])])
CHILD = """
import sys
from scalebridge.study import run
run(sys.argv[1], sys.argv[2], workers=0, checkpoint_interval=0.0)
"""
SAME = ("summary.json", "ledger.csv", "failures.json", "methods.json", "reduced.xml", "formulas.txt")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Study and folder of the undisturbed run."""
    home = tmp_path_factory.mktemp("kinetics")
    for name, content in KineticsStudy.template().items():
        (home / name).write_bytes(content)
    return home / "study.toml", run(home / "study.toml", home / "whole", workers=0).folder


@pytest.mark.verify
@pytest.mark.parametrize("moment", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_killed_and_resumed(undisturbed: tuple[Path, Path], tmp_path: Path, moment: float) -> None:
    study, whole = undisturbed
    entries = (whole / "ledger.csv").read_bytes().count(b"\n") - 1
    folder = tmp_path / "run"
    command = [sys.executable, "-c", CHILD, str(study), str(folder)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": SOURCES}, stderr=subprocess.DEVNULL)
    ledger = folder / "ledger.csv"
    while process.poll() is None and (not ledger.exists() or ledger.read_bytes().count(b"\n") <= int(moment * entries)):
        time.sleep(0.002)
    process.kill()
    process.wait(timeout=10)
    assert list_runs(folder.parent)[0].state in ("killed", "finished")
    found = resume(folder, workers=0).folder
    for name in SAME:
        assert (found / name).read_bytes() == (whole / name).read_bytes(), name
