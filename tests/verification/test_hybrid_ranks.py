"""A start-up Couette hybrid on two MPI ranks, from the command line, is the run of one process."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import xarray as xr

from scalebridge.study.hybrid_fluid import HybridFluidStudy

pytestmark = pytest.mark.verify


@pytest.mark.parametrize("exchange", ["state", "flux"])
def test_two_ranks_carry_out_the_run_of_one(exchange, tmp_path):
    """Profiles, fluxes and every entry of the ledger, as long as chaos has not made rounding grow."""
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        pytest.skip("no mpiexec next to this Python")
    data = tomllib.loads(HybridFluidStudy.template()["study.toml"].decode())
    data["coupling"] |= {"cycles": 16, "cycles_per_window": 4, "steps_per_cycle": 20, "equilibration": 300}
    data["coupling"]["exchange"] = exchange
    (tmp_path / "study.toml").write_text(tomli_w.dumps(data))
    start = [sys.executable, "-c", "from scalebridge.cli import main; main()", "run", str(tmp_path / "study.toml")]
    for command, name in (([], "one"), ([mpiexec, "-n", "2"], "two")):
        ran = [*command, *start, "--folder", str(tmp_path / name), "--workers", "0"]
        subprocess.run(ran, check=True, timeout=600, capture_output=True)
    one, two = (xr.open_zarr(tmp_path / name / "results.zarr", consolidated=False).load() for name in ("one", "two"))
    for name in one.data_vars:
        scale = max(float(np.abs(one[name]).max()), 1e-12)
        np.testing.assert_allclose(two[name], one[name], rtol=0.0, atol=1e-6 * scale, err_msg=str(name))
    kept = [list(csv.DictReader((tmp_path / name / "ledger.csv").open())) for name in ("one", "two")]
    assert len(kept[0]) == len(kept[1]) > 16
    assert [row["quantity"] for row in kept[0]] == [row["quantity"] for row in kept[1]]
    verdict = json.loads((tmp_path / "two" / "summary.json").read_text())["certificate"]["verdict"]
    assert verdict != "fails"
