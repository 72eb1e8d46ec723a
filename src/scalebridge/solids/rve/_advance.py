"""Increments with automatic halving, macroscopic tangents, and the entries that go to the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.ledger import Entry
from scalebridge.solids.rve._grid import symmetric_directions
from scalebridge.solids.rve._homogenize import HILL_MANDEL, unit_responses
from scalebridge.solids.rve._material import Material
from scalebridge.solids.rve._newton import (
    Control,
    Increment,
    Tolerance,
    gradient_of,
    point_strains,
    solve_increment,
)
from scalebridge.solids.rve._operators import StoredOperator
from scalebridge.solids.rve._records import IncrementResult, RVEState
from scalebridge.solids.rve._spaces import Space, fluctuation_space
from scalebridge.solids.rve._status import Status

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

SPACES_KEPT = 4
"""Preconditioners that a solver keeps."""

REACHED = 1e-8
"""Difference of reached and prescribed averages that still balances."""


@dataclass(frozen=True)
class Target:
    """Where an increment leads: prescribed components for B loads, NaN where the other is prescribed.

    Attributes:
        gradient: mean strain or displacement gradient, (B, 9).
        stress: mean stress, (B, 9), Pa.
        time: s.
    """

    gradient: Floats
    stress: Floats
    time: float

    def control(self, directions: Floats, since: float) -> Control:
        """The same in terms of fixed gradients and free directions (9, K)."""
        # a product of NaN and 0 is NaN: count missing components instead of multiplying by them
        held = np.isnan(self.gradient[0]) @ np.abs(directions) == 0.0
        fixed = np.where(np.isnan(self.gradient), 0.0, self.gradient) @ directions[:, held] @ directions[:, held].T
        free = directions[:, ~held]
        return Control(fixed, free, np.nan_to_num(self.stress) @ free, self.time - since)

    def load(self, b: int) -> Target:
        """The target of one load of a batch."""
        return Target(self.gradient[b : b + 1], self.stress[b : b + 1], self.time)

    def between(self, state: RVEState, share: float) -> Target:
        """The target part of the way from a converged state."""
        return Target(
            state.gradient + share * (self.gradient - state.gradient),
            state.stress + share * (self.stress - state.stress),
            state.time + share * (self.time - state.time),
        )


@dataclass(frozen=True)
class Solver:
    """A nonlinear volume element with its numerical settings.

    Attributes:
        material: laws on the grid.
        tolerance: when Newton's method stops.
        tangent_tolerance: residual of the unit responses, relative to the one without fluctuation.
        halvings: how often an increment may be halved.
    """

    material: Material
    tolerance: Tolerance
    tangent_tolerance: float = 1e-4
    halvings: int = 6
    _memory: dict[int, StoredOperator] = field(default_factory=dict, repr=False, compare=False)
    _spaces: dict[bytes, Space] = field(default_factory=dict, repr=False, compare=False)

    @property
    def directions(self) -> Floats:
        """Orthonormal mean gradients in which loads are prescribed, (9, K)."""
        return np.eye(9) if self.material.finite else symmetric_directions()

    def initial(self, loads: int) -> RVEState:
        """Undeformed and unstressed state."""
        material = self.material
        operator = self._operator(loads)
        zero = np.zeros((loads, 3, *material.grid.nodes))
        gradient = np.zeros((loads, 9))
        strain = point_strains(material, zero, gradient)
        response = material.respond(strain, material.initial(loads), 1.0, operator)
        return RVEState(zero, gradient, gradient, material.initial(loads), 0.0, None, None, response.mean_tangent)

    def _operator(self, loads: int) -> StoredOperator:
        """Memory for tangents, kept from increment to increment; what it holds never outlives one."""
        if loads not in self._memory:
            self._memory.clear()
            self._memory[loads] = self.material.tangent_storage(loads)
        return self._memory[loads]

    def _space(self, reference: Array) -> Space:
        """Fluctuations preconditioned with `reference`, which seldom changes: a few are kept."""
        key = np.ascontiguousarray(reference).tobytes()
        if key not in self._spaces:
            if len(self._spaces) == SPACES_KEPT:
                del self._spaces[next(iter(self._spaces))]
            self._spaces[key] = fluctuation_space(self.material.grid, self.material.reference(reference))
        return self._spaces[key]

    def advance(
        self, state: RVEState, target: Target, *, tangent: bool = True
    ) -> tuple[RVEState, IncrementResult, Increment]:
        """Go to `target`, in halves where Newton's method fails; a load that fails for good keeps its state.

        Loads of a batch go together as long as all converge; otherwise each goes on its own, and none spoils another.
        """
        loads = len(state.fluctuation)
        space = self._space(state.reference)
        operator = self._operator(loads)
        if loads == 1:
            return self._advance_one(state, target, space, operator, tangent)
        increment = self._try(state, target.control(self.directions, state.time), space, operator)
        if all(s is Status.CONVERGED for s in increment.status):
            return self._finish(state, state, target, [(state, target, increment)], tangent, space, operator)
        alone = [self.advance(_load(state, b, loads), target.load(b), tangent=tangent) for b in range(loads)]
        return _join_states([a[0] for a in alone], target.time), _join_results([a[1] for a in alone]), increment

    def _advance_one(
        self, state: RVEState, target: Target, space: Space, operator: StoredOperator, tangent: bool
    ) -> tuple[RVEState, IncrementResult, Increment]:
        """One load, with halving of the increment."""
        now, done, share = state, 0.0, 1.0
        steps: list[tuple[RVEState, Target, Increment]] = []
        while done < 1.0:
            aim = target if done + share >= 1.0 else target.between(state, done + share)
            increment = self._try(now, aim.control(self.directions, now.time), space, operator)
            steps.append((now, aim, increment))
            if increment.status[0] is Status.CONVERGED:
                now, done = self._accept(now, aim, increment), done + share
            elif share <= 0.5**self.halvings:
                break
            else:
                share *= 0.5
        return self._finish(state, now, target, steps, tangent and done >= 1.0, space, operator)

    def _finish(
        self,
        before: RVEState,
        now: RVEState,
        target: Target,
        steps: list[tuple[RVEState, Target, Increment]],
        tangent: bool,
        space: Space,
        operator: StoredOperator,
    ) -> tuple[RVEState, IncrementResult, Increment]:
        """State, answer and books of an increment from its sub-increments, the failed ones included."""
        start, aim, increment = steps[-1]
        complete = all(s is Status.CONVERGED for s in increment.status) and aim is target
        total = 0
        if complete:
            now = self._accept(start, aim, increment)
            if tangent:
                now, total = self._with_tangent(now, space, operator)
            now = self._refresh_reference(now, increment)
        converged = [x for x in steps if all(s is Status.CONVERGED for s in x[2].status)] if complete else []
        result = replace(
            self._result(now if complete else before, target, increment, complete, tangent),
            newton=sum(int(x[2].newton.max()) for x in steps),
            linear=sum(x[2].linear for x in steps),
            linear_tangent=total,
            substeps=len(steps),
            entries=tuple(e for x in converged for e in self._entries(*x)),
        )
        return (now if complete else before), result, increment

    def _try(self, state: RVEState, control: Control, space: Space, operator: StoredOperator) -> Increment:
        reference = self.material.reference(state.reference)
        axes = np.array(self.material.grid.axes)
        back = np.argsort(axes)
        matrix = reference[np.ix_(back, back, back, back)].reshape(9, 9)
        free_inverse: Floats = np.linalg.inv(control.free.T @ matrix @ control.free).astype(np.float64)
        start = self._predict(state, control)
        return solve_increment(
            self.material, space, operator, free_inverse, control, state.internal, start, self.tolerance
        )

    def _predict(self, state: RVEState, control: Control) -> tuple[Array, Floats]:
        """First guess from the last tangent: free mean strains, and the fluctuation that goes with all of them."""
        directions, free = self.directions, control.free
        step = (control.fixed - state.gradient) @ (np.eye(9) - free @ free.T)
        y = state.gradient @ free
        if state.tangent is None or state.sensitivity is None:
            return state.fluctuation.copy(), y
        full = np.einsum("gi,bij,hj->bgh", directions, state.tangent, directions)
        missing = control.stress - (state.stress + np.einsum("bgh,bh->bg", full, step)) @ free
        matrix = np.einsum("gf,bgh,hk->bfk", free, full, free)
        dy = np.linalg.solve(matrix, missing[:, :, None])[:, :, 0] if free.shape[1] else missing
        weights = (step + dy @ free.T) @ directions
        u = state.fluctuation + np.einsum("bk,bkcxyz->bcxyz", weights, state.sensitivity)
        return u, y + dy

    def _accept(self, state: RVEState, aim: Target, increment: Increment) -> RVEState:
        last = increment.last
        gradient = gradient_of(aim.control(self.directions, state.time), last.y)
        return replace(
            state,
            fluctuation=last.u,
            gradient=gradient,
            stress=last.mean,
            internal=last.response.internal,
            time=aim.time,
        )

    def _refresh_reference(self, state: RVEState, increment: Increment) -> RVEState:
        """Follow the mean tangent with the preconditioner once they differ noticeably."""
        mean = increment.last.response.mean_tangent
        if np.linalg.norm(mean - state.reference) < 0.2 * np.linalg.norm(state.reference):
            return state
        if np.linalg.eigvalsh(_symmetric_part(mean)).min() <= 0.0:
            return state
        return replace(state, reference=mean)

    def _with_tangent(self, state: RVEState, space: Space, operator: StoredOperator) -> tuple[RVEState, int]:
        """Macroscopic tangent at the converged state, by one linear solve per direction with the stored tangents."""
        tangents, sensitivities, total = [], [], 0
        for b in range(len(state.fluctuation)):
            found = unit_responses(
                self.material.grid,
                space,
                operator.pick(b),
                self.directions.T,
                tolerance=self.tangent_tolerance,
                start=None if state.sensitivity is None else state.sensitivity[b],
                limit=self.tolerance.linear,
                threads=self.material.threads,
                together=True,
            )
            tangents.append(np.where(found.converged.all(), found.tensor, np.nan))
            sensitivities.append(found.fluctuation)
            total += int(found.iterations.max())
        return replace(state, tangent=np.array(tangents), sensitivity=np.array(sensitivities)), total

    def _entries(self, before: RVEState, aim: Target, increment: Increment) -> list[Entry]:
        """Hill-Mandel work of the increment, prescribed stresses and strains against those reached."""
        last, material = increment.last, self.material
        control = aim.control(self.directions, before.time)
        gradient = gradient_of(control, last.y)
        change = point_strains(material, last.u - before.fluctuation, gradient - before.gradient)
        loads = len(gradient)
        points = change[0, 0].size
        fine = np.einsum("dbqxyz,dbqxyz->b", last.response.stress, change) / points
        coarse = np.einsum("bg,bg->b", last.mean, gradient - before.gradient)
        magnitude = np.sqrt(np.einsum("dbqxyz,dbqxyz->b", change, change) / points) * last.stress_scale
        reached = change.reshape(change.shape[0], loads, -1).mean(axis=2).T
        wanted = self._in_array_axes(gradient - before.gradient)
        strain_scale = np.maximum(np.linalg.norm(wanted, axis=1), np.finfo(float).tiny)
        entries = []
        for b in range(loads):
            where = "RVE" if loads == 1 else f"RVE {b}"
            scale = max(abs(float(coarse[b])), 1e-6 * float(magnitude[b]))
            entries.append(
                Entry(
                    "Hill-Mandel work", "J/m^3", float(fine[b]), float(coarse[b]), scale, HILL_MANDEL, where, aim.time
                )
            )
            k = int(np.argmax(np.abs(reached[b] - wanted[b])))
            entries.append(
                Entry(
                    "mean strain",
                    "1",
                    float(reached[b, k]),
                    float(wanted[b, k]),
                    float(strain_scale[b]),
                    REACHED,
                    where,
                    aim.time,
                )
            )
            if control.free.shape[1]:
                found = last.mean[b] @ control.free
                k = int(np.argmax(np.abs(found - control.stress[b])))
                entries.append(
                    Entry(
                        "prescribed mean stress",
                        "Pa",
                        float(found[k]),
                        float(control.stress[b, k]),
                        float(last.stress_scale[b]),
                        REACHED,
                        where,
                        aim.time,
                    )
                )
        return entries

    def _in_array_axes(self, gradient: Floats) -> Floats:
        grid = self.material.grid
        if self.material.finite:
            return gradient[:, grid.gradient_order]
        return (gradient @ symmetric_directions())[:, grid.mandel_order]

    def _result(
        self, state: RVEState, target: Target, increment: Increment, complete: bool, tangent: bool
    ) -> IncrementResult:
        loads = len(state.gradient)
        shape = (loads, 3, 3)
        if complete:
            strain = state.gradient.reshape(shape) + (np.eye(3) if self.material.finite else 0.0)
            stress = state.stress.reshape(shape)
        else:
            strain = target.gradient.reshape(shape) + (np.eye(3) if self.material.finite else 0.0)
            stress = np.full(shape, np.nan)
        return IncrementResult(
            strain,
            stress,
            state.tangent if complete and tangent else None,
            increment.status,
            0,
            0,
            0,
            0,
            (),
            increment.history,
        )


def _symmetric_part(matrix: Array) -> Array:
    """Restriction of a 9x9 tangent to symmetric strains; a 6x6 one as it is."""
    if matrix.shape == (6, 6):
        return matrix
    directions = symmetric_directions()
    part: Array = directions.T @ matrix @ directions
    return part


def _load(state: RVEState, b: int, loads: int) -> RVEState:
    """State of one load of a batch."""
    one = slice(b, b + 1)
    internal = {p: v.reshape(len(v), loads, -1)[:, b] for p, v in state.internal.items()}
    return replace(
        state,
        fluctuation=state.fluctuation[one],
        gradient=state.gradient[one],
        stress=state.stress[one],
        internal={p: np.ascontiguousarray(v) for p, v in internal.items()},
        tangent=None if state.tangent is None else state.tangent[one],
        sensitivity=None if state.sensitivity is None else state.sensitivity[one],
    )


def _join_states(states: list[RVEState], time: float) -> RVEState:
    """State of a batch from those of its loads; predictors are kept only where all loads have one."""
    first = states[0]
    return replace(
        first,
        fluctuation=np.concatenate([s.fluctuation for s in states]),
        gradient=np.concatenate([s.gradient for s in states]),
        stress=np.concatenate([s.stress for s in states]),
        internal={p: np.concatenate([s.internal[p] for s in states], axis=1) for p in first.internal},
        time=time,
        tangent=_joined([s.tangent for s in states]),
        sensitivity=_joined([s.sensitivity for s in states]),
    )


def _joined(parts: list[Array | None]) -> Array | None:
    known = [p for p in parts if p is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _join_results(results: list[IncrementResult]) -> IncrementResult:
    """Answer of a batch from those of its loads; NaN tangents where a load has none."""
    tangents = [r.tangent for r in results]
    shape = next((t.shape for t in tangents if t is not None), None)
    blank = None if shape is None else np.full(shape, np.nan)
    return IncrementResult(
        np.concatenate([r.strain for r in results]),
        np.concatenate([r.stress for r in results]),
        None if blank is None else np.concatenate([blank if t is None else t for t in tangents]),
        tuple(s for r in results for s in r.status),
        max(r.newton for r in results),
        sum(r.linear for r in results),
        sum(r.linear_tangent for r in results),
        max(r.substeps for r in results),
        tuple(replace(e, where=f"RVE {b}") for b, r in enumerate(results) for e in r.entries),
        results[0].history,
    )
