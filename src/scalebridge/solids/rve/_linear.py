"""Preconditioned conjugate gradients for fluctuation and free mean strain together, many loads at once.

The unknowns of a load are the nodal fluctuation u and the coefficients y of those mean strains whose mean stress is
prescribed. Both follow from one symmetric positive definite system; for a homogeneous body its two blocks decouple,
so the preconditioner is block diagonal and the number of iterations does not depend on the grid.

Inner iterations run in single precision and outer ones correct in double precision (iterative refinement), so the
solution is as accurate as if all had been done in double precision.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import prange

from scalebridge._cache import compiled
from scalebridge.solids.rve._grid import Grid
from scalebridge.solids.rve._rows import OPTIONS
from scalebridge.solids.rve._spaces import Space

Array = npt.NDArray[Any]

CHUNKS = 16
BLOCK = 512
SINGLE_LIMIT = 2e-6


class Operator(ABC):
    """A symmetric stiffness on the grid."""

    @abstractmethod
    def apply(self, u: Array, macro: Array) -> tuple[Array, Array]:
        """Nodal forces (B, C, nodes) and mean stress (B, 3 C) of fluctuations `u`, mean gradients `macro` (B, 3 C)."""


@compiled(parallel=True, **OPTIONS)
def _dots(a, b, out):  # type: ignore[no-untyped-def]
    """Inner products of the rows of `a` and `b` (B, M) in double precision, in a fixed order of summation."""
    loads, count = a.shape
    partial = np.zeros((loads, CHUNKS))
    for job in prange(loads * CHUNKS):
        load, c = job // CHUNKS, job % CHUNKS
        x, y = a[load], b[load]
        total = 0.0
        stop = (c + 1) * count // CHUNKS
        for k0 in range(c * count // CHUNKS, stop, BLOCK):
            xs, ys = x[k0 : min(k0 + BLOCK, stop)], y[k0 : min(k0 + BLOCK, stop)]
            s = a.dtype.type(0.0)
            for k in range(xs.size):
                s += xs[k] * ys[k]
            total += s
        partial[load, c] = total
    out[:] = partial.sum(axis=1)


@compiled(parallel=True, **OPTIONS)
def _advance(x, r, p, q, alpha, squares):  # type: ignore[no-untyped-def]
    """x += alpha p, r -= alpha q, row by row; `squares` becomes r.r."""
    loads, count = x.shape
    partial = np.zeros((loads, CHUNKS))
    for job in prange(loads * CHUNKS):
        load, c = job // CHUNKS, job % CHUNKS
        a = x.dtype.type(alpha[load])
        total = 0.0
        stop = (c + 1) * count // CHUNKS
        for k0 in range(c * count // CHUNKS, stop, BLOCK):
            k1 = min(k0 + BLOCK, stop)
            xs, rs, ps, qs = x[load, k0:k1], r[load, k0:k1], p[load, k0:k1], q[load, k0:k1]
            s = x.dtype.type(0.0)
            for k in range(xs.size):
                xs[k] += a * ps[k]
            for k in range(rs.size):
                value = rs[k] - a * qs[k]
                rs[k] = value
                s += value * value
            total += s
        partial[load, c] = total
    squares[:] = partial.sum(axis=1)


@compiled(parallel=True, **OPTIONS)
def _redirect(p, z, beta):  # type: ignore[no-untyped-def]
    """p = z + beta p, row by row."""
    loads, count = p.shape
    for job in prange(loads * CHUNKS):
        load, c = job // CHUNKS, job % CHUNKS
        b = p.dtype.type(beta[load])
        begin, stop = c * count // CHUNKS, (c + 1) * count // CHUNKS
        ps, zs = p[load, begin:stop], z[load, begin:stop]
        for k in range(ps.size):
            ps[k] = zs[k] + b * ps[k]


def dots(a: Array, b: Array) -> npt.NDArray[np.float64]:
    """Inner products load by load, (B,)."""
    out = np.empty(a.shape[0])
    _dots(a.reshape(a.shape[0], -1), b.reshape(b.shape[0], -1), out)
    return out


@dataclass(frozen=True)
class System:
    """A linear system: stiffness, space and free mean strains.

    Attributes:
        grid: the grid.
        space: fluctuations allowed, with preconditioner.
        operator: the stiffness.
        free: orthonormal directions of the free mean strains, (3 C, F).
        free_inverse: inverse of the homogeneous stiffness in these directions, (F, F).
        threads: threads of the transforms.
    """

    grid: Grid
    space: Space
    operator: Operator
    free: npt.NDArray[np.float64]
    free_inverse: npt.NDArray[np.float64]
    threads: int = 1

    @property
    def force_per_stress(self) -> float:
        """Nodal forces, as a norm, that a summed stress of one typically stands for, 1/m."""
        return max(self.grid.inverse_spacing) / float(np.sqrt(self.grid.voxels))

    def apply(self, u: Array, y: Array) -> tuple[Array, Array]:
        """Restricted forces (B, C, nodes) and free mean stresses times the number of voxels (B, F)."""
        force, mean = self.operator.apply(u, y @ self.free.T)
        return self.space.restrict(force), (mean @ self.free) * self.grid.voxels


@dataclass(frozen=True)
class Solution:
    """Solution of a linear system for B loads.

    Attributes:
        u: fluctuation (B, C, nodes).
        y: free mean strains (B, F).
        residual: what is left of the right-hand side (B, C, nodes).
        iterations: conjugate-gradient iterations of each load.
        converged: whether each load reached its target; without refinement, whether the stiffness met was definite.
    """

    u: Array
    y: npt.NDArray[np.float64]
    residual: Array
    iterations: npt.NDArray[np.int64]
    converged: npt.NDArray[np.bool_]


def _descend(
    system: System,
    r: Array,
    ry: npt.NDArray[np.float64],
    target: npt.NDArray[np.float64],
    target_y: npt.NDArray[np.float64],
    limit: int,
) -> tuple[Array, npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Conjugate gradients from zero in the precision of `r`, until both residuals fall below their targets.

    Returns fluctuation, free mean strains, iterations, and whether all curvatures met were positive.
    """
    u = np.zeros_like(r)
    y = np.zeros_like(ry)
    iterations = np.zeros(len(r), np.int64)
    definite = np.ones(len(r), bool)
    flat = (len(r), -1)
    p = q = z = np.empty(0)
    py = np.zeros_like(ry)
    rho = np.ones(len(r))
    squares = dots(r, r)
    size = np.sqrt(squares)
    active = (size > target) | (np.linalg.norm(ry, axis=1) > target_y)
    while active.any() and iterations.max() < limit:
        z = system.space.precondition(r, system.threads)
        zy = ry @ system.free_inverse / system.grid.voxels
        rho_new = dots(r, z) + np.einsum("bf,bf->b", ry, zy)
        beta = np.where(active & (iterations > 0), rho_new / np.where(rho > 0.0, rho, 1.0), 0.0)
        rho = rho_new
        if p.size:
            _redirect(p.reshape(flat), z.reshape(flat), beta)
        else:
            p = z
        py = zy + beta[:, None] * py
        q, qy = system.apply(p, py)
        curvature = dots(p, q) + np.einsum("bf,bf->b", py, qy)
        healthy = np.isfinite(curvature) & (curvature > 0.0) & np.isfinite(rho)
        alpha = np.where(active & healthy, rho / np.where(healthy, curvature, 1.0), 0.0)
        _advance(u.reshape(flat), r.reshape(flat), p.reshape(flat), q.reshape(flat), alpha, squares)
        y += alpha[:, None] * py
        ry -= alpha[:, None] * qy
        definite &= healthy | ~active
        iterations += active
        size = np.sqrt(squares)
        active &= healthy & ((size > target) | (np.linalg.norm(ry, axis=1) > target_y))
    return u, y, iterations, definite


def solve(
    system: System,
    force: Array,
    force_y: npt.NDArray[np.float64],
    target: npt.NDArray[np.float64],
    target_y: npt.NDArray[np.float64],
    *,
    u0: Array | None = None,
    limit: int = 2000,
    refine: bool = True,
) -> Solution:
    """Solve for B loads to absolute residuals `target` (Euclidean norm of nodal forces) and `target_y` (free stresses).

    Args:
        system: the linear system.
        force: restricted right-hand side, (B, C, nodes) float64.
        force_y: right-hand side of the free mean strains, (B, F).
        target: largest residual norm allowed, per load (B,).
        target_y: the same for the free stresses.
        u0: start, zero if None.
        limit: largest number of iterations.
        refine: correct in double precision until the targets hold; False stops after one single-precision descent, for
            Newton directions whose own error is larger.
    """
    loads = len(force)
    u = np.zeros_like(force) if u0 is None else u0.astype(np.float64)
    y = np.zeros_like(force_y)
    total = np.zeros(loads, np.int64)
    r, ry = force.copy(), force_y.copy()
    if u0 is not None:
        # where the target is coarse, rounding hides nothing, and the corrections in double precision take it off
        coarse = bool((target > 10.0 * SINGLE_LIMIT * np.sqrt(dots(force, force))).all())
        f, fy = system.apply(u.astype(np.float32) if coarse else u, y)
        r -= f
        ry -= fy
    converged = np.zeros(loads, bool)
    previous = np.full(loads, np.inf)
    # rounding of the fluctuation disturbs the free stresses too: what single precision reaches counts both together
    weight = system.force_per_stress
    while True:
        size, size_y = np.sqrt(dots(r, r)), np.linalg.norm(ry, axis=1)
        together = np.hypot(size, weight * size_y)
        converged = (size <= target) & (size_y <= target_y)
        stalled = together > 0.5 * previous
        if (converged | stalled).all() or total.max() >= limit or not np.isfinite(size).all():
            break
        previous = np.where(converged, previous, together)
        scale = np.where(together > 0.0, together, 1.0)
        shape = (-1, 1, 1, 1, 1)
        goal = np.where(converged, np.inf, np.maximum(0.7 * target / scale, SINGLE_LIMIT))
        goal_y = np.where(converged, np.inf, np.maximum(0.7 * target_y / scale, SINGLE_LIMIT / weight))
        d, dy, n, definite = _descend(
            system, (r / scale.reshape(shape)).astype(np.float32), ry / scale[:, None], goal, goal_y, limit
        )
        u += system.space.project(d * scale.reshape(shape))
        y += dy * scale[:, None]
        total += n
        if not refine:
            converged = definite
            break
        f, fy = system.apply(u, y)
        r = force - f
        ry = force_y - fy
    return Solution(u, y, r, total, converged)
