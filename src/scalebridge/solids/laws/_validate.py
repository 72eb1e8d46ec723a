"""Checks of material parameters; each says what was found, where, and what is allowed."""

from __future__ import annotations

import numpy as np

from scalebridge.errors import InputError


def finite_number(where: str, value: float) -> float:
    """`value` as a float; InputError where it is no finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{where} is {value!r}; it must be a number.") from None
    if not np.isfinite(number):
        raise InputError(f"{where} is {number}; it must be finite.")
    return number


def positive(where: str, value: float) -> float:
    """`value` as a float; InputError where it is not above zero."""
    number = finite_number(where, value)
    if number <= 0:
        raise InputError(f"{where} is {number:g}; it must be positive.")
    return number


def not_negative(where: str, value: float) -> float:
    """`value` as a float; InputError where it is below zero."""
    number = finite_number(where, value)
    if number < 0:
        raise InputError(f"{where} is {number:g}; it must be zero or positive.")
    return number


def poisson_ratio(where: str, value: float) -> float:
    """`value` as a float; InputError outside of the open interval (-1, 1/2)."""
    number = finite_number(where, value)
    if not -1.0 < number < 0.5:
        raise InputError(
            f"{where} is {number:g}; an isotropic solid needs -1 < nu < 0.5 (0.5 itself is incompressible and has no "
            "finite bulk modulus: use e.g. 0.499)."
        )
    return number


def positive_definite(where: str, matrix: np.ndarray, n: int) -> np.ndarray:
    """A read-only symmetric positive definite (n, n) float64 copy of `matrix`; InputError where it is not one."""
    try:
        values = np.array(matrix, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{where} is {matrix!r}; it must be an array of numbers of shape {(n, n)}.") from None
    if values.shape != (n, n):
        raise InputError(f"{where} has shape {values.shape}; it must be {(n, n)}.")
    if not np.isfinite(values).all():
        raise InputError(f"{where} has entries that are NaN or infinite; all must be finite.")
    _check_symmetric(where, values)
    values = 0.5 * (values + values.T)
    _check_eigenvalues(where, values)
    values.flags.writeable = False
    return values


def _check_symmetric(where: str, values: np.ndarray) -> None:
    i, j = np.unravel_index(np.argmax(np.abs(values - values.T)), values.shape)
    if abs(values[i, j] - values[j, i]) > 1e-8 * np.abs(values).max():
        raise InputError(
            f"{where} is not symmetric: entry ({i + 1},{j + 1}) is {values[i, j]:g}, entry ({j + 1},{i + 1}) is "
            f"{values[j, i]:g}; they must be equal."
        )


def _check_eigenvalues(where: str, values: np.ndarray) -> None:
    eigenvalues, vectors = np.linalg.eigh(values)
    if eigenvalues[0] <= 1e-14 * abs(eigenvalues[-1]):
        mode = ", ".join(f"{x:.3g}" for x in vectors[:, 0])
        raise InputError(
            f"{where} is not positive definite: its smallest eigenvalue is {eigenvalues[0]:g}, with the eigenvector "
            f"({mode}); all eigenvalues must be positive, or the material would give energy away when loaded that way."
        )


def rotation(where: str, matrix: np.ndarray) -> np.ndarray:
    """A (3, 3) float64 rotation; InputError where `matrix` is none."""
    values = np.asarray(matrix, dtype=np.float64)
    if values.shape != (3, 3) or not np.isfinite(values).all():
        raise InputError(f"{where} has shape {values.shape}; it must be a finite (3, 3) rotation matrix.")
    error = np.abs(values @ values.T - np.eye(3)).max()
    if error > 1e-8 or np.linalg.det(values) < 0:
        raise InputError(
            f"{where} is not a rotation: R R^T differs from 1 by {error:.2g}, det R is {np.linalg.det(values):.6g}; "
            "allowed are 1e-8 and 1."
        )
    return values
