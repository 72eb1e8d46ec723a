"""Incompressible flow in time: Runge-Kutta stages, each projected onto velocities without divergence.

Viscous and convective fluxes are explicit, in the third-order scheme of Shu and Osher (1988),
doi 10.1016/0021-9991(88)90177-5.
Reasons: the only linear system is the pressure's, solved to rounding; a flux that is handed over enters the fluid
literally; there is no splitting error at walls, because every stage carries the exact normal velocity. The price is a
viscous limit h^2/nu on the parts of a step, which at coupling with molecular dynamics costs less than the atoms.
Sanderse and Koren (2012), doi 10.1016/j.jcp.2011.11.028, show that the velocity keeps the order of the scheme.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.fluids.continuum._domain import Domain, EndValues
from scalebridge.fluids.continuum._fluids import Liquid, evaluated
from scalebridge.fluids.continuum._grid import Ints
from scalebridge.fluids.continuum._interface import Contents, Floats
from scalebridge.fluids.continuum._kernels import divergence, take_gradient
from scalebridge.fluids.continuum._pressure import poisson_solver
from scalebridge.fluids.continuum._rates import Rates, Stencil, Triple
from scalebridge.fluids.continuum._sources import Sources
from scalebridge.fluids.continuum._state import FlowState, Tally

STAGES = ((), (1.0,), (0.25, 0.25))
WEIGHTS = (1.0 / 6.0, 1.0 / 6.0, 2.0 / 3.0)
TIMES = (0.0, 1.0, 0.5)
DIFFUSIVE, ADVECTIVE = 2.51, 1.7
"""Where the scheme's stability region meets the negative real and the imaginary axis."""
SAFETY = 0.9
LARGEST = 16.0 / 3.0
"""Largest eigenvalue of -h^2 d^2/dx^2 in one dimension: two places between two walls; 4 away from walls."""


@final
class Incompressible:
    """The equations of a `Liquid` on a domain."""

    def __init__(self, domain: Domain, fluid: Liquid, sources: Sources) -> None:
        self.domain, self.fluid, self.sources = domain, fluid, sources
        self.stencil = Stencil(domain)
        self.poisson = poisson_solver(domain.grid, domain.opened)
        grid = domain.grid
        self._held = [_ends(domain, a, ~domain.opened) for a in range(3)]
        self._open = [_ends(domain, a, domain.opened) for a in range(3)]
        self._alive = [grid.share[a] > 0.0 for a in range(3)]
        self._mass = tuple(fluid.density * grid.volume * grid.share[a] for a in range(3))
        self._inverse = tuple(np.where(m > 0.0, 1.0 / np.where(m > 0.0, m, 1.0), 0.0) for m in self._mass)
        self._density = np.where(grid.fluid, fluid.density, 0.0)

    def first(self, velocity: Triple, temperature: Floats, values: EndValues) -> FlowState:
        """Projected state at time zero."""
        values, _ = self.domain.balanced(values)
        u, _ = self._project(velocity, values)
        return FlowState(0.0, u, temperature, self._density, np.zeros(self.domain.grid.cells))

    def substep(self, state: FlowState, start: EndValues, end: EndValues, dt: float, tally: Tally) -> FlowState:
        """State after dt; fluxes go to the tally."""
        u0 = state.velocity
        if self._differs(u0, start):
            u0, impulse = self._project(u0, start)
            tally.push(impulse)
        u, temperature = u0, state.temperature
        rates: list[Rates] = []
        for stage, (row, time) in enumerate(zip(STAGES, TIMES, strict=True)):
            values = start.towards(end, time)
            if stage > 0:
                u, temperature, _ = self._combined(u0, state.temperature, rates, row, dt, values)
            rates.append(self._rates(u, temperature, values, state.time + time * dt))
        for rate, weight in zip(rates, WEIGHTS, strict=True):
            tally.add(rate, weight * dt)
        u, temperature, impulse = self._combined(u0, state.temperature, rates, WEIGHTS, dt, end)
        tally.push(impulse)
        return FlowState(state.time + dt, u, temperature, self._density, impulse / dt)

    def _rates(self, u: Triple, temperature: Floats, values: EndValues, time: float) -> Rates:
        fluid, grid = self.fluid, self.domain.grid
        mu = evaluated(fluid.viscosity, temperature)
        force, diagonal, edges, wall, friction = self.stencil.momentum(u, self._density, mu, values)
        body = self.sources.body(time, fluid.density)
        for a in range(3):
            force[a][...] += 2.0 * grid.share[a] * body[a]
        mass = (fluid.density * u[0], fluid.density * u[1], fluid.density * u[2])
        if fluid.conductivity is None:
            return Rates(force, diagonal, edges, wall, body, mass)
        capacity = fluid.density * fluid.heat_capacity
        energy = self.stencil.heat_flux(u, temperature, capacity, fluid.conductivity, values)
        heating = self.stencil.viscous_heating(u, mu, friction)
        made = heating + self.sources.heat(time)
        return Rates(force, diagonal, edges, wall, body, mass, energy, made, self.stencil.gathered(energy) + made)

    def _combined(
        self, u0: Triple, t0: Floats, rates: list[Rates], row: tuple[float, ...], dt: float, values: EndValues
    ) -> tuple[Triple, Floats, Floats]:
        """Velocity, temperature and pressure impulse after a combination of rates."""
        moved = []
        for a in range(3):
            force = sum(weight * rate.force[a] for weight, rate in zip(row, rates, strict=True))
            moved.append(u0[a] + dt * self._inverse[a] * force)
        u, impulse = self._project((moved[0], moved[1], moved[2]), values)
        temperature = t0
        if rates[0].energy is not None:
            power = np.zeros_like(t0)
            for weight, rate in zip(row, rates, strict=True):
                power += weight * rate.power
            capacity = self.fluid.density * self.fluid.heat_capacity * self.domain.grid.volume
            temperature = t0 + dt * power / capacity
        return u, temperature, impulse

    def _project(self, u: Triple, values: EndValues) -> tuple[Triple, Floats]:
        """Velocity without divergence that meets the values at ends, and the pressure impulse that made it so."""
        grid, density = self.domain.grid, self.fluid.density
        result = self._imposed(u, values)
        right = np.empty(grid.cells)
        divergence(result, grid.fluid, grid.spacing, -density, right)
        impulse = self.poisson.solve(right)
        take_gradient(result, impulse, grid.share, grid.spacing, grid.periodic, density)
        for a, (here, cell, face) in enumerate(self._open):
            if len(here):
                gradient = -self.domain.grid.ends.side[here] * impulse[cell] / (0.5 * grid.spacing[a])
                result[a][face] -= gradient / density
                grid.closed(result[a], a)
        return result, impulse

    def _imposed(self, u: Triple, values: EndValues) -> Triple:
        """Velocity with the given normal components at ends; zero on faces without fluid."""
        normal = self.domain.normal_velocity(values)
        result = []
        for a, (here, _, face) in enumerate(self._held):
            x = np.where(self._alive[a], u[a], 0.0)
            x[face] = normal[here]
            result.append(self.domain.grid.closed(x, a))
        return (result[0], result[1], result[2])

    def _differs(self, u: Triple, values: EndValues) -> bool:
        normal = self.domain.normal_velocity(values)
        return any(not np.array_equal(u[a][face], normal[here]) for a, (here, _, face) in enumerate(self._held))

    def gain(self, before: FlowState, after: FlowState) -> Triple:
        """Momentum that half a cell's volume gained at each face."""
        half = 0.5 * self.fluid.density * self.domain.grid.volume
        x, y, z = (half * (new - old) for new, old in zip(after.velocity, before.velocity, strict=True))
        return (x, y, z)

    def isotropic(self, state: FlowState) -> Floats:
        """Viscous stress that resists compression: none."""
        return np.zeros_like(state.pressure)

    def contents(self, state: FlowState, box: npt.NDArray[np.bool_]) -> Contents:
        """Mass, momentum and internal energy of the cells in a mask."""
        grid, mass = self.domain.grid, self.fluid.density * self.domain.grid.volume
        momentum = np.zeros(3)
        for a in range(3):
            n = grid.cells[a]
            low, high = (np.take(state.velocity[a], range(s, s + n), axis=a) for s in (0, 1))
            momentum[a] = 0.5 * mass * float((low + high)[box].sum())
        energy = 0.0
        if self.fluid.conductivity is not None:
            energy = mass * self.fluid.heat_capacity * float(state.temperature[box].sum())
        return Contents(mass * int(box.sum()), momentum, energy)

    def stable_step(self, state: FlowState) -> float:
        """Largest stable substep."""
        grid, fluid = self.domain.grid, self.fluid
        wide = [a for a in range(3) if grid.cells[a] > 1 or not grid.periodic[a]]
        diffusivity = float(evaluated(fluid.viscosity, state.temperature)[grid.fluid].max()) / fluid.density
        if self.domain.opened.any():
            diffusivity *= 2.0  # half a control volume at an open end
        if fluid.conductivity is not None:
            diffusivity = max(diffusivity, fluid.conductivity / (fluid.density * fluid.heat_capacity))
        damping = LARGEST * diffusivity * sum(grid.spacing[a] ** -2 for a in wide)
        sweeping = sum(float(np.abs(state.velocity[a]).max()) / grid.spacing[a] for a in wide)
        return SAFETY / max(damping / DIFFUSIVE + sweeping / ADVECTIVE, 1e-300)


def _ends(domain: Domain, axis: int, chosen: npt.NDArray[np.bool_]) -> tuple[Ints, tuple[Any, ...], tuple[Any, ...]]:
    """Ends of an axis among the chosen ones: their numbers, their cells and their faces, ready to index arrays."""
    ends = domain.grid.ends
    here = np.flatnonzero((ends.axis == axis) & chosen)
    return here, tuple(ends.cell[here].T), tuple(ends.face[here].T)
