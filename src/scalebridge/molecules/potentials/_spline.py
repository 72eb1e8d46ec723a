"""A potential that is a uniform B-spline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.potentials._basis import Basis
from scalebridge.molecules.potentials._potential import Potential

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spline(Potential):
    """U(x) = sum_k c_k B_k(x) on an interval, continued beyond its ends by its second-order Taylor expansion.

    A pair potential ends at its cutoff instead: beyond `basis.stop` its energy is zero.

    Attributes:
        basis: the B-splines.
        values: coefficients, shape (basis.size,).
        cut: whether the energy is zero beyond the upper end.

    Raises:
        InputError: another number of coefficients than the basis has, or one that is not finite.
    """

    basis: Basis
    values: Floats
    cut: bool = False

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float64)
        if values.shape != (self.basis.size,):
            raise InputError(f"This spline has {self.basis.size} coefficients; found an array of shape {values.shape}")
        if not np.all(np.isfinite(values)):
            raise InputError(f"Coefficient {int(np.flatnonzero(~np.isfinite(values))[0])} of a spline is not finite")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @classmethod
    def through(cls, x: npt.ArrayLike, energy: npt.ArrayLike, *, cut: bool = False, periodic: bool = False) -> Spline:
        """The cubic spline with knots at the points of a uniform table, natural at its ends.

        Args:
            x: uniform grid, shape (n,); of a periodic spline the last point is the first again.
            energy: values, shape (n,).
            cut: whether the energy is zero beyond the last point; the table is shifted to be zero there.
            periodic: whether the ends join.

        Raises:
            InputError: the grid is not uniform, or shapes differ.
        """
        grid, table = np.asarray(x, dtype=np.float64), np.asarray(energy, dtype=np.float64)
        if grid.ndim != 1 or grid.shape != table.shape or len(grid) < 4:
            raise InputError(f"A table needs two columns of 4 points or more; found {grid.shape} and {table.shape}")
        if not np.allclose(np.diff(grid), (grid[-1] - grid[0]) / (len(grid) - 1), rtol=1e-4, atol=1e-9):
            raise InputError("The grid of a table must be uniform; interpolate it first")
        if not np.all(np.isfinite(table)):
            raise InputError(f"The table is not finite at x = {grid[~np.isfinite(table)][0]:.4g}")
        basis = Basis(float(grid[0]), float(grid[-1]), len(grid) - 1, 3, periodic)
        if periodic:
            return cls(basis, np.asarray(np.linalg.solve(basis.matrix(grid[:-1]), table[:-1]), dtype=np.float64))
        if cut:
            table = np.asarray(table - table[-1], dtype=np.float64)
        rows = np.concatenate([basis.matrix(grid), basis.derivative_matrix(grid[[0, -1]], 2) * basis.width**2])
        return cls(basis, np.linalg.solve(rows, np.concatenate([table, [0.0, 0.0]])), cut)

    @classmethod
    def from_force(cls, basis: Basis, coefficients: npt.ArrayLike, *, cut: bool = False) -> Spline:
        """The potential whose force is a spline; it is zero at the upper end.

        Args:
            basis: of the force.
            coefficients: of the force, shape (basis.size,).
            cut: whether the energy is zero beyond the upper end.
        """
        force = np.asarray(coefficients, dtype=np.float64)
        above = Basis(basis.start, basis.stop, basis.intervals, basis.degree + 1, basis.periodic)
        if basis.periodic:
            # the mean force is what a periodic energy cannot have
            force = force - force.mean()
            values = -above.width * np.cumsum(np.roll(force, 1))
            return cls(above, np.asarray(values - values.mean()))
        # F = -U' : c_k = c_(k+1) + width f_k
        values = np.concatenate([above.width * np.cumsum(force[::-1])[::-1], [0.0]])
        return cls(above, np.asarray(values - (above.matrix([above.stop]) @ values)[0]), cut)

    @property
    def coefficients(self) -> Floats:
        """Coefficients of the B-splines."""
        return self.values

    def with_coefficients(self, coefficients: npt.ArrayLike) -> Self:
        """The same basis with other coefficients."""
        return replace(self, values=np.asarray(coefficients, dtype=np.float64))

    @property
    def domain(self) -> tuple[float, float]:
        """Interval of the basis."""
        return self.basis.start, self.basis.stop

    def energy(self, x: npt.ArrayLike) -> Floats:
        """Energy, kJ/mol."""
        points = np.asarray(x, dtype=np.float64)
        return (self._rows(points.ravel(), 0) @ self.values).reshape(points.shape)

    def force(self, x: npt.ArrayLike) -> Floats:
        """Force along the coordinate."""
        points = np.asarray(x, dtype=np.float64)
        return -(self._rows(points.ravel(), 1) @ self.values).reshape(points.shape)

    def gradient(self, x: npt.ArrayLike) -> Floats:
        """The basis functions, shape (n, k)."""
        return self._rows(np.asarray(x, dtype=np.float64).ravel(), 0)

    def _rows(self, x: Floats, order: int) -> Floats:
        """Values (order 0) or derivatives (order 1) of the basis functions, with their continuation."""
        basis = self.basis
        if basis.periodic:
            return basis.derivative_matrix(x, order)
        inside = np.clip(x, basis.start, basis.stop)
        rows = basis.derivative_matrix(inside, order)
        outside = np.flatnonzero(x != inside)
        if len(outside):
            beyond, ends = (x - inside)[outside, None], inside[outside]
            first = basis.derivative_matrix(ends, 1) if basis.degree >= 1 else 0.0 * rows[outside]
            second = basis.derivative_matrix(ends, 2) if basis.degree >= 2 else 0.0 * rows[outside]
            rows[outside] += beyond * first + 0.5 * beyond**2 * second if order == 0 else beyond * second
        if self.cut:
            rows[x > basis.stop] = 0.0
        return rows
