"""Table ``[body]`` of an FE² study: a wing, a box, or a mesh from a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from scalebridge.errors import InputError, Problem
from scalebridge.study._model import InputFile, StudyPart
from scalebridge.units import Quantity

if TYPE_CHECKING:
    from scalebridge.solids.fe2 import Cell, Part, Wing

Length = Annotated[float, Quantity("length", gt=0.0)]
Degrees = Annotated[float, Field(ge=-90.0, le=90.0)]
Direction = Annotated[tuple[float, float, float], Field(description="fibre direction in the body's axes")]
Share = Annotated[float, Field(gt=0.0, lt=1.0)]
BOX = ("left", "right", "front", "back", "bottom", "top")


class WingPart(StudyPart):
    """A tapered wing box with the outer shape of a NACA four-digit profile."""

    shape: Literal["wing"]
    span: Length
    chord: Length
    taper: float = Field(default=0.5, gt=0.0, le=2.0, description="chord at the tip over chord at the root")
    sweep: Annotated[float, Quantity("length")] = 0.0
    profile: str = Field(default="0015", description="NACA four-digit number")
    skin: Share = Field(default=0.008, description="thickness of the skins, share of the chord")
    skin_angles: tuple[Degrees, ...] = Field(default=(0.0,), min_length=1, max_length=16, description="from outside in")
    spar_angle: Degrees = 45.0
    spars: tuple[Share, ...] = (0.3,)
    chordwise: int = Field(default=8, ge=3, le=200)
    spanwise: int = Field(default=6, ge=1, le=500)
    upright: int = Field(default=1, ge=1, le=50)

    @property
    def boundaries(self) -> tuple[str, ...]:
        """Names of the boundaries."""
        return ("root", "tip", "upper", "lower")

    def problems(self) -> Iterator[Problem]:
        """Numbers that make no wing."""
        try:
            self._wing()
        except InputError as error:
            yield Problem("body", f"a wing that cannot be made ({error})", "numbers that make a wing")

    def mesh(self) -> Any:
        """The mesh."""
        return self._wing().mesh()

    def parts(self, cell: Cell, fibre_axis: int) -> dict[str, Part]:
        """Skins and spars with their lay-ups."""
        from scalebridge.solids.fe2 import Part

        wing = self._wing()
        return {region: Part(cell, wing.directions(region), fibre_axis) for region in ("skin", "spar")}

    def _wing(self) -> Wing:
        from scalebridge.solids.fe2 import Wing

        return Wing(**self.model_dump(exclude={"shape"}))


class BoxPart(StudyPart):
    """A box of hexahedra; its faces are left, right (x), front, back (y), bottom, top (z)."""

    shape: Literal["box"]
    size: tuple[Length, Length, Length]
    elements: tuple[int, int, int] = Field(description="elements along each edge", examples=[(8, 2, 2)])
    fibres: Direction | None = None

    @property
    def boundaries(self) -> tuple[str, ...]:
        """Names of the boundaries."""
        return BOX

    def problems(self) -> Iterator[Problem]:
        """Too few or too many elements."""
        if min(self.elements) < 1 or np.prod(self.elements, dtype=float) > 1e6:
            yield Problem("body.elements", str(list(self.elements)), "1 or more along each edge, at most 1e6 in all")
        yield from _direction_problems(self.fibres)

    def mesh(self) -> Any:
        """The mesh."""
        import skfem

        edges = [np.linspace(0.0, s, n + 1) for s, n in zip(self.size, self.elements, strict=True)]
        mesh = skfem.MeshHex.init_tensor(*edges)
        border = mesh.boundary_facets()
        middle = mesh.p[:, mesh.facets[:, border]].mean(axis=1)
        faces = {}
        for axis, (low, high) in enumerate((BOX[:2], BOX[2:4], BOX[4:])):
            faces[low] = border[np.isclose(middle[axis], 0.0, atol=1e-9 * self.size[axis])]
            faces[high] = border[np.isclose(middle[axis], self.size[axis])]
        return mesh.with_boundaries(faces)

    def parts(self, cell: Cell, fibre_axis: int) -> dict[str, Part]:
        """One material."""
        from scalebridge.solids.fe2 import Part

        return {"": Part(cell, self.fibres, fibre_axis)}


class MeshPart(StudyPart):
    """A mesh that meshio reads, with named boundaries (physical groups of surfaces in gmsh)."""

    shape: Literal["file"]
    file: InputFile
    fibres: Direction | None = None

    @property
    def boundaries(self) -> tuple[str, ...]:
        """Not known before the file is read."""
        return ()

    def problems(self) -> Iterator[Problem]:
        """A direction that is none."""
        yield from _direction_problems(self.fibres)

    def mesh(self) -> Any:
        """The mesh."""
        from scalebridge.solids.fe2 import read_mesh

        return read_mesh(self.file)

    def parts(self, cell: Cell, fibre_axis: int) -> dict[str, Part]:
        """One material."""
        from scalebridge.solids.fe2 import Part

        return {"": Part(cell, self.fibres, fibre_axis)}


BodyPart = Annotated[WingPart | BoxPart | MeshPart, Field(discriminator="shape")]


def _direction_problems(direction: Direction | None) -> Iterator[Problem]:
    if direction is not None and not any(direction):
        yield Problem("body.fibres", str(list(direction)), "a direction other than zero")
