"""The atomistic side: a fluid between crystalline walls and open ends."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._build import lattice_start, start_engine
from scalebridge.fluids.atomistic._controls import Controls, Targets, Thermostat, Traction
from scalebridge.fluids.atomistic._crystal import Crystal
from scalebridge.fluids.atomistic._fluid import LennardJones
from scalebridge.fluids.atomistic._simulation import Simulation
from scalebridge.fluids.atomistic._state import Atoms, Floats


@dataclass(frozen=True)
class Atomistic:
    """Molecular dynamics of a fluid in a slab: a wall below, a wall or an open end above, periodic along x and z.

    Lennard-Jones units: lengths sigma, energies epsilon, masses m, times tau.

    Attributes:
        fluid: potential between fluid atoms.
        density: atoms per volume.
        temperature: in epsilon / k.
        size: lengths of the slab (x, y, z); x and z are rounded to whole cells of the wall's crystal.
        wall: crystal below height 0; the same above `size[1]` if `closed`.
        closed: whether there is a wall above; otherwise the end is open and carries `pressure`.
        buffer: thickness of the zone at the open end that carries the pressure.
        pressure: at the open end; None where the end is closed.
        time_step: of the molecular dynamics.

    Raises:
        InputError: a value that no fluid has, or a slab too small for the cut-off.
    """

    fluid: LennardJones = LennardJones()
    density: float = 0.81
    temperature: float = 1.1
    size: tuple[float, float, float] = (13.6, 26.0, 13.6)
    wall: Crystal = Crystal()
    closed: bool = False
    buffer: float = 3.0
    pressure: float | None = None
    time_step: float = 0.005

    def __post_init__(self) -> None:
        for name in ("density", "temperature", "time_step", "buffer"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} is {getattr(self, name)!r}; it must be a positive number")
        if self.density > 1.2:
            raise InputError(f"density is {self.density:g}; above 1.2 per sigma^3 nothing flows")
        if self.time_step > 0.02:
            raise InputError(f"time_step is {self.time_step:g} tau; beyond 0.02 the atoms fly off, 0.005 is usual")
        reach = self.fluid.cutoff + 0.3
        if min(self.lengths) < 2.0 * reach or not all(map(math.isfinite, self.size)):
            raise InputError(f"size is {self.size}; each length must be at least twice the cut-off and skin, {2 * reach:g}")
        if self.wall.thickness < self.fluid.cutoff:
            raise InputError(
                f"The wall is {self.wall.thickness:.2f} thick, thinner than the cut-off {self.fluid.cutoff:g}: atoms would "
                f"feel the empty space behind it; take {math.ceil(2 * self.fluid.cutoff / self.wall.cell + 0.5)} layers"
            )
        if not self.closed and self.pressure is None:
            raise InputError(
                "An open end needs the pressure of the fluid: measure it with fluids.transport.measure_pressure, or set closed"
            )

    @property
    def cells(self) -> tuple[int, int]:
        """Cells of the wall's crystal along x and z."""
        return max(round(self.size[0] / self.wall.cell), 1), max(round(self.size[2] / self.wall.cell), 1)

    @property
    def lengths(self) -> tuple[float, float, float]:
        """Lengths of the slab, rounded to whole cells of the crystal."""
        return self.cells[0] * self.wall.cell, self.size[1], self.cells[1] * self.wall.cell

    @property
    def area(self) -> float:
        """Of a plane across y."""
        return self.lengths[0] * self.lengths[2]

    @property
    def box(self) -> Floats:
        """Bounds of the simulated box, (3, 2): slab, walls and a margin at the open end."""
        below = -self.wall.thickness - 1.0
        above = self.size[1] + (-below if self.closed else 3.0)
        return np.array([[0.0, self.lengths[0]], [below, above], [0.0, self.lengths[2]]])

    def tractions(self) -> tuple[Traction, ...]:
        """Zones that carry the pressure of the open ends."""
        return () if self.closed else (Traction(self.size[1] - self.buffer, self.size[1]),)

    def rest(self) -> Targets:
        """Targets of a fluid at rest: no velocity, the pressure at the open end."""
        count = 0 if self.closed else 1
        return Targets(traction=np.tile([0.0, -(self.pressure or 0.0), 0.0], (count, 1)))

    def start(self, seed: np.random.SeedSequence) -> Atoms:
        """Atoms on a diluted lattice with thermal velocities; not yet a fluid, see `equilibrate`."""
        return lattice_start(self, np.random.default_rng(seed))

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
        simulation = self.simulate(self.start(places), controls, np.random.default_rng(noise))
        try:
            simulation.run(steps, self.rest())
            return replace(simulation.atoms(), steps=0)
        finally:
            simulation.engine.close()

    def _baths(self, temperatures: tuple[tuple[float, float], ...]) -> tuple[Thermostat, ...]:
        every = (True, True, True)
        if not temperatures:
            return (Thermostat(-math.inf, math.inf, self.temperature, 1.0, every),)
        edges = np.arange(0.0, self.size[1] + 1.0, 2.0)
        warmth = np.interp(edges[:-1] + 1.0, *np.array(temperatures).T)
        edges[0], edges[-1] = -math.inf, math.inf
        return tuple(Thermostat(edges[i], edges[i + 1], float(t), 1.0, every) for i, t in enumerate(warmth))

    def simulate(
        self,
        atoms: Atoms,
        controls: Controls,
        rng: np.random.Generator,
        *,
        bin_width: float = 1.0,
        communicator: Any = None,
        threads: int = 1,
    ) -> Simulation:
        """A live simulation of these atoms.

        Args:
            atoms: to start from.
            controls: what acts on them from outside.
            rng: noise of the thermostats.
            bin_width: of the books, from height 0 up; it must divide the height.
            communicator: mpi4py communicator; None for one rank.
            threads: OpenMP threads.
        """
        n = round(self.size[1] / bin_width)
        if n < 1 or not math.isclose(n * bin_width, self.size[1], rel_tol=1e-9):
            raise InputError(f"bin_width is {bin_width:g}; it must divide the height {self.size[1]:g}")
        # one more bin on either side holds the atoms that dip into the wall or stray beyond the open end
        extra = math.ceil(1.0 / bin_width)
        bins = bin_width * np.arange(-extra, n + 3 * extra + 1)
        engine = start_engine(self, atoms, communicator=communicator, threads=threads)
        return Simulation(
            engine,
            atoms,
            controls,
            bins,
            masses=np.ones(3),
            fluid=(False, True, False),
            time_step=self.time_step,
            rng=rng,
        )
