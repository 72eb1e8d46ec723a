"""The reduced model written down: slow totals, formulas or algebraic equations for fast species, events moved along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import sympy as sp

from scalebridge.kinetics._closed_form import solve
from scalebridge.kinetics._definition import TIME, Definition, Event, Variable, symbol
from scalebridge.kinetics._slow_coordinates import Coordinates
from scalebridge.kinetics._system import amount_symbol
from scalebridge.kinetics.network import Network

Floats = npt.NDArray[np.float64]
Relation = Literal["quasi-steady", "equilibrium", "refined"]


def assemble(
    full: Network, names: tuple[str, ...], c: Coordinates, settled: Floats, start: float, closed_form: bool,
    relation: Relation,
) -> tuple[Definition, dict[str, Any]]:  # fmt: skip
    """The reduced model, and closed forms by fast species.

    Args:
        full: the full network.
        names: fast reactions.
        c: slow and fast coordinates.
        settled: amounts of the states on the manifold at the start.
        start: first time.
        closed_form: look for formulas.
        relation: what holds on the manifold.
    """
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
    solutions = {full.state_names[states.index(s)]: e.xreplace(back) for s, e in solved.items()}
    return definition, solutions


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


def size_at_start(full: Network, name: str) -> float:
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
