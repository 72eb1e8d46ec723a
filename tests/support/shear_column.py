"""The smallest continuum that can be coupled: shear flow in a column between two heights, explicit finite volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scalebridge.fluids.continuum import AbstractContinuum, Contents, FaceFluxes, Faces, Fields, Fluxes, PatchValues


@dataclass(frozen=True)
class ShearState:
    """Momentum density over density per cell (n, 3)."""

    velocity: np.ndarray
    time: float = 0.0


@dataclass(frozen=True)
class ShearColumn(AbstractContinuum[ShearState]):
    """rho du/dt = mu d2u/dy2 between `low` and `high`; patches "bottom" (a wall, or a flux) and "top" (a wall)."""

    low: float
    high: float
    n: int
    viscosity: float
    density: float
    area: float = 1.0
    top_speed: float = 1.0
    bottom: str = "wall"

    @property
    def h(self) -> float:
        return (self.high - self.low) / self.n

    @property
    def centres(self) -> np.ndarray:
        return self.low + self.h * (np.arange(self.n) + 0.5)

    @property
    def patches(self) -> Mapping[str, Faces]:
        def face(y, sign):
            return Faces(np.array([[0.0, y, 0.0]]), np.array([[0.0, sign, 0.0]]), np.array([self.area]))

        return {"bottom": face(self.low, -1.0), "top": face(self.high, 1.0)}

    @property
    def surfaces(self) -> Mapping[str, Faces]:
        return {}

    def initial(self, velocity=0.0, temperature=None, density=None) -> ShearState:
        points = np.column_stack([0 * self.centres, self.centres, 0 * self.centres])
        value = velocity(points) if callable(velocity) else velocity
        return ShearState(np.broadcast_to(np.asarray(value, float), (self.n, 3)).copy())

    def step(self, state, boundary=None, dt=0.0, *, until=None):
        parts = int(np.ceil(dt / self.stable_step(state)))
        u, gone_in = state.velocity.copy(), np.zeros((2, 3))
        values = (boundary or {}).get("bottom", PatchValues(velocity=(0.0, 0.0, 0.0), momentum=(0.0, 0.0, 0.0)))
        for _ in range(parts):
            stress = self.viscosity * np.diff(u, axis=0) / self.h
            top = self.viscosity * (np.array([self.top_speed, 0, 0]) - u[-1]) / (self.h / 2)
            low = (
                self.viscosity * (u[0] - np.asarray(values.velocity)) / (self.h / 2)
                if self.bottom == "wall"
                else -np.asarray(values.momentum)
            )
            flux = np.vstack([low, stress, top])
            u = u + dt / parts / self.density * np.diff(flux, axis=0) / self.h
            gone_in += dt / parts * self.area * np.array([-low, top])
        faces = {
            name: FaceFluxes(np.zeros(1), gone_in[i : i + 1], np.zeros(1)) for i, name in enumerate(("bottom", "top"))
        }
        return ShearState(u, state.time + dt), Fluxes(faces, {}, Contents(0.0, np.zeros(3), 0.0), dt, parts)

    def fields(self, state, points) -> Fields:
        y = np.asarray(points)[:, 1]
        velocity = np.column_stack([np.interp(y, self.centres, state.velocity[:, k]) for k in range(3)])
        n = len(y)
        return Fields(velocity, np.ones(n), np.zeros(n), np.full(n, self.density), np.zeros((n, 3, 3)))

    def contents(self, state, lower=None, upper=None) -> Contents:
        volume = self.h * self.area
        return Contents(
            self.density * volume * self.n, self.density * volume * state.velocity.sum(axis=0), 0.0
        )

    def stable_step(self, state) -> float:
        return 0.25 * self.density * self.h**2 / self.viscosity
