"""One smooth piece of a model, compiled: rates, residuals, Jacobian, outputs, triggers and roots.

A regime is valid while no condition in the rates changes and the same fast reactions run, to the same side: a fast
``A + B ->`` at equilibrium means A = 0 or B = 0, and which of the two is part of the regime.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics._definition import TIME, Definition
from scalebridge.kinetics._evaluate import evaluate
from scalebridge.kinetics._native import NativeModule, Outputs
from scalebridge.kinetics._sundials import accessors
from scalebridge.kinetics._system import System, amount_symbol, build, eliminate_linear, substitute

Floats = npt.NDArray[np.float64]
_REST = sp.Symbol("rest()", real=True)
_RELATIONS = (sp.Lt, sp.Le, sp.Gt, sp.Ge, sp.Eq, sp.Ne)


class Regime:
    """A compiled system.

    Attributes:
        system: the equations.
        states, unknowns, parameters: symbols of x, w, p.
        names: what `outputs` gives: identifiers, then ``amount(species)``.
    """

    def __init__(self, system: System, extra_roots: Sequence[Any] = ()) -> None:
        self.system = system
        self.states, self.unknowns = list(system.states), list(system.unknowns)
        rates = list(system.rates)
        if not self.states:
            self.states, rates = [_REST], [sp.Integer(0)]
        self.parameters = [*system.parameters, *_delays_as_polynomials(system)]
        rates = list(system.rates) if system.states else rates
        if len(self.unknowns) != len(system.residuals):
            raise InputError(
                f"The model has {len(system.residuals)} algebraic equation(s) for {len(self.unknowns)} unknown(s)."
            )
        self.size = len(self.states) + len(self.unknowns)
        self.amount_names = list(system.amounts)
        self.names = [*system.values, *(f"amount({s})" for s in system.amounts)]
        self.equations = [*rates, *system.residuals]
        self._find_roots(extra_roots)
        self._compile()

    def _find_roots(self, extra: Sequence[Any]) -> None:
        b = self.system.builder  # type: ignore[attr-defined]
        table = self.system.moved
        self.triggers = [_settle(b.resolve(e.trigger), table) for e in self.system.definition.events]
        self.constraints = [_settle(b.resolve(c), table) for c, _ in self.system.definition.constraints]
        conditions = [
            c for e in self.equations for piece in e.atoms(sp.Piecewise) for _, c in piece.args if c is not sp.true
        ]
        steps = [f.args[0] for e in self.equations for f in e.atoms(sp.floor, sp.ceiling)]
        edges = [r.lhs - r.rhs for r in _relations([*conditions, *self.triggers, *self.constraints])]
        edges += [a.args[0] for e in self.equations for a in e.atoms(sp.sign)]
        edges += [sp.sin(sp.pi * s) for s in steps]
        edges += list(extra)
        self.switches = len(list(_relations(conditions))) + len(steps) + len(extra)
        self.roots = [e for e in dict.fromkeys(edges) if e.free_symbols]

    def _compile(self) -> None:
        system, variables = self.system, [*self.states, *self.unknowns]
        self.variables = variables
        known = {TIME, *variables, *self.parameters}
        for e in self.equations:
            loose = e.free_symbols - known
            if loose:
                raise InputError(f"Nothing determines '{sorted(s.name for s in loose)[0]}'.")
        jacobian = [
            (sp.diff(e, v), i + j * self.size)
            for i, e in enumerate(self.equations)
            for j, v in enumerate(variables)
            if v in e.free_symbols
        ]
        values = [*system.values.values(), *system.amounts.values()]
        stored = [s for s in system.starts if s not in system.parameters]
        self.stored = stored
        held = [system.moved.get(s, s) if s not in variables else s for s in stored]
        functions = [
            Outputs("f", self.equations, range(self.size)),
            Outputs("j", [d for d, _ in jacobian], [k for _, k in jacobian]),
            Outputs("out", values, range(len(values))),
            Outputs("hold", held, range(len(held))),
            Outputs("root", self.roots, range(len(self.roots))),
            Outputs("trigger", self.triggers, range(len(self.triggers))),
            Outputs("constraint", self.constraints, range(len(self.constraints))),
            Outputs("delayed", [e for _, e, _ in system.delays], range(len(system.delays))),
            Outputs("lag", [e for _, _, e in system.delays], range(len(system.delays))),
        ]
        self.dae = bool(self.unknowns)
        kind = "ida" if self.dae else "cvode"
        wrappers = [
            ("rhs", f"{kind}_residual" if self.dae else "cvode_rhs", "f", len(self.states)),
            ("jacobian", f"{kind}_jacobian", "j", len(self.states)),
            ("roots", f"{kind}_roots", "root", 0),
        ]
        addresses = accessors() | {"size": self.size}
        self.native = NativeModule(functions, TIME, variables, self.parameters, wrappers, addresses)
        self.callbacks = {name: self.native.address(name) for name, *_ in wrappers}
        self._f = {f.name: self.native.function(f.name) for f in functions}
        self._sizes = {f.name: len(f.expressions) for f in functions}
        self.index = {name: k for k, name in enumerate(self.names)}

    def evaluate(self, name: str, t: float, y: Floats, p: Floats) -> Floats:
        """Values of a compiled function."""
        out = np.zeros(self.size**2 if name == "j" else self._sizes[name])
        self._f[name](t, y.ctypes.data, p.ctypes.data, out.ctypes.data)
        return out

    def jacobian(self, t: float, y: Floats, p: Floats) -> Floats:
        """Derivatives of rates and residuals by x and w, shape (n, n)."""
        return self.evaluate("j", t, y, p).reshape(self.size, self.size).T

    def outputs(self, times: Floats, ys: Floats, p: Floats) -> Floats:
        """Every identifier and amount at many times, shape (times, names)."""
        out = np.empty((len(times), len(self.names)))
        call, base, step = self._f["out"], out.ctypes.data, out.strides[0]
        ys = np.ascontiguousarray(ys)
        start, stride, pp = ys.ctypes.data, ys.strides[0], p.ctypes.data
        for k, t in enumerate(times.tolist()):
            call(t, start + k * stride, pp, base + k * step)
        return out

    # start -----------------------------------------------------------------------------------------------------------

    def begin(self, t: float, store: dict[Any, float]) -> tuple[Floats, Floats]:
        """Vectors y and p of stored quantities; unknowns are guesses."""
        p = np.array([store.get(s, 0.0) for s in self.parameters] or [0.0])
        table = {**store}
        if self.system.fast is not None:
            table.update(self.system.fast.totals({**store, TIME: t}))
        y = np.array([table.get(s, 0.0) for s in [*self.states, *self.unknowns]])
        return y, p

    def solve_unknowns(self, t: float, y: Floats, p: Floats) -> Floats:
        """y with unknowns that satisfy the residuals, from the guesses in it.

        Raises:
            ConvergenceError: Newton's method finds no solution, or a singular one.
        """
        n = len(self.states)
        if not self.unknowns:
            return y
        for guess in (None, 1.0, 0.0, 0.1, 10.0, -1.0):
            trial = y.copy()
            loose = ~np.isfinite(trial[n:])
            if guess is None and loose.any():
                continue
            if guess is not None:
                trial[n:] = guess
            if self._newton(t, trial, p, n):
                return trial
        raise ConvergenceError(
            f"The algebraic equations have no regular solution near the start values at t = {t:g} "
            f"(unknowns {', '.join(s.name for s in self.unknowns[:5])}). Give these better start values."
        )

    def refuse_singular(self, t: float, y: Floats, p: Floats, worst: float = 1e13) -> None:
        """Raise where the equations of the fast reactions do not determine their species.

        Raises:
            ConvergenceError: the scaled Jacobian of these equations has a condition number above `worst`.
        """
        n = len(self.states)
        j = self.jacobian(t, y, p)[n:, n:]
        size = np.abs(j).max(1, keepdims=True, initial=0.0)
        if len(j) and (not np.isfinite(j).all() or np.any(size == 0.0) or np.linalg.cond(j / size) > worst):
            raise ConvergenceError(
                f"The fast reactions do not determine {', '.join(s.name for s in self.unknowns[:5])} at t = {t:g}: "
                "their rates vanish together there (irreversible fast reactions that share a reactant, or a fast cycle "
                "that never rests), so who gets how much is not a matter of equilibrium. Give them finite rates."
            )

    def _newton(self, t: float, y: Floats, p: Floats, n: int) -> bool:
        for _ in range(60):
            g = self.evaluate("f", t, y, p)[n:]
            j = self.jacobian(t, y, p)[n:, n:]
            if not (np.isfinite(g).all() and np.isfinite(j).all()):
                return False
            try:
                step = np.linalg.solve(j, g)
            except np.linalg.LinAlgError:
                return False
            damping = 1.0
            while damping > 1e-4:
                trial = y.copy()
                trial[n:] -= damping * step
                after = self.evaluate("f", t, trial, p)[n:]
                if np.isfinite(after).all() and np.linalg.norm(after) <= np.linalg.norm(g) * (1.0 + 1e-12):
                    break
                damping /= 2.0
            y[n:] -= damping * step
            if np.all(np.abs(step) <= 1e-13 * np.abs(y[n:]) + 1e-300):
                return True
            if np.linalg.norm(g) == 0.0:
                return True
        return bool(np.all(np.abs(step) <= 1e-9 * (np.abs(y[n:]) + 1e-12)))

    def rates_at(self, t: float, y: Floats, p: Floats) -> Floats:
        """y' that is consistent with the residuals."""
        n = len(self.states)
        yp = np.zeros(self.size)
        yp[:n] = self.evaluate("f", t, y, p)[:n]
        if self.unknowns:
            j = self.jacobian(t, y, p)
            h = 1e-7 * max(abs(t), 1e-3)
            gt = (self.evaluate("f", t + h, y, p)[n:] - self.evaluate("f", t, y, p)[n:]) / h
            yp[n:] = np.linalg.lstsq(j[n:, n:], -(gt + j[n:, :n] @ yp[:n]), rcond=None)[0]
        return yp


def _delays_as_polynomials(system: System) -> list[Any]:
    """Replace delayed quantities by quadratics in time, valid for a short while; their coefficients, and its start."""
    if not system.delays:
        return []
    begin = sp.Symbol("window()", real=True)
    coefficients: list[Any] = []
    table: dict[Any, Any] = {}
    for k, (s, _, _) in enumerate(system.delays):
        c = sp.symbols(f"delayed{k}(0:3)", real=True)
        coefficients += c
        table[s] = c[0] + c[1] * (TIME - begin) + c[2] * (TIME - begin) ** 2
    substitute(system, table)
    system.moved.update(table)
    return [*coefficients, begin]


def _settle(e: Any, table: dict[Any, Any]) -> Any:
    while not e.free_symbols.isdisjoint(table):
        e = e.xreplace(table)
    return e


def _relations(conditions: Sequence[Any]) -> list[Any]:
    return [r for c in conditions for r in c.atoms(*_RELATIONS)]


def make_regime(definition: Definition, store: dict[Any, float] | None, inactive: frozenset[str], t: float) -> Regime:
    """Regime of a model at stored values.

    Args:
        definition: the model.
        store: value by stored symbol, fast species relaxed; None at the very start.
        inactive: fast reactions that stand still.
        t: time.
    """
    system = build(without_fast(definition, inactive), store)
    extra: list[Any] = []
    if store is not None:
        extra = [_awakening(system, name, store, t) for name in sorted(inactive)]
    if store is not None and system.fast is not None:
        extra += pick_branches(system, store, t)
    eliminate_linear(system)
    return Regime(system, [_settle(e, system.moved) for e in extra])


def without_fast(definition: Definition, names: frozenset[str]) -> Definition:
    """The same model with some fast reactions taken as slow: these stand still."""
    if not names:
        return definition
    reactions = tuple(replace(r, fast=r.fast and r.name not in names) for r in definition.reactions)
    return replace(definition, reactions=reactions)


def _awakening(system: System, reaction: str, store: dict[Any, float], t: float) -> Any:
    """What becomes positive when a fast reaction that stood still, for want of something slow, begins to run."""
    flux = system.reaction_rates[reaction]
    values = {**store, TIME: t}
    b: Any = system.builder  # type: ignore[attr-defined]
    r = next(r for r in system.definition.reactions if r.name == reaction)
    own = {amount_symbol(s) for s, _ in (*r.reactants, *r.products) if s in b.changed and b.net(r, s) != 0}
    largest = max((abs(v) for s, v in store.items() if s.name.startswith("amount(")), default=0.0) or 1.0
    rng = np.random.default_rng(0)
    filled = {s: largest * rng.uniform(0.5, 1.0) for s in sorted(own, key=str)}
    size = abs(evaluate(flux, {**{s: v or largest for s, v in values.items()}, **filled}))
    return sp.Abs(flux.xreplace({s: sp.Float(v) for s, v in filled.items()})) - sp.Float(1e-9 * (size or 1.0))


def pick_branches(system: System, store: dict[Any, float], t: float) -> list[Any]:
    """Leave in fast residuals the branch and the factor that hold now; returns what to watch for the others."""
    watched: list[Any] = []
    values = {**store, TIME: t}
    n = len(system.residuals) - len(system.fast.dependent)  # type: ignore[union-attr]
    for s, e in system.moved.items():
        values.setdefault(s, evaluate(e, values) if s not in values else 0.0)
    values.update(system.fast.totals(values))  # type: ignore[union-attr]  # stored totals are those of before a jump
    for k in range(n, len(system.residuals)):
        g = system.residuals[k]
        for piece in list(g.atoms(sp.Piecewise)):
            watched += [
                r.lhs - r.rhs for _, c in piece.args for r in (c.atoms(*_RELATIONS) if c is not sp.true else ())
            ]
        g = _branch(g, values)
        factors = list(sp.Mul.make_args(sp.factor_terms(g)))
        active = [f for f in factors if not f.free_symbols.isdisjoint(system.unknowns)]
        if len(active) > 1 or (active and active[0].is_Pow):
            bases = [f.base if f.is_Pow and f.exp.is_positive else f for f in active]
            best = int(np.argmin([_distance(b, system.unknowns, values) for b in bases]))
            g = bases[best]
            watched += [b for i, b in enumerate(bases) if i != best]
        elif active and active[0] is not g:
            # what multiplies it may be small or change: only its zero matters, until the multiplier is zero
            loose = [f for f in factors if f is not active[0] and f.free_symbols]
            if all(evaluate(f, values) != 0.0 for f in loose):
                g, watched = active[0], watched + loose
        system.residuals[k] = g
    return watched


def _distance(factor: Any, unknowns: Sequence[Any], values: dict[Any, float]) -> float:
    """How far a factor is from its zero, as an amount: factors in different units can be compared."""
    slope = sum(abs(evaluate(sp.diff(factor, u), values)) for u in unknowns if u in factor.free_symbols)
    size = abs(evaluate(factor, values))
    return size / slope if slope > 0.0 else size


def _branch(g: Any, values: dict[Any, float]) -> Any:
    for piece in g.atoms(sp.Piecewise):
        for branch, condition in piece.args:
            if evaluate(condition, values):
                g = g.xreplace({piece: branch})
                break
    return g


class Relaxation:
    """Fast reactions alone, with everything else held: how a state falls onto the slow manifold."""

    def __init__(self, system: System) -> None:
        fast = system.fast
        assert fast is not None
        self.species = list(fast.species)
        self.fast = fast
        b = system.builder  # type: ignore[attr-defined]
        self.reactions = [r.name for r in system.definition.reactions if r.fast]
        fluxes = [b.value(name) for name in self.reactions]
        symbols = set().union(*(e.free_symbols for e in [*fast.rates, *fluxes])) - set(self.species)
        self.others = sorted(symbols, key=lambda s: s.name)
        n = len(self.species)
        jacobian = [sp.diff(e, s) for s in self.species for e in fast.rates]
        slopes = [sp.diff(e, s) for e in fluxes for s in self.species]
        functions = [
            Outputs("f", list(fast.rates), range(n)),
            Outputs("j", jacobian, range(n * n)),
            Outputs("flux", [*fluxes, *slopes], range(len(fluxes) * (n + 1))),
        ]
        wrappers = [("rhs", "cvode_rhs", "f", n), ("jacobian", "cvode_jacobian", "j", n)]
        self.native = NativeModule(functions, _REST, self.species, self.others, wrappers, accessors() | {"size": n})
        self._call = {f.name: self.native.function(f.name) for f in functions}
        self.callbacks = {name: self.native.address(name) for name, *_ in wrappers}
        self._shape = (len(fluxes), n)

    def standing(self, t: float, store: dict[Any, float]) -> frozenset[str]:
        """Fast reactions whose rate is zero, and stays so for any small change of the fast species."""
        m, n = self._shape
        y, p = self._vectors(t, store)
        out = np.empty(m * (n + 1))
        rng = np.random.default_rng(0)
        moved = np.zeros(m)
        for y_ in (y, y + (1.0 + np.abs(y)) * rng.uniform(0.1, 1.0, n)):
            self._call["flux"](t, y_.ctypes.data, p.ctypes.data, out.ctypes.data)
            moved += np.abs(out[:m]) + np.abs(out[m:]).reshape(m, n).sum(1)
        return frozenset(r for r, v in zip(self.reactions, moved, strict=True) if v == 0.0)

    def _vectors(self, t: float, store: dict[Any, float]) -> tuple[Floats, Floats]:
        others = [t if s == TIME else store[s] for s in self.others]  # the model's time stands still
        return np.array([store[s] for s in self.species]), np.array(others or [0.0])

    def _not_negative(self, t: float, store: dict[Any, float]) -> dict[Any, float]:
        """Stored values in which no fast species is negative, reached by the smallest extents of fast reactions.

        A species that is used up is found a hair below zero; what made it negative is undone.
        """
        y = np.array([store[s] for s in self.species])
        if y.min(initial=0.0) >= 0.0 or not self.fast.dependent:
            return store
        from scipy.optimize import linprog

        r = len(self.fast.dependent)
        move = np.zeros((len(y), r))
        move[list(self.fast.dependent)] = np.eye(r)
        move[list(self.fast.independent)] = self.fast.mix({**store, TIME: t})
        scale = float(-y.min())
        found = linprog(np.ones(2 * r), A_ub=-np.hstack([move, -move]), b_ub=y / scale, bounds=(0.0, None))
        if not found.success:
            return store
        mended = y + scale * move @ (found.x[:r] - found.x[r:])
        mended[(mended < 0.0) & (mended > -1e-6 * scale)] = 0.0
        return {**store, **dict(zip(self.species, mended.tolist(), strict=True))}

    def relax(self, t: float, store: dict[Any, float]) -> dict[Any, float]:
        """Stored values with the fast species at their equilibrium.

        Raises:
            ConvergenceError: the fast reactions run away or do not settle.
        """
        from scalebridge.kinetics._sundials import Integrator

        for s in [*self.species, *(x for x in self.others if x != TIME)]:
            if not np.isfinite(store[s]):
                raise InputError(f"'{s.name}' has no finite value at t = {t:g}, and fast reactions depend on it.")
        store = self._not_negative(t, store)
        y, p = self._vectors(t, store)
        n = len(y)
        j = np.zeros(n * n)
        f = np.zeros(n)
        self._call["j"](t, y.ctypes.data, p.ctypes.data, j.ctypes.data)
        self._call["f"](t, y.ctypes.data, p.ctypes.data, f.ctypes.data)
        scale = max(float(np.abs(y).max()), 1e-300)
        speed = max(float(np.abs(j).max()), float(np.abs(f).max()) / scale)
        if speed == 0.0 or not np.isfinite(speed):
            return store
        if np.abs(f).max() <= 1e-14 * speed * scale:
            return store
        integrator = Integrator(n, self.callbacks, p, rtol=1e-10, atol=1e-16 * scale)
        integrator.start(0.0, y)
        end = 10.0 / speed
        for _ in range(14):
            try:
                integrator.advance(end)
            except ConvergenceError as error:
                raise ConvergenceError(f"The fast reactions do not settle at t = {t:g}: {error}") from error
            y = integrator.y.copy()
            self._call["f"](t, y.ctypes.data, p.ctypes.data, f.ctypes.data)
            if np.abs(f).max() <= 1e-15 * speed * max(float(np.abs(y).max()), scale):
                break
            end *= 10.0
        else:
            if np.abs(f).max() > 1e-8 * speed * scale:
                raise ConvergenceError(
                    f"The fast reactions {', '.join(self.reactions[:5])} do not come to rest at t = {t:g}: "
                    "their subsystem has no stable equilibrium, so they cannot be taken as fast."
                )
        return {**store, **dict(zip(self.species, y.tolist(), strict=True))}
