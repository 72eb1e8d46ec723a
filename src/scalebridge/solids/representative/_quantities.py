"""Scalar properties that are followed against size, and their bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scalebridge.errors import InputError
from scalebridge.solids.elasticity import (
    hashin_shtrikman,
    hashin_shtrikman_conductivity,
    hashin_shtrikman_plane,
    isotropic_projection,
    isotropic_stiffness,
    reuss_average,
    voigt_average,
)

FloatArray = NDArray[np.float64]
Property = Literal["stiffness", "conductivity"]

TENSOR_SIZE: Mapping[Property, int] = {"stiffness": 6, "conductivity": 3}


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """A scalar property that is linear in the tensor: the sum of weights times entries.

    The weights are positive semidefinite, so that ordered tensors have ordered quantities.

    Attributes:
        name: short name, e.g. ``"K"``.
        label: for the reader, e.g. ``"bulk modulus"``.
        unit: unit of the tensor.
        weights: symmetric matrix, shape (6, 6) or (3, 3).
    """

    name: str
    label: str
    unit: str
    weights: FloatArray

    def of(self, tensors: FloatArray) -> FloatArray:
        """The quantity of tensors of shape (..., m, m)."""
        values: FloatArray = np.einsum("...ab,ab->...", tensors, self.weights)
        return values


def study_quantities(prop: Property, ndim: int) -> tuple[Quantity, ...]:
    """The quantities of a study: isotropic parts in space, transversely isotropic parts of a section.

    Args:
        prop: ``"stiffness"`` or ``"conductivity"``.
        ndim: 3, or 2 for a section normal to x3.

    Raises:
        InputError: another property or number of dimensions.
    """
    if prop not in TENSOR_SIZE or ndim not in (2, 3):
        raise InputError(f"property {prop!r} in {ndim} dimensions; allowed are 'stiffness' or 'conductivity', 2 or 3")
    if prop == "conductivity":
        weights = np.diag([1.0 / ndim if i < ndim else 0.0 for i in range(3)])
        label = "thermal conductivity" if ndim == 3 else "transverse thermal conductivity"
        return (Quantity("k" if ndim == 3 else "k_T", label, "W/(m K)", weights),)
    if ndim == 3:
        spherical = np.zeros((6, 6))
        spherical[:3, :3] = 1.0 / 3.0
        return (
            Quantity("K", "bulk modulus", "Pa", spherical / 3.0),
            Quantity("G", "shear modulus", "Pa", (np.eye(6) - spherical) / 10.0),
        )
    dilation, shear = np.array([1.0, 1.0, 0, 0, 0, 0]), np.array([1.0, -1.0, 0, 0, 0, 0])
    return (
        Quantity("K_T", "transverse plane-strain bulk modulus", "Pa", np.outer(dilation, dilation) / 4.0),
        Quantity("G_TT", "transverse shear modulus", "Pa", np.outer(shear, shear) / 8.0 + np.diag([0] * 5 + [0.25])),
        Quantity("G_LT", "axial shear modulus", "Pa", np.diag([0, 0, 0, 0.25, 0.25, 0])),
    )


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of one quantity, in its unit.

    Attributes:
        reuss: lower bound for any arrangement.
        voigt: upper bound for any arrangement.
        hashin_shtrikman: lower and upper bound of statistically isotropic (in a section: transversely isotropic)
            arrangements of isotropic phases; NaN where a phase is anisotropic.
    """

    reuss: float
    voigt: float
    hashin_shtrikman: tuple[float, float]


def quantity_bounds(quantities: tuple[Quantity, ...], tensors: FloatArray, fractions: FloatArray) -> tuple[Bounds, ...]:
    """Bounds of each quantity of a mixture.

    Args:
        quantities: from `study_quantities`.
        tensors: the phases' tensors, shape (n, m, m).
        fractions: volume fractions, shape (n,).

    Raises:
        InputError: a tensor is not symmetric positive definite, or the fractions do not fit.
    """
    reuss, voigt = reuss_average(tensors, fractions), voigt_average(tensors, fractions)
    narrow = _hashin_shtrikman(tensors, fractions, quantities)
    unknown = (math.nan, math.nan)
    return tuple(Bounds(float(q.of(reuss)), float(q.of(voigt)), narrow.get(q.name, unknown)) for q in quantities)


def _hashin_shtrikman(
    tensors: FloatArray, fractions: FloatArray, quantities: tuple[Quantity, ...]
) -> dict[str, tuple[float, float]]:
    """Bounds by name of the quantity; none where a phase is anisotropic."""
    if tensors.shape[-1] == 3:
        k = tensors[:, 0, 0]
        isotropic = k[:, None, None] * np.eye(3)
        bounds = {
            "k": lambda: hashin_shtrikman_conductivity(k, fractions),
            "k_T": lambda: hashin_shtrikman_conductivity(k, fractions, dimension=2),
        }
    else:
        bulk, shear = np.array([isotropic_projection(c) for c in tensors]).T
        isotropic = np.stack([isotropic_stiffness(*moduli) for moduli in zip(bulk, shear, strict=True)])
        plane = bulk + shear / 3.0
        bounds = {
            "K": lambda: hashin_shtrikman(bulk, shear, fractions).bulk_modulus,
            "G": lambda: hashin_shtrikman(bulk, shear, fractions).shear_modulus,
            "K_T": lambda: hashin_shtrikman_plane(plane, shear, fractions).bulk_modulus,
            "G_TT": lambda: hashin_shtrikman_plane(plane, shear, fractions).shear_modulus,
            "G_LT": lambda: hashin_shtrikman_conductivity(shear, fractions, dimension=2),
        }
    if np.linalg.norm(isotropic - tensors) > 1e-8 * np.linalg.norm(tensors):
        return {}
    return {q.name: bounds[q.name]() for q in quantities}
