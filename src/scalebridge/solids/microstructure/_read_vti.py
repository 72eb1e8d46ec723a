"""Microstructures from VTK image data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.microstructure._assemble import Meaning, PathLike, VoxelSize, assemble, choose, existing
from scalebridge.solids.microstructure._extras import optional
from scalebridge.solids.microstructure._microstructure import Microstructure
from scalebridge.solids.microstructure._segment import Labels, Thresholds


def read_vti(
    path: PathLike,
    array: str | None = None,
    *,
    voxel_size: VoxelSize | None = None,
    thresholds: Thresholds | None = None,
    phases: Labels | None = None,
    names: Mapping[int, str] | None = None,
) -> Microstructure:
    """Read one array of VTK XML image data (``.vti``): cell data, or point data where there is no cell data.

    Args:
        path: file.
        array: its name; may be left out where there is only one.
        voxel_size: voxel edge in m, or one per axis; None takes the file's spacing as metres.
        thresholds: cut grey values, see `segment`.
        phases: map labels to phases, or ``"labels"`` to take any number of them.
        names: names of the phases.

    Returns:
        The microstructure; 2-D where the image is one layer of cells without thickness.

    Raises:
        InputError: the file is missing or damaged, has no such array, or its values cannot be taken as phases.
    """
    found = existing(path)
    image = _read(str(found))
    points = list(image.GetDimensions())
    on_cells = image.GetCellData().GetNumberOfArrays() > 0
    data = image.GetCellData() if on_cells else image.GetPointData()
    name = choose(array, [data.GetArrayName(i) for i in range(data.GetNumberOfArrays())], "array", f"'{found}'")
    grid = [max(n - 1, 1) for n in points] if on_cells else points
    flat = optional("vtkmodules.util.numpy_support").vtk_to_numpy(data.GetArray(name))
    if flat.ndim != 1:
        raise InputError(f"'{found}', array '{name}' has {flat.shape[1]} components per voxel; phases need one.")
    values = flat.reshape(grid, order="F")
    spacing: VoxelSize = list(image.GetSpacing()) if voxel_size is None else voxel_size
    if points[2] == 1:
        values = values[:, :, 0]
        spacing = spacing[:2] if voxel_size is None and isinstance(spacing, list) else spacing
    source = f"{found}, array '{name}'"
    return assemble(np.ascontiguousarray(values), Meaning(spacing, thresholds, phases, names), source)


def _read(path: str) -> Any:
    reader = optional("vtkmodules.vtkIOXML").vtkXMLImageDataReader()
    complaints: list[str] = []
    reader.AddObserver("ErrorEvent", lambda *_: complaints.append("its XML is damaged"))
    reader.SetFileName(path)
    if not reader.CanReadFile(path):
        raise InputError(f"'{path}' is not VTK XML image data (.vti).")
    reader.Update()
    if complaints:
        raise InputError(f"'{path}' cannot be read as VTK XML image data: {complaints[0]}.")
    return reader.GetOutput()
