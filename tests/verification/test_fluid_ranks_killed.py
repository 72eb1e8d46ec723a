"""Fluids' studies on MPI ranks, killed at once (SIGKILL of rank 0) and resumed on as many ranks, on fewer, on more."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import xarray as xr

import scalebridge
from scalebridge.study import list_runs, model_of

pytestmark = pytest.mark.verify

CHILD = """
import sys
from scalebridge.parallel import mpi_program
from scalebridge.study import run
with mpi_program() as leads:
    if leads:
        run(sys.argv[1], sys.argv[2], workers=0, checkpoint_interval=0.0)
"""
COMMAND = "from scalebridge.cli import main; main()"
PASSES = {"most": 8, "blocks": 2, "steps_per_block": 20, "settle": 20, "equilibration": 200}
SHORT = {
    "hybrid-fluid": {"coupling": {"cycles": 16, "cycles_per_window": 2, "steps_per_cycle": 20, "equilibration": 300}},
    "nanochannel": {"passes": PASSES},
    "long-channel": {"passes": PASSES},
}
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(scalebridge.__file__).parents[1])}


def ranked(ranks: int, *command: object) -> list[str]:
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        pytest.skip("no mpiexec next to this Python")
    return [str(part) for part in (mpiexec, "-n", ranks, sys.executable, "-c", *command)]


def rows(folder: Path) -> list[dict[str, str]]:
    ledger = folder / "ledger.csv"
    return list(csv.DictReader(ledger.open())) if ledger.exists() else []


def killed(study: Path, folder: Path, ranks: int, after: int) -> Path:
    """A run whose rank 0 was killed when its ledger had so many entries; the folder knows."""
    process = subprocess.Popen(ranked(ranks, CHILD, study, folder), env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300.0
    while len(rows(folder)) < after and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.poll() is None
    os.kill(int((folder / "run.lock").read_bytes()), signal.SIGKILL)
    process.wait(timeout=60)  # mpiexec ends the other ranks
    states = {run.folder.name: run.state for run in list_runs(folder.parent)}
    assert states[folder.name] == "killed"
    return folder


def resumed(folder: Path, ranks: int, home: Path) -> Path:
    """A copy of a killed run, carried on to its end."""
    shutil.copytree(folder, home)
    subprocess.run(
        ranked(ranks, COMMAND, "resume", home, "--workers", "0"), env=ENVIRONMENT, check=True, timeout=600,
        capture_output=True,
    )  # fmt: skip
    return home


def same(found: Path, expected: Path) -> None:
    """Results and entries, but for rounding that chaos has made grow; the books close."""
    mine, theirs = (xr.open_zarr(folder / "results.zarr", consolidated=False).load() for folder in (found, expected))
    for name in theirs.data_vars:
        if theirs[name].dtype.kind == "f":
            scale = max(float(np.abs(theirs[name]).max()), 1e-12)
            np.testing.assert_allclose(mine[name], theirs[name], rtol=0.0, atol=1e-6 * scale, err_msg=str(name))
    assert [row["quantity"] for row in rows(found)] == [row["quantity"] for row in rows(expected)]
    assert json.loads((found / "summary.json").read_text())["certificate"]["verdict"] != "fails"


@pytest.mark.parametrize("bridge", list(SHORT))
def test_killed_on_some_ranks_and_resumed_on_others(bridge, tmp_path):
    data = tomllib.loads(model_of(bridge).template()["study.toml"].decode())
    for table, changes in SHORT[bridge].items():
        data[table] = {**data.get(table, {}), **changes}
    study = tmp_path / "study.toml"
    study.write_text(tomli_w.dumps(data))
    for ranks in (1, 2):
        subprocess.run(
            ranked(ranks, CHILD, study, tmp_path / f"whole{ranks}"), env=ENVIRONMENT, check=True, timeout=600
        )
    same(tmp_path / "whole2", tmp_path / "whole1")
    after = len(rows(tmp_path / "whole1")) // 3
    (tmp_path / "runs").mkdir()
    one, two = (killed(study, tmp_path / "runs" / f"killed{ranks}", ranks, after) for ranks in (1, 2))
    for folder, ranks in ((two, 2), (two, 1), (one, 2)):
        same(resumed(folder, ranks, tmp_path / f"{folder.name}on{ranks}"), tmp_path / "whole1")
    # on as many ranks it is the same run to the last bit
    assert (tmp_path / "killed2on2" / "ledger.csv").read_bytes() == (tmp_path / "whole2" / "ledger.csv").read_bytes()


def test_stations_side_by_side_under_mpiexec(tmp_path):
    """On worker processes, which are no ranks, and on the ranks: the numbers of one process, to the last bit."""
    data = tomllib.loads(model_of("long-channel").template()["study.toml"].decode())
    data["passes"] = {**data["passes"], **PASSES, "most": 2}
    study = tmp_path / "study.toml"
    study.write_text(tomli_w.dumps(data))
    subprocess.run(ranked(1, CHILD, study, tmp_path / "one"), env=ENVIRONMENT, check=True, timeout=600)
    for executor in ("local", "mpi"):
        command = ("run", study, "--folder", tmp_path / executor, "--executor", executor, "--workers", "2")
        ran = subprocess.run(ranked(2, COMMAND, *command), env=ENVIRONMENT, timeout=600, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        assert (tmp_path / executor / "ledger.csv").read_bytes() == (tmp_path / "one" / "ledger.csv").read_bytes()
