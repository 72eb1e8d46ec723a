"""The atomistic side from a LAMMPS script of the user's: any force field, any wall."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._abstract import AbstractAtomistic
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._properties import LENNARD_JONES, LENNARD_JONES_UNITS, Stiffness, Units
from scalebridge.fluids.atomistic._state import Atoms

_ACTIONS = ("run", "minimize", "rerun", "temper", "fix_modify")
_INTEGRATORS = ("nve", "nvt", "npt", "nph", "rigid", "poems", "brownian")
_CONSTRAINTS = ("shake", "rattle")


@final
@dataclass(frozen=True)
class Scripted(AbstractAtomistic):
    """A fluid whose box, atoms and force field come from LAMMPS commands.

    The commands make the box (periodic along x and z, not along y), the atoms and their potentials, with the surface of
    the lower wall at height 0, and nothing moves yet: no `run`, no integrator. Units are the script's; forces must be
    energy per length in them without a factor, as in ``units lj``.

    Constraints of bonds (``fix shake``, ``fix rattle``) may be there. Then particles are molecules, all atoms that
    bonds join: controls act on their centres of mass, since a force that acted atom by atom would have a part along
    the bonds, whose work the constraint takes back a step later.

    Attributes:
        commands: the commands.
        density: particles per volume.
        temperature, size, closed, buffer, pressure, time_step, impedance: see `AbstractAtomistic`.
        reach: cut-off of the forces.
        types: types of the fluid's atoms.
        atom_mass: mean mass of the fluid's particles; `Atomistic.from_lammps` takes it from the script.
        grain: size of a particle.
        units: of the script, for labels.
        stiffness: how a time step misses the energy, which the ledger allows for; that of a Lennard-Jones fluid in
            its own units by default.

    Raises:
        InputError: the commands run something, or an open end has no pressure.
    """

    commands: str
    density: float
    temperature: float
    size: tuple[float, float, float]
    closed: bool = False
    buffer: float = 3.0
    pressure: float | None = None
    time_step: float = 0.005
    impedance: float = 0.0
    reach: float = 2.5
    types: tuple[int, ...] = (1,)
    atom_mass: float = 1.0
    grain: float = 1.0
    units: Units = LENNARD_JONES_UNITS
    stiffness: Stiffness = LENNARD_JONES

    def __post_init__(self) -> None:
        for number, line in enumerate(self.commands.splitlines(), start=1):
            words = line.split()
            if words and (words[0] in _ACTIONS or _fixed(words).startswith(_INTEGRATORS)):
                raise InputError(
                    f"Line {number} of the script, {line.strip()!r}, moves atoms; leave out runs and integrators, "
                    "scalebridge adds its own"
                )
        if not self.closed and self.pressure is None:
            raise InputError("An open end needs the pressure of the fluid; give pressure, or closed=True")
        if not (self.density > 0.0 and self.temperature > 0.0 and self.time_step > 0.0):
            raise InputError("density, temperature and time_step must be positive")

    @property
    def lengths(self) -> tuple[float, float, float]:
        """Lengths of the slab."""
        return self.size

    @property
    def mass(self) -> float:
        """Mean mass of the fluid's particles."""
        return self.atom_mass

    @property
    def cutoff(self) -> float:
        """Reach of the forces."""
        return self.reach

    @property
    def fluid_types(self) -> tuple[int, ...]:
        """Types of the fluid's atoms."""
        return self.types

    @property
    def type_masses(self) -> dict[int, float]:
        """Masses of the fluid's types, the mean for each."""
        return dict.fromkeys(self.types, self.atom_mass)

    @property
    def wall_atoms(self) -> int:
        """Atoms of the wall below: only its script knows."""
        return 0

    @property
    def atom_seconds(self) -> float:
        """Processor seconds of an atom in a step; measured with 4,000 to 22,000 atoms, cut at 2.2 sigma."""
        return 3.7e-7 * (self.cutoff / 2.2) ** 3

    @property
    def atoms_per_particle(self) -> float:
        """Taken as one: a plan does not run the script."""
        return 1.0

    @property
    def bath_rate(self) -> float:
        """Friction of the thermostat that brings a start to equilibrium, 1 / tau."""
        return 1.0

    @property
    def rigid(self) -> bool:
        """Whether the script constrains bonds."""
        return any(_fixed(line.split()).startswith(_CONSTRAINTS) for line in self.commands.splitlines())

    def start(self, seed: np.random.SeedSequence) -> Atoms:
        """The script's atoms; where it gives the fluid no velocities, thermal ones."""
        engine = _told(Engine(), self.commands)
        try:
            order = np.argsort(engine.tags())
            tags, types = engine.tags()[order], np.array(engine.array("type"))[order]
            positions, velocities = np.array(engine.array("x"))[order], np.array(engine.array("v"))[order]
            fluid = np.isin(types, self.types)
            if not fluid.any():
                raise InputError(f"The script makes no atoms of the fluid's types {self.types}")
            if not velocities[fluid].any():
                thermal = np.random.default_rng(seed).standard_normal((int(fluid.sum()), 3))
                thermal -= thermal.mean(axis=0)
                velocities[fluid] = thermal * np.sqrt(self.temperature / engine.masses()[types[fluid]])[:, None]
            molecules = engine.molecules(tags) if self.rigid else np.zeros(0, dtype=np.int32)
            return Atoms(
                engine.box(), tags, types, positions, velocities, np.zeros_like(positions), 0, self.types, molecules
            )
        finally:
            engine.close()

    def engine(self, atoms: Atoms, *, communicator: Any = None, threads: int = 1) -> Engine:
        """The script's engine with the atoms moved to where `atoms` has them."""
        engine = _told(Engine(communicator, threads), self.commands)
        place = np.searchsorted(atoms.tags, engine.tags())
        if engine.count != len(atoms.tags):
            raise InputError(f"The script makes {engine.count} atoms where the state holds {len(atoms.tags)}")
        engine.array("x")[:] = atoms.positions[place]
        engine.array("v")[:] = atoms.velocities[place]
        kinds = " ".join(str(kind) for kind in self.types)
        engine.command(f"group scalebridge_fluid type {kinds}\ntimestep {self.time_step!r}\nthermo 0")
        engine.command("fix scalebridge_move scalebridge_fluid nve")
        return engine


def _fixed(words: list[str]) -> str:
    """Style of a fix; empty for any other command."""
    return words[3] if len(words) > 3 and words[0] == "fix" else ""


def scripted(script: str | Path, *, density: float, temperature: float, height: float, **options: Any) -> Scripted:
    """A `Scripted` side with the lengths of its script's box."""
    if isinstance(script, Path) or "\n" not in script:
        try:
            script = Path(script).read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"The LAMMPS script {script} cannot be read: {error.strerror}") from error
    trial = Scripted(script, density, temperature, (math.inf, height, math.inf), **options)
    engine = _told(Engine(), trial.commands)
    try:
        (x0, x1), (y0, y1), (z0, z1) = engine.box().tolist()
        kinds = engine.array("type")
        fluid = np.isin(kinds, trial.types)
        mass = float(engine.masses()[kinds[fluid]].mean())
        if trial.rigid:
            order = np.argsort(engine.tags())
            numbers = engine.molecules(engine.tags()[order])[fluid[order]]
            mass *= len(numbers) / len(np.unique(numbers))
    finally:
        engine.close()
    if not y0 <= 0.0 < height <= y1:
        raise InputError(
            f"The script's box goes from {y0:g} to {y1:g} along y; it must hold 0 and the height {height:g}"
        )
    return Scripted(script, density, temperature, (x1 - x0, height, z1 - z0), atom_mass=mass, **options)


def _told(engine: Engine, commands: str) -> Engine:
    try:
        engine.command(commands)
    except RuntimeError as error:
        engine.close()
        raise InputError(f"LAMMPS cannot use the script: {error}") from error
    return engine
