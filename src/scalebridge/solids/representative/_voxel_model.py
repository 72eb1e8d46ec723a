"""Apparent tensors by the voxel finite element solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.solids.elasticity import from_mandel, rotate_stiffness
from scalebridge.solids.representative._model import Apparent, ApparentModel, Boundary
from scalebridge.solids.representative._quantities import Property

FloatArray = NDArray[np.float64]

# Seconds: short against any relaxation, so that the arms of a viscoelastic solid answer as springs.
_AT_ONCE = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class VoxelModel(ApparentModel):
    """Apparent tensors by `solids.RVE`; of laws that are not linear, the stiffness at the start of loading.

    Attributes:
        laws: law of each phase.
        prop: ``"stiffness"`` or ``"conductivity"``.
        element: integration of the voxel elements.
        tolerance: relative tolerance of the solver.
    """

    laws: Mapping[int, Any]
    prop: Property = "stiffness"
    element: Literal["full", "bbar", "reduced"] = "full"
    tolerance: float = 1e-6

    def phase_tensors(self, microstructure: Any) -> dict[int, FloatArray]:
        """Tensor of each phase that occurs, turned as the microstructure says.

        Raises:
            InputError: a phase that occurs has no law.
        """
        missing = [phase for phase in microstructure.volume_fractions() if phase not in self.laws]
        if missing:
            raise InputError(f"no law for the phases {missing}; laws were given for {sorted(self.laws)}")
        turns = microstructure.orientations
        return {p: self._tensor(p, turns.get(p, np.eye(3))) for p in microstructure.volume_fractions()}

    def _tensor(self, phase: int, turn: FloatArray) -> FloatArray:
        if self.prop == "stiffness":
            return rotate_stiffness(initial_stiffness(self.laws[phase]), turn)
        conductivity: FloatArray = turn @ np.asarray(self.laws[phase].conductivity) @ turn.T
        return conductivity

    def apparent(self, microstructure: Any, boundary: Boundary) -> Apparent:
        """Apparent tensor of the microstructure, with the balances that the solver posted.

        Raises:
            ConvergenceError: the solver did not reach its tolerance.
        """
        from scalebridge import solids

        # One thread: realisations run next to each other, and the last digits must not depend on where they run.
        rve = solids.RVE(
            microstructure,
            dict(self.laws) if self.prop == "conductivity" else linearised(self.laws),
            boundary=boundary,
            element=self.element,
            tolerance=self.tolerance,
            threads=1,
        )
        answer = rve.homogenize()
        if not answer.converged:
            raise ConvergenceError(
                f"the RVE solver did not reach the relative tolerance {self.tolerance:.1g}; iterations per load: "
                f"{np.asarray(answer.iterations).tolist()}"
            )
        return Apparent(np.asarray(answer.tensor), tuple(answer.entries))


def linearised(laws: Mapping[int, Any]) -> dict[int, Any]:
    """Mechanical laws, each replaced by its linear elastic behaviour at the start of loading."""
    from scalebridge.solids.laws import LinearElastic

    return {
        phase: law if isinstance(law, LinearElastic) else LinearElastic(initial_stiffness(law))
        for phase, law in laws.items()
    }


def initial_stiffness(law: Any) -> FloatArray:
    """Mandel stiffness (6, 6) in Pa of a law at the start of loading, for a load that is applied at once.

    Raises:
        InputError: the law has no finite stiffness there.
    """
    from scalebridge.solids.laws import LinearElastic, evaluate

    if isinstance(law, LinearElastic):
        return np.asarray(law.stiffness)
    small = "small" in law.kinematics
    start = np.zeros((6, 1)) if small else np.eye(3).reshape(9, 1)
    slopes = evaluate(law, start, dt=_AT_ONCE, tangent=True).tangent
    if slopes is None or not np.all(np.isfinite(slopes)):
        raise InputError(f"{type(law).__name__} has no finite stiffness at zero strain")
    tangent = _full(slopes[:, 0], 6 if small else 9)
    directions = _unit_strains()
    return tangent if small else directions.T @ tangent @ directions


def _full(slopes: FloatArray, size: int) -> FloatArray:
    """Square matrix from all its entries or from its upper triangle, row by row."""
    if slopes.size == size * size:
        return slopes.reshape(size, size)
    matrix = np.zeros((size, size))
    matrix[np.triu_indices(size)] = slopes
    return matrix + np.triu(matrix, 1).T


def _unit_strains() -> FloatArray:
    """The six Mandel unit strains as row-major 3x3 tensors, (9, 6)."""
    return np.stack([from_mandel(unit).ravel() for unit in np.eye(6)], axis=1)
