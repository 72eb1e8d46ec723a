"""Flows that are known in closed form, as boundary values and sources of a continuum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalebridge.fluids.continuum import Continuum, Liquid, PatchValues, Wall


@dataclass(frozen=True)
class Vortices:
    """Two-dimensional unsteady cells of a stream function, with pressure and temperature, in the unit square."""

    rho: float = 1.2
    mu: float = 0.05
    capacity: float = 1.5
    conductivity: float = 0.08
    k: float = 2.0

    def _phases(self, p):
        return self.k * p[:, 0] + 0.4, self.k * p[:, 1] + 0.7

    def _amplitudes(self, t):
        return np.cos(t) + 0.5, -np.sin(t)

    def stream(self, p, t):
        x, y = self._phases(p)
        return self._amplitudes(t)[0] / self.k * np.sin(x) * np.sin(y)

    def velocity(self, p, t):
        x, y = self._phases(p)
        f = self._amplitudes(t)[0]
        return np.stack([f * np.sin(x) * np.cos(y), -f * np.cos(x) * np.sin(y), 0.0 * x], axis=1)

    def pressure(self, p, t):
        x, y = self._phases(p)
        return (1.0 + np.sin(2.0 * t)) * np.cos(x) * np.sin(y + 0.3)

    def temperature(self, p, t):
        x, y = self._phases(p)
        return 2.0 + 0.5 * np.cos(t) * np.cos(x) * np.sin(y)

    def force(self, p, t):
        x, y = self._phases(p)
        f, df = self._amplitudes(t)
        k, g = self.k, 1.0 + np.sin(2.0 * t)
        u = self.velocity(p, t)
        swept = f * f * k * np.stack([np.sin(x) * np.cos(x), np.sin(y) * np.cos(y), 0.0 * x], axis=1)
        gradient = g * k * np.stack([-np.sin(x) * np.sin(y + 0.3), np.cos(x) * np.cos(y + 0.3), 0.0 * x], axis=1)
        return u * (df / f) + swept + gradient / self.rho + 2.0 * self.mu / self.rho * k * k * u

    def heat(self, p, t):
        x, y = self._phases(p)
        f, k = self._amplitudes(t)[0], self.k
        u = self.velocity(p, t)
        c = 0.5 * np.cos(t)
        gradient = c * k * np.stack([-np.sin(x) * np.sin(y), np.cos(x) * np.cos(y)], axis=1)
        rate = -0.5 * np.sin(t) * np.cos(x) * np.sin(y) + (u[:, :2] * gradient).sum(axis=1)
        conducted = 2.0 * k * k * self.conductivity * (self.temperature(p, t) - 2.0)
        friction = 4.0 * self.mu * (f * k * np.cos(x) * np.cos(y)) ** 2
        return self.rho * self.capacity * rate + conducted - friction

    def continuum(self, n):
        liquid = Liquid(self.rho, self.mu, self.capacity, self.conductivity)
        walls = {side: Wall(temperature=2.0) for side in ("x-", "x+", "y-", "y+")}
        return Continuum((1.0, 1.0, 1.0), (n, n, 1), liquid, walls, force=self.force, heating=self.heat, balance=walls)

    def values(self, continuum, t):
        """Values on patches: exact mean normal velocity over each face, exact tangential velocity in its middle."""
        result = {}
        for name, faces in continuum.patches.items():
            u = self.velocity(faces.centre, t)
            axis = int(np.argmax(np.abs(faces.normal[0])))
            h = continuum.domain.grid.spacing[1 - axis]
            shift = np.zeros(3)
            shift[1 - axis] = 0.5 * h
            mean = (self.stream(faces.centre + shift, t) - self.stream(faces.centre - shift, t)) / h
            u[:, axis] = mean if axis == 0 else -mean
            result[name] = PatchValues(velocity=u, temperature=self.temperature(faces.centre, t))
        return result


@dataclass(frozen=True)
class Beltrami:
    """Three-dimensional decaying flow of Arnold, Beltrami and Childress: exact without any force."""

    rho: float = 1.2
    mu: float = 0.1
    k: float = 2.0 * np.pi

    def velocity(self, p, t):
        x, y, z = (self.k * p).T
        f = np.exp(-self.mu / self.rho * self.k**2 * t)
        u = [np.sin(z) + 0.5 * np.cos(y), 0.7 * np.sin(x) + np.cos(z), 0.5 * np.sin(y) + 0.7 * np.cos(x)]
        return f * np.stack(u, axis=1)

    def pressure(self, p, t):
        return -0.5 * self.rho * (self.velocity(p, t) ** 2).sum(axis=1)

    def continuum(self, n):
        walls = {side: Wall() for side in ("x-", "x+", "y-", "y+")}
        return Continuum((1.0, 1.0, 1.0), (n, n, n), Liquid(self.rho, self.mu), periodic_z(walls), balance=walls)

    def values(self, continuum, t):
        return {n: PatchValues(velocity=self.velocity(f.centre, t)) for n, f in continuum.patches.items()}


def periodic_z(walls):
    from scalebridge.fluids.continuum import Periodic

    return {**walls, "z-": Periodic(), "z+": Periodic()}


def errors(flow, n, time, steps):
    """Root mean square errors of velocity, pressure and temperature (None where the flow has none)."""
    continuum = flow.continuum(n)
    grid = continuum.domain.grid
    dt = time / steps
    heated = hasattr(flow, "temperature")
    start = {"temperature": lambda p: flow.temperature(p, 0.0)} if heated else {}
    state = continuum.initial(velocity=lambda p: flow.velocity(p, 0.0), **start)
    for i in range(steps):
        now, then = flow.values(continuum, i * dt), flow.values(continuum, (i + 1) * dt)
        state, fluxes = continuum.step(state, now, dt, until=then)
    centres = grid.centres().reshape(-1, 3)

    def rms(x):
        return float(np.sqrt(np.mean(np.square(x))))

    faces = [grid.face_centres(a).reshape(-1, 3) for a in range(3)]
    u = [state.velocity[a].ravel() - flow.velocity(faces[a], time)[:, a] for a in range(3)]
    p = state.pressure.ravel() - flow.pressure(centres, time - 0.5 * dt / fluxes.substeps)
    heat = rms(state.temperature.ravel() - flow.temperature(centres, time)) if heated else None
    return rms(np.concatenate(u)), rms(p - p.mean()), heat
