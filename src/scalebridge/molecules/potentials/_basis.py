"""Uniform B-splines of any degree on an interval, periodic or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Basis:
    """Piecewise polynomials of a degree with degree - 1 continuous derivatives on a uniform grid.

    Attributes:
        start: lower end.
        stop: upper end.
        intervals: number of intervals.
        degree: of the polynomials, 0 to 7.
        periodic: whether the ends join.

    Raises:
        InputError: an interval without length, too few intervals, or a degree out of range.
    """

    start: float
    stop: float
    intervals: int
    degree: int = 3
    periodic: bool = False

    def __post_init__(self) -> None:
        if not (np.isfinite(self.start) and np.isfinite(self.stop) and self.start < self.stop):
            raise InputError(f"A spline needs start < stop, both finite; found {self.start} and {self.stop}")
        if not 0 <= self.degree <= 7:
            raise InputError(f"The degree of a spline is 0 to 7; found {self.degree}")
        if self.intervals < (self.degree + 1 if self.periodic else 1):
            raise InputError(f"{self.intervals} intervals are too few for a spline of degree {self.degree}")

    @property
    def width(self) -> float:
        """Length of an interval."""
        return (self.stop - self.start) / self.intervals

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return self.intervals if self.periodic else self.intervals + self.degree

    @property
    def knots(self) -> Floats:
        """Ends of the intervals, shape (intervals + 1,)."""
        return np.linspace(self.start, self.stop, self.intervals + 1)

    def lower(self) -> Basis:
        """The basis of the derivatives."""
        return Basis(self.start, self.stop, self.intervals, self.degree - 1, self.periodic)

    def weights(self, x: npt.ArrayLike) -> tuple[Ints, Floats]:
        """Numbers and values of the basis functions that do not vanish.

        Args:
            x: coordinates inside the interval, shape (n,); a periodic basis takes any.

        Returns:
            Numbers of coefficients and values, each of shape (n, degree + 1).
        """
        place = (np.asarray(x, dtype=np.float64) - self.start) / self.width
        if self.periodic:
            place = place % self.intervals
        interval = np.clip(np.floor(place).astype(np.int64), 0, self.intervals - 1)
        values = _uniform(place - interval, self.degree)
        numbers = interval[:, None] + np.arange(self.degree + 1)
        return (numbers % self.intervals if self.periodic else numbers), values

    def matrix(self, x: npt.ArrayLike) -> Floats:
        """Values of all basis functions at coordinates inside the interval, shape (n, size)."""
        numbers, values = self.weights(x)
        result = np.zeros((len(values), self.size))
        np.add.at(result, (np.arange(len(values))[:, None], numbers), values)
        return result

    def derivative_matrix(self, x: npt.ArrayLike, order: int = 1) -> Floats:
        """Derivatives of all basis functions, shape (n, size)."""
        if order == 0:
            return self.matrix(x)
        # d/dx sum c_k B_k^p = sum (c_k - c_(k-1)) / width B_k^(p-1)
        below = self.lower().derivative_matrix(x, order - 1)
        padded = np.concatenate([np.zeros((len(below), 1)), below, np.zeros((len(below), 1))], axis=1)
        if self.periodic:
            # number k of degree p - 1 starts one interval later than number k of degree p
            return np.asarray((np.roll(below, 1, axis=1) - below) / self.width)
        return np.asarray((padded[:, :-1] - padded[:, 1:]) / self.width)

    def natural(self) -> Floats:
        """Coefficients of the splines with vanishing second derivatives at the ends: shape (size, size - 2).

        Raises:
            InputError: the degree is below 2, or the basis is periodic.
        """
        if self.degree < 2 or self.periodic:
            raise InputError("Natural ends need a spline of degree 2 or more that is not periodic")
        from scipy.linalg import null_space

        return np.asarray(null_space(self.derivative_matrix([self.start, self.stop], 2)))


def _uniform(t: Floats, degree: int) -> Floats:
    """The degree + 1 uniform B-splines of an interval at local coordinates t in [0, 1], by Cox and de Boor."""
    values = np.ones((len(t), 1))
    for k in range(1, degree + 1):
        grown = np.zeros((len(t), k + 1))
        j = np.arange(k + 1)
        grown[:, 1:] += (t[:, None] + k - j[1:]) / k * values
        grown[:, :-1] += (j[:-1] + 1 - t[:, None]) / k * values
        values = grown
    return values
