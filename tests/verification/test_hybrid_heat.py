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

FLUX, CONDUCTIVITY, HEIGHT, COLD = 0.2, 6.66, 30.0, 0.7  # conductivity measured at density 0.81, temperature 1.1


def heated(cycles: int) -> Hybrid:
    atoms = Atomistic(fluid=LennardJones(2.2), density=0.81, temperature=1.1, size=(10.2, 20.0, 10.2), pressure=2.71)
    overlap = Overlap(sample=(8.0, 10.0), constraint=(13.0, 15.0, 17.0))
    size = (atoms.lengths[0], HEIGHT - overlap.interface, atoms.lengths[2])
    sides = {"y-": Flux(energy=FLUX), "y+": Wall(temperature=COLD)}
    continuum = Continuum(size, (1, 21, 1), Liquid(0.81, 2.213, 2.37, CONDUCTIVITY, COLD), sides)
    hot = COLD + FLUX / CONDUCTIVITY * HEIGHT
    return Hybrid(
        atoms, continuum, overlap, 2.213, "flux", energy=True, cycles=cycles, cycles_per_step=100,
        heated=((1.0, 3.0, FLUX * atoms.area),), temperatures=((0.0, hot), (HEIGHT, COLD)), equilibration=6000,
    )  # fmt: skip


@pytest.mark.xfail(
    strict=True,
    reason="6 % more heat leaves than enters: probably the work of the stress noise on the continuum is counted twice",
)
def test_heat_passes_the_interface():
    bridge = heated(cycles=2400)
    state, out, broken = bridge.init(np.random.SeedSequence(1)), [], []
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            broken += [e for e in step.entries if e.verdict is Verdict.FAILS]
            warmth = np.average(state.windows[-1, 8:10, 4:].mean(axis=1))
            out.append((warmth, *state.above[-1][[0, 1, -2, -1], 3], state.flux[-1, 0, 3]))
            print(state.cycles, *np.round(out[-1], 3), flush=True)
    assert broken == []
    late = np.array(out)[len(out) // 4 :]
    warm, above = late[:, 0].mean(), late[:, 1].mean()
    passed = late[:, 5].mean()
    drawn = CONDUCTIVITY * (late[:, 3].mean() - late[:, 4].mean()) / ((HEIGHT - 9.0) / 40.0)
    print(f"jump {abs(warm - above) / above:.4f}; flux in {FLUX}, through {passed:.4f}, out {drawn:.4f}")
    assert abs(warm - above) <= 0.01 * above
    assert abs(passed - FLUX) <= 0.01 * FLUX
    assert abs(drawn - FLUX) <= 0.01 * FLUX
