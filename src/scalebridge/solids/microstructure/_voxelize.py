"""Discs and balls to voxels."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.microstructure._microstructure import Microstructure
from scalebridge.solids.microstructure._packing import Packing

_COARSEST = 2.0


def voxelize(packing: Packing, shape: tuple[int, ...], *, kind: str, wanted: float) -> Microstructure:
    """Phase 1 where the centre of a voxel lies inside a particle, phase 0 elsewhere, with periodic images.

    Args:
        packing: the particles.
        shape: number of voxels along each axis.
        kind: what the particles are, e.g. ``"fibre"``; becomes the name of phase 1.
        wanted: volume fraction asked for, to be set against the one achieved.

    Returns:
        The microstructure; its origin tells wanted and achieved volume fraction.

    Raises:
        InputError: the smallest particle is less than two voxels across.
    """
    spacing = [edge / n for edge, n in zip(packing.box, shape, strict=True)]
    smallest = float(packing.diameters.min())
    if smallest < _COARSEST * max(spacing):
        needed = math.ceil(_COARSEST * max(packing.box) / smallest)
        raise InputError(
            f"The smallest {kind} ({smallest:.3g} m) is less than {_COARSEST:g} voxels of {max(spacing):.3g} m across; "
            f"take at least {needed} voxels along each edge."
        )
    phase = np.zeros(shape, dtype=np.int32)
    for centre, diameter in zip(packing.centres, packing.diameters, strict=True):
        _fill(phase, centre, diameter / 2, spacing)
    achieved = float(phase.mean())
    grid = " x ".join(str(n) for n in shape)
    origin = f"{kind}s at a volume fraction of {wanted:.4f} asked for, {achieved:.4f} achieved on {grid} voxels"
    return Microstructure(phase, packing.box, {0: "matrix", 1: kind}, origin=origin)


def _fill(phase: npt.NDArray[np.int32], centre: npt.NDArray[np.float64], radius: float, spacing: list[float]) -> None:
    squares: npt.NDArray[np.float64] = np.zeros(1)
    wrapped = []
    for axis, (middle, step) in enumerate(zip(centre, spacing, strict=True)):
        index = np.arange(math.floor((middle - radius) / step), math.ceil((middle + radius) / step) + 1)
        # A cell of a single particle may be narrower than the block: its indices must not repeat after wrapping.
        index = index[: phase.shape[axis]] if len(index) > phase.shape[axis] else index
        away = ((index + 0.5) * step - middle) ** 2
        squares = squares[..., None] + away
        wrapped.append(index % phase.shape[axis])
    block = np.ix_(*wrapped)
    phase[block] = np.where(squares[0] < radius**2, 1, phase[block])
