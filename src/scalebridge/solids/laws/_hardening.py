"""Isotropic hardening: yield stress as a function of the equivalent plastic strain."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.laws import _validate
from scalebridge.solids.laws._law import Array, Scalar


class Hardening(ABC):
    """Interface of hardening curves: frozen dataclasses of parameters; the curve must not fall."""

    @abstractmethod
    def stress(self, plastic_strain: Array) -> Array:
        """Yield stress, Pa, at the equivalent plastic strain; the slope is taken by differentiation."""

    @abstractmethod
    def stored_energy(self, plastic_strain: Array) -> Array:
        """Energy per volume, J/m^3, stored by hardening: the integral of the yield stress above its first value."""


@dataclass(frozen=True)
class LinearHardening(Hardening):
    """Yield stress sigma_0 + H p.

    Args:
        yield_stress: sigma_0, Pa.
        modulus: H, Pa; 0 is perfect plasticity.

    Raises:
        InputError: the yield stress is not positive or the modulus is negative.
    """

    yield_stress: float
    modulus: float = 0.0

    def __post_init__(self) -> None:
        _validate.positive("yield_stress", self.yield_stress)
        _validate.not_negative("modulus", self.modulus)

    def stress(self, plastic_strain: Array) -> Array:
        """Yield stress, Pa."""
        return self.yield_stress + self.modulus * plastic_strain

    def stored_energy(self, plastic_strain: Array) -> Array:
        """H p^2 / 2."""
        return 0.5 * self.modulus * plastic_strain**2


@dataclass(frozen=True)
class PowerHardening(Hardening):
    """Yield stress sigma_0 + K ((p + p_0)^n - p_0^n).

    Swift's law where sigma_0 = K p_0^n, Ludwik's where p_0 tends to 0.

    Args:
        yield_stress: sigma_0, Pa.
        coefficient: K, Pa.
        exponent: n, in (0, 1].
        offset: p_0, positive, which keeps the slope at p = 0 finite.

    Raises:
        InputError: a parameter is out of its range.
    """

    yield_stress: float
    coefficient: float
    exponent: float
    offset: float = 1e-6

    def __post_init__(self) -> None:
        _validate.positive("yield_stress", self.yield_stress)
        _validate.not_negative("coefficient", self.coefficient)
        _validate.positive("offset", self.offset)
        if not 0 < _validate.finite_number("exponent", self.exponent) <= 1:
            raise InputError(f"exponent is {self.exponent:g}; it must lie in (0, 1].")

    def stress(self, plastic_strain: Array) -> Array:
        """Yield stress, Pa."""
        gain = _power(plastic_strain + self.offset, self.exponent) - _power(self.offset, self.exponent)
        return self.yield_stress + self.coefficient * gain

    def stored_energy(self, plastic_strain: Array) -> Array:
        """Integral of the yield stress above sigma_0."""
        n = self.exponent + 1.0
        whole = (_power(plastic_strain + self.offset, n) - _power(self.offset, n)) / n
        return self.coefficient * (whole - _power(self.offset, self.exponent) * plastic_strain)


@dataclass(frozen=True)
class SaturationHardening(Hardening):
    """Yield stress sigma_0 + (sigma_inf - sigma_0) (1 - exp(-delta p)) + H p: Voce's law with a linear part.

    Args:
        yield_stress: sigma_0, Pa.
        saturation_stress: sigma_inf, Pa, at least sigma_0.
        rate: delta, positive.
        modulus: H, Pa.

    Raises:
        InputError: a parameter is out of its range.

    Source: E. Voce, J. Inst. Metals 74 (1948) 537-562.
    """

    yield_stress: float
    saturation_stress: float
    rate: float
    modulus: float = 0.0

    def __post_init__(self) -> None:
        _validate.positive("yield_stress", self.yield_stress)
        _validate.finite_number("saturation_stress", self.saturation_stress)
        _validate.positive("rate", self.rate)
        _validate.not_negative("modulus", self.modulus)
        if self.saturation_stress < self.yield_stress:
            raise InputError(
                f"saturation_stress is {self.saturation_stress:g}, below yield_stress, which is {self.yield_stress:g}; "
                "the curve must not fall."
            )

    def stress(self, plastic_strain: Array) -> Array:
        """Yield stress, Pa."""
        import jax.numpy as jnp

        gain = self.saturation_stress - self.yield_stress
        return self.yield_stress - gain * jnp.expm1(-self.rate * plastic_strain) + self.modulus * plastic_strain

    def stored_energy(self, plastic_strain: Array) -> Array:
        """Integral of the yield stress above sigma_0."""
        import jax.numpy as jnp

        gain = self.saturation_stress - self.yield_stress
        saturating = gain * (plastic_strain + jnp.expm1(-self.rate * plastic_strain) / self.rate)
        return saturating + 0.5 * self.modulus * plastic_strain**2


@dataclass(frozen=True, eq=False)
class TabulatedHardening(Hardening):
    """Yield stress linear between the points of a table, and constant beyond its last point.

    Args:
        plastic_strains: equivalent plastic strains, from 0, increasing.
        stresses: yield stresses there, Pa, not decreasing.

    Raises:
        InputError: the table has fewer than two points, columns of unlike length, does not start at 0, or a column is
            not monotone; the offending row is named.
    """

    plastic_strains: np.ndarray | Sequence[float]
    stresses: np.ndarray | Sequence[float]

    def __post_init__(self) -> None:
        strains, stresses = _column("plastic_strains", self.plastic_strains), _column("stresses", self.stresses)
        if strains.size != stresses.size or strains.size < 2:
            raise InputError(
                f"the hardening table has {strains.size} plastic_strains and {stresses.size} stresses; it needs "
                "equally many, two or more."
            )
        if strains[0] != 0.0:
            raise InputError(f"plastic_strains begin with {strains[0]:g}; the first must be 0, where yielding starts.")
        _validate.positive("stresses: row 1", stresses[0])
        _check_rising("plastic_strains", strains, np.diff(strains) > 0, "increase from row to row")
        _check_rising("stresses", stresses, np.diff(stresses) >= 0, "not decrease from row to row (no softening)")
        object.__setattr__(self, "plastic_strains", strains)
        object.__setattr__(self, "stresses", stresses)

    def stress(self, plastic_strain: Array) -> Array:
        """Yield stress, Pa; at a point of the table its slope is that of the segment above."""
        start, base, slope = self._segment(plastic_strain)[:3]
        return base + slope * (plastic_strain - start)

    def stored_energy(self, plastic_strain: Array) -> Array:
        """Integral of the yield stress above its first value."""
        start, base, slope, stored = self._segment(plastic_strain)
        length = plastic_strain - start
        first = self._columns()[1][0]
        return stored + (base - first + 0.5 * slope * length) * length

    def _columns(self) -> tuple[Array, Array]:
        import jax.numpy as jnp

        return jnp.asarray(self.plastic_strains), jnp.asarray(self.stresses)

    def _segment(self, plastic_strain: Array) -> tuple[Array, Array, Array, Array]:
        """Start of the segment: its strain, stress, slope and the energy stored up to there."""
        import jax
        import jax.numpy as jnp

        p, s = self._columns()
        slopes = jnp.append(jnp.diff(s) / jnp.diff(p), 0.0)
        stored = jnp.append(0.0, jnp.cumsum((0.5 * (s[1:] + s[:-1]) - s[0]) * jnp.diff(p)))
        found = jnp.searchsorted(p, jax.lax.stop_gradient(plastic_strain), side="right", method="scan")
        index = jnp.maximum(found - 1, 0)
        return p[index], s[index], slopes[index], stored[index]


def _power(base: Scalar, exponent: Scalar) -> Array:
    """Power of a positive base; exponential and logarithm become vector instructions, a general power does not."""
    import jax.numpy as jnp

    power: Array = jnp.exp(exponent * jnp.log(base))
    return power


def _column(name: str, values: np.ndarray | Sequence[float]) -> np.ndarray:
    try:
        column = np.array(values, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        raise InputError(f"{name} is {values!r}; it must be a sequence of numbers.") from None
    bad = np.flatnonzero(~np.isfinite(column))
    if bad.size:
        raise InputError(f"{name}: row {bad[0] + 1} is {column[bad[0]]}; all must be finite.")
    column.flags.writeable = False
    return column


def _check_rising(name: str, column: np.ndarray, fine: np.ndarray, rule: str) -> None:
    if not fine.all():
        row = int(np.flatnonzero(~fine)[0]) + 1
        raise InputError(
            f"{name}: row {row} is {column[row - 1]:g} and row {row + 1} is {column[row]:g}; they must {rule}."
        )
