"""One simulation on all MPI ranks of the program, its domain divided among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._books import Books
from scalebridge.fluids.atomistic._controls import Controls, Targets
from scalebridge.fluids.atomistic._state import Atoms
from scalebridge.parallel import Together, serving_ranks

if TYPE_CHECKING:
    from scalebridge.fluids.atomistic._abstract import AbstractAtomistic
    from scalebridge.fluids.atomistic._simulation import Simulation


class Instance(Protocol):
    """What a coupling needs from molecular dynamics that runs, wherever it does."""

    books: Books

    def prepare(self) -> Books:
        """Make ready to run; returns books that hold the contents."""

    def run(self, steps: int, targets: Targets) -> Books:
        """Advance by a leg; returns its books."""

    def kinetic_energy(self) -> float:
        """Of the fluid, as of the end of the last leg."""

    def potential_energy(self) -> float:
        """Between atoms, as of the end of the last leg."""

    def atoms(self) -> Atoms:
        """As they are now."""

    def close(self) -> None:
        """End it."""


class Ranked:
    """A simulation on all ranks: an `Instance`.

    Every rank moves the atoms of its part of the box and books them; sums over zones are exchanged at every step, the
    books at the end of each leg.

    Args:
        model: of the atoms.
        atoms: to start from.
        controls: what acts on them.
        rng: noise of the thermostats.
        bin_width: of the books.
    """

    def __init__(
        self, model: AbstractAtomistic, atoms: Atoms, controls: Controls, rng: np.random.Generator, bin_width: float
    ) -> None:
        self._all = Together(_part, model, atoms, controls, rng, bin_width)
        self.books: Books = Books(np.zeros(1), model.time_step, np.zeros((0, 5)))

    def prepare(self) -> Books:
        """Compute the forces of the state; returns books that hold the contents."""
        self.books = self._all.call("prepare")
        return self.books

    def run(self, steps: int, targets: Targets) -> Books:
        """Advance by a leg; returns its books, which are those of all ranks."""
        self.books = self._all.call("run", steps, targets)
        return self.books

    def kinetic_energy(self) -> float:
        """Of the fluid, as of the end of the last leg."""
        return float(self._all.call("kinetic_energy"))

    def potential_energy(self) -> float:
        """Between atoms, as of the end of the last leg."""
        return float(self._all.call("potential_energy"))

    def atoms(self) -> Atoms:
        """As they are now, of all ranks, in the order of their tags."""
        atoms: Atoms = self._all.call("atoms")
        return atoms

    def close(self) -> None:
        """End it on all ranks."""
        self._all.call("close")
        self._all.forget()


def started(
    model: AbstractAtomistic, atoms: Atoms, controls: Controls, rng: np.random.Generator, bin_width: float
) -> Instance:
    """A live simulation on all ranks that serve this program, or in this process where there are none.

    Raises:
        InputError: rigid molecules on several ranks.
    """
    require_whole(atoms, serving_ranks())
    if serving_ranks() > 1:
        return Ranked(model, atoms, controls, rng, bin_width)
    return model.simulate(atoms, controls, rng, bin_width=bin_width)


def require_whole(atoms: Atoms, ranks: int) -> None:
    """Refuse rigid molecules on several ranks, between which their atoms would be divided.

    Raises:
        InputError: there are some.
    """
    if ranks > 1 and len(atoms.molecules):
        raise InputError(
            f"Rigid molecules move on one MPI rank and here are {ranks}; start the program without mpiexec, and use "
            "more processors by instances"
        )


def _part(
    communicator: Any,
    model: AbstractAtomistic,
    atoms: Atoms,
    controls: Controls,
    rng: np.random.Generator,
    bin_width: float,
) -> Simulation:
    return model.simulate(atoms, controls, rng, bin_width=bin_width, communicator=communicator)
