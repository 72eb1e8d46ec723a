"""Rung 1 from the body's own cells: which points are solved in full to train a reduced model, and what they give.

A rehearsal of the load steps with a model that costs nothing to make shows which strains the body will see. The points
whose paths differ most are solved in full; a reduced model is fitted to some of them and calibrated on the others. A
model that knows the paths it will be asked for needs few of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.parallel import Kernel, Owners
from scalebridge.solids.fe2._cells import CellKernel
from scalebridge.solids.fe2._points import Floats
from scalebridge.solids.reduced import Size, Snapshots, solve_path
from scalebridge.solids.rve import RVE

Ints = npt.NDArray[np.int64]

LOOSE = 1e-4
"""Tolerance of the training solutions: it changes mean stresses by some 1e-5 and saves a third of their cost."""
INCREMENTS = 24
"""Largest number of increments of a training path."""
MARGIN = 1.4
"""Training paths go farther than the rehearsal did: a body less stiff than its stand-in strains more where it flows."""


@final
@dataclass(frozen=True)
class OnTheFly:
    """A reduced model that is made from the cells of the body itself, and enriched where it errs.

    Args:
        paths: cells solved in full for the first model; a quarter of them is kept to validate it.
        more: cells solved in full for each enrichment.
        limit: cells solved in full altogether; where that is not enough, points climb to full cells.
        sizes: sizes of the two models, one that judges and, last, one that answers.
        audits: points judged on the full grid in each load step.
        seed: from which all random choices flow.

    Raises:
        InputError: the numbers do not go together.
    """

    paths: int = 12
    more: int = 4
    limit: int = 36
    sizes: tuple[Size, ...] = (Size(24, 32, 200), Size(40, 64, 300))
    audits: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.paths < 4 or self.more < 1 or self.limit < self.paths or self.audits < 0:
            raise InputError(
                f"a reduced model from {self.paths} paths, {self.more} more at a time and {self.limit} in all does not "
                "exist; it needs paths >= 4, more >= 1, limit >= paths and audits >= 0."
            )
        if len(self.sizes) < 2:
            raise InputError("a committee needs two sizes: one member judges the other.")


@dataclass(frozen=True)
class PathKernel(Kernel):
    """Full solutions along strain paths, one per point that has one; nothing is kept.

    Attributes:
        cell: the volume element.
    """

    cell: CellKernel

    @property
    def outputs(self) -> tuple[tuple[int, ...], ...]:
        """Nothing but what comes besides."""
        return ((),)

    @cached_property
    def rve(self) -> RVE:
        """The volume element, solved loosely."""
        return training_rve(self.cell)

    def __getstate__(self) -> Mapping[str, Any]:
        """What defines the kernel, without what was made of it."""
        return {"cell": self.cell}

    def __call__(self, state: Any, inputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any, Any]:
        """Solutions of a unit's points; inputs are strains (m, T, 3, 3) and the lengths of the increments (m,), NaN
        where there is no path."""
        strains, dt = inputs
        found = []
        for path, length in zip(strains, dt, strict=True):
            if np.isfinite(length):
                try:
                    found.append(solve_path(self.rve, path, float(length)))
                except ConvergenceError:
                    continue
        return (np.zeros(len(strains)),), state, found


def training_rve(cell: CellKernel) -> RVE:
    """The volume element of a cell, with the tolerance that training needs."""
    return RVE(
        cell.microstructure, dict(cell.laws), cell.boundary, cell.element, tolerance=max(cell.force, LOOSE),
        max_iterations=cell.iterations, threads=1,
    )  # fmt: skip


def solved(owners: Owners, cell: CellKernel, paths: Floats, steps: Floats) -> tuple[Snapshots, ...]:
    """Full solutions along paths (T, K, 3, 3) with increments of lengths `steps` (T,), shared by all owners."""
    resampled, dt = evenly(paths, steps)
    count = resampled.shape[1]
    # which owner solves a path does not matter: they are dealt out evenly, one to a unit
    rounds = -(-count // owners.units)
    found: list[Snapshots] = []
    for turn in range(rounds):
        some = np.arange(turn, count, rounds)
        place = owners.starts[np.arange(some.size) * owners.units // some.size]
        strains = np.zeros((owners.points, len(resampled), 3, 3))
        lengths = np.full(owners.points, np.nan)
        strains[place], lengths[place] = resampled[:, some].transpose(1, 0, 2, 3), dt
        answers = owners.map_batches(PathKernel(cell), [strains, lengths], None)
        found.extend(s for unit in answers.extras for s in unit)
    return tuple(found)


def evenly(paths: Floats, steps: Floats) -> tuple[Floats, float]:
    """Paths (T, K, 3, 3) at up to `INCREMENTS` equal distances in time, and that distance."""
    times = np.concatenate([[0.0], np.cumsum(steps)])
    count = min(len(steps), INCREMENTS)
    even = np.linspace(0.0, times[-1], count + 1)[1:]
    known = np.concatenate([np.zeros_like(paths[:1]), paths])
    later = np.clip(np.searchsorted(times, even * (1.0 - 1e-12)), 1, len(steps))
    share = (even - times[later - 1]) / (times[later] - times[later - 1])
    share = np.clip(share, 0.0, 1.0)[:, None, None, None]
    between: Floats = (1.0 - share) * known[later - 1] + share * known[later]
    return between, float(times[-1] / count)


def continued(strains: Floats, steps: Floats, foreseen: tuple[Floats, Floats], points: Ints) -> tuple[Floats, Floats]:
    """Paths of some points so far, (T, K, 3, 3), and on as a rehearsal foresaw it from there; with their steps.

    A model that learned only what has been would have to learn again in the next step.
    """
    past, (later, lengths) = strains[:, points], foreseen
    now, ends = float(steps.sum()), np.cumsum(lengths)
    ahead = ends > now * (1.0 + 1e-9)
    if not ahead.any():
        return past, steps
    first = int(np.argmax(ahead))
    known = np.concatenate([np.zeros_like(later[:1, points]), later[:, points]])
    since = ends[first] - lengths[first]
    share = (now - since) / lengths[first]
    here = (1.0 - share) * known[first] + share * known[first + 1]
    future = past[-1] + later[first:, points] - here
    rest = np.concatenate([[ends[first] - now], lengths[first + 1 :]])
    return np.concatenate([past, future]), np.concatenate([steps, rest])


def most_different(path: Floats, candidates: Ints, count: int) -> Ints:
    """Up to `count` candidates whose scaled paths (T, n, 6) are far from each other and from rest, the farthest first.

    Source: T. F. Gonzalez (1985), Clustering to minimize the maximum intercluster distance, Theoret. Comput. Sci. 38.
    """
    if not candidates.size:
        return candidates
    features = path[:, candidates].transpose(1, 0, 2).reshape(candidates.size, -1)
    distance = np.linalg.norm(features, axis=1)
    chosen: list[int] = []
    while len(chosen) < min(count, candidates.size):
        best = int(np.argmax(distance))
        if not distance[best] > 0.0:
            break
        chosen.append(best)
        distance = np.minimum(distance, np.linalg.norm(features - features[best], axis=1))
    return candidates[chosen]


def divided(solutions: Sequence[Snapshots]) -> tuple[tuple[Snapshots, ...], tuple[Snapshots, ...]]:
    """Solutions to fit and solutions to keep: every fourth one is kept, never the first."""
    fitted = tuple(s for k, s in enumerate(solutions) if k % 4 != 3)
    return fitted, tuple(s for k, s in enumerate(solutions) if k % 4 == 3)
