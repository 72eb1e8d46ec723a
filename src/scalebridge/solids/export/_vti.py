"""Fields as VTK XML image data for ParaView."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from scalebridge.solids.export._fields import Field, checked_fields
from scalebridge.solids.microstructure import Microstructure
from scalebridge.solids.microstructure._extras import optional


def vti(
    microstructure: Microstructure,
    fields: Mapping[str, npt.ArrayLike] | None = None,
    *,
    units: Mapping[str, str] | None = None,
) -> bytes:
    """The content of a ``.vti`` file: phases and fields as cell data on the voxels, lengths in m.

    A section becomes a flat image. Needs no graphics libraries.

    Args:
        microstructure: the grid.
        fields: arrays of shape grid (scalar), grid + (3,) (vector) or grid + (3, 3) (tensor), by name.
        units: unit of a field, by name; it is put behind the name in brackets.

    Returns:
        The file.

    Raises:
        InputError: a field does not fit the grid, or holds NaN.
        MissingExtraError: vtk is not installed.
    """
    model = optional("vtkmodules.vtkCommonDataModel")
    image = model.vtkImageData()
    flat = microstructure.ndim == 2
    # Points, not cells: one more along each axis, except across a section.
    image.SetDimensions(*(n + 1 for n in microstructure.shape), *([1] if flat else []))
    image.SetSpacing(*microstructure.spacing, *([min(microstructure.spacing)] if flat else []))
    data = image.GetCellData()
    for field in checked_fields(microstructure, fields, units):
        data.AddArray(_array(field))
    data.SetActiveScalars("phase")
    writer = optional("vtkmodules.vtkIOXML").vtkXMLImageDataWriter()
    writer.SetInputData(image)
    writer.SetDataModeToBinary()
    writer.WriteToOutputStringOn()
    writer.Write()
    return str(writer.GetOutputString()).encode()


def _array(field: Field) -> Any:
    array = optional("vtkmodules.util.numpy_support").numpy_to_vtk(field.flat(), deep=True)
    array.SetName(field.label)
    return array
