"""Effective conductivities as material cards take them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

_NOISE = 1e-12


def checked_conductivity(conductivity: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """A conductivity matrix, symmetric and positive definite; couplings that are rounding noise are set to zero.

    Args:
        conductivity: in W/(m K), a number or a 3x3 matrix.

    Returns:
        (3, 3) in W/(m K).

    Raises:
        InputError: wrong shape, not finite, not symmetric, or not positive definite.
    """
    given = np.asarray(conductivity, dtype=float)
    matrix = given * np.eye(3) if given.ndim == 0 else given
    if matrix.shape != (3, 3) or not np.all(np.isfinite(matrix)):
        raise InputError(f"The conductivity is a number or a finite 3x3 matrix in W/(m K); found {matrix.shape}.")
    largest = float(np.abs(matrix).max())
    if np.abs(matrix - matrix.T).max() > 1e-6 * largest:
        raise InputError(f"The conductivity is not symmetric: {matrix.tolist()}.")
    matrix = 0.5 * (matrix + matrix.T)
    if np.linalg.eigvalsh(matrix)[0] <= 0:
        raise InputError(f"The conductivity is not positive definite: {matrix.tolist()}.")
    return np.where(np.abs(matrix) > _NOISE * largest, matrix, 0.0)
