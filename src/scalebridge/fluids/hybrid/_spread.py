"""Instances of molecular dynamics as tasks of an executor, side by side; or cycle by cycle, and then atoms travel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from scalebridge.fluids.atomistic import AbstractAtomistic, Atoms, Books, Controls, Targets

T = TypeVar("T")


def side_by_side(executor: Executor, task: Callable[..., T], *columns: Iterable[Any]) -> list[T]:
    """Answers to a task for each row of arguments, on the executor; a single one in this process, on all its MPI ranks.

    Args:
        executor: of tasks.
        task: that a worker can import.
        columns: of its arguments, as for `map`.
    """
    rows = list(zip(*columns, strict=True))
    return [task(*rows[0])] if len(rows) == 1 else list(executor.map(task, *zip(*rows, strict=True)))


@dataclass(frozen=True)
class Task:
    """What every leg of an instance has in common.

    Attributes:
        model: of the atoms.
        controls: what acts on them.
        bin_width: of the books.
        seed: of the noise; legs are numbered under it.
    """

    model: AbstractAtomistic
    controls: Controls
    bin_width: float
    seed: np.random.SeedSequence


@dataclass(frozen=True)
class Answer:
    """What a leg left: atoms, books, kinetic energy of the fluid, potential energy."""

    atoms: Atoms
    books: Books
    kinetic: float
    potential: float


def leg(task: Task, atoms: Atoms, steps: int, targets: Targets, number: int) -> Answer:
    """One leg of one instance, from atoms to atoms.

    Args:
        task: what all legs have in common.
        atoms: at the beginning.
        steps: of molecular dynamics.
        targets: of the controls.
        number: of the leg, for its noise.

    Raises:
        RunError: an atom flew off, or a constraint cell ran empty.
    """
    seed = np.random.SeedSequence(task.seed.entropy, spawn_key=(*task.seed.spawn_key, number))
    simulation = task.model.simulate(atoms, task.controls, np.random.default_rng(seed), bin_width=task.bin_width)
    try:
        books = simulation.run(steps, targets)
        return Answer(simulation.atoms(), books, simulation.kinetic_energy(), simulation.potential_energy())
    finally:
        simulation.close()


class Remote:
    """An instance whose legs are tasks. Each starts an engine from the atoms, so that it does not matter where it runs.

    Args:
        task: what all legs have in common.
        atoms: to start from.
        executor: where legs run.
    """

    def __init__(self, task: Task, atoms: Atoms, executor: Executor) -> None:
        self._task, self._atoms, self._executor = task, atoms, executor
        self._legs, self._kinetic, self._potential = 0, 0.0, 0.0
        self.books = Books(np.zeros(1), task.model.time_step, np.zeros((0, 5)))

    def prepare(self) -> Books:
        """Nothing: every leg prepares itself."""
        return self.books

    def run(self, steps: int, targets: Targets) -> Books:
        """Advance by a leg; returns its books."""
        answer = self._executor.submit(leg, self._task, self._atoms, steps, targets, self._legs).result()
        self._atoms, self.books = answer.atoms, answer.books
        self._kinetic, self._potential = answer.kinetic, answer.potential
        self._legs += 1
        return self.books

    def kinetic_energy(self) -> float:
        """Of the fluid, as of the end of the last leg."""
        return self._kinetic

    def potential_energy(self) -> float:
        """Between atoms, as of the end of the last leg."""
        return self._potential

    def atoms(self) -> Atoms:
        """As they are now."""
        return self._atoms

    def close(self) -> None:
        """Nothing stays open between legs."""
