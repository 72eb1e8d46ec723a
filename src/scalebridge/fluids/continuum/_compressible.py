"""Compressible flow in time: explicit, staggered, conservative; made for sound.

Density and total energy live in cells, momentum on faces; mass flux through a face is the momentum that lives there.
Central differences carry sound without damping and without shock capturing: amplitudes are meant to be small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.fluids.continuum._domain import Domain, EndValues
from scalebridge.fluids.continuum._fluids import CompressibleFluid, evaluated
from scalebridge.fluids.continuum._incompressible import ADVECTIVE, DIFFUSIVE, LARGEST, SAFETY, STAGES, TIMES, WEIGHTS
from scalebridge.fluids.continuum._interface import Contents, Floats
from scalebridge.fluids.continuum._kernels import CHARACTERISTIC, FLUX, WALL
from scalebridge.fluids.continuum._rates import PAIRS, Rates, Stencil, Triple
from scalebridge.fluids.continuum._sources import Sources
from scalebridge.fluids.continuum._state import FlowState, Tally


@dataclass(frozen=True)
class _Conserved:
    """Density in cells, momentum density on faces, total energy density in cells."""

    rho: Floats
    m: Triple
    energy: Floats

    def moved(self, rates: list[_Change], row: tuple[float, ...], dt: float) -> _Conserved:
        rho, energy = self.rho.copy(), self.energy.copy()
        m = (self.m[0].copy(), self.m[1].copy(), self.m[2].copy())
        for weight, rate in zip(row, rates, strict=True):
            rho += weight * dt * rate.rho
            energy += weight * dt * rate.energy
            for mine, theirs in zip(m, rate.m, strict=True):
                mine += weight * dt * theirs
        return _Conserved(rho, m, energy)


@dataclass(frozen=True)
class _Change:
    """Time derivatives of `_Conserved`, and the rates they come from."""

    rho: Floats
    m: Triple
    energy: Floats
    rates: Rates


@final
class Compressible:
    """The equations of a `CompressibleFluid` on a domain."""

    def __init__(self, domain: Domain, fluid: CompressibleFluid, sources: Sources) -> None:
        self.domain, self.fluid, self.sources = domain, fluid, sources
        self.stencil = Stencil(domain)
        grid = domain.grid
        self.isothermal = fluid.conductivity is None
        volume = tuple(grid.volume * grid.share[a] for a in range(3))
        self._inverse = tuple(np.where(v > 0.0, 1.0 / np.where(v > 0.0, v, 1.0), 0.0) for v in volume)
        self._rows = np.arange(len(grid.ends))

    def first(self, velocity: Triple, temperature: Floats, density: Floats, values: EndValues) -> FlowState:
        """State at time zero."""
        grid = self.domain.grid
        rho = np.where(grid.fluid, density, 0.0)
        m = self._imposed(self._momentum(velocity, rho), rho, values)
        return self._state(0.0, _Conserved(rho, m, rho), temperature)

    def substep(self, state: FlowState, start: EndValues, end: EndValues, dt: float, tally: Tally) -> FlowState:
        """State after dt; fluxes go to the tally."""
        m0 = self._momentum(state.velocity, state.density)
        first = _Conserved(state.density, m0, self._energy(state))
        changes: list[_Change] = []
        for row, time in zip(STAGES, TIMES, strict=True):
            values = start.towards(end, time)
            now = self._settled(first.moved(changes, row, dt), values)
            here = self._state(state.time + time * dt, now, state.temperature)
            changes.append(self._change(here, now, values))
        for change, weight in zip(changes, WEIGHTS, strict=True):
            tally.add(change.rates, weight * dt)
        last = self._settled(first.moved(changes, WEIGHTS, dt), end)
        return self._state(state.time + dt, last, state.temperature)

    def _settled(self, now: _Conserved, values: EndValues) -> _Conserved:
        return _Conserved(now.rho, self._imposed(now.m, now.rho, values), now.energy)

    def _face_density(self, rho: Floats, a: int) -> Floats:
        """Mean density of the fluid cells at each face; 1 where there is none."""
        grid = self.domain.grid
        total = sum(grid.around(rho, a))
        return np.where(grid.share[a] > 0.0, total / np.maximum(2.0 * grid.share[a], 1.0), 1.0)

    def _momentum(self, u: Triple, rho: Floats) -> Triple:
        x, y, z = (np.where(self.domain.grid.share[a] > 0, self._face_density(rho, a) * u[a], 0.0) for a in range(3))
        return (x, y, z)

    def _imposed(self, m: Triple, rho: Floats, values: EndValues) -> Triple:
        """Momentum with the given mass flux at ends where it is given."""
        grid, ends, kind = self.domain.grid, self.domain.grid.ends, self.domain.kind
        along = rho[tuple(ends.cell.T)] * values.velocity[self._rows, ends.axis]
        given = np.where(kind == FLUX, -ends.side * values.mass, along)
        for a in range(3):
            here = (ends.axis == a) & (kind != CHARACTERISTIC)
            m[a][tuple(ends.face[here].T)] = given[here]
            grid.closed(m[a], a)
        return m

    def _state(self, time: float, now: _Conserved, temperature: Floats) -> FlowState:
        """Velocity, temperature and pressure from conserved quantities; `temperature` is kept when isothermal."""
        fluid, grid = self.fluid, self.domain.grid
        x, y, z = (now.m[a] / self._face_density(now.rho, a) for a in range(3))
        rho = np.where(grid.fluid, now.rho, fluid.density)
        if not self.isothermal and now.energy is not now.rho:
            inner = np.where(grid.fluid, now.energy - self._kinetic((x, y, z), rho), 0.0) / rho
            temperature = np.where(grid.fluid, fluid.state.temperature(rho, inner), fluid.temperature)
        pressure = np.where(grid.fluid, fluid.state.pressure(rho, temperature), 0.0)
        return FlowState(time, (x, y, z), temperature, np.where(grid.fluid, rho, 0.0), pressure)

    def _kinetic(self, u: Triple, rho: Floats) -> Floats:
        """Kinetic energy per volume in cells."""
        total = np.zeros(self.domain.grid.cells)
        for a in range(3):
            low, high = _both(u[a], a)
            total += 0.25 * (low * low + high * high)
        return rho * total

    def _energy(self, state: FlowState) -> Floats:
        """Total energy per volume."""
        if self.isothermal:
            return np.zeros(self.domain.grid.cells)
        fluid = self.domain.grid.fluid
        rho = np.where(fluid, state.density, self.fluid.density)
        inner = rho * self.fluid.state.energy(rho, state.temperature)
        return np.where(fluid, inner + self._kinetic(state.velocity, rho), 0.0)

    def isotropic(self, state: FlowState) -> Floats:
        """Viscous stress that resists compression: (bulk - 2/3 shear viscosity) times divergence, in cells."""
        grid, fluid = self.domain.grid, self.fluid
        mu = evaluated(fluid.viscosity, state.temperature)
        divergence = sum(np.diff(state.velocity[a], axis=a) / grid.spacing[a] for a in range(3))
        return np.where(grid.fluid, (fluid.bulk_viscosity - 2.0 / 3.0 * mu) * divergence, 0.0)

    def _change(self, state: FlowState, now: _Conserved, values: EndValues) -> _Change:
        grid, u = self.domain.grid, state.velocity
        mu = evaluated(self.fluid.viscosity, state.temperature)
        isotropic = self.isotropic(state)
        pressure, outside = self._outside(state, values)
        at_ends = EndValues(**{**vars(values), "pressure": pressure})
        force, diagonal, edges, wall, _ = self.stencil.momentum(
            u, state.density, mu, at_ends, state.pressure - isotropic
        )
        rho = tuple(self._face_density(state.density, a) for a in range(3))
        body = self.sources.body(state.time, rho)  # type: ignore[arg-type]
        change = []
        for a in range(3):
            force[a][...] += 2.0 * grid.share[a] * body[a]
            change.append(self._inverse[a] * force[a])
        momentum = (change[0], change[1], change[2])
        drho = np.where(grid.fluid, self.stencil.gathered(now.m) / grid.volume, 0.0)
        if self.isothermal:
            rates = Rates(force, diagonal, edges, wall, body, now.m)
            return _Change(drho, momentum, np.zeros(grid.cells), rates)
        flux = self._energy_flux(state, now.energy, isotropic, diagonal, edges, wall, values, outside)
        work = sum(np.add(*_both(body[a] * u[a], a)) for a in range(3))
        work = np.where(grid.fluid, work, 0.0)
        made = work + self.sources.heat(state.time)
        gained = np.where(grid.fluid, (self.stencil.gathered(flux) + made) / grid.volume, 0.0)
        rates = Rates(force, diagonal, edges, wall, body, now.m, flux, made)
        return _Change(drho, momentum, gained, rates)

    def _outside(self, state: FlowState, values: EndValues) -> tuple[Floats, Floats]:
        """Pressure at open ends from the impedance relation, and the velocity along the axis at all ends."""
        ends, fluid = self.domain.grid.ends, self.fluid
        place = tuple(ends.cell.T)
        rho, temperature = state.density[place], state.temperature[place]
        normal = self._normal(state)
        own = rho * fluid.state.sound_speed(rho, temperature, self.isothermal)
        impedance = np.where(np.isnan(self.domain.impedance), own, self.domain.impedance)
        relative = ends.side * (normal - values.velocity[self._rows, ends.axis])
        return values.pressure + impedance * relative, normal

    def _normal(self, state: FlowState) -> Floats:
        ends = self.domain.grid.ends
        normal = np.empty(len(ends))
        for a in range(3):
            here = ends.axis == a
            normal[here] = state.velocity[a][tuple(ends.face[here].T)]
        return normal

    def _energy_flux(
        self,
        state: FlowState,
        energy: Floats,
        isotropic: Floats,
        diagonal: Triple,
        edges: Triple,
        wall: Floats,
        values: EndValues,
        normal: Floats,
    ) -> Triple:
        """Flux of total energy: carried energy, work of pressure and friction, conducted heat."""
        grid, u, k = self.domain.grid, state.velocity, float(self.fluid.conductivity or 0.0)
        carried = np.where(grid.fluid, energy + state.pressure, 0.0)
        flux = list(self.stencil.heat_flux(u, state.temperature, 0.0, k, values))
        work = self._friction_work(state, isotropic, diagonal, edges)
        for a in range(3):
            low, high = grid.around(carried, a)
            w_low, w_high = grid.around(work[a], a)
            inside = grid.share[a] == 1.0
            flux[a] = np.where(inside, flux[a] + 0.5 * u[a] * (low + high) - 0.5 * (w_low + w_high), flux[a])
        self._ends_energy(state, energy, wall, values, normal, flux)
        return (flux[0], flux[1], flux[2])

    def _friction_work(self, state: FlowState, isotropic: Floats, diagonal: Triple, edges: Triple) -> Triple:
        """Viscous stress times velocity in cells."""
        grid, rho, u = self.domain.grid, state.density, state.velocity
        centre = [0.5 * np.add(*_both(u[a], a)) for a in range(3)]
        work = [centre[a] * (rho * centre[a] ** 2 + state.pressure - diagonal[a]) for a in range(3)]
        for c, (a, b) in enumerate(PAIRS):
            stress = rho * centre[a] * centre[b] - self._cell_mean(edges[c], a, b, c)
            work[a] += stress * centre[b]
            work[b] += stress * centre[a]
        return (
            np.where(grid.fluid, work[0], 0.0),
            np.where(grid.fluid, work[1], 0.0),
            np.where(grid.fluid, work[2], 0.0),
        )

    def _cell_mean(self, edge: Floats, a: int, b: int, c: int) -> Floats:
        known = (self.domain.grid.corners[c] >= 2).astype(np.float64)
        total = sum(part for half in _both(edge * known, a) for part in _both(half, b))
        weight = sum(part for half in _both(known, a) for part in _both(half, b))
        return np.asarray(total / np.maximum(weight, 1.0))

    def _ends_energy(
        self, state: FlowState, energy: Floats, wall: Floats, values: EndValues, normal: Floats, flux: Any
    ) -> None:
        """Energy through ends: work of walls, given flux, or what an open end lets through."""
        grid, ends, kind = self.domain.grid, self.domain.grid.ends, self.domain.kind
        place = tuple(ends.cell.T)
        rho, pressure = state.density[place], state.pressure[place]
        work = np.zeros(len(ends))
        for a in range(3):
            tangential = ends.axis != a
            carried = rho * normal * values.velocity[:, a]
            work += np.where(tangential, (0.5 * wall[:, a].sum(axis=1) - carried) * values.velocity[:, a], 0.0)
        entering = rho * self.fluid.state.energy(rho, np.nan_to_num(values.temperature, nan=1.0))
        entering += energy[place] - rho * self.fluid.state.energy(rho, state.temperature[place])
        upwind = np.where(ends.side * normal > 0.0, energy[place], entering)
        at_end, _ = self._outside(state, values)
        for a in range(3):
            here = ends.axis == a
            spot = tuple(ends.face[here].T)
            wall_flux = flux[a][spot] + work[here] + normal[here] * (energy[place] + pressure)[here]
            open_flux = normal[here] * (upwind + at_end)[here]
            which = kind[here]
            rest = np.where(which == FLUX, -ends.side[here] * values.energy[here], open_flux)
            flux[a][spot] = np.where(which == WALL, wall_flux, rest)
            grid.closed(flux[a], a)

    def gain(self, before: FlowState, after: FlowState) -> Triple:
        """Momentum that half a cell's volume gained at each face."""
        half = 0.5 * self.domain.grid.volume
        old, new = self._momentum(before.velocity, before.density), self._momentum(after.velocity, after.density)
        return (half * (new[0] - old[0]), half * (new[1] - old[1]), half * (new[2] - old[2]))

    def contents(self, state: FlowState, box: npt.NDArray[np.bool_]) -> Contents:
        """Mass, momentum and total energy of the cells in a mask."""
        volume, m = self.domain.grid.volume, self._momentum(state.velocity, state.density)
        momentum = np.array([0.5 * volume * np.add(*_both(m[a], a))[box].sum() for a in range(3)])
        return Contents(
            volume * float(state.density[box].sum()), momentum, volume * float(self._energy(state)[box].sum())
        )

    def stable_step(self, state: FlowState) -> float:
        """Largest stable substep."""
        grid, fluid = self.domain.grid, self.fluid
        wide = [a for a in range(3) if grid.cells[a] > 1 or not grid.periodic[a]]
        rho, temperature = state.density[grid.fluid], state.temperature[grid.fluid]
        mu = evaluated(fluid.viscosity, temperature)
        diffusivity = float(((2.0 * mu + fluid.bulk_viscosity) / rho).max())
        if fluid.conductivity is not None:
            capacity = fluid.state.energy(rho, temperature + 1.0) - fluid.state.energy(rho, temperature)
            diffusivity = max(diffusivity, float((fluid.conductivity / (rho * capacity)).max()))
        damping = LARGEST * diffusivity * sum(grid.spacing[a] ** -2 for a in wide)
        given = self.domain.impedance[~np.isnan(self.domain.impedance)]
        if len(given):
            damping += 2.0 * float(given.max()) / (float(rho.min()) * min(grid.spacing[a] for a in wide))
        sound = float(fluid.state.sound_speed(rho, temperature, self.isothermal).max())
        sweeping = 2.0 * sound * np.sqrt(sum(grid.spacing[a] ** -2 for a in wide))
        sweeping += sum(float(np.abs(state.velocity[a]).max()) / grid.spacing[a] for a in wide)
        return SAFETY / max(float(damping / DIFFUSIVE + sweeping / ADVECTIVE), 1e-300)


def _both(faces: Floats, axis: int) -> tuple[Floats, Floats]:
    """The lower and the upper face of every cell."""
    n = faces.shape[axis] - 1
    return np.take(faces, range(n), axis=axis), np.take(faces, range(1, n + 1), axis=axis)
