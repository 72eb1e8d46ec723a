"""Counts of molecules: exact simulation, and slow-scale simulation with conditional averages over fast reactions.

Rates are taken as propensities, amounts as counts. A net rate is split into its positive and
negative parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from scalebridge.errors import InputError
from scalebridge.kinetics._definition import TIME
from scalebridge.kinetics._explicit import Pointer, read_cells
from scalebridge.kinetics._gillespie import _average, direct_runs, slow_runs
from scalebridge.kinetics._native import NativeModule, Outputs
from scalebridge.kinetics.network import Network, checked_times

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Runs:
    """Stochastic runs.

    Attributes:
        times: shape (times,).
        names: species.
        counts: shape (runs, times, species); conditional means for fast species of slow-scale runs.
        events: reactions fired per run, shape (runs,).
        method: ``direct``, ``slow-scale (linear)`` or ``slow-scale (chain)``.
    """

    times: Floats
    names: tuple[str, ...]
    counts: Floats
    events: npt.NDArray[np.int64]
    method: str

    def __getitem__(self, name: str) -> Floats:
        """Counts of one species, shape (runs, times)."""
        if name not in self.names:
            raise InputError(f"There is no species '{name}'; there are {', '.join(self.names)}.")
        return self.counts[:, :, self.names.index(name)]


@dataclass(frozen=True)
class Propensities:
    """One-way reactions of a network.

    Attributes:
        names: reaction of each.
        rates: expression of each, not negative.
        change: counts changed by each, shape (states, reactions).
    """

    names: tuple[str, ...]
    rates: tuple[Any, ...]
    change: Floats


def propensities(network: Network) -> Propensities:
    """One-way reactions.

    Raises:
        InputError: the model has rate rules, algebraic rules, events or rates that depend on time.
    """
    d = network.definition
    if d.rates or d.algebraic or d.events:
        raise InputError("Stochastic runs need reactions only: the model has rate rules, algebraic rules or events.")
    names, rates, columns = [], [], []
    for j, r in enumerate(network.reactions):
        v = sp.expand(network.system.reaction_rates[r])
        if TIME in v.free_symbols:
            raise InputError(f"The rate of '{r}' depends on time: not supported in stochastic runs.")
        terms = sp.Add.make_args(v)
        positive = sp.Add(*[x for x in terms if not x.could_extract_minus_sign()])
        negative = sp.Add(*[-x for x in terms if x.could_extract_minus_sign()])
        for part, sign in ((positive, 1.0), (negative, -1.0)):
            if part != 0:
                names.append(r)
                rates.append(part)
                columns.append(sign * network.stoichiometry[:, j])
    return Propensities(tuple(names), tuple(rates), np.column_stack(columns))


def simulate_counts(network: Network, times: npt.ArrayLike, *, runs: int = 1, seed: int = 0) -> Runs:
    """Gillespie's direct method.

    Args:
        network: reactions whose amounts are counts.
        times: ascending.
        runs: how many.
        seed: of all random numbers; each run has its own stream, whatever the number of threads.

    Raises:
        InputError: counts at the start that are no whole numbers, rules or events.
    """
    grid = checked_times(times)
    a = propensities(network)
    start, p = _start(network)
    module = _compile(network, network.system.states, a.rates)
    f = Pointer(module.address("a"), module)
    counts, events = direct_runs(f, grid, start, p, a.change, _seeds(seed, runs))
    return Runs(grid, network.state_names, counts, events, "direct")


def simulate_slow(network: Network, fast: Sequence[str], times: npt.ArrayLike, *, runs: int = 1, seed: int = 0) -> Runs:
    """Slow-scale simulation: fast reactions enter by the averages of their stationary distribution.

    Exact averages: in closed form where fast reactions turn single molecules into single molecules and slow
    propensities are linear in these; otherwise over the birth-death chain of one fast reversible reaction.

    Args:
        network: reactions whose amounts are counts.
        fast: reactions.
        times: ascending.
        runs: how many.
        seed: of all random numbers.

    Raises:
        InputError: neither case applies, unknown reactions, rules or events.
    """
    grid = checked_times(times)
    a = propensities(network)
    unknown = [n for n in fast if n not in network.reactions]
    if unknown or not fast:
        raise InputError(
            f"There is no reaction '{unknown[0] if unknown else ''}'; there are {', '.join(network.reactions)}."
        )
    start, p = _start(network)
    quick = [k for k, n in enumerate(a.names) if n in set(fast)]
    slow = [k for k in range(len(a.names)) if k not in quick]
    if _linear(network, a, quick, slow):
        return _closed(network, fast, a, slow, start, p, grid, _seeds(seed, runs))
    pair = _pair(a, quick)
    module = _compile(network, network.system.states, a.rates)
    f = Pointer(module.address("a"), module)
    counts, events = slow_runs(
        f, grid, start, p, a.change, a.change[:, pair[0]].copy(), np.array(pair), np.array(slow), _seeds(seed, runs)
    )
    return Runs(grid, network.state_names, counts, events, "slow-scale (chain)")


def distortion(network: Network, fast: Sequence[str]) -> dict[str, float]:
    """How far deterministic quasi-steady propensities are from exact conditional averages, relative, at the start.

    Where this is not small, a reduced model that is right for concentrations is wrong for counts. Source: Kim, Josic &
    Bennett, Biophys. J. 107 (2014) 783, doi 10.1016/j.bpj.2014.06.012.

    Args:
        network: reactions whose amounts are counts.
        fast: one reversible fast reaction (or its two directions).
    """
    a = propensities(network)
    start, p = _start(network)
    quick = [k for k, n in enumerate(a.names) if n in set(fast)]
    slow = [k for k in range(len(a.names)) if k not in quick]
    pair = _pair(a, quick)
    module = _compile(network, network.system.states, a.rates)
    f = Pointer(module.address("a"), module)
    n = len(start)
    mean, spread, work = np.empty(len(slow)), np.empty(n), np.empty(len(a.names))
    _average(
        f,
        0.0,
        start.copy(),
        p,
        a.change[:, pair[0]].copy(),
        np.array(pair),
        np.array(slow),
        work,
        mean,
        spread,
        np.empty(n),
    )
    settled = network.reduce(list(fast), "total", relation="equilibrium").start
    module.function("a")(0.0, settled.ctypes.data, p.ctypes.data, work.ctypes.data)
    return {
        a.names[k]: float(abs(work[k] - m) / m) if m > 0.0 else float(work[k] > 0.0)
        for k, m in zip(slow, mean.tolist(), strict=True)
    }


def _start(network: Network) -> tuple[Floats, Floats]:
    simulation = network._simulation(0.0)
    start = simulation.y.copy()
    if np.any(start < 0.0) or np.any(np.abs(start - np.round(start)) > 1e-9):
        raise InputError("Stochastic runs need amounts at the start that are whole numbers of molecules.")
    return np.round(start), simulation.p


def _compile(network: Network, variables: Sequence[Any], rates: Sequence[Any]) -> NativeModule:
    return NativeModule([Outputs("a", list(rates), range(len(rates)))], TIME, variables, network.regime.parameters)


def _seeds(seed: int, runs: int) -> npt.NDArray[np.uint64]:
    if runs < 1:
        raise InputError(f"runs must be at least 1; found {runs}.")
    return np.random.SeedSequence(seed).generate_state(runs, np.uint64).astype(np.uint64)


def _linear(network: Network, a: Propensities, quick: list[int], slow: list[int]) -> bool:
    """Whether averages are exact in closed form."""
    states = network.system.states
    moved = [s for i, s in enumerate(states) if np.any(a.change[i, quick])]
    single = all(
        np.abs(a.change[:, k]).sum() <= 2.0 and np.abs(a.change[:, k]).max() == 1.0 and a.change[:, k].sum() == 0.0
        for k in quick
    )
    return single and all(
        sp.Poly(a.rates[k], *moved).total_degree() <= 1 if a.rates[k].is_polynomial(*moved) else False
        for k in [*quick, *slow]
    )


def _pair(a: Propensities, quick: list[int]) -> list[int]:
    if len(quick) == 2 and np.array_equal(a.change[:, quick[0]], -a.change[:, quick[1]]):
        return quick
    raise InputError(
        "Exact conditional averages are known here for fast reactions between single molecules, and for one fast "
        f"reversible reaction; these are {len(quick)} one-way reactions of another kind. Simulate the counts in full."
    )


def _closed(
    network: Network, fast: Sequence[str], a: Propensities, slow: list[int], start: Floats, p: Floats, grid: Floats,
    seeds: npt.NDArray[np.uint64],
) -> Runs:  # fmt: skip
    reduced = network.reduce(list(fast), "total", relation="equilibrium")
    c = reduced.coordinates
    states = network.system.states
    z = [sp.Symbol(f"slow({i})", real=True) for i in c.slow]
    w = [states[i] for i in c.fast]
    column = sp.Matrix(c.from_slow) * sp.Matrix(z) + sp.Matrix(c.from_fast) * sp.Matrix(w)
    table = {s: sp.nsimplify(column[i]) for i, s in enumerate(states) if i not in c.fast}
    from scalebridge.kinetics._reduced_definition import fast_balance

    equations = [e.xreplace(table) for e in fast_balance(network, c, fast)]
    solution = sp.solve(equations, w, dict=True)[0]
    rates = [a.rates[k].xreplace(table).xreplace(solution) for k in slow]
    module = _compile(network, z, rates)
    f = Pointer(module.address("a"), module)
    change = c.to_slow @ a.change[:, slow]
    out, events = direct_runs(f, grid, c.to_slow @ start, p, np.ascontiguousarray(change), seeds)
    means = NativeModule(
        [Outputs("n", [table.get(s, s).xreplace(solution) for s in states], range(len(states)))],
        TIME,
        z,
        network.regime.parameters,
    )
    read = Pointer(means.address("n"), means)
    everything = np.arange(len(states))
    counts = read_cells(read, grid, out, np.repeat(p[None], len(out), 0), len(states), everything)
    return Runs(grid, network.state_names, counts, events, "slow-scale (linear)")
