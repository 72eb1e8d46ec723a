"""Hashin-Shtrikman bounds of statistically isotropic mixtures of isotropic phases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from scalebridge.errors import InputError
from scalebridge.solids.elasticity._isotropy import check_moduli
from scalebridge.solids.elasticity._mandel import FloatArray
from scalebridge.solids.elasticity._phases import check_fractions


@dataclass(frozen=True, slots=True)
class ModuliBounds:
    """Lower and upper bounds of the effective bulk and shear modulus, each a pair in Pa."""

    bulk_modulus: tuple[float, float]
    shear_modulus: tuple[float, float]


def shifted_harmonic_mean(values: FloatArray, fractions: FloatArray, shift: float) -> float:
    """The mean [sum c / (x + shift)]^-1 - shift, in which all these bounds and estimates are written."""
    return float(1.0 / np.sum(fractions / (values + shift)) - shift)


def shear_shift(bulk: float, shear: float) -> float:
    """The shear shift G (9 K + 8 G) / (6 (K + 2 G)) of a spherical inclusion in a medium K, G."""
    return shear * (9.0 * bulk + 8.0 * shear) / (6.0 * (bulk + 2.0 * shear))


def hashin_shtrikman(bulk_moduli: ArrayLike, shear_moduli: ArrayLike, fractions: ArrayLike) -> ModuliBounds:
    """Bounds of the bulk and shear modulus of a three-dimensional isotropic mixture of any number of phases.

    Hashin and Shtrikman 1963, doi 10.1016/0022-5096(63)90060-7; with the smallest and the largest moduli over all
    phases as comparison media they hold also where the phase stiffest in bulk is not the stiffest in shear (Walpole
    1966, doi 10.1016/0022-5096(66)90035-4).

    Args:
        bulk_moduli: K of each phase in Pa, shape (n,).
        shear_moduli: G of each phase in Pa, shape (n,).
        fractions: volume fractions, shape (n,), sum 1.

    Raises:
        InputError: a modulus is not positive, or the lengths or fractions do not fit.
    """
    k, g = check_moduli(bulk_moduli, shear_moduli)
    c = check_fractions(fractions, k.size)

    def mixture(bulk: float, shear: float) -> tuple[float, float]:
        return (
            shifted_harmonic_mean(k, c, 4.0 / 3.0 * shear),
            shifted_harmonic_mean(g, c, shear_shift(bulk, shear)),
        )

    lower = mixture(float(k.min()), float(g.min()))
    upper = mixture(float(k.max()), float(g.max()))
    return ModuliBounds((lower[0], upper[0]), (lower[1], upper[1]))


def hashin_shtrikman_plane(bulk_moduli: ArrayLike, shear_moduli: ArrayLike, fractions: ArrayLike) -> ModuliBounds:
    """Bounds of the transverse moduli of aligned phases of any cross-section, transversely isotropic together.

    Hill 1964, doi 10.1016/0022-5096(64)90019-5; Hashin 1965, doi 10.1016/0022-5096(65)90015-3.

    Args:
        bulk_moduli: plane-strain bulk modulus k = K + G/3 of each phase in Pa, shape (n,).
        shear_moduli: transverse shear modulus of each phase in Pa, shape (n,).
        fractions: volume fractions, shape (n,), sum 1.

    Returns:
        Bounds of the plane-strain bulk modulus and of the transverse shear modulus.

    Raises:
        InputError: a modulus is not positive, or the lengths or fractions do not fit.
    """
    k, g = check_moduli(bulk_moduli, shear_moduli)
    c = check_fractions(fractions, k.size)

    def mixture(bulk: float, shear: float) -> tuple[float, float]:
        return shifted_harmonic_mean(k, c, shear), shifted_harmonic_mean(g, c, bulk * shear / (bulk + 2.0 * shear))

    lower = mixture(float(k.min()), float(g.min()))
    upper = mixture(float(k.max()), float(g.max()))
    return ModuliBounds((lower[0], upper[0]), (lower[1], upper[1]))


def hashin_shtrikman_conductivity(
    conductivities: ArrayLike, fractions: ArrayLike, *, dimension: int = 3
) -> tuple[float, float]:
    """Bounds of the conductivity of an isotropic mixture, in space or in the cross-section of aligned phases.

    Hashin and Shtrikman 1962, doi 10.1063/1.1728579. In two dimensions the same formula bounds the axial shear
    modulus of aligned phases, which obeys the same equation.

    Args:
        conductivities: k of each phase in W/(m K), shape (n,).
        fractions: volume fractions, shape (n,), sum 1.
        dimension: 3 for spatial mixtures, 2 for the plane across aligned phases.

    Returns:
        Lower and upper bound.

    Raises:
        InputError: a conductivity is not positive, a dimension other than 2 or 3, or fractions that do not fit.
    """
    if dimension not in (2, 3):
        raise InputError(f"the dimension is {dimension}; it must be 2 or 3")
    k = np.asarray(conductivities, dtype=np.float64)
    if not np.all(np.isfinite(k) & (k > 0.0)):
        raise InputError(f"the conductivities {k.tolist()} must all be positive and finite")
    c = check_fractions(fractions, k.size)
    shift = dimension - 1.0
    return shifted_harmonic_mean(k, c, shift * float(k.min())), shifted_harmonic_mean(k, c, shift * float(k.max()))
