"""Momentum and heat flux of one instant, with everything that the books need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.fluids.continuum._domain import Domain, EndValues
from scalebridge.fluids.continuum._interface import Floats
from scalebridge.fluids.continuum._kernels import (
    FLUX,
    OUTLET,
    WALL,
    add_forces,
    edge_heating,
    inner_flux,
    scalar_flux,
    wall_flux,
)

Triple = tuple[Floats, Floats, Floats]
PAIRS = ((1, 2), (0, 2), (0, 1))
"""The axes of the shear stress that lives on edges along axis 0, 1 and 2."""


@dataclass(frozen=True)
class Rates:
    """Fluxes per area and time at one instant; times a duration they are those of a step.

    Attributes:
        force: on the control volumes of the faces of each axis, without pressure, with body force.
        diagonal: P_aa in cells.
        edges: P_ab on edges.
        wall: P_ab on both halves of end faces, (F, 3, 2).
        body: body force on half a cell's volume at faces of each axis.
        mass: volume or mass flux along each axis.
        energy: internal or total energy flux along each axis; None without energy.
        made: energy made in cells, per time; None without energy.
        power: what cells gain from fluxes and what is made in them, per time.
    """

    force: Triple
    diagonal: Triple
    edges: Triple
    wall: Floats
    body: Triple
    mass: Triple
    energy: Triple | None = None
    made: Floats | None = None
    power: Floats | float = 0.0


@dataclass(frozen=True)
class Stencil:
    """Views and weights that the loops over a domain need."""

    domain: Domain

    @cached_property
    def passage(self) -> dict[tuple[int, int], Floats]:
        """`Grid.passage` for all ordered pairs of axes."""
        return {(a, b): self.domain.grid.passage(a, b) for a in range(3) for b in range(3) if a != b}

    def momentum(
        self, u: Triple, rho: Floats, mu: Floats, values: EndValues, isotropic: Floats | None = None
    ) -> tuple[Triple, Triple, Triple, Floats, Floats]:
        """Forces, diagonal, edges, wall flux and power of wall friction, less work that comes with an energy flux.

        Args:
            u: velocities on faces.
            rho, mu: density and viscosity in cells.
            values: on end faces.
            isotropic: added to the diagonal, e.g. pressure; None for nothing.
        """
        grid = self.domain.grid
        diagonal = (np.empty(grid.cells), np.empty(grid.cells), np.empty(grid.cells))
        edges = (np.empty(grid.shape(1, 2)), np.empty(grid.shape(0, 2)), np.empty(grid.shape(0, 1)))
        force = (np.zeros(grid.shape(0)), np.zeros(grid.shape(1)), np.zeros(grid.shape(2)))
        inner_flux(u, rho, mu, grid.fluid, grid.corners, grid.spacing, grid.periodic, diagonal, edges)
        if isotropic is not None:
            for part in diagonal:
                part += isotropic
        count = len(grid.ends)
        wall, friction = np.zeros((count, 3, 2)), np.zeros(count)
        if count:
            given = np.where(self._fluxed, values.momentum, values.velocity)
            self._walls(u, rho, mu, given, values.pressure, edges, force, wall, friction)
            friction[self._fluxed[:, 0]] *= values.worked[self._fluxed[:, 0]]
            for c, pair in enumerate(PAIRS):
                grid.closed(edges[c], *pair)
                grid.closed(force[c], c)
        add_forces(diagonal, edges, self._passages, grid.area, grid.periodic, force)
        return force, diagonal, edges, wall, friction

    @cached_property
    def _fluxed(self) -> npt.NDArray[np.bool_]:
        return np.equal(self.domain.kind, FLUX)[:, None]

    @cached_property
    def _passages(self) -> tuple[Floats, ...]:
        return tuple(self.passage[a, b] for a in range(3) for b in range(3) if a != b)

    def _walls(
        self,
        u: Triple,
        rho: Floats,
        mu: Floats,
        given: Floats,
        pressure: Floats,
        edges: Any,
        force: Any,
        wall: Floats,
        friction: Floats,
    ) -> None:
        domain, grid, ends = self.domain, self.domain.grid, self.domain.grid.ends
        geometry = (ends.axis, ends.side, ends.cell, ends.face)
        fixed = (domain.slip, grid.number, grid.corners)
        out = (edges, force, wall, friction)
        wall_flux(
            domain.kind, *geometry, given, pressure, *fixed, rho, mu, u, *out, grid.spacing, grid.area, grid.periodic
        )

    def viscous_heating(self, u: Triple, mu: Floats, friction: Floats) -> Floats:
        """Power of viscosity in every cell: what the kinetic energy loses."""
        grid = self.domain.grid
        h, heat = grid.spacing, np.zeros(grid.cells)
        for a in range(3):
            rate = np.diff(u[a], axis=a) / h[a]
            heat += np.where(grid.fluid, 2.0 * mu * rate * rate * grid.volume, 0.0)
        for c, (a, b) in enumerate(PAIRS):
            order = (a, b, c)
            arrays = (u[a], u[b], mu, grid.fluid, grid.corners[c], self.passage[a, b], self.passage[b, a])
            views = [x.transpose(order) for x in arrays]
            lengths = (h[a], h[b], grid.volume, grid.periodic[a], grid.periodic[b])
            edge_heating(*views, *lengths, heat.transpose(order))
        np.add.at(heat, tuple(grid.ends.cell.T), friction)
        return heat

    def heat_flux(
        self, u: Triple, temperature: Floats, capacity: float, conductivity: float, values: EndValues
    ) -> Triple:
        """Flux of internal energy along each axis: heat conduction and heat carried.

        Args:
            u: velocities on faces.
            temperature: in cells.
            capacity: heat capacity per volume.
            conductivity: thermal conductivity.
            values: on end faces.
        """
        grid, ends, kind = self.domain.grid, self.domain.grid.ends, self.domain.kind
        flux = []
        for a in range(3):
            q = np.empty(grid.shape(a))
            views = _turn((u[a], temperature, grid.fluid), a)
            scalar_flux(*views, capacity, conductivity, grid.spacing[a], grid.periodic[a], _turned(q, a))
            flux.append(q)
        inside, side = temperature[tuple(ends.cell.T)], ends.side
        normal = np.empty(len(ends))
        for a in range(3):
            here = ends.axis == a
            normal[here] = u[a][tuple(ends.face[here].T)]
        known = ~np.isnan(values.temperature)
        at = np.where(known, values.temperature, inside)
        gradient = self._wall_gradient(at, inside, temperature)
        conducted = np.where(known, -conductivity * side * gradient, -side * values.heat_flux)
        entering = np.where(side * normal > 0.0, inside, at)
        through = np.where(kind == WALL, capacity * normal * at + conducted, capacity * normal * entering)
        through = np.where((kind == WALL) | (kind == OUTLET), through, -side * values.energy)
        for a in range(3):
            here = ends.axis == a
            flux[a][tuple(ends.face[here].T)] = through[here]
            grid.closed(flux[a], a)
        return _triple(flux)

    def _wall_gradient(self, at: Floats, inside: Floats, cells: Floats) -> Floats:
        """Gradient out of the fluid at ends: a parabola through wall and two cells, a line where there is one."""
        behind, two = self._behind
        h, jump = np.array(self.domain.grid.spacing)[self.domain.grid.ends.axis], self.domain.jump
        parabola = (8.0 * at - 9.0 * inside + cells[behind]) / (3.0 * h + 8.0 * jump)
        return np.where(two, parabola, (at - inside) / (0.5 * h + jump))

    @cached_property
    def _behind(self) -> tuple[Any, npt.NDArray[np.bool_]]:
        """The second cell behind each end, and whether there is one with fluid."""
        grid, ends = self.domain.grid, self.domain.grid.ends
        place, rows = ends.cell.copy(), np.arange(len(ends))
        along = place[rows, ends.axis] - ends.side
        n, periodic = np.array(grid.cells)[ends.axis], np.array(grid.periodic)[ends.axis]
        there = periodic | ((along >= 0) & (along < n))
        place[rows, ends.axis] = along % n
        index = tuple(place.T)
        return index, there & grid.fluid[index]

    def gathered(self, flux: Triple) -> Floats:
        """What cells gain from fluxes along the axes."""
        area = self.domain.grid.area
        return -sum(area[a] * np.diff(flux[a], axis=a) for a in range(3))  # type: ignore[return-value]


def _triple(arrays: Any) -> Triple:
    x, y, z = arrays
    return (x, y, z)


def _turned(array: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
    """A view with an axis in front, the others in order."""
    return array.transpose((axis, *(x for x in range(3) if x != axis)))


def _turn(arrays: tuple[npt.NDArray[Any], ...], axis: int) -> list[npt.NDArray[Any]]:
    return [_turned(array, axis) for array in arrays]
