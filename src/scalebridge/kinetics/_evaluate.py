"""Numbers from expressions, one at a time; for what is evaluated rarely (initial values, checks)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import sympy as sp

_FUNCTIONS: dict[Any, Any] = {
    sp.exp: math.exp, sp.log: math.log, sp.sin: math.sin, sp.cos: math.cos, sp.tan: math.tan, sp.asin: math.asin,
    sp.acos: math.acos, sp.atan: math.atan, sp.sinh: math.sinh, sp.cosh: math.cosh, sp.tanh: math.tanh,
    sp.asinh: math.asinh, sp.acosh: math.acosh, sp.atanh: math.atanh, sp.floor: math.floor, sp.ceiling: math.ceil,
    sp.Abs: abs, sp.gamma: math.gamma, sp.factorial: lambda x: math.gamma(x + 1.0), sp.Max: max, sp.Min: min,
    sp.sign: lambda x: (x > 0) - (x < 0), sp.Mod: lambda x, y: x % y,
    sp.Add: lambda *a: math.fsum(a), sp.Mul: lambda *a: math.prod(a),
    sp.Lt: lambda a, b: a < b, sp.Le: lambda a, b: a <= b, sp.Gt: lambda a, b: a > b, sp.Ge: lambda a, b: a >= b,
    sp.Eq: lambda a, b: a == b, sp.Ne: lambda a, b: a != b, sp.And: lambda *a: all(a), sp.Or: lambda *a: any(a),
    sp.Not: lambda a: not a, sp.Xor: lambda *a: sum(map(bool, a)) % 2 == 1, sp.erf: math.erf,
}  # fmt: skip


def evaluate(expression: Any, values: Mapping[Any, float]) -> float:
    """Number of an expression, NaN where it has none (division by zero, logarithm of a negative number).

    Args:
        expression: SymPy expression or condition.
        values: number of each symbol in it.
    """
    try:
        return float(_evaluate(expression, values))
    except (ZeroDivisionError, ValueError, OverflowError):
        return float("nan")


def _evaluate(e: Any, values: Mapping[Any, float]) -> Any:
    if e.is_Symbol:
        return values[e]
    if e is sp.true or e is sp.false:
        return e is sp.true
    if not e.args:
        return float("inf") if e is sp.zoo else float(e)
    if isinstance(e, sp.Piecewise):
        for branch, condition in e.args:
            if _evaluate(condition, values):
                return _evaluate(branch, values)
        return float("nan")
    if e.is_Pow:
        value = _evaluate(e.base, values) ** _evaluate(e.exp, values)
        return float("nan") if isinstance(value, complex) else value
    arguments = [_evaluate(a, values) for a in e.args]
    if isinstance(e, sp.Add | sp.Mul) and not all(math.isfinite(a) for a in arguments):
        total = 0.0 if isinstance(e, sp.Add) else 1.0
        for a in arguments:
            total = total + a if isinstance(e, sp.Add) else total * a
        return total
    return _FUNCTIONS[e.func](*arguments)
