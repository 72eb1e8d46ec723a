"""Points of several materials, one after another, seen as one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.solids.fe2._points import Answer, CanClimb, CanTrain, Floats, MaterialPoints, climbed, rows_of_tangent


@dataclass(frozen=True)
class RegionPoints(MaterialPoints, CanClimb, CanTrain):
    """Material points of a body; part i has those whose indices are in `indices[i]`."""

    parts: tuple[MaterialPoints, ...]
    indices: tuple[npt.NDArray[np.int64], ...]

    @property
    def count(self) -> int:
        """Number of points."""
        return sum(part.count for part in self.parts)

    @property
    def finite(self) -> bool:
        """Whether the points take deformation gradients instead of strains."""
        return self.parts[0].finite

    def initial(self) -> tuple[Any, ...]:
        """State of the undeformed material."""
        return tuple(part.initial() for part in self.parts)

    def evaluate(self, strain: Floats, state: tuple[Any, ...], dt: float) -> Answer:
        """Answers of all parts, each in its place."""
        n, size = self.count, rows_of_tangent(self.finite)
        stress, tangent = np.empty((n, 3, 3)), np.empty((n, size, size))
        indicator, cost, ok = np.zeros(n), np.zeros(n), np.ones(n, bool)
        rung = np.zeros(n, np.int64)
        found = [
            part.evaluate(np.ascontiguousarray(strain[where]), before, dt)
            for part, where, before in zip(self.parts, self.indices, state, strict=True)
        ]
        for where, answer in zip(self.indices, found, strict=True):
            stress[where], tangent[where] = answer.stress, answer.tangent
            indicator[where], ok[where], rung[where] = answer.indicator, answer.ok, answer.rung
            cost[where] = answer.cost
        reason = next((a.reason for a in found if a.reason), "")
        entries = tuple(e for a in found for e in a.entries)
        return Answer(
            stress, tangent, indicator, ok, rung, tuple(a.state for a in found), reason, entries=entries, cost=cost
        )

    def climb(self, answer: Answer, strain: Floats, state: tuple[Any, ...], dt: float) -> tuple[Any, ...] | None:
        """What the parts say."""
        found = [
            climbed(part, _part(answer, where, after), strain[where], before, dt)
            for part, where, before, after in zip(self.parts, self.indices, state, answer.state, strict=True)
        ]
        if all(x is None for x in found):
            return None
        return tuple(before if x is None else x for before, x in zip(state, found, strict=True))

    def untrained(self, state: tuple[Any, ...]) -> bool:
        """Whether a rehearsal would be of use to a part."""
        return any(_wants(part, own) for part, own in zip(self.parts, state, strict=True))

    def rehearsing(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """State in which all parts answer cheaply."""
        return tuple(
            part.rehearsing(own) if isinstance(part, CanTrain) and _wants(part, own) else own
            for part, own in zip(self.parts, state, strict=True)
        )

    def trained(self, state: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[Any, ...]:
        """The state before a rehearsal, with what the parts can learn from it."""
        return tuple(
            part.trained(own, late) if isinstance(part, CanTrain) and _wants(part, own) else own
            for part, own, late in zip(self.parts, state, after, strict=True)
        )


def _wants(part: MaterialPoints, state: Any) -> bool:
    return isinstance(part, CanTrain) and part.untrained(state)


def _part(answer: Answer, where: npt.NDArray[np.int64], state: Any) -> Answer:
    """The answer of one part."""
    return replace(
        answer, stress=answer.stress[where], tangent=answer.tangent[where], indicator=answer.indicator[where],
        ok=answer.ok[where], rung=answer.rung[where], state=state, cost=answer.cost[where],
    )  # fmt: skip
