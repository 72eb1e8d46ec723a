from __future__ import annotations

import math

import pytest

from scalebridge.certificate import Certificate
from scalebridge.ledger import Entry, Verdict
from scalebridge.scales import Separation


def entry(quantity: str = "energy", *, fine: float = 1.0, allowed: float = 1e-6, when: float = 0.0) -> Entry:
    return Entry(quantity, "J", fine, 1.0, 1.0, allowed, "RVE", when)


def test_the_certificate_takes_the_worst_entry_of_each_quantity() -> None:
    entries = [entry(fine=1.0 + x, when=x) for x in (1e-9, 3e-7, 1e-8)] + [entry("mass", fine=2.0, when=4.0)]
    certificate = Certificate.of(entries)
    assert [(line.name, line.count, line.verdict) for line in certificate.lines] == [
        ("energy", 3, Verdict.HOLDS),
        ("mass", 1, Verdict.FAILS),
    ]
    assert certificate.lines[0].value == pytest.approx(3e-7)
    assert certificate.lines[0].why == "worst at RVE, 3e-07"
    assert certificate.verdict is Verdict.FAILS


def test_an_entry_that_fails_outranks_a_larger_mismatch_that_is_allowed() -> None:
    loose = entry(fine=1.5, allowed=1.0, when=1.0)
    tight = entry(fine=1.1, allowed=0.0, when=2.0)
    assert Certificate.of([loose, tight]).lines[0].why == "worst at RVE, 2"


@pytest.mark.parametrize(("value", "verdict"), [(20.0, "holds"), (7.0, "warns"), (1.0, "fails"), (math.nan, "fails")])
def test_separations_are_lines_of_the_certificate(value: float, verdict: str) -> None:
    wide = Separation("size / grain", value, trusted=10.0, warned=5.0, why="boundary layers")
    assert Certificate.of([entry()], [wide]).verdict.value == verdict


def test_without_a_balance_nothing_is_certified() -> None:
    wide = Separation("size / grain", 20.0, trusted=10.0, warned=5.0, why="boundary layers")
    assert Certificate.of([], [wide]).verdict is Verdict.FAILS
