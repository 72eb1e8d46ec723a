"""What a homogenization is asked to do, as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scalebridge.solids.homogenization._sources import Source
from scalebridge.solids.rve import LoadPath

Boundary = Literal["periodic", "kubc", "subc"]


@dataclass(frozen=True)
class Numerics:
    """How volume elements are solved; the words are those of `solids.RVE`.

    Attributes:
        boundary: boundary condition.
        element: integration of the voxel elements.
        kinematics: small or finite strain along load paths.
        tolerance: of the solver.
    """

    boundary: Boundary = "periodic"
    element: Literal["full", "bbar", "reduced"] = "full"
    kinematics: Literal["small", "finite"] = "small"
    tolerance: float = 1e-9


@dataclass(frozen=True, eq=False)
class Load:
    """A load path with its name.

    Attributes:
        name: for the reader and for file names.
        path: prescribed mean strains and stresses.
        fields: whether the voxel fields of its last increment are kept.
    """

    name: str
    path: LoadPath
    fields: bool = False

    def increment(self, n: int) -> LoadPath:
        """Increment `n` alone, as a path that goes on from the one before."""
        since = self.path.time[n - 1] if n else 0.0
        part = slice(n, n + 1)
        return LoadPath(self.path.strain[part], self.path.stress[part], self.path.time[part] - since)

    def leading(self, finite: bool) -> tuple[int, int]:
        """The component that the path drives farthest: the one to draw."""
        strain = np.nan_to_num(self.path.strain - (np.eye(3) if finite else 0.0))
        driven = np.abs(strain).max(axis=0) if np.any(strain) else np.abs(np.nan_to_num(self.path.stress)).max(axis=0)
        i, j = np.unravel_index(int(np.argmax(driven)), (3, 3))
        return int(i), int(j)


@dataclass(frozen=True, eq=False)
class SizeStudy:
    """An RVE study: is the cell representative?

    Attributes:
        source: draws a microstructure of a size.
        sizes: edges in m, growing.
        realisations: realisations of each size.
        boundaries: boundary conditions.
        prop: ``"stiffness"`` or ``"conductivity"``.
        precision: relative error wanted of the mean.
    """

    source: Source
    sizes: tuple[float, ...]
    realisations: tuple[int, ...]
    boundaries: tuple[Boundary, ...] = ("periodic", "kubc", "subc")
    prop: Literal["stiffness", "conductivity"] = "stiffness"
    precision: float = 0.02
