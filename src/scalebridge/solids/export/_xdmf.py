"""Fields as XDMF with HDF5 for ParaView, one or many increments."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as Xml

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.export._fields import Field, checked_fields
from scalebridge.solids.microstructure import Microstructure
from scalebridge.solids.microstructure._extras import optional

_KINDS = ("Scalar", "Vector", "Tensor")


def xdmf(
    microstructure: Microstructure,
    increments: Sequence[Mapping[str, npt.ArrayLike]],
    *,
    heavy_name: str,
    times: Sequence[float] | None = None,
    units: Mapping[str, str] | None = None,
) -> tuple[str, bytes]:
    """Phases and fields as an XDMF description and the HDF5 file that it points to, lengths in m.

    A section becomes a layer one voxel thick.

    Args:
        microstructure: the grid.
        increments: the fields of each increment by name, arrays of shape grid (scalar), grid + (3,) (vector) or
            grid + (3, 3) (tensor).
        heavy_name: name that the HDF5 file will have, next to the description, e.g. ``"fields.h5"``.
        times: time or load parameter of each increment, ascending; default 0, 1, 2, ...
        units: unit of a field, by name; it is put behind the name in brackets.

    Returns:
        The ``.xdmf`` text and the content of the HDF5 file. In it, arrays have the axes z, y, x, component.

    Raises:
        InputError: no increment, times that do not ascend, or a field that does not fit the grid.
        MissingExtraError: h5py is not installed.
    """
    moments = _checked_times(times, len(increments))
    _check_units(units, increments)
    root = Xml.Element("Xdmf", Version="3.0")
    domain = Xml.SubElement(root, "Domain")
    series = Xml.SubElement(domain, "Grid", Name="increments", GridType="Collection", CollectionType="Temporal")
    heavy = io.BytesIO()
    with optional("h5py").File(heavy, "w") as file:
        for number, (moment, fields) in enumerate(zip(moments, increments, strict=True)):
            grid = Xml.SubElement(series, "Grid", Name=f"increment {number}", GridType="Uniform")
            Xml.SubElement(grid, "Time", Value=repr(float(moment)))
            _describe_grid(grid, microstructure)
            for field in checked_fields(microstructure, fields, _units_there(units, fields)):
                # Phases do not change: all increments point to the one copy.
                path = "/phase" if field.name == "phase" else f"/increment{number:05d}/{field.name}"
                if path not in file:
                    file.create_dataset(path, data=_layered(field, microstructure), compression="gzip", shuffle=True)
                _describe_field(grid, field, file[path], f"{heavy_name}:{path}")
    Xml.indent(root)
    return '<?xml version="1.0" ?>\n' + Xml.tostring(root, encoding="unicode") + "\n", heavy.getvalue()


def _checked_times(times: Sequence[float] | None, count: int) -> list[float]:
    if count == 0:
        raise InputError("There is no increment to write.")
    moments = [float(i) for i in range(count)] if times is None else [float(t) for t in times]
    if len(moments) != count or not np.all(np.isfinite(moments)) or np.any(np.diff(moments) <= 0):
        raise InputError(f"times are {count} finite ascending numbers, one for each increment; found {moments}.")
    return moments


def _check_units(units: Mapping[str, str] | None, increments: Sequence[Mapping[str, npt.ArrayLike]]) -> None:
    stray = [name for name in units or {} if not any(name in fields for fields in increments)]
    if stray:
        raise InputError(f"Units are given for {stray}, which no increment has as a field.")


def _units_there(units: Mapping[str, str] | None, fields: Mapping[str, npt.ArrayLike]) -> dict[str, str]:
    return {name: unit for name, unit in (units or {}).items() if name in fields}


def _layered(field: Field, microstructure: Microstructure) -> npt.NDArray[np.generic]:
    layer = (1,) if microstructure.ndim == 2 else ()
    shape = layer + microstructure.shape[::-1] + ((3**field.rank,) if field.rank else ())
    return field.flat().reshape(shape)


def _describe_grid(grid: Xml.Element, microstructure: Microstructure) -> None:
    points = [n + 1 for n in microstructure.shape]
    steps = list(microstructure.spacing)
    if microstructure.ndim == 2:
        # A layer one voxel thick: readers put 2-D meshes into the y-z plane and fail on layers without thickness.
        points, steps = [*points, 2], [*steps, min(steps)]
    Xml.SubElement(grid, "Topology", TopologyType="3DCoRectMesh", Dimensions=" ".join(map(str, reversed(points))))
    geometry = Xml.SubElement(grid, "Geometry", GeometryType="ORIGIN_DXDYDZ")
    for numbers in ([0.0, 0.0, 0.0], steps[::-1]):
        item = Xml.SubElement(geometry, "DataItem", Format="XML", NumberType="Float", Precision="8", Dimensions="3")
        item.text = " ".join(repr(number) for number in numbers)


def _describe_field(grid: Xml.Element, field: Field, dataset: object, where: str) -> None:
    attribute = Xml.SubElement(grid, "Attribute", Name=field.label, AttributeType=_KINDS[field.rank], Center="Cell")
    shape, kind = dataset.shape, dataset.dtype  # type: ignore[attr-defined]
    number = {"f": "Float", "i": "Int", "u": "UInt"}[kind.kind]
    item = Xml.SubElement(
        attribute,
        "DataItem",
        Format="HDF",
        NumberType=number,
        Precision=str(kind.itemsize),
        Dimensions=" ".join(str(n) for n in shape),
    )
    item.text = where
