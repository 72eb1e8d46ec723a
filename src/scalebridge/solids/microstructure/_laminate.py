"""Laminates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.microstructure._checks import cell, grid
from scalebridge.solids.microstructure._microstructure import Microstructure

_WHOLE = 1e-9


def laminate(
    fractions: Sequence[float], *, shape: Sequence[int], size: Sequence[float], axis: int = 0
) -> Microstructure:
    """Layers normal to an axis, phases 0, 1, ... in that order, with boundaries exactly between voxels.

    Args:
        fractions: share of each layer; they sum to one.
        shape: number of voxels along each axis, 2 or 3 of them.
        size: edge lengths in m.
        axis: array axis normal to the layers; 0 stands for x1.

    Returns:
        The microstructure.

    Raises:
        InputError: the shares do not sum to one, or a boundary would cut a voxel; the nearest possible shares are told.
    """
    voxels = grid("shape", shape)
    edges = cell(size, len(voxels))
    if not 0 <= axis < len(voxels):
        raise InputError(f"axis is an array axis, 0 to {len(voxels) - 1}; found {axis!r}.")
    thickness = _whole_layers(fractions, voxels[axis])
    layers = np.repeat(np.arange(len(thickness)), thickness)
    along = layers.reshape([-1 if a == axis else 1 for a in range(len(voxels))])
    shares = ", ".join(f"{share:g}" for share in fractions)
    origin = f"a laminate normal to x{axis + 1}, layers {shares}"
    return Microstructure(np.broadcast_to(along, voxels), edges, origin=origin)


def _whole_layers(fractions: Sequence[float], n: int) -> list[int]:
    shares = np.asarray(fractions, dtype=float)
    if shares.ndim != 1 or shares.size == 0 or not np.all(shares > 0) or abs(shares.sum() - 1) > _WHOLE:
        raise InputError(f"The shares of the layers are positive and sum to one; found {list(fractions)}.")
    wanted = shares * n
    nearest = np.diff(np.rint(np.concatenate([[0.0], np.cumsum(wanted)]))).astype(int)
    if np.abs(wanted - nearest).max() > _WHOLE * n or nearest.min() < 1:
        possible = ", ".join(f"{count}/{n} = {count / n:.6g}" for count in nearest)
        raise InputError(
            f"Layers of {list(fractions)} do not end between voxels on {n} voxels. Nearest possible: {possible}; or "
            "take another number of voxels."
        )
    layers: list[int] = nearest.tolist()
    return layers
