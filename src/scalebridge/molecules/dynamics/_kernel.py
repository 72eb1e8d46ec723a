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
from scalebridge.molecules.dynamics._tables import PairTables, bonded_tables, pair_tables
from scalebridge.molecules.mapping import Beads
from scalebridge.molecules.pairs import Neighbours, check_box, internal_coordinates, neighbours, pair_forces
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
        self._bonded = [part for width in (2, 3, 4) if (part := _bonded(beads, potentials, width)) is not None]
        cutoff = self.tables.cutoff if self.tables is not None else 0.0
        self.skin = cutoff / 6.0 if skin is None else skin
        self._near: Neighbours | None = None
        self._listed = np.zeros((3, len(beads)), np.float32)
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

    def evaluate(self, positions: npt.NDArray[np.floating], box: Floats) -> Energies:
        """Energy, forces and virial.

        Args:
            positions: shape (n, 3), nm; wrapped or not.
            box: three edges, nm.

        Raises:
            InputError: the box is smaller than twice the cutoff.
        """
        forces = np.zeros((len(self.beads), 3))
        energy = virial = 0.0
        if self.tables is not None:
            near, single = self._list(positions, box)
            t = self.tables
            energy, virial = pair_forces(
                *single, box.astype(np.float32), near.starts, near.partners, self.beads.type_numbers,
                self.beads.pair_numbers, t.values, t.low, t.per_width, t.cut2, forces,
            )  # fmt: skip
        for part in self._bonded:
            values, gradients = internal_coordinates(positions, box, part.members)
            more = _apply(values, gradients, part.members, part.table, part.values, part.low, part.per_width, forces)
            energy += more[0]
            # angles do not change when all lengths do
            virial += more[1] if part.members.shape[1] == 2 else 0.0
        return Energies(energy, forces, virial)

    def _list(self, positions: npt.NDArray[np.floating], box: Floats) -> tuple[Neighbours, npt.NDArray[np.float32]]:
        """Neighbours that hold for these positions, and the positions in single precision."""
        assert self.tables is not None
        single = np.empty((3, len(self.beads)), np.float32)
        places = np.asarray(positions, dtype=np.float64)
        moved = _wrap(places, box, self._listed, single)
        if self._near is None or moved > self._room**2 or not np.array_equal(box, self._box):
            # a box that is barely large enough leaves less room for the skin
            check_box(box, self.tables.cutoff)
            reach = min(self.tables.cutoff + self.skin, 0.5 * float(box.min()))
            self._near = neighbours(places, box, reach, self.beads.exclusions)
            self._listed, self._box = single.copy(), np.array(box)
            self._room = 0.5 * (reach - self.tables.cutoff)
            self.listings += 1
        return self._near, single


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
def _wrap(positions, box, listed, single):
    """Positions in single precision inside the box; largest squared distance from where the list was made."""
    most = 0.0
    for i in range(positions.shape[0]):
        moved = 0.0
        for c in range(3):
            x = positions[i, c]
            x -= box[c] * np.floor(x / box[c])
            single[c, i] = x
            d = x - listed[c, i]
            d -= box[c] * np.floor(d / box[c] + 0.5)
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
