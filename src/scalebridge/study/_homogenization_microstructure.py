"""Table ``[microstructure]`` of a homogenization study."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, StringConstraints

from scalebridge.errors import Problem
from scalebridge.study._model import InputFile, StudyPart
from scalebridge.units import Quantity, format_quantity

if TYPE_CHECKING:
    from scalebridge.solids.homogenization import FibreSource, MosaicSource, PolycrystalSource, SphereSource
    from scalebridge.solids.microstructure import Microstructure

    AnySource = FibreSource | MosaicSource | PolycrystalSource | SphereSource

Length = Annotated[float, Quantity("length", gt=0.0)]
Share = Annotated[float, Quantity("dimensionless", gt=0.0, lt=1.0)]
Spread = Annotated[float, Quantity("dimensionless", ge=0.0, le=0.5)]
Gap = Annotated[float, Quantity("length", ge=0.0)]
VoxelSize = Length | Annotated[tuple[Length, ...], Field(min_length=2, max_length=3)]

# Voxels along an edge: more is no homogenization for one machine, and most probably a slip in a unit.
MOST_VOXELS = {2: 8192, 3: 640}
MOST_PARTICLES = 3000


class FilePart(StudyPart):
    """Voxels from a file."""

    source: Literal["file"]
    file: InputFile = Field(
        description="image (.png .jpg .bmp .tif), stack (.tif) or array (.npy .npz .h5 .vti)", examples=["section.png"]
    )
    voxel_size: VoxelSize | None = Field(default=None, description="voxel edge, or one for each axis")
    thresholds: str | float | tuple[float, ...] | None = Field(
        default=None, description='grey values that separate phases, "otsu" for two phases, "otsu-3" for three'
    )
    phases: dict[Annotated[str, StringConstraints(pattern=r"^-?\d{1,9}$")], int] | Literal["labels"] | None = Field(
        default=None, description='phase of each value, or "labels" where every value is a phase'
    )
    dataset: str | None = Field(default=None, description="array to read, in files that hold several")
    axes: str | None = Field(default=None, description="meaning of the array axes, first to last", examples=["zyx"])

    def draw(self, rng: np.random.Generator) -> Microstructure:
        """The microstructure in the file."""
        from scalebridge.solids.microstructure import load

        del rng
        table = {int(k): v for k, v in self.phases.items()} if isinstance(self.phases, dict) else self.phases
        return load(
            self.file,
            voxel_size=self.voxel_size,
            thresholds=self.thresholds,
            phases=table,
            dataset=self.dataset,
            axes=self.axes,
        )

    def problems(self) -> Iterator[Problem]:
        """None: the file speaks for itself."""
        return iter(())

    def generator(self) -> None:
        """Nothing is drawn anew; realisations are cut from the file."""


class FibresPart(StudyPart):
    """Unidirectional fibres along axis 3: a section, or with a depth a cell in three dimensions."""

    source: Literal["fibres"]
    arrangement: Literal["random", "square", "hexagonal"] = "random"
    volume_fraction: Share
    diameter: Length
    voxel_size: Length
    edge: Length | None = Field(default=None, description="edge of the section, for the random arrangement")
    minimum_gap: Gap = 0.0
    variation: Spread = 0.0
    depth: Length | None = Field(default=None, description="length of the cell along the fibres; none for a section")
    particle: Length | None = Field(
        default=None,
        description="diameter of a ball of another phase (2) where the matrix has most room; needs a depth",
    )

    def draw(self, rng: np.random.Generator) -> Microstructure:
        """The section or cell."""
        from scalebridge.solids import microstructure

        section = self._section(rng)
        if self.depth is None:
            return section
        cell = microstructure.extrude(section, max(2, round(self.depth / self.voxel_size)), self.depth)
        return cell if self.particle is None else microstructure.add_particle(cell, self.particle)

    def _section(self, rng: np.random.Generator) -> Microstructure:
        from scalebridge.solids import microstructure

        if self.edge is not None:
            return self.generator()(self.edge, rng)  # type: ignore[misc]
        voxels = max(2, round(self._period() / self.voxel_size))
        make = microstructure.square_fibres if self.arrangement == "square" else microstructure.hexagonal_fibres
        return make(self.volume_fraction, diameter=self.diameter, voxels=voxels)

    def problems(self) -> Iterator[Problem]:
        """Keys that do not go with the arrangement, and grids that are too large."""
        random = self.arrangement == "random"
        if random and self.edge is None:
            yield Problem("microstructure.edge", "nothing", 'the edge of the section, e.g. edge = "50 um"')
        for key, value in (("edge", self.edge), ("minimum_gap", self.minimum_gap), ("variation", self.variation)):
            if not random and value:
                allowed = f"no {key} in a {self.arrangement} arrangement; its cell follows from the volume fraction"
                yield Problem(f"microstructure.{key}", str(format_quantity(value, _DIMENSION[key])), allowed)
        edge = (self.edge or 0.0) if random else self._period()
        yield from _grid(edge, self.voxel_size, 2 if self.depth is None else 3)
        if self.particle is not None and self.depth is None:
            yield Problem("microstructure.particle", "a particle in a section", "a depth: the length along the fibres")
        area = math.pi / 4 * self.diameter**2
        yield from _crowd((self.edge or 0.0) ** 2 * self.volume_fraction, area, "fibres")

    def generator(self) -> FibreSource | None:
        """Draws random sections of any size."""
        from scalebridge.solids.homogenization import FibreSource

        if self.arrangement != "random" or self.depth is not None:
            return None
        return FibreSource(self.volume_fraction, self.diameter, self.voxel_size, self.minimum_gap, self.variation)

    def _period(self) -> float:
        cell = 1.0 if self.arrangement == "square" else 2.0 / math.sqrt(3.0)
        return self.diameter * math.sqrt(cell * math.pi / (4.0 * self.volume_fraction))


_DIMENSION = {"edge": "length", "minimum_gap": "length", "variation": "dimensionless"}


class SpheresPart(StudyPart):
    """Cube with random spheres."""

    source: Literal["spheres"]
    volume_fraction: Share
    diameter: Length
    edge: Length
    voxel_size: Length
    minimum_gap: Gap = 0.0
    variation: Spread = 0.0

    def draw(self, rng: np.random.Generator) -> Microstructure:
        """The cube."""
        return self.generator()(self.edge, rng)

    def problems(self) -> Iterator[Problem]:
        """Grids that are too large or too coarse, and crowds of spheres."""
        yield from _grid(self.edge, self.voxel_size, 3)
        yield from _crowd(self.edge**3 * self.volume_fraction, math.pi / 6 * self.diameter**3, "spheres")

    def generator(self) -> SphereSource:
        """Draws cubes of any size."""
        from scalebridge.solids.homogenization import SphereSource

        return SphereSource(self.volume_fraction, self.diameter, self.voxel_size, self.minimum_gap, self.variation)


class LaminatePart(StudyPart):
    """Layers normal to an axis, phases 0, 1, ... in that order."""

    source: Literal["laminate"]
    fractions: tuple[Share, ...] = Field(min_length=2, max_length=100, description="share of each layer")
    period: Length = Field(description="thickness of all layers together")
    voxels: int = Field(default=20, ge=2, le=4096, description="voxels across the layers")
    axis: Literal[1, 2, 3] = 1

    def draw(self, rng: np.random.Generator) -> Microstructure:
        """One period of the laminate."""
        from scalebridge.solids.microstructure import laminate

        del rng
        step = self.period / self.voxels
        shape, size = [2, 2, 2], [2 * step] * 3
        shape[self.axis - 1], size[self.axis - 1] = self.voxels, self.period
        return laminate(self.fractions, shape=shape, size=size, axis=self.axis - 1)

    def problems(self) -> Iterator[Problem]:
        """None beyond what the generator says."""
        return iter(())

    def generator(self) -> None:
        """A laminate does not scatter."""


class PolycrystalPart(StudyPart):
    """Voronoi grains with random orientations."""

    source: Literal["polycrystal"]
    grains: int = Field(ge=1, le=3000, description="number of grains")
    edge: Length
    voxel_size: Length
    dimensions: Literal[2, 3] = 3

    def draw(self, rng: np.random.Generator) -> Microstructure:
        """The polycrystal."""
        return self.generator()(self.edge, rng)

    def problems(self) -> Iterator[Problem]:
        """Grids that are too large."""
        return _grid(self.edge, self.voxel_size, self.dimensions)

    def generator(self) -> PolycrystalSource:
        """Draws polycrystals of any size with the same grain size."""
        from scalebridge.solids.homogenization import PolycrystalSource

        grain = self.edge / self.grains ** (1.0 / self.dimensions)
        return PolycrystalSource(grain, self.voxel_size, self.dimensions)


class MosaicPart(StudyPart):
    """Poisson-Voronoi mosaic of two phases."""

    source: Literal["mosaic"]
    grain_size: Length = Field(description="edge of the cube (square) that has the mean volume of a cell")
    probability: Share = Field(description="of phase 1")
    edge: Length
    voxel_size: Length
    dimensions: Literal[2, 3] = 2

    def draw(self, rng: np.random.Generator) -> Microstructure:
        """The mosaic."""
        return self.generator()(self.edge, rng)

    def problems(self) -> Iterator[Problem]:
        """Grids that are too large, and too many cells."""
        yield from _grid(self.edge, self.voxel_size, self.dimensions)
        yield from _crowd(self.edge**self.dimensions, self.grain_size**self.dimensions, "cells")

    def generator(self) -> MosaicSource:
        """Draws mosaics of any size."""
        from scalebridge.solids.homogenization import MosaicSource

        return MosaicSource(self.grain_size, self.probability, self.voxel_size, self.dimensions)


MicrostructurePart = Annotated[
    FilePart | FibresPart | SpheresPart | LaminatePart | PolycrystalPart | MosaicPart, Field(discriminator="source")
]


def _grid(edge: float, voxel_size: float, ndim: int, key: str = "microstructure.voxel_size") -> Iterator[Problem]:
    """A grid that no machine holds, or that is too coarse to be one."""
    count = edge / voxel_size if voxel_size > edge * 1e-9 else math.inf
    if edge and not 2.0 <= count <= MOST_VOXELS[ndim]:
        found = f"{format_quantity(voxel_size, 'length')}, {count:.3g} voxels along an edge"
        low, high = edge / MOST_VOXELS[ndim], edge / 2
        yield Problem(key, found, f"voxels between {low:.3g} m and {high:.3g} m for this edge")


def _crowd(room: float, each: float, kind: str) -> Iterator[Problem]:
    count = room / each if each > room * 1e-12 else math.inf
    if count > MOST_PARTICLES:
        yield Problem(
            "microstructure.edge", f"an edge that holds {count:.3g} {kind}", f"at most {MOST_PARTICLES} {kind}"
        )
