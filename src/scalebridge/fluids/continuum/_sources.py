"""Body force and heat sources on the grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.fluids.continuum._grid import Grid
from scalebridge.fluids.continuum._interface import Floats

Force = npt.ArrayLike | Callable[[Floats, float], npt.ArrayLike]
Triple = tuple[Floats, Floats, Floats]
Heat = float | Callable[[Floats, float], npt.ArrayLike]


@dataclass(frozen=True)
class Sources:
    """Body force per mass and heat per volume: constant, or functions of points (n, 3) and time.

    Raises:
        InputError: a constant has the wrong shape or is not finite.
    """

    grid: Grid
    force: Force
    heating: Heat

    def __post_init__(self) -> None:
        if not callable(self.force):
            vector = np.asarray(self.force, np.float64)
            if vector.shape != (3,) or not np.isfinite(vector).all():
                raise InputError(
                    f"force is {self.force!r}; give three finite numbers, or a function of points and time."
                )
        if not callable(self.heating) and not np.isfinite(self.heating):
            raise InputError(f"heating is {self.heating!r}; give a finite number, or a function of points and time.")

    @cached_property
    def _faces(self) -> list[Floats]:
        return [self.grid.face_centres(a) for a in range(3)]

    def body(self, time: float, density: Triple | float) -> Triple:
        """Force on half a cell's volume at faces of each axis; density is a number or an array for each axis."""
        if not callable(self.force) and isinstance(density, float):
            return self._constant(density)
        x, y, z = (0.5 * self.grid.volume * self._at(a, time) for a in range(3))
        if isinstance(density, float):
            return (density * x, density * y, density * z)
        return (density[0] * x, density[1] * y, density[2] * z)

    def _at(self, a: int, time: float) -> Floats:
        """Force per mass on faces of an axis."""
        if not callable(self.force):
            return np.full(self.grid.shape(a), float(np.asarray(self.force)[a]))
        points = self._faces[a]
        value = np.asarray(self.force(points.reshape(-1, 3), time), np.float64)
        return value[:, a].reshape(points.shape[:-1])

    def _constant(self, density: float) -> Triple:
        """The same arrays each time; nobody writes to them."""
        if self.__dict__.get("_density") != density:
            x, y, z = (0.5 * self.grid.volume * density * self._at(a, 0.0) for a in range(3))
            self.__dict__.update(_density=density, _kept=(x, y, z))
        kept: Triple = self.__dict__["_kept"]
        return kept

    def heat(self, time: float) -> Floats:
        """Power in every cell."""
        if callable(self.heating):
            points = self.grid.centres()
            value = np.asarray(self.heating(points.reshape(-1, 3), time), np.float64).reshape(self.grid.cells)
        else:
            value = np.full(self.grid.cells, float(self.heating))
        return np.where(self.grid.fluid, value * self.grid.volume, 0.0)
