"""Fields as an xarray data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scalebridge.solids.export._fields import checked_fields
from scalebridge.solids.microstructure import Microstructure

if TYPE_CHECKING:
    import xarray as xr

_COMPONENTS = ("i", "j")


def to_xarray(
    microstructure: Microstructure,
    fields: Mapping[str, npt.ArrayLike] | None = None,
    *,
    units: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Phases and fields with named axes: x1, x2(, x3) at the centres of the voxels in m, components i, j from 1 to 3.

    Args:
        microstructure: the grid.
        fields: arrays of shape grid (scalar), grid + (3,) (vector) or grid + (3, 3) (tensor), by name.
        units: unit of a field, by name; it becomes the attribute ``units``.

    Returns:
        The data set.

    Raises:
        InputError: a field does not fit the grid, or holds NaN.
    """
    import xarray as xr

    axes = [f"x{a + 1}" for a in range(microstructure.ndim)]
    variables, rank = {}, 0
    for field in checked_fields(microstructure, fields, units):
        attributes = {"units": field.unit or "1"}
        variables[field.name] = xr.Variable([*axes, *_COMPONENTS[: field.rank]], field.values, attributes)
        rank = max(rank, field.rank)
    coordinates = {
        axis: xr.Variable(axis, (np.arange(n) + 0.5) * step, {"units": "m"})
        for axis, n, step in zip(axes, microstructure.shape, microstructure.spacing, strict=True)
    }
    coordinates |= {letter: xr.Variable(letter, [1, 2, 3]) for letter in _COMPONENTS[:rank]}
    names = [f"{phase}: {microstructure.name(phase)}" for phase in microstructure.names]
    attributes = {"origin": microstructure.origin, "phase_names": ", ".join(names)}
    return xr.Dataset(variables, coordinates, {key: text for key, text in attributes.items() if text})
