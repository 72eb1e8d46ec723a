"""The atomistic side as water: rigid SPC/E molecules between crystalline walls and open ends."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._crystal import Crystal
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._properties import Stiffness, Units
from scalebridge.fluids.atomistic._state import Atoms, Floats
from scalebridge.fluids.atomistic._walled import AbstractWalled
from scalebridge.fluids.atomistic._water_build import (
    HYDROGEN,
    MASSES,
    MOLAR_MASS,
    OXYGEN,
    start_water,
    water_engine,
)

KELVIN = 8.31446261815324e-3
"""k T of one kelvin, kJ/mol."""
BAR = 0.0602214076
"""One bar, kJ/mol/nm^3."""
MILLIPASCAL_SECOND = 602.214076
"""One mPa s, u/(nm ps)."""
_LIQUID = 600.0, 1300.0  # kg/m^3
_LONGEST = 0.004  # ps


@final
@dataclass(frozen=True)
class Water(AbstractWalled):
    """Molecular dynamics of rigid SPC/E water in a slab: a wall below, a wall or an open end above.

    Taken in kelvin, kg/m^3 and bar; lengths in nm, times in ps. What is given, and what `density`, `temperature` and
    `pressure` hold, is in nm, ps, u and kJ/mol, which belong together: velocities in nm/ps, stresses in kJ/mol/nm^3
    (16.6 bar), viscosities in u/(nm ps). `KELVIN`, `BAR` and `MILLIPASCAL_SECOND` convert.

    Molecules are those of Berendsen, Grigera, Straatsma (1987), J. Phys. Chem. 91, 6269, doi 10.1021/j100308a038, held
    rigid by SHAKE. Charges act by the damped shifted force of Fennell, Gezelter (2006), J. Chem. Phys. 124, 234104, doi
    10.1063/1.2206581, up to the cut-off, so that no sum over images crosses a wall or an open end.

    Attributes:
        kelvin: temperature.
        kg_per_m3: mass density.
        size: lengths of the slab (x, y, z), nm; x and z are rounded to whole cells of the wall's crystal.
        wall: crystal below height 0, in nm and kJ/mol; the same above `size[1]` if `closed`.
        closed: whether there is a wall above; otherwise the end is open and carries `bar`.
        buffer: thickness of the zone at the open end that carries the pressure, nm.
        bar: pressure at the open end, that of this water at this density; None where the end is closed.
        time_step: ps.
        impedance: of the open end, see `Traction`, u/(nm^2 ps).
        cutoff: reach of the forces, nm.
        density: molecules per nm^3.
        temperature: k T, kJ/mol.
        pressure: at the open end, kJ/mol/nm^3.

    Raises:
        InputError: a value that no water has, a slab too small for the cut-off, a time step too long.
    """

    kelvin: float = 298.15
    kg_per_m3: float = 997.0
    size: tuple[float, float, float] = (2.5, 4.2, 2.5)
    wall: Crystal = field(default_factory=lambda: Crystal(density=33.0, epsilon=4.0, sigma=0.3166, layers=5))
    closed: bool = False
    buffer: float = 0.9
    bar: float | None = None
    time_step: float = 0.002
    impedance: float = 0.0
    cutoff: float = 0.9
    density: float = field(init=False)
    temperature: float = field(init=False)
    pressure: float | None = field(init=False)

    def __post_init__(self) -> None:
        for name in ("kelvin", "kg_per_m3", "time_step", "buffer", "cutoff"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} is {getattr(self, name)!r}; it must be a positive number")
        if not _LIQUID[0] <= self.kg_per_m3 <= _LIQUID[1]:
            raise InputError(
                f"kg_per_m3 is {self.kg_per_m3:g}; liquid water has {_LIQUID[0]:g} to {_LIQUID[1]:g}, at 298 K 997"
            )
        if self.time_step > _LONGEST:
            raise InputError(
                f"time_step is {self.time_step:g} ps; rigid water turns too fast for more than {_LONGEST:g}, 0.002 is "
                "usual"
            )
        if not 0.0 <= self.impedance < math.inf:
            raise InputError(f"impedance is {self.impedance!r}; it is rho c of the water, or 0 to hold the pressure")
        if min(self.lengths) < 2.0 * self.cutoff or not all(map(math.isfinite, self.size)):
            raise InputError(
                f"size is {self.size} nm, {tuple(round(length, 3) for length in self.lengths)} in whole cells of the "
                f"wall; each length must be at least twice the cut-off, {2 * self.cutoff:g}"
            )
        if self.wall.thickness < self.cutoff:
            raise InputError(
                f"The wall is {self.wall.thickness:.2f} nm thick, thinner than the cut-off {self.cutoff:g}: molecules "
                f"would feel the empty space behind it; take {math.ceil(2 * self.cutoff / self.wall.cell + 0.5)} layers"
            )
        if not self.closed and self.bar is None:
            raise InputError(
                "An open end needs the pressure of the water: measure it with fluids.transport (BulkWater), or set "
                "closed"
            )
        object.__setattr__(self, "density", self.kg_per_m3 * 0.602214076 / MOLAR_MASS)
        object.__setattr__(self, "temperature", self.kelvin * KELVIN)
        object.__setattr__(self, "pressure", None if self.bar is None else self.bar * BAR)

    @property
    def box(self) -> Floats:
        """Bounds of the simulated box, (3, 2): slab, walls and a margin at the open end."""
        below = -self.wall.thickness - 0.3
        above = self.size[1] + (-below if self.closed else 0.9)
        return np.array([[0.0, self.lengths[0]], [below, above], [0.0, self.lengths[2]]])

    @property
    def mass(self) -> float:
        """Mass of a molecule, u."""
        return MOLAR_MASS

    @property
    def fluid_types(self) -> tuple[int, ...]:
        """Types of oxygen and hydrogen."""
        return (OXYGEN, HYDROGEN)

    @property
    def type_masses(self) -> dict[int, float]:
        """Masses of the fluid's types, u."""
        return {OXYGEN: MASSES[OXYGEN], HYDROGEN: MASSES[HYDROGEN]}

    @property
    def grain(self) -> float:
        """Size of a molecule, nm."""
        return 0.3

    @property
    def units(self) -> Units:
        """Nanometres, picoseconds, atomic masses and kJ/mol."""
        return Units("nm", "ps", "u", "kJ/mol", "kJ/mol")

    @property
    def stiffness(self) -> Stiffness:
        """How a time step misses the energy at 298 K.

        The squared Einstein frequency of the centres is 1435 / ps^2, of turns about the three axes 16100, 8900 and
        10300 (mean squared torque over k T and moment of inertia). Six harmonic modes of these would ripple by
        2.76 of the former; 3.3 is measured, and the kicks of noise are as in a Lennard-Jones fluid.
        """
        return Stiffness(frequency=1435.0, ripple=3.3, kicked=0.15, reference=298.15 * KELVIN)

    @property
    def atom_seconds(self) -> float:
        """Processor seconds of an atom in a step; measured with 2,000 atoms, cut at 0.9 nm."""
        return 2.5e-6 * (self.cutoff / 0.9) ** 3

    @property
    def atoms_per_particle(self) -> float:
        """Three: particles are molecules."""
        return 3.0

    @property
    def bath_rate(self) -> float:
        """Friction of the thermostat that brings a start to equilibrium, 1 / ps."""
        return 10.0

    def start(self, seed: np.random.SeedSequence) -> Atoms:
        """Molecules on a diluted lattice, turned at random, with thermal velocities; not yet a fluid."""
        return start_water(self, np.random.default_rng(seed))

    def engine(self, atoms: Atoms, *, communicator: Any = None, threads: int = 1) -> Engine:
        """An engine that holds these molecules rigid, their potentials and an integrator for them."""
        return water_engine(self, atoms, communicator=communicator, threads=threads)
