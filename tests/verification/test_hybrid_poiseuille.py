"""Flow driven by a body force on both sides, with momentum flux handed up: profile and wall stress."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.atomistic import Atomistic, LennardJones
from scalebridge.fluids.continuum import Continuum, Flux, Liquid, Wall
from scalebridge.fluids.hybrid import Hybrid, Overlap
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor

pytestmark = pytest.mark.verify

HEIGHT, FORCE, VISCOSITY, DENSITY = 30.0, 0.02, 2.213, 0.81


def exact(y):
    return DENSITY * FORCE / (2.0 * VISCOSITY) * y * (HEIGHT - y)


def start(points):
    return np.column_stack([exact(points[:, 1] + 8.0), 0.0 * points[:, 1], 0.0 * points[:, 1]])


def test_wall_stress_and_profile():
    atoms = Atomistic(fluid=LennardJones(2.2), density=DENSITY, temperature=1.1, size=(10.2, 20.0, 10.2), pressure=2.71)
    overlap = Overlap((7.0, 9.0), (13.0, 15.0, 17.0))
    size = (atoms.lengths[0], HEIGHT - 8.0, atoms.lengths[2])
    force = (FORCE, 0.0, 0.0)
    continuum = Continuum(size, (1, 22, 1), Liquid(DENSITY, VISCOSITY), {"y-": Flux(), "y+": Wall()}, force=force)
    bridge = Hybrid(
        atoms, continuum, overlap, VISCOSITY, "flux", cycles=2400, cycles_per_step=200, force=force, velocity=start
    )
    state, broken = bridge.init(np.random.SeedSequence(1)), []
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            broken += [e for e in step.entries if e.verdict is Verdict.FAILS]
            print(state.cycles, state.wall[-1, 0], state.flux[-1, :, 0], flush=True)
    assert broken == []
    late = len(state.windows) // 3
    stress = state.wall[late:, 0].mean()
    target = DENSITY * FORCE * HEIGHT / 2.0
    velocity = state.windows[late:, 2:13, 1].mean(axis=0)
    off = velocity - exact(np.arange(2, 13) + 0.5)
    print(
        f"wall stress {stress:.4f} for {target:.4f}; profile off by {np.abs(off).max() / exact(HEIGHT / 2):.4f} of "
        f"its peak"
    )
    assert abs(stress - target) <= 0.02 * target
    assert np.abs(off).max() <= 0.03 * exact(HEIGHT / 2.0)
