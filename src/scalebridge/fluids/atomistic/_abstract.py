"""What every atomistic side has: atoms to start from, an engine for them, and the same way to run."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._controls import Controls, Targets, Thermostat, Traction
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._properties import Stiffness, Units
from scalebridge.fluids.atomistic._ranked import require_whole, started
from scalebridge.fluids.atomistic._simulation import Simulation
from scalebridge.fluids.atomistic._state import Atoms


class AbstractAtomistic(ABC):
    """A fluid in a slab from height 0 to `size[1]`, periodic along x and z, with a wall or an open end above.

    Its particles are atoms, or molecules where these are rigid. All numbers are in the model's `units`, in which no
    formula needs a factor.

    Attributes:
        density: particles per volume.
        temperature: as an energy, k T.
        size: lengths asked for (x, y, z).
        closed: whether there is a wall above; otherwise the end is open and carries `pressure`.
        buffer: thickness of the zone at the open end that carries the pressure.
        pressure: at the open end; None where the end is closed.
        time_step: of the molecular dynamics.
        impedance: of the open end, rho c of the fluid lets sound out; 0 holds the pressure and throws sound back.
    """

    density: float
    temperature: float
    size: tuple[float, float, float]
    closed: bool
    buffer: float
    pressure: float | None
    time_step: float
    impedance: float

    @property
    @abstractmethod
    def mass(self) -> float:
        """Mass of a particle of the fluid, the mean where there are several types."""

    @property
    @abstractmethod
    def lengths(self) -> tuple[float, float, float]:
        """Lengths of the slab as simulated."""

    @property
    @abstractmethod
    def cutoff(self) -> float:
        """Reach of the forces."""

    @property
    @abstractmethod
    def fluid_types(self) -> tuple[int, ...]:
        """Types of the fluid's atoms."""

    @property
    @abstractmethod
    def type_masses(self) -> dict[int, float]:
        """Masses of the fluid's types."""

    @property
    @abstractmethod
    def grain(self) -> float:
        """Size of a particle: nothing of the flow is finer."""

    @property
    @abstractmethod
    def units(self) -> Units:
        """What the numbers are in."""

    @property
    @abstractmethod
    def stiffness(self) -> Stiffness:
        """How a time step misses the energy."""

    @property
    @abstractmethod
    def wall_atoms(self) -> int:
        """Atoms of the wall below; 0 where it is not known before they are made."""

    @property
    @abstractmethod
    def atom_seconds(self) -> float:
        """Processor seconds of an atom in a step of the dynamics alone, on one core."""

    @property
    @abstractmethod
    def atoms_per_particle(self) -> float:
        """Atoms of a particle."""

    @property
    @abstractmethod
    def bath_rate(self) -> float:
        """Friction per mass of the thermostat that brings a start to equilibrium."""

    @abstractmethod
    def start(self, seed: np.random.SeedSequence) -> Atoms:
        """Atoms with thermal velocities; not yet a fluid in equilibrium."""

    @abstractmethod
    def engine(self, atoms: Atoms, *, communicator: Any = None, threads: int = 1) -> Engine:
        """An engine that holds these atoms, their potentials and an integrator for the fluid."""

    @property
    def area(self) -> float:
        """Of a plane across y."""
        return self.lengths[0] * self.lengths[2]

    def tractions(self) -> tuple[Traction, ...]:
        """Zones that carry the pressure of the open ends."""
        return () if self.closed else (Traction(self.size[1] - self.buffer, self.size[1], self.impedance),)

    def rest(self) -> Targets:
        """Targets of a fluid at rest: no velocity, the pressure at the open end."""
        count = 0 if self.closed else 1
        return Targets(traction=np.tile([0.0, -(self.pressure or 0.0), 0.0], (count, 1)))

    def equilibrate(
        self, seed: np.random.SeedSequence, steps: int = 5000, temperatures: tuple[tuple[float, float], ...] = ()
    ) -> Atoms:
        """Atoms of a fluid at rest, at the density and temperature given.

        Args:
            seed: of places, velocities and noise.
            steps: molecular dynamics steps under a thermostat on all axes.
            temperatures: pairs of height and temperature between which it is interpolated; empty for the same
                everywhere.

        Raises:
            RunError: the atoms flew apart.
        """
        places, noise = seed.spawn(2)
        controls = Controls(tractions=self.tractions(), thermostats=self._baths(temperatures))
        width = self.size[1] / max(round(self.size[1] / self.grain), 1)
        simulation = started(self, self.start(places), controls, np.random.default_rng(noise), width)
        try:
            simulation.run(steps, self.rest())
            return replace(simulation.atoms(), steps=0)
        finally:
            simulation.close()

    def _baths(self, temperatures: tuple[tuple[float, float], ...]) -> tuple[Thermostat, ...]:
        every = (True, True, True)
        if not temperatures:
            return (Thermostat(-math.inf, math.inf, self.temperature, self.bath_rate, every),)
        edges = np.arange(0.0, self.size[1] + self.grain, 2.0 * self.grain)
        warmth = np.interp(edges[:-1] + self.grain, *np.array(temperatures).T)
        edges[0], edges[-1] = -math.inf, math.inf
        return tuple(Thermostat(edges[i], edges[i + 1], float(t), self.bath_rate, every) for i, t in enumerate(warmth))

    def simulate(
        self,
        atoms: Atoms,
        controls: Controls,
        rng: np.random.Generator,
        *,
        bin_width: float | None = None,
        communicator: Any = None,
        threads: int = 1,
    ) -> Simulation:
        """A live simulation of these atoms.

        Args:
            atoms: to start from.
            controls: what acts on them from outside.
            rng: noise of the thermostats.
            bin_width: of the books, from height 0 up; it must divide the height. A grain by default.
            communicator: mpi4py communicator; None for one rank.
            threads: OpenMP threads.

        Raises:
            InputError: bins that do not fit, or rigid molecules on several ranks.
        """
        bin_width = self.grain if bin_width is None else bin_width
        require_whole(atoms, 1 if communicator is None else communicator.Get_size())
        n = round(self.size[1] / bin_width)
        if n < 1 or not math.isclose(n * bin_width, self.size[1], rel_tol=1e-9):
            raise InputError(f"bin_width is {bin_width:g}; it must divide the height {self.size[1]:g}")
        # one more bin on either side holds the atoms that dip into the wall or stray beyond the open end
        extra = math.ceil(self.grain / bin_width)
        bins = bin_width * np.arange(-extra, n + 3 * extra + 1, dtype=np.float64)
        engine = self.engine(atoms, communicator=communicator, threads=threads)
        masses = engine.masses()
        return Simulation(
            engine,
            atoms,
            controls,
            bins,
            masses=masses,
            fluid=[kind in self.fluid_types for kind in range(len(masses))],
            time_step=self.time_step,
            rng=rng,
        )
