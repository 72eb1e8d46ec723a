"""A pair potential is determined by its g(r) (Henderson 1974): every method that matches g(r) arrives at the same one."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from scalebridge.molecules.coarse import Target, coarsen
from scalebridge.molecules.dynamics import Protocol, simulate
from scalebridge.molecules.potentials import LennardJones
from scalebridge.molecules.statistics import R
from support.liquids import liquid

pytestmark = pytest.mark.verify
TRUTH = LennardJones(0.31, 1.0, 0.9, "force")
RUN = Protocol(4000, 0.005, 10, 300)


@functools.cache
def target() -> Target:
    beads, start = liquid(512, edge=2.6)
    run = simulate(beads, {"pair W-W": TRUTH}, start, 300.0, Protocol(24000, 0.005, 10, 2000), seed=11)
    return Target.of_frames(run.frames, beads, 300.0)


@pytest.mark.parametrize(("method", "iterations"), [("ibi", 14), ("imc", 8), ("re", 8)])
def test_all_methods_find_the_potential(method: str, iterations: int) -> None:
    model = coarsen(
        target(), method=method, iterations=iterations, iteration=RUN, knots=0.03, average=4, scale=0.8, seed=1
    )  # type: ignore[call-overload]
    r = np.linspace(0.29, 0.8, 52)
    found = model.potentials["pair W-W"]
    away = found.energy(r) - TRUTH.energy(r)
    weights = target().distributions["pair W-W"]
    g = np.interp(r, weights.grid.centers, weights.mean)
    print(method, np.abs(away).max(), np.sqrt((g * away**2).sum() / g.sum()), model.history[-1].misfit)
    assert np.sqrt((g * away**2).sum() / g.sum()) < 0.05 * R * 300.0
    assert model.history[-1].misfit["pair W-W"] < 0.01
