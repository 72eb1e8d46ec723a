"""The ledger: what crossed a bridge, and whether it balances.

An entry compares the fine side of a bridge with its coarse side. Entries are posted by bridges, kept as columns and
written as they come. From the entries, and from the separations of scales, a certificate concludes holds, warns or
fails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Literal


class Verdict(Enum):
    """What a certificate, or a line of it, concludes."""

    HOLDS = "holds"
    WARNS = "warns"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the books: a quantity on the fine and on the coarse side of a bridge.

    Attributes:
        quantity: what must balance, e.g. ``"Hill-Mandel work"``.
        unit: unit of `fine`, `coarse` and `scale`, e.g. ``"J/m^3"``; ``"1"`` for pure numbers.
        fine: value on the fine side.
        coarse: value on the coarse side.
        scale: positive value that makes the difference dimensionless.
        allowed: largest mismatch that still balances.
        where: place, e.g. ``"RVE"`` or ``"realisation 3, size 24"``.
        when: pseudo-time or increment at which it was taken.
        relation: ``"=="`` when both sides must agree, ``"<="`` when the fine side must not exceed the coarse side.
        severity: what a mismatch beyond `allowed` means for the certificate.
    """

    quantity: str
    unit: str
    fine: float
    coarse: float
    scale: float
    allowed: float
    where: str
    when: float
    relation: Literal["==", "<="] = "=="
    severity: Verdict = Verdict.FAILS

    @property
    def mismatch(self) -> float:
        """Difference of the two sides divided by the scale; NaN and infinity count as infinite."""
        if not (math.isfinite(self.fine) and math.isfinite(self.coarse) and math.isfinite(self.scale)):
            return math.inf
        difference = self.fine - self.coarse
        if self.relation == "==":
            difference = abs(difference)
        excess = max(0.0, difference)
        return excess / self.scale if self.scale > 0.0 else (0.0 if excess == 0.0 else math.inf)

    @property
    def verdict(self) -> Verdict:
        """Whether this entry balances."""
        return Verdict.HOLDS if self.mismatch <= self.allowed else self.severity
