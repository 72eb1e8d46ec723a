"""What one leg of molecular dynamics adds up: forces and work by source, profiles, what crossed each plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalebridge.fluids.atomistic._kernels import SOURCES
from scalebridge.fluids.atomistic._state import Floats


@dataclass
class Books:
    """Sums over the steps of a leg; b bins along y with b + 1 edges. Filled by the compiled loops.

    Attributes:
        edges: of the bins, (b + 1,).
        steps: number of steps summed.
        samples: number of steps at which profiles were sampled.
        time_step: of the molecular dynamics.
        energy: of all atoms where the leg begins and where it ends, counted alike.
        by_source: impulse (3) and work (1) of each of `SOURCES`, (5, 4).
        wall: impulse of the fluid on the walls, (3,).
        sums: per bin: particles, momentum (3), m v^2 per axis (3), mass, each summed over samples, (b, 8). Particles
            are atoms, or rigid molecules, each where its centre of mass is; all else is of atoms.
        forces: per bin: force from atoms (3) and from outside (3), power of the latter, summed over steps, (b, 7).
        crossed: per edge: mass, momentum (3) and kinetic energy that went up, (b + 1, 5).
        before: per bin: mass and momentum (3) at the half step where the leg begins, energy at its full step, (b, 5).
            The work that the second half of the step's kick is going to do counts as done, since the sources have paid
            it.
        now: the same at the half step where it ends.
        bathed: friction rate of the thermostats times the duration, summed over axes.
    """

    edges: Floats
    time_step: float
    before: Floats
    steps: int = 0
    samples: int = 0
    energy: tuple[float, float] = (0.0, 0.0)
    bathed: float = 0.0

    def __post_init__(self) -> None:
        n = len(self.edges) - 1
        self.by_source = np.zeros((len(SOURCES), 4))
        self.wall = np.zeros(3)
        self.sums = np.zeros((n, 8))
        self.forces = np.zeros((n, 7))
        self.crossed = np.zeros((n + 1, 5))
        self.now = self.before.copy()

    @property
    def centres(self) -> Floats:
        """Middles of the bins, (b,)."""
        return np.asarray((self.edges[1:] + self.edges[:-1]) / 2.0)

    @property
    def counts(self) -> Floats:
        """Mean number of particles per bin, (b,)."""
        return np.asarray(self.sums[:, 0] / max(self.samples, 1))

    def impulse(self, source: str) -> Floats:
        """Momentum put in by a source, (3,)."""
        return np.asarray(self.by_source[SOURCES.index(source), :3])

    def work(self, source: str) -> float:
        """Energy put in by a source."""
        return float(self.by_source[SOURCES.index(source), 3])

    def flux(self) -> Floats:
        """Momentum that went up through each edge, by atoms that crossed and by forces across, (b + 1, 3).

        Method of planes: the force across a plane is the force between atoms on all those above it, so it holds for
        any force field. Zero above the last edge, where there must be no atoms.
        """
        across = np.zeros_like(self.crossed[:, 1:4])
        across[:-1] = np.cumsum(self.forces[::-1, :3], axis=0)[::-1] * self.time_step
        return np.asarray(self.crossed[:, 1:4] + across)

    def energy_flux(self) -> Floats:
        """Energy that went up through each edge, (b + 1,): heat, convection and work between atoms.

        What the energy above a plane gained beyond the work of the forces from outside has come through the plane.
        """
        gained = (self.now - self.before)[:, 4] - self.time_step * self.forces[:, 6]
        return np.append(np.cumsum(gained[::-1])[::-1], 0.0)

    def residual(self) -> Floats:
        """What the books of mass (column 0) and momentum (columns 1 to 3) of each bin leave over, (b, 4).

        Contents at the end, less those at the beginning, less what came through the planes, less what acted from
        outside; zero but for rounding.
        """
        flux, dt = self.flux(), self.time_step
        left = (self.now - self.before)[:, :4]
        left[:, 0] -= self.crossed[:-1, 0] - self.crossed[1:, 0]
        left[:, 1:] -= flux[:-1] - flux[1:] + dt * self.forces[:, 3:6]
        return np.asarray(left)


@dataclass(frozen=True)
class Profile:
    """Means over a leg per bin.

    Attributes:
        heights: middles of the bins, (b,).
        density: particles per volume, (b,).
        velocity: mass-weighted mean velocity, (b, 3).
        temperature: per axis, from peculiar velocities, (b, 3).
        atoms: mean number of particles per bin, (b,).
    """

    heights: Floats
    density: Floats
    velocity: Floats
    temperature: Floats
    atoms: Floats


def profile(books: Books, area: float) -> Profile:
    """Profiles of a leg.

    Args:
        books: of the leg.
        area: of the planes.
    """
    n = np.maximum(books.sums[:, 0], 1.0)[:, None]
    mass = np.maximum(books.sums[:, 7], np.finfo(np.float64).tiny)[:, None]
    velocity = books.sums[:, 1:4] / mass
    temperature = (books.sums[:, 4:7] - mass * velocity**2) / n
    volumes = area * np.diff(books.edges)
    return Profile(books.centres, books.counts / volumes, velocity, temperature, books.counts)
