"""What a volume element answers, and the state it keeps between increments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.ledger import Entry
from scalebridge.solids.rve._status import Status

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Homogenized:
    """Effective linear behaviour.

    Attributes:
        tensor: (6, 6) Mandel stiffness in Pa, order 11, 22, 33, 23, 13, 12; or (3, 3) conductivity in W/(m K).
        iterations: conjugate-gradient iterations of each load case.
        status: how each load case ended.
        entries: Hill-Mandel balance and reached averages of each load case.
        fluctuation: fluctuation for each unit mean strain, (6, 3, nodes) in m; or unit gradient, (3, 1, nodes).
    """

    tensor: Floats
    iterations: npt.NDArray[np.int64]
    status: tuple[Status, ...]
    entries: tuple[Entry, ...]
    fluctuation: Array

    @property
    def converged(self) -> bool:
        """Whether all load cases reached the tolerance."""
        return all(s is Status.CONVERGED for s in self.status)


@dataclass(frozen=True)
class RVEState:
    """Everything that the next increments of B loads depend on; survives pickling.

    Attributes:
        fluctuation: (B, 3, nodes), m.
        gradient: mean strain or displacement gradient, (B, 9), row-major.
        stress: mean stress, (B, 9), Pa.
        internal: internal variables of each phase.
        time: s.
        tangent: macroscopic tangent, (B, 6, 6) Mandel or (B, 9, 9), Pa; None before the first increment.
        sensitivity: derivative of the fluctuation by the mean strain, (B, 6 or 9, 3, nodes); None where not kept.
        reference: tangent of the homogeneous preconditioning body, 6x6 or 9x9.
    """

    fluctuation: Array
    gradient: Floats
    stress: Floats
    internal: Mapping[int, Floats]
    time: float
    tangent: Floats | None
    sensitivity: Array | None
    reference: Floats


@dataclass(frozen=True)
class IncrementResult:
    """Answer of B loads to one increment.

    Attributes:
        strain: mean strain, or F in finite strain, (B, 3, 3).
        stress: mean stress (first Piola-Kirchhoff in finite strain), (B, 3, 3), Pa; NaN where not converged.
        tangent: (B, 6, 6) Mandel or (B, 9, 9) row-major dP/dF, Pa; None when not asked for.
        status: how each load ended.
        newton: Newton iterations in all sub-increments.
        linear: conjugate-gradient iterations of the Newton solves.
        linear_tangent: conjugate-gradient iterations of the tangent.
        substeps: sub-increments needed.
        entries: Hill-Mandel balance and reached averages.
        history: residual after each Newton iteration of the last sub-increment.
    """

    strain: Floats
    stress: Floats
    tangent: Floats | None
    status: tuple[Status, ...]
    newton: int
    linear: int
    linear_tangent: int
    substeps: int
    entries: tuple[Entry, ...]
    history: Floats

    @property
    def converged(self) -> bool:
        """Whether all loads converged."""
        return all(s is Status.CONVERGED for s in self.status)


@dataclass(frozen=True)
class Drive:
    """Answer to a load path of n increments.

    Attributes:
        strain: mean strain, or F in finite strain, (n, 3, 3).
        stress: mean stress, (n, 3, 3), Pa; NaN from the first increment that did not converge.
        tangent: (n, 6, 6) Mandel or (n, 9, 9); NaN where not available.
        time: (n,), s.
        status: how each increment ended.
        iterations: Newton iterations of each increment.
        linear_iterations: conjugate-gradient iterations of each increment, tangent included.
        entries: ledger entries of all increments.
        state: state after the last converged increment, to go on from.
        fields: fields at the voxels for the increments asked for, by increment.
    """

    strain: Floats
    stress: Floats
    tangent: Floats
    time: Floats
    status: tuple[Status, ...]
    iterations: npt.NDArray[np.int64]
    linear_iterations: npt.NDArray[np.int64]
    entries: tuple[Entry, ...]
    state: RVEState
    fields: Mapping[int, Mapping[str, Array]] = field(default_factory=dict)

    @property
    def converged(self) -> npt.NDArray[np.bool_]:
        """Whether each increment converged, (n,)."""
        return np.array([s is Status.CONVERGED for s in self.status])
