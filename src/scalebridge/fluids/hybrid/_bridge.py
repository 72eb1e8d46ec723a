"""The hybrid fluid: molecular dynamics below, Navier-Stokes above, joined in an overlap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from scalebridge.bridge import Bridge, Outcome, Progress, Step
from scalebridge.errors import RunError
from scalebridge.fluids.atomistic import (
    AbstractAtomistic,
    Books,
    Constraint,
    Controls,
    Heater,
    Instance,
    Targets,
    Thermostat,
    profile,
    started,
)
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.continuum import AbstractContinuum
from scalebridge.fluids.hybrid._couette import StartUpCouette
from scalebridge.fluids.hybrid._cycle import Coupled, Coupler, Cycle, Exchange
from scalebridge.fluids.hybrid._entries import atom_entries, continuum_energy, continuum_entries, flux_entry
from scalebridge.fluids.hybrid._movie import SHOWN, frame_of
from scalebridge.fluids.hybrid._open_end import trim_entries, trimmed
from scalebridge.fluids.hybrid._overlap import Overlap
from scalebridge.fluids.hybrid._spread import Remote, Task
from scalebridge.fluids.hybrid._state import HybridState
from scalebridge.fluids.hybrid._validate import validate
from scalebridge.fluids.transport._errors import stress_error
from scalebridge.ledger import Entry
from scalebridge.parallel import SerialExecutor, available_workers
from scalebridge.scales import ScaleMap

_DENSITY_OFF = 0.25


@dataclass(frozen=True, eq=False)
class Hybrid(Bridge[HybridState]):
    """A slab of atoms on a wall, with a continuum above it.

    Attributes:
        atomistic: with an open end above.
        continuum: whose patch `patch` is at the interface, where its box begins, in the atoms' units.
        overlap: where both meet.
        viscosity: of the fluid, for the predicted noise.
        exchange: what goes up: the mean velocity (``"state"``) or the momentum flux (``"flux"``).
        cycles: coupling cycles in all.
        cycles_per_step: cycles of one step of the bridge, over which profiles are averaged.
        steps_per_cycle: molecular dynamics steps of one cycle.
        instances: independent molecular dynamics runs whose mean goes up.
        memory: cycles over which the velocity that goes up is averaged.
        velocity: start of the continuum: vector or function of points.
        equilibration: molecular dynamics steps before the first cycle.
        patch: name of the interface's patch.
        energy: whether energy is exchanged too; otherwise a thermostat on z, which is neutral, keeps the temperature.
        heated: slabs of the atomistic side that receive a power: (low, high, power).
        baths: slabs of the atomistic side that are kept at a temperature: (low, high, temperature).
        friction: of the thermostat on z, per mass.
        bin_width: of the profiles.
        temperatures: start of both sides: pairs of height and temperature between which it is interpolated; empty for
            the atoms' temperature everywhere.
        reference: theory to compare with.
        spread: whether instances are tasks of the executor, cycle by cycle, rather than threads of this process: for
            several processes or machines. Every task starts an engine, so it pays where a cycle takes much longer.
        force: per mass, on both sides; the continuum must have been built with the same.

    Raises:
        InputError: a configuration that cannot work, with what to change.
    """

    atomistic: AbstractAtomistic
    continuum: AbstractContinuum[Any]
    overlap: Overlap
    viscosity: float
    exchange: Exchange = "state"
    cycles: int = 400
    cycles_per_step: int = 100
    steps_per_cycle: int = 50
    instances: int = 1
    memory: float = 0.0
    velocity: Any = 0.0
    equilibration: int = 5000
    patch: str = "y-"
    energy: bool = False
    heated: tuple[tuple[float, float, float], ...] = ()
    baths: tuple[tuple[float, float, float], ...] = ()
    friction: float = 0.5
    force: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bin_width: float = 1.0
    reference: StartUpCouette | None = None
    temperatures: tuple[tuple[float, float], ...] = ()
    spread: bool = False

    name: ClassVar[str] = "hybrid-fluid"

    def __post_init__(self) -> None:
        validate(self)

    @property
    def controls(self) -> Controls:
        """What acts on the atoms."""
        a, cells = self.atomistic, self.overlap.constraint
        slabs = [(low, high) for low, high, _ in (*self.heated, *self.baths)]
        if self.energy:
            slabs += [*pairwise(cells), (cells[-1], math.inf)]
        bath = () if self.energy else (Thermostat(-math.inf, math.inf, a.temperature, self.friction),)
        heater = Heater(tuple(slabs)) if slabs else None
        return Controls(Constraint(cells), a.tractions(), bath, heater, self.force)

    @property
    def rest(self) -> Targets:
        """What the controls aim at besides the continuum."""
        targets = self.atomistic.rest()
        targets.power = np.array([p for *_, p in self.heated] + [math.nan for _ in self.baths])
        targets.temperature = np.array([math.nan for _ in self.heated] + [t for *_, t in self.baths])
        return targets

    @property
    def heights_above(self) -> Floats:
        """Heights at which the continuum's profile is kept, (41,)."""
        patches = self.continuum.patches
        low = float(patches[self.patch].centre[:, 1].mean())
        high = max(float(faces.centre[:, 1].max()) for faces in patches.values())
        return self.overlap.interface + np.linspace(0.0, high - low, 41)

    @property
    def coupler(self) -> Coupler[Any]:
        """How the two sides talk."""
        a = self.atomistic
        return Coupler(
            self.continuum,
            self.overlap,
            a.area,
            self.patch,
            self.exchange,
            self.steps_per_cycle,
            a.time_step,
            self.memory,
            self.energy,
        )

    def scales(self) -> ScaleMap:
        """Atoms below, continuum above."""
        from scalebridge.fluids.hybrid._scales import scale_map

        return scale_map(self)

    def init(self, seed: np.random.SeedSequence) -> HybridState:
        """Equilibrated atoms under a continuum at its start."""
        noise, *starts = seed.spawn(1 + self.instances)
        atoms = tuple(self.atomistic.equilibrate(start, self.equilibration, self.temperatures) for start in starts)
        coupled = self.coupler.begin(self.continuum.initial(self.velocity, self._warmth))
        entropy = int.from_bytes(noise.generate_state(2, np.uint64).tobytes(), "little")
        bins = round(self.atomistic.size[1] / self.bin_width)
        return HybridState(
            atoms,
            coupled,
            0,
            entropy,
            np.zeros((0, bins, 7)),
            np.zeros((0, 2, 4)),
            np.zeros((0, 3)),
            np.zeros((0, 41, 4)),
            np.zeros((0, SHOWN, 2), dtype=np.float32),
        )

    def step(self, state: HybridState, executor: Executor) -> Step[HybridState]:
        """`cycles_per_step` coupling cycles, or as many as are left."""
        state, given_away = self._trimmed(state)
        count = min(self.cycles_per_step, self.cycles - state.cycles)
        # instances meet in every cycle; threads of this process run them, or wait for those who do
        threads = self.instances if self.spread else min(self.instances, available_workers())
        with self._running(state, executor) as simulations, ThreadPoolExecutor(threads) as pool:
            leg = _Leg(self, state, simulations, pool)
            for _ in range(count):
                leg.advance()
            return Step(leg.state(), (*given_away, *leg.entries))

    def done(self, state: HybridState) -> bool:
        """Whether all cycles are done."""
        return state.cycles >= self.cycles

    def progress(self, state: HybridState) -> Progress:
        """Cycles done."""
        time = state.cycles * self.coupler.duration
        return Progress(float(state.cycles), float(self.cycles), f"{time:g} {self.atomistic.units.time}")

    def finish(self, state: HybridState) -> Outcome:
        """Profiles on both sides."""
        from scalebridge.fluids.hybrid._outcome import outcome

        return outcome(self, state)

    def run(self, seed: int = 0) -> HybridState:
        """All cycles, without files; for notebooks.

        Raises:
            RunError: an atom flew off, a buffer or a constraint cell ran empty.
            DivergedError: the continuum's numbers are not finite.
        """
        state = self.init(np.random.SeedSequence(seed))
        with SerialExecutor() as executor:
            while not self.done(state):
                state = self.step(state, executor).state
        return state

    @property
    def _warmth(self) -> Callable[[Floats], Floats] | None:
        """Temperature of the continuum at its start, at points of its own."""
        if not (self.energy and self.temperatures):
            return None
        below = self.overlap.interface - float(self.continuum.patches[self.patch].centre[:, 1].mean())
        heights, values = np.array(self.temperatures).T
        return lambda points: np.asarray(np.interp(points[:, 1] + below, heights, values))

    def _trimmed(self, state: HybridState) -> tuple[HybridState, tuple[Entry, ...]]:
        """The state without atoms that have left the open end, and the entries of what they took."""
        entries: list[Entry] = []
        instances = []
        for i, atoms in enumerate(state.instances):
            kept, taken = trimmed(self.atomistic, atoms)
            if kept is not atoms:
                when = state.cycles * self.coupler.duration
                entries += trim_entries(atoms, kept, self.atomistic, taken, f"instance {i}", when)
            instances.append(kept)
        return replace(state, instances=tuple(instances)), tuple(entries)

    @contextmanager
    def _running(self, state: HybridState, executor: Executor) -> Iterator[tuple[Instance, ...]]:
        simulations: list[Instance] = []
        try:
            for i, atoms in enumerate(state.instances):
                seed = np.random.SeedSequence(state.entropy, spawn_key=(state.cycles, i))
                if self.spread:
                    task = Task(self.atomistic, self.controls, self.bin_width, seed)
                    simulations.append(Remote(task, atoms, executor))
                    continue
                noise = np.random.default_rng(seed)
                simulations.append(started(self.atomistic, atoms, self.controls, noise, self.bin_width))
            yield tuple(simulations)
        finally:
            for simulation in simulations:
                simulation.close()


class _Leg:
    """The cycles of one step, with their books."""

    def __init__(self, bridge: Hybrid, state: HybridState, simulations: tuple[Instance, ...], pool: Executor) -> None:
        self.pool = pool
        self.bridge, self.begin, self.simulations = bridge, state, simulations
        self.coupled: Coupled[Any] = state.coupled
        self.entries: list[Entry] = []
        self.cycles = state.cycles
        self._sums: list[Floats | float] = [0.0 for _ in simulations]
        self._samples = 0
        self._flux = np.zeros((2, 4))
        self._wall = np.zeros(3)
        self._above = np.zeros((len(bridge.heights_above), 4))
        for simulation in simulations:
            simulation.prepare()

    def advance(self) -> None:
        """One cycle."""
        b = self.bridge
        contents = b.continuum.contents(self.coupled.continuum)
        cycle = b.coupler.cycle(self.coupled, self.simulations, b.rest, self.pool)
        self.coupled = cycle.coupled
        self.cycles += 1
        for books in cycle.books:
            self._require_fluid(books)
        when = self.cycles * b.coupler.duration
        for i, (simulation, books) in enumerate(zip(self.simulations, cycle.books, strict=True)):
            self.entries += atom_entries(books, simulation.kinetic_energy(), b.atomistic, f"instance {i}", when)
            self._sums[i] = self._sums[i] + books.sums
        self._above += b.coupler.asked(self.coupled.continuum, b.heights_above)
        self._wall += np.mean([books.wall for books in cycle.books], axis=0)
        self._samples += cycle.books[0].samples
        after = b.continuum.contents(self.coupled.continuum)
        self.entries += continuum_entries(contents, after, cycle.fluxes, when, b.atomistic.units)
        if b.energy:
            self.entries.append(continuum_energy(contents, after, cycle.fluxes, when, b.atomistic.units))
        self.entries += self._interface(cycle, when)

    def _require_fluid(self, books: Books) -> None:
        """Whether what is between the sample and the buffer is still the fluid it was.

        Raises:
            RunError: its density is off by more than a quarter.
        """
        a, o = self.bridge.atomistic, self.bridge.overlap
        inside = (books.centres > o.sample[0]) & (books.centres < o.constraint[-1])
        density = books.counts[inside].sum() / (a.area * (o.constraint[-1] - o.sample[0]))
        if abs(density / a.density - 1.0) > _DENSITY_OFF:
            raise RunError(
                f"The density between {o.sample[0]:g} and {o.constraint[-1]:g} is {density:.3g} in cycle "
                f"{self.cycles}, "
                f"where {a.density:g} was asked for. Give the open end the pressure of this density "
                "(measured by fluids.transport), or equilibrate longer; the last checkpoint is whole"
            )

    def _interface(self, cycle: Cycle[Any], when: float) -> list[Entry]:
        b = self.bridge
        self._flux += np.stack([cycle.flux, cycle.received])
        a = b.atomistic
        noise = stress_error(a.temperature, b.viscosity, a.area * a.cutoff, b.coupler.duration * len(cycle.books))
        error = noise * a.area * b.coupler.duration
        given: Any = {"exact": b.exchange == "flux", "when": when, "units": a.units}
        entries = [flux_entry("x momentum", cycle.flux[0], cycle.received[0], error, **given)]
        if b.energy:
            # energy fluctuates with the work of the pressure on atoms that move to and fro
            error = a.temperature * math.sqrt(a.density * a.area * a.cutoff / len(cycle.books)) * 3.0
            entries.append(flux_entry("energy", cycle.flux[3], cycle.received[3], error, **given))
        return entries

    def state(self) -> HybridState:
        """Both sides as they are now."""
        b, old = self.bridge, self.begin
        profiles = [self._profile(sums) for sums in self._sums]
        duration = (self.cycles - old.cycles) * b.coupler.duration
        flux = self._flux / (b.atomistic.area * duration)
        instances = tuple(s.atoms() for s in self.simulations)
        return replace(
            old,
            instances=instances,
            coupled=self.coupled,
            cycles=self.cycles,
            windows=np.concatenate([old.windows, np.mean(profiles, axis=0)[None]]),
            flux=np.concatenate([old.flux, flux[None]]),
            wall=np.concatenate([old.wall, self._wall[None] / (b.atomistic.area * duration)]),
            above=np.concatenate([old.above, self._above[None] / (self.cycles - old.cycles)]),
            frames=np.concatenate([old.frames, frame_of(instances[0])[None]]),
        )

    def _profile(self, sums: Any) -> Floats:
        books: Books = self.simulations[0].books
        whole = replace(books)
        whole.sums, whole.samples = sums, self._samples
        p = profile(whole, self.bridge.atomistic.area)
        inside = (p.heights > 0.0) & (p.heights < self.bridge.atomistic.size[1])
        return np.column_stack([p.atoms, p.velocity, p.temperature])[inside]
