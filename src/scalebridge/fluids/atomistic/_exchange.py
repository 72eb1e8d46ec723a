"""Atoms in and out: USHER insertion, removal, and what they bring or take."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scalebridge.errors import InputError, RunError
from scalebridge.fluids.atomistic import _usher_kernels as kernels
from scalebridge.fluids.atomistic._abstract import AbstractAtomistic
from scalebridge.fluids.atomistic._crystal import Crystal
from scalebridge.fluids.atomistic._fluid import LennardJones
from scalebridge.fluids.atomistic._model import Atomistic
from scalebridge.fluids.atomistic._state import FLUID, Atoms, Floats

_PERIODIC = np.array([True, False, True])


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What atoms that came (positive) or went (negative) brought.

    Attributes:
        atoms: their number.
        momentum: (3,).
        kinetic: kinetic energy.
        potential: energy of their pairs.
        computed: energies of single atoms that the search computed.
    """

    atoms: int = 0
    momentum: tuple[float, float, float] = (0.0, 0.0, 0.0)
    kinetic: float = 0.0
    potential: float = 0.0
    computed: int = 0

    def __add__(self, other: Exchanged) -> Exchanged:
        a, b = self.momentum, other.momentum
        return Exchanged(
            self.atoms + other.atoms,
            (a[0] + b[0], a[1] + b[1], a[2] + b[2]),
            self.kinetic + other.kinetic,
            self.potential + other.potential,
            self.computed + other.computed,
        )


def require_exchangeable(model: AbstractAtomistic) -> None:
    """Refuse fluids into which no atoms can be put.

    Raises:
        InputError: anything but the ready-made Lennard-Jones fluid.
    """
    if not isinstance(model, Atomistic):
        raise InputError(
            f"Atoms come and go in this bridge, and places for new ones are known for the fluid of Atomistic alone; "
            f"found {type(model).__name__}. Couple it by Hybrid"
        )


@dataclass(frozen=True, slots=True)
class Usher:
    """How places for new atoms are found (Delgado-Buscalioni, Coveney 2003, J. Chem. Phys. 119, 978).

    Attributes:
        fluid: potential between fluid atoms.
        wall: crystal whose atoms count too.
        tolerance: largest deviation of a new atom's energy from the aim, epsilon.
        step: longest step of the walk.
        iterations: steps of a walk before it starts elsewhere.
        restarts: walks before giving up.
    """

    fluid: LennardJones
    wall: Crystal
    tolerance: float = 0.2
    step: float = 0.1
    iterations: int = 100
    restarts: int = 2000

    def insert(
        self, atoms: Atoms, region: Floats, velocity: Floats, temperature: float, rng: np.random.Generator
    ) -> tuple[Atoms, Exchanged]:
        """One more atom, with the fluid's mean potential energy, at rest in a fluid that moves with `velocity`.

        The aim is the potential energy per atom of the region, each pair shared: an atom with this energy leaves the
        energy per atom as it is.

        Args:
            atoms: to add to.
            region: where, (3, 2).
            velocity: mean velocity there, (3,).
            temperature: of the Maxwellian that is added to it.
            rng: of place and velocity.

        Raises:
            RunError: no place was found.
        """
        lists = self._lists(atoms)
        own = self._energies(atoms, region, lists)
        aim = 0.5 * float(own.mean())
        place, energy, computed, found = kernels.search(
            region, aim, self.tolerance, self.step, self.iterations, self.restarts, *lists, self.fluid.cutoff, rng
        )
        if not found:
            raise RunError(
                f"No place for a new atom was found in {self.restarts} walks: the fluid in {region.tolist()} is too "
                f"dense. "
                "Insert in a larger or thinner region, or allow a larger tolerance; the last checkpoint is whole"
            )
        speed = velocity + np.sqrt(temperature) * rng.standard_normal(3)
        new = replace(
            atoms,
            tags=np.append(atoms.tags, atoms.tags.max() + 1).astype(np.int32),
            types=np.append(atoms.types, FLUID).astype(np.int32),
            positions=np.vstack([atoms.positions, place]),
            velocities=np.vstack([atoms.velocities, speed]),
            external=np.vstack([atoms.external, np.zeros(3)]),
        )
        momentum = (float(speed[0]), float(speed[1]), float(speed[2]))
        return new, Exchanged(1, momentum, 0.5 * float(speed @ speed), float(energy), int(computed))

    def remove(self, atoms: Atoms, region: Floats, rng: np.random.Generator) -> tuple[Atoms, Exchanged]:
        """One atom less, chosen at random in a region.

        Raises:
            RunError: there is none.
        """
        inside = np.flatnonzero(self._inside(atoms, region))
        if not len(inside):
            raise RunError(f"No atom is left to be removed in {region.tolist()}; the last checkpoint is whole")
        return self.take(atoms, int(rng.choice(inside)))

    def take(self, atoms: Atoms, gone: int) -> tuple[Atoms, Exchanged]:
        """All atoms but the one with index `gone`."""
        energy = float(
            kernels.energy_at(atoms.positions[gone], gone, *self._lists(atoms), self.fluid.cutoff, np.empty(3))
        )
        v = atoms.velocities[gone]
        kept = np.arange(len(atoms.tags)) != gone
        new = atoms.only(kept)
        return new, Exchanged(-1, (-float(v[0]), -float(v[1]), -float(v[2])), -0.5 * float(v @ v), -energy)

    def _inside(self, atoms: Atoms, region: Floats) -> np.ndarray:
        held = (atoms.positions >= region[:, 0]) & (atoms.positions < region[:, 1])
        return np.asarray(atoms.fluid & held.all(axis=1))

    def _energies(self, atoms: Atoms, region: Floats, lists: tuple[np.ndarray, ...]) -> Floats:
        """Energy of all pairs of each fluid atom in the region, (n,)."""
        inside = np.flatnonzero(self._inside(atoms, region))
        if not len(inside):
            raise RunError(f"No fluid is in {region.tolist()}, so nothing tells which energy a new atom should have")
        force = np.empty(3)
        return np.array(
            [kernels.energy_at(atoms.positions[i], i, *lists, self.fluid.cutoff, force) for i in inside],
            dtype=np.float64,
        )

    def _lists(self, atoms: Atoms) -> tuple[np.ndarray, ...]:
        """Positions, potentials and cells as the compiled loops take them."""
        reach = self.fluid.cutoff * max(self.wall.sigma, 1.0)
        counts = np.maximum(np.floor(atoms.lengths / reach), 1).astype(np.int64)
        if np.any(counts[_PERIODIC] < 3):
            raise InputError(
                f"The box {atoms.lengths} must be three times the reach {reach:g} wide where it is periodic"
            )
        scales = np.where(atoms.fluid[:, None], 1.0, [[self.wall.epsilon, self.wall.sigma]])
        heads, following = kernels.cell_list(atoms.positions, atoms.box, counts)
        return atoms.positions, scales, heads, following, counts, atoms.box, _PERIODIC


@dataclass(frozen=True, slots=True)
class Carry:
    """Whole atoms from a continuous mass flow: what is left of an atom is carried to the next cycle.

    Attributes:
        rest: part of an atom not yet exchanged, between -1/2 and 1/2, and atoms that wait for a place.
    """

    rest: float = 0.0

    def take(self, mass: float, atom: float = 1.0) -> tuple[int, Carry]:
        """Atoms to insert (or, negative, to remove) for a mass that came in, and what is carried on."""
        due = self.rest + mass / atom
        whole = round(due)
        return whole, Carry(due - whole)
