"""SymPy expressions to machine code, by LLVM, in milliseconds: right-hand sides, Jacobians and callbacks.

Every function has the same shape, ``f(t, y*, p*, out*)``. Equal sub-expressions are computed once. Numba's own compiler
is used for loops; going through it for generated code would take seconds where this takes milliseconds. Numba functions
call these by their address (`NativeFunction.pointer`).
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from scalebridge.errors import InputError, MissingExtraError

try:
    from llvmlite import binding, ir
except ImportError as error:  # pragma: no cover
    raise MissingExtraError("numba", "kinetics") from error

Floats = npt.NDArray[np.float64]
_DOUBLE = ir.DoubleType()
_POINTER = ir.PointerType(_DOUBLE)
_VOID = ir.IntType(8).as_pointer()
_INT = ir.IntType(32)
_LIBM = {
    sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.tan: "tan", sp.asin: "asin", sp.acos: "acos",
    sp.atan: "atan", sp.sinh: "sinh", sp.cosh: "cosh", sp.tanh: "tanh", sp.asinh: "asinh", sp.acosh: "acosh",
    sp.atanh: "atanh", sp.floor: "floor", sp.ceiling: "ceil", sp.Abs: "fabs", sp.gamma: "tgamma",
    sp.loggamma: "lgamma", sp.erf: "erf",
}  # fmt: skip
_RELATIONS = {sp.Lt: "<", sp.Le: "<=", sp.Gt: ">", sp.Ge: ">=", sp.Eq: "==", sp.Ne: "!="}


@functools.cache
def _machine() -> Any:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(opt=2, jit=True)


class _Emitter:
    """Writes expressions into one LLVM function; equal sub-expressions share their value."""

    def __init__(self, builder: Any, symbols: dict[Any, Any]) -> None:
        self.builder = builder
        self.known = symbols

    def __call__(self, expression: Any) -> Any:
        found = self.known.get(expression)
        if found is None:
            found = self._emit(expression)
            self.known[expression] = found
        return found

    def number(self, expression: Any) -> Any:
        """The value as a double; conditions count as 0 and 1."""
        value = self(expression)
        return value if value.type == _DOUBLE else self.builder.uitofp(value, _DOUBLE)

    def _emit(self, e: Any) -> Any:
        b = self.builder
        if e is sp.true or e is sp.false:
            return ir.Constant(ir.IntType(1), int(e is sp.true))
        if e.is_Number or e.is_NumberSymbol or e is sp.zoo or e is sp.nan:
            return ir.Constant(_DOUBLE, _float(e))
        if e.is_Add:
            return self._sum(e)
        if e.is_Mul:
            return self._product(e)
        if e.is_Pow:
            return self._power(e.base, e.exp)
        if isinstance(e, sp.Piecewise):
            return self._piecewise(e)
        for kind, name in _RELATIONS.items():
            if isinstance(e, kind):
                ordered = b.fcmp_unordered if name == "!=" else b.fcmp_ordered
                return ordered(name, self.number(e.lhs), self.number(e.rhs))
        if isinstance(e, sp.And | sp.Or | sp.Xor):
            operation = {sp.And: b.and_, sp.Or: b.or_, sp.Xor: b.xor}[type(e)]
            return functools.reduce(operation, [self.condition(a) for a in e.args])
        if isinstance(e, sp.Not):
            return b.not_(self.condition(e.args[0]))
        if isinstance(e, sp.Max | sp.Min):
            sign = ">" if isinstance(e, sp.Max) else "<"
            return functools.reduce(
                lambda x, y: b.select(b.fcmp_ordered(sign, x, y), x, y), [self.number(a) for a in e.args]
            )
        if isinstance(e, sp.sign):
            x = self.number(e.args[0])
            zero = ir.Constant(_DOUBLE, 0.0)
            return b.fsub(
                b.uitofp(b.fcmp_ordered(">", x, zero), _DOUBLE), b.uitofp(b.fcmp_ordered("<", x, zero), _DOUBLE)
            )
        if e.func in _LIBM:
            return self._call(_LIBM[e.func], *[self.number(a) for a in e.args])
        if isinstance(e, sp.Mod):
            x, y = (self.number(a) for a in e.args)
            return b.fsub(x, b.fmul(y, self._call("floor", b.fdiv(x, y))))
        if isinstance(e, sp.factorial):
            return self._call("tgamma", b.fadd(self.number(e.args[0]), ir.Constant(_DOUBLE, 1.0)))
        if isinstance(e, sp.Symbol):
            raise InputError(f"The symbol '{e.name}' has no value: it is not defined in the model.")
        raise InputError(f"The function '{e.func.__name__}' in '{e}' cannot be compiled.")

    def condition(self, expression: Any) -> Any:
        """The value as a truth; numbers are true where not zero."""
        value = self(expression)
        if value.type != _DOUBLE:
            return value
        return self.builder.fcmp_unordered("!=", value, ir.Constant(_DOUBLE, 0.0))

    def _sum(self, e: Any) -> Any:
        total = None
        for term in e.args:
            negative = term.is_Mul and term.args[0].is_Number and term.args[0].is_negative
            value = self.number(-term if negative else term)
            if total is None:
                total = self.builder.fneg(value) if negative else value
            else:
                total = self.builder.fsub(total, value) if negative else self.builder.fadd(total, value)
        return total

    def _product(self, e: Any) -> Any:
        above, below = [], []
        for factor in e.args:
            if factor.is_Pow and factor.exp.is_Number and factor.exp.is_negative:
                below.append(self._power(factor.base, -factor.exp))
            elif factor.is_Rational and not factor.is_Integer:
                above.append(ir.Constant(_DOUBLE, float(factor)))
            else:
                above.append(self.number(factor))
        value = functools.reduce(self.builder.fmul, above) if above else ir.Constant(_DOUBLE, 1.0)
        return self.builder.fdiv(value, functools.reduce(self.builder.fmul, below)) if below else value

    def _power(self, base: Any, exponent: Any) -> Any:
        b = self.builder
        if exponent.is_Float and float(exponent).is_integer():
            exponent = sp.Integer(int(exponent))
        if exponent.is_Integer and abs(int(exponent)) <= 16:
            power = self._integer_power(self.number(base), abs(int(exponent)))
            return power if int(exponent) >= 0 else b.fdiv(ir.Constant(_DOUBLE, 1.0), power)
        if exponent == sp.Rational(1, 2):
            return self._call("sqrt", self.number(base))
        if exponent == sp.Rational(-1, 2):
            return b.fdiv(ir.Constant(_DOUBLE, 1.0), self._call("sqrt", self.number(base)))
        if base is sp.E:
            return self._call("exp", self.number(exponent))
        return self._call("pow", self.number(base), self.number(exponent))

    def _integer_power(self, x: Any, n: int) -> Any:
        if n == 0:
            return ir.Constant(_DOUBLE, 1.0)
        half = None
        for bit in bin(n)[2:]:
            if half is not None:
                half = self.builder.fmul(half, half)
            if bit == "1":
                half = x if half is None else self.builder.fmul(half, x)
        return half

    def _piecewise(self, e: Any) -> Any:
        value = ir.Constant(_DOUBLE, float("nan"))
        for branch, condition in reversed(e.args):
            value = self.builder.select(self.condition(condition), self.number(branch), value)
        return value

    def _call(self, name: str, *arguments: Any) -> Any:
        module = self.builder.module
        function = module.globals.get(name)
        if function is None:
            function = ir.Function(module, ir.FunctionType(_DOUBLE, [_DOUBLE] * len(arguments)), name)
            function.attributes.add("readnone")
            function.attributes.add("nounwind")
        return self.builder.call(function, arguments)


def _float(e: Any) -> float:
    try:
        value = complex(e)
    except (TypeError, ValueError):
        return float("nan")
    return float(value.real) if value.imag == 0.0 else float("nan")


@dataclass(frozen=True)
class Outputs:
    """What one function writes.

    Attributes:
        name: of the function.
        expressions: what is written.
        places: index in ``out`` of each expression; the other places are left alone.
    """

    name: str
    expressions: Sequence[Any]
    places: Sequence[int]


class NativeModule:
    """Compiled functions of one model; addresses stay valid as long as this object lives."""

    def __init__(
        self,
        functions: Sequence[Outputs],
        time: Any,
        variables: Sequence[Any],
        parameters: Sequence[Any],
        wrappers: Sequence[tuple[str, str, str, int]] = (),
        addresses: Mapping[str, int] | None = None,
    ) -> None:
        """Compile.

        Args:
            functions: what to write.
            time: symbol of time.
            variables: symbols in ``y``.
            parameters: symbols in ``p``.
            wrappers: (name, kind, function, size) of callbacks for SUNDIALS, see `_wrap`.
            addresses: where SUNDIALS' accessors stand.
        """
        module = ir.Module("kinetics")
        module.triple = _machine().triple
        for f in functions:
            _write(module, f, time, variables, parameters)
        for name, kind, function, size in wrappers:
            _wrap(module, name, kind, module.globals[function], size, addresses or {})
        parsed = binding.parse_assembly(str(module))
        options = binding.create_pipeline_tuning_options(speed_level=2 if len(str(module)) < 2_000_000 else 1)
        builder = binding.create_pass_builder(_machine(), options)
        builder.getModulePassManager().run(parsed, builder)
        self._engine = binding.create_mcjit_compiler(parsed, _target_machine())
        self._engine.finalize_object()
        self._names = [f.name for f in functions] + [w[0] for w in wrappers]

    def address(self, name: str) -> int:
        """Where a function stands in memory."""
        return int(self._engine.get_function_address(name))

    def function(self, name: str) -> Any:
        """A function as ctypes sees it, of (float, address, address, address)."""
        kind = ctypes.CFUNCTYPE(None, ctypes.c_double, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        return kind(self.address(name))


def _target_machine() -> Any:
    _machine()
    return binding.Target.from_default_triple().create_target_machine(opt=2, jit=True)


def _write(module: Any, f: Outputs, time: Any, variables: Sequence[Any], parameters: Sequence[Any]) -> None:
    kind = ir.FunctionType(ir.VoidType(), [_DOUBLE, _POINTER, _POINTER, _POINTER])
    function = ir.Function(module, kind, f.name)
    function.args[3].add_attribute("noalias")
    builder = ir.IRBuilder(function.append_basic_block())
    needed = set().union(*(e.free_symbols for e in f.expressions)) if f.expressions else set()
    known: dict[Any, Any] = {time: function.args[0]}
    for pointer, symbols in ((function.args[1], variables), (function.args[2], parameters)):
        for i, symbol in enumerate(symbols):
            if symbol in needed:
                known[symbol] = builder.load(builder.gep(pointer, [ir.Constant(_INT, i)]))
    emit = _Emitter(builder, known)
    values = [emit.number(e) for e in f.expressions]
    for place, value in zip(f.places, values, strict=True):
        builder.store(value, builder.gep(function.args[3], [ir.Constant(_INT, place)]))
    builder.ret_void()


_SHAPES = {
    "cvode_rhs": (4, (1, 2, 3)),  # t, y, ydot, user
    "cvode_jacobian": (8, (1, 3, 4)),  # t, y, fy, J, user, 3 work vectors
    "cvode_roots": (4, (1, 2, 3)),  # t, y, gout, user
    "ida_residual": (5, (1, 3, 4)),  # t, y, y', r, user
    "ida_jacobian": (10, (2, 5, 6)),  # t, cj, y, y', r, J, user, 3 work vectors
    "ida_roots": (5, (1, 3, 4)),  # t, y, y', gout, user
}


def _wrap(module: Any, name: str, kind: str, target: Any, size: int, addresses: Mapping[str, int]) -> None:
    """A callback with the signature that SUNDIALS wants around a function; not finite values ask for a smaller step.

    `size` is the number of differential variables for IDA, whose derivatives enter the residual.
    """
    count, (y_at, out_at, user_at) = _SHAPES[kind]
    types = [_DOUBLE] + [_VOID] * (count - 1)
    if kind == "ida_jacobian":
        types[1] = _DOUBLE
    if kind.endswith("roots"):
        types[out_at] = _POINTER
    function = ir.Function(module, ir.FunctionType(_INT, types), name)
    b = ir.IRBuilder(function.append_basic_block())
    args = function.args

    def data(handle: Any, accessor: str) -> Any:
        shape = ir.FunctionType(_POINTER, [_VOID]).as_pointer()
        return b.call(b.inttoptr(ir.Constant(ir.IntType(64), addresses[accessor]), shape), [handle])

    y = data(args[y_at], "vector")
    out = args[out_at] if kind.endswith("roots") else data(args[out_at], "matrix" if "jacobian" in kind else "vector")
    p = b.bitcast(args[user_at], _POINTER)
    b.call(target, [args[0], y, p, out])

    def at(pointer: Any, i: int) -> Any:
        return b.gep(pointer, [ir.Constant(_INT, i)])

    total = int(addresses["size"])
    if kind == "ida_residual":
        rate = data(args[2], "vector")
        for i in range(size):
            b.store(b.fsub(b.load(at(out, i)), b.load(at(rate, i))), at(out, i))
    if kind == "ida_jacobian":
        for i in range(size):
            place = at(out, i * (total + 1))
            b.store(b.fsub(b.load(place), args[1]), place)
    if kind in ("cvode_rhs", "ida_residual") and total:
        check: Any = ir.Constant(_DOUBLE, 0.0)
        for i in range(total):
            check = b.fadd(check, b.fmul(b.load(at(out, i)), ir.Constant(_DOUBLE, 0.0)))
        b.ret(b.zext(b.fcmp_unordered("!=", check, ir.Constant(_DOUBLE, 0.0)), _INT))
    else:
        b.ret(ir.Constant(_INT, 0))
