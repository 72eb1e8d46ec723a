"""A channel much longer than high: a slit of atoms at each of a few stations, joined by mass and pressure."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from scalebridge.bridge import Bridge, Failure, Outcome, Progress, Step
from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import Atomistic, Atoms, Carry
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.hybrid._channel_shape import Lubrication
from scalebridge.fluids.hybrid._filling import filled, filling_entries
from scalebridge.fluids.hybrid._passes import Passes, agreement, check_slit, conductance
from scalebridge.fluids.hybrid._slit_cell import SlitCell, SlitPass
from scalebridge.fluids.hybrid._spread import side_by_side
from scalebridge.fluids.transport._blocks import Measured
from scalebridge.ledger import Entry, Verdict
from scalebridge.scales import ScaleMap

_ENOUGH = 0.05


@dataclass(frozen=True)
class Station:
    """Atoms of one station between two passes.

    Attributes:
        atoms: None before the first pass.
        carry: part of an atom that waits to be exchanged.
        density: in the middle, as of the last pass.
        speed: mean velocity along x in the last pass.
    """

    atoms: Atoms | None = None
    carry: Carry = field(default_factory=Carry)
    density: float = 0.0
    speed: float = 0.0


@dataclass(frozen=True)
class LongChannelState:
    """All stations after a number of passes.

    Attributes:
        stations: their atoms.
        passes: done so far.
        entropy: all noise comes from it, by pass and station.
        conductance: mass flow per depth over force per mass, by block of the counted passes, (blocks, stations).
        history: per pass and station: force, mass flow per depth, its standard error, density in the middle, atoms,
            (passes, stations, 5).
        profiles: per station: heights, density and velocity along x of the last pass, filled up with the last row,
            (stations, bins, 3).
    """

    stations: tuple[Station, ...]
    passes: int
    entropy: int
    conductance: Floats
    history: Floats
    profiles: Floats


@dataclass(frozen=True, eq=False)
class LongChannel(Bridge[LongChannelState]):
    """Steady, pressure-driven flow along a channel of slowly varying height, much longer than molecular dynamics sees.

    A heterogeneous multiscale method (Borg, Lockerby, Reese 2013, J. Comput. Phys. 233, 400, doi
    10.1016/j.jcp.2012.09.009; E, Engquist 2003, Comm. Math. Sci. 1, 87): the macroscopic model gives a pressure
    gradient to a slit of atoms at each station, which returns the mass flow with its error. Mass is conserved along the
    channel, so the flow is the same at all stations; it is the one at which the stations' pressure gradients add up to
    the pressure difference. Between stations the resistance follows `Lubrication`.

    The real gradient is too weak to be seen in noise. Slow flow is linear in it, so all slits are driven by the same
    multiple of the gradient, at which the shear rate at the walls of the fastest is `rate`. Stations run on the
    executor, and every pass makes all means better. Without workers they run in this process one by one, each on all
    MPI ranks that serve it.

    Attributes:
        atomistic: of the slits: closed; its height is replaced by that of each station.
        channel: shape, fluid, stations.
        drop: pressure difference between the ends.
        rate: largest shear rate at the walls of a slit, 1 / tau.
        passes: how the slits are looked at; its `tolerance` is that of the flow.

    Raises:
        InputError: a configuration that cannot work.
    """

    atomistic: Atomistic
    channel: Lubrication
    drop: float
    rate: float = 0.1
    passes: Passes = field(default_factory=Passes)

    name: ClassVar[str] = "long-channel"

    def __post_init__(self) -> None:
        c = self.channel
        check_slit(self.atomistic, float(c.shape.height(c.places).min()), c.density, self.drop)
        if not 0.0 < self.rate <= 0.3:
            raise InputError(f"rate is {self.rate:g} per tau; a simple liquid thins above 0.3, and 0.1 is usual")

    @property
    def theory(self) -> float:
        """Mass flow per depth of lubrication theory, with the slip given."""
        return self.drop / float(self.channel.weights.sum())

    @cached_property
    def heights(self) -> Floats:
        """Of the stations, (stations,)."""
        return self.channel.shape.height(self.channel.places)

    def cell(self, station: int) -> SlitCell:
        """The slit at a station."""
        height = float(self.heights[station])
        x, _, z = self.atomistic.size
        atomistic = replace(self.atomistic, size=(x, height, z))
        return SlitCell(atomistic, self.passes)

    def scales(self) -> ScaleMap:
        """Slits of atoms at stations of a long channel."""
        from scalebridge.fluids.hybrid._long_channel_outcome import scale_map

        return scale_map(self)

    def init(self, seed: np.random.SeedSequence) -> LongChannelState:
        """No atoms yet: stations equilibrate with their first pass, on the executor."""
        n = self.channel.stations
        entropy = int.from_bytes(seed.generate_state(2, np.uint64).tobytes(), "little")
        return LongChannelState(
            tuple(Station() for _ in range(n)), 0, entropy, np.zeros((0, n)), np.zeros((0, n, 5)), np.zeros((n, 0, 3))
        )

    def step(self, state: LongChannelState, executor: Executor) -> Step[LongChannelState]:
        """One pass of all stations."""
        n, when = self.channel.stations, float(state.passes + 1)
        taken = self.flow(state).value
        gradients = self.channel.density * taken / np.array([k.value for k in self.conductances(state)])
        forces = gradients * self._multiple(gradients) / self.channel.density
        seeds = [np.random.SeedSequence(state.entropy, spawn_key=(state.passes, i)) for i in range(n)]
        answers = side_by_side(
            executor, station_pass, [self] * n, range(n), state.stations, forces.tolist(), [when] * n, seeds
        )
        entries = [entry for answer in answers for entry in answer.entries]
        entries.append(self._difference(gradients, when))
        if state.passes:  # the first flow is only theory's
            entries += self._conserved(answers, taken, self._multiple(gradients), when)
        failures = tuple(f for answer in answers for f in answer.failures)
        return Step(self._after(state, forces, answers), tuple(entries), failures)

    def conductances(self, state: LongChannelState) -> tuple[Measured, ...]:
        """Mass flow per depth over force per mass of each station; theory's before the first pass."""
        c = self.channel
        if not state.passes:
            return tuple(Measured(float(k), math.inf, "m tau") for k in c.density / c.theory(c.places))
        early = state.history[:, :, 1] / state.history[:, :, 0]
        return tuple(map(conductance, state.conductance.T, early.T, self.correlated))

    @cached_property
    def correlated(self) -> Floats:
        """By how much the error of a station's mean exceeds that of independent blocks, (stations,)."""
        cells = map(self.cell, range(self.channel.stations))
        return np.array([cell.correlated(self.channel.viscosity) for cell in cells])

    def factors(self, state: LongChannelState) -> tuple[Floats, Floats]:
        """Resistance of the stations over that of theory, and its standard error, (stations,) each."""
        c = self.channel
        known = self.conductances(state)
        values = np.array([c.density / k.value for k in known]) / c.theory(c.places)
        return values, np.abs(values) * np.array([k.error / abs(k.value) for k in known])

    def flow(self, state: LongChannelState) -> Measured:
        """Mass per time and depth at which the stations' pressure drops add up to the difference of the ends."""
        factors, errors = self.factors(state)
        resistance = float(self.channel.weights @ factors)
        spread = float(np.hypot.reduce(self.channel.weights * errors)) if np.all(np.isfinite(errors)) else math.inf
        flow = self.drop / resistance
        return Measured(flow, abs(flow) * spread / abs(resistance), "m/(sigma tau)", float(len(state.conductance)))

    def pressure(self, state: LongChannelState, positions: Floats) -> tuple[Floats, Floats]:
        """Fall of the pressure from the entrance to positions, and its standard error, (n,) each.

        It is the whole difference at the exit, without error.
        """
        factors, errors = self.factors(state)
        drops, flow = self.channel.drops(positions), self.flow(state).value
        fall = flow * drops @ factors
        # the flow answers to each factor too: the difference between the ends is given
        slopes = flow * drops - np.outer(fall, self.channel.weights * flow / self.drop)
        spread = np.sqrt((slopes**2) @ np.where(np.isfinite(errors), errors, np.nan) ** 2)
        return fall, spread

    def done(self, state: LongChannelState) -> bool:
        """Whether the flow is known well enough, or all passes are done."""
        return state.passes >= self.passes.most or self.passes.enough(state.passes, self.flow(state))

    def progress(self, state: LongChannelState) -> Progress:
        """Passes done."""
        return Progress(float(state.passes), float(self.passes.most), f"flow {self.flow(state)}")

    def finish(self, state: LongChannelState) -> Outcome:
        """Flow, pressure along the channel, slits."""
        from scalebridge.fluids.hybrid._long_channel_outcome import outcome

        return outcome(self, state)

    def _multiple(self, gradients: Floats) -> float:
        """Of the pressure gradients, by which all slits are driven."""
        rates = np.abs(gradients) * self.heights / (2.0 * self.channel.viscosity)
        return self.rate / float(rates.max())

    def _after(self, state: LongChannelState, forces: Floats, answers: list[StationPass]) -> LongChannelState:
        flows = np.array([answer.result.flows for answer in answers]).T
        rows = [
            [force, a.result.flows.mean(), a.result.spread * k, a.station.density, float(a.result.atoms.fluid.sum())]
            for force, a, k in zip(forces, answers, self.correlated, strict=True)
        ]
        counts = state.passes > 0  # in the first pass the slits are not yet filled as they will be
        return LongChannelState(
            stations=tuple(a.station for a in answers),
            passes=state.passes + 1,
            conductance=np.vstack([state.conductance, flows / forces]) if counts else state.conductance,
            entropy=state.entropy,
            history=np.concatenate([state.history, np.array(rows)[None]]),
            profiles=_padded([a.profile for a in answers]),
        )

    def _conserved(self, answers: list[StationPass], taken: float, multiple: float, when: float) -> list[Entry]:
        """Mass flow that each station sends up under its gradient, against that of the channel, in standard errors."""
        sent = [
            (float(a.result.flows.mean()) / multiple, a.result.spread * float(factor) / multiple)
            for a, factor in zip(answers, self.correlated, strict=True)
        ]
        return [
            agreement("mass flow of station and channel", flow, taken, error, f"station {i + 1}", when)
            for i, (flow, error) in enumerate(sent)
        ]

    def _difference(self, gradients: Floats, when: float) -> Entry:
        """Gradients given to the stations, summed along the channel, against the difference between its ends.

        The Gauss sum knows nothing of the channel's shape between the stations: it tells whether these are enough.
        """
        weights = 0.5 * self.channel.shape.length * np.polynomial.legendre.leggauss(self.channel.stations)[1]
        return Entry(
            "pressure given to the stations", "epsilon/sigma^3", float(weights @ gradients), self.drop,
            abs(self.drop), _ENOUGH, "channel", when, severity=Verdict.WARNS,
        )  # fmt: skip


@dataclass(frozen=True)
class StationPass:
    """What a pass of one station left.

    Attributes:
        station: its atoms.
        result: flows and sums.
        profile: heights, density, velocity along x, (bins, 3).
        entries: of the ledger.
        failures: atoms that found no place.
    """

    station: Station
    result: SlitPass
    profile: Floats
    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...]


def station_pass(
    bridge: LongChannel, index: int, station: Station, force: float, when: float, seed: np.random.SeedSequence
) -> StationPass:
    """One pass of one station: atoms in or out, then all blocks under a force; a task for an executor.

    Args:
        bridge: with all parameters.
        index: of the station.
        station: its atoms, if it has any.
        force: per mass.
        when: number of the pass.
        seed: of all noise.

    Raises:
        RunError: an atom flew off, or none is left to be removed.
    """
    cell, where = bridge.cell(index), f"station {index + 1}"
    start, noise = seed.spawn(2)
    rng = np.random.default_rng(noise)
    exchange, atoms = None, station.atoms
    if atoms is None:
        atoms = cell.atomistic.equilibrate(start, bridge.passes.equilibration)
    else:
        exchange = filled(cell.atomistic, atoms, station.carry, station.density, station.speed, rng)
        before = cell.potential(atoms)
        atoms = exchange.atoms
    result, entries = cell.run(atoms, force, rng, where, when)
    if exchange is not None and station.atoms is not None:
        entries = [*filling_entries(station.atoms, exchange, (before, result.start), when, where), *entries]
    inside = (result.centres > 0.0) & (result.centres < cell.atomistic.size[1])
    count, momentum = result.sums[:-1][inside].T
    volume = result.sums[-1, 0] * cell.atomistic.area * cell.bin_width
    velocity = momentum / (cell.atomistic.mass * np.maximum(count, 1.0))
    new = Station(
        result.atoms,
        exchange.carry if exchange is not None else station.carry,
        cell.density(result),
        float(momentum.sum() / (cell.atomistic.mass * count.sum())),
    )
    profile = np.column_stack([result.centres[inside], count / volume, velocity])
    return StationPass(new, result, profile, tuple(entries), exchange.failures if exchange is not None else ())


def _padded(profiles: list[Floats]) -> Floats:
    """Profiles of different length as one array, (stations, bins, 3), filled up with the last row."""
    longest = max(map(len, profiles))
    return np.array([np.pad(p, ((0, longest - len(p)), (0, 0)), mode="edge") for p in profiles])
