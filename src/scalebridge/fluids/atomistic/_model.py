"""The atomistic side: a fluid between crystalline walls and open ends."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._build import lattice_start, start_engine
from scalebridge.fluids.atomistic._crystal import Crystal
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._fluid import LennardJones
from scalebridge.fluids.atomistic._properties import LENNARD_JONES, Stiffness, Units
from scalebridge.fluids.atomistic._state import FLUID, Atoms, Floats
from scalebridge.fluids.atomistic._walled import AbstractWalled

if TYPE_CHECKING:
    from scalebridge.fluids.atomistic._script import Scripted


@final
@dataclass(frozen=True)
class Atomistic(AbstractWalled):
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
        impedance: of the open end, see `Traction`.

    Raises:
        InputError: a value that no fluid has, or a slab too small for the cut-off.
    """

    fluid: LennardJones = field(default_factory=LennardJones)
    density: float = 0.81
    temperature: float = 1.1
    size: tuple[float, float, float] = (13.6, 26.0, 13.6)
    wall: Crystal = field(default_factory=Crystal)
    closed: bool = False
    buffer: float = 3.0
    pressure: float | None = None
    time_step: float = 0.005
    impedance: float = 0.0

    def __post_init__(self) -> None:
        for name in ("density", "temperature", "time_step", "buffer"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} is {getattr(self, name)!r}; it must be a positive number")
        if self.density > 1.2:
            raise InputError(f"density is {self.density:g}; above 1.2 per sigma^3 nothing flows")
        if not 0.0 <= self.impedance < math.inf:
            raise InputError(f"impedance is {self.impedance!r}; it is rho c of the fluid, or 0 to hold the pressure")
        if self.time_step > 0.02:
            raise InputError(f"time_step is {self.time_step:g} tau; beyond 0.02 the atoms fly off, 0.005 is usual")
        reach = self.fluid.cutoff + 0.3
        if min(self.lengths) < 2.0 * reach or not all(map(math.isfinite, self.size)):
            raise InputError(
                f"size is {self.size}; each length must be at least twice the cut-off and skin, {2 * reach:g}"
            )
        if self.wall.thickness < self.fluid.cutoff:
            raise InputError(
                f"The wall is {self.wall.thickness:.2f} thick, thinner than the cut-off {self.fluid.cutoff:g}: "
                f"atoms would "
                f"feel the empty space behind it; take {math.ceil(2 * self.fluid.cutoff / self.wall.cell + 0.5)} layers"
            )
        if not self.closed and self.pressure is None:
            raise InputError(
                "An open end needs the pressure of the fluid: measure it with fluids.transport.measure_pressure, or "
                "set closed"
            )

    @property
    def box(self) -> Floats:
        """Bounds of the simulated box, (3, 2): slab, walls and a margin at the open end."""
        below = -self.wall.thickness - 1.0
        above = self.size[1] + (-below if self.closed else 3.0)
        return np.array([[0.0, self.lengths[0]], [below, above], [0.0, self.lengths[2]]])

    @property
    def mass(self) -> float:
        """Mass of a fluid atom, 1 in Lennard-Jones units."""
        return 1.0

    @property
    def cutoff(self) -> float:
        """Reach of the forces between fluid atoms."""
        return self.fluid.cutoff

    @property
    def fluid_types(self) -> tuple[int, ...]:
        """Types of the fluid's atoms."""
        return (FLUID,)

    @property
    def type_masses(self) -> dict[int, float]:
        """Masses of the fluid's types."""
        return {FLUID: 1.0}

    @property
    def grain(self) -> float:
        """Size of a particle, sigma."""
        return 1.0

    @property
    def units(self) -> Units:
        """Lennard-Jones units."""
        return Units()

    @property
    def stiffness(self) -> Stiffness:
        """How a time step misses the energy."""
        return LENNARD_JONES

    @property
    def atom_seconds(self) -> float:
        """Processor seconds of an atom in a step; measured with 4,000 to 22,000 atoms, cut at 2.2 sigma."""
        return 3.7e-7 * (self.cutoff / 2.2) ** 3

    @property
    def atoms_per_particle(self) -> float:
        """One: particles are atoms."""
        return 1.0

    @property
    def bath_rate(self) -> float:
        """Friction of the thermostat that brings a start to equilibrium, 1 / tau."""
        return 1.0

    def start(self, seed: np.random.SeedSequence) -> Atoms:
        """Atoms on a diluted lattice with thermal velocities; not yet a fluid, see `equilibrate`."""
        return lattice_start(self, np.random.default_rng(seed))

    def engine(self, atoms: Atoms, *, communicator: Any = None, threads: int = 1) -> Engine:
        """An engine that holds these atoms, their potentials and an integrator for the fluid."""
        return start_engine(self, atoms, communicator=communicator, threads=threads)

    @staticmethod
    def from_lammps(
        script: str | Path, *, density: float, temperature: float, height: float, **options: Any
    ) -> Scripted:
        """Atoms and force field from a LAMMPS input script of the user's; see `Scripted` for what it must hold.

        Args:
            script: file, or the commands themselves (with line breaks).
            density: atoms of the fluid per volume, or molecules where bonds are constrained.
            temperature: energy / k in the script's units.
            height: of the open end, or of the surface of the upper wall.
            **options: further attributes of `Scripted`.

        Raises:
            InputError: the file is missing, or LAMMPS refuses the commands.
        """
        from scalebridge.fluids.atomistic._script import scripted

        return scripted(script, density=density, temperature=temperature, height=height, **options)
