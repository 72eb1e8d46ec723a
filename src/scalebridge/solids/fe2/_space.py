"""The finite element space of a macroscopic problem: shape functions at all integration points of a scikit-fem mesh.

Arrays: E elements, Q integration points per element, A nodes per element, N nodes in all; point e Q + q is point q of
element e.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.fe2._points import Floats

MacroElement = Literal["auto", "tet4", "tet10", "hex8", "hex8-full", "hex20", "hex27"]

_CHOICES: Mapping[str, tuple[str, str, int]] = {
    "tet4": ("ElementTetP1", "tet", 1),
    "tet10": ("ElementTetP2", "tet", 2),
    "hex8": ("ElementHex1", "hex", 3),
    "hex8-full": ("ElementHex1", "hex", 3),
    "hex20": ("ElementHexS2", "hex", 3),
    "hex27": ("ElementHex2", "hex", 5),
}
"""Element of scikit-fem, cell, and order of quadrature: 1, 4, 8, 8, 8 and 27 points."""


@dataclass(frozen=True)
class Space:
    """Nodes, elements and shape functions.

    Attributes:
        mesh: the scikit-fem mesh.
        element: kind of element.
        nodes: (N, 3), m.
        connectivity: (E, A).
        value: shape functions, (E, Q, A).
        gradient: their gradients, (E, Q, A, 3), 1/m.
        centre: their gradients in the middle of each element, (E, A, 3), 1/m.
        weights: volume of each integration point, (E, Q), m^3.
        positions: of the integration points, (E Q, 3), m.
    """

    mesh: Any
    element: str
    nodes: Floats
    connectivity: npt.NDArray[np.int64]
    value: Floats
    gradient: Floats
    centre: Floats
    weights: Floats
    positions: Floats

    @property
    def points(self) -> int:
        """Number of integration points."""
        return self.weights.size

    @property
    def dilatation(self) -> bool:
        """Whether the volume change is averaged over each element, so that it does not lock (B-bar, F-bar)."""
        return self.element == "hex8"

    @cached_property
    def dofs(self) -> npt.NDArray[np.int64]:
        """Degrees of freedom of each element, (E, 3 A); 3 i + c is direction c of node i."""
        count = len(self.connectivity)
        all_dofs: npt.NDArray[np.int64] = (3 * self.connectivity[:, :, None] + np.arange(3)).reshape(count, -1)
        return all_dofs

    @cached_property
    def volume(self) -> Floats:
        """Volume of each element, m^3."""
        total: Floats = self.weights.sum(axis=1)
        return total

    def facet_basis(self, facets: npt.NDArray[np.int64]) -> Any:
        """scikit-fem basis on some facets."""
        import skfem

        return skfem.FacetBasis(self.mesh, getattr(skfem, _CHOICES[self.element][0])(), facets=facets, intorder=4)

    @cached_property
    def basis(self) -> Any:
        """Scalar scikit-fem basis of this space."""
        import skfem

        name, _, order = _CHOICES[self.element]
        return skfem.Basis(self.mesh, getattr(skfem, name)(), intorder=order)


def macro_space(mesh: Any, element: MacroElement = "auto") -> Space:
    """The space of a kind of element on a mesh.

    Args:
        mesh: a scikit-fem mesh of tetrahedra or hexahedra, straight or quadratic.
        element: ``"tet4"``, ``"tet10"``; ``"hex8"`` with averaged volume change, ``"hex8-full"`` without;
            ``"hex20"`` with 8 points, ``"hex27"`` with 27; ``"auto"`` is ``"tet10"`` or ``"hex20"``.

    Raises:
        InputError: the mesh is no mesh of solids, the element does not fit it, or elements are inverted or flat.
    """
    import skfem

    cell = "hex" if isinstance(mesh, skfem.MeshHex) else "tet" if isinstance(mesh, skfem.MeshTet) else ""
    if not cell:
        raise InputError(
            f"the mesh is a {type(mesh).__name__}; it must be a scikit-fem mesh of hexahedra or tetrahedra (MeshHex, "
            "MeshHex2, MeshTet, MeshTet2), or a file with such cells, read by read_mesh."
        )
    if element == "auto":
        element = "hex20" if cell == "hex" else "tet10"
    if element not in _CHOICES or _CHOICES[element][1] != cell:
        fitting = ", ".join(repr(name) for name, choice in _CHOICES.items() if choice[1] == cell)
        cells = "hexahedra" if cell == "hex" else "tetrahedra"
        raise InputError(f"element is {element!r}; a mesh of {cells} allows {fitting} or 'auto'.")
    name, _, order = _CHOICES[element]
    if not np.isfinite(mesh.p).all():
        raise InputError("the mesh has nodes at NaN or infinity.")
    kind = getattr(skfem, name)()
    basis = skfem.Basis(mesh, kind, intorder=order)
    _check_shape(mesh, basis, cell)
    middle = skfem.Basis(mesh, kind, quadrature=(np.full((3, 1), 0.5 if cell == "hex" else 0.25), np.ones(1)))
    return Space(
        mesh,
        element,
        np.ascontiguousarray(basis.doflocs.T),
        np.ascontiguousarray(basis.element_dofs.T).astype(np.int64),
        _stack([np.asarray(b[0]) for b in basis.basis], basis.dx.shape),
        np.ascontiguousarray(np.stack([b[0].grad for b in basis.basis]).transpose(2, 3, 0, 1)),
        np.ascontiguousarray(np.stack([b[0].grad[:, :, 0] for b in middle.basis]).transpose(2, 0, 1)),
        np.ascontiguousarray(basis.dx),
        np.ascontiguousarray(np.asarray(basis.global_coordinates()).transpose(1, 2, 0)).reshape(-1, 3),
    )


def _stack(values: list[Any], shape: tuple[int, ...]) -> Floats:
    stacked: Floats = np.ascontiguousarray(np.stack([np.broadcast_to(v, shape) for v in values]).transpose(1, 2, 0))
    return stacked


def _check_shape(mesh: Any, basis: Any, cell: str) -> None:
    """InputError where elements are inverted, flat or twisted."""
    jacobian = basis.mapping.detDF(basis.X)
    edge = np.ptp(mesh.p[:, mesh.t], axis=1).max(axis=0)
    size = np.abs(jacobian).max(axis=1) / edge**3
    # Meshes may be numbered as in a mirror, and scikit-fem sorts the corners of tetrahedra: no sign is wrong in itself,
    # but one element's points, and the hexahedra of a mesh, must agree.
    sign = np.sign(jacobian)
    usual = sign[:, :1] if cell == "tet" else np.sign(np.median(sign))
    bad = (sign != usual).any(axis=1)
    bad |= ~(size > 1e-10)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        place = mesh.p[:, mesh.t[:, first]].mean(axis=1)
        raise InputError(
            f"{int(bad.sum())} of {bad.size} elements are inverted, twisted or without volume; the first is element "
            f"{first} at ({place[0]:.4g}, {place[1]:.4g}, {place[2]:.4g}) m. Repair the mesh there."
        )
