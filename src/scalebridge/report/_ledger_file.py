"""The ledger of a run as entries, as far as it was written."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scalebridge.ledger import Entry, Verdict

_NUMBERS = ("fine", "coarse", "scale", "allowed", "when")
_TEXTS = ("quantity", "unit", "where", "relation")
_RELATIONS = ("==", "<=")
_RANK = {Verdict.HOLDS: 0, Verdict.WARNS: 1, Verdict.FAILS: 2}


@dataclass(frozen=True, slots=True)
class Books:
    """All entries of a run by quantity, in the order in which quantities first appeared."""

    accounts: dict[str, list[Entry]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.accounts.values()))


def badness(entry: Entry) -> tuple[int, float]:
    """Order from harmless to serious: the verdict, then the share of the allowed mismatch that is used up."""
    if entry.allowed > 0.0:
        share = entry.mismatch / entry.allowed
        return _RANK[entry.verdict], math.inf if math.isnan(share) else share
    return _RANK[entry.verdict], math.inf if entry.mismatch > 0.0 else 0.0


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The most serious of the verdicts."""
    return max(verdicts, key=_RANK.__getitem__, default=Verdict.HOLDS)


def read_books(path: Path, notes: list[str]) -> Books:
    """Read ``ledger.csv``; a line that was not written to its end is left out, with a note."""
    books = Books()
    if not path.is_file():
        notes.append(f"{path.name} is missing.")
        return books
    # A line without its end may look whole although its last number is not.
    whole, _, cut = path.read_text(encoding="utf-8", errors="replace").rpartition("\n")
    broken = 1 if cut else 0
    try:
        for row in csv.DictReader(io.StringIO(whole, newline="")):
            entry = _entry(row)
            if entry is None:
                broken += 1
            else:
                books.accounts.setdefault(entry.quantity, []).append(entry)
    except csv.Error as error:
        notes.append(f"{path.name} is damaged: {error}.")
    if broken:
        notes.append(f"{path.name}: {broken} incomplete line{'s were' if broken > 1 else ' was'} left out.")
    return books


def _entry(row: dict[str, str | None]) -> Entry | None:
    texts = {name: row.get(name) for name in _TEXTS}
    if None in texts.values() or texts["relation"] not in _RELATIONS or None in row.values():
        return None
    try:
        numbers = {name: float(row[name] or "") for name in _NUMBERS}
        return Entry(**texts, **numbers, severity=Verdict(row["severity"]))  # type: ignore[arg-type]
    except (KeyError, ValueError):
        return None
