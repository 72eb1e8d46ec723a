"""One load increment of a nonlinear volume element: Newton's method with inexact, preconditioned linear solves.

The unknowns are fluctuation and free mean strains together, so prescribed mean stresses are reached by the same
iteration that balances the forces. Forcing terms after Eisenstat and Walker (1996), doi 10.1137/0917003, choice 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.solids.rve._linear import System, dots, solve
from scalebridge.solids.rve._material import Internal, Material, PointResponse
from scalebridge.solids.rve._operators import StoredOperator
from scalebridge.solids.rve._points import forces, strains
from scalebridge.solids.rve._spaces import Space
from scalebridge.solids.rve._status import Status

Array = npt.NDArray[Any]

ROUNDING = 2e-13
"""Residual, relative to the sum of all internal forces, below which only rounding is left."""


@dataclass(frozen=True)
class Control:
    """What is prescribed for B loads.

    Attributes:
        fixed: prescribed part of the mean gradient, (B, 9), zero in the free directions.
        free: orthonormal directions whose mean stress is prescribed, (9, F).
        stress: mean stress prescribed in these directions, (B, F), Pa.
        dt: length of the increment, s.
    """

    fixed: npt.NDArray[np.float64]
    free: npt.NDArray[np.float64]
    stress: npt.NDArray[np.float64]
    dt: float


@dataclass(frozen=True)
class Tolerance:
    """When to stop.

    Attributes:
        force: residual force relative to the internal forces without cancellation.
        stress: prescribed mean stress, relative to the root mean square stress.
        newton: largest number of Newton iterations.
        linear: largest number of conjugate-gradient iterations per solve.
        forcing: first forcing term of the inexact solves.
    """

    force: float = 1e-9
    stress: float = 1e-10
    newton: int = 25
    linear: int = 500
    forcing: float = 0.03


@dataclass(frozen=True)
class Iterate:
    """Fluctuation and mean gradient with all that follows from them.

    Attributes:
        u: fluctuation (B, 3, nodes).
        y: free mean strains (B, F).
        response: answer of the laws.
        residual: restricted unbalanced forces (B, 3, nodes).
        residual_y: missing free mean stress times voxels (B, F).
        mean: mean stress in coordinates (B, 9).
        size: residual force relative to the internal forces (B,).
        size_y: missing mean stress relative to the root mean square stress (B,).
        force_scale: internal forces without cancellation (B,).
        stress_scale: root mean square stress (B,).
    """

    u: Array
    y: npt.NDArray[np.float64]
    response: PointResponse
    residual: Array
    residual_y: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    size: npt.NDArray[np.float64]
    size_y: npt.NDArray[np.float64]
    force_scale: npt.NDArray[np.float64]
    stress_scale: npt.NDArray[np.float64]

    @property
    def merit(self) -> npt.NDArray[np.float64]:
        """Size of the whole residual, infinite where a law failed, (B,)."""
        size = np.hypot(self.size, self.size_y)
        return np.where(self.response.ok & np.isfinite(size), size, np.inf)


@dataclass(frozen=True)
class Increment:
    """Converged (or not) increment of B loads.

    Attributes:
        last: the last iterate.
        status: how each load ended.
        newton: Newton iterations of each load.
        linear: conjugate-gradient iterations in all.
        history: merit of all loads after each iteration, (iterations + 1, B).
    """

    last: Iterate
    status: tuple[Status, ...]
    newton: npt.NDArray[np.int64]
    linear: int
    history: npt.NDArray[np.float64]


def gradient_of(control: Control, y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean gradient (B, 9) in coordinates."""
    return control.fixed + y @ control.free.T


def point_strains(material: Material, u: Array, gradient: npt.NDArray[np.float64]) -> Array:
    """Strain or displacement gradient at all integration points, (D, B, nq, n0, n1, n2), array axes."""
    grid = material.grid
    strain = np.empty((9 if material.finite else 6, len(u), len(grid.points), *grid.shape))
    macro = np.ascontiguousarray(gradient[:, grid.gradient_order])
    strains(u, macro, grid.points, np.array(grid.inverse_spacing), grid.mean_dilatation, grid.edges, strain)
    return strain


def evaluate_iterate(
    material: Material,
    space: Space,
    operator: StoredOperator,
    control: Control,
    internal: Internal,
    u: Array,
    y: npt.NDArray[np.float64],
) -> Iterate:
    """Everything that follows from a fluctuation and a mean gradient; the tangents go to `operator`."""
    grid = material.grid
    strain = point_strains(material, u, gradient_of(control, y))
    response = material.respond(strain, internal, control.dt, operator)
    force, total = np.empty_like(u), np.empty((len(u), 9))
    forces(response.stress, grid.points, np.array(grid.inverse_spacing), grid.mean_dilatation, grid.edges, force, total)
    mean = np.empty_like(total)
    mean[:, grid.gradient_order] = total / grid.voxels
    residual = -space.restrict(force)
    residual_y = (control.stress - mean @ control.free) * grid.voxels
    flat = response.stress.reshape(response.stress.shape[0], len(u), -1)
    stress_scale = np.sqrt(np.einsum("dbp,dbp->b", flat, flat) / flat.shape[2])
    safe_stress = np.maximum(stress_scale, np.abs(control.stress).max(axis=1, initial=0.0))
    # without any stress the residual is zero too, and the ratio of the two must be
    safe_stress = np.where(safe_stress > 0.0, safe_stress, 1.0)
    safe_force = safe_stress * np.sqrt(grid.voxels) * max(grid.inverse_spacing)
    size = np.sqrt(dots(residual, residual)) / safe_force
    size_y = np.linalg.norm(residual_y, axis=1) / (grid.voxels * safe_stress)
    return Iterate(u, y, response, residual, residual_y, mean, size, size_y, safe_force, safe_stress)


def solve_increment(
    material: Material,
    space: Space,
    operator: StoredOperator,
    free_inverse: npt.NDArray[np.float64],
    control: Control,
    internal: Internal,
    start: tuple[Array, npt.NDArray[np.float64]],
    tolerance: Tolerance,
) -> Increment:
    """Newton's method from `start`; loads that converge or fail are frozen while the others go on."""
    system = System(material.grid, space, operator, control.free, free_inverse, material.threads)
    now = evaluate_iterate(material, space, operator, control, internal, *start)
    loads = len(now.u)
    history = [now.merit]
    newton = np.zeros(loads, np.int64)
    status: list[Status | None] = [None] * loads
    linear, forcing = 0, np.full(loads, tolerance.forcing)
    while True:
        _settle(status, now, newton, tolerance)
        active = np.array([s is None for s in status])
        if not active.any():
            break
        wanted = forcing * np.hypot(now.size, now.size_y)
        target = np.where(active, np.maximum(wanted, 0.1 * tolerance.force) * now.force_scale, np.inf)
        goal_y = np.maximum(wanted, 0.1 * tolerance.stress) * now.stress_scale * material.grid.voxels
        step = solve(
            system,
            now.residual,
            now.residual_y,
            target,
            np.where(active, goal_y, np.inf),
            limit=tolerance.linear,
            refine=False,
        )
        linear += int(step.iterations.max())
        for b in np.flatnonzero(active & ~step.converged):
            status[b] = Status.INDEFINITE
        following = _search(material, space, operator, control, internal, now, step.u, step.y, active)
        newton += active
        for b in np.flatnonzero(active & ~(following.merit < now.merit)):
            rounding = now.size[b] < 100 * tolerance.force
            status[b] = status[b] or (Status.STALLED if following.response.ok[b] or rounding else Status.LAW_FAILED)
        known = np.isfinite(now.merit) & (now.merit > 0.0)
        ratio = np.divide(following.merit, now.merit, out=np.ones_like(now.merit), where=known)
        safe = np.where(forcing**2 * 0.9 > 0.1, forcing**2 * 0.9, 0.0)
        forcing = np.clip(np.maximum(0.9 * ratio**2, safe), 1e-6, tolerance.forcing)
        now = following
        history.append(now.merit)
    return Increment(now, tuple(s or Status.STALLED for s in status), newton, linear, np.array(history))


def _settle(status: list[Status | None], now: Iterate, newton: npt.NDArray[np.int64], tolerance: Tolerance) -> None:
    """Mark loads that are done."""
    for b, known in enumerate(status):
        if known is not None:
            continue
        if not now.response.ok[b]:
            status[b] = Status.LAW_FAILED
        elif not np.isfinite(now.merit[b]):
            status[b] = Status.NOT_FINITE
        elif now.size[b] <= max(tolerance.force, ROUNDING) and now.size_y[b] <= max(tolerance.stress, ROUNDING):
            status[b] = Status.CONVERGED
        elif newton[b] >= tolerance.newton:
            status[b] = Status.ITERATIONS


def _search(
    material: Material,
    space: Space,
    operator: StoredOperator,
    control: Control,
    internal: Internal,
    now: Iterate,
    du: Array,
    dy: npt.NDArray[np.float64],
    active: npt.NDArray[np.bool_],
) -> Iterate:
    """Full Newton step, halved for loads whose residual grows; four halvings at most."""
    length = active.astype(float)
    for _ in range(5):
        u = now.u + length[:, None, None, None, None] * du
        y = now.y + length[:, None] * dy
        trial = evaluate_iterate(material, space, operator, control, internal, u, y)
        worse = active & ~(trial.merit < now.merit * (1 - 1e-4 * length) + 10 * ROUNDING)
        if not worse.any():
            break
        length = np.where(worse, 0.5 * length, length)
    return trial
