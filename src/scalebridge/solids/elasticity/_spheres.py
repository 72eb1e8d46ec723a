"""Estimates for isotropic spheres in an isotropic matrix: dilute, Mori-Tanaka, self-consistent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalebridge.errors import ConvergenceError
from scalebridge.solids.elasticity._hashin_shtrikman import shear_shift, shifted_harmonic_mean
from scalebridge.solids.elasticity._isotropy import check_moduli
from scalebridge.solids.elasticity._phases import check_fractions

Moduli = tuple[float, float]
"""Bulk and shear modulus in Pa."""


def dilute_spheres(bulk_moduli: ArrayLike, shear_moduli: ArrayLike, fractions: ArrayLike) -> Moduli:
    """Bulk and shear modulus when every sphere sees only the matrix (Eshelby 1957, doi 10.1098/rspa.1957.0133).

    Args:
        bulk_moduli: K of each phase in Pa, shape (n,); the first is the matrix.
        shear_moduli: G of each phase in Pa, shape (n,).
        fractions: volume fractions, shape (n,), sum 1.

    Raises:
        InputError: a modulus is not positive, or the lengths or fractions do not fit.
    """
    k, g = check_moduli(bulk_moduli, shear_moduli)
    c = check_fractions(fractions, k.size)
    k_shift, g_shift = 4.0 / 3.0 * g[0], shear_shift(float(k[0]), float(g[0]))
    bulk = k[0] + np.sum(c * (k - k[0]) * (k[0] + k_shift) / (k + k_shift))
    shear = g[0] + np.sum(c * (g - g[0]) * (g[0] + g_shift) / (g + g_shift))
    return float(bulk), float(shear)


def mori_tanaka_spheres(bulk_moduli: ArrayLike, shear_moduli: ArrayLike, fractions: ArrayLike) -> Moduli:
    """Bulk and shear modulus when every sphere sees the matrix's mean strain.

    Mori and Tanaka 1973, doi 10.1016/0001-6160(73)90064-3, as read by Benveniste 1987, doi
    10.1016/0167-6636(87)90005-6. For a matrix that is the softest phase it is the lower Hashin-Shtrikman bound.

    Args:
        bulk_moduli: K of each phase in Pa, shape (n,); the first is the matrix.
        shear_moduli: G of each phase in Pa, shape (n,).
        fractions: volume fractions, shape (n,), sum 1.

    Raises:
        InputError: a modulus is not positive, or the lengths or fractions do not fit.
    """
    k, g = check_moduli(bulk_moduli, shear_moduli)
    c = check_fractions(fractions, k.size)
    bulk = shifted_harmonic_mean(k, c, float(4.0 / 3.0 * g[0]))
    return bulk, shifted_harmonic_mean(g, c, shear_shift(float(k[0]), float(g[0])))


def self_consistent_spheres(
    bulk_moduli: ArrayLike, shear_moduli: ArrayLike, fractions: ArrayLike, *, tolerance: float = 1e-12
) -> Moduli:
    """Bulk and shear modulus when every phase is a sphere in the effective medium itself.

    Hill 1965, doi 10.1016/0022-5096(65)90010-4; Budiansky 1965, doi 10.1016/0022-5096(65)90011-6. No phase is the
    matrix; the order of the phases does not matter.

    Args:
        bulk_moduli: K of each phase in Pa, shape (n,).
        shear_moduli: G of each phase in Pa, shape (n,).
        fractions: volume fractions, shape (n,), sum 1.
        tolerance: largest relative change of the last iteration.

    Raises:
        InputError: a modulus is not positive, or the lengths or fractions do not fit.
        ConvergenceError: the fixed point was not reached, which happens at extreme contrast near percolation.
    """
    k, g = check_moduli(bulk_moduli, shear_moduli)
    c = check_fractions(fractions, k.size)
    bulk, shear = float(c @ k), float(c @ g)
    for _ in range(10_000):
        new_bulk = shifted_harmonic_mean(k, c, 4.0 / 3.0 * shear)
        new_shear = shifted_harmonic_mean(g, c, shear_shift(bulk, shear))
        change = max(abs(new_bulk / bulk - 1.0), abs(new_shear / shear - 1.0))
        bulk, shear = new_bulk, new_shear
        if change <= tolerance:
            return bulk, shear
    raise ConvergenceError(
        f"the self-consistent moduli still changed by {change:.2g} (relative) after 10000 iterations, more than "
        f"{tolerance:.2g}; the phases' contrast is {k.max() / k.min():.3g}: use bounds instead"
    )
