"""Tensor arithmetic on rows, and Mandel notation for NumPy arrays.

Rows are unrolled by hand: XLA turns the result into plain vector loops over the points, which batched matrix products
of size 3 do not become.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scalebridge.solids.laws._law import Array, Rows, Scalar

MANDEL_PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""Tensor indices of the Mandel components, order 11, 22, 33, 23, 13, 12."""

MANDEL_WEIGHTS = np.array([1.0, 1.0, 1.0, math.sqrt(2.0), math.sqrt(2.0), math.sqrt(2.0)])


def to_mandel(tensor: np.ndarray) -> np.ndarray:
    """Mandel components, shape (..., 6), of symmetric tensors, shape (..., 3, 3)."""
    i, j = np.transpose(MANDEL_PAIRS)
    components: np.ndarray = np.asarray(tensor)[..., i, j] * MANDEL_WEIGHTS
    return components


def from_mandel(components: np.ndarray) -> np.ndarray:
    """Symmetric tensors, shape (..., 3, 3), of Mandel components, shape (..., 6)."""
    values = np.asarray(components) / MANDEL_WEIGHTS
    tensor = np.empty((*values.shape[:-1], 3, 3))
    for k, (i, j) in enumerate(MANDEL_PAIRS):
        tensor[..., i, j] = tensor[..., j, i] = values[..., k]
    return tensor


def mandel_rotation(rotation: np.ndarray) -> np.ndarray:
    """The orthogonal 6x6 matrix that does to Mandel components what R a R^T does to the tensor a."""
    units = from_mandel(np.eye(6))
    return to_mandel(rotation @ units @ rotation.T).T


def trace(a: Rows) -> Array:
    """Trace of a symmetric tensor in Mandel rows."""
    return a[0] + a[1] + a[2]


def deviator(a: Rows) -> Rows:
    """Deviator of a symmetric tensor in Mandel rows."""
    mean = trace(a) / 3.0
    return (a[0] - mean, a[1] - mean, a[2] - mean, a[3], a[4], a[5])


def dot(a: Sequence[Array], b: Sequence[Array]) -> Array:
    """Sum of products of rows: the double contraction a : b, in Mandel rows as well as in 9 rows."""
    total = a[0] * b[0]
    for x, y in zip(a[1:], b[1:], strict=True):
        total = total + x * y
    return total


def add(a: Rows, b: Rows) -> Rows:
    """Sum of two tensors."""
    return tuple(x + y for x, y in zip(a, b, strict=True))


def subtract(a: Rows, b: Rows) -> Rows:
    """Difference of two tensors."""
    return tuple(x - y for x, y in zip(a, b, strict=True))


def scale(factor: Scalar, a: Rows) -> Rows:
    """A tensor times a number per point."""
    return tuple(factor * x for x in a)


def isotropic(bulk: Scalar, shear: Scalar, strain: Rows) -> Rows:
    """Isotropic linear elastic stress, K tr(e) 1 + 2 G dev(e), Mandel rows."""
    pressure = bulk * trace(strain)
    dev = scale(2.0 * shear, deviator(strain))
    return (dev[0] + pressure, dev[1] + pressure, dev[2] + pressure, *dev[3:])


def isotropic_energy(bulk: Scalar, shear: Scalar, strain: Rows) -> Array:
    """Energy of `isotropic`: K/2 tr(e)^2 + G dev(e):dev(e)."""
    dev = deviator(strain)
    return 0.5 * bulk * trace(strain) ** 2 + shear * dot(dev, dev)


def matrix_times(matrix: Array | np.ndarray, a: Rows) -> Rows:
    """A constant 6x6 Mandel matrix applied to a symmetric tensor in Mandel rows."""
    return tuple(dot([matrix[i, j] for j in range(6)], a) for i in range(6))


def determinant(f: Rows) -> Array:
    """Determinant of a 3x3 matrix in 9 rows."""
    return f[0] * (f[4] * f[8] - f[5] * f[7]) - f[1] * (f[3] * f[8] - f[5] * f[6]) + f[2] * (f[3] * f[7] - f[4] * f[6])


def green_lagrange(f: Rows) -> Rows:
    """Green-Lagrange strain (F^T F - 1)/2 in Mandel rows from the deformation gradient in 9 rows."""
    columns = [(f[k], f[k + 3], f[k + 6]) for k in range(3)]
    full = [dot(columns[i], columns[j]) - (1.0 if i == j else 0.0) for i, j in MANDEL_PAIRS]
    return tuple(0.5 * float(w) * c for w, c in zip(MANDEL_WEIGHTS, full, strict=True))
