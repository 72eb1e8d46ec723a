"""Points on the ladder: each answers on its rung, and climbs where its indicator says so."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.ledger import Entry, Verdict
from scalebridge.solids.fe2._elastic_range import ElasticRange, elastic_laws, elastic_range
from scalebridge.solids.fe2._ladder import EXACT, FULL, REDUCED, SHARED, Ladder
from scalebridge.solids.fe2._points import Answer, CanClimb, Floats, MaterialPoints
from scalebridge.solids.fe2._rve_points import CellPoints
from scalebridge.solids.fe2._sharing import path_lengths, representatives
from scalebridge.solids.laws import from_mandel, to_mandel

MARGIN = 0.5
"""Part of the allowance within which points begin to share, so that they do not part again in the next step."""


@dataclass(frozen=True)
class LadderState:
    """What the next step of all points depends on.

    Attributes:
        rung: of each point, (n,).
        leader: point whose cell each point on rung 2 shares, (n,).
        path: Mandel strains after each step, scaled by the root of the stiffness, (T, n, 6).
        strains: the same as tensors, (T, n, 3, 3).
        steps: lengths of the steps, (T,), s.
        reduced: state of the reduced model.
        full: states of the cells.
        peak: largest stress of each point so far in the norm of the compliance, (n,), root of J/m^3.
    """

    rung: npt.NDArray[np.int64]
    leader: npt.NDArray[np.int64]
    path: Floats
    strains: Floats
    steps: Floats
    reduced: Any = field(repr=False)
    full: Any = field(repr=False)
    peak: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def scale(self) -> float:
        """Largest stress in the body so far, root of J/m^3."""
        return float(self.peak.max(initial=0.0))


@final
@dataclass(frozen=True)
class LadderPoints(MaterialPoints, CanClimb):
    """Points of one material on the ladder.

    Attributes:
        cells: the cells in full.
        ladder: what may be simplified.
    """

    cells: CellPoints
    ladder: Ladder

    def __post_init__(self) -> None:
        if self.cells.finite:
            raise InputError("the ladder is for small strain; use ladder=None in finite strain.")

    @property
    def count(self) -> int:
        """Number of points."""
        return self.cells.count

    @property
    def finite(self) -> bool:
        """Whether the points take deformation gradients instead of strains."""
        return False

    @cached_property
    def elastic(self) -> ElasticRange | None:
        """Linear behaviour of the cell; None where a phase has none."""
        kernel = self.cells.kernel
        laws = dict(kernel.laws)
        if elastic_laws(laws) is None:
            return None
        return elastic_range(kernel.microstructure, laws, kernel.boundary, kernel.element)

    @cached_property
    def _roots(self) -> tuple[Floats, Floats]:
        """Root of the initial stiffness and its inverse, (6, 6)."""
        tensor = self.elastic.tensor if self.elastic is not None else self._initial_tangent()
        values, vectors = np.linalg.eigh(0.5 * (tensor + tensor.T))
        root = np.sqrt(values)
        return vectors * root @ vectors.T, vectors / root @ vectors.T

    def _initial_tangent(self) -> Floats:
        kernel = self.cells.kernel
        outputs, _, _ = kernel(
            None, (np.zeros((1, 3, 3)), np.ones(1), np.ones(1), np.zeros((1, 0, 3, 3)), np.ones((1, 0)))
        )
        tangent: Floats = outputs[1][0]
        return tangent

    def initial(self) -> LadderState:
        """All points on the lowest rung there is."""
        n = self.count
        lowest = EXACT if self.ladder.elastic and self.elastic is not None else self._above_exact
        reduced = None if self.ladder.reduced is None else self.ladder.reduced.initial_state(n)
        return LadderState(
            np.full(n, lowest), np.arange(n), np.zeros((0, n, 6)), np.zeros((0, n, 3, 3)), np.zeros(0), reduced, None,
            np.zeros(n),
        )  # fmt: skip

    @property
    def _above_exact(self) -> int:
        return FULL if self.ladder.reduced is None else REDUCED

    def evaluate(self, strain: Floats, state: LadderState, dt: float) -> Answer:
        """Every point on its rung."""
        n = self.count
        stress, tangent = np.zeros((n, 3, 3)), np.zeros((n, 6, 6))
        indicator, cost, ok = np.zeros(n), np.zeros(n), np.ones(n, bool)
        entries: tuple[Entry, ...] = ()
        full, reduced, reason = state.full, state.reduced, ""
        mandel = to_mandel(strain)
        exact = np.flatnonzero(state.rung == EXACT)
        if exact.size:
            assert self.elastic is not None
            stress[exact] = from_mandel(mandel[exact] @ self.elastic.tensor)
            tangent[exact] = self.elastic.tensor
            indicator[exact] = self.elastic.load(mandel[exact])
        own = state.rung == FULL
        if own.any():
            found = self.cells.evaluate_some(strain, state.full, dt, own)
            stress[own], tangent[own], ok[own] = found.stress[own], found.tangent[own], found.ok[own]
            cost[own] = found.cost[own]
            full, entries, reason = found.state, found.entries, found.reason
        path = np.concatenate([state.path, (mandel @ self._roots[0])[None]])
        shared = np.flatnonzero(state.rung == SHARED)
        if shared.size:
            leader = state.leader[shared]
            gap = mandel[shared] - mandel[leader]
            stress[shared] = stress[leader] + from_mandel(np.einsum("nij,nj->ni", tangent[leader], gap))
            tangent[shared], ok[shared] = tangent[leader], ok[leader]
        cheap, error = np.flatnonzero(state.rung == REDUCED), np.zeros(0)
        if cheap.size:
            reduced, error = self._reduced(cheap, strain, state, dt, stress, tangent)
        energy = np.linalg.norm(to_mandel(stress) @ self._roots[1], axis=1)
        peak = np.fmax(state.peak, np.where(ok, energy, 0.0))
        allowed = max(self.ladder.allowance * float(peak.max()), np.finfo(float).tiny)
        indicator[shared] = path_lengths(path, shared, state.leader[shared]) / allowed
        indicator[cheap] = error * peak[cheap] / allowed
        after_state = replace(
            state, path=path, strains=np.concatenate([state.strains, strain[None]]),
            steps=np.append(state.steps, dt), reduced=reduced, full=full, peak=peak,
        )  # fmt: skip
        entries += self._entry(indicator, state.rung)
        return Answer(stress, tangent, indicator, ok, state.rung, after_state, reason, entries=entries, cost=cost)

    def _reduced(
        self,
        points: npt.NDArray[np.int64],
        strain: Floats,
        state: LadderState,
        dt: float,
        stress: Floats,
        tangent: Floats,
    ) -> tuple[Any, Floats]:
        """State of the reduced model and its relative errors; where it has no answer the point will climb."""
        assert self.ladder.reduced is not None
        s, c, error, after = self.ladder.reduced.advance(strain[points], _rows(state.reduced, points), dt)
        lost = ~(np.isfinite(s).all(axis=(1, 2)) & np.isfinite(c).all(axis=(1, 2)) & np.isfinite(error))
        # until it climbs, such a point is held as stiffly as it began
        root = self._roots[0]
        stiffness = root @ root
        stress[points] = np.where(lost[:, None, None], from_mandel(to_mandel(strain[points]) @ stiffness), s)
        tangent[points] = np.where(lost[:, None, None], stiffness, c)
        return _with_rows(state.reduced, points, after), np.where(lost, 1e6, error)

    def _entry(self, indicator: Floats, rung: npt.NDArray[np.int64]) -> tuple[Entry, ...]:
        """The largest indicator against one, for points that are not solved in full."""
        simple = np.flatnonzero(rung != FULL)
        if not simple.size:
            return ()
        worst = int(simple[np.argmax(indicator[simple])])
        return (
            Entry(
                "error indicator", "1", float(indicator[worst]), 1.0, 1.0, 1e-9, f"point {worst}, rung {rung[worst]}",
                0.0, "<=", Verdict.FAILS,
            ),
        )  # fmt: skip

    def climb(self, answer: Answer, strain: Floats, state: LadderState, dt: float) -> LadderState | None:
        """State at the start of the step with higher rungs where the indicator exceeds one; None where none does."""
        high = answer.indicator > 1.0
        if not high.any():
            return None
        from_exact = np.flatnonzero(high & (state.rung == EXACT))
        rung, leader = state.rung.copy(), state.leader.copy()
        reduced = state.reduced
        if self.ladder.reduced is not None:
            rung[from_exact] = REDUCED
            reduced = self._replayed(state, from_exact)
            high[from_exact] = False
        seekers = np.flatnonzero(high & (state.rung != FULL))
        if seekers.size:
            after: LadderState = answer.state
            leader[seekers] = seekers
            if self.ladder.sharing:
                radius = MARGIN * self.ladder.allowance * after.scale
                leader[seekers] = representatives(after.path, seekers, np.flatnonzero(state.rung == FULL), radius)
            rung[seekers] = np.where(leader[seekers] == seekers, FULL, SHARED)
        heads = np.flatnonzero((rung == FULL) & (state.rung != FULL) & (state.rung != EXACT))
        full = self._cells_of(state, heads)
        return replace(state, rung=rung, leader=leader, reduced=reduced, full=full)

    def _cells_of(self, state: LadderState, points: npt.NDArray[np.int64]) -> Any:
        """States of the cells after these points have gone through their strains; elastic ones leave no trace."""
        if not points.size or not len(state.steps):
            return state.full
        which = np.zeros(self.count, bool)
        which[points] = True
        before = np.zeros((self.count, len(state.steps) - 1, 3, 3))
        before[points] = state.strains[:-1, points].transpose(1, 0, 2, 3)
        found = self.cells.evaluate_some(
            state.strains[-1], state.full, float(state.steps[-1]), which, before, state.steps[:-1]
        )
        return found.state

    def _replayed(self, state: LadderState, points: npt.NDArray[np.int64]) -> Any:
        """State of the reduced model after these points have gone through their strains."""
        model, now = self.ladder.reduced, state.reduced
        if model is None or not points.size:
            return now
        rows = _rows(now, points)
        for strains, length in zip(state.strains, state.steps, strict=True):
            rows = model.advance(strains[points], rows, float(length))[3]
        return _with_rows(now, points, rows)


def _rows(state: Any, points: npt.NDArray[np.int64]) -> Any:
    """State of some points."""
    if is_dataclass(state):
        return replace(state, **{f.name: getattr(state, f.name)[points] for f in fields(state)})  # type: ignore[type-var]
    return tuple(x[points] for x in state)


def _with_rows(state: Any, points: npt.NDArray[np.int64], rows: Any) -> Any:
    """A state with that of some points replaced."""
    if is_dataclass(state):
        changed = {f.name: _put(getattr(state, f.name), points, getattr(rows, f.name)) for f in fields(state)}
        return replace(state, **changed)  # type: ignore[type-var]
    return tuple(_put(x, points, y) for x, y in zip(state, rows, strict=True))


def _put(array: Any, points: npt.NDArray[np.int64], rows: Any) -> Any:
    new = array.copy()
    new[points] = rows
    return new
