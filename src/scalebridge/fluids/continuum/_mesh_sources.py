"""Body force and heat sources at the points of a mesh."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.continuum._interface import Floats
from scalebridge.fluids.continuum._mesh_basis import Basis
from scalebridge.fluids.continuum._sources import Force, Heat


@final
class MeshSources:
    """Body force per mass and heat per volume: constant, or functions of points (n, 3) and time.

    Raises:
        InputError: a constant has the wrong shape or is not finite.
    """

    def __init__(self, basis: Basis, force: Force, heating: Heat) -> None:
        self._basis, self._force, self._heating = basis, force, heating
        if not callable(force):
            vector = np.asarray(force, np.float64)
            if vector.shape != (3,) or not np.isfinite(vector).all():
                raise InputError(f"force is {force!r}; give three finite numbers, or a function of points and time.")
        if not callable(heating) and not np.isfinite(heating):
            raise InputError(f"heating is {heating!r}; give a finite number, or a function of points and time.")

    @cached_property
    def _points(self) -> Floats:
        return self._basis.volume.points.reshape(-1, 3)

    def body(self, time: float) -> Floats:
        """Force per mass at all points, (E, P, 3)."""
        return self._at(self._force, time, (len(self._points), 3), "force").reshape(self._basis.volume.points.shape)

    def heat(self, time: float) -> Floats:
        """Power per volume at all points, (E, P)."""
        return self._at(self._heating, time, (len(self._points),), "heating").reshape(self._basis.volume.weights.shape)

    def _at(self, given: Any, time: float, shape: tuple[int, ...], what: str) -> Floats:
        result = np.asarray(given(self._points, time) if callable(given) else given, np.float64)
        try:
            result = np.broadcast_to(result, shape)
        except ValueError:
            raise InputError(f"{what} gives shape {result.shape} at {shape[0]} points; it needs {shape}.") from None
        if not np.isfinite(result).all():
            raise InputError(f"{what} is not finite at {int((~np.isfinite(result)).sum())} places at time {time:g}.")
        return result
