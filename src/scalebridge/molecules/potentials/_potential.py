"""What every potential of one coordinate offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Potential(ABC):
    """Energy of one coordinate: a distance (nm) or an angle (radians).

    Implementations are frozen. Coefficients are what fits change; other parameters stay.
    """

    @property
    @abstractmethod
    def coefficients(self) -> Floats:
        """Adjustable coefficients, shape (k,)."""

    @abstractmethod
    def with_coefficients(self, coefficients: npt.ArrayLike) -> Self:
        """The same form with other coefficients.

        Raises:
            InputError: another number of coefficients, or one that is not finite.
        """

    @property
    @abstractmethod
    def domain(self) -> tuple[float, float]:
        """Interval of the coordinate on which the potential is defined by its own form; a pair's ends at its cutoff."""

    @abstractmethod
    def energy(self, x: npt.ArrayLike) -> Floats:
        """Energy at coordinates of any shape, kJ/mol."""

    @abstractmethod
    def force(self, x: npt.ArrayLike) -> Floats:
        """Negative derivative of the energy by the coordinate, kJ/mol/nm or kJ/mol/rad."""

    @abstractmethod
    def gradient(self, x: npt.ArrayLike) -> Floats:
        """Derivative of the energy by the coefficients at coordinates of shape (n,): shape (n, k)."""

    def curvature(self, x: npt.ArrayLike) -> Floats:
        """Second derivative of the energy by the coefficients at coordinates of shape (n,): shape (n, k, k).

        Zero where the energy is linear in the coefficients.
        """
        number = len(self.coefficients)
        return np.zeros((np.asarray(x).size, number, number))
