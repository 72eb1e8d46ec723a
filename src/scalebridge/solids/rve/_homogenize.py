"""Effective linear behaviour, and macroscopic tangents: one linear solve per unit mean strain, no increments.

With u_k the computed fluctuation for unit strain D_k, b_k its right-hand side and r_k what is left of its equilibrium,
the energy (D_j + u_j) : C : (D_k + u_k) of the computed fields is the tangent up to second order in r. Equilibrium
turns it into D_j : C : D_k - b_j u_k - u_j r_k, which needs no action of the stiffness beyond those of the solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.ledger import Entry
from scalebridge.solids.rve._grid import Grid, symmetric_directions
from scalebridge.solids.rve._linear import Operator, System, dots, solve
from scalebridge.solids.rve._material import Material
from scalebridge.solids.rve._newton import ROUNDING
from scalebridge.solids.rve._records import Homogenized
from scalebridge.solids.rve._spaces import Space, fluctuation_space
from scalebridge.solids.rve._status import Status

Array = npt.NDArray[Any]

HILL_MANDEL = 1e-8
"""Mismatch of macroscopic and microscopic work that still balances."""


@dataclass(frozen=True)
class UnitResponses:
    """Solutions for unit mean strains.

    Attributes:
        tensor: macroscopic tangent (K, K).
        fluctuation: (K, C, nodes).
        iterations: of each load case (K,).
        converged: (K,).
    """

    tensor: Array
    fluctuation: Array
    iterations: npt.NDArray[np.int64]
    converged: npt.NDArray[np.bool_]


def _batches(count: int, unknowns: int) -> list[slice]:
    """Load cases solved together: as many as keep the vectors in the processor's cache."""
    together = max(1, min(count, 200_000 // unknowns))
    return [slice(k, min(k + together, count)) for k in range(0, count, together)]


def unit_responses(
    grid: Grid,
    space: Space,
    operator: Operator,
    directions: Array,
    *,
    tolerance: float,
    start: Array | None = None,
    limit: int = 2000,
    threads: int = 1,
    together: bool = False,
) -> UnitResponses:
    """Solve for mean gradients `directions` (K, 3 C), one row each.

    Args:
        grid: the grid.
        space: fluctuations and preconditioner.
        operator: the stiffness.
        directions: mean gradients, orthonormal rows.
        tolerance: residual relative to the one without fluctuation.
        start: fluctuations to start from, (K, C, nodes).
        limit: largest number of iterations.
        threads: threads of the transforms.
        together: solve all at once, for stiffnesses that are costly to read.
    """
    count, components = len(directions), directions.shape[1] // 3
    shape = (components, *grid.nodes)
    u, b, r = (np.empty((count, *shape)) for _ in range(3))
    tensor = np.empty((count, count))
    iterations, converged = np.zeros(count, np.int64), np.zeros(count, bool)
    none = np.zeros((3 * components, 0))
    system = System(grid, space, operator, none, np.zeros((0, 0)), threads)
    for part in [slice(0, count)] if together else _batches(count, components * grid.voxels):
        macro = directions[part]
        force, mean = operator.apply(np.zeros((len(macro), *shape)), macro)
        floor = ROUNDING * np.linalg.norm(mean, axis=1) * np.sqrt(grid.voxels) * max(grid.inverse_spacing)
        b[part] = -space.restrict(force)
        tensor[:, part] = directions @ mean.T
        target = np.maximum(tolerance * np.sqrt(dots(b[part], b[part])), floor)
        solution = solve(
            system,
            b[part],
            np.zeros((len(macro), 0)),
            target,
            np.ones(len(macro)),
            u0=None if start is None else start[part],
            limit=limit,
        )
        u[part], r[part] = solution.u, solution.residual
        iterations[part], converged[part] = solution.iterations, solution.converged
    # einsum, not a matrix product: its sums do not depend on the number of threads
    flat = u.reshape(count, -1)
    tensor -= np.einsum("jn,kn->jk", b.reshape(count, -1), flat) / grid.voxels
    tensor -= np.einsum("jn,kn->jk", flat, r.reshape(count, -1)) / grid.voxels
    return UnitResponses(tensor, u, iterations, converged)


def _works(grid: Grid, operator: Operator, directions: Array, u: Array) -> Array:
    """Microscopic and macroscopic work of each load case, (2, K), from the stresses that the fluctuations give."""
    work = np.empty((2, len(u)))
    for part in _batches(len(u), directions.shape[1] // 3 * grid.voxels):
        force, mean = operator.apply(u[part], directions[part])
        work[1, part] = np.einsum("kg,kg->k", directions[part], mean)
        work[0, part] = work[1, part] + dots(u[part], force) / grid.voxels
    return work


def homogenize(material: Material, *, tolerance: float, limit: int, threads: int) -> Homogenized:
    """Effective stiffness or conductivity of linear phases, with its books."""
    grid = material.grid
    mean = material.mean_stiffness
    space = fluctuation_space(grid, material.reference(mean))
    directions = symmetric_directions().T if mean.shape == (6, 6) else np.eye(3)
    operator = material.linear_operator()
    found = unit_responses(grid, space, operator, directions, tolerance=tolerance, limit=limit, threads=threads)
    works = _works(grid, operator, directions, found.fluctuation)
    status = tuple(Status.CONVERGED if c else Status.ITERATIONS for c in found.converged)
    names = ("11", "22", "33", "23", "13", "12") if len(directions) == 6 else ("1", "2", "3")
    quantity, unit = (
        ("Hill-Mandel work", "Pa") if len(directions) == 6 else ("Hill-Mandel entropy production", "W/(m K)")
    )
    entries = tuple(
        Entry(quantity, unit, fine, coarse, abs(coarse), HILL_MANDEL, f"unit load {name}", float(k))
        for k, (name, fine, coarse) in enumerate(zip(names, *works, strict=True))
    )
    return Homogenized(0.5 * (found.tensor + found.tensor.T), found.iterations, status, entries, found.fluctuation)
