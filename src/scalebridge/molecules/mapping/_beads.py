"""The coarse topology: beads, their bonds, and the terms that act on them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.pairs import Exclusions

Ints = npt.NDArray[np.int32]

KIND = {2: "bond", 3: "angle", 4: "dihedral"}


@dataclass(frozen=True, eq=False)
class Beads:
    """Beads with their types, masses and bonds.

    Attributes:
        names: shape (n,).
        kinds: type of each bead, shape (n,).
        masses: shape (n,), dalton.
        molecules: number of the molecule of each bead, shape (n,).
        bonds: shape (m, 2).
        excluded_bonds: pairs joined by up to this many bonds have no pair potential.
        extra: further bonded terms by name, e.g. an elastic network: members of shape (m, 2), (m, 3) or (m, 4).

    Raises:
        InputError: lengths differ, a mass is not positive, or a bond names no bead.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    masses: npt.NDArray[np.float64]
    molecules: Ints
    bonds: Ints = field(default_factory=lambda: np.zeros((0, 2), np.int32))
    excluded_bonds: int = 3
    extra: Mapping[str, Ints] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.names)
        if not len(self.kinds) == len(self.masses) == len(self.molecules) == n:
            raise InputError("Names, types, masses and molecules of beads have different lengths")
        if n == 0 or not np.all(np.isfinite(self.masses)) or np.any(self.masses <= 0.0):
            raise InputError("Each bead needs a positive mass; give the topology masses (MDAnalysis can guess them)")
        for members in (self.bonds, *self.extra.values()):
            if members.size and (members.min() < 0 or members.max() >= n):
                raise InputError(f"A bond names bead {members.max()}; beads are numbered 0 to {n - 1}")

    @classmethod
    def liquid(cls, count: int, kind: str, mass: float) -> Beads:
        """Molecules of one bead each."""
        return cls((kind,) * count, (kind,) * count, np.full(count, mass), np.arange(count, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.names)

    @functools.cached_property
    def types(self) -> tuple[str, ...]:
        """Types that occur, sorted."""
        return tuple(sorted(set(self.kinds)))

    @functools.cached_property
    def type_numbers(self) -> Ints:
        """Number of each bead's type in `types`."""
        number = {kind: i for i, kind in enumerate(self.types)}
        return np.array([number[kind] for kind in self.kinds], dtype=np.int32)

    @functools.cached_property
    def pairs(self) -> tuple[str, ...]:
        """Names of the pairs of types, e.g. ``"pair A-B"``; types in order."""
        return tuple(f"pair {a}-{b}" for i, a in enumerate(self.types) for b in self.types[i:])

    @functools.cached_property
    def pair_numbers(self) -> Ints:
        """Number in `pairs` of a pair of types, shape (t, t)."""
        t = len(self.types)
        numbers = np.zeros((t, t), np.int32)
        numbers[np.triu_indices(t)] = np.arange(len(self.pairs))
        return np.maximum(numbers, numbers.T)

    @functools.cached_property
    def bonded(self) -> dict[str, Ints]:
        """Members by term: ``"bond A-B"``, ``"angle A-B-C"``, ``"dihedral A-B-C-D"``, then those of `extra`."""
        graph: list[set[int]] = [set() for _ in range(len(self))]
        for i, j in self.bonds.tolist():
            graph[i].add(j)
            graph[j].add(i)
        terms: dict[str, list[tuple[int, ...]]] = {}
        for members in self._paths(graph):
            word = [self.kinds[i] for i in members]
            if word[::-1] < word:
                word, members = word[::-1], members[::-1]
            terms.setdefault("-".join(word), []).append(members)
        named = {name: np.array(terms[name], dtype=np.int32) for name in sorted(terms)}
        named |= {name: np.asarray(members, dtype=np.int32) for name, members in self.extra.items()}
        ordered = sorted(named.items(), key=lambda item: item[1].shape[1])
        return {f"{KIND[members.shape[1]]} {name}": members for name, members in ordered}

    @functools.cached_property
    def exclusions(self) -> Exclusions:
        """Pairs without pair potential."""
        return Exclusions.of(len(self), self._excluded())

    def pair_counts(self) -> npt.NDArray[np.float64]:
        """Number of pairs of each name in `pairs`, exclusions not counted out: the reference of g(r) = 1."""
        numbers = np.bincount(self.type_numbers, minlength=len(self.types)).astype(np.float64)
        counts = np.outer(numbers, numbers)
        counts[np.diag_indices(len(numbers))] = numbers**2 / 2.0
        return counts[np.triu_indices(len(numbers))]

    def _paths(self, graph: list[set[int]]) -> Iterable[tuple[int, ...]]:
        """Bonds, angles and dihedrals, each once."""
        for i, j in self.bonds.tolist():
            yield (i, j)
        for j, near in enumerate(graph):
            ordered = sorted(near)
            yield from ((i, j, k) for a, i in enumerate(ordered) for k in ordered[a + 1 :])
        for j, k in self.bonds.tolist():
            yield from ((i, j, k, m) for i in sorted(graph[j] - {k}) for m in sorted(graph[k] - {j}) if i != m)

    def _excluded(self) -> Iterable[tuple[int, int]]:
        graph: list[set[int]] = [set() for _ in range(len(self))]
        for i, j in self.bonds.tolist():
            graph[i].add(j)
            graph[j].add(i)
        for i in range(len(self)):
            reached, front = {i}, {i}
            for _ in range(self.excluded_bonds):
                front = {k for j in front for k in graph[j]} - reached
                reached |= front
            yield from ((i, j) for j in reached if j > i)
        for members in self.extra.values():
            yield from ((int(row[0]), int(row[1])) for row in members if len(row) == 2)
