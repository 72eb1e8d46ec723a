"""Nothing is lost with a worker, nor with everything: real FE² runs that are killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import xarray as xr

import scalebridge
from scalebridge import solids
from scalebridge.parallel import ProcessOwners
from scalebridge.solids.fe2 import FE2, Displacement
from scalebridge.study import resume, run
from scalebridge.study.fe2 import FE2Study
from support.bodies import box

pytestmark = pytest.mark.verify

TIMES = [0.5, 1.0, 1.5]
COURSE = ((0.0, 0.0), (1.0, 1.0), (1.5, 0.5))


def bar(workers, voxels=10):
    matrix = solids.J2Plasticity(3e9, 0.35, solids.LinearHardening(30e6, 300e6))
    ball = solids.microstructure.centred_sphere(0.35, voxels=voxels, edge=1e-5)
    rve = solids.RVE(ball, {0: matrix, 1: solids.LinearElastic.isotropic(70e9, 0.2)}, element="reduced", threads=1)
    bent = [Displacement("left"), Displacement("right", (0.04, 0.0, 0.04), COURSE)]
    return FE2(box((2, 1, 1), (2.0, 1.0, 1.0)), rve, bent, element="hex8", tolerance=1e-6, workers=workers)


def test_a_worker_killed_in_mid_step_changes_no_bit():
    expected = bar(0).run(TIMES)
    model = bar(2)
    owners = model.points.owners()
    assert isinstance(owners, ProcessOwners)
    victim = owners.process_ids[1]
    first = model.run(TIMES[:1])
    killer = threading.Timer(0.3, os.kill, (victim, signal.SIGKILL))
    killer.start()
    rest = model.run(TIMES[1:], state=first.state)
    killer.join()
    lost = owners.lost
    owners.close()
    assert lost == 1
    for a, b in zip(expected.steps, (*first.steps, *rest.steps), strict=True):
        assert np.array_equal(a.stress, b.stress)
        assert np.array_equal(a.displacement, b.displacement)
        assert a.residuals == b.residuals


def timed(model, kill_after=None):
    """Seconds of twelve steps once the workers are there, one of which may be killed; stresses at the end."""
    owners = model.points.owners()
    assert isinstance(owners, ProcessOwners)
    victim = owners.process_ids[1]
    first = model.run([0.01])
    if kill_after is not None:
        threading.Timer(kill_after, os.kill, (victim, signal.SIGKILL)).start()
    begun = time.perf_counter()
    found = model.run(np.linspace(0.125, 1.5, 12).tolist(), state=first.state)
    spent = time.perf_counter() - begun
    assert owners.lost == (kill_after is not None)
    owners.close()
    return spent, found.steps[-1].stress


def test_a_killed_worker_costs_less_than_a_tenth_of_a_run_of_minutes():
    undisturbed, expected = timed(bar(2, voxels=16))
    disturbed, stress = timed(bar(2, voxels=16), kill_after=0.37 * undisturbed)
    print(f"{undisturbed:.1f} s undisturbed, {disturbed:.1f} s with a killed worker")
    assert np.array_equal(stress, expected)
    assert undisturbed > 60.0, "the loss is a few seconds: a short run says nothing"
    assert disturbed < 1.1 * undisturbed


CHILD = """
import sys
from scalebridge.study import run
run(sys.argv[1], sys.argv[2], workers=0, checkpoint_interval=0.0)
"""
BODY = {
    "body": {"shape": "box", "size": ["2 m", "1 m", "1 m"], "elements": [2, 1, 1], "fibres": [1.0, 0.0, 0.0]},
    "displacement": [
        {"boundary": "left", "value": {"x": "0 m", "y": "0 m", "z": "0 m"}},
        {"boundary": "right", "value": {"x": "4 cm", "z": "4 cm"}},
    ],
    "traction": [],
    "watch": "right",
    "loading": {"steps": 6, "unload": 0.5},
    "solver": {"element": "hex8", "tolerance": 1e-5, "workers": 2},
}
LADDERS = {
    "in full": None,
    "learning": {"allowance": 0.01, "reduced": {"paths": 6, "more": 2, "limit": 12, "modes": 12, "points": 12}},
}


@pytest.mark.parametrize("ladder", list(LADDERS))
def test_killed_with_all_its_workers_and_resumed_it_gives_the_same_numbers(ladder, tmp_path):
    changes = {**BODY, "ladder": LADDERS[ladder]} if LADDERS[ladder] else BODY
    data = {**tomllib.loads(FE2Study.template()["study.toml"].decode()), **changes}
    if LADDERS[ladder] is None:
        del data["ladder"]
    study = tmp_path / "study.toml"
    study.write_text(tomli_w.dumps(data))
    whole = run(study, tmp_path / "whole", workers=0).folder
    paths = os.pathsep.join([str(Path(scalebridge.__file__).parents[1]), str(Path(__file__).parents[1])])
    command = [sys.executable, "-c", CHILD, str(study), str(tmp_path / "cut")]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, start_new_session=True)
    ledger, enough = tmp_path / "cut" / "ledger.csv", (whole / "ledger.csv").read_bytes().count(b"\n") // 2
    while process.poll() is None and (not ledger.exists() or ledger.read_bytes().count(b"\n") <= enough):
        time.sleep(0.005)
    # the run and its workers, at one stroke
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(timeout=10) == -signal.SIGKILL
    again = resume(tmp_path / "cut", workers=0).folder
    first, second = (xr.open_zarr(f / "results.zarr", consolidated=False).load() for f in (whole, again))
    for variable in first.data_vars:
        assert np.array_equal(first[variable].values, second[variable].values), variable
    assert (whole / "ledger.csv").read_bytes() == (again / "ledger.csv").read_bytes()
