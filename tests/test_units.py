from __future__ import annotations

import contextlib
import math
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from scalebridge.errors import InputError
from scalebridge.units import DIMENSIONS, Quantity, QuantityError, format_quantity, parse_quantity


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("5 nm", "length", 5e-9),
        ("5nm", "length", 5e-9),
        (" 5 µm ", "length", 5e-6),
        ("5 Å", "length", 5e-10),
        ("1_000 m", "length", 1000.0),
        ("70 GPa", "pressure", 70e9),
        ("1 N/mm^2", "pressure", 1e6),
        ("20 degC", "temperature", 293.15),
        ("0.2 W/(m K)", "thermal conductivity", 0.2),
        ("12e-6 1/degC", "thermal expansion", 12e-6),
        ("5 %", "dimensionless", 0.05),
        ("0.3", "dimensionless", 0.3),
        (0.3, "dimensionless", 0.3),
        (2, "dimensionless", 2.0),
    ],
)
def test_quantities_become_si_numbers(text: object, dimension: str, value: float) -> None:
    assert parse_quantity(text, dimension) == value


@pytest.mark.parametrize(
    ("value", "dimension", "found", "suggestion"),
    [
        ("5", "length", "'5' without a unit", ""),
        (5, "length", "the number 5 without a unit", ""),
        ("5 kg", "length", "'5 kg', which has the dimension [mass]", ""),
        ("70 gpa", "pressure", "the unit 'gpa', which is not known", "GPa"),
        ("70 GPaa", "pressure", "the unit 'GPaa', which is not known", "GPa"),
        ("5,3 nm", "length", "the unit ',3 nm', which is not known", "nm"),
        ("nm", "length", "'nm'", ""),
        ("", "length", "''", ""),
        (True, "dimensionless", "True", ""),
        ([1], "length", "[1]", ""),
        (math.nan, "dimensionless", "nan, which is not finite", ""),
        ("nan m", "length", "'nan m'", ""),
        ("1e400 m", "length", "'1e400 m', which is not finite", ""),
        ("1e400 km", "length", "'1e400 km', which is not finite", ""),
        ("1e999999999 km", "length", "'1e999999999 km', which is too large or too small", ""),
        (10**400, "dimensionless", "a number beyond 1.8e308", ""),
        ("3 m**9**9", "length", "the unit 'm**9**9', which is not known", ""),
        ("3 m^999", "length", "the unit 'm^999', which is not known", ""),
        ("3 m/0", "length", "the unit 'm/0', which is not known", "m"),
    ],
)
def test_mistakes_say_what_was_found(value: object, dimension: str, found: str, suggestion: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(value, dimension)
    assert caught.value.found == found
    assert caught.value.suggestion == suggestion
    assert DIMENSIONS[dimension].example in caught.value.allowed


@settings(max_examples=300)
@given(st.text(max_size=20), st.sampled_from(sorted(DIMENSIONS)))
def test_no_text_breaks_the_reader(unit: str, dimension: str) -> None:
    with contextlib.suppress(QuantityError):
        assert math.isfinite(parse_quantity(f"2 {unit}", dimension))


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(sorted(DIMENSIONS)))
def test_what_is_written_is_read_back_bit_by_bit(value: float, dimension: str) -> None:
    assert parse_quantity(format_quantity(value, dimension), dimension) == value


@pytest.mark.parametrize("dimension", DIMENSIONS.values(), ids=lambda dimension: dimension.name)
def test_every_dimension_reads_its_own_examples(dimension: object) -> None:
    assert parse_quantity(dimension.example, dimension.name) > 0.0  # type: ignore[attr-defined]
    assert all(parse_quantity(f"2 {unit}", dimension.name) > 0.0 for unit in dimension.usual)  # type: ignore[attr-defined]


def test_an_unknown_dimension_is_an_input_error() -> None:
    with pytest.raises(InputError, match="Unknown dimension 'lenght'"):
        parse_quantity("1 m", "lenght")


class Bar(BaseModel):
    length: Annotated[float, Quantity("length", gt=0.0, le=1.0)]
    ratio: Annotated[float, Quantity("dimensionless", ge=0.0, lt=0.5)] = 0.25


def test_fields_read_text_and_write_text() -> None:
    bar = Bar.model_validate({"length": "5 cm"})
    assert bar.length == 0.05
    assert bar.model_dump(mode="json") == {"length": "0.05 m", "ratio": 0.25}
    assert bar.model_dump() == {"length": 0.05, "ratio": 0.25}


@pytest.mark.parametrize(
    ("data", "allowed"),
    [
        ({"length": "0 m"}, "greater than 0 m and at most 1 m"),
        ({"length": "2 m"}, "greater than 0 m and at most 1 m"),
        ({"length": "1 m", "ratio": 0.5}, "at least 0 and less than 0.5"),
        ({"length": 1.0}, 'a length as text with a unit, e.g. "5 nm"'),
    ],
)
def test_fields_keep_their_bounds(data: dict[str, object], allowed: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Bar.model_validate(data)
    assert allowed in caught.value.errors()[0]["ctx"]["allowed"]


def test_editors_see_text_with_an_example() -> None:
    fields = Bar.model_json_schema()["properties"]
    assert fields["length"]["type"] == "string"
    assert fields["length"]["examples"] == ["5 nm"]
    assert fields["ratio"]["type"] == ["number", "string"]
