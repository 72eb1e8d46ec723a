"""Macroscopic meshes from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from scalebridge.errors import InputError

_SOLIDS = ("hexahedron", "hexahedron27", "tetra", "tetra10")
_MARKS = ("gmsh:physical", "medit:ref", "cell_tags", "region", "Region", "material", "MaterialIds")


def read_mesh(path: str | Path) -> Any:
    """Mesh of a file that meshio reads (gmsh, Abaqus, VTK, ...), as a scikit-fem mesh.

    Regions are the file's sets of cells; where it has none but an integer field of cells (``region``,
    ``gmsh:physical``...), they are ``"1"``, ``"2"``... after its values.

    Raises:
        InputError: the file is missing, cannot be read, or holds no hexahedra or tetrahedra.
    """
    import meshio
    from skfem.io.meshio import from_meshio

    path = Path(path)
    if not path.is_file():
        raise InputError(f"the mesh file {path} does not exist.")
    try:
        raw = meshio.read(path)
    except (Exception, SystemExit) as error:
        raise InputError(f"meshio cannot read the mesh file {path}: {error}") from error
    kinds = [block.type for block in raw.cells]
    if not any(kind in _SOLIDS for kind in kinds):
        raise InputError(f"the mesh file {path} holds {sorted(set(kinds))}; needed are one of {list(_SOLIDS)}.")
    try:
        mesh = from_meshio(raw)
    except Exception as error:
        raise InputError(f"the cells of {path} cannot be made a scikit-fem mesh: {error}") from error
    if mesh.subdomains:
        return mesh
    regions = _regions_of_marks(raw, kinds)
    return mesh.with_subdomains(regions) if regions else mesh


def _regions_of_marks(raw: Any, kinds: list[str]) -> dict[str, Any]:
    """Elements of each value of an integer field of the cells."""
    for name in _MARKS:
        if name not in raw.cell_data:
            continue
        parts = [np.asarray(v) for v, k in zip(raw.cell_data[name], kinds, strict=True) if k in _SOLIDS]
        values = np.concatenate(parts)
        return {str(int(v)): np.flatnonzero(values == v) for v in np.unique(values)}
    return {}
