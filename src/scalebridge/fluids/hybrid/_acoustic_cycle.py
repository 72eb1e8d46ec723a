"""A leg of one instance: molecular dynamics and sound in turn, and the books of what passed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.bridge import Failure
from scalebridge.errors import RunError
from scalebridge.fluids.atomistic import Atomistic, Atoms, Books, Carry, Exchanged, Instance, Targets, Usher, profile
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.continuum import Contents, Fluxes, PatchValues
from scalebridge.fluids.continuum._state import FlowState
from scalebridge.fluids.hybrid._entries import MOMENTUM_ALLOWED, atom_entries
from scalebridge.fluids.hybrid._filling import Filled, filling_entries
from scalebridge.ledger import Entry

if TYPE_CHECKING:
    from scalebridge.fluids.hybrid._acoustic import Acoustic

_BATCH = 0.02  # of the buffer's atoms come or go at a time
_BACK = 0.2  # of the momentum that is owed is given per cycle
_OWED = 0.25  # of the buffer's atoms may wait
_RETURN = 60.0  # passages of sound through the buffer, in which a displaced end comes back


@dataclass(frozen=True)
class Joined:
    """Both sides of one instance.

    Attributes:
        atoms: below.
        continuum: above.
        carry: part of an atom, and atoms, that the atomistic side is still to get (negative: to give).
        owed: momentum along y that the continuum is still to get.
        fill: atoms in the buffer of a fluid at rest.
        inside: atoms in the buffer, mean over the last cycle.
    """

    atoms: Atoms
    continuum: FlowState
    fill: float
    inside: float
    carry: Carry = field(default_factory=Carry)
    owed: float = 0.0


@dataclass(frozen=True)
class Leg:
    """What some cycles of an instance left: both sides, entries, mean profiles, what the continuum got per area."""

    joined: Joined
    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    below: Floats
    above: Floats
    sent: Floats


def advance(
    bridge: Acoustic, joined: Joined, instance: int, first: int, count: int, seed: np.random.SeedSequence
) -> Leg:
    """Some cycles of one instance; a task for an executor.

    Args:
        bridge: with all parameters.
        joined: both sides before.
        instance: its number, for the ledger.
        first: cycles done before.
        count: cycles to do.
        seed: of all noise.

    Raises:
        RunError: an atom flew off, a buffer ran empty.
        DivergedError: the continuum's numbers are not finite.
    """
    pair = _Pair(bridge, joined, f"instance {instance}", np.random.default_rng(seed))
    try:
        for cycle in range(first + 1, first + count + 1):
            pair.cycle(cycle * bridge.duration)
        return pair.leg()
    finally:
        pair.simulation.close()


def in_buffer(model: Atomistic, books: Books) -> float:
    """Atoms in the buffer, mean over a leg."""
    return float(books.counts[books.centres > model.size[1] - model.buffer].sum())


class _Pair:
    """Live sides of one instance."""

    def __init__(self, bridge: Acoustic, joined: Joined, where: str, rng: np.random.Generator) -> None:
        self.bridge, self.where, self.rng = bridge, where, rng
        self.continuum, self.carry, self.owed = joined.continuum, joined.carry, joined.owed
        self.fill, self.inside = joined.fill, joined.inside
        self.simulation: Instance = bridge.simulation(joined.atoms, rng)
        self.simulation.prepare()
        self.entries: list[Entry] = []
        self.failures: list[Failure] = []
        self.sent = np.zeros(2)
        self._sums: Floats | float = 0.0
        self._samples = 0

    def cycle(self, when: float) -> None:
        """Atoms under what the continuum says, the continuum under what the atoms carried, atoms in or out."""
        b, a = self.bridge, self.bridge.atomistic
        pressure, velocity = self._heard()
        start = self.simulation.books.now[:, :4].sum(axis=0)
        velocity -= self._astray() * b.sound / (_RETURN * a.buffer)
        books = self.simulation.run(
            b.steps_per_cycle, Targets(traction=np.array([[0.0, -pressure, 0.0]]), outside=np.array([velocity]))
        )
        self.inside = in_buffer(a, books)
        self._sums, self._samples = self._sums + books.sums, self._samples + books.samples
        self.entries += atom_entries(books, self.simulation.kinetic_energy(), a, self.where, when)
        contents, owed, carry = b.continuum.contents(self.continuum), self.owed, self.carry
        pressure = (_BACK * owed - books.impulse("traction")[1]) / (a.area * b.duration)
        self.continuum, fluxes = b.continuum.step(self.continuum, {"y-": PatchValues(pressure=pressure)}, b.duration)
        got = fluxes.patches["y-"].total
        self.carry = Carry(carry.rest - got.mass / a.mass)
        sent = self._exchange(when) - float(books.impulse("traction")[1])
        self.owed = owed + sent - float(got.momentum[1])
        lost = start - self.simulation.books.now[:, :4].sum(axis=0)
        lost[2] -= books.wall[1]
        self.sent += np.array([got.mass, got.momentum[1]]) / a.area
        self.entries += self._interface(
            books, fluxes, contents, lost, self.carry.rest - carry.rest, self.owed - owed, when
        )

    def leg(self) -> Leg:
        """What the cycles left."""
        b = self.bridge
        whole = Books(self.simulation.books.edges, b.atomistic.time_step, self.simulation.books.now)
        whole.sums, whole.samples = np.asarray(self._sums), self._samples
        p = profile(whole, b.atomistic.area)
        inside = (p.heights > 0.0) & (p.heights < b.atomistic.size[1])
        below = np.column_stack([p.density * b.atomistic.mass, p.velocity[:, 1]])[inside]
        fields = self._fields(b.heights_above - b.atomistic.size[1])
        joined = Joined(self.simulation.atoms(), self.continuum, self.fill, self.inside, self.carry, self.owed)
        return Leg(joined, tuple(self.entries), tuple(self.failures), below, fields[:, :2], self.sent)

    def _heard(self) -> tuple[float, float]:
        """Normal stress, turned round, and velocity in the continuum's lowest cell."""
        _, velocity, pressure = self._fields(np.array([0.5 * self.bridge.length / self.bridge.cells]))[0]
        return float(pressure), float(velocity)

    def _astray(self) -> float:
        """How far the atoms' end has gone beyond the continuum's, by what the buffer holds.

        What crosses the interface is counted in a plane at rest, on the continuum's side, while the atoms' end moves:
        noise lets the two drift apart, without anything that brings them together. Left alone, an end of 46 sigma^2 at
        rest lost a third of what its buffer held in 120 tau.

        Raises:
            RunError: the buffer holds less than half, or more than twice, of what it held at rest.
        """
        a = self.bridge.atomistic
        if not 0.5 * self.fill <= self.inside <= 2.0 * self.fill:
            raise RunError(
                f"The buffer holds {self.inside:.0f} atoms where it held {self.fill:.0f} at rest ({self.where}): the "
                "fluid has left its open end, or run over it. Give atoms and continuum the pressure and the speed of "
                "sound that the fluid has, or a weaker pulse; the last checkpoint is whole"
            )
        return (self.inside - self.fill) / (a.density * a.area)

    def _fields(self, heights: Floats) -> Floats:
        """Density, velocity along y and normal pressure at heights of the continuum, (n, 3)."""
        x, _, z = self.bridge.atomistic.lengths
        points = np.column_stack([np.full_like(heights, x / 2.0), heights, np.full_like(heights, z / 2.0)])
        fields = self.bridge.continuum.fields(self.continuum, points)
        return np.column_stack([fields.density, fields.velocity[:, 1], -fields.stress[:, 1, 1]])

    def _exchange(self, when: float) -> float:
        """Atoms in or out, if enough are due; the momentum along y that they took."""
        a = self.bridge.atomistic
        if abs(self.carry.rest) < max(_BATCH * a.density * a.area * a.buffer, 1.0):
            return 0.0
        before, old = self.simulation.atoms(), self.simulation
        contents, potential = old.books.now[:, :4].sum(axis=0), old.potential_energy()
        count, self.carry = self.carry.take(0.0)
        filled, kick = self._filled(before, count)
        self.carry, taken = filled.carry, filled.inserted + filled.removed
        self.failures += filled.failures
        self.simulation = self.bridge.simulation(filled.atoms, self.rng)
        old.close()
        self.simulation.prepare()
        self.entries += filling_entries(
            before, filled, (potential, self.simulation.potential_energy()), when, self.where
        )
        lost = contents - self.simulation.books.now[:, :4].sum(axis=0)
        went, gross = kick - taken.momentum[1], float(np.abs(before.velocities).sum())
        name, unit = "momentum y of exchanged atoms", "m sigma/tau"
        self.entries.append(Entry(name, unit, float(lost[2]), went, gross, MOMENTUM_ALLOWED, self.where, when))
        return went

    def _filled(self, atoms: Atoms, count: int) -> tuple[Filled, float]:
        """Atoms after the exchange, and momentum along y that the forces on those that went were about to give."""
        a = self.bridge.atomistic
        usher, carry = Usher(a.fluid, a.wall), self.carry
        came, went, kick = Exchanged(), Exchanged(), 0.0
        failures: tuple[Failure, ...] = ()
        inner = a.size[1] - a.buffer
        region = np.array([[0.0, a.lengths[0]], [inner - 0.5 * a.buffer, inner + 0.5 * a.buffer], [0.0, a.lengths[2]]])
        here = atoms.fluid & (atoms.positions[:, 1] > inner)
        drift = atoms.velocities[here].mean(axis=0) * np.array([0.0, 1.0, 0.0])
        for turn in range(abs(count)):
            if count < 0:
                outermost = int(np.argmax(np.where(atoms.fluid, atoms.positions[:, 1], -np.inf)))
                kick += 0.5 * a.time_step * float(atoms.external[outermost, 1])
                atoms, one = usher.take(atoms, outermost)
                went += one
                continue
            try:
                atoms, one = usher.insert(atoms, region, drift, a.temperature, self.rng)
            except RunError as error:
                carry = Carry(carry.rest + count - turn)
                failures = (Failure(f"open end, {self.where}", str(error), {"waiting": count - turn}),)
                break
            came += one
        return Filled(atoms, carry, came, went, failures), kick

    def _interface(
        self, books: Books, fluxes: Fluxes, contents: Contents, lost: Floats, waits: float, owed: float, when: float
    ) -> list[Entry]:
        """Mass and momentum along y through the interface, and those of the continuum.

        Args:
            books: of the atoms.
            fluxes: of the continuum.
            contents: of the continuum before.
            lost: mass and momentum that the atoms' contents lost, but for what the wall gave.
            waits: atoms by which the carry grew.
            owed: momentum by which what is owed grew.
            when: time.
        """
        b, a = self.bridge, self.bridge.atomistic
        got, after = fluxes.patches["y-"].total, b.continuum.contents(self.continuum)
        gross = float(np.abs(books.forces[:, [1, 4]]).sum()) * books.time_step
        atoms, most = float(books.before[:, 0].sum()), _OWED * a.density * a.area * a.buffer
        inside = (after.mass - contents.mass, float(after.momentum[1] - contents.momentum[1]))

        def entry(name: str, unit: str, fine: float, coarse: float, scale: float, allowed: float) -> Entry:
            return Entry(name, unit, float(fine), float(coarse), scale, allowed, self.where, when)

        given, push = fluxes.total, "m sigma/tau"
        return [
            entry("mass through the open end", "m", lost[0], got.mass + a.mass * waits, atoms, 1e-12),
            entry("momentum y through the open end", push, lost[2], got.momentum[1] + owed, gross, MOMENTUM_ALLOWED),
            entry("continuum's mass", "m", inside[0], given.mass, contents.mass, MOMENTUM_ALLOWED),
            entry("continuum's momentum y", push, inside[1], given.momentum[1], gross, MOMENTUM_ALLOWED),
            replace(
                entry("atoms that wait at the open end", "1", abs(self.carry.rest), most, most, 0.0), relation="<="
            ),
        ]
