"""Engineering constants of a stiffness along chosen axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from scalebridge.errors import InputError
from scalebridge.solids.elasticity._mandel import FloatArray, check_rotation, check_stiffness, rotate_stiffness


@dataclass(frozen=True, slots=True, eq=False)
class EngineeringConstants:
    """What tensile, shear and pressure tests along three axes would measure.

    Attributes:
        youngs_moduli: E_1, E_2, E_3 in Pa, shape (3,).
        poisson_ratios: entry (i, j) is nu_ij = -strain_j / strain_i under tension along i, shape (3, 3); the
            diagonal is NaN.
        shear_moduli: entry (i, j) is G_ij in Pa, shape (3, 3), symmetric; the diagonal is NaN.
        bulk_modulus: pressure over volume change under hydrostatic pressure, in Pa.
        axes: columns are the axes 1, 2, 3 in the coordinates of the stiffness, shape (3, 3).
    """

    youngs_moduli: FloatArray
    poisson_ratios: FloatArray
    shear_moduli: FloatArray
    bulk_modulus: float
    axes: FloatArray


def engineering_constants(stiffness: ArrayLike, axes: ArrayLike | None = None) -> EngineeringConstants:
    """Young's moduli, Poisson's ratios, shear moduli and bulk modulus along three axes.

    They describe the material completely only where the axes are axes of orthotropy; see `find_symmetry`.

    Args:
        stiffness: Mandel matrix (6, 6) in Pa.
        axes: proper rotation (3, 3) whose columns are the axes; the coordinate axes where not given.

    Raises:
        InputError: not a symmetric positive definite stiffness, or not a proper rotation.
    """
    frame = np.eye(3) if axes is None else check_rotation(axes)
    s = np.linalg.inv(rotate_stiffness(check_stiffness(stiffness), frame.T))
    diagonal = np.diag(s)
    poisson = -s[:3, :3] / diagonal[:3, None]
    np.fill_diagonal(poisson, np.nan)
    g_23, g_13, g_12 = 0.5 / diagonal[3:]
    shear = np.array([[np.nan, g_12, g_13], [g_12, np.nan, g_23], [g_13, g_23, np.nan]])
    return EngineeringConstants(1.0 / diagonal[:3], poisson, shear, float(1.0 / np.sum(s[:3, :3])), frame)


def directional_youngs_modulus(stiffness: ArrayLike, directions: ArrayLike) -> FloatArray:
    """Young's modulus along any directions: 1 / E(n) = (n n) : S : (n n).

    Args:
        stiffness: Mandel matrix (6, 6) in Pa.
        directions: shape (..., 3), any length but zero.

    Returns:
        Shape (...), in Pa.

    Raises:
        InputError: not a symmetric positive definite stiffness, or a direction of length zero.
    """
    n = np.asarray(directions, dtype=np.float64)
    length = np.linalg.norm(n, axis=-1, keepdims=True)
    if n.shape[-1:] != (3,) or not np.all(np.isfinite(length) & (length > 0.0)):
        raise InputError(f"directions of shape {n.shape}: give finite vectors with three components, none of length 0")
    n = n / length
    root = np.sqrt(2.0)
    x, y, z = n[..., 0], n[..., 1], n[..., 2]
    nn = np.stack([x * x, y * y, z * z, root * y * z, root * x * z, root * x * y], axis=-1)
    modulus: FloatArray = 1.0 / np.einsum("...a,ab,...b->...", nn, np.linalg.inv(check_stiffness(stiffness)), nn)
    return modulus
