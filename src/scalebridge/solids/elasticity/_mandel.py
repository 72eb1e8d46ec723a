"""Mandel notation: symmetric tensors as 6-vectors, stiffness tensors as 6x6 matrices, in an orthonormal basis.

Order 11, 22, 33, 23, 13, 12; shear entries of a 6-vector carry a factor sqrt(2). Products, norms, eigenvalues and
rotations of the matrices are then those of the tensors (Mehrabadi and Cowin 1990, doi 10.1093/qjmam/43.1.15).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalebridge.errors import InputError

FloatArray = NDArray[np.float64]

PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def _basis() -> FloatArray:
    basis = np.zeros((6, 3, 3))
    for a, (i, j) in enumerate(PAIRS):
        basis[a, i, j] = basis[a, j, i] = 1.0 if i == j else np.sqrt(0.5)
    return basis


BASIS = _basis()
_ENGINEERING = np.array([1.0, 1.0, 1.0, np.sqrt(2.0), np.sqrt(2.0), np.sqrt(2.0)])


def finite_array(value: ArrayLike, shape: tuple[int, ...], name: str) -> FloatArray:
    """`value` as a float array whose last axes have `shape`.

    Raises:
        InputError: wrong shape, not numeric, or not finite.
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of real numbers: {error}") from error
    if array.shape[max(array.ndim - len(shape), 0) :] != shape:
        raise InputError(f"{name} has shape {array.shape}; its last axes must have shape {shape}")
    if not np.all(np.isfinite(array)):
        raise InputError(f"{name} contains NaN or infinity; give finite numbers")
    return array


def _require_symmetric(array: FloatArray, axes: tuple[int, int], name: str) -> None:
    gap = np.max(np.abs(array - np.swapaxes(array, *axes)), initial=0.0)
    if gap > 1e-8 * np.max(np.abs(array), initial=0.0):
        raise InputError(f"{name} is not symmetric: the largest difference to its transpose is {gap:.3g}")


def to_mandel(tensor: ArrayLike) -> FloatArray:
    """Symmetric second-order tensors as Mandel vectors.

    Args:
        tensor: shape (..., 3, 3), any unit.

    Returns:
        Shape (..., 6), order 11, 22, 33, 23, 13, 12.

    Raises:
        InputError: wrong shape, not finite, or not symmetric.
    """
    array = finite_array(tensor, (3, 3), "the tensor")
    _require_symmetric(array, (-1, -2), "the tensor")
    vector: FloatArray = np.einsum("aij,...ij->...a", BASIS, array)
    return vector


def from_mandel(vector: ArrayLike) -> FloatArray:
    """Mandel vectors as symmetric second-order tensors.

    Args:
        vector: shape (..., 6), order 11, 22, 33, 23, 13, 12.

    Returns:
        Shape (..., 3, 3).

    Raises:
        InputError: wrong shape or not finite.
    """
    tensor: FloatArray = np.einsum("...a,aij->...ij", finite_array(vector, (6,), "the Mandel vector"), BASIS)
    return tensor


def tensor_to_mandel(tensor: ArrayLike) -> FloatArray:
    """Fourth-order tensors with both minor symmetries as Mandel matrices.

    Args:
        tensor: shape (..., 3, 3, 3, 3), any unit.

    Returns:
        Shape (..., 6, 6); symmetric where the tensor has the major symmetry.

    Raises:
        InputError: wrong shape, not finite, or a minor symmetry is missing.
    """
    array = finite_array(tensor, (3, 3, 3, 3), "the fourth-order tensor")
    _require_symmetric(array, (-1, -2), "the second index pair of the fourth-order tensor")
    _require_symmetric(array, (-3, -4), "the first index pair of the fourth-order tensor")
    matrix: FloatArray = np.einsum("aij,...ijkl,bkl->...ab", BASIS, array, BASIS)
    return matrix


def tensor_from_mandel(matrix: ArrayLike) -> FloatArray:
    """Mandel matrices as fourth-order tensors with both minor symmetries.

    Args:
        matrix: shape (..., 6, 6).

    Returns:
        Shape (..., 3, 3, 3, 3).

    Raises:
        InputError: wrong shape or not finite.
    """
    array = finite_array(matrix, (6, 6), "the Mandel matrix")
    tensor: FloatArray = np.einsum("...ab,aij,bkl->...ijkl", array, BASIS, BASIS)
    return tensor


def check_rotation(rotation: ArrayLike) -> FloatArray:
    """`rotation` as proper orthogonal matrices, shape (..., 3, 3).

    Raises:
        InputError: wrong shape, not finite, not orthogonal to 1e-8, or a reflection.
    """
    array = finite_array(rotation, (3, 3), "the rotation")
    gap = np.max(np.abs(array @ np.swapaxes(array, -1, -2) - np.eye(3)), initial=0.0)
    if gap > 1e-8:
        raise InputError(f"the rotation is not orthogonal: R R^T differs from the identity by {gap:.3g}")
    if np.any(np.linalg.det(array) < 0.0):
        raise InputError("the rotation has determinant -1; give a proper rotation (determinant +1)")
    return array


def mandel_rotation(rotation: ArrayLike) -> FloatArray:
    """The orthogonal 6x6 matrix that rotates Mandel vectors.

    Args:
        rotation: proper orthogonal R, shape (..., 3, 3); columns are the rotated basis vectors.

    Returns:
        M, shape (..., 6, 6), with ``to_mandel(R t R^T) = M to_mandel(t)``.

    Raises:
        InputError: not a proper rotation.
    """
    return unchecked_mandel_rotation(check_rotation(rotation))


def unchecked_mandel_rotation(rotation: FloatArray) -> FloatArray:
    """`mandel_rotation` of what is known to be a rotation, for inner loops."""
    both = np.einsum("...ik,...jl->...ijkl", rotation, rotation).reshape(*rotation.shape[:-2], 9, 9)
    flat = BASIS.reshape(6, 9)
    matrix: FloatArray = flat @ both @ flat.T
    return matrix


def rotate_stiffness(stiffness: ArrayLike, rotation: ArrayLike) -> FloatArray:
    """Stiffness (or compliance) of the rotated material: M C M^T.

    Args:
        stiffness: Mandel matrix, shape (..., 6, 6), any unit.
        rotation: R, shape (..., 3, 3), takes the material's axes to where they are.

    Returns:
        Shape (..., 6, 6), in the same fixed coordinates.

    Raises:
        InputError: wrong shape, not finite, or not a proper rotation.
    """
    c = finite_array(stiffness, (6, 6), "the stiffness")
    m = mandel_rotation(rotation)
    rotated: FloatArray = m @ c @ np.swapaxes(m, -1, -2)
    return rotated


def stiffness_to_voigt(stiffness: ArrayLike) -> FloatArray:
    """Stiffness in engineering (Voigt) notation, for stress = C strain with strains gamma = 2 epsilon.

    Args:
        stiffness: Mandel matrix, shape (..., 6, 6), order 11, 22, 33, 23, 13, 12.

    Returns:
        Same shape, unit and order; shear entries are the shear moduli themselves.

    Raises:
        InputError: wrong shape or not finite.
    """
    voigt: FloatArray = finite_array(stiffness, (6, 6), "the stiffness") / np.outer(_ENGINEERING, _ENGINEERING)
    return voigt


def stiffness_from_voigt(voigt: ArrayLike) -> FloatArray:
    """Mandel matrix of a stiffness in engineering (Voigt) notation; inverse of `stiffness_to_voigt`.

    Args:
        voigt: shape (..., 6, 6), order 11, 22, 33, 23, 13, 12.

    Returns:
        Mandel matrix of the same shape and unit.

    Raises:
        InputError: wrong shape or not finite.
    """
    mandel: FloatArray = finite_array(voigt, (6, 6), "the Voigt matrix") * np.outer(_ENGINEERING, _ENGINEERING)
    return mandel


def compliance_to_voigt(compliance: ArrayLike) -> FloatArray:
    """Compliance in engineering (Voigt) notation: 1/G on the shear diagonal.

    Args:
        compliance: Mandel matrix, shape (..., 6, 6), in 1/Pa.

    Returns:
        Same shape, unit and order.

    Raises:
        InputError: wrong shape or not finite.
    """
    voigt: FloatArray = finite_array(compliance, (6, 6), "the compliance") * np.outer(_ENGINEERING, _ENGINEERING)
    return voigt


def check_stiffness(stiffness: ArrayLike, name: str = "the stiffness") -> FloatArray:
    """`stiffness` as symmetric positive definite Mandel matrices, shape (..., 6, 6).

    Raises:
        InputError: wrong shape, not finite, not symmetric to 1e-8, or with an eigenvalue that is not positive.
    """
    return _check_positive(finite_array(stiffness, (6, 6), name), name)


def check_conductivity(conductivity: ArrayLike, name: str = "the conductivity") -> FloatArray:
    """`conductivity` as symmetric positive definite matrices, shape (..., 3, 3).

    Raises:
        InputError: wrong shape, not finite, not symmetric to 1e-8, or with an eigenvalue that is not positive.
    """
    return _check_positive(finite_array(conductivity, (3, 3), name), name)


def _check_positive(array: FloatArray, name: str) -> FloatArray:
    _require_symmetric(array, (-1, -2), name)
    symmetric: FloatArray = 0.5 * (array + np.swapaxes(array, -1, -2))
    smallest = float(np.min(np.linalg.eigvalsh(symmetric), initial=np.inf))
    if smallest <= 0.0:
        raise InputError(f"{name} is not positive definite: its smallest eigenvalue is {smallest:.6g}")
    return symmetric
