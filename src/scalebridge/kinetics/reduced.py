"""The reduced network: fast species follow the slow ones; formulas, simulation, SBML and an error bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import sympy as sp

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics._closed_form import solve
from scalebridge.kinetics._definition import TIME, Definition, Event, Variable, symbol
from scalebridge.kinetics._native import NativeModule, Outputs
from scalebridge.kinetics._simulate import Simulation
from scalebridge.kinetics._slow_coordinates import (
    Coordinates,
    kept_coordinates,
    refine,
    settle,
    total_coordinates,
    without_conserved,
)
from scalebridge.kinetics._system import amount_symbol
from scalebridge.kinetics.network import Form, Network, Trajectory, checked_times, violations

if TYPE_CHECKING:
    from scalebridge.kinetics._error_bars import ErrorBars
    from scalebridge.kinetics._fallback import SafeRun
    from scalebridge.kinetics.sensitivity import Sensitivities

Floats = npt.NDArray[np.float64]
Initial = Literal["fibre", "given", "first-order"]
Relation = Literal["quasi-steady", "equilibrium", "refined"]


@dataclass(frozen=True)
class Reduced:
    """A network whose fast part follows its slow part.

    Attributes:
        full: the network it was made from, nothing marked as fast.
        network: the reduced network; it has the same species and can be simulated, written and reduced again.
        form: ``total``, ``standard`` or ``reverse``.
        fast: species that follow.
        fast_reactions: reactions taken as fast; empty where species were named in the standard form.
        coordinates: slow and fast coordinates.
        solutions: closed forms by fast species; empty where the equations are solved numerically.
        start: amounts of the states on the slow manifold at the start, shape (states,).
        relation: what holds on the manifold.
        initial: how the slow start was chosen.
        begin: first time.
    """

    full: Network
    network: Network
    form: Form
    fast: tuple[str, ...]
    fast_reactions: tuple[str, ...]
    coordinates: Coordinates
    solutions: Mapping[str, Any]
    start: Floats
    relation: Relation = "quasi-steady"
    initial: Initial = "fibre"
    begin: float = 0.0

    @property
    def slow(self) -> tuple[str, ...]:
        """Names of the variables that are still integrated."""
        return tuple(s.name for s in self.network.system.states)

    @property
    def closed(self) -> bool:
        """Whether every fast species has a formula."""
        return len(self.solutions) == len(self.fast)

    def simulate(self, times: npt.ArrayLike, *, rtol: float = 1e-8, atol: float | None = None) -> Trajectory:
        """Integrate the reduced model; arguments and errors as in `Network.simulate`."""
        return self.network.simulate(times, rtol=rtol, atol=atol)

    def continue_from(self, amounts: Floats, times: npt.ArrayLike, *, rtol: float = 1e-8) -> Trajectory:
        """Integrate the reduced model from amounts of the full model's states at the first time.

        Args:
            amounts: shape (states,); what fast reactions conserve of them is kept.
            times: ascending.
            rtol: relative tolerance.
        """
        grid = checked_times(times)
        z = self.coordinates.to_slow @ amounts
        values = {s: float(x) / size for x, (s, size) in zip(z, self.slow_symbols(), strict=True) if s is not None}
        simulation = Simulation(
            self.network.definition, float(grid[0]), rtol=rtol, overrides=values, cache=self.network._cache
        )
        out = simulation.run(grid)
        return Trajectory(grid, tuple(simulation.regime.names), out, *simulation.counts(), violations(simulation))

    def slow_symbols(self) -> list[tuple[Any, float]]:
        """How each slow coordinate is stored in the reduced network: symbol (None where it is not) and divisor."""
        stored = set(self.network.system.starts)
        out: list[tuple[Any, float]] = []
        for i in self.coordinates.slow:
            name = self.full.state_names[i]
            stem = f"total_{name}"
            totals = [symbol(n) for n in self.network.definition.variables if n.rstrip("_") == stem]
            total = next((t for t in totals if t in stored), None)
            own = symbol(name) if symbol(name) in stored else None
            out.append((total, 1.0) if total is not None else (own, _size(self.full, name)))
        return out

    @property
    def keeps_totals(self) -> bool:
        """Whether the slow coordinates at the start are those of the full model's start."""
        return self.initial == "given" or (self.initial == "fibre" and self.form == "total")

    def at(self, values: Mapping[str, float]) -> Reduced:
        """The same reduction of the model with other initial values and parameters."""
        return reduce_network(
            self.full.with_values(values), list(self.fast_reactions if self.form == "total" else self.fast),
            self.form, None, initial=self.initial, start=self.begin, closed_form=False, relation=self.relation,
        )  # fmt: skip

    def sensitivities(self, times: npt.ArrayLike, parameters: Sequence[str], **options: Any) -> Sensitivities:
        """Derivatives of the reduced run by parameters and initial values of the full model.

        Arguments and errors as in `Network.sensitivities`; how the start is projected is differentiated, too.
        """
        from scalebridge.kinetics.sensitivity import reduced_sensitivities

        return reduced_sensitivities(self, times, list(parameters), **options)

    def simulate_safely(self, times: npt.ArrayLike, allowance: float = 0.05) -> SafeRun:
        """Integrate the reduced model where its error bar is within the allowance, the full model elsewhere.

        Args:
            times: ascending.
            allowance: largest error, relative to the largest value of each species so far.

        Raises:
            InputError: the model has events, or the allowance is not positive.
        """
        from scalebridge.kinetics._fallback import safe_run

        return safe_run(self, checked_times(times), allowance)

    def error_bars(self, times: npt.ArrayLike, **options: Any) -> ErrorBars:
        """How far the reduced model is from the full one, per species and time, without running the full one."""
        from scalebridge.kinetics._error_bars import error_bars

        return error_bars(self, checked_times(times), **options)

    def formulas(self) -> dict[str, str]:
        """The reduced model as formulas: fast species, expressed species, and rates of the slow variables."""
        d = self.network.definition
        out = {name: sp.sstr(e) for name, e in d.assigned.items()}
        out.update({f"0 = ({k + 1})": sp.sstr(e) for k, e in enumerate(d.algebraic)})
        out.update({f"d({name})/dt": sp.sstr(e) for name, e in d.rates.items()})
        return out

    def to_sbml(self, path: str | Path | None = None) -> str:
        """The reduced model as SBML Level 3, also written to `path`; checked by libSBML.

        Raises:
            ScalebridgeError: libSBML finds a fault.
        """
        from scalebridge.kinetics._sbml_write import write

        text = write(self.network.definition)
        if path is not None:
            Path(path).write_text(text)
        return text

    def __repr__(self) -> str:
        how = "closed form" if self.closed else f"{len(self.fast) - len(self.solutions)} algebraic equations"
        counts = f"{len(self.slow)} slow, {len(self.fast)} fast by {how}"
        return f"Reduced '{self.full.definition.name}' ({self.form}): {counts}"


def reduce_network(
    network: Network, fast: list[str] | None, form: Form, times: npt.ArrayLike | None, *,
    initial: Initial = "fibre", start: float = 0.0, closed_form: bool = True,
    relation: Relation = "quasi-steady", allowance: float | None = None,
) -> Reduced:  # fmt: skip
    """See `Network.reduce`.

    Args:
        network: the full network.
        fast: reactions or species.
        form: of the reduction.
        times: where to look for fast parts.
        initial: slow start: ``fibre`` conserves what fast reactions conserve, ``given`` keeps the model's values,
            ``first-order`` adds what slow reactions did during the initial layer.
        start: first time.
        relation: what holds on the manifold: the fast species are at rest under all reactions (``quasi-steady``), under
            the fast ones alone (``equilibrium``), or their rates are (``refined``: one order better, no formulas).
        closed_form: look for formulas; otherwise the equations stay algebraic.
        allowance: largest error bar along `times`, after the initial layer and relative to the largest value of each
            species, with which the quasi-steady relation is kept; beyond it the refined one is taken. None to keep it.
    """
    if allowance is not None:
        how = {"initial": initial, "start": start, "closed_form": closed_form}
        return _within(network, fast, form, times, allowance, how)
    full, marked = unmarked(network)
    if fast is None:
        fast = marked or _proposed(full, times)
    reactions = [n for n in fast if n in full.reactions]
    species = [n for n in fast if n in full.state_names]
    _refuse_unknown(full, fast, reactions, species)
    if full.system.unknowns or full.definition.algebraic:
        raise InputError("The model has algebraic rules: solve these first; only models of rates are reduced.")
    if form == "auto":
        form = "total" if reactions or _fast_columns(full, species) is not None else "standard"
    p = _start_vectors(full, start)[1]
    n0 = _start_vectors(full, start)[0]
    if form == "total":
        names = reactions or _fast_columns(full, species)
        if not names:
            raise InputError(f"No fast reactions belong to {', '.join(species)}: use form='standard'.")
        coordinates = _totals(full, names, species, n0, p)
        fibre = coordinates
    else:
        if not species:
            raise InputError(f"The {form} form takes names of species, e.g. fast=['ES']; found reactions {reactions}.")
        names = _fast_columns(full, species) or []
        index = [full.state_names.index(n) for n in species]
        coordinates = kept_coordinates(len(full.state_names), full.stoichiometry, index)
        fibre = _totals(full, names, species, n0, p) if names and initial != "given" else coordinates
    if not coordinates.fast:
        raise InputError("The fast reactions change no species: nothing can be eliminated.")
    coordinates = without_conserved(coordinates, full.stoichiometry, n0)
    if relation == "equilibrium" and form != "total":
        raise InputError("relation='equilibrium' needs fast reactions: use form='total'.")
    quick = _field(full, p, start, names if relation == "equilibrium" else None)
    settled = settle(quick, coordinates, n0, start, fibre)
    if initial == "first-order":
        settled = _after_layer(full, p, coordinates, n0, settled, start)
    if relation == "refined":
        settled = refine(_field(full, p, start, None), coordinates, settled, start)
    made = _assemble(full, form, tuple(names), coordinates, settled, start, closed_form, relation)
    return replace(made, initial=initial, begin=start)


def _within(
    network: Network, fast: list[str] | None, form: Form, times: npt.ArrayLike | None, allowance: float,
    how: Mapping[str, Any],
) -> Reduced:  # fmt: skip
    """The simplest relation whose error bars are within an allowance.

    Raises:
        ConvergenceError: even the refined relation is not.
    """
    if times is None or not allowance > 0.0:
        raise InputError(f"An allowance is a positive number and needs times=[...]; found {allowance} and {times}.")
    grid, worst, where = checked_times(times), np.inf, ""
    first = reduce_network(network, fast, form, times, **how)
    chosen = list(first.fast_reactions) if first.form == "total" else list(first.fast)
    for relation in ("quasi-steady", "refined"):
        made = first if relation == "quasi-steady" else reduce_network(
            first.full, chosen, first.form, None, relation=relation, **how)  # fmt: skip
        bars = made.error_bars(grid)
        late = grid > grid[0] + 10.0 * bars.layer
        size = np.maximum(np.abs(bars.values).max(0), 1e-6 * float(np.abs(bars.values).max()))
        share = bars.bars[late].max(0, initial=0.0) / np.maximum(size, 1e-300)
        worst, where = float(share.max()), bars.names[int(share.argmax())]
        if worst <= allowance:
            return made
    raise ConvergenceError(
        f"No reduction is within the allowance of {allowance:g}: the error bar of {where} is {worst:.2g} even on the "
        "refined manifold. Allow more, name fewer species as fast, or run the model in full (simulate_safely)."
    )


def _field(
    full: Network, p: Floats, t: float, reactions: Sequence[str] | None
) -> Callable[[Floats], tuple[Floats, Floats]]:
    """Rates and Jacobian of all states at one time; only those of some reactions where these are given."""
    if reactions is None:
        return lambda n: (full.regime.evaluate("f", t, n, p), full.regime.jacobian(t, n, p))
    columns = [full.reactions.index(r) for r in reactions]
    states = full.system.states
    s = full.stoichiometry[:, columns]
    velocity = [full.system.reaction_rates[r] for r in reactions]
    module = NativeModule(
        [Outputs("v", [*velocity, *(sp.diff(v, x) for v in velocity for x in states)],
                 range(len(velocity) * (1 + len(states))))], TIME, states, full.regime.parameters,
    )  # fmt: skip
    call = module.function("v")

    def field(n: Floats) -> tuple[Floats, Floats]:
        out = np.empty(len(velocity) * (1 + len(states)))
        call(t, n.ctypes.data, p.ctypes.data, out.ctypes.data)
        assert module is not None
        return s @ out[: len(velocity)], s @ out[len(velocity) :].reshape(len(velocity), len(states))

    return field


def _after_layer(full: Network, p: Floats, c: Coordinates, n0: Floats, settled: Floats, start: float) -> Floats:
    """Start of the slow coordinates after the slow reactions of the initial layer, to first order."""
    from scalebridge.kinetics._error_bars import blocks

    b = blocks(full, p, c, settled, start)
    w0 = (n0 - settled)[list(c.fast)]
    z = c.to_slow @ settled - b.fw @ np.linalg.solve(b.gw, w0)
    n = c.amounts(z, settled[list(c.fast)])
    return settle(_field(full, p, start, None), c, n, start)


def unmarked(network: Network) -> tuple[Network, list[str]]:
    """The network with nothing marked as fast, and what was marked."""
    d = network.definition
    marked = [r.name for r in d.reactions if r.fast]
    if not marked:
        return network, []
    return Network(replace(d, reactions=tuple(replace(r, fast=False) for r in d.reactions))), marked


def _proposed(full: Network, times: npt.ArrayLike | None) -> list[str]:
    if times is None:
        raise InputError(
            "No reaction is marked as fast. Name the fast reactions or species, or give times=[...] along which to "
            "look for them."
        )
    found = full.timescales(times).proposal()
    if not found:
        raise InputError(
            "No fast part was found along these times: no gap in the time scales is wide enough. The model has to be "
            "run in full."
        )
    return found


def _refuse_unknown(full: Network, fast: list[str], reactions: list[str], species: list[str]) -> None:
    known = {*reactions, *species}
    for name in fast:
        if name not in known:
            what = "is not changed by the model" if name in full.definition.variables else "is not in the model"
            raise InputError(
                f"'{name}' {what}; reactions: {', '.join(full.reactions[:20])}; "
                f"species: {', '.join(full.state_names[:20])}."
            )
    if reactions and species:
        raise InputError("Name fast reactions or fast species, not both.")
    if not fast:
        raise InputError("Nothing is named as fast.")


def _start_vectors(full: Network, start: float) -> tuple[Floats, Floats]:
    simulation = full._simulation(start)
    return simulation.y.copy(), simulation.p


def _self_rates(full: Network, n: Floats, p: Floats, start: float) -> Floats:
    """How fast each reaction uses up its own drive, -S_j . dv_j/dN, shape (reactions,)."""
    system = full.system
    values = dict(zip(system.states, n.tolist(), strict=True)) | dict(
        zip(full.regime.parameters, p.tolist(), strict=False)
    )
    values[TIME] = start
    from scalebridge.kinetics._evaluate import evaluate

    out = np.zeros(len(full.reactions))
    for j, name in enumerate(full.reactions):
        v = system.reaction_rates[name]
        for i, s in enumerate(system.states):
            if full.stoichiometry[i, j] and s in v.free_symbols:
                out[j] -= full.stoichiometry[i, j] * evaluate(sp.diff(v, s), values)
    return out


def _fast_columns(full: Network, species: Sequence[str]) -> list[str] | None:
    """The reactions that make species fast: the fastest that move them independently, and all in their span."""
    s = full.stoichiometry
    rows = [full.state_names.index(n) for n in species]
    touching = [j for j in range(s.shape[1]) if np.any(s[rows, j])]
    n0, p = _start_vectors(full, 0.0)
    trial = n0 + 1e-3 * max(float(np.abs(n0).max()), 1e-300)
    speed = _self_rates(full, trial, p, 0.0)
    chosen: list[int] = []
    for j in sorted(touching, key=lambda j: -speed[j]):
        if np.linalg.matrix_rank(s[np.ix_(rows, [*chosen, j])]) > len(chosen):
            chosen.append(j)
    if len(chosen) < len(rows):
        return None
    rank = np.linalg.matrix_rank(s[:, chosen])
    return [full.reactions[j] for j in touching if np.linalg.matrix_rank(s[:, [*chosen, j]]) == rank]


def _totals(full: Network, names: Sequence[str], species: Sequence[str], n0: Floats, p: Floats) -> Coordinates:
    columns = [full.reactions.index(n) for n in names]
    s = full.stoichiometry[:, columns]
    reactions = {r.name: r for r in full.definition.reactions}

    def company(i: int) -> tuple[bool, float, float]:
        """Complexes, which stand alone on their side, come first; then what turns over fastest."""
        name = full.state_names[i]
        sides = []
        for n in names:
            r = reactions[n]
            for side in (r.reactants, r.products):
                if any(x == name for x, _ in side):
                    sides.append(len(side))
        trial = n0 + 1e-3 * max(float(np.abs(n0).max()), 1e-300)
        return (
            name not in species,
            float(np.mean(sides)) if sides else 9.0,
            -abs(full.regime.jacobian(0.0, trial, p)[i, i]),
        )

    order = sorted(range(len(full.state_names)), key=company)
    return total_coordinates(len(full.state_names), s, order)


# the reduced definition ----------------------------------------------------------------------------------------------


def _assemble(
    full: Network, form: Form, names: tuple[str, ...], c: Coordinates, settled: Floats, start: float, closed_form: bool,
    relation: Relation,
) -> Reduced:  # fmt: skip
    system, d = full.system, full.definition
    states = system.states
    fast = [states[i] for i in c.fast]
    totals, expressed, rates = _slow_part(full, c)
    table = dict(expressed)
    equations = [e.xreplace(table) for e in _manifold(full, c, names, relation)]
    closed_form = closed_form and relation != "refined"
    at = _numbers(full, c, settled, totals, start)
    solved, left = solve(equations, fast, at) if closed_form else ({}, list(zip(equations, fast, strict=True)))
    back = _identifiers(full)
    variables = dict(d.variables)
    for i, s in enumerate(states):
        name = full.state_names[i]
        v = variables[name]
        value = float(settled[i])
        if s == amount_symbol(name):
            variables[name] = replace(v, value=value, amount=True, boundary=True, constant=False)
        else:
            variables[name] = replace(v, value=value)
    assigned = dict(d.assigned)
    rules: dict[str, Any] = {}
    z0 = dict(zip(c.slow, (c.to_slow @ settled).tolist(), strict=True))
    for i in c.slow:
        name = full.state_names[i]
        rate = rates[i].xreplace(table).xreplace(solved).xreplace(back)
        if states[i] not in table:
            if states[i] == amount_symbol(name):
                rules[name] = rate / _volume(full, name)
            else:
                rules[name] = rate
            continue
        total = totals[i].name
        variables[total] = Variable(total, "parameter", z0[i], rate == 0)
        if rate != 0:
            rules[total] = rate
        assigned[name] = table[states[i]].xreplace(back) / _volume(full, name)
    for s, e in solved.items():
        name = full.state_names[states.index(s)]
        assigned[name] = e.xreplace(back) / _volume(full, name)
    algebraic = tuple(e.xreplace(back) for e, _ in left)
    events = tuple(_moved_event(full, c, totals, e) for e in d.events)
    for name in {n for e in events for n in e.assignments}:
        variables[name] = replace(variables[name], constant=False)
    definition = replace(
        d, name=f"{d.name or 'model'}_reduced", variables=variables, reactions=(),
        assigned=_with_reactions(d, assigned), rates=rules, algebraic=algebraic,
        initial=_kept_initial(d, full), events=events,
    )  # fmt: skip
    if definition.assigned.keys() - variables.keys():
        for name in definition.assigned.keys() - variables.keys():
            variables[name] = Variable(name, "parameter", None, False)
    return Reduced(
        full, Network(definition), form, tuple(full.state_names[i] for i in c.fast), names, c,
        {full.state_names[states.index(s)]: e.xreplace(back) for s, e in solved.items()}, settled, relation,
    )  # fmt: skip


def _manifold(full: Network, c: Coordinates, names: Sequence[str], relation: Relation) -> list[Any]:
    """Expressions that vanish on the manifold, one per fast state."""
    system = full.system
    if relation == "equilibrium":
        return fast_balance(full, c, names)
    if relation == "quasi-steady":
        return [system.rates[i] for i in c.fast]
    return [
        sp.diff(g, TIME)
        + sum(
            (sp.diff(g, s) * f for s, f in zip(system.states, system.rates, strict=True) if s in g.free_symbols),
            sp.Integer(0),
        )
        for g in (system.rates[i] for i in c.fast)
    ]


def fast_balance(full: Network, c: Coordinates, names: Sequence[str]) -> list[Any]:
    """Rates of the fast states by the fast reactions alone, one expression per fast state."""
    columns = [(full.reactions.index(n), full.system.reaction_rates[n]) for n in names]
    return [
        sum((_nice(full.stoichiometry[i, j]) * v for j, v in columns if full.stoichiometry[i, j]), sp.Integer(0))
        for i in c.fast
    ]


def _slow_part(full: Network, c: Coordinates) -> tuple[dict[int, Any], list[tuple[Any, Any]], dict[int, Any]]:
    """Totals, how expressed amounts follow from totals and fast amounts, and the rates of the slow coordinates."""
    system = full.system
    taken = set(full.definition.variables) | set(full.reactions)
    totals: dict[int, Any] = {}
    rates: dict[int, Any] = {}
    velocity = [system.reaction_rates[n] for n in full.reactions]
    for k, i in enumerate(c.slow):
        row = c.to_slow[k]
        if full.state_names[i] not in system.builder.changed:  # type: ignore[attr-defined]
            rates[i] = system.rates[i]
            continue
        weights = row @ full.stoichiometry
        rates[i] = sum((_nice(a) * v for a, v in zip(weights, velocity, strict=True) if abs(a) > 1e-12), sp.Integer(0))
        if np.count_nonzero(np.abs(row) > 1e-12) == 1 and rates[i] != 0:
            continue
        name = f"total_{full.state_names[i]}"
        while name in taken:
            name += "_"
        totals[i] = symbol(name)
    z = [totals.get(i, system.states[i]) for i in c.slow]
    w = [system.states[i] for i in c.fast]
    expressed = [(system.states[i], _mix(c.from_slow[i], z) + _mix(c.from_fast[i], w)) for i in totals]
    return totals, expressed, rates


def _mix(weights: Floats, symbols: Sequence[Any]) -> Any:
    return sum((_nice(a) * s for a, s in zip(weights, symbols, strict=True) if abs(a) > 1e-12), sp.Integer(0))


def _nice(value: float) -> Any:
    return sp.Integer(round(value)) if abs(value - round(value)) < 1e-12 else sp.nsimplify(value, rational=True)


def _numbers(
    full: Network, c: Coordinates, settled: Floats, totals: Mapping[int, Any], start: float
) -> dict[Any, float]:
    """Value of every symbol at the start, on the manifold."""
    at: dict[Any, float] = dict(full.system.starts.items())
    at.update(zip(full.system.states, settled.tolist(), strict=True))
    z = dict(zip(c.slow, (c.to_slow @ settled).tolist(), strict=True))
    at.update({s: z[i] for i, s in totals.items()})
    at[TIME] = start
    return at


def _identifiers(full: Network) -> dict[Any, Any]:
    """Stored amounts in terms of identifiers."""
    out: dict[Any, Any] = {}
    for name, v in full.definition.variables.items():
        if v.kind == "species":
            out[amount_symbol(name)] = symbol(name) * _volume(full, name)
    return out


def _size(full: Network, name: str) -> float:
    """What an amount is divided by to be what the symbol means, at the start."""
    b = full.system.builder  # type: ignore[attr-defined]
    v = full.definition.variables[name]
    return float(b.number(v.compartment)) if b.concentration(v) else 1.0


def _volume(full: Network, name: str) -> Any:
    b = full.system.builder  # type: ignore[attr-defined]
    v = full.definition.variables[name]
    return symbol(v.compartment) if b.concentration(v) else sp.Integer(1)


def _with_reactions(d: Definition, assigned: dict[str, Any]) -> dict[str, Any]:
    """Assignment rules, with one for every reaction whose rate something else uses."""
    used: set[str] = set()
    for e in [*d.assigned.values(), *d.rates.values(), *d.algebraic, *d.initial.values()]:
        used |= {s.name for s in sp.sympify(e).free_symbols}
    for event in d.events:
        for e in [event.trigger, event.delay, event.priority, *event.assignments.values()]:
            if e is not None:
                used |= {s.name for s in sp.sympify(e).free_symbols}
    return {**assigned, **{r.name: r.rate for r in d.reactions if r.name in used}}


def _kept_initial(d: Definition, full: Network) -> dict[str, Any]:
    """Initial assignments of what is no state; states have their projected values."""
    return {n: e for n, e in d.initial.items() if n not in full.state_names}


def _moved_event(full: Network, c: Coordinates, totals: Mapping[int, Any], e: Event) -> Event:
    """An event that acts on slow coordinates: assigned amounts, everything else as it is."""
    states = full.state_names
    touched = {i for i, n in enumerate(states) if n in e.assignments}
    if not touched:
        return e
    new = {i: symbol(states[i]) * _volume(full, states[i]) for i in range(len(states))}
    for i in touched:
        new[i] = sp.sympify(e.assignments[states[i]]) * _volume(full, states[i])
    out = {n: x for n, x in e.assignments.items() if n not in states}
    for k, i in enumerate(c.slow):
        row = c.to_slow[k]
        if not touched & set(np.flatnonzero(np.abs(row) > 1e-12).tolist()):
            continue
        value = sum((_nice(row[m]) * new[m] for m in np.flatnonzero(np.abs(row) > 1e-12).tolist()), sp.Integer(0))
        if i in totals:
            out[totals[i].name] = value
        else:
            out[states[i]] = value / _volume(full, states[i])
    return replace(e, assignments=out)
