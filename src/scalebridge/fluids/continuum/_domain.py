"""A grid with its patches and surfaces, and the values on every end face during a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.fluids.continuum._conditions import Characteristic, Condition, Flux, Outlet, Wall
from scalebridge.fluids.continuum._grid import Grid, Ints
from scalebridge.fluids.continuum._interface import Boundary, Faces, Field, Floats, PatchValues
from scalebridge.fluids.continuum._kernels import CHARACTERISTIC, FLUX, OUTLET, WALL
from scalebridge.fluids.continuum._pressure import regions

_KIND = {Wall: WALL, Outlet: OUTLET, Flux: FLUX, Characteristic: CHARACTERISTIC}
TAKES = {
    WALL: ("velocity", "temperature", "heat_flux"),
    OUTLET: ("pressure", "temperature"),
    FLUX: ("mass", "momentum", "energy", "total_energy"),
    CHARACTERISTIC: ("pressure", "velocity", "temperature"),
}
NAMES = {WALL: "Wall", OUTLET: "Outlet", FLUX: "Flux", CHARACTERISTIC: "Characteristic"}
VECTORS = ("velocity", "momentum")
STORED = {"total_energy": "energy"}


@dataclass(frozen=True)
class EndValues:
    """Values on all end faces at one time; NaN temperature where heat flux is given instead.

    Attributes:
        velocity, momentum: (F, 3).
        temperature, heat_flux, pressure, mass, energy: (F,).
        worked: share of the work of `momentum` that is in `energy`, 0 or 1, (F,).
    """

    velocity: Floats
    temperature: Floats
    heat_flux: Floats
    pressure: Floats
    mass: Floats
    momentum: Floats
    energy: Floats
    worked: Floats

    def towards(self, other: EndValues, part: float) -> EndValues:
        """Values at a part of the way to others."""
        if other is self or part == 0.0:
            return self
        mixed = {n: (1.0 - part) * getattr(self, n) + part * getattr(other, n) for n in self.__dataclass_fields__}
        return EndValues(**mixed)


@dataclass(frozen=True)
class SurfaceFaces:
    """Faces inside the fluid: their places, the cell on their lower side and their geometry."""

    axis: int
    face: Ints
    cell: Ints
    faces: Faces


@dataclass(frozen=True)
class Domain:
    """The grid, its patches and what does not change on its end faces.

    Attributes:
        grid: the grid.
        members: end faces of each patch, indices into `grid.ends`.
        kind: of condition, (F,).
        slip, jump: slip length and temperature jump length (F,).
        impedance: given impedance (F,), NaN for that of the fluid.
        base: values of the conditions.
        surfaces: by name.
        region: connected region of every cell, and whether it has an open end.
        balance: end faces that make up for what enters an incompressible fluid and does not leave.
        density: reference density, which turns mass flux into velocity.
    """

    grid: Grid
    members: Mapping[str, Ints]
    kind: Ints
    slip: Floats
    jump: Floats
    impedance: Floats
    base: EndValues
    surfaces: Mapping[str, SurfaceFaces]
    balance: Ints
    density: float

    @property
    def opened(self) -> npt.NDArray[np.bool_]:
        """Ends whose pressure is given and whose normal velocity is free."""
        return np.isin(self.kind, (OUTLET, CHARACTERISTIC))

    def values(self, boundary: Boundary | None) -> EndValues:
        """Values of the conditions, replaced where others are given.

        Raises:
            InputError: an unknown patch, a value that its condition does not take, a wrong shape, or NaN.
        """
        if not boundary:
            return self.base
        changed = {n: getattr(self.base, n).copy() for n in self.base.__dataclass_fields__}
        for name, values in boundary.items():
            if name not in self.members:
                raise InputError(f"boundary: there is no patch {name!r}; the patches are {', '.join(self.members)}.")
            self._take(changed, name, values)
        return EndValues(**changed)

    def _take(self, changed: dict[str, Floats], name: str, values: PatchValues) -> None:
        here = self.members[name]
        kind = int(self.kind[here[0]])
        for key in values.__dataclass_fields__:
            value = getattr(values, key)
            if value is None:
                continue
            if key not in TAKES[kind]:
                raise InputError(
                    f"boundary[{name!r}]: {key} is given, but the patch is a {NAMES[kind]}, which takes "
                    f"{', '.join(TAKES[kind])}."
                )
            if key == "heat_flux":
                changed["temperature"][here] = np.nan
            if key in ("energy", "total_energy"):
                changed["worked"][here] = float(key == "total_energy")
            changed[STORED.get(key, key)][here] = spread(value, len(here), key in VECTORS, f"boundary[{name!r}].{key}")

    def normal_velocity(self, values: EndValues) -> Floats:
        """Velocity along the axis at ends where it is given."""
        ends = self.grid.ends
        along = values.velocity[np.arange(len(ends)), ends.axis]
        return np.where(self.kind == FLUX, -ends.side * values.mass / self.density, along)

    def balanced(self, values: EndValues) -> tuple[EndValues, float]:
        """Values with as much entering as leaving each closed region, and the velocity added on balancing patches.

        Raises:
            InputError: more enters a closed region than leaves, and no patch may make up for it.
        """
        ends, opened = self.grid.ends, self.opened
        if opened.all() or len(ends) == 0:
            return values, 0.0
        region, count, is_open = self._regions
        along = self.normal_velocity(values)
        out = ends.side * along * self.grid.end_faces.area
        home = region[tuple(ends.cell.T)]
        net, gross = np.bincount(home, out, count), np.bincount(home, np.abs(out), count)
        wrong = np.flatnonzero(~is_open & (np.abs(net) > 1e-13 * gross))
        correction = 0.0
        for one in wrong:
            mine = self.balance[home[self.balance] == one]
            if len(mine) == 0:
                if abs(net[one]) <= 1e-10 * gross[one]:
                    continue
                raise InputError(
                    f"boundary: the volume that leaves exceeds the volume that enters by {net[one]:.6g} per time in a "
                    f"region without outlet; an incompressible fluid cannot do that. Give a patch the condition "
                    f"Outlet, or name in balance= the patches whose normal velocity may be corrected."
                )
            shift = -net[one] / self.grid.end_faces.area[mine].sum()
            values = self._shifted(values, mine, shift)
            correction = shift if abs(shift) > abs(correction) else correction
        return values, correction

    def _shifted(self, values: EndValues, faces: Ints, outward: float) -> EndValues:
        ends = self.grid.ends
        velocity, mass = values.velocity.copy(), values.mass.copy()
        velocity[faces, ends.axis[faces]] += ends.side[faces] * outward
        mass[faces] -= self.density * outward
        return replace(values, velocity=velocity, mass=mass)

    @property
    def _regions(self) -> Any:
        cached = self.__dict__.get("_region_cache")
        if cached is None:
            cached = regions(self.grid, self.opened)
            object.__setattr__(self, "_region_cache", cached)
        return cached


def spread(value: Field, count: int, vector: bool, what: str, points: Floats | None = None) -> Floats:
    """A value on `count` places: number, array, or function of points.

    Raises:
        InputError: the shape does not fit, or a value is not finite.
    """
    if callable(value):
        if points is None:
            raise InputError(f"{what} is a function; give an array here.")
        value = value(points)
    array = np.asarray(value, np.float64)
    shape = (count, 3) if vector else (count,)
    if vector and array.ndim == 0:
        if array != 0.0:
            raise InputError(f"{what} is the number {array}; give a vector of 3 numbers or an array of shape {shape}.")
        array = np.zeros(3)
    try:
        array = np.array(np.broadcast_to(array, shape))
    except ValueError:
        raise InputError(f"{what} has shape {array.shape}; it needs {shape}, or one value for all faces.") from None
    if not np.isfinite(array).all():
        raise InputError(f"{what} holds {int((~np.isfinite(array)).sum())} values that are not finite.")
    return array


def base_values(
    faces: Faces, conditions: list[tuple[str, Ints, Condition]], reference: tuple[float, float]
) -> EndValues:
    """Values of the conditions on all end faces.

    Args:
        faces: geometry of the ends.
        conditions: name, end faces and condition of each patch.
        reference: pressure and temperature outside where a `Characteristic` names none.
    """
    n = len(faces)
    table: dict[str, Floats] = {
        name: np.zeros((n, 3) if name in VECTORS else n) for name in EndValues.__dataclass_fields__
    }
    table["temperature"][:] = np.nan
    for name, here, condition in conditions:
        for key in TAKES[kind_of(condition)]:
            value = getattr(condition, key, None)
            if value is None and isinstance(condition, Characteristic):
                value = reference[0] if key == "pressure" else reference[1]
            if value is not None:
                points = faces.centre[here]
                table[key][here] = spread(value, len(here), key in VECTORS, f"{name}: {key}", points)
    return EndValues(**table)


def kind_of(condition: Condition) -> int:
    """Number of a condition's kind, as the compiled loops know it."""
    return _KIND[type(condition)]
