"""From what a user writes to a `Domain`: every mistake in it is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.fluids.continuum._conditions import (
    Characteristic,
    Condition,
    Flux,
    Obstacle,
    Outlet,
    Patch,
    Periodic,
    Surface,
    Wall,
)
from scalebridge.fluids.continuum._domain import Domain, SurfaceFaces, base_values, kind_of
from scalebridge.fluids.continuum._fluids import CompressibleFluid, Fluid, Liquid
from scalebridge.fluids.continuum._grid import INTERIOR, Grid, Ints, Mask
from scalebridge.fluids.continuum._interface import Faces

SIDES = ("x-", "x+", "y-", "y+", "z-", "z+")


def build(
    size: npt.ArrayLike,
    cells: Sequence[int],
    fluid: Fluid,
    boundaries: Mapping[str, Condition | Periodic],
    obstacles: Mapping[str, Obstacle],
    patches: Mapping[str, Patch],
    surfaces: Mapping[str, Surface],
    balance: Sequence[str],
) -> Domain:
    """The domain that a user describes; see `Continuum` for the arguments.

    Raises:
        InputError: what is wrong, and what would be right.
    """
    edges, shape = _box(size, cells)
    periodic = _periodic(boundaries, shape)
    grid, owner = _with_obstacles(Grid(edges, shape, periodic, np.ones(shape, bool)), obstacles)
    conditions = _conditions(grid, owner, boundaries, obstacles, patches)
    for name, _, condition in conditions:
        _check_condition(name, condition, fluid)
    count = len(grid.ends)
    kind, slip, jump, impedance = np.full(count, -1), np.zeros(count), np.zeros(count), np.full(count, np.nan)
    for _, here, condition in conditions:
        kind[here] = kind_of(condition)
        if isinstance(condition, Wall):
            slip[here], jump[here] = condition.slip_length, condition.jump_length
        if isinstance(condition, Characteristic) and condition.impedance is not None:
            impedance[here] = condition.impedance
    members = {name: here for name, here, _ in conditions}
    base = base_values(grid.end_faces, conditions, _reference(fluid))
    places = {name: _surface(grid, name, surface) for name, surface in surfaces.items()}
    return Domain(
        grid, members, kind, slip, jump, impedance, base, places, _balancing(balance, members, kind), fluid.density
    )


def _box(size: npt.ArrayLike, cells: Sequence[int]) -> tuple[tuple[float, float, float], tuple[int, int, int]]:
    lengths, counts = np.asarray(size, np.float64), np.asarray(cells)
    if lengths.shape != (3,) or counts.shape != (3,):
        raise InputError(
            f"size is {size!r} and cells are {cells!r}; both need three entries. For fewer dimensions give one cell "
            f"along an axis: it is periodic then."
        )
    if not (np.isfinite(lengths).all() and (lengths > 0.0).all()):
        raise InputError(f"size is {size!r}; every edge must be a positive number.")
    if not np.issubdtype(counts.dtype, np.integer) or (counts < 1).any():
        raise InputError(f"cells are {cells!r}; every axis needs a whole number, at least 1.")
    x, y, z = (float(v) for v in lengths)
    i, j, k = (int(v) for v in counts)
    return (x, y, z), (i, j, k)


def _periodic(boundaries: Mapping[str, Any], cells: tuple[int, int, int]) -> tuple[bool, bool, bool]:
    unknown = [name for name in boundaries if name not in SIDES]
    if unknown:
        raise InputError(f"boundaries: {unknown[0]!r} is no side of the box; the sides are {', '.join(SIDES)}.")
    result = []
    for a, name in enumerate("xyz"):
        pair = [boundaries.get(name + sign) for sign in "-+"]
        closes = [p is None or isinstance(p, Periodic) for p in pair]
        if closes[0] != closes[1]:
            raise InputError(
                f"boundaries: {name}- is {pair[0]} and {name}+ is {pair[1]}; an axis is periodic on both sides or on "
                f"none. Give both sides a condition."
            )
        if closes[0] and cells[a] > 1 and pair[0] is None:
            raise InputError(
                f"boundaries: sides {name}- and {name}+ have no condition; give one, or Periodic() for both."
            )
        result.append(closes[0])
    return (result[0], result[1], result[2])


def _with_obstacles(grid: Grid, obstacles: Mapping[str, Obstacle]) -> tuple[Grid, npt.NDArray[np.int64]]:
    """The grid without the obstacles' cells, and which obstacle took each cell (-1 for none)."""
    owner = np.full(grid.cells, -1)
    for number, (name, obstacle) in enumerate(obstacles.items()):
        if name in SIDES:
            raise InputError(f"obstacles: {name!r} is a side of the box; choose another name.")
        mask = _cells_of(grid, f"obstacles[{name!r}]", obstacle.cells)
        if not mask.any():
            raise InputError(f"obstacles[{name!r}] holds no cell.")
        if (owner[mask] >= 0).any():
            raise InputError(f"obstacles[{name!r}] overlaps another obstacle; every cell belongs to one at most.")
        owner[mask] = number
    if (owner >= 0).all():
        raise InputError("obstacles fill the whole box; nothing is left for the fluid.")
    return Grid(grid.size, grid.cells, grid.periodic, owner < 0), owner


def _cells_of(grid: Grid, what: str, cells: Any) -> Mask:
    if isinstance(cells, tuple) and len(cells) == 2:
        low, high = cell_range(grid, what, *cells)
        mask = np.zeros(grid.cells, bool)
        mask[tuple(slice(i, j) for i, j in zip(low, high, strict=True))] = True
        return mask
    mask = np.asarray(cells)
    if mask.dtype != np.bool_ or mask.shape != grid.cells:
        raise InputError(f"{what}: cells have shape {mask.shape} and type {mask.dtype}; give booleans {grid.cells}.")
    return mask


def cell_range(grid: Grid, what: str, lower: Any, upper: Any) -> tuple[Ints, Ints]:
    """First and one past the last cell of a box on each axis.

    Raises:
        InputError: the box does not end on cell faces, is empty or leaves the grid.
    """
    ends = []
    for corner in (lower, upper):
        place = np.asarray(corner, np.float64) / np.array(grid.spacing)
        if place.shape != (3,) or not np.isfinite(place).all():
            raise InputError(f"{what}: corner {corner!r} needs three finite numbers.")
        whole = np.rint(place).astype(np.int64)
        if (np.abs(place - whole) > 1e-6).any():
            a = int(np.argmax(np.abs(place - whole)))
            raise InputError(
                f"{what}: {'xyz'[a]} = {np.asarray(corner)[a]:.6g} is no cell face; the faces next to it are at "
                f"{np.floor(place[a]) * grid.spacing[a]:.6g} and {np.ceil(place[a]) * grid.spacing[a]:.6g}."
            )
        ends.append(whole)
    low, high = ends
    if (low < 0).any() or (high > np.array(grid.cells)).any():
        raise InputError(f"{what}: the box from {lower!r} to {upper!r} leaves the domain of size {grid.size}.")
    return low, high


def _conditions(
    grid: Grid,
    owner: npt.NDArray[np.int64],
    boundaries: Mapping[str, Any],
    obstacles: Mapping[str, Obstacle],
    patches: Mapping[str, Patch],
) -> list[tuple[str, Ints, Condition]]:
    """Name, end faces and condition of every patch; each end face in one of them."""
    ends, names = grid.ends, [*SIDES, *obstacles]
    home = _homes(grid, owner)
    centre = grid.end_faces.centre
    result: list[tuple[str, Ints, Condition]] = []
    for name, patch in patches.items():
        if name in names:
            raise InputError(f"patches: the name {name!r} is taken by a side or an obstacle; choose another.")
        margin = 1e-9 * np.array(grid.size)
        inside = ((centre >= np.asarray(patch.lower) - margin) & (centre <= np.asarray(patch.upper) + margin)).all(
            axis=1
        )
        if not inside.any():
            raise InputError(f"patches[{name!r}]: no face of the boundary has its centre in the given box.")
        if (home[inside] < 0).any():
            raise InputError(f"patches[{name!r}] shares faces with another patch.")
        home[inside] = -1
        result.append((name, np.flatnonzero(inside), patch.condition))
    for number, name in enumerate(names):
        here = np.flatnonzero(home == number)
        if len(here):
            condition = boundaries[name] if number < len(SIDES) else obstacles[name].condition
            if isinstance(condition, Periodic):
                raise InputError(f"{name}: an end of the fluid cannot be periodic.")
            result.append((name, here, condition))
    del ends
    return result


def _homes(grid: Grid, owner: npt.NDArray[np.int64]) -> Ints:
    """Number of the side or obstacle that each end face belongs to."""
    ends = grid.ends
    beyond = ends.cell.copy()
    rows = np.arange(len(ends))
    beyond[rows, ends.axis] += ends.side
    count = np.array(grid.cells)[ends.axis]
    place = beyond[rows, ends.axis]
    outside = ((place < 0) | (place >= count)) & ~np.array(grid.periodic)[ends.axis]
    beyond[rows, ends.axis] = place % count
    return np.where(outside, 2 * ends.axis + (ends.side > 0), len(SIDES) + owner[tuple(beyond.T)])


def _check_condition(name: str, condition: Condition, fluid: Fluid) -> None:
    if not isinstance(condition, Wall | Outlet | Flux | Characteristic):
        raise InputError(f"{name}: {condition!r} is no condition; use Wall, Outlet, Flux, Characteristic or Periodic.")
    if isinstance(fluid, Liquid) and isinstance(condition, Characteristic):
        raise InputError(f"{name}: Characteristic needs a compressible fluid; a Liquid takes Outlet.")
    if isinstance(fluid, CompressibleFluid) and isinstance(condition, Outlet):
        raise InputError(f"{name}: Outlet is for a Liquid; a compressible fluid takes Characteristic.")
    if isinstance(condition, Wall):
        for key in ("slip_length", "jump_length"):
            value = getattr(condition, key)
            if not value >= 0.0:
                raise InputError(f"{name}: {key} is {value}; it must not be negative.")
    if isinstance(condition, Characteristic) and condition.impedance is not None and not condition.impedance >= 0.0:
        raise InputError(f"{name}: impedance is {condition.impedance}; it must not be negative.")


def _reference(fluid: Fluid) -> tuple[float, float]:
    if isinstance(fluid, Liquid):
        return 0.0, fluid.temperature
    return float(fluid.state.pressure(np.array(fluid.density), np.array(fluid.temperature))), fluid.temperature


def _surface(grid: Grid, name: str, surface: Surface) -> SurfaceFaces:
    what = f"surfaces[{name!r}]"
    low, high = cell_range(grid, what, surface.lower, surface.upper)
    flat = np.flatnonzero(low == high)
    if len(flat) != 1:
        raise InputError(f"{what}: its corners must be equal along exactly one axis, which is its normal's.")
    axis = int(flat[0])
    high[axis] += 1
    face = np.stack(np.meshgrid(*(np.arange(i, j) for i, j in zip(low, high, strict=True)), indexing="ij"), -1)
    face = face.reshape(-1, 3)
    inside = grid.number[axis][tuple(face.T)] == INTERIOR
    if not inside.all():
        raise InputError(f"{what}: {int((~inside).sum())} of its {len(face)} faces are not inside the fluid.")
    cell = face.copy()
    cell[:, axis] = (cell[:, axis] - 1) % grid.cells[axis]
    normal = np.zeros((len(face), 3))
    normal[:, axis] = 1.0
    centre = grid.face_centres(axis)[tuple(face.T)]
    return SurfaceFaces(axis, face, cell, Faces(centre, normal, np.full(len(face), grid.area[axis])))


def _balancing(names: Sequence[str], members: Mapping[str, Ints], kind: Ints) -> Ints:
    chosen = []
    for name in names:
        if name not in members:
            raise InputError(f"balance: there is no patch {name!r}; the patches are {', '.join(members)}.")
        if kind[members[name][0]] not in (kind_of(Wall()), kind_of(Flux())):
            raise InputError(f"balance: the normal velocity of patch {name!r} is free already.")
        chosen.append(members[name])
    return np.concatenate(chosen) if chosen else np.zeros(0, np.int64)
