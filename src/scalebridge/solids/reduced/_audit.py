"""The judge of a reduced model: its fluctuation on the full grid, and what is missing there to equilibrium.

The amplitudes give a fluctuation on the full grid, the laws run along it at every integration point, and the forces r
that remain unbalanced are measured in the norm of the Green operator G of a homogeneous body, eta^2 = r . G r: this
bounds the energy of the missing fluctuation up to the ratio of the tangents to that body. What r changes in the mean
stress is found by a linear solve with the tangents, K du = -r, loosely: the mean stress of the full grid plus that of
du is the corrected stress, and its distance from the reduced one the error estimate.

Source: M. Ainsworth, J. T. Oden (2000), A Posteriori Error Estimation in Finite Element Analysis, for residuals in dual
norms; doi 10.1002/9781118032824.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.laws import from_mandel, to_mandel
from scalebridge.solids.reduced._model import ReducedRVE
from scalebridge.solids.reduced._snapshots import checked_path
from scalebridge.solids.rve import RVE
from scalebridge.solids.rve._grid import symmetric_directions
from scalebridge.solids.rve._linear import System, dots, solve
from scalebridge.solids.rve._newton import Control, evaluate_iterate
from scalebridge.solids.rve._spaces import fluctuation_space

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


@final
@dataclass(frozen=True)
class Audit:
    """Verdict of the full grid on the T increments of one macroscopic point.

    Attributes:
        stress: of the reduced model, (T, 3, 3), Pa.
        corrected: estimate of the true mean stress, (T, 3, 3), Pa; NaN at increments that were not judged.
        residual: unbalanced forces in the Green norm over the elastic energy norm of the mean strain, (T,).
        error: distance of both stresses over the largest corrected one so far, (T,); NaN where not judged.
    """

    stress: Floats
    corrected: Floats
    residual: Floats
    error: Floats


def audit(
    model: ReducedRVE,
    rve: RVE,
    path: Floats,
    *,
    dt: float = 1.0,
    judged: range | tuple[int, ...] | None = None,
    accuracy: float = 0.05,
) -> Audit:
    """Follow one macroscopic point through its history with the full grid, without solving for equilibrium.

    Args:
        model: the reduced model.
        rve: the volume element it was made from.
        path: the strains of the point since it was undeformed, (T, 3, 3).
        dt: length of the increments, s.
        judged: increments at which the corrected stress is computed; all if None.
        accuracy: share of the unbalanced force that the linear solve may leave.

    Raises:
        InputError: the path has a wrong shape, or the model belongs to another volume element.
    """
    path = checked_path(path)
    if model.modes.fluctuation.shape[1:] != (3, *rve.grid.nodes):
        raise InputError(
            f"the model has modes on {model.modes.fluctuation.shape[2:]} nodes, the volume element {rve.grid.nodes}; "
            "judge a model with the volume element it was made from."
        )
    count = len(path)
    stress, corrected = np.empty((count, 6)), np.full((count, 6), np.nan)
    residual, wanted = np.empty(count), frozenset(range(count) if judged is None else judged)
    material, start = rve.material, rve.initial_state(1)
    space = fluctuation_space(rve.grid, material.reference(start.reference))
    operator, internal = material.tangent_storage(1), start.internal
    free = np.zeros((9, 0))
    system = System(rve.grid, space, operator, free, np.zeros((0, 0)), material.threads)
    state, size = model.initial_state(1), model.modes.stiffness[:6, :6]
    for t, strain in enumerate(path):
        state, answer = model.respond(strain[None], state, dt=dt)
        stress[t] = to_mandel(answer.stress[0])
        control = Control(strain.reshape(1, 9), free, np.zeros((1, 0)), dt)
        now = evaluate_iterate(material, space, operator, control, internal, model.fluctuation(state), np.zeros((1, 0)))
        internal = now.response.internal
        green = space.precondition(now.residual, material.threads)
        energy = float(dots(now.residual, green)[0]) / rve.grid.voxels
        elastic = float(to_mandel(strain) @ size @ to_mandel(strain))
        residual[t] = np.sqrt(max(energy, 0.0) / elastic) if elastic > 0.0 else 0.0
        if t in wanted:
            goal = accuracy * np.sqrt(dots(now.residual, now.residual))
            step = solve(system, now.residual, now.residual_y, goal, np.ones(1), limit=rve.max_iterations, refine=False)
            change = operator.apply(step.u, np.zeros((1, 9)))[1]
            corrected[t] = (now.mean[0] + change[0]) @ symmetric_directions()
    peak = np.fmax.accumulate(np.linalg.norm(corrected, axis=1))
    peak = np.where(np.isnan(peak), np.fmax.accumulate(np.linalg.norm(stress, axis=1)), peak)
    error = np.linalg.norm(stress - corrected, axis=1) / np.where(peak > 0.0, peak, 1.0)
    return Audit(from_mandel(stress), from_mandel(corrected), residual, error)
