"""A model carried through time: integration piece by piece, with SBML's events, delays and fast reactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics._definition import TIME, Definition, Event
from scalebridge.kinetics._evaluate import evaluate
from scalebridge.kinetics._history import History
from scalebridge.kinetics._regime import Regime, Relaxation, make_regime, pick_branches, without_fast
from scalebridge.kinetics._sundials import Integrator
from scalebridge.kinetics._system import System, amount_symbol, build

Floats = npt.NDArray[np.float64]


@dataclass
class _Pending:
    """An event that was triggered and waits."""

    event: Event
    time: float
    values: dict[str, float] | None


class Simulation:
    """One run of a model. Use once.

    Args:
        definition: the model.
        start: first time.
        rtol: relative tolerance.
        atol: absolute tolerance of amounts; None for 1e-4 `rtol` times the largest amount at the start.
        overrides: initial values of stored symbols that replace the model's.
        regime: a compiled regime of the start to use again.
    """

    def __init__(
        self, definition: Definition, start: float = 0.0, *, rtol: float = 1e-8, atol: float | None = None,
        max_steps: int = 100_000, overrides: dict[Any, float] | None = None, cache: dict[Any, Any] | None = None,
    ) -> None:  # fmt: skip
        self.d, self.t, self.rtol, self.atol, self.max_steps = definition, start, rtol, atol, max_steps
        self.cache = {} if cache is None else cache
        self.plain: System = self._cached("plain", lambda: build(definition))
        self.store: dict[Any, float] = {s: v for s, v in self.plain.starts.items() if not s.name.startswith("total(")}
        self.store.update(overrides or {})
        self.pending: list[_Pending] = []
        self.was = [e.initial for e in definition.events]
        self.warnings: list[str] = []
        self.violated: dict[int, float] = {}
        self.first_event = np.inf
        self.integrator: Integrator | None = None
        self.y, self.p = np.zeros(0), np.zeros(0)
        self.steps = self.evaluations = 0
        self.history: History | None = None
        self._window_end = np.inf
        self._roots_here, self._leaps, self._moved_at, self._span = 0, 0, -np.inf, 0.0
        if self.plain.delays:
            self._start_history()
        self._settle()
        self._events()
        self._check_constraints()

    def _cached(self, key: Any, make: Any) -> Any:
        if key not in self.cache:
            self.cache[key] = make()
        return self.cache[key]

    # regimes ---------------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Find the regime of the stored values, relax fast reactions, solve unknowns, start the integrator."""
        t = self.t
        inactive: frozenset[str] = frozenset()
        ahead = self.store
        if self.plain.fast is not None:
            key = ("relax", self._fast_stoichiometry())
            relaxation: Relaxation = self._cached(key, lambda: Relaxation(build(self.d, self.store)))
            later = self._a_little_later()
            inactive = relaxation.standing(t, later)
            self.store = relaxation.relax(t, self.store)
            ahead = relaxation.relax(t, later)
        branch = (inactive, self._fast_stoichiometry(), self._signature(t, ahead, inactive))
        if self.plain.fast is None:
            regime = self._cached("regime", lambda: make_regime(self.d, None, inactive, t))
        else:
            regime = self._cached(branch, lambda: make_regime(self.d, ahead, inactive, t))
        same = self.integrator is not None and regime is self.regime
        self.regime: Regime = regime
        self.y, p = regime.begin(self.t, self.store)
        if same:
            self.p[:] = p
        else:
            self.p = p
        if self.history is not None:
            self._set_delayed(self.t)
        try:
            self.y = regime.solve_unknowns(self.t, self.y, self.p)
        except ConvergenceError:
            self._blame_fast(1e8)
            raise
        self._blame_fast(1e13)
        self._hold()
        if not same:
            self._collect()
            self.integrator = self._new_integrator()
        yp = regime.rates_at(self.t, self.y, self.p) if regime.dae else None
        self.integrator.start(self.t, self.y, yp)  # type: ignore[union-attr]

    def _blame_fast(self, worst: float) -> None:
        """Say so where it is the fast reactions that have no regular equilibrium."""
        if self.plain.fast is not None:
            self.regime.refuse_singular(self.t, self.y, self.p, worst)

    def _advance(self, end: float, **how: Any) -> bool:
        assert self.integrator is not None
        try:
            return self.integrator.advance(end, **how)
        except ConvergenceError:
            self._blame_fast(1e8)
            raise

    def _fast_stoichiometry(self) -> tuple[float, ...]:
        if self.plain.fast is None:
            return ()
        names = {
            s for r in self.d.reactions if r.fast for _, n in (*r.reactants, *r.products) for s in n.free_symbols
        }  # fmt: skip
        return tuple(self.store.get(s, 0.0) for s in sorted(names, key=lambda s: s.name))

    def _a_little_later(self) -> dict[Any, float]:
        """Stored values after a moment of slow reactions: it shows which of two exhausted species stays so, and which
        reactions only wait for a catalyst."""
        moment = 1e-9 * max(abs(self.t), 1e-3)
        values = {**self.store, TIME: self.t}
        rates = self._cached("slow rates", lambda: _slow_rates(self.plain))
        later = dict(self.store)
        for s, rate in rates.items():
            change = moment * evaluate(rate, values)
            later[s] += change if np.isfinite(change) else 0.0
        return later

    def _signature(self, t: float, store: dict[Any, float], inactive: frozenset[str]) -> tuple[Any, ...]:
        """Which branch and which vanishing factor each fast rate has."""
        if self.plain.fast is None:
            return ()
        system = build(without_fast(self.d, inactive), store)
        if system.fast is None:
            return ()
        pick_branches(system, store, t)
        return tuple(str(g) for g in system.residuals)

    def _new_integrator(self) -> Integrator:
        r = self.regime
        atol = 1e-4 * self.rtol * self._scales() if self.atol is None else self.atol
        differential = np.r_[np.ones(len(r.states)), np.zeros(len(r.unknowns))]
        return Integrator(
            r.size, r.callbacks, self.p, dae=r.dae, roots=len(r.roots), rtol=self.rtol, atol=atol,
            differential=differential, max_steps=self.max_steps,
        )  # fmt: skip

    def _scales(self) -> Floats:
        """Size of each unknown: the largest of its kind at the start, since many start at zero."""
        names = self.regime.names
        values = np.abs(np.nan_to_num(self.outputs()))
        kinds: dict[str, float] = {}
        of = [("amount" if n.startswith("amount(") else self._kind(n)) for n in names]
        for kind, value in zip(of, values.tolist(), strict=True):
            kinds[kind] = max(kinds.get(kind, 0.0), value)
        for s, v in zip(self.regime.variables, np.abs(self.y).tolist(), strict=True):
            kind = self._kind(s.name)
            kinds[kind] = max(kinds.get(kind, 0.0), v)
        return np.array([kinds[self._kind(s.name)] or 1.0 for s in self.regime.variables])

    def _kind(self, name: str) -> str:
        if name.startswith(("amount(", "total")):
            return "amount"
        v = self.d.variables.get(name)
        return "other" if v is None or v.kind in ("parameter", "stoichiometry") else v.kind

    def _collect(self) -> None:
        if self.integrator is not None:
            steps, evaluations = self.integrator.counts()
            self.steps, self.evaluations = self.steps + steps, self.evaluations + evaluations

    def counts(self) -> tuple[int, int]:
        """Steps and evaluations of the right-hand side so far."""
        now = self.integrator.counts() if self.integrator is not None else (0, 0)
        return self.steps + now[0], self.evaluations + now[1]

    def _hold(self) -> None:
        """Stored quantities from the vectors."""
        held = self.regime.evaluate("hold", self.t, self.y, self.p)
        self.store.update(zip(self.regime.stored, held.tolist(), strict=True))

    def outputs(self) -> Floats:
        """Every identifier and amount now."""
        return np.asarray(self.regime.outputs(np.array([self.t]), self.y[None], self.p)[0])

    # events ----------------------------------------------------------------------------------------------------------

    def _triggers(self, t: float, y: Floats) -> list[bool]:
        return [bool(v) for v in self.regime.evaluate("trigger", t, y, self.p)]

    def _numbers(self, table: dict[str, Any]) -> dict[str, float]:
        b = self.plain.builder  # type: ignore[attr-defined]
        values = {**self.store, TIME: self.t}
        if self.history is not None:
            values.update(
                {s: float(v) for s, v in zip([d[0] for d in self.plain.delays], self._delayed(self.t), strict=True)}
            )
        return {name: evaluate(b.resolve(e), values) for name, e in table.items()}

    def _events(self, *, fall: bool = True) -> bool:
        """Trigger and execute everything that is due; whether anything jumped.

        With `fall` false no trigger becomes false before something jumps: equations that are solved again at the time
        of a root may move a value back across it by the last digits.
        """
        if not self.d.events:
            return False
        jumped = False
        for _ in range(10_000):
            self._look(fall=fall or jumped)
            due = [q for q in self.pending if q.time <= self.t + 1e-13 * max(1.0, abs(self.t))]
            if not due:
                return jumped
            order = [self._priority(q) for q in due]
            chosen = due[int(np.argmax(order))]
            self.pending.remove(chosen)
            self._execute(chosen)
            jumped = True
        raise ConvergenceError(f"Events trigger each other without end at t = {self.t:g}.")

    def _look(self, *, fall: bool) -> None:
        now = self._triggers(self.t, self.y)
        if not fall:
            now = [a or b for a, b in zip(now, self.was, strict=True)]
        for i, event in enumerate(self.d.events):
            if now[i] and not self.was[i]:
                delay = self._numbers({"d": event.delay})["d"] if event.delay is not None else 0.0
                values = self._numbers(dict(event.assignments)) if event.at_trigger else None
                self.pending.append(_Pending(event, self.t + delay, values))
            if not now[i] and not event.persistent:
                self.pending = [q for q in self.pending if q.event is not event]
        self.was = now

    def _priority(self, q: _Pending) -> float:
        if q.event.priority is None:
            return -np.inf
        return self._numbers({"p": q.event.priority})["p"]

    def _execute(self, q: _Pending) -> None:
        self.first_event = min(self.first_event, self.t)
        values = q.values if q.values is not None else self._numbers(dict(q.event.assignments))
        b = self.plain.builder  # type: ignore[attr-defined]
        before = dict(self.store)
        for name, value in values.items():
            if b.base[name] != amount_symbol(name):
                self.store[b.base[name]] = value
        for name, value in values.items():
            v = self.d.variables[name]
            if b.base[name] == amount_symbol(name):
                if b.concentration(v):
                    value *= evaluate(b.value(v.compartment), {**self.store, TIME: self.t})
                self.store[b.base[name]] = value
        self._rescale(values, before)
        self._settle()

    def _rescale(self, values: dict[str, float], before: dict[Any, float]) -> None:
        """Concentrations held by rate rules, where a compartment jumped: amounts stay."""
        b = self.plain.builder  # type: ignore[attr-defined]
        for name in self.d.rates:
            v = self.d.variables[name]
            if v.kind == "species" and b.concentration(v) and name not in values and v.compartment in values:
                size = b.base.get(v.compartment)
                if size is not None:
                    self.store[b.base[name]] *= before[size] / self.store[size]

    # delays ----------------------------------------------------------------------------------------------------------

    def _start_history(self) -> None:
        self.history = History(len(self.plain.delays))
        b = self.plain.builder  # type: ignore[attr-defined]
        values = {**self.store, TIME: self.t}
        first = []
        for s, e, _ in b.delays.values():
            values[s] = b.at_start(e)
            first.append(values[s])
        self.store.update({s: v for (s, _, _), v in zip(self.plain.delays, first, strict=True)})
        self.history.add(self.t, np.array(first))

    def _delayed(self, t: float) -> Floats:
        assert self.history is not None
        lag = self.regime.evaluate("lag", t, self.y, self.p)
        return np.array([self.history.at(k, t - h) for k, h in enumerate(lag)])

    def _set_delayed(self, t: float) -> None:
        """Quadratics in time that follow the past from now until the end of a window."""
        assert self.history is not None
        n = len(self.plain.delays)
        lag = self.regime.evaluate("lag", t, self.y, self.p)
        positive = lag[lag > 0.0]
        window = float(positive.min()) / 50.0 if len(positive) else 1.0
        self._window_end = min(t + window, self.history.next_break(t, lag))
        window = self._window_end - t
        inside = np.array([1e-6, 0.5, 1.0 - 1e-6])
        powers = np.linalg.inv(np.vander(inside, 3, increasing=True))
        first = len(self.regime.system.parameters)
        for k, h in enumerate(lag.tolist()):
            seen = [self.history.at(k, t + u * window - h) for u in inside.tolist()]
            self.p[first + 3 * k :][:3] = powers @ seen / window ** np.arange(3)
        self.p[first + 3 * n] = t
        self.store.update({s: float(v) for (s, _, _), v in zip(self.plain.delays, self._delayed(t), strict=True)})

    # time ------------------------------------------------------------------------------------------------------------

    def run(self, times: Floats) -> Floats:
        """Every identifier and amount at `times`, shape (times, names).

        Raises:
            InputError: times not ascending or before the start.
            ConvergenceError: the integrator gave up.
        """
        if len(times) and (times[0] < self.t or np.any(np.diff(times) < 0.0)):
            raise InputError("Output times must ascend and not lie before the start.")
        if self.regime.roots or self.d.events or self.d.constraints or self.history is not None:
            return self._run_with_events(times)
        return self._run_plain(times)

    def _run_plain(self, times: Floats) -> Floats:
        ys = np.empty((len(times), self.regime.size))
        integrator = self.integrator
        assert integrator is not None
        for k, t in enumerate(times.tolist()):
            if t > integrator.t:
                self._advance(t)
            ys[k] = integrator.y
        self.y = integrator.y
        self.t = integrator.t
        return self.regime.outputs(times, ys, self.p)

    def _run_with_events(self, times: Floats) -> Floats:
        out = np.empty((len(times), len(self.regime.names)))
        self._span = float(times[-1]) - self.t
        k = self._record(times, out, 0)
        while k < len(times):
            k = self._leap(times, out, k)
        return out

    def _record(self, times: Floats, out: Floats, k: int) -> int:
        """Outputs that are due at the present time."""
        near = 1e-11 * max(1.0, abs(self.t))
        while k < len(times) and times[k] <= self.t + near:
            out[k] = self.outputs()
            k, self._leaps = k + 1, 0
        return k

    def _leap(self, times: Floats, out: Floats, k: int) -> int:
        """One step of the integrator, with what happens in it."""
        integrator = self.integrator
        assert integrator is not None
        horizon = min([times[-1], *[q.time for q in self.pending]])
        if self.history is not None:
            horizon = min(horizon, self._window_end)
        before = self.t
        root = False
        if horizon > self.t:
            root = self._advance(horizon, stop=horizon, one_step=True)
            self._stepped(before, integrator.t)
        t = integrator.t if horizon > self.t else horizon
        near = 1e-11 * max(1.0, abs(t))
        while k < len(times) and times[k] < t - near:
            y = integrator.at(times[k])
            out[k] = self.regime.outputs(times[k : k + 1], y[None], self.p)[0]
            k += 1
        if self.history is not None:
            self._remember(before, t)
        self.t, self.y = t, integrator.y.copy()
        self._refuse_chatter(t, root=root)
        if root:
            self._at_root()
            # a hair beyond the root, where conditions have their new value
            nudge = 1e-10 * max(abs(t), 1e-3)
            self.y = self.y + nudge * self.regime.rates_at(t, self.y, self.p)
            self.t += nudge
        self._hold()
        if self.plain.fast is not None and self._used_up():
            self._settle()
        jumped = bool(self.d.events) and self._events()
        if root and not jumped:
            # what was integrated beyond the root must not outrun an event that waits
            integrator.start(self.t, self.y, self.regime.rates_at(self.t, self.y, self.p))
        if root and self.regime.switches and not jumped:
            self._settle()
            jumped = bool(self.d.events) and self._events(fall=False)
        if root:
            self._left_root()
        if self.history is not None and not jumped and t >= self._window_end:
            self._settle()
        if jumped and self.history is not None:
            self._remember(self.t, self.t)
        self._check_constraints()
        return self._record(times, out, k)

    def _check_constraints(self) -> None:
        """Note when each constraint of the model is first false."""
        if self.d.constraints:
            for i, holds in enumerate(self.regime.evaluate("constraint", self.t, self.y, self.p)):
                if not holds:
                    self.violated.setdefault(i, self.t)

    def _refuse_chatter(self, t: float, *, root: bool) -> None:
        """Conditions that undo each other at once, as in sliding modes, would never let time pass."""
        if t - self._moved_at > 1e-6 * self._span:
            self._roots_here, self._moved_at = 0, t
        self._roots_here += root
        self._leaps += 1
        if self._roots_here > 2000 or self._leaps > self.max_steps:
            raise ConvergenceError(
                f"At t = {t:g} time hardly moves on: a condition in the model switches back and forth without end (the "
                "rates on both sides of it lead back to it), or values blow up. Make the change of rates smooth, or "
                "the trigger not undo itself; where the model is right, allow more steps (max_steps)."
            )

    def _stepped(self, before: float, now: float) -> None:
        """Called after a step, before anything that happens at its end; for what is carried along with the solution."""

    def _at_root(self) -> None:
        """Called at the zero of a root function, before anything jumps."""

    def _left_root(self) -> None:
        """Called when everything that happens at a zero has happened."""

    def _used_up(self) -> bool:
        """Whether a fast species fell below zero: two started at zero together, and the wrong one was held."""
        fast = self.plain.fast
        amounts = np.array([self.store[s] for s in fast.species]) if fast is not None else np.zeros(0)
        return bool(amounts.min(initial=0.0) < -1e-9 * np.abs(amounts).max(initial=0.0))

    def _remember(self, before: float, now: float) -> None:
        assert self.history is not None
        assert self.integrator is not None
        if now <= before:
            self.history.add(now, self.regime.evaluate("delayed", now, self.y, self.p))
            return
        for s in np.linspace(before, now, 5)[1:]:
            self.history.add(float(s), self.regime.evaluate("delayed", float(s), self.integrator.at(float(s)), self.p))


def _slow_rates(system: System) -> dict[Any, Any]:
    """Rates of stored quantities by slow reactions and rate rules."""
    b = system.builder  # type: ignore[attr-defined]
    rates = {amount_symbol(s): b.reaction_change(s, fast=False) for s in b.changed}
    return rates | {b.base[n]: b.resolve(e) for n, e in system.definition.rates.items()}
