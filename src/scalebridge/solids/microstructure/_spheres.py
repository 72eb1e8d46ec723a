"""Spheres in a matrix."""

from __future__ import annotations

from typing import Literal

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.microstructure._checks import count as whole
from scalebridge.solids.microstructure._checks import fraction, length
from scalebridge.solids.microstructure._microstructure import Microstructure
from scalebridge.solids.microstructure._packing import pack
from scalebridge.solids.microstructure._random import Randomness, generator
from scalebridge.solids.microstructure._sizes import diameters_with_spread
from scalebridge.solids.microstructure._voxelize import voxelize


def centred_sphere(
    radius: float, *, voxels: int, edge: float = 1.0, sampling: Literal["centre", "node"] = "centre"
) -> Microstructure:
    """One sphere in the middle of a cube.

    Args:
        radius: as a share of the cube's edge, below 1/2.
        voxels: number of voxels along each edge.
        edge: of the cube in m.
        sampling: a voxel belongs to the sphere when its centre, or its lowest corner (``"node"``, voxel i at i/n as
            in the sphere benchmark of other voxel codes), lies inside.

    Returns:
        The cube: phase 0 matrix, 1 sphere.

    Raises:
        InputError: the radius does not fit, or no voxel is inside.
    """
    fraction("The radius as a share of the edge", radius, 0.5)
    if sampling not in ("centre", "node"):
        raise InputError(f"sampling is 'centre' or 'node'; found '{sampling}'.")
    n = whole("voxels", voxels)
    # In units of the edge, so that which voxels are inside does not depend on the rounding of the edge.
    away = ((np.arange(n) + (0.5 if sampling == "centre" else 0.0)) / n - 0.5) ** 2
    inside = away[:, None, None] + away[:, None] + away < radius**2
    if not inside.any():
        raise InputError(f"A sphere of radius {radius:g} edges holds no voxel of a grid of {n}; take more voxels.")
    origin = f"a centred sphere of radius {radius:g} edges, volume fraction {inside.mean():.4f} achieved"
    size = (length("The edge", edge),) * 3
    return Microstructure(inside.astype(np.int32), size, {0: "matrix", 1: "sphere"}, origin=origin)


def random_spheres(
    volume_fraction: float,
    *,
    count: int,
    diameter: float,
    voxels: int,
    rng: Randomness,
    minimum_gap: float = 0.0,
    variation: float = 0.0,
) -> Microstructure:
    """Spheres placed at random without overlap in a periodic cube: the equilibrium hard-sphere fluid.

    Args:
        volume_fraction: share of the spheres; 0.5 and somewhat more is reached.
        count: number of spheres; the cube follows from it.
        diameter: mean diameter in m.
        voxels: number of voxels along each edge.
        rng: generator or seed sequence.
        minimum_gap: smallest distance between the surfaces of two spheres in m.
        variation: coefficient of variation of the diameters (log-normal), 0 for equal spheres.

    Returns:
        The cube: phase 0 matrix, 1 sphere.

    Raises:
        InputError: the volume fraction is impossible or too dense, or the grid is too coarse.

    Source:
        See `pack`.
    """
    fraction("The volume fraction of spheres", volume_fraction)
    if not minimum_gap >= 0:
        raise InputError(f"The minimum gap is a length in m, 0 or more; found {minimum_gap!r}.")
    random = generator(rng)
    diameters = diameters_with_spread(whole("count", count), length("The diameter", diameter), variation, random)
    packing = pack(volume_fraction, diameters, 3, rng=random, minimum_gap=minimum_gap)
    return voxelize(packing, (whole("voxels", voxels),) * 3, kind="sphere", wanted=volume_fraction)
