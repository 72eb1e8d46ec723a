"""The bridge in time: a full network, what is fast in it, the reduced network, and how far apart they are."""

from __future__ import annotations

import functools
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from scalebridge.bridge import Bridge, Outcome, Progress, Step
from scalebridge.errors import InputError
from scalebridge.kinetics._error_bars import trajectory_amounts
from scalebridge.kinetics._reduced_definition import Relation
from scalebridge.kinetics.network import Form, Network
from scalebridge.kinetics.reduced import Reduced
from scalebridge.ledger import Entry, Verdict
from scalebridge.scales import Cost, Scale, ScaleMap, Separation

Floats = npt.NDArray[np.float64]
_EMPTY = np.zeros(0)
UNKNOWN = "error bars are known up to the first event"
STAGES = ("full run", "time scales", "reduction", "error bars", "reduced SBML")


@dataclass(frozen=True)
class KineticsState:
    """What is known after each stage; arrays are empty before.

    Attributes:
        stage: number of stages done.
        names: states of the full network.
        full: values of the full model, shape (times, states).
        tau: time scales, shape (times, modes).
        fast_modes: shape (times,).
        gap: shape (times,).
        pointers: shape (times, states).
        reactions: names of the reactions.
        participation: share of each reaction in the fast modes, shape (times, reactions).
        importance: largest share of each reaction in the slow motion of a state, shape (times, reactions).
        fast: reactions or species taken as fast.
        reduced: values of the reduced model, shape (times, states).
        bars: half widths, same shape.
        fast_ratio: slowest fast over fastest slow time scale, shape (times,).
        slow: names of the slow variables.
        eliminated: species that follow.
        closed: whether all of them have formulas.
        evaluations: of the full and of the reduced right-hand side.
        sbml: the reduced model.
    """

    stage: int = 0
    names: tuple[str, ...] = ()
    full: Floats = field(default_factory=lambda: _EMPTY)
    tau: Floats = field(default_factory=lambda: _EMPTY)
    fast_modes: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    gap: Floats = field(default_factory=lambda: _EMPTY, metadata={"missing": "no gap at this time is wide enough"})
    pointers: Floats = field(default_factory=lambda: _EMPTY)
    reactions: tuple[str, ...] = ()
    participation: Floats = field(default_factory=lambda: _EMPTY)
    importance: Floats = field(default_factory=lambda: _EMPTY)
    fast: tuple[str, ...] = ()
    reduced: Floats = field(default_factory=lambda: _EMPTY)
    bars: Floats = field(default_factory=lambda: _EMPTY, metadata={"missing": UNKNOWN})
    fast_ratio: Floats = field(default_factory=lambda: _EMPTY, metadata={"missing": UNKNOWN})
    slow: tuple[str, ...] = ()
    eliminated: tuple[str, ...] = ()
    closed: bool = False
    evaluations: tuple[int, int] = (0, 0)
    sbml: str = ""


@functools.lru_cache(maxsize=4)
def network_of(sbml: str) -> Network:
    """Network of an SBML text, compiled once."""
    return Network.from_sbml_text(sbml)


@functools.lru_cache(maxsize=4)
def _reduction(sbml: str, fast: tuple[str, ...], form: Form, relation: Relation, start: float) -> Reduced:
    return network_of(sbml).reduce(list(fast), form, relation=relation, start=start)


@dataclass(frozen=True)
class Kinetics(Bridge[KineticsState]):
    """A reaction network and its quasi-steady reduction.

    Attributes:
        sbml: the model as SBML text.
        times: output times in the model's unit, ascending; the first is the start.
        fast: reactions or species taken as fast; empty for those marked in the model or found by detection.
        form: of the reduction.
        relation: what holds on the manifold.
        allowance: largest error that is accepted, relative to the largest value of a species.
        settle: share of the run at its start that is left out of comparisons, for the initial layer.
    """

    sbml: str
    times: tuple[float, ...]
    fast: tuple[str, ...] = ()
    form: Form = "auto"
    relation: Relation = "quasi-steady"
    allowance: float = 0.05
    settle: float = 0.01

    name: ClassVar[str] = "kinetics"

    def scales(self) -> ScaleMap:
        """Time scales of the Jacobian at the start; nothing is integrated."""
        network = network_of(self.sbml)
        simulation = network._simulation(self.times[0])
        if simulation.regime.dae:
            return ScaleMap((), ())
        j = simulation.regime.jacobian(simulation.t, simulation.y, simulation.p)
        speed = np.abs(np.linalg.eigvals(j).real)
        speed = speed[speed > 1e-12 * speed.max(initial=0.0)]
        end = self.times[-1] - self.times[0]
        fastest = 1.0 / float(speed.max(initial=1.0 / end))
        n = len(network.state_names)
        # a network has no length: a molecule to a cell, for the map only
        fine = Scale("full network", "fine", (1e-9, 1e-5), (fastest, end), float(n), 1e-6 * n)
        coarse = Scale("slow variables", "coarse", (1e-9, 1e-5), (min(10.0 * fastest, end), end), float(n), 1e-6 * n)
        stiff = 3.0 * end / fastest
        brute = Cost("explicit steps of the full model", 1e-7 * n * stiff, 8.0 * n, "end time over fastest time scale")
        ours = Cost("this bridge", 1.0, 1e8, "compilation and five stages; a second or two for tens of species")
        return ScaleMap((fine, coarse), (), brute, ours)

    def init(self, seed: np.random.SeedSequence) -> KineticsState:
        """Nothing is random: the seed is not used."""
        del seed
        return KineticsState()

    def done(self, state: KineticsState) -> bool:
        """Whether all stages are done."""
        return state.stage == len(STAGES)

    def progress(self, state: KineticsState) -> Progress:
        """Stages done."""
        return Progress(float(state.stage), float(len(STAGES)), STAGES[min(state.stage, len(STAGES) - 1)])

    def step(self, state: KineticsState, executor: Executor) -> Step[KineticsState]:
        """The next stage."""
        del executor
        stages = (self._full, self._timescales, self._reduce, self._bars, self._write)
        new, entries = stages[state.stage](state)
        return Step(replace(new, stage=state.stage + 1), entries)

    def finish(self, state: KineticsState) -> Outcome:
        """Data, headline numbers, pictures, the reduced model as SBML and as formulas."""
        from scalebridge.kinetics._outcome import outcome

        return outcome(self, state)

    # stages ----------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def _plain(self) -> Network:
        """The network with nothing marked as fast."""
        from scalebridge.kinetics._reduce import unmarked

        return unmarked(network_of(self.sbml))[0]

    def _full(self, state: KineticsState) -> tuple[KineticsState, tuple[Entry, ...]]:
        network = self._plain
        run = network.simulate(self.times)
        values = np.column_stack([run[n] for n in network.state_names])
        amounts = trajectory_amounts(network, run.names, run.values)
        sums = amounts @ network.moieties.T
        entries = [
            Entry("conserved moiety", "amount", float(s[-1]), float(s[0]), float(np.abs(m) @ np.abs(amounts).max(0)),
                  1e-6, _formula(m, network.state_names), self.times[-1])
            for s, m in zip(sums.T, network.moieties, strict=True)
        ]  # fmt: skip
        least, size = -float(amounts.min()), float(np.abs(amounts).max()) or 1.0
        what = "amounts not negative"
        entries.append(Entry(what, "amount", least, 0.0, size, 1e-6, "full model", self.times[-1], relation="<="))
        broken = {v.message: v.time for v in run.violations}
        for _, message in network.definition.constraints:
            at = broken.get(message, self.times[-1])
            entries.append(Entry("constraint of the model", "1", float(message in broken), 0.0, 1.0, 0.0, message, at))
        new = replace(state, names=network.state_names, full=values, evaluations=(run.evaluations, 0))
        return new, tuple(entries)

    def _timescales(self, state: KineticsState) -> tuple[KineticsState, tuple[Entry, ...]]:
        network = self._plain
        found = network.timescales(self.times)
        fast = self.fast or tuple(r.name for r in network_of(self.sbml).definition.reactions if r.fast)
        fast = fast or tuple(found.proposal())
        if not fast:
            raise InputError(
                "Nothing in this model is fast over this time: no gap in its time scales is wide enough. It has to be "
                "run in full; name fast species or reactions if you know better."
            )
        new = replace(
            state, tau=found.tau, fast_modes=found.fast, gap=found.gap, pointers=found.pointers, fast=fast,
            reactions=network.reactions, participation=found.participation,
            importance=found.importance.max(1, initial=0.0),
        )  # fmt: skip
        return new, (self._slope(network),)

    def _slope(self, network: Network) -> Entry:
        """The Jacobian against a difference of rates along the flow."""
        simulation = network._simulation(self.times[0])
        simulation.run(np.array([self.times[0], self.times[len(self.times) // 2]]))
        r, y, p, t = simulation.regime, simulation.y, simulation.p, simulation.t
        f = r.evaluate("f", t, y, p)
        h = 1e-6 * float(np.abs(y).max()) / max(float(np.abs(f).max()), 1e-300)
        along = (r.evaluate("f", t, y + h * f, p) - r.evaluate("f", t, y - h * f, p)) / (2.0 * h)
        exact = r.jacobian(t, y, p) @ f
        scale = float(np.linalg.norm(np.abs(r.jacobian(t, y, p)) @ np.abs(f))) or 1.0
        return Entry("Jacobian along the flow", "amount/time^2", float(np.linalg.norm(along - exact)), 0.0, scale, 1e-4,
                     "full model", t)  # fmt: skip

    def _made(self, state: KineticsState) -> Reduced:
        return _reduction(self.sbml, state.fast, self.form, self.relation, self.times[0])

    def _reduce(self, state: KineticsState) -> tuple[KineticsState, tuple[Entry, ...]]:
        reduced = self._made(state)
        c, full = reduced.coordinates, reduced.full
        n0 = full._simulation(self.times[0]).y
        entries = []
        for row in c.to_slow:
            if np.count_nonzero(row) > 1 and reduced.form == "total":
                size = float(np.abs(row) @ np.maximum(np.abs(n0), np.abs(reduced.start))) or 1.0
                both, where = (float(row @ n0), float(row @ reduced.start)), _formula(row, full.state_names)
                entries.append(Entry("slow total at the start", "amount", *both, size, 1e-8, where, self.times[0]))
        simulation = reduced.network._simulation(self.times[0])
        residual = simulation.regime.evaluate("f", simulation.t, simulation.y, simulation.p)[
            len(simulation.regime.states) :
        ]
        worst = float(np.abs(residual).max(initial=0.0))
        flux = float(
            np.abs(full.regime.jacobian(self.times[0], reduced.start, full._simulation(self.times[0]).p)).max()
        )
        scale = flux * float(np.abs(reduced.start).max()) or 1.0
        what, where = "algebraic equations at the start", "slow manifold"
        entries.append(Entry(what, "amount/time", worst, 0.0, scale, 1e-6, where, self.times[0]))
        new = replace(state, slow=reduced.slow, eliminated=reduced.fast, closed=reduced.closed)
        return new, tuple(entries)

    def _bars(self, state: KineticsState) -> tuple[KineticsState, tuple[Entry, ...]]:
        reduced = self._made(state)
        bars = reduced.error_bars(np.array(self.times))
        run = reduced.simulate(self.times)
        late = self.late & (np.array(self.times) < bars.known_until)
        entries = [self._whole(state, bars.values)] if bars.known_until <= self.times[-1] else []
        for k, name in enumerate(bars.names if late.any() else ()):
            size = float(np.abs(state.full[late, k]).max()) or 1.0
            error = float(np.abs(state.full[late, k] - bars.values[late, k]).max())
            bar = float(bars.bars[late, k].max())
            # 1e-6: what integrators leave
            entries.append(
                Entry("error within its bar", "model", error, bar, size, 1e-6, name, self.times[-1], relation="<=")
            )
            entries.append(Entry("bar within the allowance", "model", bar, self.allowance * size, size, 0.0, name,
                                 self.times[-1], relation="<=", severity=Verdict.WARNS))  # fmt: skip
        new = replace(
            state, reduced=bars.values, bars=bars.bars, fast_ratio=bars.fast_ratio,
            evaluations=(state.evaluations[0], run.evaluations),
        )  # fmt: skip
        return new, tuple(entries)

    @functools.cached_property
    def late(self) -> npt.NDArray[np.bool_]:
        """Which times are after the initial layer, shape (times,)."""
        return np.array(self.times) >= self.times[0] + self.settle * (self.times[-1] - self.times[0])

    def _whole(self, state: KineticsState, values: Floats) -> Entry:
        """Where events end the error bars, the reduced run is compared with the full one."""
        size = np.maximum(np.abs(state.full[self.late]).max(0), 1e-300)
        error = np.abs(state.full - values)[self.late].max(0) / size
        worst = int(error.argmax())
        return Entry("error through events, against the full run", "1", float(error[worst]), self.allowance, 1.0, 0.0,
                     state.names[worst], self.times[-1], relation="<=")  # fmt: skip

    def _write(self, state: KineticsState) -> tuple[KineticsState, tuple[Entry, ...]]:
        text = self._made(state).to_sbml()
        again = Network.from_sbml_text(text).simulate(self.times)
        entries = []
        for k, name in enumerate(state.names):
            size = float(np.abs(state.reduced[:, k]).max()) or 1.0
            difference = float(np.abs(again[name] - state.reduced[:, k]).max())
            entries.append(
                Entry("reduced SBML, read again", "model", difference, 0.0, size, 1e-6, name, self.times[-1])
            )
        return replace(state, sbml=text), tuple(entries)

    def separation(self, state: KineticsState) -> Separation:
        """Slow over fast time scales where they are closest, after the initial layer."""
        known = state.fast_ratio[self.late & np.isfinite(state.fast_ratio)]
        worst = float(known.max(initial=0.0)) if len(known) else float(np.nanmax(1.0 / state.gap, initial=0.0))
        return Separation(
            "slow / fast time scale", 1.0 / worst if worst > 0.0 else np.finfo(float).max, 20.0, 5.0,
            "the fast part must settle before the slow part moves; its lag is of the order of the inverse ratio",
        )  # fmt: skip


def _formula(row: Floats, names: tuple[str, ...]) -> str:
    terms = [f"{'' if w == 1.0 else f'{w:g} '}{n}" for w, n in zip(row, names, strict=True) if abs(w) > 1e-12]
    return " + ".join(terms[:6]) + (" + ..." if len(terms) > 6 else "")
