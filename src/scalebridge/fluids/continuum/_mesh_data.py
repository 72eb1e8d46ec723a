"""What comes from outside, as functions on the mesh: values on the boundary, body force, heat sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.continuum._domain import EndValues
from scalebridge.fluids.continuum._interface import Floats
from scalebridge.fluids.continuum._mesh_input import ngsolve
from scalebridge.fluids.continuum._mesh_spaces import Spaces
from scalebridge.fluids.continuum._sources import Force, Heat

_BOUNDARY = ("x", "y", "z", "shear_x", "shear_y", "shear_z", "pressure", "temperature", "known", "heat")


@final
class Data:
    """Functions on the mesh that the forms of a scheme hold; they are filled anew for every evaluation.

    Attributes:
        known: 1 where a temperature is given, else 0.
        heat: heat flux of walls, energy flux of `Flux` patches.
        worked: share of the work of the shear that is in `heat`.

    Raises:
        InputError: a constant force or heating has the wrong shape or is not finite.
    """

    def __init__(self, spaces: Spaces, force: Force, heating: Heat) -> None:
        ng = ngsolve()
        _check_sources(force, heating)
        self._spaces, self._force, self._heating = spaces, force, heating
        self.on = {name: ng.GridFunction(spaces.facet) for name in (*_BOUNDARY, "worked")}
        self.body = [ng.GridFunction(spaces.scalar) for _ in range(3)]
        self.source = ng.GridFunction(spaces.scalar)
        self._steady = not callable(force) and not callable(heating)
        self._volume(0.0)

    def fill(self, values: EndValues, time: float) -> None:
        """Take the values of one time."""
        known = np.isfinite(values.temperature)
        arrays = (*values.velocity.T, *values.momentum.T, values.pressure)
        arrays = (*arrays, np.where(known, values.temperature, 0.0), known.astype(np.float64))
        for name, array in zip(_BOUNDARY, (*arrays, values.heat_flux + values.energy), strict=True):
            self._spaces.fill(self.on[name], array)
        self._spaces.fill(self.on["worked"], values.worked)
        if not self._steady:
            self._volume(time)

    def _volume(self, time: float) -> None:
        points = self._spaces.volume_points
        force = _at(self._force, points, time, (len(points), 3), "force")
        for function, column in zip(self.body, force.T, strict=True):
            function.vec.FV().NumPy()[:] = self._spaces.projected(column)
        heat = _at(self._heating, points, time, (len(points),), "heating")
        self.source.vec.FV().NumPy()[:] = self._spaces.projected(heat)


def _at(given: Any, points: Floats, time: float, shape: tuple[int, ...], what: str) -> Floats:
    value: Any = given(points, time) if isinstance(given, Callable) else given  # type: ignore[arg-type]
    result = np.asarray(value, np.float64)
    try:
        result = np.broadcast_to(result, shape)
    except ValueError:
        raise InputError(f"{what} gives shape {result.shape} at {shape[0]} points; it needs {shape}.") from None
    if not np.isfinite(result).all():
        raise InputError(f"{what} is not finite at {int((~np.isfinite(result)).sum())} places at time {time:g}.")
    return result


def _check_sources(force: Force, heating: Heat) -> None:
    if not callable(force):
        vector = np.asarray(force, np.float64)
        if vector.shape != (3,) or not np.isfinite(vector).all():
            raise InputError(f"force is {force!r}; give three finite numbers, or a function of points and time.")
    if not callable(heating) and not np.isfinite(heating):
        raise InputError(f"heating is {heating!r}; give a finite number, or a function of points and time.")
