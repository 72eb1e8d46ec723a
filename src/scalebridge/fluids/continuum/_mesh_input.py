"""Meshes as users have them: an NGSolve mesh, a file of Netgen, a file of Gmsh with named physical groups."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from scalebridge.errors import InputError, MissingExtraError

_CORNERS = {"triangle": 3, "triangle6": 6, "line": 2, "line3": 3}


def ngsolve() -> Any:
    """The NGSolve module.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import ngsolve as module
    except ImportError as error:
        raise MissingExtraError("ngsolve", "mesh") from error
    return module


def own_mesh(given: object) -> Any:
    """A mesh of our own, which may be curved without a change of the one that was given.

    Args:
        given: an `ngsolve.Mesh`, or the path of a file of Netgen (.vol, .vol.gz) or Gmsh (.msh).

    Raises:
        InputError: it is none of these, or the file cannot be read.
        MissingExtraError: NGSolve is not installed, or meshio for a file of Gmsh.
    """
    ng = ngsolve()
    if isinstance(given, ng.Mesh):
        return pickle.loads(pickle.dumps(given))
    if not isinstance(given, str | Path):
        raise InputError(f"mesh is {given!r}; give an ngsolve.Mesh, or the path of a .vol, .vol.gz or .msh file.")
    path = Path(given)
    if not path.is_file():
        raise InputError(f"mesh: there is no file {path}.")
    if path.name.endswith((".vol", ".vol.gz")):
        return ng.Mesh(str(path))
    if path.suffix == ".msh":
        return _from_gmsh(path)
    raise InputError(f"mesh: {path} ends neither in .vol, .vol.gz (Netgen) nor in .msh (Gmsh).")


def _from_gmsh(path: Path) -> Any:
    """A mesh of triangles from a file of Gmsh, curved as its six-node triangles are."""
    try:
        import meshio
    except ImportError as error:
        raise MissingExtraError("meshio", "mesh") from error
    try:
        read: Any = meshio.read(path)
    except (meshio.ReadError, ValueError, KeyError, IndexError, SystemExit) as error:  # it exits where it knows no way
        raise InputError(f"mesh: {path} cannot be read as a file of Gmsh: {error}") from error
    blocks = [(b.type, b.data, tags) for b, tags in zip(read.cells, _tags(read, path), strict=True)]
    wrong = sorted({kind for kind, *_ in blocks} - {*_CORNERS, "vertex"})
    if wrong:
        raise InputError(
            f"mesh: {path} holds {', '.join(wrong)}; this solver takes triangles with lines on their edges."
        )
    if not np.allclose(read.points[:, 2:], 0.0):
        raise InputError(f"mesh: points of {path} do not lie in the plane z = 0.")
    return _built(read.points, blocks, {(int(d), int(tag)): name for name, (tag, d) in read.field_data.items()})


def _tags(read: Any, path: Path) -> Any:
    if "gmsh:physical" not in read.cell_data:
        raise InputError(
            f"mesh: {path} has no physical groups; name the fluid's surface and every part of its boundary in Gmsh."
        )
    return read.cell_data["gmsh:physical"]


def _built(points: Any, blocks: list[tuple[str, Any, Any]], names: dict[tuple[int, int], str]) -> Any:
    """The mesh of points and tagged cells; `names` are those of (dimension, tag)."""
    from netgen import meshing

    net = meshing.Mesh(dim=2)
    used = np.unique(np.concatenate([data.ravel() for kind, data, _ in blocks if kind.startswith("triangle")]))
    place = {int(i): net.Add(meshing.MeshPoint(meshing.Pnt(*(float(x) for x in points[i][:2]), 0.0))) for i in used}
    index: dict[tuple[int, int], int] = {}
    for kind, data, tags in blocks:
        if kind == "vertex":
            continue
        dimension = 2 if kind.startswith("triangle") else 1
        for nodes, tag in zip(data, tags, strict=True):
            key = (dimension, int(tag))
            if key not in index:
                index[key] = 1 + sum(d == dimension for d, _ in index)
                if dimension == 2:
                    net.Add(meshing.FaceDescriptor(bc=index[key]))
            corners = [place[int(i)] for i in nodes]
            if dimension == 2:
                net.Add(meshing.Element2D(index[key], _ordered(corners)))
            else:
                net.Add(meshing.Element1D(corners[:2], index=index[key]))
    for (dimension, tag), number in index.items():
        name = names.get((dimension, tag), str(tag))
        if dimension == 2:
            net.SetMaterial(number, name)
        else:
            net.SetBCName(number - 1, name)
    return ngsolve().Mesh(net)


def _ordered(corners: list[Any]) -> list[Any]:
    """Nodes of a triangle in the order of Netgen, which numbers a middle by the corner opposite of it."""
    return corners if len(corners) == 3 else [*corners[:3], corners[4], corners[5], corners[3]]
