"""The coarse-graining bridge: atoms below, beads above."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from scalebridge.bridge import Bridge, Outcome, Progress, Step
from scalebridge.errors import InputError
from scalebridge.molecules.coarse._books import (
    iteration_entries,
    matching_entries,
    production_entries,
    reference_entries,
)
from scalebridge.molecules.coarse._forces import matched_tables
from scalebridge.molecules.coarse._settings import NAMES, Fit
from scalebridge.molecules.coarse._source import Made, Source
from scalebridge.molecules.coarse._springs import matched_springs
from scalebridge.molecules.coarse._state import CoarseState, Measured, Production, Record
from scalebridge.molecules.coarse._tables import Table, first_tables, mean_tables, potentials_of
from scalebridge.molecules.coarse._target import Target
from scalebridge.molecules.coarse._updates import Sample, changed_tables
from scalebridge.molecules.dynamics import Phase, Protocol, Simulation, simulate
from scalebridge.molecules.mapping import Beads
from scalebridge.molecules.pairs import check_box
from scalebridge.molecules.potentials import Potential
from scalebridge.molecules.statistics import Grid, collect
from scalebridge.scales import ScaleMap


@dataclass(frozen=True, eq=False)
class CoarseGraining(Bridge[CoarseState]):
    """Effective potentials between beads from the statistics of atoms.

    What goes up are distributions (or forces), what comes down are positions for the atoms' beads, and what must
    balance is what the method promises: the same g(r), the same projected forces; besides temperature, momentum and
    energy of every coarse simulation.

    Args:
        sources: state points, given or still to be made; several share one set of potentials.
        fit: method and numerics.
        production: simulation of the final potentials; None leaves it out.
        initial: potentials to begin with; Boltzmann inversion where none are given.

    Raises:
        InputError: no source, or a box too small for the cutoff.
    """

    sources: tuple[Source, ...]
    fit: Fit = field(default_factory=Fit)
    production: Protocol | None = field(default_factory=lambda: Protocol(25000, 0.004, 50, 2500))
    initial: dict[str, Potential] = field(default_factory=dict)

    name: ClassVar[str] = "coarse-graining"

    def __post_init__(self) -> None:
        if not self.sources:
            raise InputError("Coarse-graining needs at least one state point")
        for source in self.sources:
            check_box([source.sketch().edge] * 3, self.fit.cutoff)

    def scales(self) -> ScaleMap:
        """Atoms to beads, and beads to the box."""
        from scalebridge.molecules.coarse._scales import scale_map

        return scale_map(self)

    def init(self, seed: np.random.SeedSequence) -> CoarseState:
        """Nothing done yet."""
        if not isinstance(seed.entropy, int):
            raise InputError(f"The seed of a run is one whole number; found {seed.entropy!r}")
        return CoarseState(seed.entropy)

    def step(self, state: CoarseState, executor: Executor) -> Step[CoarseState]:
        """The references, one iteration, a fit, or the final simulations."""
        if not state.targets:
            return self._made(state, executor)
        if self.fit.method == "fm" and not state.residual:
            return self._matched(state)
        if self.fit.iterative and len(state.history) < self.fit.iterations:
            return self._iterated(state, executor)
        return self._produced(state)

    def done(self, state: CoarseState) -> bool:
        """Whether the fit is over and the final simulation, where asked for, is there."""
        fitted = bool(state.tables) and (self.fit.method != "fm" or bool(state.residual))
        iterated = not self.fit.iterative or len(state.history) >= self.fit.iterations
        return (
            fitted and iterated and (state.production is not None or (self.production is None and self.fit.iterative))
        )

    def progress(self, state: CoarseState) -> Progress:
        """Iterations done, and the production as ten of them."""
        total = (self.fit.iterations if self.fit.iterative else 1) + 15.0
        if self.done(state):
            return Progress(total, total, "done")
        if not state.targets:
            return Progress(0.0, total, "reference")
        count = len(state.history) + (1 if state.residual else 0)
        last = f", misfit {max(state.history[-1].misfit.values()):.3g}" if state.history else ""
        return Progress(5.0 + count, total, f"{NAMES[self.fit.method]}, iteration {count + 1}{last}")

    def finish(self, state: CoarseState) -> Outcome:
        """Potentials, distributions, headline numbers and pictures."""
        from scalebridge.molecules.coarse._outcome import outcome

        return outcome(self, state)

    def potentials(self, state: CoarseState) -> dict[str, Potential]:
        """Potentials of all terms as they stand: the mean over the last iterations."""
        tables = mean_tables(state.kept) if state.kept else state.tables
        return {**potentials_of(tables), **self.fit.fixed, **state.fixed}

    def _made(self, state: CoarseState, executor: Executor) -> Step[CoarseState]:
        """All references, side by side, and the first potentials."""
        seeds = [
            int(np.random.SeedSequence(state.entropy, spawn_key=(10**6, i)).generate_state(1)[0])
            for i in range(len(self.sources))
        ]
        if len(self.sources) == 1:
            made = [self.sources[0].make(seeds[0])]
        else:
            made = list(executor.map(_make, self.sources, seeds))
        targets = tuple(one.target for one in made)
        terms = [sorted(target.distributions) for target in targets]
        if any(other != terms[0] for other in terms):
            raise InputError("All state points must have the same terms; map them with the same mapping")
        for target in targets:
            check_box(target.start.box, self.fit.cutoff)
        costs = [one.cost for one in made]
        new = replace(
            state,
            targets=targets,
            fixed=made[0].fixed,
            springs=made[0].springs,
            phases=tuple(target.start for target in targets),
            tables=self._first(targets),
            fine_cost=None if costs[0] is None else Measured(costs[0]),
        )
        return Step(new, reference_entries(targets))

    def _first(self, targets: tuple[Target, ...]) -> dict[str, Table]:
        tables = first_tables(targets, self.fit.cutoff)
        for name, potential in self.initial.items():
            if name in tables:
                old = tables[name]
                change = potential.energy(old.x) - old.energy
                tables[name] = old.changed(change, old.sampled, name.split(" ", 1)[0])
        return tables

    def _matched(self, state: CoarseState) -> Step[CoarseState]:
        begun = time.process_time()
        tables, errors, found = matched_tables(self.fit, state.targets[0])
        spent = Measured(time.process_time() - begun)
        new = replace(state, tables=tables, errors=errors, residual=(found.residual, found.reference), cost=spent)
        return Step(new, matching_entries(found))

    def _iterated(self, state: CoarseState, executor: Executor) -> Step[CoarseState]:
        number = len(state.history)
        potentials = {**potentials_of(state.tables), **self.fit.fixed, **state.fixed}
        jobs = [self._job(i, potentials, state, self.fit.iteration, number) for i in range(len(state.targets))]
        ran = [jobs[0].run()] if len(jobs) == 1 else list(executor.map(_Job.run, jobs))
        runs, begun = [run for run, _ in ran], time.process_time()
        samples = tuple(self._sample(target, run) for target, run in zip(state.targets, runs, strict=True))
        tables = changed_tables(self.fit, state.tables, samples)
        fixed = dict(state.fixed)
        if state.springs:
            fine = state.targets[0].frames
            assert fine is not None
            beads = state.targets[0].beads
            fixed |= matched_springs(state.springs, state.fixed, beads, fine, runs[0].frames, number)
        spent = time.process_time() - begun + sum(seconds for _, seconds in ran)
        record = Record(
            misfits(samples[0], self.fit.cutoff),
            tuple(run.pressure[0] for run in runs),
            tuple(run.pressure[1] for run in runs),
            tuple(float(run.kinetic.mean()) for run in runs),
            Measured(spent),
        )
        new = replace(
            state,
            tables=tables,
            fixed=fixed,
            phases=tuple(run.phase for run in runs),
            history=(*state.history, record),
            kept=(*state.kept, tables)[-self.fit.average :],
            cost=Measured(state.cost.seconds + spent),
        )
        return Step(new, iteration_entries(state.targets, runs, record, number + 1))

    def _produced(self, state: CoarseState) -> Step[CoarseState]:
        protocol = self.production or replace(self.fit.iteration, equilibration=0)
        potentials = self.potentials(state)
        run = self._job(0, potentials, state, protocol, self.fit.iterations).run()[0]
        steps = max(protocol.steps // 5, protocol.every * 10)
        free = simulate(
            state.targets[0].beads,
            potentials,
            run.phase,
            state.targets[0].temperature,
            replace(protocol, ensemble="nve", steps=steps, equilibration=0),
        )
        new = replace(state, production=Production(_bare(run), _bare(free)))
        return Step(new, production_entries(self, state, run, free))

    def _job(
        self, point: int, potentials: dict[str, Potential], state: CoarseState, protocol: Protocol, number: int
    ) -> _Job:
        target, phase = state.targets[point], state.phases[point]
        seed = np.random.SeedSequence(state.entropy, spawn_key=(number, point))
        start = Phase(phase.positions, phase.box, phase.velocities)
        return _Job(target.beads, potentials, start, target.temperature, protocol, int(seed.generate_state(1)[0]))

    def _sample(self, target: Target, run: Simulation) -> Sample:
        grids = {name: distribution.grid for name, distribution in target.distributions.items()}
        if self.fit.method != "gn":
            # beyond the cutoff nothing is corrected; closer distances cost less
            grids = {name: self._short(grid) if name.startswith("pair") else grid for name, grid in grids.items()}
        return Sample(target, collect(run.frames, target.beads, grids), run.pressure[0])

    def _short(self, grid: Grid) -> Grid:
        last = grid.start + grid.step * round((self.fit.cutoff - grid.start) / grid.step)
        return replace(grid, stop=min(grid.stop, last))


@dataclass(frozen=True)
class _Job:
    """A coarse simulation of one state point; several of them run side by side."""

    beads: Beads
    potentials: Mapping[str, Potential]
    start: Phase
    temperature: float
    protocol: Protocol
    seed: int

    def run(self) -> tuple[Simulation, float]:
        """The simulation, and the processor seconds of all of it."""
        begun = time.process_time()
        found = simulate(self.beads, self.potentials, self.start, self.temperature, self.protocol, seed=self.seed)
        return found, time.process_time() - begun


def _make(source: Source, seed: int) -> Made:
    return source.make(seed)


def misfits(sample: Sample, cutoff: float) -> dict[str, float]:
    """Root mean square difference of each distribution from its target."""
    result = {}
    for name, found in sample.found.items():
        target = sample.target.distributions[name]
        n = min(len(found.grid.centers), len(target.grid.centers))
        inside = target.grid.centers[:n] <= cutoff + 1e-9 if found.kind == "pair" else slice(None)
        away = (found.mean[:n] - target.mean[:n])[inside]
        scale = 1.0 if found.kind == "pair" else float(target.mean.max())
        result[name] = float(np.sqrt(np.mean(away**2))) / scale
    return result


class _NoCost(float):
    """Processor seconds that compare equal to any other."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return 0


def _bare(run: Simulation) -> Simulation:
    """The same simulation, whose cost does not make states differ."""
    return replace(run, seconds=_NoCost(run.seconds))
