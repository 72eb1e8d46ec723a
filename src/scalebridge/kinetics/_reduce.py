"""From a network and what is fast in it to the reduced network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics._definition import TIME
from scalebridge.kinetics._error_bars import blocks
from scalebridge.kinetics._evaluate import evaluate
from scalebridge.kinetics._native import NativeModule, Outputs
from scalebridge.kinetics._reduced_definition import Relation, assemble
from scalebridge.kinetics._slow_coordinates import (
    Coordinates,
    kept_coordinates,
    refine,
    settle,
    total_coordinates,
    without_conserved,
)
from scalebridge.kinetics.network import Form, Network, checked_times
from scalebridge.kinetics.reduced import Initial, Reduced

Floats = npt.NDArray[np.float64]


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
    definition, solutions = assemble(full, tuple(names), coordinates, settled, start, closed_form, relation)
    return Reduced(
        full, Network(definition), form, tuple(full.state_names[i] for i in coordinates.fast), tuple(names),
        coordinates, solutions, settled, relation, initial, start,
    )  # fmt: skip


def _within(
    network: Network, fast: list[str] | None, form: Form, times: npt.ArrayLike | None, allowance: float,
    how: Mapping[str, Any],
) -> Reduced:  # fmt: skip
    """The simplest relation whose error bars are within an allowance.

    Raises:
        ConvergenceError: even the refined relation is not.
    """
    if times is None or not allowance > 0.0:
        raise InputError(f"An allowance is a positive number and needs times=[...]; found {allowance}.")
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
