"""Small bodies for macroscopic problems."""

from __future__ import annotations

import numpy as np


def box(counts, size=(1.0, 1.0, 1.0), tets=False):
    """A box of hexahedra or tetrahedra with its six faces named."""
    import skfem

    kind = skfem.MeshTet if tets else skfem.MeshHex
    mesh = kind.init_tensor(*[np.linspace(0.0, s, n + 1) for n, s in zip(counts, size, strict=True)])
    return named_faces(mesh)


def named_faces(mesh):
    """The mesh with its boundaries at the lowest and highest coordinates named."""
    low, high = mesh.p.min(axis=1), mesh.p.max(axis=1)
    faces = {}
    for axis, (a, b) in enumerate((("left", "right"), ("front", "back"), ("bottom", "top"))):
        faces[a] = lambda x, axis=axis: np.isclose(x[axis], low[axis])
        faces[b] = lambda x, axis=axis: np.isclose(x[axis], high[axis])
    return mesh.with_boundaries(faces)


def distorted(mesh, share=0.1, seed=0):
    """The mesh with its inner nodes moved by a share of an element's edge."""
    rng = np.random.default_rng(seed)
    p = mesh.p.copy()
    inside = ((p > p.min(axis=1)[:, None] + 1e-9) & (p < p.max(axis=1)[:, None] - 1e-9)).all(axis=0)
    edge = (p.max(axis=1) - p.min(axis=1)) / (mesh.t.shape[1] ** (1 / 3))
    p[:, inside] += share * edge[:, None] * rng.uniform(-1, 1, (3, inside.sum()))
    return type(mesh)(p, mesh.t)


def on_boundary(mesh):
    """Function that picks the nodes on the surface of a box."""
    low, high = mesh.p.min(axis=1)[:, None], mesh.p.max(axis=1)[:, None]
    return lambda x: (np.isclose(x, low) | np.isclose(x, high)).any(axis=0)


def cook(n, thickness=1.0, layers=1):
    """Cook's membrane with n x n elements, plane strain made of `layers` layers, in units of length."""
    import skfem

    mesh = skfem.MeshHex.init_tensor(
        np.linspace(0, 1, n + 1), np.linspace(0, 1, n + 1), np.linspace(0, thickness, layers + 1)
    )
    s, t, z = mesh.p
    bottom, top = 44.0 * s, 44.0 + 16.0 * s
    return skfem.MeshHex(np.stack([48.0 * s, bottom + t * (top - bottom), z]), mesh.t)
