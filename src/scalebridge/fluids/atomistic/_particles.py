"""What controls act on: atoms, or the centres of mass of rigid molecules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

from scalebridge.fluids.atomistic._molecule_kernels import centres, spread
from scalebridge.fluids.atomistic._state import Atoms, Floats, Ints


@final
class Rooms:
    """Memory that the compiled loops need for particles stored in one order, and which of them are fluid.

    Args:
        fluid: whether each is, (n,).
    """

    __slots__ = ("bin_of", "counts", "crossers", "fluid", "touched", "walls")

    def __init__(self, fluid: npt.NDArray[np.bool_]) -> None:
        self.fluid, self.walls = (np.flatnonzero(which).astype(np.uint32) for which in (fluid, ~fluid))
        # no particle's bin is known yet
        self.bin_of = np.full(len(fluid) + 1, np.iinfo(np.uint32).max, dtype=np.uint32)
        self.touched, self.crossers = (np.zeros(len(fluid) + 1, dtype=np.uint32) for _ in range(2))
        self.counts = np.array([0, 0, 1])  # the last: nothing is known of external forces


@dataclass(slots=True)
class Particles:
    """Particles as the compiled loops take them.

    Attributes:
        x, v, f: places, velocities of the half step before, forces between particles, (n, 3).
        types: rows of `masses`, (n,).
        tags: what the noise of each is keyed with, (n,).
        masses: by type.
        external: forces from outside, (n, 3).
        rooms: memory.
    """

    x: Floats
    v: Floats
    f: Floats
    types: Ints
    tags: Ints
    masses: Floats
    external: Floats
    rooms: Rooms


@final
class Molecules:
    """Rigid molecules as particles of their own: cells, weights and noise belong to their centres of mass.

    A force from outside that acts atom by atom has a part along the bonds, and a constraint takes back its work a step
    later. The same acceleration for all atoms of a molecule has none, so that energy closes as it does for atoms.

    Args:
        atoms: with the numbers of their molecules.
        masses: of each type of atom, index 0 unused.
    """

    __slots__ = ("_at", "_masses", "_number", "centres")

    def __init__(self, atoms: Atoms, masses: Floats) -> None:
        fluid = atoms.fluid
        numbers, member = np.unique(atoms.molecules[fluid], return_inverse=True)
        self._number = np.zeros(int(atoms.tags.max()) + 1, dtype=np.uint32)
        self._number[atoms.tags[fluid]] = member
        self._masses = masses
        self._at = np.zeros(0, dtype=np.uint32)
        mass = np.bincount(member, masses[atoms.types[fluid]]).astype(np.float64)
        x, v, f, external = (np.zeros((len(numbers), 3)) for _ in range(4))
        kinds = np.arange(len(numbers), dtype=np.int32)
        rooms = Rooms(np.ones(len(numbers), dtype=np.bool_))
        self.centres = Particles(x, v, f, kinds, numbers.astype(np.int32), mass, external, rooms)

    def stored(self, tags: Ints) -> None:
        """Take note of the order in which the atoms are stored."""
        self._at = self._number[tags]

    def gather(self, atoms: Particles) -> Particles:
        """The centres of mass of atoms as they are now."""
        c = self.centres
        centres(
            atoms.x, atoms.v, atoms.f, atoms.types, self._masses, atoms.rooms.fluid, self._at, c.masses, c.x, c.v, c.f
        )
        return c

    def spread(self, atoms: Particles) -> None:
        """Forces on the centres onto the atoms."""
        c = self.centres
        spread(c.external, c.masses, atoms.types, self._masses, atoms.rooms.fluid, self._at, atoms.external)
