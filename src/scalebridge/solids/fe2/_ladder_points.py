"""Points on the ladder: each answers on its rung, and climbs where its indicator says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.ledger import Entry, Verdict
from scalebridge.solids.fe2._elastic_range import ElasticRange, elastic_laws, elastic_range
from scalebridge.solids.fe2._ladder import EXACT, FULL, REDUCED, SHARED, Ladder, ReducedModel
from scalebridge.solids.fe2._ladder_state import Judged, LadderState, rows_of, with_rows
from scalebridge.solids.fe2._points import Answer, CanClimb, CanTrain, Flags, Floats, MaterialPoints
from scalebridge.solids.fe2._rve_points import CellPoints
from scalebridge.solids.fe2._sharing import path_lengths, representatives
from scalebridge.solids.fe2._training import MARGIN as MARGIN_OF_PATHS
from scalebridge.solids.fe2._training import OnTheFly, continued, divided, most_different, solved, training_rve
from scalebridge.solids.laws import from_mandel, to_mandel
from scalebridge.solids.reduced import audit, enrich, model_from, stand_in
from scalebridge.solids.rve import RVE

MARGIN = 0.5
"""Part of the allowance within which points begin to share, so that they do not part again in the next step."""

LOST = 1e6
"""Relative error of a point at which the reduced model has no answer."""


@final
@dataclass(frozen=True)
class LadderPoints(MaterialPoints, CanClimb, CanTrain):
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
        given = None if self._learns else self.ladder.reduced
        lowest = EXACT
        if not self.ladder.elastic or self.elastic is None:
            lowest = FULL if given is None else REDUCED
        reduced = None if given is None else given.initial_state(n)  # type: ignore[union-attr]
        return LadderState(
            np.full(n, lowest), np.arange(n), np.zeros((0, n, 6)), np.zeros((0, n, 3, 3)), np.zeros(0), reduced, None,
            np.zeros(n), given,
        )  # fmt: skip

    @property
    def _learns(self) -> OnTheFly | None:
        """How a reduced model is made on the fly; None where it is not."""
        return self.ladder.reduced if isinstance(self.ladder.reduced, OnTheFly) else None

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
        entries += self._entry(indicator, state.rung, state.rehearsal)
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
        s, c, error, after = state.model.advance(strain[points], rows_of(state.reduced, points), dt)
        lost = ~(np.isfinite(s).all(axis=(1, 2)) & np.isfinite(c).all(axis=(1, 2)) & np.isfinite(error))
        # until it climbs, such a point is held as stiffly as it began
        root = self._roots[0]
        stiffness = root @ root
        stress[points] = np.where(lost[:, None, None], from_mandel(to_mandel(strain[points]) @ stiffness), s)
        tangent[points] = np.where(lost[:, None, None], stiffness, c)
        return with_rows(state.reduced, points, after), np.where(lost, LOST, error)

    def _entry(self, indicator: Floats, rung: npt.NDArray[np.int64], rehearsal: bool) -> tuple[Entry, ...]:
        """The largest indicator against one, for points that are not solved in full."""
        simple = np.flatnonzero(rung != FULL)
        if not simple.size or rehearsal:
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
        now: LadderState = state
        if self._learns is not None and not state.rehearsal:
            high, now = self._judged(answer, strain, now, dt, high)
            now = self._enriched(answer, now, high)
            if now.model is not state.model:
                # whoever the better model can answer may stay; the others will come again
                high &= state.rung == EXACT
        if not high.any():
            return None if now is state else now
        from_exact = np.flatnonzero(high & (now.rung == EXACT))
        rung, leader = now.rung.copy(), now.leader.copy()
        reduced = now.reduced
        if now.model is not None:
            rung[from_exact] = REDUCED
            reduced = self._replayed(now, from_exact)
            high[from_exact] = False
        seekers = np.flatnonzero(high & (now.rung != FULL))
        if now.rehearsal:
            seekers = seekers[:0]
        if seekers.size:
            after: LadderState = answer.state
            leader[seekers] = seekers
            if self.ladder.sharing:
                radius = MARGIN * self.ladder.allowance * after.scale
                leader[seekers] = representatives(after.path, seekers, np.flatnonzero(now.rung == FULL), radius)
            rung[seekers] = np.where(leader[seekers] == seekers, FULL, SHARED)
        elif not from_exact.size:
            return None if now is state else now
        heads = np.flatnonzero((rung == FULL) & (now.rung != FULL) & (now.rung != EXACT))
        full = self._cells_of(now, heads)
        return replace(now, rung=rung, leader=leader, reduced=reduced, full=full)

    def _judged(
        self, answer: Answer, strain: Floats, state: LadderState, dt: float, high: Flags
    ) -> tuple[Flags, LadderState]:
        """Once in a step the full grid judges some points of rung 1; whom it finds wanting climbs too."""
        learns, step = self._learns, len(state.steps)
        cheap = np.flatnonzero((state.rung == REDUCED) & ~high)
        if learns is None or not learns.audits or state.audited == step or not cheap.size:
            return high, state
        rng = np.random.default_rng(np.random.SeedSequence(learns.seed, spawn_key=(step,)))
        # the one that is least sure of itself, and others by lot
        worst = int(cheap[np.argmax(answer.indicator[cheap])])
        others = rng.permutation(cheap[cheap != worst])[: learns.audits - 1]
        after: LadderState = answer.state
        allowed = max(self.ladder.allowance * after.scale, np.finfo(float).tiny)
        found, high = list(state.audits), high.copy()
        for point in [worst, *others.tolist()]:
            path = after.strains[:, point]
            verdict = audit(state.model, self._rve, path, dt=dt, judged=(len(path) - 1,))
            missing = to_mandel(verdict.stress[-1] - verdict.corrected[-1])
            error = float(np.linalg.norm(missing @ self._roots[1])) / allowed
            found.append(Judged(step, point, float(answer.indicator[point]), error))
            high[point] |= error > 1.0
        return high, replace(state, audits=tuple(found), audited=step)

    def _enriched(self, answer: Answer, state: LadderState, high: Flags) -> LadderState:
        """A better reduced model, from full solutions of points at which the present one errs, if more are allowed."""
        learns = self._learns
        assert learns is not None
        first = state.model is None
        seekers = np.flatnonzero(high & (state.rung == (EXACT if first else REDUCED)))
        wanted = min(learns.paths if first else learns.more, learns.limit - state.solved)
        alone = seekers.size + np.count_nonzero(state.rung == FULL)
        if not seekers.size or wanted < 1 or (not first and alone <= learns.more):
            # cells of a few points in full cost less than a fit and a replay of all points
            return state
        after: LadderState = answer.state
        chosen = most_different(after.path, seekers, wanted)
        if first and chosen.size < 2:
            return state
        return self._learned(state, *continued(after.strains, after.steps, state.foreseen, chosen))

    def _learned(self, state: LadderState, paths: Floats, steps: Floats) -> LadderState:
        """The state with a model that knows the full solutions along some paths (T, K, 3, 3) too."""
        learns = self._learns
        assert learns is not None
        known = [replace(s, cpu=0.0) for s in solved(self.cells.owners(), self.cells.kernel, paths, steps)]
        if not known or (state.model is None and len(known) < 2):
            return state
        fitted, kept = divided(known)
        if state.model is None or state.model.training is None:
            model = model_from(self._rve, fitted, kept or fitted[-1:], learns.sizes, learns.seed)
        else:
            model = enrich(state.model, self._rve, fitted, kept=kept)
        model = model.without_times()
        there = np.flatnonzero(state.rung == REDUCED)
        return self._with_model(replace(state, solved=state.solved + len(known)), model, there)

    def _with_model(self, state: LadderState, model: ReducedModel, points: npt.NDArray[np.int64]) -> LadderState:
        """The state with another reduced model, through whose history some points have gone."""
        fresh = replace(state, model=model, reduced=model.initial_state(self.count))
        return replace(fresh, reduced=self._replayed(fresh, points))

    @cached_property
    def _rve(self) -> RVE:
        """The volume element that training and audits use."""
        return training_rve(self.cells.kernel)

    def untrained(self, state: LadderState) -> bool:
        """Whether a reduced model is to be made and none is there."""
        return self._learns is not None and state.model is None

    def rehearsing(self, state: LadderState) -> LadderState:
        """The state with a reduced model from no full solution, which points do not leave."""
        lowest = np.full(self.count, EXACT if self.ladder.elastic and self.elastic is not None else REDUCED)
        fresh = replace(state, rung=lowest, rehearsal=True)
        return self._with_model(fresh, stand_in(self._rve), np.flatnonzero(lowest == REDUCED))

    def trained(self, state: LadderState, after: LadderState) -> LadderState:
        """A reduced model from full solutions at the points whose paths in the rehearsal differ most."""
        learns = self._learns
        assert learns is not None
        seen = replace(state, foreseen=(after.strains, after.steps))
        chosen = most_different(after.path, np.flatnonzero(after.rung == REDUCED), learns.paths)
        if chosen.size < 2:
            return seen
        return self._learned(seen, MARGIN_OF_PATHS * after.strains[:, chosen], after.steps)

    def learned_error(self, state: LadderState) -> float:
        """Largest error of the reduced model along the paths kept from its fit, relative to the largest stress of all.

        Stresses are measured as in the allowance: in the norm of the compliance. Zero where nothing was learned.
        """
        training = getattr(state.model, "training", None)
        if training is None:
            return 0.0
        inverse = self._roots[1]
        scale = max(np.linalg.norm(s.stress @ inverse, axis=1).max() for s in (*training.fitted, *training.kept))
        errors = [0.0]
        for known in training.kept:
            _, stress, _ = state.model.replay(from_mandel(known.strain)[None], known.dt)
            errors.append(float(np.linalg.norm((to_mandel(stress[0]) - known.stress) @ inverse, axis=1).max()))
        return max(errors) / float(scale)

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
        model, now = state.model, state.reduced
        if model is None or not points.size:
            return now
        rows = rows_of(now, points)
        for strains, length in zip(state.strains, state.steps, strict=True):
            rows = model.advance(strains[points], rows, float(length))[3]
        return with_rows(now, points, rows)
