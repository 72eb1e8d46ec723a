"""Water in bulk, in a slit and in a two-way hybrid: viscosity, plane of no slip, Couette flow against theory."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.atomistic import MILLIPASCAL_SECOND
from scalebridge.fluids.transport import BulkWater, measure_viscosity
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from support.water_couette import SPEED, deviations, noise, still_plane, water_couette

pytestmark = pytest.mark.verify

SEEDS = (1, 2, 3, 4)


def test_viscosity_of_bulk_water_is_the_published_one():
    """0.729 mPa s at 298 K and 1 bar: Gonzalez, Abascal (2010), J. Chem. Phys. 132, 096101, doi 10.1063/1.3330544."""
    measured = measure_viscosity(BulkWater(), steps=60000, rate=0.1)
    print(f"{measured} = {measured.value / MILLIPASCAL_SECOND:.3f} mPa s")
    assert measured.error < 0.05 * measured.value
    assert measured.agrees(0.729 * MILLIPASCAL_SECOND)


@pytest.fixture(scope="module")
def plane():
    """Height above the wall's surface at which water stands still, from Poiseuille flow in a slit of its own."""
    found, density = still_plane()
    print(f"water stands still at {found}; density in the middle of the slit {density:.1f} kg/m^3")
    assert found.error < 0.06
    # two per cent are some 440 bar, which change the viscosity of water by about as much
    assert density == pytest.approx(997.0, rel=0.02)
    return found


def test_two_way_couette_flow_of_water_is_theory_above_the_plane_where_it_stands_still(plane):
    """Independent runs of 300 cycles, 15,000 steps: their mean deviation is within two standard errors of none.

    The error is that of the mean over runs, as they scatter or as is predicted, whichever is larger, and that of the
    plane: theory answers to a shift d of it with d/H (1 - y/H) of the speed.
    """
    found, rows = [], []
    for seed in SEEDS:
        bridge, broken = water_couette(plane=plane.value), []
        state = bridge.init(np.random.SeedSequence(seed))
        with SerialExecutor() as executor:
            while not bridge.done(state):
                step = bridge.step(state, executor)
                state = step.state
                broken += [entry for entry in step.entries if entry.verdict is Verdict.FAILS]
        assert state.cycles == 300
        assert broken == []
        rows.append(deviations(bridge, state.windows) / SPEED)
        found.append(float(rows[-1].mean()))
        print(seed, f"mean {found[-1]:+.4f} U; windows", rows[-1].mean(axis=1).round(4), flush=True)
    expected = noise(bridge) / SPEED / np.sqrt(len(SEEDS))
    measured = float(np.std(found, ddof=1) / np.sqrt(len(found)))
    mean, scatter = float(np.mean(found)), max(measured, expected / np.sqrt(len(rows[-1])))
    moved = water_couette(plane=plane.value + plane.error)
    shift = float((deviations(moved, state.windows) / SPEED - rows[-1]).mean())
    error = float(np.hypot(scatter, shift))
    together = np.mean(rows, axis=0)
    rms = float(np.sqrt(np.mean(together**2)))
    print(f"mean {mean:+.4f} +- {error:.4f} U, of which {scatter:.4f} are noise; rms {rms:.4f}, noise {expected:.4f} U")
    assert error < 0.02
    assert abs(mean) <= 2.0 * error
    assert rms <= 2.0 * float(np.hypot(expected, shift))
