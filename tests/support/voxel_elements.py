"""Voxel finite elements assembled the plain way: shape functions, Gauss points, one sparse gradient matrix.

Written only from the definition of trilinear (in a section: bilinear) elements, so that the solver's kernels have
something independent to agree with.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy.sparse as sp

GAUSS_POINT = 0.5 / np.sqrt(3.0)
PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def mandel_basis() -> np.ndarray:
    """Row-major 3x3 tensors of the Mandel unit vectors, (9, 6)."""
    basis = np.zeros((3, 3, 6))
    for m, (i, j) in enumerate(PAIRS):
        basis[i, j, m] = basis[j, i, m] = 1.0 if i == j else np.sqrt(0.5)
    return basis.reshape(9, 6)


@dataclass(frozen=True)
class VoxelElements:
    """Elements on a grid; displacement components, derivatives and axes all in the same order.

    Attributes:
        shape: elements along each axis.
        spacing: edges.
        uniform: whether each axis is one along which nothing changes.
        periodic: whether nodes on opposite faces are the same.
        element: ``"full"``: two Gauss points per axis; ``"bbar"``: the trace of the gradient averaged over them;
            ``"reduced"``: one point.
        components: 3 for displacements, 1 for a temperature.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    uniform: tuple[bool, bool, bool]
    periodic: bool
    element: str
    components: int = 3

    @property
    def nodes(self) -> tuple[int, ...]:
        closing = 0 if self.periodic else 1
        return tuple(1 if u else n + closing for n, u in zip(self.shape, self.uniform, strict=True))

    @property
    def points(self) -> np.ndarray:
        sides = [(0.0,) if u or self.element == "reduced" else (GAUSS_POINT, -GAUSS_POINT) for u in self.uniform]
        return np.array(list(product(*sides)))

    def _shape_gradient(self, corner: tuple[int, ...], x: np.ndarray) -> np.ndarray:
        """Derivatives at `x` of the shape function of a corner (0 or 1 on each axis; 0 on uniform ones)."""
        value = [1.0 if u else 0.5 + (2 * c - 1) * t for c, t, u in zip(corner, x, self.uniform, strict=True)]
        slope = [0.0 if u else (2 * c - 1) / h for c, h, u in zip(corner, self.spacing, self.uniform, strict=True)]
        return np.array([slope[d] * np.prod([value[a] for a in range(3) if a != d]) for d in range(3)])

    def gradient_matrix(self) -> sp.csr_matrix:
        """Nodal values (C, nodes) to gradients (voxels, points, C, 3), both flattened."""
        nq, count, size = len(self.points), int(np.prod(self.shape)), int(np.prod(self.nodes))
        voxel = np.stack(np.meshgrid(*[np.arange(n) for n in self.shape], indexing="ij")).reshape(3, -1)
        rows, columns, values = [], [], []
        for corner in product(*[(0,) if u else (0, 1) for u in self.uniform]):
            at = [(v + c) % m for v, c, m in zip(voxel, corner, self.nodes, strict=True)]
            node = np.ravel_multi_index(at, self.nodes)
            for q, x in enumerate(self.points):
                slopes = self._shape_gradient(corner, x)
                for c, d in product(range(self.components), range(3)):
                    rows.append(((np.arange(count) * nq + q) * self.components + c) * 3 + d)
                    columns.append(c * size + node)
                    values.append(np.full(count, slopes[d]))
        triplets = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        matrix = sp.csr_matrix(triplets, (count * nq * self.components * 3, self.components * size))
        if self.element != "bbar":
            return matrix
        trace = np.eye(3).reshape(1, 9)
        each = np.eye(nq * 9) + np.kron(np.full((nq, nq), 1.0 / nq) - np.eye(nq), trace.T @ trace / 3.0)
        return sp.csr_matrix(sp.kron(sp.identity(count), each) @ matrix)

    def apply(self, u: np.ndarray, macro: np.ndarray, tangent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Nodal forces per voxel volume and mean stress.

        Args:
            u: (C, nodes).
            macro: mean gradient, (3 C,).
            tangent: (voxels, points, 3 C, 3 C).
        """
        g = self.gradient_matrix()
        nq, size = len(self.points), 3 * self.components
        gradient = (g @ u.ravel()).reshape(-1, nq, size) + macro
        stress = np.einsum("vqij,vqj->vqi", tangent, gradient)
        force = g.T @ stress.ravel() / nq
        return force.reshape(u.shape), stress.mean(axis=(0, 1))
