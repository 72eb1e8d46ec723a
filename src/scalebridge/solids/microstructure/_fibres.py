"""Sections through unidirectional fibres, normal to x3."""

from __future__ import annotations

import math

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.microstructure._checks import count as whole
from scalebridge.solids.microstructure._checks import fraction, grid, length
from scalebridge.solids.microstructure._microstructure import Microstructure
from scalebridge.solids.microstructure._packing import Packing, pack
from scalebridge.solids.microstructure._random import Randomness, generator
from scalebridge.solids.microstructure._sizes import diameters_with_spread
from scalebridge.solids.microstructure._voxelize import voxelize


def square_fibres(volume_fraction: float, *, diameter: float, voxels: int) -> Microstructure:
    """One fibre in the middle of a square cell.

    Args:
        volume_fraction: share of the fibre, below pi/4.
        diameter: of the fibre in m; the cell follows from it.
        voxels: number of voxels along each edge.

    Returns:
        The section, (voxels, voxels): phase 0 matrix, 1 fibre.

    Raises:
        InputError: fibres would touch, or the grid is too coarse.
    """
    fraction("The volume fraction of a square array", volume_fraction, math.pi / 4)
    edge = length("The fibre diameter", diameter) * math.sqrt(math.pi / (4 * volume_fraction))
    packing = Packing(np.array([[edge / 2, edge / 2]]), np.array([diameter]), (edge, edge))
    return voxelize(packing, (whole("voxels", voxels),) * 2, kind="fibre", wanted=volume_fraction)


def hexagonal_fibres(volume_fraction: float, *, diameter: float, voxels: int | tuple[int, int]) -> Microstructure:
    """Two fibres in the rectangular cell a x sqrt(3) a of a hexagonal array.

    Args:
        volume_fraction: share of the fibres, below pi/sqrt(12).
        diameter: of the fibres in m; the cell follows from it.
        voxels: number along the short edge (the long edge gets sqrt(3) times as many, rounded), or both numbers.

    Returns:
        The section: phase 0 matrix, 1 fibre.

    Raises:
        InputError: fibres would touch, or the grid is too coarse.
    """
    fraction("The volume fraction of a hexagonal array", volume_fraction, math.pi / math.sqrt(12))
    if isinstance(voxels, tuple):
        shape = grid("voxels", voxels, (2,))
    else:
        shape = (whole("voxels", voxels), round(math.sqrt(3) * voxels))
    short = length("The fibre diameter", diameter) * math.sqrt(math.pi / (2 * math.sqrt(3) * volume_fraction))
    tall = math.sqrt(3) * short
    centres = np.array([[short / 2, tall / 2], [0.0, 0.0]])
    packing = Packing(centres, np.array([diameter, diameter]), (short, tall))
    return voxelize(packing, shape, kind="fibre", wanted=volume_fraction)


def random_fibres(
    volume_fraction: float,
    *,
    count: int,
    diameter: float,
    voxels: int,
    rng: Randomness,
    minimum_gap: float = 0.0,
    variation: float = 0.0,
) -> Microstructure:
    """Fibres placed at random without overlap in a periodic square cell: the equilibrium hard-disc fluid.

    Args:
        volume_fraction: share of the fibres; 0.65 and somewhat more is reached.
        count: number of fibres; the cell follows from it.
        diameter: mean fibre diameter in m.
        voxels: number of voxels along each edge.
        rng: generator or seed sequence.
        minimum_gap: smallest distance between the surfaces of two fibres in m.
        variation: coefficient of variation of the diameters (log-normal), 0 for equal fibres.

    Returns:
        The section, (voxels, voxels): phase 0 matrix, 1 fibre.

    Raises:
        InputError: the volume fraction is impossible or too dense, or the grid is too coarse.

    Source:
        See `pack`.
    """
    fraction("The volume fraction of fibres", volume_fraction)
    if not minimum_gap >= 0:
        raise InputError(f"The minimum gap is a length in m, 0 or more; found {minimum_gap!r}.")
    random = generator(rng)
    diameters = diameters_with_spread(whole("count", count), length("The fibre diameter", diameter), variation, random)
    packing = pack(volume_fraction, diameters, 2, rng=random, minimum_gap=minimum_gap)
    return voxelize(packing, (whole("voxels", voxels),) * 2, kind="fibre", wanted=volume_fraction)


def extrude(section: Microstructure, voxels: int, thickness: float) -> Microstructure:
    """The 3-D microstructure that a section stands for: the same at every x3.

    Args:
        section: 2-D microstructure.
        voxels: number of voxels along x3.
        thickness: length along x3 in m.

    Returns:
        The 3-D microstructure.

    Raises:
        InputError: the microstructure is 3-D already, or a number is not positive.
    """
    if section.ndim != 2:
        raise InputError(f"Only a 2-D section can be extruded; this microstructure has shape {section.shape}.")
    layers = whole("voxels", voxels)
    phase = np.repeat(section.phase[:, :, None], layers, axis=2)
    size = (*section.size, length("The thickness", thickness))
    return Microstructure(phase, size, section.names, section.orientations, section.origin)


def add_particle(cell: Microstructure, diameter: float) -> Microstructure:
    """One spherical particle of a new phase, where the matrix of a periodic 3-D cell has most room for it.

    Args:
        cell: 3-D microstructure whose phase 0 is the matrix.
        diameter: of the particle in m.

    Returns:
        The cell with the particle as its highest phase.

    Raises:
        InputError: the microstructure is 2-D, the particle does not fit into the matrix, or it is less than a voxel.
    """
    from scipy import ndimage

    if cell.ndim != 3:
        raise InputError("A particle needs a 3-D cell; extrude the section first.")
    radius = 0.5 * length("The particle's diameter", diameter)
    tiled = np.pad(cell.phase == 0, [(n // 2, n - n // 2) for n in cell.shape], mode="wrap")
    room = ndimage.distance_transform_edt(tiled, sampling=cell.spacing)
    inside = tuple(slice(n // 2, n // 2 + n) for n in cell.shape)
    found = np.unravel_index(int(np.argmax(room[inside])), cell.shape)
    if room[inside][found] < radius:
        raise InputError(
            f"A particle of diameter {diameter:.3g} m does not fit between the fibres; the widest place in the matrix "
            f"takes {2.0 * room[inside][found]:.3g} m."
        )
    # distances in a periodic cell, from the middle of the voxel that was found
    away = np.zeros(cell.shape)
    for axis, (n, step) in enumerate(zip(cell.shape, cell.spacing, strict=True)):
        gap = np.abs(np.arange(n) - found[axis])
        shape = [1, 1, 1]
        shape[axis] = n
        away = away + (np.minimum(gap, n - gap) * step).reshape(shape) ** 2
    ball = away <= radius**2
    if int(ball.sum()) < 2:
        raise InputError(f"A particle of diameter {diameter:.3g} m is less than a voxel; make voxels smaller.")
    phase = np.where(ball, max(cell.phases) + 1, cell.phase)
    return Microstructure(phase, cell.size, {}, cell.orientations, cell.origin)
