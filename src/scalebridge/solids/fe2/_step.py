"""A load step in as many sub-steps as it needs, and its books."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scalebridge.ledger import Entry
from scalebridge.solids.fe2._newton import EASY, Problem, SubStep, advance
from scalebridge.solids.fe2._points import Floats
from scalebridge.solids.fe2._records import FE2State, StepResult, StepStatus

WORK = 1e-6
"""Difference of internal and external work of a step that still balances."""


@dataclass(frozen=True)
class _Work:
    """Work of a sub-step: that of the stresses in the points, and that of all forces on the body, J."""

    internal: float
    external: float
    scale: float


def load_step(problem: Problem, state: FE2State, time: float) -> tuple[FE2State, StepResult]:
    """Go from a converged state to `time`; a step that fails for good leaves the state as it was."""
    whole_step = time - state.time
    length = min(state.substep, whole_step)
    now, residuals, works = state, [], []
    entries: list[Entry] = []
    while now.time < time:
        aim = time if now.time + length >= time - 1e-9 * whole_step else now.time + length
        found = advance(problem, now, aim)
        residuals.append(found.residuals)
        if found.status is StepStatus.CONVERGED:
            assert found.last is not None
            works.append(_work(problem, now, found.state))
            entries.extend(found.last.answer.entries)
            now, easy = found.state, len(found.residuals) <= EASY
            length *= 2.0 if easy else 1.0
            continue
        length = (aim - now.time) * 0.5
        if length < whole_step * 0.5 ** (problem.settings.halvings + 0.5):
            return state, _failed(problem, state, found, aim, tuple(residuals))
    # a step that had to be cut is a warning for the next one, which starts as carefully
    after = replace(now, steps=state.steps + 1, substep=np.inf if len(works) == 1 else length)
    return after, _result(problem, after, found, tuple(residuals), [*entries, *_books(works, after)])


def _work(problem: Problem, before: FE2State, after: FE2State) -> _Work:
    """Both works of a sub-step by the trapezoidal rule."""
    space = problem.assembler.space
    du = (after.displacement - before.displacement).ravel()
    weights = space.weights.ravel()
    mean = 0.5 * (before.stress + after.stress)
    if problem.points.finite and space.dilatation:
        # F-bar gives forces that are not conjugate to its own strains: the forces are what does work
        internal = 0.5 * float((_forces(problem, before) + _forces(problem, after)) @ du)
    else:
        internal = float(np.einsum("p,pij,pij->", weights, mean, after.strain - before.strain))
    held = problem.loading.held
    load = [problem.loading.external(s.displacement, s.time) for s in (before, after)]
    reactions = [np.where(held, _forces(problem, s) - f, 0.0) for s, f in zip((before, after), load, strict=True)]
    external = 0.5 * float((load[0] + load[1] + reactions[0] + reactions[1]) @ du)
    size = np.linalg.norm(mean, axis=(1, 2)) * np.linalg.norm(after.strain - before.strain, axis=(1, 2))
    return _Work(internal, external, float(weights @ size))


def _forces(problem: Problem, state: FE2State) -> Floats:
    return problem.assembler.internal_forces(state.displacement, state.stress)


def _books(works: list[_Work], state: FE2State) -> list[Entry]:
    """Work of the stresses against work of the forces, summed over the sub-steps."""
    internal, external = sum(w.internal for w in works), sum(w.external for w in works)
    scale = max(sum(w.scale for w in works), np.finfo(float).tiny)
    return [Entry("macroscopic work", "J", internal, external, scale, WORK, "body", state.time)]


def _result(
    problem: Problem,
    state: FE2State,
    found: SubStep,
    residuals: tuple[tuple[float, ...], ...],
    entries: list[Entry],
) -> StepResult:
    assert found.last is not None
    answer = found.last.answer
    shape = state.displacement.shape
    forces = _forces(problem, state) - problem.loading.external(state.displacement, state.time)
    reaction = np.where(problem.loading.held, forces, 0.0).reshape(shape)
    return StepResult(
        state.time, StepStatus.CONVERGED, "", state.displacement, reaction, state.strain, state.stress,
        answer.rung, answer.indicator, answer.cost, residuals, tuple(entries),
    )  # fmt: skip


def _failed(
    problem: Problem, state: FE2State, found: SubStep, aim: float, residuals: tuple[tuple[float, ...], ...]
) -> StepResult:
    """What is known of a step that failed: where it stood, and why."""
    n = problem.points.count
    nothing = np.zeros(n)
    reason = f"At time {aim:.6g} s: {found.status.value} {found.reason}".strip()
    return StepResult(
        aim, found.status, reason, state.displacement, np.full_like(state.displacement, np.nan), state.strain,
        state.stress, np.zeros(n, np.int64), nothing, nothing, residuals, (),
    )  # fmt: skip
