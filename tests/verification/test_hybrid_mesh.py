"""Start-up Couette flow through atoms and a mesh: the gates of the box, one seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scalebridge.fluids.continuum import Liquid, Periodic, Wall
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from support.couette import DENSITY, HEIGHT, SPEED, VISCOSITY, couette, errors
from support.meshes import MeshContinuum, rectangle

pytestmark = pytest.mark.verify


def test_two_way_start_up_couette_on_a_mesh():
    """B1: RMS <= .035 U and max <= .10 U in 9 bins and all windows of 25 tau; books of every cycle close."""
    box = couette(cycles=800)
    mesh = rectangle(box.atomistic.lengths[0], HEIGHT - box.overlap.interface, 3.0, periodic=True)
    sides = {"left": Periodic(), "right": Periodic(), "bottom": Wall(), "top": Wall(velocity=(SPEED, 0.0, 0.0))}
    column = MeshContinuum(mesh, Liquid(DENSITY, VISCOSITY), sides, thickness=box.atomistic.lengths[2])
    bridge = replace(box, continuum=column, patch="bottom")
    state, failed = bridge.init(np.random.SeedSequence(1)), []
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            failed += [e for e in step.entries if e.verdict is Verdict.FAILS]
    off = errors(state.windows) / SPEED
    print("Couette on a mesh: rms", np.sqrt(np.mean(off**2)), "max", np.abs(off).max())
    assert failed == []
    assert np.sqrt(np.mean(off**2)) <= 0.035
    assert np.abs(off).max() <= 0.10
