"""Exact effective tensors of laminates: any number of anisotropic layers.

Across the layers the normal stress (or flux) is uniform, along them the strain (or gradient) is; eliminating the rest
block by block gives the effective tensor without approximation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalebridge.errors import InputError
from scalebridge.solids.elasticity._mandel import PAIRS, FloatArray, check_conductivity, check_stiffness
from scalebridge.solids.elasticity._phases import check_fractions


def laminate_stiffness(stiffnesses: ArrayLike, fractions: ArrayLike, *, normal: int = 0) -> FloatArray:
    """Effective stiffness of a laminate of perfectly bonded layers.

    Postma 1955, doi 10.1190/1.1438187; Backus 1962, doi 10.1029/JZ067i011p04427, here for layers of any anisotropy.

    Args:
        stiffnesses: Mandel stiffnesses of the layers in Pa, shape (n, 6, 6).
        fractions: thickness of each layer over the whole thickness, shape (n,), sum 1.
        normal: coordinate axis (0, 1 or 2) normal to the layers; rotate the tensors for any other direction.

    Returns:
        Mandel stiffness (6, 6) in Pa.

    Raises:
        InputError: a stiffness is not symmetric positive definite, the fractions do not fit, or a wrong axis.
    """
    c = np.atleast_3d(np.asarray(stiffnesses, dtype=np.float64))
    if c.ndim != 3:
        raise InputError(f"layer stiffnesses of shape {c.shape}; give (n, 6, 6)")
    _check_axis(normal)
    across = [a for a, pair in enumerate(PAIRS) if normal in pair]
    return _eliminate(check_stiffness(c, "a layer's stiffness"), check_fractions(fractions, len(c)), across)


def laminate_conductivity(conductivities: ArrayLike, fractions: ArrayLike, *, normal: int = 0) -> FloatArray:
    """Effective conductivity of a laminate of layers in perfect contact.

    Args:
        conductivities: tensors of the layers in W/(m K), shape (n, 3, 3).
        fractions: thickness of each layer over the whole thickness, shape (n,), sum 1.
        normal: coordinate axis (0, 1 or 2) normal to the layers.

    Returns:
        Shape (3, 3), in W/(m K).

    Raises:
        InputError: a conductivity is not symmetric positive definite, the fractions do not fit, or a wrong axis.
    """
    k = np.atleast_3d(np.asarray(conductivities, dtype=np.float64))
    if k.ndim != 3:
        raise InputError(f"layer conductivities of shape {k.shape}; give (n, 3, 3)")
    _check_axis(normal)
    return _eliminate(check_conductivity(k, "a layer's conductivity"), check_fractions(fractions, len(k)), [normal])


def _check_axis(normal: int) -> None:
    if normal not in (0, 1, 2):
        raise InputError(f"the normal axis is {normal}; it must be 0, 1 or 2")


def _eliminate(tensors: FloatArray, fractions: FloatArray, across: list[int]) -> FloatArray:
    along = [a for a in range(tensors.shape[1]) if a not in across]
    soft = np.linalg.inv(tensors[np.ix_(range(len(tensors)), across, across)])
    mixed = soft @ tensors[np.ix_(range(len(tensors)), across, along)]
    schur = tensors[np.ix_(range(len(tensors)), along, along)] - tensors[:, along][:, :, across] @ mixed
    mean_soft, mean_mixed, mean_schur = (np.einsum("n,nab->ab", fractions, x) for x in (soft, mixed, schur))
    normal = np.linalg.inv(mean_soft)
    effective = np.empty(tensors.shape[1:])
    effective[np.ix_(across, across)] = normal
    effective[np.ix_(across, along)] = normal @ mean_mixed
    effective[np.ix_(along, across)] = (normal @ mean_mixed).T
    effective[np.ix_(along, along)] = mean_schur + mean_mixed.T @ normal @ mean_mixed
    return effective
