"""Quantities as text with units at the door, SI floats inside.

Studies say ``"5 nm"`` or ``"70 GPa"``; models compute with SI floats. Pint is imported when the first quantity is read.
"""

from __future__ import annotations

import difflib
import functools
import math
import re
import tokenize
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scalebridge._dimensions import DIMENSIONS as DIMENSIONS
from scalebridge._dimensions import Dimension as Dimension
from scalebridge.errors import InputError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["DIMENSIONS", "Dimension", "Quantity", "QuantityError", "format_quantity", "parse_quantity"]


_QUANTITY = re.compile(r"\s*([+-]?(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*", re.DOTALL)
_UNIT = re.compile(r"[A-Za-zµμΩÅ°%_*/^()\d\s·.+-]{0,60}")
_POWER = re.compile(r"(?:\^|\*\*)\s*[+-]?(?!\d{1,2}\b)|(?:\^|\*\*)\s*[+-]?\d+\s*(?:\^|\*\*)")
# What pint and the tokenizer beneath it raise on text that is no unit.
_NO_UNIT = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
)


class QuantityError(InputError):
    """A text is not a quantity of the dimension asked for.

    Attributes:
        found: what was found.
        allowed: what would be accepted, with an example.
        suggestion: the nearest valid spelling; empty where there is none.
    """

    def __init__(self, found: str, allowed: str, suggestion: str = "") -> None:
        hint = f" Did you mean {suggestion}?" if suggestion else ""
        super().__init__(f"Found {found}; allowed: {allowed}.{hint}")
        self.found = found
        self.allowed = allowed
        self.suggestion = suggestion


def parse_quantity(value: object, dimension: str) -> float:
    """SI value of a quantity written as text.

    Args:
        value: text such as ``"70 GPa"``; a plain number where the dimension is ``"dimensionless"``.
        dimension: a key of `DIMENSIONS`.

    Returns:
        The value in the SI unit of the dimension, finite.

    Raises:
        QuantityError: no number, unknown unit, unit of another dimension, NaN or infinity.
        InputError: `dimension` is not known.
    """
    wanted = _dimension(dimension)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise QuantityError(_shown(value), _allowed(wanted))
    if not isinstance(value, str):
        return _plain(value, wanted)
    match = _QUANTITY.fullmatch(value) if len(value) <= 100 else None
    if match is None:
        raise QuantityError(_shown(value), _allowed(wanted))
    number, unit = match.groups()
    return _finite(_to_si(number, unit, wanted, value), value, wanted)


def format_quantity(value: float, dimension: str) -> str | float:
    """Text that `parse_quantity` reads back to exactly `value`; the number itself where it is dimensionless.

    Args:
        value: in the SI unit of the dimension.
        dimension: a key of `DIMENSIONS`.

    Raises:
        InputError: `dimension` is not known.
    """
    unit = _dimension(dimension).unit
    return f"{float(value)!r} {unit}" if unit else float(value)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Marks a field of a study model as a quantity: ``Annotated[float, Quantity("pressure", gt=0.0)]``.

    The field reads text with a unit, holds the SI float and is written back as text. Bounds are in SI units.

    Attributes:
        dimension: a key of `DIMENSIONS`.
        gt: the value must be greater.
        ge: the value must be greater or equal.
        lt: the value must be less.
        le: the value must be less or equal.
    """

    dimension: str
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None

    def read(self, value: object) -> float:
        """SI value of `value`, within the bounds.

        Raises:
            QuantityError: see `parse_quantity`, or a bound is not kept.
        """
        number = parse_quantity(value, self.dimension)
        kept = (
            (self.gt is None or number > self.gt)
            and (self.ge is None or number >= self.ge)
            and (self.lt is None or number < self.lt)
            and (self.le is None or number <= self.le)
        )
        if not kept:
            raise QuantityError(_shown(value), f"{_allowed(DIMENSIONS[self.dimension])}, {self._range()}")
        return number

    def _range(self) -> str:
        unit = DIMENSIONS[self.dimension].unit
        bounds = ((self.gt, "greater than"), (self.ge, "at least"), (self.lt, "less than"), (self.le, "at most"))
        return " and ".join(f"{word} {bound:g} {unit}".strip() for bound, word in bounds if bound is not None)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Schema that reads with `read` and writes with `format_quantity`."""
        del source, handler
        from pydantic_core import PydanticCustomError, core_schema

        def read(value: object) -> float:
            try:
                return self.read(value)
            except QuantityError as error:
                context = {"found": error.found, "allowed": error.allowed, "suggestion": error.suggestion}
                raise PydanticCustomError("study_value", "{allowed}", context) from None

        return core_schema.no_info_plain_validator_function(
            read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                functools.partial(format_quantity, dimension=self.dimension), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Schema for editors: text with an example, or a number where there is no unit."""
        del schema, handler
        dimension = DIMENSIONS[self.dimension]
        bounds = self._range()
        described = f"A {dimension.name}" + (f", {bounds}" if bounds else "")
        kind: str | list[str] = "string" if dimension.unit else ["number", "string"]
        example: str | float = dimension.example if dimension.unit else float(dimension.example)
        return {"type": kind, "description": described, "examples": [example]}


def _dimension(name: str) -> Dimension:
    if name not in DIMENSIONS:
        raise InputError(f"Unknown dimension {name!r}; known are {', '.join(DIMENSIONS)}")
    return DIMENSIONS[name]


def _allowed(dimension: Dimension) -> str:
    if not dimension.unit:
        return f"a number without a unit, e.g. {dimension.example}"
    return f'a {dimension.name} as text with a unit, e.g. "{dimension.example}"'


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _plain(value: float, dimension: Dimension) -> float:
    if dimension.unit:
        raise QuantityError(f"the number {_shown(value)} without a unit", _allowed(dimension))
    try:
        return _finite(float(value), value, dimension)
    except OverflowError:
        raise QuantityError("a number beyond 1.8e308", _allowed(dimension)) from None


def _finite(number: float, written: object, dimension: Dimension) -> float:
    if not math.isfinite(number):
        raise QuantityError(f"{_shown(written)}, which is not finite", _allowed(dimension))
    return number


def _to_si(number: str, unit: str, dimension: Dimension, written: str) -> float:
    """Convert in decimals, so that "5 um" is the float 5e-6 and what was written in SI is read back bit by bit."""
    if unit == dimension.unit:
        return float(number)
    if not unit:
        raise QuantityError(f"{_shown(written)} without a unit", _allowed(dimension))
    registry = _registry()
    parsed = _parse_unit(unit, dimension)
    if parsed.dimensionality != registry.Unit(dimension.unit).dimensionality:
        found = f"{_shown(written)}, which has the dimension {parsed.dimensionality}"
        raise QuantityError(found, _allowed(dimension))
    try:
        return float(registry.Quantity(Decimal(number), parsed).to(dimension.unit or "dimensionless").magnitude)
    except (*_NO_UNIT, _pint_error()) as error:
        raise QuantityError(f"{_shown(written)}, which is too large or too small", _allowed(dimension)) from error


def _parse_unit(unit: str, dimension: Dimension) -> Any:
    readable = _UNIT.fullmatch(unit) is not None and _POWER.search(unit) is None
    try:
        if readable:
            return _registry().parse_units(unit)
    except (*_NO_UNIT, _pint_error()):
        pass  # not a unit: answered below, together with what is not even readable
    near = _nearest(unit, dimension.usual)
    raise QuantityError(f"the unit {_shown(unit)}, which is not known", _allowed(dimension), near)


def _nearest(unit: str, usual: tuple[str, ...]) -> str:
    """Nearest usual unit; letters in the wrong case count as near."""
    folded = {name.casefold(): name for name in reversed(usual)}
    close = difflib.get_close_matches(unit.casefold(), folded, n=1, cutoff=0.5)
    return folded[close[0]] if close else ""


@functools.cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(non_int_type=Decimal)


def _pint_error() -> type[Exception]:
    import pint

    return pint.errors.PintError
