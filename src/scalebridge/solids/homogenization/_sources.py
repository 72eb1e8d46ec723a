"""Where the realisations of an RVE study come from: drawn anew at any size, or cut from an image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.microstructure import (
    Microstructure,
    polycrystal,
    random_fibres,
    random_spheres,
    voronoi_mosaic,
)


@dataclass(frozen=True)
class FibreSource:
    """Draws sections through random unidirectional fibres.

    Attributes:
        volume_fraction: share of the fibres.
        diameter: mean fibre diameter in m.
        voxel_size: voxel edge in m.
        minimum_gap: smallest distance between fibres in m.
        variation: coefficient of variation of the diameters.
    """

    volume_fraction: float
    diameter: float
    voxel_size: float
    minimum_gap: float = 0.0
    variation: float = 0.0

    def __call__(self, edge: float, rng: np.random.Generator) -> Microstructure:
        """A section of about `edge` (m), with the whole number of fibres that comes nearest."""
        return random_fibres(
            self.volume_fraction,
            count=max(1, round(self.volume_fraction * edge**2 / (math.pi / 4 * self.diameter**2))),
            diameter=self.diameter,
            voxels=voxels_along(edge, self.voxel_size),
            rng=rng,
            minimum_gap=self.minimum_gap,
            variation=self.variation,
        )


@dataclass(frozen=True)
class SphereSource:
    """Draws cubes with random spheres; attributes as in `FibreSource`."""

    volume_fraction: float
    diameter: float
    voxel_size: float
    minimum_gap: float = 0.0
    variation: float = 0.0

    def __call__(self, edge: float, rng: np.random.Generator) -> Microstructure:
        """A cube of about `edge` (m), with the whole number of spheres that comes nearest."""
        return random_spheres(
            self.volume_fraction,
            count=max(1, round(self.volume_fraction * edge**3 / (math.pi / 6 * self.diameter**3))),
            diameter=self.diameter,
            voxels=voxels_along(edge, self.voxel_size),
            rng=rng,
            minimum_gap=self.minimum_gap,
            variation=self.variation,
        )


@dataclass(frozen=True)
class PolycrystalSource:
    """Draws Voronoi polycrystals.

    Attributes:
        grain_size: edge in m of the cube (square) that has the mean volume of a grain.
        voxel_size: voxel edge in m.
        ndim: 2 or 3.
    """

    grain_size: float
    voxel_size: float
    ndim: int

    def __call__(self, edge: float, rng: np.random.Generator) -> Microstructure:
        """A cell of `edge` (m)."""
        grains = max(1, round((edge / self.grain_size) ** self.ndim))
        shape = (voxels_along(edge, self.voxel_size),) * self.ndim
        return polycrystal(grains, shape=shape, size=(edge,) * self.ndim, rng=rng)


@dataclass(frozen=True)
class MosaicSource:
    """Draws two-phase Poisson-Voronoi mosaics.

    Attributes:
        grain_size: edge in m of the cube (square) that has the mean volume of a cell of the mosaic.
        probability: of phase 1.
        voxel_size: voxel edge in m.
        ndim: 2 or 3.
    """

    grain_size: float
    probability: float
    voxel_size: float
    ndim: int

    def __call__(self, edge: float, rng: np.random.Generator) -> Microstructure:
        """A cell of `edge` (m)."""
        shape = (voxels_along(edge, self.voxel_size),) * self.ndim
        mean = (edge / self.grain_size) ** self.ndim
        return voronoi_mosaic(mean, self.probability, shape=shape, size=(edge,) * self.ndim, rng=rng)


@dataclass(frozen=True, eq=False)
class WindowSource:
    """Cuts windows from one image at random places, without going round its edges.

    Windows that overlap share material and are not independent; see `independence`.

    Attributes:
        image: the whole microstructure.
    """

    image: Microstructure

    def __call__(self, edge: float, rng: np.random.Generator) -> Microstructure:
        """A window of `edge` (m), rounded to whole voxels.

        Raises:
            InputError: the window is larger than the image.
        """
        counts = [voxels_along(edge, step) for step in self.image.spacing]
        if any(n > have for n, have in zip(counts, self.image.shape, strict=True)):
            raise InputError(f"A window of {edge:.3g} m does not fit into the image of {self.image.size} m.")
        corner = [int(rng.integers(have - n + 1)) for n, have in zip(counts, self.image.shape, strict=True)]
        phase = self.image.phase[tuple(slice(c, c + n) for c, n in zip(corner, counts, strict=True))]
        there = set(np.unique(phase).tolist())
        return Microstructure(
            phase,
            tuple(n * step for n, step in zip(counts, self.image.spacing, strict=True)),
            {p: name for p, name in self.image.names.items() if p in there},
            {p: turn for p, turn in self.image.orientations.items() if p in there},
            origin=f"a window at voxel {tuple(corner)} of {self.image.origin}",
        )

    def independence(self, edge: float, windows: int) -> float:
        """Volume of the image over that of all windows together; below 1 they must overlap."""
        return float(np.prod([length / edge for length in self.image.size])) / windows


Source = FibreSource | SphereSource | PolycrystalSource | MosaicSource | WindowSource


def voxels_along(edge: float, voxel_size: float) -> int:
    """Whole number of voxels along an edge, at least 2."""
    return max(2, round(edge / voxel_size))
