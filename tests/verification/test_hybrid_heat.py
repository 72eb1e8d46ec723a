"""Heat from a heated slab of atoms through the interface into a continuum with a cold wall."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.atomistic import Atomistic, LennardJones
from scalebridge.fluids.continuum import Continuum, Flux, Liquid, Wall
from scalebridge.fluids.hybrid import Hybrid, Overlap
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor

pytestmark = pytest.mark.verify

# The conductivity was measured at density 0.81 and temperature 1.1; so that the overlap, from 9 to 17, is about in this
# state, the cold wall is colder than any liquid: the continuum does not mind.
FLUX, CONDUCTIVITY, HEIGHT, COLD = 0.2, 6.66, 30.0, 0.59
CYCLES, WINDOW, SETTLED = 10_400, 400, 1_600  # of 0.25 tau; heat spreads over the whole height in 26 tau


def heated(cycles: int) -> Hybrid:
    # 0.795 is the density at the mean temperature of the atoms, 1.17, and this pressure
    atoms = Atomistic(fluid=LennardJones(2.2), density=0.795, temperature=1.1, size=(10.2, 20.0, 10.2), pressure=2.71)
    overlap = Overlap(sample=(8.0, 10.0), constraint=(13.0, 15.0, 17.0))
    size = (atoms.lengths[0], HEIGHT - overlap.interface, atoms.lengths[2])
    sides = {"y-": Flux(energy=FLUX), "y+": Wall(temperature=COLD)}
    continuum = Continuum(size, (1, 21, 1), Liquid(0.81, 2.213, 2.37, CONDUCTIVITY, COLD), sides)
    hot = COLD + FLUX / CONDUCTIVITY * HEIGHT
    return Hybrid(
        atoms, continuum, overlap, 2.213, "flux", energy=True, cycles=cycles, cycles_per_step=WINDOW,
        heated=((1.0, 3.0, FLUX * atoms.area),), temperatures=((0.0, hot), (HEIGHT, COLD)), equilibration=6000,
    )  # fmt: skip


def mean_and_error(windows):
    """Mean over windows of 100 tau and its standard error."""
    return float(np.mean(windows)), float(np.std(windows, ddof=1) / np.sqrt(len(windows)))


def mean_and_error_of_flux(windows):
    """Mean over windows and its standard error, with the correlation of neighbours.

    What passes in a window is what was put in, less what is stored more at its end than at its beginning; the stored
    energy fluctuates about its mean, so that neighbouring windows are anticorrelated by up to -1/2 and others hardly.
    The estimate of a correlation of -1/2 from n windows has a standard deviation of sqrt(1 / (2 n)).
    """
    away = windows - np.mean(windows)
    variance, neighbours = away @ away / (len(away) - 1), away[1:] @ away[:-1] / (len(away) - 1)
    scatter = np.sqrt(0.5 / len(away))
    assert -0.5 - 2.0 * scatter < neighbours / variance < 0.2
    return float(np.mean(windows)), float(np.sqrt(max(variance + 2.0 * neighbours, 0.05 * variance) / len(away)))


def test_heat_passes_the_interface():
    """Jump at the interface, heat in and heat out: each within 1 %, with a standard error below a third of that."""
    bridge = heated(CYCLES)
    state, rows, broken = bridge.init(np.random.SeedSequence(1)), [], []
    high = bridge.heights_above[-1] - bridge.heights_above[-2]
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            broken += [e for e in step.entries if e.verdict is Verdict.FAILS]
            warm = np.average(state.windows[-1, 8:10, 4:].mean(axis=1), weights=state.windows[-1, 8:10, 0])
            above = state.above[-1, :, 3]
            out = CONDUCTIVITY * (above[-2] - above[-1]) / high
            rows.append((warm - above[0], above[0], state.flux[-1, 0, 3], out))
            print(state.cycles, *np.round(rows[-1], 4), flush=True)
    assert broken == []
    jumps, above, passed, drawn = np.array(rows)[SETTLED // WINDOW :].T
    jump, jump_error = mean_and_error(jumps / above.mean())
    through, through_error = mean_and_error_of_flux(passed / FLUX)
    out, out_error = mean_and_error_of_flux(drawn / FLUX)
    print(
        f"interface at {above.mean():.4f}: jump {jump:.4f} +- {jump_error:.4f}; of the heat put in {through:.4f} +- "
        f"{through_error:.4f} passes the interface, {out:.4f} +- {out_error:.4f} leaves"
    )
    assert max(jump_error, through_error, out_error) < 0.0034
    assert abs(jump) <= 0.01
    assert abs(through - 1.0) <= 0.01
    assert abs(out - 1.0) <= 0.01
