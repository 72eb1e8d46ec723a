"""Fields at any point: linear between the places of the staggered grid, and up to the walls."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from scalebridge.fluids.continuum._domain import Domain, EndValues
from scalebridge.fluids.continuum._grid import Grid
from scalebridge.fluids.continuum._interface import Fields, Floats
from scalebridge.fluids.continuum._kernels import WALL
from scalebridge.fluids.continuum._rates import PAIRS, Stencil
from scalebridge.fluids.continuum._state import FlowState


def fields_at(
    stencil: Stencil,
    state: FlowState,
    mu: Floats,
    values: EndValues,
    points: Floats,
    isotropic: Floats,
    wanted: Collection[str],
) -> Fields:
    """Fields of a state at points (n, 3); NaN outside the fluid.

    Args:
        stencil: of the domain.
        state: the state.
        mu: viscosity in cells.
        values: on end faces.
        points: where.
        isotropic: viscous stress that resists compression, in cells.
        wanted: names of fields; the others stay NaN.
    """
    domain, grid = stencil.domain, stencil.domain.grid
    outside = ~_inside(domain, points)

    def scalar(name: str, cells: Floats, walls: Floats | None = None) -> Floats:
        if name not in wanted:
            return np.full(len(points), np.nan)
        result = _sample(grid, _extended(domain, cells, walls), points)
        result[outside] = np.nan
        return result

    velocity, tensor = np.full((len(points), 3), np.nan), np.full((len(points), 3, 3), np.nan)
    if "velocity" in wanted:
        for a in range(3):
            velocity[:, a] = _sample(grid, _with_ghosts(domain, state, values, a), points, a)
        velocity[outside] = np.nan
    if "stress" in wanted:
        stress = cell_stress(stencil, state, mu, values, isotropic)
        for a in range(3):
            for b in range(a, 3):
                tensor[:, a, b] = tensor[:, b, a] = scalar("stress", stress[..., a, b])
    temperature = scalar("temperature", state.temperature, np.where(domain.jump > 0.0, np.nan, values.temperature))
    return Fields(velocity, temperature, scalar("pressure", state.pressure), scalar("density", state.density), tensor)


def cell_stress(stencil: Stencil, state: FlowState, mu: Floats, values: EndValues, isotropic: Floats) -> Floats:
    """Stress in cells (nx, ny, nz, 3, 3), tension positive, pressure included."""
    domain, grid = stencil.domain, stencil.domain.grid
    still = np.zeros(grid.cells)
    _, diagonal, edges, _, _ = stencil.momentum(state.velocity, still, mu, values)
    stress = np.zeros((*grid.cells, 3, 3))
    for a in range(3):
        stress[..., a, a] = -state.pressure - diagonal[a] + isotropic
    for c, (a, b) in enumerate(PAIRS):
        stress[..., a, b] = stress[..., b, a] = -_edge_mean(domain, edges[c], a, b, c)
    return stress


def _edge_mean(domain: Domain, edge: Floats, a: int, b: int, c: int) -> Floats:
    """Mean over the edges of each cell that carry stress."""
    known = (domain.grid.corners[c] >= 2).astype(np.float64)
    total, weight = np.zeros(domain.grid.cells), np.zeros(domain.grid.cells)
    n = domain.grid.cells
    for i in (0, 1):
        for j in (0, 1):
            place = tuple(slice(s, s + n[x]) for x, s in ((x, i if x == a else j if x == b else 0) for x in range(3)))
            total += (edge * known)[place]
            weight += known[place]
    return total / np.maximum(weight, 1.0)


def _inside(domain: Domain, points: Floats) -> npt.NDArray[np.bool_]:
    grid = domain.grid
    place, ok = [], np.ones(len(points), bool)
    for a in range(3):
        x = points[:, a] / grid.spacing[a]
        if grid.periodic[a]:
            x = x % grid.cells[a]
        ok &= (x >= -1e-9) & (x <= grid.cells[a] + 1e-9) & np.isfinite(x)
        place.append(np.clip(np.nan_to_num(x), 0, grid.cells[a] - 1e-12).astype(np.int64))
    near = np.zeros(len(points), bool)
    # points on the face of an obstacle belong to the fluid
    for shift in np.ndindex(2, 2, 2):
        corner = []
        for a in range(3):
            x = points[:, a] / grid.spacing[a] + 1e-7 * (2 * shift[a] - 1)
            i = np.floor(np.nan_to_num(x)).astype(np.int64)
            corner.append(i % grid.cells[a] if grid.periodic[a] else np.clip(i, 0, grid.cells[a] - 1))
        near |= grid.fluid[tuple(corner)]
    return ok & near


def _with_ghosts(domain: Domain, state: FlowState, values: EndValues, a: int) -> Floats:
    """Velocity along axis a with one more layer all around, such that walls lie on the line between two places."""
    grid, ends = domain.grid, domain.grid.ends
    alive = grid.share[a] > 0.0
    padded = _padded(grid, np.where(alive, state.velocity[a], np.nan), a)
    total, count = np.zeros(padded.shape), np.zeros(padded.shape)
    for b in range(3):
        if b == a:
            continue
        here = np.flatnonzero(ends.axis == b)
        slip, side = domain.slip[here], ends.side[here]
        for half in (0, 1):
            place = ends.cell[here].copy()
            place[:, a] += half
            inside = state.velocity[a][tuple(place.T)]
            distance = 0.5 * grid.spacing[b]
            gradient = (values.velocity[here, a] - inside) / (distance + slip)
            ghost = np.where(domain.kind[here] == WALL, inside + 2.0 * distance * gradient, inside)
            beyond = place + 1
            beyond[:, b] += side
            np.add.at(total, tuple(beyond.T), ghost)
            np.add.at(count, tuple(beyond.T), 1.0)
    empty = np.isnan(padded) & (count > 0)
    padded[empty] = total[empty] / count[empty]
    return _filled(_wrapped(grid, padded, a))


def _extended(domain: Domain, cells: Floats, walls: Floats | None = None) -> Floats:
    """Cell values with one more layer all around: through the value at the wall where known, linear otherwise."""
    grid, ends = domain.grid, domain.grid.ends
    padded = _padded(grid, np.where(grid.fluid, cells, np.nan))
    total, count = np.zeros(padded.shape), np.zeros(padded.shape)
    step = np.zeros((len(ends), 3), np.int64)
    step[np.arange(len(ends)), ends.axis] = ends.side
    inside = cells[tuple(ends.cell.T)]
    behind = padded[tuple((ends.cell + 1 - step).T)]
    ghost = np.where(np.isnan(behind), inside, 2.0 * inside - behind)
    if walls is not None:
        ghost = np.where(np.isnan(walls), ghost, 2.0 * walls - inside)
    beyond = tuple((ends.cell + 1 + step).T)
    np.add.at(total, beyond, ghost)
    np.add.at(count, beyond, 1.0)
    empty = np.isnan(padded) & (count > 0)
    padded[empty] = total[empty] / count[empty]
    return _filled(_wrapped(grid, padded))


def _wrapped(grid: Grid, padded: Floats, axis: int = -1) -> Floats:
    """The outer layers of periodic axes, again; in place."""
    for a in range(3):
        if grid.periodic[a]:
            view, n = np.moveaxis(padded, a, 0), grid.cells[a]
            view[0], view[-1] = view[n], view[2 if a == axis else 1]
    return padded


def _padded(grid: Grid, array: Floats, axis: int = -1) -> Floats:
    """One more layer on every side: wrapped on periodic axes, unknown elsewhere."""
    for a in range(3):
        width = [(1, 1) if x == a else (0, 0) for x in range(3)]
        if not grid.periodic[a]:
            array = np.pad(array, width, constant_values=np.nan)
        elif a != axis:
            array = np.pad(array, width, mode="wrap")
        else:
            n = grid.cells[a]
            array = np.take(array, np.r_[n - 1, 0 : n + 1, 1], axis=a)
    return array


def _filled(array: Floats) -> Floats:
    """Unknown places get the mean of their known neighbours, until all are known."""
    while np.isnan(array).any():
        known = np.pad(~np.isnan(array), 1)
        value = np.pad(np.nan_to_num(array), 1)
        total, count = np.zeros(array.shape), np.zeros(array.shape)
        for a in range(3):
            for s in (0, 2):
                place = tuple(slice(s, s + n) if x == a else slice(1, 1 + n) for x, n in enumerate(array.shape))
                total += value[place] * known[place]
                count += known[place]
        new = np.isnan(array) & (count > 0)
        if not new.any():
            return np.nan_to_num(array)
        array = np.where(new, total / np.maximum(count, 1.0), array)
    return array


def _sample(grid: Grid, padded: Floats, points: Floats, axis: int = -1) -> Floats:
    """Linear interpolation in an array with one more layer; on faces of an axis, or in cells."""
    place = np.empty((3, len(points)))
    for a in range(3):
        x = points[:, a] / grid.spacing[a]
        if grid.periodic[a]:
            x = x % grid.cells[a]
        place[a] = x + 1.0 - (0.0 if a == axis else 0.5)
    result: Floats = ndimage.map_coordinates(padded, place, order=1, mode="nearest")
    return result
