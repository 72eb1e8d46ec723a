"""Energy, forces and virial of a coarse model on the CPU; also the computation behind an OpenMM `PythonForce`."""

# mypy: allow-untyped-defs
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge._cache import compiled
from scalebridge.errors import InputError
from scalebridge.molecules.dynamics._tables import PairTables, bonded_tables, force_tables, pair_tables
from scalebridge.molecules.mapping import Beads
from scalebridge.molecules.pairs import (
    SortedPairs,
    check_box,
    internal_coordinates,
    pair_forces,
    sorted_pairs,
    whole_coordinates,
)
from scalebridge.molecules.potentials import Potential

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Energies:
    """What a configuration feels.

    Attributes:
        energy: kJ/mol.
        forces: shape (n, 3), kJ/mol/nm.
        virial: sum of r . F over pairs and bonded terms, kJ/mol.
    """

    energy: float
    forces: Floats
    virial: float


@dataclass(frozen=True, eq=False)
class _Bonded:
    """All terms of one width with the table of each member row."""

    members: npt.NDArray[np.int32]
    table: npt.NDArray[np.int64]
    values: Floats
    low: Floats
    per_width: Floats


class CoarseForces:
    """Forces of a coarse model from compiled tables.

    The neighbour list is kept between calls and made anew when a bead has moved by half the skin; the forces do not
    depend on when this happens, up to rounding.

    Args:
        beads: the coarse topology.
        potentials: by term; pairs without a potential do not interact.
        skin: how far beyond the cutoff neighbours are listed, nm; None takes a sixth of the cutoff.

    Raises:
        InputError: a potential of a term that does not exist, or none at all.
    """

    def __init__(self, beads: Beads, potentials: Mapping[str, Potential], *, skin: float | None = None) -> None:
        check_terms(beads, potentials)
        self.beads = beads
        pairs = [potentials.get(name) for name in beads.pairs]
        self.tables: PairTables | None = pair_tables(pairs) if any(pairs) else None
        self._slopes = np.zeros((0, 0, 2), np.float32) if self.tables is None else force_tables(self.tables)
        self._bonded = [part for width in (2, 3, 4) if (part := _bonded(beads, potentials, width)) is not None]
        cutoff = self.tables.cutoff if self.tables is not None else 0.0
        self.skin = cutoff / 6.0 if skin is None else skin
        self._near: SortedPairs | None = None
        self._listed = np.zeros((len(beads), 3), np.int32)
        self._types = beads.type_numbers
        self._box = np.zeros(3)
        self._room = 0.0
        self.listings = 0

    def __call__(self, state: Any) -> tuple[float, Floats]:
        """Energy and forces of an OpenMM state, as `PythonForce` asks for."""
        positions = state.getPositions(asNumpy=True)._value
        box = state.getPeriodicBoxVectors(asNumpy=True)._value
        found = self.evaluate(positions, np.array([box[0][0], box[1][1], box[2][2]]))
        return found.energy, found.forces

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_near": None}

    def steps(self, state: Any) -> tuple[float, Floats]:
        """The same for an integrator, which asks for forces alone: the energy is given as zero."""
        positions = state.getPositions(asNumpy=True)._value
        box = state.getPeriodicBoxVectors(asNumpy=True)._value
        return 0.0, self.evaluate(positions, np.array([box[0][0], box[1][1], box[2][2]]), energies=False).forces

    def evaluate(self, positions: npt.NDArray[np.floating], box: Floats, *, energies: bool = True) -> Energies:
        """Energy, forces and virial.

        Args:
            positions: shape (n, 3), nm; wrapped or not.
            box: three edges, nm.
            energies: whether the energy of the pairs is needed; forces alone, interpolated linearly, are faster.

        Raises:
            InputError: the box is smaller than twice the cutoff.
        """
        forces = np.zeros((len(self.beads), 3))
        energy = virial = 0.0
        if self.tables is not None:
            near, places = self._list(positions, box)
            t, ordered = self.tables, np.zeros_like(forces)
            energy, virial = pair_forces(
                places, (box / 2.0**32).astype(np.float32), near.starts, near.partners, self._types,
                self.beads.pair_numbers, t.values if energies else self._slopes, t.low, t.per_width, t.cut2, ordered,
            )  # fmt: skip
            _unsort(ordered, near.order, forces)
        for part in self._bonded:
            values, gradients = internal_coordinates(positions, box, part.members)
            more = _apply(values, gradients, part.members, part.table, part.values, part.low, part.per_width, forces)
            energy += more[0]
            # angles do not change when all lengths do
            virial += more[1] if part.members.shape[1] == 2 else 0.0
        return Energies(energy, forces, virial)

    def _list(self, positions: npt.NDArray[np.floating], box: Floats) -> tuple[SortedPairs, npt.NDArray[np.int32]]:
        """Pairs that hold for these positions, and the positions as sorted whole numbers."""
        assert self.tables is not None
        places = np.asarray(positions, dtype=np.float64)
        if self._near is not None and np.array_equal(box, self._box):
            whole = np.empty_like(self._listed)
            if _place(places, box, self._near.order, self._listed, whole) <= self._room**2:
                return self._near, whole
        # a box that is barely large enough leaves less room for the skin
        check_box(box, self.tables.cutoff)
        reach = min(self.tables.cutoff + self.skin, 0.5 * float(box.min()))
        unsorted = whole_coordinates(places, box)
        self._near = sorted_pairs(unsorted, box, reach, self.beads.exclusions)
        self._listed, self._box = unsorted[self._near.order], np.array(box)
        self._types = self.beads.type_numbers[self._near.order]
        self._room = 0.5 * (reach - self.tables.cutoff)
        self.listings += 1
        return self._near, self._listed


def check_terms(beads: Beads, potentials: Mapping[str, Potential]) -> None:
    """See to it that each potential has its term.

    Raises:
        InputError: a potential of a term that does not exist, or none at all.
    """
    known = [*beads.pairs, *beads.bonded]
    if not potentials:
        raise InputError(f"A coarse model needs potentials; its terms are {', '.join(known)}")
    for name in potentials:
        if name not in known:
            raise InputError(f"A potential for {name!r}, which is no term of this topology; its terms are {known}")


def _bonded(beads: Beads, potentials: Mapping[str, Potential], width: int) -> _Bonded | None:
    names = [name for name, members in beads.bonded.items() if name in potentials and members.shape[1] == width]
    if not names:
        return None
    values, low, per_width = bonded_tables([potentials[name] for name in names], width)
    sizes = [len(beads.bonded[name]) for name in names]
    members = np.concatenate([beads.bonded[name] for name in names])
    return _Bonded(members, np.repeat(np.arange(len(names)), sizes), values, low, per_width)


@compiled()
def _unsort(ordered, order, forces):
    for k in range(len(order)):
        for c in range(3):
            forces[order[k], c] = ordered[k, c]


@compiled(error_model="numpy")
def _place(positions, box, order, listed, whole):
    """Sorted coordinates, 2^32 to a period; largest squared distance from where the list was made."""
    most = 0.0
    period = 4294967296.0
    up, down = period / box, box / period
    for k in range(positions.shape[0]):
        i = order[k]
        moved = 0.0
        for c in range(3):
            # the low 32 bits: whole periods fall away
            whole[k, c] = np.int32(np.int64(np.floor(positions[i, c] * up[c])))
            d = np.float64(np.int32(whole[k, c] - listed[k, c])) * down[c]
            moved += d * d
        most = max(most, moved)
    return most


@compiled()
def _apply(values, gradients, members, table, polynomials, low, per_width, forces):
    """Add the forces of bonded terms; energy and sum of x F(x)."""
    energy = 0.0
    virial = 0.0
    last = polynomials.shape[1] - 1
    for m in range(members.shape[0]):
        kind = table[m]
        place = (values[m] - low[kind]) * per_width[kind]
        interval = min(max(int(place), 0), last)
        t = place - interval
        a = polynomials[kind, interval]
        energy += a[0] + t * (a[1] + t * (a[2] + t * a[3]))
        slope = per_width[kind] * (a[1] + t * (2.0 * a[2] + t * 3.0 * a[3]))
        virial -= slope * values[m]
        for k in range(members.shape[1]):
            for c in range(3):
                forces[members[m, k], c] -= slope * gradients[m, k, c]
    return energy, virial
