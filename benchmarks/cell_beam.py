"""A beam of cells with a stiff core each under pure bending: everything in one mesh, or by FE²."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge import solids
from scalebridge.solids.fe2 import FE2, Displacement, Ladder
from scalebridge.solids.microstructure import Microstructure

VOXELS = 4
CELLS = 256
MATRIX = solids.J2Plasticity(3e9, 0.3, solids.LinearHardening(30e6, 600e6))
CORE = solids.LinearElastic.isotropic(30e9, 0.2)
Floats = npt.NDArray[np.float64]
COURSE = ((0.0, 0.0), (1.0, 1.0), (2.0, 0.2))


def _mesh(along: int, across: int, cells: int, core: bool, length: float) -> Any:
    """Unit height, one layer in the third direction; cores named where wanted."""
    import skfem

    thick = 1.0 / across
    mesh = skfem.MeshHex.init_tensor(
        np.linspace(0, length, along + 1), np.linspace(0, 1, across + 1), np.array([0.0, thick])
    )
    if core:
        middle = mesh.p[:2, mesh.t].mean(axis=1) * cells
        inside = (np.abs(middle % 1.0 - 0.5) < 0.25).all(axis=0)
        mesh = mesh.with_subdomains({"core": np.flatnonzero(inside), "matrix": np.flatnonzero(~inside)})
    return mesh.with_boundaries({"left": lambda x: np.isclose(x[0], 0.0), "right": lambda x: np.isclose(x[0], length)})


def _conditions(curvature: float, length: float) -> list[Displacement]:
    """Symmetry plane on the left, a plane that turns on the right; plane strain."""
    return [
        Displacement(lambda x: np.ones(x.shape[1], bool), (None, None, 0.0)),
        Displacement("left", (0.0, None, None)),
        Displacement(lambda x: np.isclose(x[0], 0.0) & np.isclose(x[1], 0.5), (None, 0.0, None)),
        Displacement(lambda x: np.isclose(x[0], length), _Turn(curvature * length), COURSE),
    ]


class _Turn:
    """Displacement of a plane that turns about its middle."""

    def __init__(self, angle: float) -> None:
        self.angle = angle

    def __call__(self, x: Floats) -> Floats:
        nothing = np.full(x.shape[1], np.nan)
        return np.stack([self.angle * (x[1] - 0.5), nothing, nothing])


def moment(model: FE2, times: Sequence[float]) -> Floats:
    """Bending moment per thickness after each step."""
    found = model.run(times)
    assert found.converged, found.steps[-1].reason
    nodes = model.space.nodes
    right = np.isclose(nodes[:, 0], nodes[:, 0].max())
    return np.array([s.reaction[right, 0] @ (nodes[right, 1] - 0.5) for s in found.steps]) / np.ptp(nodes[:, 2])


def direct(cells: int, curvature: float) -> FE2:
    """`CELLS` cells in one mesh, `cells` of them over the height (all there are along, where these are fewer)."""
    n = VOXELS * cells
    along = max(1, min(4 * cells, CELLS // cells))
    length = along / cells
    mesh = _mesh(VOXELS * along, n, cells, True, length)
    materials = {"matrix": MATRIX, "core": CORE}
    return FE2(mesh, materials, _conditions(curvature, length), element="hex8-full", tolerance=1e-7)


def two_scale(across: int, curvature: float, ladder: Ladder | None = None) -> FE2:
    """A cell at every integration point; one element along a beam that bends alike everywhere."""
    phase = np.zeros((VOXELS, VOXELS), int)
    phase[1:3, 1:3] = 1
    cell = solids.RVE(Microstructure(phase, (1e-3, 1e-3)), {0: MATRIX, 1: CORE}, threads=1, tolerance=1e-9)
    mesh = _mesh(1, across, 1, False, 1.0)
    return FE2(mesh, cell, _conditions(curvature, 1.0), "small", ladder, element="hex20", tolerance=1e-6)
