"""A hybrid at rest stays at rest: velocity, density, temperature, number of atoms."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.transport import velocity_memory
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from support.couette import couette

pytestmark = pytest.mark.verify


def test_nothing_happens_at_rest():
    bridge = couette(cycles=1000, speed=0.0)
    state, broken = bridge.init(np.random.SeedSequence(4)), []
    atoms = state.instances[0].fluid.sum()
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            broken += [e for e in step.entries if e.verdict is Verdict.FAILS]
    assert broken == []
    assert state.instances[0].fluid.sum() == atoms
    core = state.windows[:, 4:18]
    # the slowest mode of the whole column decides how many independent samples there are
    memory = velocity_memory(bridge.viscosity, 0.81, 1.0, 50.0)
    samples = 250.0 / (2.0 * memory)
    error = np.sqrt(1.1 / (core[..., 0].mean() * 50.0 * samples))
    velocity = core[..., 1].mean()
    density = core[..., 0].mean(axis=0) / bridge.atomistic.area
    warmth = core[..., 4:].mean(axis=(0, 2))
    print(
        f"velocity {velocity:.4f} (error {error:.4f}); density {density.min():.4f} to {density.max():.4f}; T "
        f"{warmth.mean():.4f}"
    )
    assert abs(velocity) <= 3.0 * error
    assert np.ptp(density) / density.mean() <= 0.02
    assert abs(density.mean() / 0.81 - 1.0) <= 0.01
    assert abs(warmth.mean() / 1.1 - 1.0) <= 0.01
