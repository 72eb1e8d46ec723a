"""State of a macroscopic problem, what a step found, and what a run hands over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.ledger import Entry
from scalebridge.solids.fe2._points import Floats


class StepStatus(Enum):
    """How a load step ended; the value is the sentence shown to the user."""

    CONVERGED = "Converged."
    MATERIAL = "A material point had no answer, however small the step."
    SINGULAR = (
        "The stiffness became singular: the structure cannot carry more load, or a part of it is not held. Prescribe "
        "displacements instead of forces, or stop before this load."
    )
    STALLED = "Newton's method no longer reduced the residual, however small the step."
    ITERATIONS = "Newton's method reached its limit of iterations, however small the step."


@dataclass(frozen=True)
class FE2State:
    """Everything that the next steps depend on; survives pickling.

    Attributes:
        time: s.
        displacement: (N, 3), m.
        strain: (n, 3, 3) at the integration points: strain, or deformation gradient.
        stress: (n, 3, 3), Pa.
        tangent: (n, 6, 6) or (n, 9, 9), Pa.
        micro: state of the material points.
        force_scale: largest nodal forces so far, N.
        steps: load steps done.
        substep: length of the next sub-step, s.
    """

    time: float
    displacement: Floats
    strain: Floats
    stress: Floats
    tangent: Floats
    micro: Any = field(repr=False)
    force_scale: float = 0.0
    steps: int = 0
    substep: float = np.inf


@dataclass(frozen=True)
class StepResult:
    """What one load step found.

    Attributes:
        time: s.
        status: how it ended.
        reason: what to know about a step that failed; empty otherwise.
        displacement: (N, 3), m.
        reaction: nodal forces that hold the prescribed displacements, (N, 3), N.
        strain: (n, 3, 3).
        stress: (n, 3, 3), Pa.
        rung: which model answered at each point, (n,).
        indicator: error indicator of each point, (n,).
        cost: CPU seconds of each point, (n,).
        residuals: relative residual after each Newton iteration, one tuple per sub-step.
        entries: books of the step.
    """

    time: float
    status: StepStatus
    reason: str
    displacement: Floats
    reaction: Floats
    strain: Floats
    stress: Floats
    rung: npt.NDArray[np.int64]
    indicator: Floats
    cost: Floats
    residuals: tuple[tuple[float, ...], ...]
    entries: tuple[Entry, ...]

    @property
    def converged(self) -> bool:
        """Whether the step reached its end."""
        return self.status is StepStatus.CONVERGED

    @property
    def iterations(self) -> int:
        """Newton iterations of all sub-steps."""
        return sum(len(r) for r in self.residuals)


@dataclass(frozen=True)
class FE2Result:
    """What a run found; after a failure, everything up to it.

    Attributes:
        steps: the steps in order; the last one may have failed.
        state: state after the last step that converged, to go on from.
    """

    steps: Sequence[StepResult]
    state: FE2State

    @property
    def converged(self) -> bool:
        """Whether all steps reached their ends."""
        return all(step.converged for step in self.steps)

    @property
    def time(self) -> Floats:
        """Times of the converged steps, s."""
        return np.array([s.time for s in self.steps if s.converged])

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Books of all steps."""
        return tuple(e for s in self.steps for e in s.entries)

    def reaction(self, nodes: npt.NDArray[np.int64]) -> Floats:
        """Sum of the reactions at some nodes after each converged step, (steps, 3), N."""
        return np.array([s.reaction[nodes].sum(axis=0) for s in self.steps if s.converged])
