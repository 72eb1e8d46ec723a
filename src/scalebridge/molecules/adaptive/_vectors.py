"""Vectors of the processor for compiled loops: several numbers that are loaded, computed with and stored at once.

Compilers find vector instructions in a loop only where they can prove that arrays do not overlap; here they are asked
for. A vector has `LANES` numbers of single or double precision; `+`, `-` and `*` act on two of the same kind. LLVM
makes the instructions of whatever processor it compiles for, several for a vector where its own are shorter.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls, allow-untyped-decorators
from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.core.datamodel import models

LANES = 8
FAST = ("fast",)
# what these decorate is called in compiled code, without its first argument
intrinsic: Any = extending.intrinsic


class Vector(types.Type):
    """Numba's type of a vector of numbers."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Vector({dtype}, {LANES})")


class Mask(types.Type):
    """Numba's type of a vector of truth values."""

    def __init__(self) -> None:
        super().__init__(name=f"Mask({LANES})")


MASK = Mask()


@extending.register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type) -> None:
        super().__init__(dmm, fe_type, _ir(fe_type.dtype))


@extending.register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type) -> None:
        super().__init__(dmm, fe_type, ir.VectorType(ir.IntType(1), LANES))


def _number(dtype) -> ir.Type:
    return {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}[dtype]


def _ir(dtype) -> ir.VectorType:
    return ir.VectorType(_number(dtype), LANES)


def _kind(a) -> tuple[ir.Type, str, Any]:
    """What a vector or a number is to LLVM, in the names of its functions, and how 1 is written."""
    if isinstance(a, Vector):
        return _ir(a.dtype), f"v{LANES}f{a.dtype.bitwidth}", [1.0] * LANES
    return _number(a), f"f{a.bitwidth}", 1.0


def _pointer(context, builder, array_type, array, index, kind) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), kind.as_pointer())


def _align(dtype) -> int:
    return int(dtype.bitwidth // 8)


def _called(builder, name: str, result, arguments) -> Any:
    function_type = ir.FunctionType(result, [a.type for a in arguments])
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    return builder.call(function, arguments, fastmath=FAST)


@intrinsic
def load(typingctx, array, index) -> Any:
    """Numbers array[index : index + LANES] of a contiguous array of one axis."""
    result = Vector(array.dtype)

    def generate(context, builder, signature, arguments) -> Any:
        where = _pointer(context, builder, array, arguments[0], arguments[1], _ir(array.dtype))
        return builder.load(where, align=_align(array.dtype))

    return result(array, types.intp), generate


@intrinsic
def store(typingctx, array, index, vector) -> Any:
    """Write a vector to array[index : index + LANES]."""

    def generate(context, builder, signature, arguments) -> Any:
        where = _pointer(context, builder, array, arguments[0], arguments[1], _ir(array.dtype))
        builder.store(arguments[2], where, align=_align(array.dtype))
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


@intrinsic
def add_to(typingctx, array, index, vector) -> Any:
    """Add a vector to array[index : index + LANES], in the precision of the array."""

    def generate(context, builder, signature, arguments) -> Any:
        kind = _ir(array.dtype)
        where = _pointer(context, builder, array, arguments[0], arguments[1], kind)
        value = arguments[2] if vector.dtype == array.dtype else builder.fpext(arguments[2], kind)
        total = builder.fadd(builder.load(where, align=_align(array.dtype)), value)
        builder.store(total, where, align=_align(array.dtype))
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


def _filled(builder, kind, number) -> Any:
    nothing = ir.Constant(kind, ir.Undefined)
    one = builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
    return _shuffled(builder, one, nothing, [0] * LANES)


def _shuffled(builder, a, b, order) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order))


@intrinsic
def fill(typingctx, number) -> Any:
    """A vector of the same number everywhere."""

    def generate(context, builder, signature, arguments) -> Any:
        return _filled(builder, _ir(number), arguments[0])

    return Vector(number)(number), generate


@intrinsic
def alike(typingctx, like, number) -> Any:
    """A number as what `like` is: the same everywhere in a vector, or itself."""
    if not isinstance(like, Vector):
        return number(like, number), lambda context, builder, signature, arguments: arguments[1]

    def generate(context, builder, signature, arguments) -> Any:
        return _filled(builder, _ir(number), arguments[1])

    return Vector(number)(like, number), generate


def _define(name: str, *operators: Any) -> None:
    """An instruction for two vectors as Python's operators."""

    @intrinsic
    def instruction(typingctx, a, b) -> Any:
        def generate(context, builder, signature, arguments) -> Any:
            return getattr(builder, name)(*arguments, flags=FAST)

        return a(a, b), generate

    def of_vectors(a, b) -> Any:
        return (lambda a, b: instruction(a, b)) if isinstance(a, Vector) and a == b else None

    for each in operators:
        extending.overload(each)(of_vectors)


_define("fadd", operator.add, operator.iadd)
_define("fsub", operator.sub, operator.isub)
_define("fmul", operator.mul, operator.imul)


@intrinsic
def inverse(typingctx, a) -> Any:
    """1 / a."""

    def generate(context, builder, signature, arguments) -> Any:
        kind, _, one = _kind(a)
        return builder.fdiv(ir.Constant(kind, one), arguments[0], flags=FAST)

    return a(a), generate


@intrinsic
def inverse_root(typingctx, a) -> Any:
    """1 / sqrt(a)."""

    def generate(context, builder, signature, arguments) -> Any:
        kind, name, one = _kind(a)
        root = _called(builder, f"llvm.sqrt.{name}", kind, [arguments[0]])
        return builder.fdiv(ir.Constant(kind, one), root, flags=FAST)

    return a(a), generate


@intrinsic
def apart(typingctx, array, index, number, like) -> Any:
    """array[index : index + LANES] - number, whole numbers that wrap around, in the precision of the number `like`."""

    def generate(context, builder, signature, arguments) -> Any:
        kind = ir.VectorType(ir.IntType(array.dtype.bitwidth), LANES)
        where = _pointer(context, builder, array, arguments[0], arguments[1], kind)
        whole = builder.load(where, align=_align(array.dtype))
        return builder.sitofp(builder.sub(whole, _filled(builder, kind, arguments[2])), _ir(like))

    return Vector(like)(array, types.intp, array.dtype, like), generate


@intrinsic
def wide(typingctx, vector) -> Any:
    """A vector in double precision."""

    def generate(context, builder, signature, arguments) -> Any:
        same = vector.dtype == types.float64
        return arguments[0] if same else builder.fpext(arguments[0], _ir(types.float64))

    return Vector(types.float64)(vector), generate


@intrinsic
def less(typingctx, a, b) -> Any:
    """Where a < b."""

    def generate(context, builder, signature, arguments) -> Any:
        return builder.fcmp_ordered("<", *arguments)

    return (MASK if isinstance(a, Vector) else types.boolean)(a, b), generate


@intrinsic
def both(typingctx, a, b) -> Any:
    """Where two masks are true."""

    def generate(context, builder, signature, arguments) -> Any:
        return builder.and_(*arguments)

    return MASK(a, b), generate


@intrinsic
def where(typingctx, mask, a, b) -> Any:
    """`a` where the mask is true, else `b`."""

    def generate(context, builder, signature, arguments) -> Any:
        return builder.select(*arguments)

    return a(mask, a, b), generate


@intrinsic
def some(typingctx, mask) -> Any:
    """Whether a mask is true anywhere."""

    def generate(context, builder, signature, arguments) -> Any:
        kind = ir.IntType(LANES)
        return builder.icmp_unsigned("!=", builder.bitcast(arguments[0], kind), ir.Constant(kind, 0))

    return types.boolean(mask), generate


@intrinsic
def total(typingctx, a) -> Any:
    """The sum of a vector's numbers."""

    def generate(context, builder, signature, arguments) -> Any:
        number = _ir(a.dtype).element
        function_type = ir.FunctionType(number, [number, _ir(a.dtype)])
        name = f"llvm.vector.reduce.fadd.{_kind(a)[1]}"
        function = cgutils.get_or_insert_function(builder.module, function_type, name)
        return builder.call(function, [ir.Constant(number, 0.0), arguments[0]], fastmath=("reassoc",))

    return a.dtype(a), generate


@intrinsic
def lanes(typingctx, like) -> Any:
    """0, 1, 2 .. in the precision of the number `like`."""

    def generate(context, builder, signature, arguments) -> Any:
        return ir.Constant(_ir(like), [float(k) for k in range(LANES)])

    return Vector(like)(like), generate


@intrinsic
def cubic(typingctx, table, place) -> Any:
    """Four coefficients of each lane: rows of a contiguous (n, 4) array, the whole parts of `place` their numbers.

    Returns:
        The four, lowest power first, and what is left of `place`.
    """
    result = types.UniTuple(place, 5)

    def generate(context, builder, signature, arguments) -> Any:
        kind, whole = _ir(place.dtype), ir.VectorType(ir.IntType(32), LANES)
        rows = builder.fptosi(arguments[1], whole)
        left = builder.fsub(arguments[1], builder.sitofp(rows, kind), flags=FAST)
        data = context.make_array(table)(context, builder, arguments[0]).data
        four = ir.VectorType(_ir(table.dtype).element, 4)
        parts = []
        for lane in range(LANES):
            row = builder.extract_element(rows, ir.Constant(ir.IntType(32), lane))
            start = builder.gep(data, [builder.mul(builder.sext(row, ir.IntType(64)), ir.Constant(ir.IntType(64), 4))])
            parts.append(builder.load(builder.bitcast(start, four.as_pointer()), align=_align(table.dtype)))
        found = []
        for power in range(4):
            columns, chosen, width = parts, [power] * LANES, 4
            # two by two: lanes side by side, those of the left first
            pairs = [
                _shuffled(builder, columns[k], columns[k + 1], [chosen[k], width + chosen[k + 1]])
                for k in range(0, LANES, 2)
            ]
            while len(pairs) > 1:
                size = pairs[0].type.count
                pairs = [
                    _shuffled(builder, pairs[k], pairs[k + 1], list(range(2 * size))) for k in range(0, len(pairs), 2)
                ]
            column = pairs[0]
            found.append(column if table.dtype == place.dtype else builder.fpext(column, kind))
        return context.make_tuple(builder, result, [*found, left])

    return result(table, place), generate
