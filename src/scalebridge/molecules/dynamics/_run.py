"""Molecular dynamics of a coarse model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.molecules.dynamics._kernel import CoarseForces
from scalebridge.molecules.dynamics._system import compiled_system, openmm, portable_system
from scalebridge.molecules.mapping import Beads, Frames
from scalebridge.molecules.pairs import check_box
from scalebridge.molecules.potentials import Potential
from scalebridge.molecules.statistics import BAR, R

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Protocol:
    """How a simulation is run.

    Attributes:
        steps: recorded steps.
        timestep: ps.
        every: steps between frames.
        equilibration: steps before the first frame.
        friction: of the Langevin thermostat, 1/ps.
        ensemble: "nvt" (Langevin middle scheme) or "nve" (Verlet).
        platform: "compiled" for our loops on the CPU; or an OpenMM platform, which then runs its own forces.

    Raises:
        InputError: a number that is not positive.
    """

    steps: int = 5000
    timestep: float = 0.004
    every: int = 20
    equilibration: int = 500
    friction: float = 5.0
    ensemble: Literal["nvt", "nve"] = "nvt"
    platform: str = "compiled"

    def __post_init__(self) -> None:
        for name in ("steps", "timestep", "every"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} of a simulation must be positive; found {getattr(self, name)}")
        if self.equilibration < 0 or self.friction < 0.0:
            raise InputError("Equilibration steps and friction of a simulation must not be negative")
        if self.steps < self.every:
            raise InputError(f"{self.steps} steps with a frame every {self.every} give no frame; run longer")


@dataclass(frozen=True, eq=False)
class Phase:
    """Where a simulation stands.

    Attributes:
        positions: shape (n, 3), nm.
        box: edges, nm.
        velocities: shape (n, 3), nm/ps; None draws them from the temperature.
    """

    positions: Floats
    box: Floats
    velocities: Floats | None = None


@dataclass(frozen=True, eq=False)
class Simulation:
    """A simulation that has been run.

    Attributes:
        frames: with times and instantaneous pressures.
        phase: its end.
        kinetic: kinetic temperature of each frame, K.
        potential: energy of each frame, kJ/mol.
        total: kinetic and potential energy of each frame, kJ/mol.
        momentum: largest share of the momentum that a frame has left, |sum m v| / sum m |v|.
        seconds: processor seconds of the recorded steps.
        protocol: how it was run.
    """

    frames: Frames
    phase: Phase
    kinetic: Floats
    potential: Floats
    total: Floats
    momentum: float
    seconds: float
    protocol: Protocol

    @property
    def nanoseconds(self) -> float:
        """Length of the recorded part."""
        return self.protocol.steps * self.protocol.timestep * 1e-3

    @property
    def seconds_per_nanosecond(self) -> float:
        """Processor seconds per simulated nanosecond."""
        return self.seconds / self.nanoseconds

    @property
    def pressure(self) -> tuple[float, float]:
        """Mean pressure and its standard error from ten blocks, bar."""
        assert self.frames.pressures is not None
        return block_mean(self.frames.pressures)

    @property
    def drift(self) -> float:
        """Slope of the total energy, kJ/mol per bead per ns."""
        assert self.frames.times is not None
        return float(np.polyfit(self.frames.times * 1e-3, self.total, 1)[0]) / self.frames.count


def block_mean(values: Floats, blocks: int = 10) -> tuple[float, float]:
    """Mean and standard error from blocks of a series."""
    blocks = min(blocks, len(values))
    if blocks < 2:
        return float(np.mean(values)), float("inf")
    means = np.array([part.mean() for part in np.array_split(values, blocks)])
    return float(np.mean(values)), float(means.std(ddof=1) / np.sqrt(blocks))


def simulate(
    beads: Beads,
    potentials: Mapping[str, Potential],
    start: Phase,
    temperature: float,
    protocol: Protocol | None = None,
    *,
    seed: int = 0,
) -> Simulation:
    """Run a coarse model.

    Args:
        beads: the coarse topology.
        potentials: by term, kJ/mol.
        start: where to begin.
        temperature: K.
        protocol: how to run.
        seed: of velocities and thermostat.

    Raises:
        InputError: a box that is too small, or potentials that fit no term.
        ConvergenceError: the simulation has blown up.
    """
    mm = openmm()
    protocol = protocol or Protocol()
    for name in beads.pairs:
        if name in potentials:
            check_box(start.box, potentials[name].domain[1])
    forces = CoarseForces(beads, potentials)
    if protocol.platform == "compiled":
        system, platform, options = compiled_system(forces, start.box), "Reference", {}
    else:
        system, platform = portable_system(beads, potentials, start.box), protocol.platform
        options = {"Threads": "1"} if platform == "CPU" else {}
    integrator = _integrator(mm, temperature, protocol, seed)
    context = mm.Context(system, integrator, mm.Platform.getPlatformByName(platform), options)
    context.setPositions(start.positions)
    if start.velocities is None:
        context.setVelocitiesToTemperature(temperature, seed % (2**31 - 2) + 1)
    else:
        context.setVelocities(start.velocities)
    if protocol.ensemble == "nve":
        context.setVelocities(_at_rest(context, beads.masses))
    _advance(integrator, protocol.equilibration, protocol)
    record = _Record(beads, forces, start.box, temperature, protocol)
    begun = time.process_time()
    for _ in range(protocol.steps // protocol.every):
        _advance(integrator, protocol.every, protocol)
        record.take(context)
    return record.simulation(time.process_time() - begun)


def _integrator(mm: Any, temperature: float, protocol: Protocol, seed: int) -> Any:
    if protocol.ensemble == "nve":
        return mm.VerletIntegrator(protocol.timestep)
    integrator = mm.LangevinMiddleIntegrator(temperature, protocol.friction, protocol.timestep)
    integrator.setRandomNumberSeed(seed % (2**31 - 2) + 1)
    return integrator


def _at_rest(context: Any, masses: Floats) -> Floats:
    velocities = np.array(context.getState(velocities=True).getVelocities(asNumpy=True)._value)
    return np.asarray(velocities - masses @ velocities / masses.sum())


def _advance(integrator: Any, steps: int, protocol: Protocol) -> None:
    try:
        integrator.step(steps)
    except Exception as error:  # OpenMMException, or what the compiled forces raise through it
        raise ConvergenceError(
            f"The coarse simulation has blown up ({error}). Take a time step below {protocol.timestep:g} ps, more "
            "friction, or look at the potential: a core that is too soft lets beads collapse"
        ) from error


class _Record:
    """Frames and numbers of a run in the making."""

    def __init__(self, beads: Beads, forces: CoarseForces, box: Floats, temperature: float, protocol: Protocol) -> None:
        self.beads, self.forces, self.box = beads, forces, np.asarray(box, dtype=np.float64)
        self.temperature, self.protocol = temperature, protocol
        self.positions: list[npt.NDArray[np.float32]] = []
        self.rows: list[tuple[float, float, float]] = []
        self.momentum = 0.0
        self.velocities = np.zeros((len(beads), 3))
        self.last = np.zeros((len(beads), 3))

    def take(self, context: Any) -> None:
        state = context.getState(positions=True, velocities=True, energy=True)
        self.last = np.array(state.getPositions(asNumpy=True)._value)
        self.velocities = np.array(state.getVelocities(asNumpy=True)._value)
        if not np.isfinite(self.last).all():
            raise ConvergenceError(
                f"Coordinates are no longer finite; take a time step below {self.protocol.timestep:g} ps"
            )
        found = self.forces.evaluate(self.last, self.box)
        kinetic = float(state.getKineticEnergy()._value)
        # in contact with a thermostat the mean kinetic energy is known; its fluctuations would only add noise
        ideal = 2.0 * kinetic / 3.0 if self.protocol.ensemble == "nve" else len(self.beads) * R * self.temperature
        pressure = BAR * (ideal + found.virial / 3.0) / float(self.box.prod())
        self.rows.append((kinetic, found.energy, pressure))
        masses = self.beads.masses
        whole = np.linalg.norm(masses @ self.velocities)
        self.momentum = max(self.momentum, float(whole / (masses @ np.linalg.norm(self.velocities, axis=1))))
        self.positions.append(self.last.astype(np.float32))

    def simulation(self, seconds: float) -> Simulation:
        kinetic, potential, pressure = np.array(self.rows).T
        number = len(self.rows)
        times = np.asarray(self.protocol.every * self.protocol.timestep * np.arange(1, number + 1), dtype=np.float64)
        frames = Frames(np.stack(self.positions), np.tile(self.box, (number, 1)), None, times, pressure)
        freedom = 3 * len(self.beads) - (3 if self.protocol.ensemble == "nve" else 0)
        phase = replace(Phase(self.last, self.box), velocities=self.velocities)
        return Simulation(
            frames, phase, 2.0 * kinetic / (freedom * R), potential, kinetic + potential, self.momentum, seconds,
            self.protocol,
        )  # fmt: skip
