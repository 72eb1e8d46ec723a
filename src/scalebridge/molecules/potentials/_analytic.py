"""Potentials of a known form."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.potentials._potential import Potential

Floats = npt.NDArray[np.float64]


def _checked(values: npt.ArrayLike, number: int, form: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (number,) or not np.all(np.isfinite(array)):
        raise InputError(f"{form} has {number} finite coefficients; found {np.array2string(array, precision=4)}")
    return array


@dataclass(frozen=True)
class LennardJones(Potential):
    """4 epsilon [(sigma/r)^12 - (sigma/r)^6], cut; coefficients are sigma and epsilon.

    Attributes:
        sigma: nm.
        epsilon: kJ/mol.
        cutoff: nm; `None` cuts at the minimum 2^(1/6) sigma, which leaves the repulsion (Weeks, Chandler, Andersen).
        shift: "energy" makes the energy zero at the cutoff, "force" the force as well, "none" nothing.
    """

    sigma: float
    epsilon: float
    cutoff: float | None = None
    shift: str = "energy"

    def __post_init__(self) -> None:
        if not (self.sigma > 0.0 and math.isfinite(self.sigma) and math.isfinite(self.epsilon)):
            raise InputError(f"Lennard-Jones needs sigma > 0 and finite epsilon; found {self.sigma}, {self.epsilon}")
        if self.shift not in ("none", "energy", "force"):
            raise InputError(f"shift is 'none', 'energy' or 'force'; found {self.shift!r}")

    @property
    def coefficients(self) -> Floats:
        """Sigma and epsilon."""
        return np.array([self.sigma, self.epsilon])

    def with_coefficients(self, coefficients: npt.ArrayLike) -> Self:
        """Other sigma and epsilon."""
        sigma, epsilon = _checked(coefficients, 2, "Lennard-Jones")
        return replace(self, sigma=float(sigma), epsilon=float(epsilon))

    @property
    def domain(self) -> tuple[float, float]:
        """From half of sigma to the cutoff."""
        return 0.5 * self.sigma, self._cut

    @property
    def _cut(self) -> float:
        return 2.0 ** (1.0 / 6.0) * self.sigma if self.cutoff is None else self.cutoff

    def energy(self, x: npt.ArrayLike) -> Floats:
        """Energy, kJ/mol."""
        r = np.asarray(x, dtype=np.float64)
        energy = self._plain(r)
        if self.shift != "none":
            energy = energy - self._plain(np.asarray(self._cut))
        if self.shift == "force":
            energy = energy + self._plain_force(np.asarray(self._cut)) * (r - self._cut)
        return np.where(r < self._cut, energy, 0.0)

    def force(self, x: npt.ArrayLike) -> Floats:
        """Force, kJ/mol/nm."""
        r = np.asarray(x, dtype=np.float64)
        force = self._plain_force(r)
        if self.shift == "force":
            force = force - self._plain_force(np.asarray(self._cut))
        return np.where(r < self._cut, force, 0.0)

    def gradient(self, x: npt.ArrayLike) -> Floats:
        """Derivatives by sigma and epsilon, shape (n, 2)."""
        r = np.asarray(x, dtype=np.float64).ravel()
        by_epsilon = self.energy(r) / self.epsilon if self.epsilon else replace(self, epsilon=1.0).energy(r)
        at_cut = np.asarray(self._cut)
        by_sigma = self._by_sigma(r)
        # a cutoff that moves with sigma sits at the minimum: its motion changes nothing, the shift stays -epsilon
        if self.cutoff is not None and self.shift != "none":
            by_sigma = by_sigma - self._by_sigma(at_cut)
        if self.cutoff is not None and self.shift == "force":
            by_sigma = by_sigma + self._force_by_sigma(at_cut) * (r - self._cut)
        return np.stack([np.where(r < self._cut, by_sigma, 0.0), by_epsilon], axis=1)

    def curvature(self, x: npt.ArrayLike) -> Floats:
        """Second derivatives by sigma and epsilon, shape (n, 2, 2); central differences of `gradient`."""
        r = np.asarray(x, dtype=np.float64).ravel()
        step = 1e-5 * self.sigma
        up, down = (replace(self, sigma=self.sigma + sign * step).gradient(r) for sign in (1.0, -1.0))
        result = np.zeros((len(r), 2, 2))
        result[:, 0, :] = (up - down) / (2.0 * step)
        result[:, 1, 0] = result[:, 0, 1]
        return result

    def _plain(self, r: Floats) -> Floats:
        p6 = (self.sigma / r) ** 6
        return np.asarray(4.0 * self.epsilon * p6 * (p6 - 1.0))

    def _plain_force(self, r: Floats) -> Floats:
        p6 = (self.sigma / r) ** 6
        return np.asarray(24.0 * self.epsilon * p6 * (2.0 * p6 - 1.0) / r)

    def _by_sigma(self, r: Floats) -> Floats:
        p6 = (self.sigma / r) ** 6
        return np.asarray(24.0 * self.epsilon * p6 * (2.0 * p6 - 1.0) / self.sigma)

    def _force_by_sigma(self, r: Floats) -> Floats:
        p6 = (self.sigma / r) ** 6
        return np.asarray(144.0 * self.epsilon * p6 * (4.0 * p6 - 1.0) / (r * self.sigma))


@dataclass(frozen=True)
class Harmonic(Potential):
    """k/2 (x - x0)^2; coefficients are k and x0.

    Attributes:
        k: kJ/mol/nm^2 or kJ/mol/rad^2.
        x0: nm or radians.
    """

    k: float
    x0: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.k) and math.isfinite(self.x0)):
            raise InputError(f"A harmonic potential needs finite k and x0; found {self.k} and {self.x0}")

    @property
    def coefficients(self) -> Floats:
        """Stiffness and rest value."""
        return np.array([self.k, self.x0])

    def with_coefficients(self, coefficients: npt.ArrayLike) -> Self:
        """Other stiffness and rest value."""
        k, x0 = _checked(coefficients, 2, "A harmonic potential")
        return replace(self, k=float(k), x0=float(x0))

    @property
    def domain(self) -> tuple[float, float]:
        """Everywhere."""
        return -math.inf, math.inf

    def energy(self, x: npt.ArrayLike) -> Floats:
        """Energy, kJ/mol."""
        return np.asarray(0.5 * self.k * (np.asarray(x, dtype=np.float64) - self.x0) ** 2)

    def force(self, x: npt.ArrayLike) -> Floats:
        """Force along the coordinate."""
        return np.asarray(-self.k * (np.asarray(x, dtype=np.float64) - self.x0))

    def gradient(self, x: npt.ArrayLike) -> Floats:
        """Derivatives by k and x0, shape (n, 2)."""
        away = np.asarray(x, dtype=np.float64).ravel() - self.x0
        return np.stack([0.5 * away**2, -self.k * away], axis=1)

    def curvature(self, x: npt.ArrayLike) -> Floats:
        """Second derivatives by k and x0, shape (n, 2, 2)."""
        away = np.asarray(x, dtype=np.float64).ravel() - self.x0
        return np.stack([np.zeros_like(away), -away, -away, np.full_like(away, self.k)], axis=1).reshape(-1, 2, 2)


@dataclass(frozen=True, eq=False)
class Fourier(Potential):
    """sum_n [a_n cos(n phi) + b_n sin(n phi)], n = 1, 2, ...; coefficients a_1..a_m, b_1..b_m.

    Attributes:
        values: coefficients, kJ/mol, an even number.
    """

    values: Floats

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float64)
        if values.ndim != 1 or len(values) == 0 or len(values) % 2 or not np.all(np.isfinite(values)):
            raise InputError(f"A Fourier series needs cosines, then as many sines, all finite; found {values}")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def coefficients(self) -> Floats:
        """Cosine, then sine amplitudes."""
        return self.values

    def with_coefficients(self, coefficients: npt.ArrayLike) -> Self:
        """Other amplitudes."""
        return replace(self, values=_checked(coefficients, len(self.values), "This Fourier series"))

    @property
    def domain(self) -> tuple[float, float]:
        """One turn."""
        return -math.pi, math.pi

    def energy(self, x: npt.ArrayLike) -> Floats:
        """Energy, kJ/mol."""
        points = np.asarray(x, dtype=np.float64)
        return (self.gradient(points) @ self.values).reshape(points.shape)

    def force(self, x: npt.ArrayLike) -> Floats:
        """Force along the angle."""
        points = np.asarray(x, dtype=np.float64)
        turns = np.arange(1, len(self.values) // 2 + 1)
        phase = points.ravel()[:, None] * turns
        rows = np.concatenate([turns * np.sin(phase), -turns * np.cos(phase)], axis=1)
        return (rows @ self.values).reshape(points.shape)

    def gradient(self, x: npt.ArrayLike) -> Floats:
        """Cosines and sines, shape (n, k)."""
        phase = np.asarray(x, dtype=np.float64).ravel()[:, None] * np.arange(1, len(self.values) // 2 + 1)
        return np.concatenate([np.cos(phase), np.sin(phase)], axis=1)
