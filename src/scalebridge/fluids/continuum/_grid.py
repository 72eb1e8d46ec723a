"""The staggered grid: cells, faces, which of them are fluid, and the list of faces where the fluid ends.

Scalars live in cells, the velocity along axis a on faces of axis a (arrays of shape ``cells + e_a``), shear stress on
edges. On a periodic axis the last face is the first one again and holds the same number. The control volume of a face
is half of each fluid cell that it touches, so that the momentum of any box of whole cells is well defined:
the sum of density * volume * (left + right velocity) / 2 over its cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.fluids.continuum._interface import Faces, Floats

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
INTERIOR, DEAD = -1, -2


@dataclass(frozen=True)
class Ends:
    """Faces where the fluid ends.

    Attributes:
        axis: axis of each face (F,).
        side: +1 where the outward normal points along the axis, -1 otherwise (F,).
        cell: the fluid cell behind it (F, 3).
        face: its place in the arrays of that axis (F, 3).
    """

    axis: Ints
    side: Ints
    cell: Ints
    face: Ints

    def __len__(self) -> int:
        return len(self.axis)


@dataclass(frozen=True)
class Grid:
    """Cells of a box.

    Attributes:
        size: edge lengths of the box (3,).
        cells: number of cells (3,).
        periodic: axes that close on themselves.
        fluid: cells with fluid, of shape `cells`.
    """

    size: tuple[float, float, float]
    cells: tuple[int, int, int]
    periodic: tuple[bool, bool, bool]
    fluid: Mask

    @cached_property
    def spacing(self) -> tuple[float, float, float]:
        """Edge lengths of a cell."""
        return (self.size[0] / self.cells[0], self.size[1] / self.cells[1], self.size[2] / self.cells[2])

    @cached_property
    def volume(self) -> float:
        """Volume of a cell."""
        return self.spacing[0] * self.spacing[1] * self.spacing[2]

    @cached_property
    def area(self) -> tuple[float, float, float]:
        """Area of a face of each axis."""
        h = self.spacing
        return (h[1] * h[2], h[0] * h[2], h[0] * h[1])

    def shape(self, *axes: int) -> tuple[int, ...]:
        """Shape of arrays on faces (one axis) or edges (two axes)."""
        return tuple(n + (a in axes) for a, n in enumerate(self.cells))

    def around(self, mask: npt.NDArray[Any], *axes: int) -> list[npt.NDArray[Any]]:
        """The cells on both sides of each face (2 arrays), or around each edge (4); outside counts as zero."""
        width = [(1, 1) if a in axes else (0, 0) for a in range(3)]
        padded = np.pad(mask, width)
        for a in axes:
            if self.periodic[a]:
                padded = np.take(padded, np.r_[self.cells[a], 1 : self.cells[a] + 1, 1], axis=a)
        result = [padded]
        for a in axes:
            result = [np.take(m, range(s, s + self.cells[a] + 1), axis=a) for m in result for s in (0, 1)]
        return result

    @cached_property
    def ends(self) -> Ends:
        """Faces with fluid on one side only, sorted by axis, side and place."""
        rows = []
        for a in range(3):
            low, high = self.around(self.fluid, a)
            for side, mask in ((-1, high & ~low), (1, low & ~high)):
                face = np.argwhere(mask)
                if self.periodic[a]:
                    face = face[face[:, a] < self.cells[a]]
                cell = face.copy()
                if side > 0:
                    cell[:, a] = (cell[:, a] - 1) % self.cells[a]
                rows.append((np.full(len(face), a), np.full(len(face), side), cell, face))
        joined = [np.concatenate(part) for part in zip(*rows, strict=True)]
        return Ends(joined[0], joined[1], joined[2], joined[3])

    @cached_property
    def number(self) -> tuple[Ints, Ints, Ints]:
        """For faces of each axis: their place in `ends`, INTERIOR between two fluid cells, DEAD elsewhere."""
        result = []
        for a in range(3):
            low, high = self.around(self.fluid, a)
            number = np.where(low & high, INTERIOR, DEAD)
            here = self.ends.axis == a
            number[tuple(self.ends.face[here].T)] = np.flatnonzero(here)
            result.append(self.closed(number, a))
        return (result[0], result[1], result[2])

    def closed(self, array: npt.NDArray[Any], *axes: int) -> npt.NDArray[Any]:
        """Copy the first entries of periodic axes to the last; in place."""
        for a in axes:
            if self.periodic[a]:
                view = np.moveaxis(array, a, 0)
                view[-1] = view[0]
        return array

    @cached_property
    def share(self) -> tuple[Floats, Floats, Floats]:
        """Control volume of each face over the volume of a cell: 1, 1/2 or 0."""
        x, y, z = (np.asarray(0.5 * np.sum(self.around(self.fluid, a), axis=0)) for a in range(3))
        return (x, y, z)

    def passage(self, a: int, b: int) -> npt.NDArray[np.float64]:
        """Part (0, 1/2, 1) of the control volume's b-side at each ab-edge where momentum a passes between fluid cells.

        The control volume of a face of axis a spans half of two cells; each half passes if the b-face of its cell does.
        """
        low, high = self.around(self.fluid, b)
        left, right = self.around(low & high, a)
        return np.asarray(0.5 * (left.astype(np.float64) + right))

    @cached_property
    def corners(self) -> tuple[npt.NDArray[np.int8], ...]:
        """Number of fluid cells around the edges that run along axes 0, 1 and 2."""
        pairs = ((1, 2), (0, 2), (0, 1))
        return tuple(
            np.sum([m.astype(np.int8) for m in self.around(self.fluid, *p)], axis=0, dtype=np.int8) for p in pairs
        )

    def centres(self) -> Floats:
        """Centres of all cells, (nx, ny, nz, 3)."""
        axes = [(np.arange(n) + 0.5) * h for n, h in zip(self.cells, self.spacing, strict=True)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)

    def face_centres(self, axis: int) -> Floats:
        """Centres of all faces of an axis, (..., 3)."""
        axes = [
            np.arange(n + 1) * h if a == axis else (np.arange(n) + 0.5) * h
            for a, (n, h) in enumerate(zip(self.cells, self.spacing, strict=True))
        ]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)

    @cached_property
    def end_faces(self) -> Faces:
        """Geometry of `ends`."""
        ends, h = self.ends, np.array(self.spacing)
        centre = (ends.cell + 0.5) * h
        normal = np.zeros((len(ends), 3))
        rows = np.arange(len(ends))
        centre[rows, ends.axis] += 0.5 * ends.side * h[ends.axis]
        normal[rows, ends.axis] = ends.side
        return Faces(centre, normal, np.array(self.area)[ends.axis])
