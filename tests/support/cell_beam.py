"""A cantilever of cells with a stiff core each: everything in one mesh, or by FE²."""

from __future__ import annotations

import numpy as np

from scalebridge import solids
from scalebridge.solids.fe2 import FE2, Displacement
from scalebridge.solids.microstructure import Microstructure

VOXELS = 4
ASPECT = 4
MATRIX = solids.J2Plasticity(3e9, 0.3, solids.LinearHardening(30e6, 600e6))
CORE = solids.LinearElastic.isotropic(30e9, 0.2)
COURSE = ((0.0, 0.0), (1.0, 1.0), (2.0, 0.2))


def _mesh(along, across, cells, core):
    """Unit height, length ASPECT, one layer in the third direction; cores named where wanted."""
    import skfem

    thick = 1.0 / across
    mesh = skfem.MeshHex.init_tensor(
        np.linspace(0, ASPECT, along + 1), np.linspace(0, 1, across + 1), np.array([0.0, thick])
    )
    if core:
        middle = mesh.p[:2, mesh.t].mean(axis=1) * cells
        inside = (np.abs(middle % 1.0 - 0.5) < 0.25).all(axis=0)
        mesh = mesh.with_subdomains({"core": np.flatnonzero(inside), "matrix": np.flatnonzero(~inside)})
    return mesh.with_boundaries({"left": lambda x: np.isclose(x[0], 0.0), "right": lambda x: np.isclose(x[0], ASPECT)})


def _conditions(tip):
    """Symmetry plane on the left, bending and shear on the right; plane strain."""
    return [
        Displacement(lambda x: np.ones(x.shape[1], bool), (None, None, 0.0)),
        Displacement("left", (0.0, 0.0, None)),
        Displacement("right", (None, tip, None), COURSE),
    ]


def force(model, times):
    """Shear force per thickness at the free end after each step."""
    found = model.run(times)
    assert found.converged, found.steps[-1].reason
    nodes = np.flatnonzero(np.isclose(model.space.nodes[:, 0], ASPECT))
    thick = np.ptp(model.space.nodes[:, 2])
    return found.reaction(nodes)[:, 1] / thick


def direct(cells, tip):
    """All cells in one mesh, `cells` over the height."""
    n = VOXELS * cells
    mesh = _mesh(ASPECT * n, n, cells, True)
    return FE2(mesh, {"matrix": MATRIX, "core": CORE}, _conditions(tip), element="hex8-full", tolerance=1e-7)


def two_scale(across, tip, ladder=None, element="hex20"):
    """A cell at every integration point."""
    phase = np.zeros((VOXELS, VOXELS), int)
    phase[1:3, 1:3] = 1
    cell = solids.RVE(Microstructure(phase, (1e-3, 1e-3)), {0: MATRIX, 1: CORE}, threads=1, tolerance=1e-9)
    return FE2(_mesh(ASPECT * across, across, 1, False), cell, _conditions(tip), "small", ladder, element=element, tolerance=1e-6)
