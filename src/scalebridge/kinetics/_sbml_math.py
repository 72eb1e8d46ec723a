"""MathML, as libSBML's trees, to SymPy."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import libsbml as sb
import sympy as sp
from sympy.logic.boolalg import Boolean

from scalebridge.errors import InputError
from scalebridge.kinetics._definition import TIME, symbol

DELAY = sp.Function("delay")
RATE_OF = sp.Function("rateOf")
AVOGADRO = 6.02214179e23  # the value SBML Level 3 Version 1 names


def number(e: Any) -> Any:
    """Truths as 1 and 0."""
    return sp.Piecewise((sp.Integer(1), e), (sp.Integer(0), True)) if _is_truth(e) else e


def truth(e: Any) -> Any:
    """Numbers as truths."""
    return e if _is_truth(e) else sp.Ne(e, 0)


def _is_truth(e: Any) -> bool:
    """Symbols are Booleans to SymPy and numbers to SBML."""
    return isinstance(e, Boolean) and not e.is_Symbol


def _chain(relation: Any) -> Callable[..., Any]:
    def apply(*args: Any) -> Any:
        values = [number(a) for a in args]
        if len(values) < 2:
            return sp.true
        return sp.And(*[relation(a, b) for a, b in itertools.pairwise(values)])

    return apply


def _piecewise(*args: Any) -> Any:
    pieces = [(number(args[i]), truth(args[i + 1])) for i in range(0, len(args) - 1, 2)]
    if len(args) % 2:
        pieces.append((number(args[-1]), sp.true))
    return sp.Piecewise(*pieces, evaluate=False)


def _quotient(a: Any, b: Any) -> Any:
    q = a / b
    return sp.Piecewise((sp.floor(q), sp.Ge(q, 0)), (sp.ceiling(q), True))


def _numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: function(*[number(a) for a in args])


def _truths(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: function(*[truth(a) for a in args])


def _acoth(x: Any) -> Any:
    return sp.atanh(1 / x)


def _minus(*args: Any) -> Any:
    return -args[0] if len(args) == 1 else args[0] - args[1]


def _log(*args: Any) -> Any:
    return sp.log(args[1]) / sp.log(args[0]) if len(args) == 2 else sp.log(args[0]) / sp.log(10)


def _root(*args: Any) -> Any:
    return args[1] ** (1 / args[0]) if len(args) == 2 else sp.sqrt(args[0])


_FUNCTIONS: dict[int, Callable[..., Any]] = {
    sb.AST_PLUS: _numbers(lambda *a: sp.Add(*a)),
    sb.AST_TIMES: _numbers(lambda *a: sp.Mul(*a)),
    sb.AST_MINUS: _numbers(_minus),
    sb.AST_DIVIDE: _numbers(lambda a, b: a / b),
    sb.AST_POWER: _numbers(lambda a, b: a**b),
    sb.AST_FUNCTION_POWER: _numbers(lambda a, b: a**b),
    sb.AST_FUNCTION_ROOT: _numbers(_root),
    sb.AST_FUNCTION_ABS: _numbers(sp.Abs),
    sb.AST_FUNCTION_EXP: _numbers(sp.exp),
    sb.AST_FUNCTION_LN: _numbers(sp.log),
    sb.AST_FUNCTION_LOG: _numbers(_log),
    sb.AST_FUNCTION_FLOOR: _numbers(sp.floor),
    sb.AST_FUNCTION_CEILING: _numbers(sp.ceiling),
    sb.AST_FUNCTION_FACTORIAL: _numbers(sp.factorial),
    sb.AST_FUNCTION_MAX: _numbers(sp.Max),
    sb.AST_FUNCTION_MIN: _numbers(sp.Min),
    sb.AST_FUNCTION_QUOTIENT: _numbers(_quotient),
    sb.AST_FUNCTION_REM: _numbers(lambda a, b: a - b * _quotient(a, b)),
    sb.AST_FUNCTION_PIECEWISE: _piecewise,
    sb.AST_FUNCTION_DELAY: _numbers(DELAY),
    sb.AST_FUNCTION_RATE_OF: _numbers(RATE_OF),
    sb.AST_RELATIONAL_EQ: _chain(sp.Eq),
    sb.AST_RELATIONAL_NEQ: _chain(sp.Ne),
    sb.AST_RELATIONAL_LT: _chain(sp.Lt),
    sb.AST_RELATIONAL_LEQ: _chain(sp.Le),
    sb.AST_RELATIONAL_GT: _chain(sp.Gt),
    sb.AST_RELATIONAL_GEQ: _chain(sp.Ge),
    sb.AST_LOGICAL_AND: _truths(sp.And),
    sb.AST_LOGICAL_OR: _truths(sp.Or),
    sb.AST_LOGICAL_XOR: _truths(sp.Xor),
    sb.AST_LOGICAL_NOT: _truths(sp.Not),
    sb.AST_LOGICAL_IMPLIES: _truths(lambda a, b: sp.Or(sp.Not(a), b)),
}
for _name in ("SIN", "COS", "TAN", "SINH", "COSH", "TANH"):
    _FUNCTIONS[getattr(sb, f"AST_FUNCTION_{_name}")] = _numbers(getattr(sp, _name.lower()))
    _FUNCTIONS[getattr(sb, f"AST_FUNCTION_ARC{_name}")] = _numbers(getattr(sp, "a" + _name.lower()))
for _name, _of in {"SEC": "COS", "CSC": "SIN", "COT": "TAN"}.items():
    for _end in ("", "H"):
        _f = getattr(sp, (_of + _end).lower())
        _g = getattr(sp, ("a" + _of + _end).lower())
        _FUNCTIONS[getattr(sb, f"AST_FUNCTION_{_name}{_end}")] = _numbers(functools.partial(lambda f, x: 1 / f(x), _f))
        _FUNCTIONS[getattr(sb, f"AST_FUNCTION_ARC{_name}{_end}")] = _numbers(
            functools.partial(lambda f, x: f(1 / x), _g)
        )


@dataclass
class Reader:
    """Trees to expressions, with the model's function definitions.

    Attributes:
        functions: (arguments, body) by name.
    """

    functions: dict[str, tuple[list[Any], Any]] = field(default_factory=dict)

    def __call__(self, node: Any, local: Mapping[str, str] | None = None) -> Any:
        """Expression of a tree; `local` renames local parameters."""
        kind = node.getType()
        if kind == sb.AST_INTEGER:
            return sp.Integer(node.getInteger())
        if kind == sb.AST_RATIONAL:
            return sp.Rational(node.getNumerator(), node.getDenominator())
        if kind in (sb.AST_REAL, sb.AST_REAL_E):
            return _real(node.getReal())
        if kind in (sb.AST_NAME,):
            name = node.getName()
            return symbol((local or {}).get(name, name))
        constant = {
            sb.AST_NAME_TIME: TIME,
            sb.AST_NAME_AVOGADRO: sp.Float(AVOGADRO),
            sb.AST_CONSTANT_E: sp.E,
            sb.AST_CONSTANT_PI: sp.pi,
            sb.AST_CONSTANT_TRUE: sp.true,
            sb.AST_CONSTANT_FALSE: sp.false,
        }.get(kind)
        if constant is not None:
            return constant
        children = [self(node.getChild(i), local) for i in range(node.getNumChildren())]
        if kind == sb.AST_FUNCTION:
            return self._defined(node.getName(), children)
        function = _FUNCTIONS.get(kind)
        if function is None:
            raise InputError(f"The mathematics '{sb.formulaToL3String(node)}' uses an element that is not supported.")
        try:
            return function(*children)
        except (TypeError, IndexError, ValueError):
            raise InputError(
                f"The mathematics '{sb.formulaToL3String(node)}' gives an element {len(children)} argument(s) that it "
                "cannot take."
            ) from None

    def define(self, name: str, node: Any) -> None:
        """Take in a function definition."""
        last = node.getNumChildren() - 1
        arguments = [sp.Dummy(node.getChild(i).getName(), real=True) for i in range(last)]
        body = self(node.getChild(last)).xreplace(
            {symbol(node.getChild(i).getName()): a for i, a in enumerate(arguments)}
        )
        self.functions[name] = (arguments, body)

    def _defined(self, name: str, arguments: list[Any]) -> Any:
        if name not in self.functions:
            raise InputError(f"The function '{name}' is used and not defined.")
        formal, body = self.functions[name]
        if len(formal) != len(arguments):
            raise InputError(f"The function '{name}' takes {len(formal)} arguments and was given {len(arguments)}.")
        return body.xreplace(dict(zip(formal, map(number, arguments), strict=True)))


def _real(value: float) -> Any:
    if value != value:
        return sp.nan
    if value in (float("inf"), float("-inf")):
        return sp.oo if value > 0 else -sp.oo
    return sp.Integer(int(value)) if value.is_integer() and abs(value) < 1e15 else sp.Float(repr(value), 17)
