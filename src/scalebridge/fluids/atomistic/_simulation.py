"""A live simulation: atoms in the engine, with controls on them and books kept at every step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError, RunError
from scalebridge.fluids.atomistic import _kernels as kernels
from scalebridge.fluids.atomistic._books import Books
from scalebridge.fluids.atomistic._controls import Controls, Targets, packed_thermostats
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._state import Atoms, Floats, Ints


class Rooms:
    """Memory that the compiled loops need for atoms stored in one order, and which of them are fluid.

    Args:
        fluid: whether each atom is, (n,).
    """

    __slots__ = ("bin_of", "counts", "crossers", "fluid", "touched", "walls")

    def __init__(self, fluid: npt.NDArray[np.bool_]) -> None:
        self.fluid, self.walls = (np.flatnonzero(which).astype(np.uint32) for which in (fluid, ~fluid))
        # no atom's bin is known yet
        self.bin_of = np.full(len(fluid) + 1, np.iinfo(np.uint32).max, dtype=np.uint32)
        self.touched, self.crossers = (np.zeros(len(fluid) + 1, dtype=np.uint32) for _ in range(2))
        self.counts = np.array([0, 0, 1])  # the last: nothing is known of external forces


class Simulation:
    """Atoms that move.

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
        # all that ranks must know of each other within a step lies together: sums over zones, and whether all is well
        shapes = (max(len(self._cells) - 1, 0), 7), (len(self._zones), 3), (len(self._slabs), 5), (1,)
        ends = np.cumsum([0, *(math.prod(shape) for shape in shapes)])
        self._shared = np.zeros(ends[-1])
        self._zone_sums = [self._shared[a:b].reshape(s) for a, b, s in zip(ends, ends[1:], shapes, strict=False)]
        self._energy = 0.0
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

    def prepare(self) -> None:
        """Compute the forces of the state, so that energies and contents are known before the first leg."""
        if not self._ready:
            self.engine.run(0, setup=True)
            self._ready = True
            self._settle()

    def _settle(self) -> float:
        """Add the potential energies to the contents, which hold kinetic ones so far; returns all energy."""
        self._energy = float(self.books.now[:, 4].sum()) + self.engine.thermo("pe")
        self.books.now[:, 4] += self._potential_energies()
        return self._energy

    def potential_energy(self) -> float:
        """Between atoms, as of the end of the last leg."""
        return self.engine.thermo("pe")

    def kinetic_energy(self) -> float:
        """Of the fluid, as of the end of the last leg."""
        self.prepare()
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
        return Atoms(self._box, tags[order], types, positions, velocities, external, self._steps, self._types)

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
        self._external = external
        v, f, types = (self.engine.array(name, len(tags)) for name in ("v", "f", "type"))
        if not self._ready:  # forces of the state: nothing new acts, the half step begins
            kernels.scatter(tags, self._order, self._kept, external)
            half = v + 0.5 * self.time_step * (f + external) / self._masses[types][:, None]
            mean = v + 0.25 * self.time_step * (f + external) / self._masses[types][:, None]
            second_half = 0.5 * self.time_step * np.sum(external * mean, axis=1)
            self.books = self._new_books(self._contents(positions, half, types, v, second_half))
            return
        self._force(positions, v, f, types, tags, external)

    def _force(self, x: Floats, v: Floats, f: Floats, types: Ints, tags: Ints, external: Floats) -> None:
        books, dt, rooms = self.books, self.time_step, self._rooms
        sums_c, sums_w, sums_h, wrong = self._zone_sums
        pause = (self._steps + books.steps) % self.bath_every
        due = 0.0 if pause else dt * self.bath_every
        where = self._bins, self._busy, rooms.bin_of, rooms.touched, rooms.crossers, rooms.counts
        impulse = kernels.gather(
            x, v, f, types, tags, self._masses, external, dt, rooms.fluid, *self._baths, due, self._body,
            self._key, self._steps + books.steps, self._cells, self._zones, self._slabs, *where,
            sums_c, sums_w, sums_h,
        )  # fmt: skip
        wrong[0] = self.engine.ranks > 1 and not math.isfinite(f.sum())
        self.engine.add(self._shared)
        self._require_finite(not wrong[0])
        books.by_source[kernels.THERMOSTAT, :3] += impulse
        last = books.steps + 1 == self._leg
        if last:
            books.now = np.zeros_like(books.now)
        sampled = last or books.steps % self.sample_every == 0
        finite, *wall = kernels.apply(
            x, v, f, types, self._masses, external, dt, rooms.fluid, rooms.walls, self._body,
            self._cells, self._accelerations(sums_c), self._zones, self._loads(sums_w), sums_w,
            self._slabs, self._heating(sums_h), sums_h, *where, books.by_source,
            sampled, last, books.now, books.sums, books.forces, books.crossed,
        )  # fmt: skip
        self._require_finite(finite)
        books.wall += dt * np.array(wall)
        books.steps += 1
        books.samples += sampled

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
        # the fluid's mass over that of an atom is the number of atoms: slabs are thick, one mean is taken out
        now = peculiar / (3.0 * np.maximum(mass / self._masses[self._fluid].mean() - 1.0, 1.0))
        kept = (self.targets.temperature / now - 1.0) / (2.0 * heater.time)
        return np.asarray(np.where(np.isnan(self.targets.power), kept, powered))
