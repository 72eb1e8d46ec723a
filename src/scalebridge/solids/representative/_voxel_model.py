"""Apparent tensors by the voxel finite element solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.solids.elasticity import rotate_stiffness
from scalebridge.solids.representative._model import Apparent, ApparentModel, Boundary
from scalebridge.solids.representative._quantities import Property

FloatArray = NDArray[np.float64]


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
    element: Literal["full", "reduced"] = "full"
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

        rve = solids.RVE(
            microstructure, dict(self.laws), boundary=boundary, element=self.element, tolerance=self.tolerance
        )
        answer = rve.homogenize()
        if not answer.converged:
            raise ConvergenceError(
                f"the RVE solver did not reach the relative tolerance {self.tolerance:.1g}; iterations per load: "
                f"{np.asarray(answer.iterations).tolist()}"
            )
        return Apparent(np.asarray(answer.tensor), tuple(answer.entries))


def initial_stiffness(law: Any) -> FloatArray:
    """Mandel stiffness (6, 6) in Pa of a law at the start of loading.

    Raises:
        InputError: the law has no small-strain form.
    """
    from scalebridge.solids.laws import LinearElastic, evaluate

    if isinstance(law, LinearElastic):
        return np.asarray(law.stiffness)
    slopes = evaluate(law, np.zeros((6, 1)), tangent=True).tangent
    if slopes is None or not np.all(np.isfinite(slopes)):
        raise InputError(f"{type(law).__name__} has no finite stiffness at zero strain")
    if len(slopes) == 36:
        return slopes.reshape(6, 6)
    stiffness = np.zeros((6, 6))
    stiffness[np.triu_indices(6)] = slopes[:, 0]
    return stiffness + np.triu(stiffness, 1).T
