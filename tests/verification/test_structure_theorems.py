"""A pair potential is determined by its g(r) (Henderson 1974): all methods that match g(r) find the same.

How well it is determined follows from the covariance of the histograms (`linear_response`): at high density a ramp
1 - r/rc, which moves the pressure, hardly changes g(r).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pytest

from scalebridge.molecules.coarse import CoarseModel, Target, coarsen
from scalebridge.molecules.dynamics import Protocol, simulate
from scalebridge.molecules.inverse import Response, linear_response
from scalebridge.molecules.potentials import LennardJones, Spline
from scalebridge.molecules.statistics import R
from support.liquids import liquid

pytestmark = pytest.mark.verify
PAIR, KT = "pair W-W", R * 300.0
RUN = Protocol(4000, 0.005, 10, 300)


@dataclass(frozen=True)
class State:
    """A liquid of 512 beads."""

    edge: float
    cutoff: float

    @property
    def truth(self) -> LennardJones:
        return LennardJones(0.31, 1.0, self.cutoff, "force")

    @property
    def r(self) -> np.ndarray:
        """Distances to compare at; closer ones are rare."""
        return np.linspace(0.29, self.cutoff - 0.1, 52)


MODERATE, DENSE = State(3.2, 0.8), State(2.6, 0.9)


@functools.cache
def target(state: State) -> Target:
    beads, start = liquid(512, edge=state.edge)
    run = simulate(beads, {PAIR: state.truth}, start, 300.0, Protocol(24000, 0.005, 10, 2000), seed=11)
    return Target.of_frames(run.frames, beads, 300.0)


@functools.cache
def response(state: State) -> Response:
    """What the target says about the potential."""
    counts = target(state).distributions[PAIR].counts[:, : round(state.cutoff / 0.01)]
    return linear_response(counts, counts.mean(axis=0), KT)


def weighted(state: State, values: np.ndarray) -> float:
    """Root of the mean square over pairs."""
    found = target(state).distributions[PAIR]
    g = np.interp(state.r, found.grid.centers, found.mean)
    return float(np.sqrt((g * values**2).sum() / g.sum()))


def misfit(state: State, model: CoarseModel) -> float:
    return weighted(state, model.potentials[PAIR].energy(state.r) - state.truth.energy(state.r))


def error_bar(state: State) -> float:
    """Two standard errors, of the target and of the last iterations together."""
    error = response(state).error
    at = np.interp(state.r, 0.01 * np.arange(1, len(error) + 1), error)
    frames = 4 * RUN.steps // RUN.every
    return 2.0 * weighted(state, at) * float(np.sqrt(1.0 + len(target(state).frames or ()) / frames))


def fitted(state: State, method: str, iterations: int, **options: object) -> CoarseModel:
    return coarsen(
        target(state), method=method, iterations=iterations, iteration=RUN, knots=0.03, average=4,
        cutoff=state.cutoff, seed=1, **options,
    )  # type: ignore[call-overload]  # fmt: skip


@pytest.mark.parametrize(("method", "iterations"), [("ibi", 14), ("imc", 8), ("re", 8)])
def test_all_methods_find_the_potential(method: str, iterations: int) -> None:
    model = fitted(MODERATE, method, iterations)
    print(method, misfit(MODERATE, model), model.history[-1].misfit)
    assert misfit(MODERATE, model) < 0.05 * KT
    assert model.history[-1].misfit[PAIR] < 0.01


@pytest.mark.parametrize(("method", "iterations"), [("imc", 14), ("re", 10)])
def test_newton_steps_find_the_potential_of_a_dense_liquid(method: str, iterations: int) -> None:
    model = fitted(DENSE, method, iterations)
    print(method, misfit(DENSE, model), "error bar", error_bar(DENSE), model.history[-1].misfit)
    assert misfit(DENSE, model) < 0.02 * KT + error_bar(DENSE)
    assert model.history[-1].misfit[PAIR] < 0.015


def test_boltzmann_inversion_creeps_along_the_soft_direction_of_a_dense_liquid() -> None:
    # to first order an iteration closes a share of what is left: the eigenvalue of its direction
    soft = response(DENSE)
    r = 0.01 * np.arange(1, 91)
    root = np.sqrt(np.interp(r, r, target(DENSE).distributions[PAIR].mean[:90])) * r
    ramp, softest = (1.0 - r / 0.9) * root, soft.directions[:, 0] * root
    assert abs(ramp @ softest) / np.linalg.norm(ramp) / np.linalg.norm(softest) > 0.95
    assert soft.stiffness[0] < 0.01
    truth = DENSE.truth.energy(np.minimum(r, 0.9 - 1e-9))
    kept = []
    for height in (0.0, 1.0):
        table = np.where(r > 0.2, truth, truth[19]) + height * (1.0 - r / 0.9)
        start = Spline.through(r, table, cut=True)
        model = fitted(DENSE, "ibi", 8, initial={PAIR: start})
        away = model.potentials[PAIR].energy(DENSE.r) - DENSE.truth.energy(DENSE.r)
        line = 1.0 - DENSE.r / 0.9
        kept.append(float(line @ away / (line @ line)))
        print("ramp", height, "->", kept[-1], "rest", weighted(DENSE, away - kept[-1] * line))
        # every other direction is right after eight iterations: the truth is a fixed point
        assert weighted(DENSE, away - kept[-1] * line) < 0.05 * KT
    assert abs(kept[0]) < error_bar(DENSE)
    # the result is the mean over iterations 5 to 8
    assert kept[1] - kept[0] == pytest.approx((1.0 - soft.stiffness[0]) ** 6.5, abs=error_bar(DENSE))
