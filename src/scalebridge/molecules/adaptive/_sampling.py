"""Molecular dynamics of an adaptive system, and what is gathered on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.adaptive._engine import GAS, Dynamics, blown_up, box_of, engine_of
from scalebridge.molecules.adaptive._forces import AdaptiveForces
from scalebridge.molecules.adaptive._shells import Shells

Floats = npt.NDArray[np.float64]

PARTS = 24  # of the hybrid zone, in which the gap of energies is averaged
BLOCKS = 5


@dataclass(frozen=True, eq=False)
class Gathered:
    """What a piece of trajectory showed.

    Attributes:
        counts: molecules by sample, species and shell, (n, S, b).
        gap: mean of V^AT_a - V^CG_a by species and part of the hybrid zone, (S, PARTS); NaN where no molecule was.
        resolution: mean resolution there, (S, PARTS).
        stiffness: 1 / (rho kappa_T) = kT / S(0) from density waves, kJ/mol.
        drift: mean force that the resolution field takes up, (3,) kJ/mol/nm.
        capped: mean number of pairs of sites below the cap.
        positions, velocities: at the end, (N, 3).
    """

    counts: Floats
    gap: Floats
    resolution: Floats
    stiffness: float
    drift: Floats
    capped: float
    positions: Floats
    velocities: Floats

    def density(self, volume: Floats) -> tuple[Floats, Floats]:
        """Density over its mean by species and shell, (S, b), and its standard error from blocks."""
        blocks, scale = self.blocks(volume), self._scale(volume)
        error = np.std(blocks, axis=0, ddof=1) / np.sqrt(len(blocks)) if len(blocks) > 1 else np.full_like(scale, 1.0)
        return self.counts.mean(axis=0) / scale, error

    def blocks(self, volume: Floats) -> Floats:
        """Density over its mean in pieces of the trajectory, (B, S, b)."""
        pieces = np.array_split(self.counts, min(BLOCKS, len(self.counts)))
        return np.array([part.mean(axis=0) for part in pieces]) / self._scale(volume)

    def _scale(self, volume: Floats) -> Floats:
        n = np.maximum(self.counts.sum(axis=2).mean(axis=0), 1.0)
        return np.asarray((volume / volume.sum()) * n[:, None])


def gather(
    system: Any,
    forces: AdaptiveForces,
    shells: Shells,
    how: Dynamics,
    start: tuple[Floats, Floats | None],
    picoseconds: float,
    seed: int,
    *,
    settle: float = 0.0,
) -> Gathered:
    """Simulate, and gather densities and gaps of energies.

    Args:
        system: whose forces include `forces`.
        forces: of adaptive resolution.
        shells: in which molecules are counted.
        how: integration.
        start: positions and velocities; without velocities these are drawn.
        picoseconds: length of what is gathered.
        seed: of thermostat and velocities.
        settle: length before, ps.

    Raises:
        ConvergenceError: the simulation has blown up.
    """
    engine = engine_of(system, forces, how, seed)
    engine.start(*start, seed)
    book = _Book(forces, shells, box_of(system))
    engine.step(max(round(settle / how.timestep), 1))
    for _ in range(max(round(picoseconds / how.timestep / how.every), 1)):
        engine.step(how.every)
        book.enter()
    positions, velocities = engine.state()
    if not np.isfinite(positions).all():
        raise blown_up(how, "atoms are nowhere")
    return book.close(how.temperature, positions, velocities)


class _Book:
    """Sums of a running simulation."""

    def __init__(self, forces: AdaptiveForces, shells: Shells, box: Floats) -> None:
        self.forces, self.shells, self.box = forces, shells, box
        self.kind, self.species = forces.molecules.kind, len(forces.molecules.counts)
        self.counts: list[Floats] = []
        self.sums = np.zeros((3, self.species, PARTS))
        self.drift, self.capped = np.zeros(3), 0.0
        self.waves: list[Floats] = []

    def enter(self) -> None:
        """The latest configuration."""
        found = self.forces.last
        assert found is not None
        self.counts.append(np.stack([self.shells.count(found.distance[self.kind == s]) for s in range(self.species)]))
        hybrid = np.flatnonzero((found.resolution > 0.0) & (found.resolution < 1.0))
        part = np.minimum((2.0 / np.pi * np.arcsin(np.sqrt(found.resolution[hybrid])) * PARTS).astype(int), PARTS - 1)
        for row, values in enumerate((np.ones(len(hybrid)), found.gap[hybrid], found.resolution[hybrid])):
            np.add.at(self.sums[row], (self.kind[hybrid], part), values)
        self.drift += found.drift
        self.capped += found.capped
        # waves about as long as the cutoff: there S(k) is still near S(0), and an uneven profile does not count
        wave = np.maximum(np.round(self.box / self.forces.atomistic.reach), 1.0)
        phase = np.exp(2j * np.pi * wave * self.forces.centres / self.box)
        others = phase * np.roll(phase, 1, axis=1)
        self.waves.append(np.concatenate([phase.sum(axis=0), others.sum(axis=0)]))

    def close(self, temperature: float, positions: Floats, velocities: Floats) -> Gathered:
        """Means."""
        n = len(self.counts)
        structure = float((np.abs(np.array(self.waves)) ** 2).mean()) / len(self.kind)
        with np.errstate(invalid="ignore", divide="ignore"):
            gap, resolution = self.sums[1] / self.sums[0], self.sums[2] / self.sums[0]
        stiffness = GAS * temperature / structure
        return Gathered(
            np.array(self.counts), gap, resolution, stiffness, self.drift / n, self.capped / n, positions, velocities
        )


def conserve(
    system: Any, forces: AdaptiveForces, how: Dynamics, start: tuple[Floats, Floats], picoseconds: float
) -> Floats:
    """Total energy at constant energy, at twenty times, kJ/mol; half the time step of the thermostatted dynamics.

    Args:
        system: whose forces include `forces`.
        forces: of adaptive resolution.
        how: platform and time step.
        start: positions and velocities.
        picoseconds: length.
    """
    engine = engine_of(
        system, forces, replace(how, timestep=0.5 * how.timestep, friction=0.0, thermostat="everywhere"), 0
    )
    engine.start(*start, 0)
    found = []
    for _ in range(20):
        engine.step(max(round(picoseconds / how.timestep / 10.0), 1))
        found.append(sum(engine.energy()))
    return np.array(found)
