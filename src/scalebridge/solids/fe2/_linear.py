"""Linear systems of the macroscopic problem: a sparse direct solver, and multigrid where it would be too large."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from scalebridge.errors import ConvergenceError
from scalebridge.solids.fe2._points import Floats

DIRECT_LIMIT = 60_000
"""Unknowns up to which factorisation is the faster way in three dimensions."""
ACCURACY = 1e-10
CORRECTIONS = 5


class SingularError(ConvergenceError):
    """The stiffness has no inverse: a rigid motion is not held, or the structure has failed."""


def solve_sparse(matrix: sparse.csr_matrix, rhs: Floats, nodes: Floats, free: Any) -> Floats:
    """Solve a stiffness matrix that is restricted to free degrees of freedom.

    Args:
        matrix: (n, n); symmetric or not.
        rhs: (n,).
        nodes: positions of all nodes (N, 3), for the rigid motions that multigrid needs.
        free: which of the 3 N degrees of freedom the n are, a mask.

    Raises:
        SingularError: the matrix is singular, or the solution is not finite.
        ConvergenceError: neither way reached the accuracy.
    """
    if not rhs.any():
        return np.zeros_like(rhs)
    if len(rhs) <= DIRECT_LIMIT:
        return _direct(matrix, rhs)
    try:
        return _multigrid(matrix, rhs, nodes, free)
    except ConvergenceError:
        return _direct(matrix, rhs)


def _direct(matrix: sparse.csr_matrix, rhs: Floats) -> Floats:
    # A stiffness has its large entries on the diagonal: ordering for symmetric patterns without pivoting fills least.
    scale = 1.0 / np.sqrt(np.maximum(np.abs(matrix.diagonal()), np.finfo(float).tiny))
    scaled = sparse.diags(scale) @ matrix @ sparse.diags(scale)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", linalg.MatrixRankWarning)
            factors = linalg.splu(
                scaled.tocsc(),
                permc_spec="MMD_AT_PLUS_A",
                diag_pivot_thresh=1e-3,
                options={"SymmetricMode": True},
            )
            solution: Floats = scale * factors.solve(scale * rhs)
            # corrections take what the weak pivoting lost, and more of them what thin elements do
            for _ in range(CORRECTIONS):
                rest = rhs - matrix @ solution
                solution += scale * factors.solve(scale * rest)
                if np.linalg.norm(rest) <= ACCURACY * np.linalg.norm(rhs):
                    break
    except (RuntimeError, linalg.MatrixRankWarning) as error:
        raise SingularError(_SINGULAR) from error
    pivots = np.abs(factors.U.diagonal())
    missing = np.linalg.norm(rhs - matrix @ solution)
    if pivots.min() < 1e-13 * pivots.max() or not np.isfinite(missing) or missing > 1e-6 * np.linalg.norm(rhs):
        raise SingularError(_SINGULAR)
    return solution


_SINGULAR = (
    "the stiffness matrix is singular. Either a part of the body can move freely as a rigid body (hold it by "
    "Displacement conditions in all directions, against rotation too), or the material has lost its stiffness."
)


def _multigrid(matrix: sparse.csr_matrix, rhs: Floats, nodes: Floats, free: Any) -> Floats:
    import pyamg

    levels = pyamg.smoothed_aggregation_solver(
        matrix.tocsr(), B=rigid_motions(nodes)[np.asarray(free)], symmetry="nonsymmetric", max_coarse=500
    )
    solution, flag = linalg.gmres(
        matrix, rhs, rtol=ACCURACY, restart=60, maxiter=10, M=levels.aspreconditioner(cycle="V")
    )
    if flag != 0 or not np.isfinite(solution).all():
        raise ConvergenceError("the multigrid solver did not reach its accuracy.")
    found: Floats = solution
    return found


def rigid_motions(nodes: Floats) -> Floats:
    """Three translations and three rotations of the nodes, (3 N, 6)."""
    x = nodes - nodes.mean(axis=0)
    size = max(float(np.abs(x).max()), np.finfo(float).tiny)
    motions = np.zeros((len(nodes), 3, 6))
    for axis in range(3):
        motions[:, axis, axis] = 1.0
        motions[:, :, 3 + axis] = np.cross(np.eye(3)[axis], x / size)
    flat: Floats = motions.reshape(-1, 6)
    return flat
