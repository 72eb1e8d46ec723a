"""The material side of a macroscopic problem, as the solver sees it: strains go in, stresses come out, nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.ledger import Entry

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

RUNG_LAW = -1
"""Number that a point with an ordinary law shows on the map of rungs."""


@dataclass(frozen=True)
class Answer:
    """What n material points answer to n strains.

    Attributes:
        stress: (n, 3, 3) Cauchy stress in small strain, first Piola-Kirchhoff stress in finite strain, Pa.
        tangent: (n, 6, 6) Mandel in small strain, (n, 9, 9) row-major dP/dF in finite strain, Pa.
        indicator: estimated error of the stress of each point relative to the allowance; 0 where nothing is
            approximated, (n,).
        ok: whether a point had an answer, (n,).
        rung: which model answered, (n,): -1 an ordinary law, 0 to 3 the rungs of the ladder.
        state: state of all points if this answer is accepted.
        reason: one sentence where a point had no answer.
        entries: books of the microscopic solves.
        cost: CPU seconds that each point took, (n,).
    """

    stress: Floats
    tangent: Floats
    indicator: Floats
    ok: Flags
    rung: npt.NDArray[np.int64]
    state: Any
    reason: str = ""
    entries: tuple[Entry, ...] = ()
    cost: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def valid(self) -> bool:
        """Whether all points had a finite answer."""
        return bool(self.ok.all() and np.isfinite(self.stress).all() and np.isfinite(self.tangent).all())

    def with_state(self, state: Any) -> Answer:
        """The same answer with another state."""
        return replace(self, state=state)


class MaterialPoints(ABC):
    """n material points with a history each. Nothing changes in them: an evaluation returns the state after it."""

    @property
    @abstractmethod
    def count(self) -> int:
        """Number of points."""

    @property
    @abstractmethod
    def finite(self) -> bool:
        """Whether the points take deformation gradients instead of strains."""

    @abstractmethod
    def initial(self) -> Any:
        """State of the undeformed material."""

    @abstractmethod
    def evaluate(self, strain: Floats, state: Any, dt: float) -> Answer:
        """Stress and tangent at the end of a step.

        Args:
            strain: (n, 3, 3) strains, or deformation gradients, at the end of the step.
            state: committed state at its start.
            dt: length of the step, s.
        """


class CanClimb(ABC):
    """Points that can answer in a better, dearer way."""

    @abstractmethod
    def climb(self, answer: Answer, strain: Floats, state: Any, dt: float) -> Any | None:
        """State at the start of the step from which some points answer better; None where no point needs to.

        Args:
            answer: what was answered to `strain`.
            strain: as in `evaluate`.
            state: committed state that the answer started from.
            dt: length of the step, s.
        """


class CanTrain(ABC):
    """Points that can learn, from a rehearsal, which strains they will see."""

    @abstractmethod
    def untrained(self, state: Any) -> bool:
        """Whether a rehearsal would be of use."""

    @abstractmethod
    def rehearsing(self, state: Any) -> Any:
        """State in which points answer cheaply, however wrong that is, and never climb to a full cell."""

    @abstractmethod
    def trained(self, state: Any, after: Any) -> Any:
        """The state before a rehearsal, with what can be learned from the state after it."""


def climbed(points: MaterialPoints, answer: Answer, strain: Floats, state: Any, dt: float) -> Any | None:
    """What `climb` gives; None for points that cannot."""
    return points.climb(answer, strain, state, dt) if isinstance(points, CanClimb) else None


def whole(gradient: Floats, finite: bool) -> Floats:
    """What material points take, from displacement gradients (n, 3, 3): strains, or deformation gradients."""
    if finite:
        return gradient + np.eye(3)
    symmetric: Floats = 0.5 * (gradient + gradient.transpose(0, 2, 1))
    return symmetric


def rows_of_tangent(finite: bool) -> int:
    """Rows of a tangent: 6 in small strain, 9 in finite strain."""
    return 9 if finite else 6
