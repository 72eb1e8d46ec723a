"""Voigt and Reuss averages of any number of anisotropic phases: the widest bounds on an effective tensor."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalebridge.errors import InputError
from scalebridge.solids.elasticity._mandel import FloatArray, check_conductivity, check_stiffness
from scalebridge.solids.elasticity._phases import check_fractions


def voigt_average(tensors: ArrayLike, fractions: ArrayLike) -> FloatArray:
    """Arithmetic mean: the upper bound for any arrangement of the phases (Hill 1952, 10.1088/0370-1298/65/5/307).

    Args:
        tensors: Mandel stiffnesses (n, 6, 6) or conductivities (n, 3, 3), one per phase, already rotated.
        fractions: volume fractions, shape (n,), sum 1.

    Returns:
        Shape (6, 6) or (3, 3), unit of the tensors.

    Raises:
        InputError: a tensor is not symmetric positive definite, or the fractions do not fit.
    """
    checked = _check_phases(tensors)
    average: FloatArray = np.einsum("n,nab->ab", check_fractions(fractions, len(checked)), checked)
    return average


def reuss_average(tensors: ArrayLike, fractions: ArrayLike) -> FloatArray:
    """Harmonic mean: the lower bound for any arrangement of the phases (Hill 1952, 10.1088/0370-1298/65/5/307).

    Args:
        tensors: Mandel stiffnesses (n, 6, 6) or conductivities (n, 3, 3), one per phase, already rotated.
        fractions: volume fractions, shape (n,), sum 1.

    Returns:
        Shape (6, 6) or (3, 3), unit of the tensors.

    Raises:
        InputError: a tensor is not symmetric positive definite, or the fractions do not fit.
    """
    checked = _check_phases(tensors)
    c = check_fractions(fractions, len(checked))
    average: FloatArray = np.linalg.inv(np.einsum("n,nab->ab", c, np.linalg.inv(checked)))
    return average


def _check_phases(tensors: ArrayLike) -> FloatArray:
    array = np.asarray(tensors, dtype=np.float64)
    if array.ndim != 3 or array.shape[1:] not in ((6, 6), (3, 3)) or len(array) == 0:
        raise InputError(
            f"phase tensors of shape {array.shape}; give (n, 6, 6) stiffnesses or (n, 3, 3) conductivities"
        )
    return check_stiffness(array) if array.shape[1] == 6 else check_conductivity(array)
