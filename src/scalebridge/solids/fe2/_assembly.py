"""Strains from displacements, forces from stresses, stiffness from tangents.

Linear hexahedra lock where the material hardly changes its volume. With `Space.dilatation` the volume change is
averaged over the element: in small strain the B-bar method (Hughes 1980, doi 10.1002/nme.1620150914), in finite strain
F-bar with the volume change of the element's middle (de Souza Neto et al. 1996, doi 10.1016/0020-7683(95)00259-6),
whose stiffness is not symmetric.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scalebridge.solids.fe2._points import Floats
from scalebridge.solids.fe2._space import Space

CHUNK = 256
"""Elements whose matrices are made together: few enough to stay in the cache."""

_THIRD = np.eye(3) / 3.0
_PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def _mandel_of_gradient() -> Floats:
    """(6, 9) matrix from a displacement gradient, row-major, to Mandel strain."""
    matrix = np.zeros((6, 9))
    for m, (i, j) in enumerate(_PAIRS):
        if i == j:
            matrix[m, 4 * i] = 1.0
        else:
            matrix[m, 3 * i + j] = matrix[m, 3 * j + i] = np.sqrt(0.5)
    return matrix


MANDEL = _mandel_of_gradient()


@dataclass(frozen=True)
class Assembler:
    """Sums over the elements of a space.

    Attributes:
        space: the finite element space.
        finite: whether points see deformation gradients.
    """

    space: Space
    finite: bool

    # --- strains ------------------------------------------------------------------------------------------------

    def gradients(self, u: Floats) -> Floats:
        """Displacement gradients (n, 3, 3) from nodal displacements (N, 3), volume change averaged where it is."""
        space = self.space
        local = u[space.connectivity]
        h = np.einsum("eqaj,eai->eqij", space.gradient, local, optimize=True)
        if space.dilatation:
            h = self._averaged_finite(h, local) if self.finite else self._averaged_small(h)
        gradients: Floats = h.reshape(-1, 3, 3)
        return gradients

    def _averaged_small(self, h: Floats) -> Floats:
        trace = np.einsum("eqii->eq", h)
        mean = (trace * self.space.weights).sum(axis=1) / self.space.volume
        averaged: Floats = h + (mean[:, None] - trace)[:, :, None, None] * _THIRD
        return averaged

    def _averaged_finite(self, h: Floats, local: Floats) -> Floats:
        f = h + np.eye(3)
        ratio = _stretch(f, local, self.space.centre)[0]
        averaged: Floats = ratio[:, :, None, None] * f - np.eye(3)
        return averaged

    # --- forces and stiffness -----------------------------------------------------------------------------------

    def internal_forces(self, u: Floats, stress: Floats) -> Floats:
        """Nodal forces (3 N,) of stresses (n, 3, 3)."""
        forces = np.zeros(3 * len(self.space.nodes))
        for part, b, stresses, _ in self._chunks(u, stress, None):
            local = np.einsum("epk,ep->ek", b, stresses, optimize=True)
            forces += np.bincount(self.space.dofs[part].ravel(), local.ravel(), minlength=forces.size)
        return forces

    def stiffness(self, u: Floats, stress: Floats, tangent: Floats) -> sparse.csr_matrix:
        """Tangent stiffness (3 N, 3 N) of tangents (n, 6, 6) or (n, 9, 9)."""
        slots, pattern = self._pattern
        data = np.zeros(pattern.nnz)
        size = self.space.dofs.shape[1] ** 2
        for part, b, _, slopes in self._chunks(u, stress, tangent):
            assert slopes is not None
            local = np.matmul(b.transpose(0, 2, 1), slopes).ravel()
            data += np.bincount(slots[part.start * size : part.stop * size], local, minlength=data.size)
        return sparse.csr_matrix((data, pattern.indices, pattern.indptr), shape=pattern.shape)

    def _chunks(
        self, u: Floats, stress: Floats, tangent: Floats | None
    ) -> Iterator[tuple[slice, Floats, Floats, Floats | None]]:
        """Per chunk of elements: operator (e, Q D, 3 A), weighted stress (e, Q D), and tangent times its operator."""
        space = self.space
        count, points = space.weights.shape
        rows = 9 if self.finite else 6
        stress = stress.reshape(count, points, 9)
        for begin in range(0, count, CHUNK):
            part = slice(begin, min(begin + CHUNK, count))
            g = self._operator(part)
            weights = space.weights[part]
            s, c = stress[part], None
            if tangent is not None:
                c = tangent.reshape(count, points, rows, rows)[part]
            if not self.finite:
                g = np.matmul(MANDEL, g)
                s = s @ MANDEL.T
                slopes = None if c is None else np.matmul(c * weights[:, :, None, None], g)
            elif space.dilatation:
                s, slopes = self._f_bar(u, part, g, s, c, weights)
            else:
                slopes = None if c is None else np.matmul(c * weights[:, :, None, None], g)
            e = part.stop - part.start
            yield (
                part,
                g.reshape(e, points * rows, -1),
                (s * weights[:, :, None]).reshape(e, -1),
                None if slopes is None else slopes.reshape(e, points * rows, -1),
            )

    def _operator(self, part: slice) -> Floats:
        """Displacement gradients of the nodal displacements of some elements, (e, Q, 9, 3 A)."""
        dn = self.space.gradient[part]
        e, q, a, _ = dn.shape
        g = np.zeros((e, q, 3, 3, a, 3))
        for i in range(3):
            g[:, :, i, :, :, i] = dn.transpose(0, 1, 3, 2)
        operator: Floats = g.reshape(e, q, 9, 3 * a)
        if self.space.dilatation and not self.finite:
            divergence = dn.reshape(e, q, 3 * a)
            weights = self.space.weights[part]
            mean = np.einsum("eq,eqk->ek", weights, divergence) / self.space.volume[part][:, None]
            operator += _THIRD.reshape(9)[:, None] * (mean[:, None] - divergence)[:, :, None, :]
        return operator

    def _f_bar(
        self, u: Floats, part: slice, g: Floats, s: Floats, c: Floats | None, weights: Floats
    ) -> tuple[Floats, Floats | None]:
        """Stress r^-2 P(r F), with its derivative, r = (J0 / J)^(1/3).

        dP = (r^-1 C : F - 2 r^-3 P) dr + r^-1 C : dF,  dr = r / 3 (F0^-T : dF0 - F^-T : dF)
        """
        local = u[self.space.connectivity[part]]
        f = np.einsum("eqaj,eai->eqij", self.space.gradient[part], local) + np.eye(3)
        ratio, middle = _stretch(f, local, self.space.centre[part])
        r = ratio[:, :, None]
        stress = s / r**2
        if c is None:
            return stress, None
        centre = self.space.centre[part]
        e, a, _ = centre.shape
        inverse, inverse0 = np.linalg.inv(f), np.linalg.inv(middle)
        # F^-T : dF, component (i, j) of F^-T being inverse[j, i]
        change = np.einsum("eqx,eqxk->eqk", inverse.transpose(0, 1, 3, 2).reshape(e, -1, 9), g)
        change0 = np.einsum("eji,eaj->eai", inverse0, centre).reshape(e, 3 * a)
        dr = r / 3.0 * (change0[:, None] - change)
        factor = np.einsum("eqxy,eqy->eqx", c, f.reshape(e, -1, 9)) / r**2 - 2.0 * s / r**3
        slopes = np.matmul(c / r[..., None], g) + factor[..., None] * dr[:, :, None, :]
        return stress, slopes * weights[:, :, None, None]

    @cached_property
    def _pattern(self) -> tuple[npt.NDArray[np.int64], sparse.csr_matrix]:
        """Where in the data of the sparse matrix each entry of each element goes, and the matrix' pattern."""
        dofs = self.space.dofs
        n = 3 * len(self.space.nodes)
        size = dofs.shape[1]
        keys = (dofs[:, :, None] * n + dofs[:, None, :]).reshape(-1)
        known, slots = np.unique(keys, return_inverse=True)
        rows, columns = np.divmod(known, n)
        indptr = np.searchsorted(rows, np.arange(n + 1))
        pattern = sparse.csr_matrix((np.ones(known.size), columns, indptr), shape=(n, n))
        assert slots.size == len(dofs) * size * size
        return slots.ravel(), pattern


def _stretch(f: Floats, local: Floats, centre: Floats) -> tuple[Floats, Floats]:
    """Stretch (J0 / J)^(1/3) of F-bar (e, Q), and the deformation gradient in the middle of the elements (e, 3, 3)."""
    middle = np.einsum("eaj,eai->eij", centre, local) + np.eye(3)
    share = np.linalg.det(middle)[:, None] / np.linalg.det(f)
    # an inverted element has no such stretch; NaN makes its points fail, and the step is cut
    return np.where(share > 0.0, np.cbrt(share), np.nan), middle


def body_forces(space: Space, density: Any, elements: npt.NDArray[np.int64] | None = None) -> Floats:
    """Nodal forces (3 N,) of a force per volume (3,) or at every integration point (n, 3), N/m^3."""
    count, points = space.weights.shape
    field = np.broadcast_to(np.asarray(density, np.float64), (count * points, 3)).reshape(count, points, 3)
    weights = space.weights
    if elements is not None:
        mask = np.zeros(count, bool)
        mask[elements] = True
        weights = weights * mask[:, None]
    local = np.einsum("eq,eqa,eqc->eac", weights, space.value, field, optimize=True)
    return np.bincount(space.dofs.ravel(), local.ravel(), minlength=3 * len(space.nodes)).astype(np.float64)
