"""Periodic Voronoi cells: polycrystals and two-phase mosaics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scalebridge.solids.microstructure._checks import cell, fraction, grid
from scalebridge.solids.microstructure._checks import count as whole
from scalebridge.solids.microstructure._microstructure import Microstructure
from scalebridge.solids.microstructure._random import Randomness, generator, random_rotations


def polycrystal(grains: int, *, shape: Sequence[int], size: Sequence[float], rng: Randomness) -> Microstructure:
    """Voronoi cells of uniform random points, periodic, each a phase with an orientation uniform on SO(3).

    Args:
        grains: number of grains.
        shape: number of voxels along each axis, 2 or 3 of them.
        size: edge lengths in m.
        rng: generator or seed sequence.

    Returns:
        The microstructure; grain g is phase g, and a grain too small to hold the centre of a voxel is left out.

    Raises:
        InputError: a number is not positive.
    """
    voxels, edges, random = grid("shape", shape), cell(size, len(shape)), generator(rng)
    count = whole("grains", grains)
    phase = _nearest_seed(random.random((count, len(voxels))) * edges, voxels, edges)
    turns = random_rotations(count, random)
    orientations = {int(grain): turns[grain] for grain in np.unique(phase)}
    origin = f"a Voronoi polycrystal of {count} grains with uniform random orientations"
    return Microstructure(phase, edges, orientations=orientations, origin=origin)


def voronoi_mosaic(
    grains: float, probability: float, *, shape: Sequence[int], size: Sequence[float], rng: Randomness
) -> Microstructure:
    """Poisson-Voronoi mosaic: the cells of a Poisson point process, each phase 1 with a probability, else phase 0.

    The number of grains is a Poisson deviate (drawn again when it is 0), so that the mosaic is statistically the same
    at every size of the cell; a small cell can hold a single phase. Its integral range in units of the mean cell is
    E[V^2]/E[V]^2: 1.280 in 2-D, 1.179 in 3-D.

    Args:
        grains: mean number of grains in the cell.
        probability: of phase 1.
        shape: number of voxels along each axis, 2 or 3 of them.
        size: edge lengths in m.
        rng: generator or seed sequence.

    Returns:
        The microstructure.

    Raises:
        InputError: a number is out of range.

    Source:
        Second moment of the cell: Gilbert 1962, Ann Math Stat 33, 958, doi:10.1214/aoms/1177704464.
    """
    voxels, edges, random = grid("shape", shape), cell(size, len(shape)), generator(rng)
    fraction("The probability of phase 1", probability)
    mean = fraction("The mean number of grains", grains, float("inf"))
    count = 0
    while count == 0:
        count = int(random.poisson(mean))
    grain = _nearest_seed(random.random((count, len(voxels))) * edges, voxels, edges)
    phase = (random.random(count) < probability).astype(np.int32)[grain]
    origin = f"a Poisson-Voronoi mosaic of {count} grains, phase 1 with probability {probability:g}"
    return Microstructure(phase, edges, origin=origin)


def _nearest_seed(
    seeds: npt.NDArray[np.float64], shape: tuple[int, ...], size: tuple[float, ...]
) -> npt.NDArray[np.int32]:
    """Index of the seed nearest to the centre of each voxel, with periodic images."""
    from scipy.spatial import cKDTree

    axes = [(np.arange(n) + 0.5) * (edge / n) for n, edge in zip(shape, size, strict=True)]
    centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(shape))
    tree = cKDTree(seeds % np.array(size), boxsize=size)
    return tree.query(centres)[1].reshape(shape).astype(np.int32)  # type: ignore[no-any-return]
