"""Conversions between the constants of isotropic elasticity."""

from __future__ import annotations

from scalebridge.solids.laws import _validate


def bulk_modulus(youngs_modulus: float, poisson_ratio: float) -> float:
    """K = E / (3 (1 - 2 nu))."""
    return youngs_modulus / (3.0 * (1.0 - 2.0 * poisson_ratio))


def shear_modulus(youngs_modulus: float, poisson_ratio: float) -> float:
    """G = E / (2 (1 + nu))."""
    return youngs_modulus / (2.0 * (1.0 + poisson_ratio))


def youngs_and_poisson(bulk: float, shear: float) -> tuple[float, float]:
    """E and nu of a bulk and a shear modulus; InputError where one of them is not positive."""
    k = _validate.positive("bulk_modulus", bulk)
    g = _validate.positive("shear_modulus", shear)
    return 9.0 * k * g / (3.0 * k + g), (3.0 * k - 2.0 * g) / (2.0 * (3.0 * k + g))
