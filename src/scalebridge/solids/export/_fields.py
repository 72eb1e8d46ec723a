"""Fields on the voxels of a microstructure, checked once for all formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.microstructure import Microstructure

_RANKS: dict[tuple[int, ...], int] = {(): 0, (3,): 1, (3, 3): 2}


@dataclass(frozen=True, eq=False)
class Field:
    """A scalar, vector or tensor on each voxel.

    Attributes:
        name: as given.
        values: shape grid, grid + (3,) or grid + (3, 3).
        rank: 0 scalar, 1 vector, 2 tensor.
        unit: its unit, empty where none was given.
    """

    name: str
    values: npt.NDArray[np.generic]
    rank: int
    unit: str

    @property
    def label(self) -> str:
        """Name with unit, for formats that have no place for units."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    def flat(self) -> npt.NDArray[np.generic]:
        """Values with the first axis running fastest, as visualisation formats have it, shape (voxels, 3**rank)."""
        ndim = self.values.ndim - self.rank
        turned = self.values.transpose([*range(ndim - 1, -1, -1), *range(ndim, self.values.ndim)])
        return np.ascontiguousarray(turned).reshape(-1, 3**self.rank)


def checked_fields(
    microstructure: Microstructure,
    fields: Mapping[str, npt.ArrayLike] | None,
    units: Mapping[str, str] | None,
) -> list[Field]:
    """The phases and the fields given, as checked records.

    Args:
        microstructure: the grid.
        fields: arrays of shape grid, grid + (3,) or grid + (3, 3), by name.
        units: unit of a field, by name.

    Returns:
        First the phase, then the fields in the order given.

    Raises:
        InputError: a shape does not fit, a value is NaN or not a real number, a unit belongs to no field, or a field
            is called "phase".
    """
    given, unit_of = dict(fields or {}), dict(units or {})
    stray = [name for name in unit_of if name not in given]
    if stray:
        raise InputError(f"Units are given for {stray}, which are no fields; fields: {list(given) or 'none'}.")
    if "phase" in given:
        raise InputError("The field 'phase' is written from the microstructure; give yours another name.")
    phase = Field("phase", microstructure.phase, 0, "")
    return [phase, *(_checked(microstructure, name, array, unit_of.get(name, "")) for name, array in given.items())]


def _checked(microstructure: Microstructure, name: str, array: npt.ArrayLike, unit: str) -> Field:
    if not name or set(name) & set("/:<>&\"'"):
        raise InputError(f"A field's name is not empty and holds none of / : < > & and quotes; found '{name}'.")
    values = np.asarray(array)
    ndim, grid = microstructure.ndim, microstructure.shape
    trailing = values.shape[ndim:]
    if values.shape[:ndim] != grid or trailing not in _RANKS:
        raise InputError(
            f"The field '{name}' has shape {values.shape}; on this microstructure a scalar has {grid}, a vector "
            f"{(*grid, 3)}, a tensor {(*grid, 3, 3)}."
        )
    if values.dtype.kind not in "biuf":
        raise InputError(f"The field '{name}' holds {values.dtype}; real numbers are needed.")
    if not np.all(np.isfinite(values)):
        raise InputError(f"The field '{name}' holds NaN or infinity; a field that did not converge is not written.")
    return Field(name, values.astype(np.uint8) if values.dtype.kind == "b" else values, _RANKS[trailing], unit)
