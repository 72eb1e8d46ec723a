"""What material cards need to know of an effective stiffness."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

_Array = npt.NDArray[np.float64]

# Mandel order 11, 22, 33, 23, 13, 12: pairs of coordinate indices and the factors on tensor components.
MANDEL_PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
_FACTORS = np.array([1.0, 1.0, 1.0, math.sqrt(2), math.sqrt(2), math.sqrt(2)])
_SYMMETRIC = 1e-6


@dataclass(frozen=True)
class OrthotropicConstants:
    """Engineering constants in the coordinate axes; nu_ij = -eps_jj / eps_ii under stress along i.

    Attributes:
        youngs: E1, E2, E3 in Pa.
        poisson: nu12, nu13, nu23.
        shear: G12, G13, G23 in Pa.
    """

    youngs: tuple[float, float, float]
    poisson: tuple[float, float, float]
    shear: tuple[float, float, float]


def tensor_components(stiffness: npt.ArrayLike) -> _Array:
    """Tensor components C_ijkl behind a Mandel matrix, as the matrix between stress and engineering shear strain.

    Args:
        stiffness: (6, 6) Mandel, order 11, 22, 33, 23, 13, 12, Pa.

    Returns:
        (6, 6) in the same order without Mandel factors: entry (I, J) is C_ijkl in Pa.

    Raises:
        InputError: wrong shape, not finite, not symmetric, or not positive definite.
    """
    matrix = np.array(stiffness, dtype=float)
    if matrix.shape != (6, 6) or not np.all(np.isfinite(matrix)):
        raise InputError(f"The stiffness is a finite 6x6 Mandel matrix in Pa; found shape {matrix.shape}.")
    skew = float(np.abs(matrix - matrix.T).max() / np.abs(matrix).max())
    if skew > _SYMMETRIC:
        raise InputError(
            f"The stiffness is not symmetric (relative difference {skew:.1e}): a material card needs C_ijkl = C_klij."
        )
    matrix = 0.5 * (matrix + matrix.T)
    lowest = float(np.linalg.eigvalsh(matrix)[0])
    if lowest <= 0:
        raise InputError(f"The stiffness is not positive definite (smallest eigenvalue {lowest:.3g} Pa).")
    result: _Array = matrix / np.outer(_FACTORS, _FACTORS)
    return result


def orthotropic_constants(components: _Array, tolerance: float) -> OrthotropicConstants:
    """Engineering constants of a material that is orthotropic in the coordinate axes.

    Args:
        components: as `tensor_components` gives them.
        tolerance: largest coupling, relative to the largest component, that is taken for zero.

    Returns:
        The constants.

    Raises:
        InputError: normal and shear components are coupled.
    """
    coupling = components.copy()
    coupling[:3, :3] = 0
    coupling[range(3, 6), range(3, 6)] = 0
    share = float(np.abs(coupling).max() / np.abs(components).max())
    if share > tolerance:
        raise InputError(
            f"The stiffness is not orthotropic in the coordinate axes: shear coupling of {share:.1e} of the largest "
            f"component, allowed {tolerance:.1e}. Write it with form='anisotropic'."
        )
    compliance = np.linalg.inv(components[:3, :3])
    e1, e2, e3 = (float(1 / compliance[i, i]) for i in range(3))
    nu12, nu13, nu23 = (float(-compliance[i, j] / compliance[i, i]) for i, j in ((0, 1), (0, 2), (1, 2)))
    g23, g13, g12 = (float(components[k, k]) for k in (3, 4, 5))
    return OrthotropicConstants((e1, e2, e3), (nu12, nu13, nu23), (g12, g13, g23))


def isotropic_constants(components: _Array, tolerance: float) -> tuple[float, float]:
    """Young's modulus and Poisson ratio of a material that is isotropic within a tolerance.

    Args:
        components: as `tensor_components` gives them.
        tolerance: largest difference, relative in the Frobenius norm, from the nearest isotropic stiffness.

    Returns:
        E in Pa and nu.

    Raises:
        InputError: it is not isotropic.
    """
    mandel = components * np.outer(_FACTORS, _FACTORS)
    spherical = np.zeros((6, 6))
    spherical[:3, :3] = 1 / 3
    deviatoric = np.eye(6) - spherical
    bulk3 = float(np.sum(mandel * spherical))
    shear2 = float(np.sum(mandel * deviatoric) / 5)
    away = float(np.linalg.norm(mandel - bulk3 * spherical - shear2 * deviatoric) / np.linalg.norm(mandel))
    if away > tolerance:
        raise InputError(
            f"The stiffness differs by {away:.1e} (relative norm) from the nearest isotropic one, allowed "
            f"{tolerance:.1e}. Write it with form='orthotropic' or 'anisotropic'."
        )
    bulk, shear = bulk3 / 3, shear2 / 2
    return 9 * bulk * shear / (3 * bulk + shear), (3 * bulk - 2 * shear) / (2 * (3 * bulk + shear))
