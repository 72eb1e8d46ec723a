"""The reduced volume element: what a macroscopic solver asks for stresses, tangents and an error indicator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.laws import from_mandel, to_mandel
from scalebridge.solids.reduced._modes import Modes
from scalebridge.solids.reduced._newton import Bools, Reduced, Solution
from scalebridge.solids.reduced._snapshots import Training

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

AGREED = 1e-6
"""Distance of the members, over the stress, below which they are the same but for rounding."""

HALVINGS = 4
"""How often an increment of a point at which Newton's method fails is halved."""


@final
@dataclass(frozen=True)
class ReducedState:
    """State of N macroscopic points; every array has N as its first axis.

    Attributes:
        strain: mean strain, (N, 6) Mandel.
        amplitude: amplitudes of the modes, members one after the other, (N, A).
        internal: internal variables at the generalised points, members one after the other, (N, K).
        response: derivative of the amplitudes by the mean strain, (N, A, 6).
        peak: largest norm of the mean stress so far, (N,), Pa.
    """

    strain: Floats
    amplitude: Floats
    internal: Floats
    response: Floats
    peak: Floats

    def __len__(self) -> int:
        return len(self.strain)

    def __getitem__(self, points: slice | Ints | Bools) -> ReducedState:
        """State of some of the points."""
        return ReducedState(*(getattr(self, f.name)[points] for f in fields(self)))

    @staticmethod
    def joined(parts: Sequence[ReducedState]) -> ReducedState:
        """States of several groups of points, one after the other."""
        return ReducedState(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(ReducedState)))


@final
@dataclass(frozen=True)
class ReducedResult:
    """Answer of N macroscopic points.

    Attributes:
        stress: (N, 3, 3), Pa; NaN where not converged.
        tangent: (N, 6, 6) Mandel, Pa; NaN where not converged.
        indicator: estimated error of the stress over the largest stress of the point so far, (N,); infinite where not
            converged.
        converged: (N,).
        iterations: Newton iterations of all members and sub-increments, (N,).
    """

    stress: Floats
    tangent: Floats
    indicator: Floats
    converged: Bools
    iterations: Ints


@final
@dataclass(frozen=True)
class Reach:
    """States that a reduced model has learned from: how far from them a state is, and how far is still near.

    Attributes:
        states: mean strains and amplitudes of all increments that were fitted, and rest, scaled by the root of the
            elastic stiffness, (K, 6 + m).
        root: what scales them, (6 + m, 6 + m).
        near: distance within which the indicator was calibrated.
    """

    states: Floats
    root: Floats
    near: float

    @staticmethod
    def of(unknowns: Floats, elastic: Floats, kept: Floats) -> Reach:
        """From fitted states (K, 6 + m), and kept ones, of which 95 in 100 count as near."""
        root: Floats = np.asarray(np.linalg.cholesky(elastic), np.float64)
        states = np.concatenate([np.zeros_like(unknowns[:1]), unknowns]) @ root
        unlimited = Reach(states, root, np.inf)
        near = max(
            float(np.quantile(unlimited.distance(kept), 0.95)), 1e-6 * float(np.linalg.norm(states, axis=1).max())
        )
        return replace(unlimited, near=near)

    def distance(self, unknowns: Floats) -> Floats:
        """Distance to the nearest known state, (N,)."""
        # no matrix product: the numbers of a point must not depend on the others
        x = np.einsum("nm,mk->nk", unknowns, self.root)
        square = np.einsum("nk,nk->n", x, x)[:, None] - 2.0 * np.einsum("nm,km->nk", x, self.states)
        square += np.einsum("kj,kj->k", self.states, self.states)
        nearest: Floats = np.sqrt(np.maximum(square.min(axis=1), 0.0))
        return nearest

    def stretch(self, unknowns: Floats) -> Floats:
        """Distance over what is near, at least one."""
        found: Floats = np.maximum(self.distance(unknowns) / self.near, 1.0)
        return found


@final
@dataclass(frozen=True)
class ReducedRVE:
    """Reduced model of a volume element with nonlinear, history-dependent laws, for many macroscopic points at once.

    It is a committee of two independent reduced models: fluctuation modes and generalised integration points, fitted to
    full solutions along strain paths. The last, largest one gives stress and tangent; how far the other one is from it,
    times a factor measured on paths that neither had seen, is the error indicator. `audit` judges it on the full grid.

    Attributes:
        members: the reduced models, the last one being the one that answers.
        modes: fluctuation modes on the full grid.
        factor: error of the stress per distance of the members, calibrated.
        floor: error of the stress where the members agree, relative to the largest stress.
        hidden: where the members agree but for rounding: error of the stress, relative to the largest, and elastic
            norm of the mean strain from which on there is one. The first flow may be where no generalised point is.
        error: largest error relative to the largest stress of the path, on the paths kept for validation.
        reach: states it has learned from; far from them its indicator grows with the distance. None where unknown.
        training: what `enrich` needs; None after `without_training`, which is what workers should get.

    Source: S. Wulfinghoff, J. Hauck (2025), E3C, arXiv:2501.13631; J. Yvonnet, Q.-C. He (2007), doi
    10.1016/j.jcp.2006.09.019, for the reduction of volume elements by principal modes.
    """

    members: tuple[Reduced, ...]
    modes: Modes
    factor: float
    floor: float
    error: float
    training: Training | None
    reach: Reach | None = None
    hidden: tuple[float, float] = (0.0, np.inf)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{m.modes} modes with {m.points} points" for m in self.members)
        return f"ReducedRVE({sizes}; largest error {self.error:.2%} on paths it had not seen)"

    def without_training(self) -> ReducedRVE:
        """The same model without the full solutions: some megabytes instead of hundreds."""
        return replace(self, training=None)

    def without_times(self) -> ReducedRVE:
        """The same model with its times of computation left out: part of a state, it is the same in every run."""
        if self.training is None:
            return self
        return replace(self, training=replace(self.training, cpu=0.0))

    def initial_state(self, points: int = 1) -> ReducedState:
        """Undeformed state of `points` macroscopic points."""
        amplitudes, internal = sum(m.modes for m in self.members), sum(m.internal_size for m in self.members)
        response = [self._elastic_response(m) for m in self.members]
        return ReducedState(
            np.zeros((points, 6)),
            np.zeros((points, amplitudes)),
            np.zeros((points, internal)),
            np.repeat(np.concatenate(response)[None], points, axis=0),
            np.zeros(points),
        )

    @staticmethod
    def _elastic_response(member: Reduced) -> Floats:
        slope = np.linalg.solve(member.elastic[6:, 6:], -member.elastic[6:, :6])
        return np.asarray(slope, np.float64)

    def advance(
        self, strains: Floats, state: ReducedState, dt: float = 1.0
    ) -> tuple[Floats, Floats, Floats, ReducedState]:
        """Stress, tangent, error indicator and trial state of N points at mean strains (N, 3, 3); see `respond`.

        Returns:
            Stress (N, 3, 3) and tangent (N, 6, 6) Mandel in Pa, NaN where a point has no answer; indicator (N,),
            infinite there; the state at the end of the increment, which for such points is the one at its start.
        """
        after, result = self.respond(strains, state, dt=dt)
        return result.stress, result.tangent, result.indicator, after

    def respond(self, strains: Floats, state: ReducedState, *, dt: float = 1.0) -> tuple[ReducedState, ReducedResult]:
        """One increment of N points, like `RVE.respond`; the numbers of a point do not depend on the others.

        Args:
            strains: mean strains at the end of the increment, (N, 3, 3).
            state: state of the N points at its start.
            dt: length of the increment, s.

        Raises:
            InputError: strains or state have a wrong shape, or a strain is not finite or not symmetric.
        """
        strain = self._checked(strains, state)
        found, a, k = [], 0, 0
        for member in self.members:
            own = slice(a, a + member.modes), slice(k, k + member.internal_size)
            a, k = own[0].stop, own[1].stop
            start = state.amplitude[:, own[0]], state.internal[:, own[1]], state.response[:, own[0]]
            found.append(_in_parts(member, strain, state.strain, *start, dt))
        return self._collect(strain, state, found)

    def _collect(
        self, strain: Floats, state: ReducedState, found: list[Solution]
    ) -> tuple[ReducedState, ReducedResult]:
        good = np.all([s.converged for s in found], axis=0)
        best = found[-1]
        stress = np.where(good[:, None], best.stress, np.nan)
        peak: Floats = np.fmax(state.peak, np.linalg.norm(stress, axis=1))
        after = ReducedState(
            strain,
            np.concatenate([s.amplitude for s in found], axis=1),
            np.concatenate([s.internal for s in found], axis=1),
            np.concatenate([s.response for s in found], axis=1),
            peak,
        )
        kept = [np.where(_over(good, new), new, old) for new, old in zip(_arrays(after), _arrays(state), strict=True)]
        result = ReducedResult(
            from_mandel(stress),
            np.where(good[:, None, None], best.tangent, np.nan),
            np.where(good, self._indicator(found, peak, strain), np.inf),
            good,
            np.sum([s.iterations for s in found], axis=0),
        )
        return ReducedState(*kept), result

    def _indicator(self, found: list[Solution], peak: Floats, strain: Floats) -> Floats:
        """Calibrated distance of the members, relative to the largest stress so far; more of it far from all known."""
        distance = np.max([np.linalg.norm(s.stress - found[-1].stress, axis=1) for s in found], axis=0)
        relative = np.divide(distance, peak, out=np.zeros_like(peak), where=peak > 0.0)
        estimate: Floats = np.maximum(self.factor * relative, self.floor)
        if self.reach is not None:
            estimate = estimate * self.reach.stretch(np.concatenate([strain, found[-1].amplitude], axis=1))
        # below yield all members are the exact elastic volume element, and agree to rounding
        error, onset = self.hidden
        elastic = np.where(
            elastic_norm(strain, self.members[-1].elastic) < onset, relative, np.maximum(relative, error)
        )
        return np.where(relative > AGREED, estimate, elastic)

    def _checked(self, strains: Floats, state: ReducedState) -> Floats:
        strains = np.asarray(strains, np.float64)
        if strains.ndim != 3 or strains.shape[1:] != (3, 3) or not np.isfinite(strains).all():
            raise InputError(f"strains have shape {strains.shape}; they must be (N, 3, 3), without NaN or infinity.")
        if np.abs(strains - strains.transpose(0, 2, 1)).max(initial=0.0) > 1e-12 * np.abs(strains).max(initial=0.0):
            raise InputError("a strain of the batch is not symmetric; in small strain 12 and 21 must be the same.")
        wanted = [a.shape[1:] for a in _arrays(self.initial_state(1))]
        if len(state) != len(strains) or [a.shape[1:] for a in _arrays(state)] != wanted:
            raise InputError(
                f"the state belongs to {len(state)} points or to another reduced model; {len(strains)} strains were "
                "given. Begin with initial_state(points), then pass on what advance gave."
            )
        return to_mandel(strains)

    def fluctuation(self, state: ReducedState) -> Array:
        """Displacement fluctuation on the full grid, (N, 3, nodes) in m, as the answering member sees it."""
        count = self.members[-1].modes
        amplitude = state.amplitude[:, -count:]
        field: Array = np.einsum("nk,kcxyz->ncxyz", amplitude, self.modes.fluctuation[:count])
        return field

    def replay(self, paths: Floats, dt: float = 1.0) -> tuple[ReducedState, Floats, Floats]:
        """State, stresses (N, T, 3, 3) and indicators (N, T) of N points along strain paths (N, T, 3, 3)."""
        paths = np.asarray(paths, np.float64)
        state = self.initial_state(len(paths))
        stress, indicator = np.empty(paths.shape), np.empty(paths.shape[:2])
        for t in range(paths.shape[1]):
            stress[:, t], _, indicator[:, t], state = self.advance(paths[:, t], state, dt)
        return state, stress, indicator


def elastic_norm(strain: Floats, elastic: Floats) -> Floats:
    """Root of twice the energy density of mean strains (N, 6) without fluctuation, (N,), in sqrt(Pa)."""
    norm: Floats = np.sqrt(np.einsum("ni,ij,nj->n", strain, elastic[:6, :6], strain))
    return norm


def _arrays(state: ReducedState) -> list[Array]:
    return [getattr(state, f.name) for f in fields(state)]


def _over(good: Bools, values: Array) -> Bools:
    return good.reshape(-1, *[1] * (values.ndim - 1))


def _in_parts(
    member: Reduced,
    strain: Floats,
    before: Floats,
    amplitude: Floats,
    internal: Floats,
    response: Floats,
    dt: float,
    halvings: int = HALVINGS,
) -> Solution:
    """Solve; points at which Newton's method fails go in halves."""
    found = member.solve(strain, before, amplitude, internal, response, dt)
    failed = ~found.converged
    if not failed.any() or halvings == 0:
        return found
    middle = 0.5 * (before + strain)[failed]
    first = _in_parts(
        member, middle, before[failed], amplitude[failed], internal[failed], response[failed], dt / 2, halvings - 1
    )
    rest = first.amplitude, first.internal, first.response
    second = _in_parts(member, strain[failed], middle, *rest, dt / 2, halvings - 1)
    both = first.converged & second.converged
    where = np.flatnonzero(failed)[both]
    for name in ("amplitude", "internal", "response", "stress", "tangent", "converged"):
        getattr(found, name)[where] = getattr(second, name)[both]
    found.iterations[failed] += first.iterations + second.iterations
    return found
