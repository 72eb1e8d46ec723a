from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalebridge.report._numbers import count, duration, measure, memory, number, quantity, unit

SPACES = str.maketrans({"\u2009": " ", "\u00a0": " "})
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (12.3456, "12.35"),
        (-0.5, "−0.5"),
        (1e-8, "1 × 10⁻⁸"),
        (-2.5e12, "−2.5 × 10¹²"),
        (99999.0, "99999"),
        (None, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "not a number"),
    ],
)
def test_numbers_in_print(value: float | None, shown: str):
    assert number(value).translate(SPACES) == shown


@given(st.floats(1e-290, 1e290) | st.floats(1e-6, 1e6))
def test_a_printed_number_is_right_to_its_last_digit(value: float):
    printed = number(value).replace("\u2009×\u200910", "e").translate(DIGITS)
    assert float(printed) == pytest.approx(value, rel=5.01e-4)


@pytest.mark.parametrize(
    ("value", "name", "error", "shown"),
    [
        (9.384e9, "Pa", 0.071e9, ("9.384 ± 0.071", "GPa")),
        (0.3217, "1", 0.0021, ("0.3217 ± 0.0021", "")),
        (4.2e-5, "m", None, ("42", "µm")),
        (1.5, "W/(m*K)", 0.0, ("1.5", "W/(m·K)")),
        (12.0, "K", 3e5, ("12 ± 3 × 10⁵", "K")),
        (0.0, "Pa", None, ("0", "Pa")),
        (None, "Pa", None, ("–", "Pa")),
        (math.inf, "Pa", 1.0, ("∞", "Pa")),
    ],
)
def test_quantities_carry_a_prefix_and_the_digits_of_their_error(value, name, error, shown):
    text, symbol = quantity(value, name, error)
    assert (text.translate(SPACES), symbol) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (2e-15, "2 fs"), (1e-9, "1 ns"), (0.43, "430 ms"), (1.0, "1 s"), (119.0, "119 s"), (150.0, "2.5 min"),
        (3600.0, "1 h"), (2 * 86400.0, "2 days"), (3.15576e10, "1000 years"), (0.0, "0 s"), (None, "–"), (-1.0, "−1"),
    ],
)  # fmt: skip
def test_durations_in_the_unit_a_person_would_use(seconds: float | None, shown: str):
    assert duration(seconds).translate(SPACES) == shown


def test_units_memory_and_counts():
    assert unit("J/m^3") == "J/m³"
    assert unit("m**-2*s") == "m⁻²·s"
    assert measure(64e-6, "m").translate(SPACES) == "64 µm"
    assert [memory(x).translate(SPACES) for x in (0.0, 999.0, 4.1e8, 7.7e14, 1e20)] == [
        "0 B", "999 B", "410 MB", "770 TB", "1 × 10⁵ PB",
    ]  # fmt: skip
    assert count(196608.0).translate(SPACES) == "196 608"
