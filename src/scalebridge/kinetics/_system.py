"""A definition made into a semi-explicit system x' = f(t, x, w, p), 0 = g(t, x, w, p), in symbols.

Species that reactions change are held as amounts. Fast reactions (SBML ``fast``) are at equilibrium at all times: with
S_f their stoichiometry, the slow variables are z = N_I - C N_D (a basis of the left null space of S_f), N_D are
algebraic, and the equations are the independent ones among S_f v_f = 0.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from scalebridge.errors import InputError
from scalebridge.kinetics._definition import TIME, Definition, Variable, symbol
from scalebridge.kinetics._evaluate import evaluate
from scalebridge.kinetics._matching import determined
from scalebridge.kinetics._rational import echelon, exact, split
from scalebridge.kinetics._sbml_math import DELAY, RATE_OF

Floats = npt.NDArray[np.float64]


def amount_symbol(species: str) -> Any:
    """Symbol of the amount of a species."""
    return sp.Symbol(f"amount({species})", real=True)


def total_symbol(amount: Any) -> Any:
    """Symbol of the slow total that takes the place of an amount."""
    return sp.Symbol(f"total({amount.name[7:-1]})", real=True)


@dataclass(frozen=True)
class FastPart:
    """Fast reactions: how species relax to their equilibrium.

    Attributes:
        species: symbols of the amounts that fast reactions change.
        rates: S_f v_f, in these symbols.
        dependent: indices D in `species`.
        independent: indices I in `species`.
        mixing: C in z = N_I - C N_D, in numbers or, where stoichiometries change with time, expressions.
    """

    species: tuple[Any, ...]
    rates: tuple[Any, ...]
    dependent: tuple[int, ...]
    independent: tuple[int, ...]
    mixing: tuple[tuple[Any, ...], ...]

    def mix(self, values: Mapping[Any, float]) -> Floats:
        """C at stored values (and time), shape (independent, dependent)."""
        numbers = [[evaluate(sp.sympify(c), values) for c in row] for row in self.mixing]
        return np.array(numbers).reshape(len(self.independent), len(self.dependent))

    def totals(self, values: Mapping[Any, float]) -> dict[Any, float]:
        """z by symbol at stored values (and time)."""
        n = np.array([values[s] for s in self.species])
        z = n[list(self.independent)] - self.mix(values) @ n[list(self.dependent)]
        return {total_symbol(self.species[i]): float(x) for i, x in zip(self.independent, z, strict=True)}


@dataclass
class System:
    """The equations.

    Attributes:
        definition: what it was made from.
        states: symbols x.
        unknowns: symbols w.
        parameters: symbols p.
        rates: f.
        residuals: g.
        values: expression of every identifier.
        amounts: expression of every species' amount.
        reaction_rates: expression of every reaction's rate.
        starts: initial value by symbol of x, w and p (of fast species: before they relax).
        fast: the fast part, if any is left to solve.
        moved: amount symbols that no longer are states, in terms of x and w.
        delays: (symbol, delayed expression, delay) of every delayed quantity.
        stoichiometry: of the slow reactions and `states` where it is constant; for analysis.
    """

    definition: Definition
    states: list[Any] = field(default_factory=list)
    unknowns: list[Any] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)
    rates: list[Any] = field(default_factory=list)
    residuals: list[Any] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    amounts: dict[str, Any] = field(default_factory=dict)
    reaction_rates: dict[str, Any] = field(default_factory=dict)
    starts: dict[Any, float] = field(default_factory=dict)
    fast: FastPart | None = None
    moved: dict[Any, Any] = field(default_factory=dict)
    delays: list[tuple[Any, Any, Any]] = field(default_factory=list)


class _Builder:
    """Takes a definition apart; used once."""

    def __init__(self, definition: Definition, now: Mapping[Any, float] | None = None) -> None:
        self.d = definition
        self.now = now
        self.v = definition.variables
        self.rate_of_reaction = {r.name: r.rate for r in definition.reactions}
        self.changed = self._changed()
        ruled = set(definition.assigned) | set(definition.rates) | self.changed
        self.solved = determined(definition, ruled)
        self.base: dict[str, Any] = {}
        self.memo: dict[str, Any] = {}
        self.busy: list[str] = []
        self.delays: dict[Any, tuple[Any, Any, Any]] = {}
        self.numbers: dict[str, float] = {}
        self._bases()

    def _changed(self) -> set[str]:
        d = self.d
        found = {s for r in d.reactions for s, _ in (*r.reactants, *r.products)}
        return {
            s for s in found
            if not (self.v[s].boundary or self.v[s].constant) and s not in d.assigned and s not in d.rates
        }  # fmt: skip

    def _bases(self) -> None:
        """What each identifier is stored as."""
        for name, v in self.v.items():
            if name in self.d.assigned:
                continue
            held_as_amount = v.kind == "species" and name not in self.solved and name not in self.d.rates
            self.base[name] = amount_symbol(name) if held_as_amount else symbol(name)

    def concentration(self, v: Variable) -> bool:
        """Whether the symbol of a species stands for a concentration."""
        return v.kind == "species" and not v.substance and bool(v.compartment)

    def value(self, name: str) -> Any:
        """Expression of an identifier in stored quantities."""
        if name in self.memo:
            return self.memo[name]
        if name in self.busy:
            raise InputError(f"'{name}' depends on itself: {' -> '.join([*self.busy, name])}.")
        self.busy.append(name)
        if name in self.d.assigned:
            found = self.resolve(self.d.assigned[name])
        elif name in self.rate_of_reaction:
            found = self.resolve(self.rate_of_reaction[name])
        elif name in self.v:
            found = self.base[name]
            if found != symbol(name) and self.concentration(self.v[name]):
                found = found / self.value(self.v[name].compartment)
        else:
            raise InputError(f"The model uses '{name}', which it does not define.")
        self.busy.pop()
        self.memo[name] = found
        return found

    def resolve(self, expression: Any) -> Any:
        """Expression in stored quantities."""
        expression = sp.sympify(expression)
        expression = self._special(expression)
        table = {
            s: self.value(s.name)
            for s in expression.free_symbols
            if s != TIME and (s.name in self.v or s.name in self.rate_of_reaction)
        }
        unknown = [
            s for s in expression.free_symbols - set(table)
            if s != TIME and not s.name.startswith(("amount(", "delayed(")) and s.name not in self.v
        ]  # fmt: skip
        if unknown:
            raise InputError(f"The model uses '{unknown[0].name}', which it does not define.")
        return expression.xreplace(table)

    def _special(self, e: Any) -> Any:
        """Delays and rates-of replaced."""
        for call in e.atoms(RATE_OF):
            e = e.xreplace({call: self.rate_of(self.resolve(call.args[0]))})
        for call in e.atoms(DELAY):
            if call not in self.delays:
                s = sp.Symbol(f"delayed({len(self.delays)})", real=True)
                self.delays[call] = (s, self.resolve(call.args[0]), self.resolve(call.args[1]))
            e = e.xreplace({call: self.delays[call][0]})
        return e

    def rate_of(self, e: Any) -> Any:
        """Total time derivative of an expression in stored quantities."""
        total = sp.diff(e, TIME)
        for s in e.free_symbols - {TIME}:
            total += sp.diff(e, s) * self.stored_rate(s)
        return total

    def stored_rate(self, s: Any) -> Any:
        """Time derivative of a stored quantity."""
        name = s.name[7:-1] if s.name.startswith("amount(") else s.name
        if name in self.d.rates:
            return self.resolve(self.d.rates[name])
        if name in self.changed:
            return self.reaction_change(name, fast=False)
        if name in self.solved:
            raise InputError(f"rateOf needs the rate of '{name}', which an algebraic rule determines: not supported.")
        return sp.Integer(0)

    def reaction_change(self, species: str, *, fast: bool) -> Any:
        """Rate of change of an amount by the slow (or the fast) reactions."""
        conversion = self.resolve(self.v[species].conversion)
        total = sp.Integer(0)
        for r in self.d.reactions:
            if r.fast != fast:
                continue
            net = self.net(r, species)
            if net != 0:
                total += net * self.value(r.name)
        return conversion * total

    def net(self, r: Any, species: str) -> Any:
        """Net stoichiometry of a species in a reaction."""
        return sum((self.resolve(n) for s, n in r.products if s == species), sp.Integer(0)) - sum(
            (self.resolve(n) for s, n in r.reactants if s == species), sp.Integer(0)
        )

    # numbers at the start -------------------------------------------------------------------------------------------

    def number(self, name: str) -> float:
        """Initial value of an identifier (as its symbol means it); the present one where stored values are given."""
        if self.now is not None and self.base.get(name) in self.now:
            as_amount = self.base[name] != symbol(name) and self.concentration(self.v[name])
            size = self.number(self.v[name].compartment) if as_amount else 1.0
            return self.now[self.base[name]] / size if size else float("nan")
        if name in self.numbers:
            return self.numbers[name]
        if name in self.busy:
            raise InputError(f"The initial value of '{name}' depends on itself: {' -> '.join([*self.busy, name])}.")
        self.busy.append(name)
        try:
            found = self._number(name)
        finally:
            self.busy.pop()
        self.numbers[name] = found
        return found

    def _number(self, name: str) -> float:
        d, v = self.d, self.v.get(name)
        for table in (d.initial, d.assigned, self.rate_of_reaction):
            if name in table:
                return self.at_start(table[name])
        if v is None:
            raise InputError(f"The model uses '{name}', which it does not define.")
        if v.value is None and name in self.solved:
            return self._solve_rule(name)
        if v.value is None:
            return float("nan")
        if v.kind == "species" and v.compartment:
            size = self.number(v.compartment) if v.amount == self.concentration(v) else 1.0
            if v.amount and self.concentration(v):
                return v.value / size if size else float("nan")  # in nothing there is no concentration
            return v.value * (1.0 if v.amount == v.substance else size)
        return v.value

    def _solve_rule(self, name: str) -> float:
        """Initial value of a variable that an algebraic rule determines linearly; NaN where it does not."""
        rule = sp.sympify(self.solved[name])
        others = rule.free_symbols - {TIME, symbol(name)}
        if rule.has(RATE_OF, DELAY):
            return float("nan")
        known = {s: self.number(s.name) for s in others} | {TIME: 0.0}
        at = [evaluate(rule, {**known, symbol(name): u}) for u in (0.0, 1.0, 2.0)]
        linear = abs(at[2] - 2.0 * at[1] + at[0]) <= 1e-12 * (abs(at[0]) + abs(at[1])) and at[1] != at[0]
        return at[0] / (at[0] - at[1]) if linear else float("nan")

    def at_start(self, expression: Any) -> float:
        """Number of an expression at the start."""
        e = self._special_at_start(sp.sympify(expression))
        known = {s: 0.0 if s == TIME else self.stored_number(s) for s in e.free_symbols}
        return evaluate(e, known)

    def _special_at_start(self, e: Any) -> Any:
        for call in e.atoms(DELAY):
            e = e.xreplace({call: call.args[0]})
        return self._special(e)

    def stored_number(self, s: Any) -> float:
        """Initial value of a stored quantity or an identifier."""
        if s.name.startswith("amount("):
            return self.amount_number(s.name[7:-1])
        if s.name.startswith("delayed("):
            return self.at_start(next(v[1] for v in self.delays.values() if v[0] == s))
        return self.number(s.name)

    def amount_number(self, species: str) -> float:
        """Initial amount of a species."""
        v = self.v[species]
        value = self.number(species)
        return value * self.number(v.compartment) if self.concentration(v) else value


def start_values(definition: Definition) -> dict[Any, float]:
    """Initial value of every stored quantity, by symbol; nothing is assembled."""
    b = _Builder(definition)
    return {s: b.stored_number(s) for s in b.base.values()}


def build(definition: Definition, now: Mapping[Any, float] | None = None) -> System:
    """The system of a definition; `now` are stored values that replace the initial ones.

    Raises:
        InputError: undefined names, circular definitions, too many or too few algebraic rules.
    """
    b = _Builder(definition, now)
    out = System(definition)
    fast_species = _fast_species(b)
    for name in b.v:
        out.values[name] = b.value(name)
    for r in definition.reactions:
        out.values[r.name] = out.reaction_rates[r.name] = b.value(r.name)
    for name, v in b.v.items():
        if v.kind == "species":
            held = b.value(name)
            out.amounts[name] = held * b.value(v.compartment) if b.concentration(v) else held
    for name in b.v:
        if name in definition.assigned:
            continue
        s = b.base[name]
        if name in definition.rates:
            out.states.append(s)
            out.rates.append(b.resolve(definition.rates[name]))
        elif name in b.changed and name not in fast_species:
            out.states.append(s)
            out.rates.append(b.reaction_change(name, fast=False))
        elif name in b.solved:
            out.unknowns.append(s)
        elif name not in fast_species:
            out.parameters.append(s)
        out.starts[s] = b.stored_number(s)
    out.residuals = [b.resolve(e) for e in _binding_rules(b)]
    out.delays = list(b.delays.values())
    if fast_species:
        _add_fast(b, out, fast_species)
    out.builder = b  # type: ignore[attr-defined]
    return out


def _binding_rules(b: _Builder) -> list[Any]:
    return [e for e in b.d.algebraic if sp.sympify(e) != 0]


def _fast_species(b: _Builder) -> list[str]:
    touched = [s for r in b.d.reactions if r.fast for s, _ in (*r.reactants, *r.products)]
    return [s for s in dict.fromkeys(touched) if s in b.changed and any(
        b.net(r, s) != 0 for r in b.d.reactions if r.fast)]  # fmt: skip


def _add_fast(b: _Builder, out: System, species: list[str]) -> None:
    for s in species:
        if s in b.solved:
            raise InputError(f"An algebraic rule determines '{s}', which fast reactions change, too: not supported.")
    reactions = [r for r in b.d.reactions if r.fast]
    changes = [[b.resolve(b.v[s].conversion) * b.net(r, s) for r in reactions] for s in species]
    matrix = np.array([[b.at_start(e) for e in row] for row in changes]).reshape(len(species), len(reactions))
    if not any(_moves(b, s) for row in changes for e in row for s in sp.sympify(e).free_symbols):
        changes = [[_nice(n) for n in row] for row in matrix.tolist()]
    side = {s: np.mean([_others(r, s) for r in reactions if b.net(r, s) != 0]) for s in species}
    order = sorted(range(len(species)), key=lambda i: side[species[i]])
    dependent, independent, numbers = split(matrix, order)
    mixing: Any = [[_nice(c) for c in row] for row in numbers.tolist()]
    drift = [sp.Integer(0)] * len(independent)
    amounts = [amount_symbol(s) for s in species]
    if any(sp.sympify(e).free_symbols for row in changes for e in row):
        mixing = _moving_mixture(changes, matrix, dependent, independent, [r.name for r in reactions])
        drift = [_drift(b, row, [amounts[k] for k in dependent], amounts) for row in mixing]
    totals = [total_symbol(amounts[i]) for i in independent]
    moved = {
        amounts[i]: z + sum((c * amounts[k] for c, k in zip(row, dependent, strict=True)), sp.Integer(0))
        for i, z, row in zip(independent, totals, mixing, strict=True)
    }
    slow = [b.reaction_change(s, fast=False) for s in species]
    fluxes = [b.value(r.name) for r in reactions]
    out.fast = FastPart(
        tuple(amounts),
        tuple(sum((n * v for n, v in zip(row, fluxes, strict=True)), sp.Integer(0)) for row in changes),
        tuple(dependent), tuple(independent), tuple(tuple(row) for row in mixing),
    )  # fmt: skip
    independent_rates = len(dependent) == len(reactions)
    balance = fluxes if independent_rates else [out.fast.rates[k] for k in dependent]
    out.states += totals
    out.rates += [
        slow[i] - sum((c * slow[k] for c, k in zip(row, dependent, strict=True)), sp.Integer(0)) - turning
        for i, row, turning in zip(independent, mixing, drift, strict=True)
    ]
    out.unknowns += [amounts[k] for k in dependent]
    out.residuals += list(balance)
    substitute(out, moved)
    out.moved.update(moved)
    out.starts.update(out.fast.totals({**out.starts, TIME: 0.0}))


def _moving_mixture(
    changes: list[list[Any]], numbers: Floats, dependent: list[int], independent: list[int], names: list[str]
) -> list[list[Any]]:
    """C in symbols: S_I = C S_D at all times.

    Raises:
        InputError: no such C.
    """
    _, columns = echelon(exact(numbers[dependent]))
    s = sp.Matrix(changes)
    c = s[independent, columns] * s[dependent, columns].inv() if independent else sp.zeros(0, len(dependent))
    rest = s[independent, :] - c * s[dependent, :] if independent else c
    if any(sp.simplify(e) != 0 for e in rest):
        raise InputError(
            f"The stoichiometries of the fast reactions {', '.join(names)} change with time so that what they conserve "
            "appears or vanishes. Make them constant or the reactions slow."
        )
    return [[sp.cancel(e) for e in c.row(i)] for i in range(c.rows)]


def _drift(b: _Builder, row: list[Any], amounts: list[Any], fast: list[Any]) -> Any:
    """C' N_D: what a changing stoichiometry adds to a slow total."""
    total = sp.Integer(0)
    for c, n in zip(row, amounts, strict=True):
        if not c.free_symbols.isdisjoint(fast):
            raise InputError(
                f"The stoichiometry {c} of a fast reaction depends on a species that fast reactions change: slow "
                "totals do not exist then. Make it constant or the reaction slow."
            )
        if c.free_symbols:
            total += b.rate_of(c) * n
    return total


def _others(r: Any, species: str) -> int:
    """How many stand on the same side of a reaction; those that stand alone, the complexes, are eliminated first."""
    same = r.products if any(s == species for s, _ in r.products) else r.reactants
    return len(same)


def _moves(b: _Builder, s: Any) -> bool:
    bare = s.name[7:-1] if s.name.startswith("amount(") else s.name
    return s == TIME or bare in b.d.rates or bare in b.changed or bare in b.solved


def moving_stoichiometry(system: System) -> tuple[str, str] | None:
    """A reaction whose stoichiometry changes with time or by an event, and through what; None where there is none."""
    b: _Builder = system.builder  # type: ignore[attr-defined]
    jumping = {symbol(v) for e in b.d.events for v in e.assignments}
    for r in b.d.reactions:
        for species in {s for s, _ in (*r.reactants, *r.products)} & b.changed:
            for s in sp.sympify(b.net(r, species)).free_symbols:
                if _moves(b, s) or s in jumping:
                    return r.name, s.name
    return None


def _nice(value: float) -> Any:
    return sp.Integer(int(value)) if float(value).is_integer() else sp.nsimplify(value, rational=True)


def substitute(system: System, table: Mapping[Any, Any]) -> None:
    """Replace symbols everywhere in a system."""
    swap = functools.partial(_swap, table)
    system.rates = [swap(e) for e in system.rates]
    system.residuals = [swap(e) for e in system.residuals]
    system.values = {k: swap(e) for k, e in system.values.items()}
    system.amounts = {k: swap(e) for k, e in system.amounts.items()}
    system.reaction_rates = {k: swap(e) for k, e in system.reaction_rates.items()}
    system.moved = {k: swap(e) for k, e in system.moved.items()}
    system.delays = [(s, swap(e), swap(h)) for s, e, h in system.delays]


def _swap(table: Mapping[Any, Any], e: Any) -> Any:
    return e.xreplace(table) if not e.free_symbols.isdisjoint(table) else e


def eliminate_linear(system: System) -> None:
    """Solve unknowns that enter their equation linearly, with a factor that is fixed and not zero."""
    jumping = {symbol(v) for e in system.definition.events for v in e.assignments}
    fixed = {s for s in system.parameters if s not in jumping}
    again = True
    while again:
        again = False
        for j, g in enumerate(system.residuals):
            for w in sorted(g.free_symbols & set(system.unknowns), key=lambda s: s.name):
                factor = sp.diff(g, w)
                if w in factor.free_symbols or not factor.free_symbols <= fixed or factor.has(sp.Piecewise):
                    continue
                size = evaluate(factor, system.starts)
                if not np.isfinite(size) or size == 0.0:
                    continue
                rest = sp.expand(g).xreplace({w: sp.Integer(0)}) if g.is_polynomial(w) else None
                if rest is None:
                    continue
                solution = -rest / factor
                del system.residuals[j]
                system.unknowns.remove(w)
                substitute(system, {w: solution})
                system.moved[w] = solution
                again = True
                break
            if again:
                break
