"""Stiffnesses as operators: isotropic phases, anisotropic phases, stored point by point, and conduction."""

from __future__ import annotations

from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.solids.rve._grid import Grid
from scalebridge.solids.rve._isotropic import INTEGRATION, apply_isotropic
from scalebridge.solids.rve._linear import Operator
from scalebridge.solids.rve._modal import (
    Assembly,
    apply_stored,
    apply_table,
    assemble,
    assembly,
    tile_places,
    triangle,
)

Array = npt.NDArray[Any]
_PRECISIONS = (np.dtype(np.float32), np.dtype(np.float64))


def _both(array: Array) -> dict[np.dtype[Any], Array]:
    return {t: np.ascontiguousarray(array, t) for t in _PRECISIONS}


@final
class IsotropicOperator(Operator):
    """Isotropic linear elastic phases, exact in single and double precision.

    Args:
        grid: the grid.
        lame: lambda and mu of every voxel, (2, n0, n1, n2) in Pa.
    """

    def __init__(self, grid: Grid, lame: Array) -> None:
        self._grid = grid
        self._lambda, self._mu = _both(lame[0]), _both(lame[1])
        self._rh = _both(np.array(grid.inverse_spacing))
        self._integration = INTEGRATION[grid.element]

    def apply(self, u: Array, macro: Array) -> tuple[Array, Array]:
        grid, t = self._grid, u.dtype
        force, mean = np.empty_like(u), np.empty((len(u), 9))
        gradient = np.ascontiguousarray(macro[:, grid.gradient_order], t)
        apply_isotropic(
            u, gradient, self._lambda[t], self._mu[t], self._rh[t], self._integration, grid.edges, force, mean
        )
        return force, _to_coordinates(mean, grid)


def _to_coordinates(mean: Array, grid: Grid) -> Array:
    """Mean stress per voxel in coordinates, from sums in array axes."""
    result = np.empty_like(mean)
    result[:, _order(grid, mean)] = mean / grid.voxels
    return result


def _order(grid: Grid, tensor: Array) -> npt.NDArray[np.int64]:
    """Positions in coordinates of the array-axis components of a gradient of a vector (9) or a scalar (3)."""
    return grid.gradient_order if tensor.shape[1] == 9 else np.array(grid.axes)


def grid_assembly(grid: Grid, terms: int) -> Assembly:
    """Assembly table of the grid for tangents with `terms` entries."""
    return assembly(grid.spread, grid.inverse_spacing, terms, grid.mean_dilatation and terms == 21)


@final
class TableOperator(Operator):
    """One anisotropic linear stiffness, or conductivity, per phase.

    Args:
        grid: the grid.
        phase: row of `stiffness` that each voxel takes, (n0, n1, n2).
        stiffness: upper triangles in array axes of Mandel stiffnesses (P, 21), Pa, or conductivities (P, 6), W/(m K).
    """

    def __init__(self, grid: Grid, phase: npt.NDArray[np.int64], stiffness: Array) -> None:
        self._grid = grid
        terms = stiffness.shape[1]
        self._phase = np.ascontiguousarray(phase, np.int64)
        points = np.repeat(stiffness.T[:, None, None, :], len(grid.points), axis=2)
        recipe = grid_assembly(grid, terms)
        table = np.empty((1, 1, 1, recipe.start.size - 1, len(stiffness)))
        recipe_arrays = (recipe.start, recipe.moment, recipe.term, recipe.factor, recipe.signs)
        assemble(np.ascontiguousarray(points), *recipe_arrays, np.arange(len(stiffness)), table)
        self._table = _both(table[0, 0, 0])
        self._rows = recipe.rows
        self._position = triangle(self._rows.size)
        self._rh = _both(np.array(grid.inverse_spacing))

    def apply(self, u: Array, macro: Array) -> tuple[Array, Array]:
        grid, t = self._grid, u.dtype
        force, mean = np.empty_like(u), np.empty(macro.shape)
        gradient = np.ascontiguousarray(macro[:, _order(grid, macro)], t)
        apply_table(
            u, gradient, self._phase, self._table[t], self._rows, self._position, self._rh[t], grid.edges, force, mean
        )
        return force, _to_coordinates(mean, grid)


@final
class StoredOperator(Operator):
    """A stiffness for every voxel, kept in single precision; set phase by phase.

    Args:
        grid: the grid.
        terms: entries of a tangent, 21 (Mandel, small strain) or 45 (first Piola-Kirchhoff stress and gradient).
        sets: number of loads with tangents of their own; 1 when all share them.
    """

    def __init__(self, grid: Grid, terms: int, sets: int) -> None:
        self._grid = grid
        self._rows = grid_assembly(grid, terms).rows
        self._position = triangle(self._rows.size)
        _, tiles, width = tile_places(np.zeros(1, np.int64), grid.shape)
        entries = self._rows.size * (self._rows.size + 1) // 2
        self._stiffness = np.zeros((sets, grid.shape[0], tiles, entries, width), np.float32)
        self._rh = _both(np.array(grid.inverse_spacing))

    def store(self, tangent: Array, voxels: npt.NDArray[np.int64]) -> None:
        """Take over tangents (K', T, nq, M) in array axes of the voxels with flat indices `voxels` (M)."""
        recipe = grid_assembly(self._grid, tangent.shape[0])
        places, _, _ = tile_places(voxels, self._grid.shape)
        assemble(
            tangent, recipe.start, recipe.moment, recipe.term, recipe.factor, recipe.signs, places, self._stiffness
        )

    def pick(self, load: int) -> StoredOperator:
        """The operator of one load, sharing memory."""
        other = object.__new__(StoredOperator)
        other.__dict__.update(self.__dict__)
        other._stiffness = self._stiffness[load : load + 1]
        return other

    def apply(self, u: Array, macro: Array) -> tuple[Array, Array]:
        grid, t = self._grid, u.dtype
        force, mean = np.empty_like(u), np.empty((len(u), 9))
        gradient = np.ascontiguousarray(macro[:, grid.gradient_order], t)
        apply_stored(
            u,
            gradient,
            self._stiffness,
            grid.shape[1],
            grid.shape[2],
            self._rows,
            self._position,
            self._rh[t],
            grid.edges,
            force,
            mean,
        )
        return force, _to_coordinates(mean, grid)
