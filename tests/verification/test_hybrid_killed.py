"""A hybrid run that is killed at once (SIGKILL) goes on from the states of both sides, with the same numbers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import tomli_w

import scalebridge
from scalebridge.study import list_runs, resume, run
from scalebridge.study.hybrid_fluid import HybridFluidStudy

pytestmark = pytest.mark.verify

CHILD = (
    "import sys; from scalebridge.study import run; run(sys.argv[1], sys.argv[2], workers=0, checkpoint_interval=0.0)"
)
COUPLING = {"cycles": 40, "cycles_per_window": 2, "steps_per_cycle": 10, "equilibration": 200}


def study(folder: Path, exchange: str) -> Path:
    data = tomllib.loads(HybridFluidStudy.template()["study.toml"].decode())
    data["coupling"] = {**data["coupling"], **COUPLING, "exchange": exchange}
    path = folder / "study.toml"
    path.write_text(tomli_w.dumps(data))
    return path


def entries(folder: Path) -> int:
    ledger = folder / "ledger.csv"
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0


@pytest.mark.parametrize("exchange", ["state", "flux"])
def test_killed_and_resumed(tmp_path, exchange):
    path = study(tmp_path, exchange)
    whole = run(path, tmp_path / "whole", workers=0, checkpoint_interval=0.0)
    environment = {**os.environ, "PYTHONPATH": str(Path(scalebridge.__file__).parents[1])}
    folder = tmp_path / "runs" / "killed"
    folder.parent.mkdir()
    command = [sys.executable, "-c", CHILD, str(path), str(folder)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300.0
    while entries(folder) < entries(whole.folder) // 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait(timeout=30)
    assert [r.state for r in list_runs(folder.parent)] == ["killed"]
    resumed = resume(folder, workers=0)
    for name in ("ledger.csv", "failures.json"):
        assert (resumed.folder / name).read_bytes() == (whole.folder / name).read_bytes()
    found, expected = (r.summary.headlines for r in (resumed, whole))
    assert {k: v.value for k, v in found.items()} == {k: v.value for k, v in expected.items()}
