"""Isotropic moduli: conversions, the isotropic part of a stiffness, and how far a stiffness is from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalebridge.errors import InputError
from scalebridge.solids.elasticity._mandel import FloatArray, check_stiffness

VOLUMETRIC = np.zeros((6, 6))
VOLUMETRIC[:3, :3] = 1.0 / 3.0
DEVIATORIC = np.eye(6) - VOLUMETRIC


def check_moduli(bulk_modulus: ArrayLike, shear_modulus: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Both moduli as finite positive float arrays of one shape.

    Raises:
        InputError: a modulus is not positive and finite, or the shapes do not fit together.
    """
    arrays = []
    for name, value in (("bulk", bulk_modulus), ("shear", shear_modulus)):
        array = np.asarray(value, dtype=np.float64)
        if not np.all(np.isfinite(array) & (array > 0.0)):
            raise InputError(f"the {name} modulus is {array}; it must be positive and finite")
        arrays.append(array)
    if arrays[0].shape != arrays[1].shape:
        raise InputError(f"{arrays[0].size} bulk moduli and {arrays[1].size} shear moduli; give as many of each")
    return arrays[0], arrays[1]


def bulk_and_shear(youngs_modulus: float, poisson_ratio: float) -> tuple[float, float]:
    """Bulk and shear modulus (Pa) from Young's modulus (Pa) and Poisson's ratio.

    Raises:
        InputError: E <= 0 or nu outside (-1, 0.5).
    """
    if not (np.isfinite(youngs_modulus) and youngs_modulus > 0.0):
        raise InputError(f"Young's modulus is {youngs_modulus}; it must be positive and finite")
    if not -1.0 < poisson_ratio < 0.5:
        raise InputError(f"Poisson's ratio is {poisson_ratio}; it must lie between -1 and 0.5, both excluded")
    return youngs_modulus / (3.0 * (1.0 - 2.0 * poisson_ratio)), youngs_modulus / (2.0 * (1.0 + poisson_ratio))


def youngs_and_poisson(bulk_modulus: float, shear_modulus: float) -> tuple[float, float]:
    """Young's modulus (Pa) and Poisson's ratio from bulk and shear modulus (Pa).

    Raises:
        InputError: a modulus is not positive and finite.
    """
    check_moduli(bulk_modulus, shear_modulus)
    k, g = bulk_modulus, shear_modulus
    return 9.0 * k * g / (3.0 * k + g), (3.0 * k - 2.0 * g) / (2.0 * (3.0 * k + g))


def isotropic_stiffness(bulk_modulus: float, shear_modulus: float) -> FloatArray:
    """Mandel stiffness (6, 6) of an isotropic material, in the unit of the moduli: 3 K J + 2 G K_dev.

    Raises:
        InputError: a modulus is not positive and finite.
    """
    check_moduli(bulk_modulus, shear_modulus)
    return 3.0 * bulk_modulus * VOLUMETRIC + 2.0 * shear_modulus * DEVIATORIC


def isotropic_projection(stiffness: ArrayLike) -> tuple[float, float]:
    """Bulk and shear modulus of the isotropic stiffness that is nearest in the Frobenius norm.

    These are also the Voigt averages of the stiffness over all rotations (Hill 1952, doi
    10.1088/0370-1298/65/5/307).

    Args:
        stiffness: Mandel matrix (6, 6).

    Returns:
        K and G in the unit of the stiffness.

    Raises:
        InputError: not a symmetric positive definite 6x6 matrix.
    """
    return _project(check_stiffness(stiffness))


def _project(matrix: FloatArray) -> tuple[float, float]:
    return float(np.sum(VOLUMETRIC * matrix) / 3.0), float(np.sum(DEVIATORIC * matrix) / 10.0)


def universal_anisotropy_index(stiffness: ArrayLike) -> float:
    """Universal elastic anisotropy index A_U = K_V/K_R + 5 G_V/G_R - 6; zero exactly when isotropic.

    Ranganathan and Ostoja-Starzewski 2008, doi 10.1103/PhysRevLett.101.055504.

    Args:
        stiffness: Mandel matrix (6, 6).

    Raises:
        InputError: not a symmetric positive definite 6x6 matrix.
    """
    c = check_stiffness(stiffness)
    k_v, g_v = _project(c)
    # The isotropic part of the compliance is 1/(9 K_R) and 1/(4 G_R) in the moduli of `_project`.
    k_s, g_s = _project(np.asarray(np.linalg.inv(c), dtype=np.float64))
    return max(0.0, k_v * 9.0 * k_s + 5.0 * g_v * 4.0 * g_s - 6.0)
