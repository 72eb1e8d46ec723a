"""A live simulation: atoms in the engine, with controls on them and books kept at every step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from scalebridge.errors import InputError, RunError
from scalebridge.fluids.atomistic import _kernels as kernels
from scalebridge.fluids.atomistic._books import Books
from scalebridge.fluids.atomistic._controls import Controls, Targets, packed_thermostats
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._particles import Molecules, Particles, Rooms
from scalebridge.fluids.atomistic._state import Atoms, Floats, Ints


class Simulation:
    """Atoms that move.

    Where molecules are rigid, what acts from outside acts on their centres of mass, and profiles are those of the
    centres; the planes and contents of the books are always those of atoms.

    Args:
        engine: with force field, box and atoms set up, and the integrator fixed; no fixes follow.
        atoms: what the engine holds; its external forces are taken over.
        controls: what acts from outside.
        bins: edges of equal bins along y for the books, (b + 1,).
        masses: mass of each type, index 0 unused.
        fluid: whether each type is fluid, index 0 unused.
        time_step: of the integrator.
        rng: noise of the thermostats.
        sample_every: steps between samples of the profiles; the books are kept at every step.
        bath_every: steps between kicks of the thermostats, each of which makes up for the pause.
    """

    def __init__(
        self,
        engine: Engine,
        atoms: Atoms,
        controls: Controls,
        bins: Floats,
        *,
        masses: Floats,
        fluid: Any,
        time_step: float,
        rng: np.random.Generator,
        sample_every: int = 5,
        bath_every: int = 5,
    ) -> None:
        if len(bins) > 2 and not np.allclose(np.diff(bins), bins[1] - bins[0]):
            raise InputError("The bins of the books must be of equal width")
        self.engine, self.controls = engine, controls
        self.targets = Targets()
        self.time_step, self.sample_every, self.bath_every = time_step, sample_every, bath_every
        self._box, self._steps, self._types = atoms.box, atoms.steps, atoms.fluid_types
        self._bins, self._masses, self._fluid = bins, masses, np.asarray(fluid, dtype=np.bool_)
        self._key = rng.integers(0, 2**64, dtype=np.uint64)
        self._cells = np.asarray(controls.constraint.edges if controls.constraint else ())
        self._zones = np.array([[z.inner, z.outer] for z in controls.tractions]).reshape(-1, 2)
        self._impedance = np.array([z.impedance for z in controls.tractions])
        self._yields = bool(np.any(self._impedance))
        self._slabs = np.array(controls.heater.slabs if controls.heater else ()).reshape(-1, 2)
        # what is beyond all bins counts as busy
        self._busy = np.append(kernels.busy_bins(bins, self._cells, self._zones, self._slabs), True)
        self._baths = packed_thermostats(controls)
        self._friction = sum(bath.rate * sum(bath.axes) for bath in controls.thermostats)
        self._body = np.asarray(controls.body_force)
        self._axes = np.array(controls.constraint.axes if controls.constraint else (False, False, False))
        lengths = atoms.lengths
        self._area = float(lengths[0] * lengths[2])
        self._order = np.zeros(int(atoms.tags.max()) + 1, dtype=np.int64)
        self._order[atoms.tags] = np.arange(len(atoms.tags))
        self._kept = atoms.external
        self._leg = 1
        self._ready = False
        self._external = atoms.external
        self._places: Ints = np.zeros(0, dtype=np.int32)
        self._rooms = Rooms(np.zeros(0, dtype=np.bool_))
        self._molecules = Molecules(atoms, masses) if len(atoms.molecules) else None
        self._numbers = atoms.molecules
        whole = masses[self._fluid] if self._molecules is None else self._molecules.centres.masses
        self._mass = float(whole.mean())
        # all that ranks must know of each other within a step lies together: sums over zones, and whether all is well
        shapes = (max(len(self._cells) - 1, 0), 7), (len(self._zones), 3), (len(self._slabs), 5), (1,)
        ends = np.cumsum([0, *(math.prod(shape) for shape in shapes)])
        self._shared = np.zeros(ends[-1])
        self._zone_sums = [self._shared[a:b].reshape(s) for a, b, s in zip(ends, ends[1:], shapes, strict=False)]
        self._energy = 0.0
        self._aside = self._new_books(np.zeros((len(bins) - 1, 5)))  # what is not to be read
        self._nothing = _nothing()
        self._unbusy = np.append(np.zeros(len(bins) - 1, dtype=np.bool_), True)
        self.books = self._new_books(np.zeros((len(bins) - 1, 5)))
        engine.attach(self._act)

    def run(self, steps: int, targets: Targets) -> Books:
        """Advance by a leg during which the targets go from their first to their second value; returns its books.

        Raises:
            RunError: an atom flew off, or a constraint cell ran empty.
        """
        self.targets, self._leg = targets, steps
        self.prepare()
        before, before_energy = self.engine.count, self._energy
        self.books = self._new_books(self.books.now)
        self.engine.run(steps, setup=False)
        self._steps += steps
        b = self.books
        self.engine.add(b.now, b.by_source, b.wall, b.sums, b.forces, b.crossed)
        if self.books.steps != steps or self.engine.count != before:
            raise RunError(
                f"Of {before} atoms {self.engine.count} are left after step {self._steps}: some left the box. Widen "
                f"the "
                "buffer, or take a smaller time step; the last checkpoint is whole"
            )
        self.books.energy = (before_energy, self._settle())
        self.books.bathed = steps * self.time_step * self._friction
        return self.books

    def prepare(self) -> Books:
        """Compute the forces of the state, so that energies and contents are known before the first leg.

        Returns:
            Books that hold the contents.
        """
        if not self._ready:
            self.engine.run(0, setup=True)
            self._ready = True
            self._settle()
        return self.books

    def _settle(self) -> float:
        """Add the potential energies to the contents, which hold kinetic ones so far; returns all energy."""
        self._energy = float(self.books.now[:, 4].sum()) + self.engine.thermo("pe")
        self.books.now[:, 4] += self._potential_energies()
        return self._energy

    def potential_energy(self) -> float:
        """Between atoms, as of the end of the last leg."""
        return self.engine.thermo("pe")

    def kinetic_energy(self) -> float:
        """Of the fluid's atoms, or of its molecules' centres of mass, as of the end of the last leg."""
        self.prepare()
        if self._molecules is not None:
            centres = self._molecules.gather(self._atoms(self._external))
            return float(0.5 * np.sum(centres.masses * np.sum(centres.v**2, axis=1)))
        fluid = self._rooms.fluid
        v, masses = self.engine.array("v")[fluid], self._masses[self.engine.array("type")[fluid]]
        energy = np.array([0.5 * np.sum(masses * np.sum(v**2, axis=1))])
        self.engine.add(energy)
        return float(energy[0])

    def atoms(self) -> Atoms:
        """A copy of the atoms as they are now, in the order of their tags."""
        self.prepare()
        e = self.engine
        tags, *live = e.joined(e.tags(), e.array("type"), e.array("x"), e.array("v"), self._external)
        order = np.argsort(tags)
        types, positions, velocities, external = (values[order] for values in live)
        return Atoms(
            self._box, tags[order], types, positions, velocities, external, self._steps, self._types, self._numbers
        )

    def close(self) -> None:
        """End the engine."""
        self.engine.close()

    def _new_books(self, contents: Floats) -> Books:
        return Books(self._bins, self.time_step, contents.copy())

    def _potential_energies(self) -> Floats:
        """Per bin, each atom with half the energy of its pairs, (b,)."""
        width = self._bins[1] - self._bins[0]
        bins = np.floor((self.engine.array("x")[:, 1] - self._bins[0]) / width).astype(int)
        n = len(self._bins) - 1
        inside = self._fluid[self.engine.array("type")] & (bins >= 0) & (bins < n)
        energies = np.bincount(bins[inside], self.engine.atom_energies()[inside], minlength=n).astype(np.float64)
        self.engine.add(energies)
        return energies

    def _contents(self, x: Floats, v: Floats, types: Ints, full: Floats, work: Floats) -> Floats:
        """Per bin: mass, momentum of velocities `v`, kinetic energy of velocities `full` and `work`, (b, 5)."""
        contents = np.zeros((len(self._bins) - 1, 5))
        width = self._bins[1] - self._bins[0]
        bins = np.floor((x[:, 1] - self._bins[0]) / width).astype(int)
        inside = self._fluid[types] & (bins >= 0) & (bins < len(contents))
        m = self._masses[types[inside]]
        kinetic = 0.5 * m * np.sum(full[inside] ** 2, axis=1) + work[inside]
        np.add.at(contents, bins[inside], np.column_stack([m, m[:, None] * v[inside], kinetic]))
        self.engine.add(contents)
        return contents

    def _act(self, step: int, tags: Ints, positions: Floats, external: Floats) -> None:
        """What the engine calls when the forces between atoms are complete."""
        del step
        if not kernels.same(tags, self._places):
            # atoms came, went, or were sorted, and their external forces with them: nothing is known of the array
            self._places = np.array(tags)
            self._rooms = Rooms(self._fluid[self.engine.array("type", len(tags))])
            if self._molecules is not None:
                self._molecules.stored(self._places)
        self._external = external
        atoms = self._atoms(external)
        if not self._ready:  # forces of the state: nothing new acts, the half step begins
            v, f, types = atoms.v, atoms.f, atoms.types
            kernels.scatter(tags, self._order, self._kept, external)
            half = v + 0.5 * self.time_step * (f + external) / self._masses[types][:, None]
            mean = v + 0.25 * self.time_step * (f + external) / self._masses[types][:, None]
            second_half = 0.5 * self.time_step * np.sum(external * mean, axis=1)
            self.books = self._new_books(self._contents(positions, half, types, v, second_half))
            return
        self._step(atoms)

    def _atoms(self, external: Floats) -> Particles:
        """The atoms as the engine stores them now."""
        x, v, f, types = (self.engine.array(name, len(external)) for name in ("x", "v", "f", "type"))
        return Particles(x, v, f, types, self._places, self._masses, external, self._rooms)

    def _step(self, atoms: Particles) -> None:
        """Force the particles and book the step."""
        books = self.books
        last = books.steps + 1 == self._leg
        if last:
            books.now = np.zeros_like(books.now)
        sampled = last or books.steps % self.sample_every == 0
        if self._molecules is None:
            finite, *wall = self._force(atoms, books, sampled, last)
        else:
            finite, *wall = self._force_molecules(self._molecules, atoms, sampled, last)
        self._require_finite(finite)
        books.wall += self.time_step * np.array(wall)
        books.steps += 1
        books.samples += sampled

    def _force(self, p: Particles, into: Books, sampled: bool, last: bool) -> tuple[bool, float, float, float]:
        """Force particles, and book them into `into`; whether all is finite, and the force on the walls."""
        dt, r, step = self.time_step, p.rooms, self._steps + self.books.steps
        sums_c, sums_w, sums_h, wrong = self._zone_sums
        due = 0.0 if step % self.bath_every else dt * self.bath_every
        where = self._bins, self._busy, r.bin_of, r.touched, r.crossers, r.counts
        impulse = kernels.gather(
            p.x, p.v, p.f, p.types, p.tags, p.masses, p.external, dt, r.fluid, *self._baths, due, self._body,
            self._key, step, self._cells, self._zones, self._slabs, *where, sums_c, sums_w, sums_h,
        )  # fmt: skip
        wrong[0] = self.engine.ranks > 1 and not math.isfinite(p.f.sum())
        self.engine.add(self._shared)
        self._require_finite(not wrong[0])
        sources = self.books.by_source
        sources[kernels.THERMOSTAT, :3] += impulse
        done: tuple[bool, float, float, float] = kernels.apply(
            p.x, p.v, p.f, p.types, p.masses, p.external, dt, r.fluid, r.walls, self._body,
            self._cells, self._accelerations(sums_c), self._zones, self._loads(sums_w), sums_w,
            self._slabs, self._heating(sums_h), sums_h, *where, sources,
            sampled, last, into.now, into.sums, into.forces, into.crossed,
        )  # fmt: skip
        return done

    def _force_molecules(
        self, molecules: Molecules, atoms: Particles, sampled: bool, last: bool
    ) -> tuple[bool, float, float, float]:
        """Force molecules, whose profiles are sampled, and book their atoms; as `_force`."""
        self._aside.sums = self.books.sums
        self._force(molecules.gather(atoms), self._aside, sampled, False)
        p, r, books, dt = atoms, atoms.rooms, self.books, self.time_step
        cells, pull, zones, loads, slabs, heat, baths, axes, sums_c, sums_w, sums_h, still = self._nothing
        where = self._bins, self._unbusy, r.bin_of, r.touched, r.crossers, r.counts
        kernels.gather(
            p.x, p.v, p.f, p.types, p.tags, p.masses, p.external, dt, r.fluid, baths, axes, 0.0, still,
            self._key, 0, cells, zones, slabs, *where, sums_c, sums_w, sums_h,
        )  # fmt: skip
        molecules.spread(atoms)
        r.counts[2] = 1  # there are forces from outside everywhere
        done: tuple[bool, float, float, float] = kernels.apply(
            p.x, p.v, p.f, p.types, p.masses, p.external, dt, r.fluid, r.walls, still,
            cells, pull, zones, loads, sums_w, slabs, heat, sums_h, *where, self._aside.by_source,
            False, last, books.now, self._aside.sums, books.forces, books.crossed,
        )  # fmt: skip
        return done

    def _require_finite(self, fine: bool) -> None:
        if not fine:
            raise RunError(
                f"An atom flew off at step {self._steps + self.books.steps}: the force on it is no number. Take a "
                "smaller time step, or look for overlapping atoms; the last checkpoint is whole"
            )

    def _accelerations(self, sums: Floats) -> Floats:
        pull = np.empty((len(sums), 3))
        if not len(sums):
            return pull
        begin, end = self.targets.velocity
        part = (self.books.steps + 1) / self._leg
        if not kernels.hold(sums, begin, end, part, self._axes, self.time_step, pull):
            raise RunError(
                f"A constraint cell ran empty at step {self._steps + self.books.steps}: the fluid has left "
                f"{self._cells[0]:g} to {self._cells[-1]:g}. Give the buffer the pressure of the fluid, or more atoms"
            )
        return pull

    def _loads(self, sums: Floats) -> Floats:
        """Force on each open end: the traction, less what the impedance makes of the buffer's velocity."""
        if not all(weight > 0.0 for weight in sums[:, 0].tolist()):
            raise RunError(
                f"No atom is left in a buffer at step {self._steps + self.books.steps}, so that nothing carries its "
                "pressure; give the system more atoms or a thicker buffer"
            )
        loads = np.array(self.targets.traction)
        if self._yields:
            loads[:, 1] -= self._impedance * (sums[:, 2] / sums[:, 1] - self.targets.outside)
        return np.asarray(loads * self._area)

    def _heating(self, sums: Floats) -> Floats:
        """Rate at which peculiar velocities grow, from power = rate * sum m (v - <v>)^2 or towards a temperature."""
        heater = self.controls.heater
        if heater is None:
            return np.zeros(0)
        tiny = np.finfo(np.float64).tiny
        mass = np.maximum(sums[:, 0], tiny)
        peculiar = np.maximum(sums[:, 4] - np.sum(sums[:, 1:4] ** 2, axis=1) / mass, tiny)
        powered = self.targets.power / peculiar
        # the fluid's mass over that of a particle is their number: slabs are thick, one mean is taken out
        now = peculiar / (3.0 * np.maximum(mass / self._mass - 1.0, 1.0))
        kept = (self.targets.temperature / now - 1.0) / (2.0 * heater.time)
        return np.asarray(np.where(np.isnan(self.targets.power), kept, powered))


def _nothing() -> tuple[Any, ...]:
    """Controls that do nothing, as the compiled loops take them, and the room for their sums."""
    cells, heat = np.zeros(0), np.zeros(0)
    pull, zones, loads, slabs = (np.zeros((0, n)) for n in (3, 2, 3, 2))
    baths, axes = packed_thermostats(Controls())
    sums = tuple(np.zeros((0, n)) for n in (7, 3, 5))
    return cells, pull, zones, loads, slabs, heat, baths, axes, *sums, np.zeros(3)
