"""Derivatives of a run by parameters and initial values: the variational equations, with jumps at events.

With x' = f(t, x, w, p), 0 = g(t, x, w, p) and S = dx/dtheta, P = dp/dtheta,

    S' = (f_x - f_w g_w^-1 g_x) S + (f_p - f_w g_w^-1 g_p) P,

carried over every step of the integrator by Radau IIA of order 5 on its interpolated solution; a step is halved until
two halves agree with the whole. At an event at time tau, r(tau, x, p) = 0,

    dtau = -(r_x S + r_p P) / (r_t + r_x f),   S+ = h_x (S + f dtau) + h_p P + h_t dtau - f+ dtau,

and the same holds, with h = 1, where rates change their branch.
Sources: Hairer & Wanner, Solving Ordinary Differential Equations II (1996), section IV.5 (Radau IIA); Galan, Feehery &
Barton, Appl. Numer. Math. 31 (1999) 17, doi 10.1016/S0168-9274(98)00125-1 (jumps).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics._definition import TIME, Definition
from scalebridge.kinetics._evaluate import evaluate
from scalebridge.kinetics._native import NativeModule, Outputs
from scalebridge.kinetics._simulate import Simulation, _Pending
from scalebridge.kinetics._system import amount_symbol

Floats = npt.NDArray[np.float64]
_ROOT6 = 6.0**0.5
_C = np.array([(4.0 - _ROOT6) / 10.0, (4.0 + _ROOT6) / 10.0, 1.0])
_A = np.array(
    [
        [(88.0 - 7.0 * _ROOT6) / 360.0, (296.0 - 169.0 * _ROOT6) / 1800.0, (-2.0 + 3.0 * _ROOT6) / 225.0],
        [(296.0 + 169.0 * _ROOT6) / 1800.0, (88.0 + 7.0 * _ROOT6) / 360.0, (-2.0 - 3.0 * _ROOT6) / 225.0],
        [(16.0 - _ROOT6) / 36.0, (16.0 + _ROOT6) / 36.0, 1.0 / 9.0],
    ]
)


class Forward(Simulation):
    """A run that carries the derivatives of its state with it. Use once.

    Args:
        definition: the model.
        start: first time.
        seeds: derivative of stored quantities at the start, by symbol, shape (thetas,); zero where left out.
        count: number of thetas.
        keep: identifiers whose derivatives are wanted.
        accuracy: relative error of a step of the derivatives.
        how: as for `Simulation`.

    Raises:
        InputError: reactions marked as fast, delays, events that jump compartments.
    """

    def __init__(
        self, definition: Definition, start: float, seeds: Mapping[Any, Floats], count: int, keep: Sequence[str],
        *, accuracy: float = 1e-7, **how: Any,
    ) -> None:  # fmt: skip
        self._seeds, self._count, self._keep, self._accuracy = seeds, count, tuple(keep), accuracy
        self.s = self.q = np.zeros((0, count))
        self._dtau, self._inside = np.zeros(count), start
        _refuse(definition)
        super().__init__(definition, start, **how)
        self._begin()

    def _begin(self) -> None:
        if self.s.size or self.q.size:
            return
        r = self.regime
        zero = np.zeros(self._count)
        self.s = np.array([self._seeds.get(x, zero) for x in r.states]).reshape(len(r.states), self._count)
        self.q = np.array([self._seeds.get(x, zero) for x in r.parameters] or [zero])
        self._slopes = self._cached(("slopes", self._keep), self._compile)

    def _compile(self) -> NativeModule:
        r = self.regime
        everything = [*r.variables, *r.parameters]
        values = [{**r.system.values, **_amounts(r.system)}[n] for n in self._keep]
        by_parameter = [sp.diff(e, p) for e in r.equations for p in r.parameters]
        by_all = [sp.diff(e, x) for e in values for x in everything]
        functions = [
            Outputs("p", by_parameter, range(len(by_parameter))),
            Outputs("o", by_all, range(len(by_all))),
        ]
        return NativeModule(functions, TIME, r.variables, r.parameters)

    def _slope(self, name: str, rows: int, columns: int, t: float, y: Floats) -> Floats:
        out = np.zeros((rows, columns))
        if out.size:
            y = np.ascontiguousarray(y)
            self._slopes.function(name)(t, y.ctypes.data, self.p.ctypes.data, out.ctypes.data)
        return out

    def _linear(self, t: float, y: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Matrix and drive of S', and of the unknowns' derivatives."""
        r = self.regime
        n = len(r.states)
        j = r.jacobian(t, np.ascontiguousarray(y), self.p)
        drive = self._slope("p", r.size, len(r.parameters), t, y) @ self.q[: len(r.parameters)]
        if not r.unknowns:
            return j, drive, np.zeros((0, n)), np.zeros((0, self._count))
        follow: Floats = np.asarray(-np.linalg.solve(j[n:, n:], np.hstack([j[n:, :n], drive[n:]])), dtype=np.float64)
        return (
            j[:n, :n] + j[:n, n:] @ follow[:, :n],
            drive[:n] + j[:n, n:] @ follow[:, n:],
            follow[:, :n],
            follow[:, n:],
        )

    def whole(self) -> Floats:
        """Derivatives of states and unknowns now, shape (variables, thetas)."""
        _, _, follow, drive = self._linear(self.t, self.y)
        return np.vstack([self.s, follow @ self.s + drive])

    # along the run ---------------------------------------------------------------------------------------------------

    def _stepped(self, before: float, now: float) -> None:
        # a step may end where a condition changes: the end is looked at a hair before, on the near side
        self._inside = now - min(_hair(now), 0.1 * (now - before))
        if now > before and self.regime.system.states:
            self.s = self._carry(self.s, before, now, 0)

    def _carry(self, s: Floats, t0: float, t1: float, depth: int) -> Floats:
        middle = 0.5 * (t0 + t1)
        once = self._radau(s, t0, t1)
        twice = self._radau(self._radau(s, t0, middle), middle, t1)
        size = np.abs(twice).max(0, keepdims=True, initial=0.0)
        allowed = self._accuracy * np.maximum(np.abs(twice), 1e-3 * size) + 1e-300
        if np.all(np.abs(once - twice) / 31.0 <= allowed):
            return twice + (twice - once) / 31.0
        if depth > 40:
            raise ConvergenceError(
                f"The derivatives by parameters cannot be followed at t = {t0:g}: they grow too fast."
            )
        return self._carry(self._carry(s, t0, middle, depth + 1), middle, t1, depth + 1)

    def _radau(self, s: Floats, t0: float, t1: float) -> Floats:
        assert self.integrator is not None
        h, n = t1 - t0, len(s)
        at = [min(t0 + c * h, max(t0, self._inside)) for c in _C.tolist()]
        stages = [self._linear(t, self.integrator.at(t))[:2] for t in at]
        matrix = np.eye(3 * n)
        right = np.tile(s, (3, 1))
        for k, (a, b) in enumerate(stages):
            for i in range(3):
                matrix[i * n : (i + 1) * n, k * n : (k + 1) * n] -= h * _A[i, k] * a
                right[i * n : (i + 1) * n] += h * _A[i, k] * b
        return np.asarray(np.linalg.solve(matrix, right)[2 * n :])

    def derivatives(self, times: Floats) -> tuple[Floats, Floats]:
        """Values, shape (times, names), and derivatives of what is kept, shape (times, kept, thetas)."""
        values = np.empty((len(times), len(self.regime.names)))
        slopes = np.empty((len(times), len(self._keep), self._count))
        self._span = float(times[-1]) - self.t
        for k, t in enumerate(times.tolist()):
            one = np.array([t])
            done = self._record(one, values[k : k + 1], 0)
            while not done:
                done = self._leap(one, values[k : k + 1], 0)
            r = self.regime
            by = self._slope("o", len(self._keep), r.size + len(r.parameters), self.t, self.y)
            slopes[k] = by[:, : r.size] @ self.whole()[: r.size] + by[:, r.size :] @ self.q[: len(r.parameters)]
        return values, slopes

    # jumps -----------------------------------------------------------------------------------------------------------

    def _stored(self) -> dict[Any, Floats]:
        r = self.regime
        return dict(zip([*r.variables, *r.parameters], [*self.whole(), *self.q], strict=False))

    def _at_root(self) -> None:
        assert self.integrator is not None
        r = self.regime
        values = dict(zip([*r.variables, *r.parameters], [*self.y.tolist(), *self.p.tolist()], strict=False))
        values[TIME] = self.t
        near = r.rates_at(self._inside, self.integrator.at(self._inside), self.p)
        rate = dict(zip(r.variables, near.tolist(), strict=True))
        ahead = self._stored()
        found = []
        for e in (r.roots[i] for i in np.flatnonzero(self.integrator.roots_met())):
            slopes = {x: evaluate(sp.diff(e, x), values) for x in e.free_symbols - {TIME}}
            speed = evaluate(sp.diff(e, TIME), values) + sum(v * rate.get(x, 0.0) for x, v in slopes.items())
            move = sum((v * ahead[x] for x, v in slopes.items()), np.zeros(self._count))
            if not np.isfinite(speed) or (speed == 0.0 and np.any(move)):
                raise ConvergenceError(
                    f"At t = {self.t:g} a condition is met without being crossed: the time of what follows does not "
                    "depend smoothly on the parameters, and derivatives do not exist."
                )
            found.append(-move / speed if np.any(move) else np.zeros(self._count))
        self._dtau = found[0] if found else np.zeros(self._count)
        if any(np.abs(other - self._dtau).max() > 1e-9 * (np.abs(self._dtau).max() + 1e-300) for other in found[1:]):
            raise ConvergenceError(
                f"At t = {self.t:g} two conditions are met at once whose times depend on the parameters in different "
                "ways: derivatives do not exist there."
            )
        self.s = self.s + near[: len(r.states), None] * self._dtau

    def _left_root(self) -> None:
        r = self.regime
        self.s = self.s - r.rates_at(self.t, self.y, self.p)[: len(r.states), None] * self._dtau
        self._dtau = np.zeros(self._count)

    def _execute(self, q: _Pending) -> None:
        self._begin()
        b = self.plain.builder  # type: ignore[attr-defined]
        r = self.regime
        values = {**self.store, TIME: self.t}
        known = self._stored() | {TIME: self._dtau}
        new: dict[Any, Floats] = {}
        for name, e in q.event.assignments.items():
            e, target = b.resolve(e), b.base[name]
            if target == amount_symbol(name) and b.concentration(b.v[name]):
                e = e * b.value(b.v[name].compartment)
            new[target] = sum(
                (evaluate(sp.diff(e, x), values) * known[x] for x in e.free_symbols if x in known),
                np.zeros(self._count),
            )
        for table, symbols in ((self.s, r.states), (self.q, r.parameters)):
            for i, x in enumerate(symbols):
                if x in new:
                    table[i] = new[x]
        super()._execute(q)


def _hair(t: float) -> float:
    return 1e-10 * max(abs(t), 1e-3)


def _amounts(system: Any) -> dict[str, Any]:
    return {f"amount({n})": e for n, e in system.amounts.items()}


def _refuse(d: Definition) -> None:
    if any(r.fast for r in d.reactions):
        raise InputError(
            "Derivatives by parameters are not made for models with reactions marked as fast: reduce the model first "
            "(Network.reduce) and take the derivatives of the reduced one."
        )
    for e in d.events:
        if e.delay is not None:
            raise InputError(f"Derivatives by parameters are not made for delayed events; '{e.name}' has a delay.")
        for name in e.assignments:
            if d.variables[name].kind == "compartment":
                raise InputError(
                    f"Derivatives by parameters are not made across jumps of a compartment's size; event '{e.name}' "
                    f"sets '{name}'."
                )
