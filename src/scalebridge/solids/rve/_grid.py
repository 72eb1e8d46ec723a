"""The voxel grid of a representative volume element: elements, nodes, integration points, and axes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt

from scalebridge.solids.rve._rows import slab_edges

Boundary = Literal["periodic", "kubc", "subc"]
Element = Literal["full", "bbar", "reduced"]

GAUSS = 0.5 / np.sqrt(3.0)

_PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


@dataclass(frozen=True)
class Grid:
    """Voxels, their nodes and their integration points.

    A cross-section (n1, n2) is stored as (n1, 1, n2): the middle array axis is the uniform direction x3, one voxel
    thick and always periodic. `axes` holds the coordinate direction of each array axis.

    Attributes:
        shape: elements along the array axes.
        spacing: edges of a voxel along the array axes, m.
        axes: coordinate direction of each array axis.
        boundary: boundary condition of the fluctuation.
        element: ``"full"`` two Gauss points per axis; ``"bbar"`` the same with one volumetric strain per voxel;
            ``"reduced"`` one point per voxel.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    axes: tuple[int, int, int]
    boundary: Boundary
    element: Element

    @cached_property
    def nodes(self) -> tuple[int, int, int]:
        """Nodes along the array axes."""
        if self.boundary == "periodic":
            return self.shape
        n0, n1, n2 = (n + 1 for n in self.shape)
        return (n0, 1, n2) if self.flat else (n0, n1, n2)

    @property
    def flat(self) -> bool:
        """Whether this is a cross-section with a uniform third direction."""
        return self.axes != (0, 1, 2)

    @property
    def voxels(self) -> int:
        """Number of voxels."""
        return int(np.prod(self.shape))

    @property
    def mean_dilatation(self) -> bool:
        """Whether all points of a voxel share its mean volumetric strain."""
        return self.element == "bbar"

    @cached_property
    def inverse_spacing(self) -> tuple[float, float, float]:
        """1 / h along the array axes, 1/m."""
        a, b, c = (1.0 / h for h in self.spacing)
        return a, b, c

    @cached_property
    def spread(self) -> tuple[float, float, float]:
        """Distance of the integration points from the middle along each array axis, in edges."""
        if self.element == "reduced":
            return (0.0, 0.0, 0.0)
        return (GAUSS, 0.0, GAUSS) if self.flat else (GAUSS, GAUSS, GAUSS)

    @cached_property
    def points(self) -> npt.NDArray[np.float64]:
        """Coordinates of the integration points in [-1/2, 1/2], (nq, 3)."""
        return np.array(list(product(*[(s, -s) if s else (0.0,) for s in self.spread])))

    @cached_property
    def edges(self) -> npt.NDArray[np.int64]:
        """Slabs in which the kernels work."""
        return slab_edges(self.shape[0])

    @cached_property
    def gradient_order(self) -> npt.NDArray[np.int64]:
        """Positions in a row-major coordinate tensor of the array-axis components, (9,)."""
        return np.array([3 * i + j for i in self.axes for j in self.axes])

    @cached_property
    def mandel_order(self) -> npt.NDArray[np.int64]:
        """Positions in a Mandel vector in coordinates of the array-axis components, (6,)."""
        place = {frozenset(p): m for m, p in enumerate(_PAIRS)}
        return np.array([place[frozenset((self.axes[i], self.axes[j]))] for i, j in _PAIRS])


def voxel_grid(shape: tuple[int, ...], size: tuple[float, ...], boundary: Boundary, element: Element) -> Grid:
    """Grid of a microstructure of 2-D or 3-D `shape` and `size` in m."""
    spacing = [s / n for s, n in zip(size, shape, strict=True)]
    if len(shape) == 3:
        return Grid((shape[0], shape[1], shape[2]), (spacing[0], spacing[1], spacing[2]), (0, 1, 2), boundary, element)
    return Grid((shape[0], 1, shape[1]), (spacing[0], spacing[0], spacing[1]), (0, 2, 1), boundary, element)


def symmetric_directions() -> npt.NDArray[np.float64]:
    """The six Mandel unit strains as row-major gradients, (9, 6), orthonormal."""
    directions = np.zeros((9, 6))
    for m, (i, j) in enumerate(_PAIRS):
        if i == j:
            directions[3 * i + i, m] = 1.0
        else:
            directions[3 * i + j, m] = directions[3 * j + i, m] = np.sqrt(0.5)
    return directions
