"""The ledger of a run as columns, as far as it was written."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scalebridge.ledger import Verdict

COLUMNS = (
    "quantity",
    "unit",
    "fine",
    "coarse",
    "scale",
    "mismatch",
    "allowed",
    "relation",
    "severity",
    "verdict",
    "where",
    "when",
)
_RANK = {Verdict.HOLDS: 0, Verdict.WARNS: 1, Verdict.FAILS: 2}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the ledger, as far as the report needs it."""

    quantity: str
    unit: str
    fine: float
    coarse: float
    mismatch: float
    allowed: float
    relation: str
    verdict: Verdict
    where: str
    when: float

    @property
    def badness(self) -> tuple[int, float]:
        """Order from harmless to serious: the verdict, then the share of the allowed mismatch that is used up."""
        share = self.mismatch / self.allowed if self.allowed > 0.0 else (math.inf if self.mismatch > 0.0 else 0.0)
        return _RANK[self.verdict], math.inf if math.isnan(share) else share


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries of a run by quantity, in the order in which quantities first appeared."""

    accounts: dict[str, list[Line]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.accounts.values()))


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The most serious of the verdicts."""
    return max(verdicts, key=_RANK.__getitem__, default=Verdict.HOLDS)


def read_ledger(path: Path, notes: list[str]) -> Ledger:
    """Read ``ledger.csv``; a line that was not written to its end is left out, with a note."""
    ledger = Ledger()
    if not path.is_file():
        notes.append(f"{path.name} is missing.")
        return ledger
    broken = 0
    with path.open(newline="", encoding="utf-8", errors="replace") as stream:
        for row in csv.DictReader(stream):
            line = _line(row)
            if line is None:
                broken += 1
            else:
                ledger.accounts.setdefault(line.quantity, []).append(line)
    if broken:
        notes.append(f"{path.name}: {broken} incomplete line{'s were' if broken > 1 else ' was'} left out.")
    return ledger


def _line(row: dict[str, str]) -> Line | None:
    if any(row.get(column) is None for column in COLUMNS):
        return None
    try:
        return Line(
            quantity=row["quantity"],
            unit=row["unit"],
            fine=float(row["fine"]),
            coarse=float(row["coarse"]),
            mismatch=float(row["mismatch"]),
            allowed=float(row["allowed"]),
            relation=row["relation"],
            verdict=Verdict(row["verdict"]),
            where=row["where"],
            when=float(row["when"]),
        )
    except ValueError:
        return None
