"""Water in bulk and in a two-way hybrid: its viscosity against a published one, the books of its flow."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.atomistic import MILLIPASCAL_SECOND
from scalebridge.fluids.transport import BulkWater, measure_viscosity
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from support.water_couette import SPEED, deviations, noise, water_couette

pytestmark = pytest.mark.verify


def test_viscosity_of_bulk_water_is_the_published_one():
    """0.729 mPa s at 298 K and 1 bar: Gonzalez, Abascal (2010), J. Chem. Phys. 132, 096101, doi 10.1063/1.3330544."""
    measured = measure_viscosity(BulkWater(), steps=60000, rate=0.1)
    print(f"{measured} = {measured.value / MILLIPASCAL_SECOND:.3f} mPa s")
    assert measured.error < 0.05 * measured.value
    assert measured.agrees(0.729 * MILLIPASCAL_SECOND)


def test_two_way_couette_flow_of_water_keeps_its_books():
    """300 cycles, 15,000 steps. The velocity is printed beside theory, which it is not asserted to follow.

    Theory has no slip at the wall's surface; the wall holds water's first layer, so that velocities lie below it.
    """
    bridge, broken = water_couette(), []
    state = bridge.init(np.random.SeedSequence(1))
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            broken += [entry for entry in step.entries if entry.verdict is Verdict.FAILS]
            e = deviations(bridge, state.windows)[-1]
            rms, mean = np.sqrt(np.mean(e**2)) / SPEED, e.mean() / SPEED
            print(state.cycles, f"rms {rms:.4f} U, mean {mean:+.4f} U, noise {noise(bridge) / SPEED:.4f} U", flush=True)
    assert state.cycles == 300
    assert broken == []
