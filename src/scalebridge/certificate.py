"""The certificate: what a run concludes from its ledger and from the separations of its scales."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from scalebridge.ledger import Entry, Verdict
from scalebridge.scales import Separation

__all__ = ["Certificate", "Line"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a certificate: the worst entry of a quantity, or a separation.

    Attributes:
        name: the quantity or the separation.
        kind: which of the two.
        value: worst mismatch, or the ratio found.
        allowed: largest mismatch that balances, or the ratio from which on the theory is trusted.
        verdict: what the line concludes.
        count: number of entries behind the line.
        why: where the worst was found, or why the separation matters.
    """

    name: str
    kind: Literal["balance", "separation"]
    value: float
    allowed: float
    verdict: Verdict
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a run concludes from its ledger and its separations.

    Attributes:
        lines: balances in the order in which their quantities were first posted, then separations.
    """

    lines: tuple[Line, ...]

    @classmethod
    def of(cls, entries: Iterable[Entry], separations: Iterable[Separation] = ()) -> Self:
        """Certificate of entries, grouped by quantity, and of separations."""
        groups: dict[str, list[Entry]] = {}
        for entry in entries:
            groups.setdefault(entry.quantity, []).append(entry)
        balances = (_balance(name, group) for name, group in groups.items())
        return cls((*balances, *map(_separation, separations)))

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all lines; fails where no balance was posted, since then nothing is known."""
        if not any(line.kind == "balance" for line in self.lines):
            return Verdict.FAILS
        return max((line.verdict for line in self.lines), key=lambda verdict: verdict.rank)


def _balance(name: str, group: list[Entry]) -> Line:
    worst = max(group, key=_badness)
    why = f"worst at {worst.where}, {worst.when:g}"
    return Line(name, "balance", worst.mismatch, worst.allowed, worst.verdict, len(group), why)


def _badness(entry: Entry) -> tuple[int, float]:
    mismatch = entry.mismatch
    over = mismatch / entry.allowed if entry.allowed > 0.0 else (math.inf if mismatch > 0.0 else 0.0)
    return entry.verdict.rank, over


def _separation(found: Separation) -> Line:
    return Line(found.name, "separation", found.value, found.trusted, found.verdict, 1, found.why)
