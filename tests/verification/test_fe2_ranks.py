"""One process, two processes and two MPI ranks give a run the same bits, from the command line."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import xarray as xr

from scalebridge.study.fe2 import FE2Study

TEXT = FE2Study.template()["study.toml"].decode()
SMALL = {
    "body": {"shape": "box", "size": ["2 m", "1 m", "1 m"], "elements": [2, 1, 1], "fibres": [1.0, 0.0, 0.0]},
    "displacement": [
        {"boundary": "left", "value": {"x": "0 m", "y": "0 m", "z": "0 m"}},
        {"boundary": "right", "value": {"x": "2 cm", "z": "2 cm"}},
    ],
    "traction": [],
    "watch": "right",
    "solver": {"element": "hex8", "tolerance": 1e-5},
}


def study(**changes):
    return tomli_w.dumps({**tomllib.loads(TEXT), **SMALL, **changes})


LEARNS = {"allowance": 0.01, "reduced": {"paths": 6, "more": 2, "limit": 12, "modes": 12, "points": 12}}


@pytest.mark.verify
@pytest.mark.parametrize("ladder", [{"allowance": 0.02}, LEARNS], ids=["sharing", "learning"])
def test_two_mpi_ranks_give_the_bits_of_two_processes_and_of_one(ladder, tmp_path):
    pytest.importorskip("mpi4py")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        pytest.skip("no mpiexec next to this Python")
    (tmp_path / "one.toml").write_text(study(ladder=ladder))
    (tmp_path / "two.toml").write_text(
        study(ladder=ladder, solver={"element": "hex8", "tolerance": 1e-5, "workers": 2})
    )
    start = [sys.executable, "-c", "from scalebridge.cli import main; main()", "run"]
    for command, name in (([], "one"), ([], "two"), ([mpiexec, "-n", "2"], "mpi")):
        text = str(tmp_path / f"{'one' if name == 'mpi' else name}.toml")
        ran = [*command, *start, text, "--folder", str(tmp_path / name), "--workers", "0"]
        subprocess.run(ran, check=True, timeout=300, capture_output=True)
    first, *others = (xr.open_zarr(tmp_path / name / "results.zarr").load() for name in ("one", "two", "mpi"))
    for other in others:
        for variable in first.data_vars:
            assert np.array_equal(first[variable].values, other[variable].values), variable
