"""The ledger: what crossed a bridge, and whether it balances.

An entry compares the fine side of a bridge with its coarse side. Entries are posted by bridges, kept as columns and
written as they come.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError, RunError

__all__ = ["COLUMNS", "Entry", "Ledger", "Verdict"]


class Verdict(Enum):
    """What a certificate, or a line of it, concludes."""

    HOLDS = "holds"
    WARNS = "warns"
    FAILS = "fails"

    @property
    def rank(self) -> int:
        """0 for holds, 1 for warns, 2 for fails."""
        return ("holds", "warns", "fails").index(self.value)


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
_NUMBERS = ("fine", "coarse", "scale", "mismatch", "allowed", "when")


class Ledger:
    """The entries of a run: columns in memory, lines in a file, written as they come.

    Use it as a context manager. Lines are in the file when `post` returns; `sync` makes them survive a power cut.
    """

    def __init__(self, path: Path, keep: int = 0) -> None:
        """Open the file, keep its first `keep` entries and drop what a killed run wrote after them.

        Args:
            path: the CSV file; made where it is missing.
            keep: entries to keep, counted by the last checkpoint.

        Raises:
            RunError: the file holds fewer than `keep` whole entries, or is no ledger.
        """
        self.path = path
        kept = _kept_bytes(path, keep) if keep else _text([COLUMNS]).encode()
        self._columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        self._extend(_parse(kept.decode(), path))
        self._file = path.open("r+b" if keep else "wb")
        if keep:
            self._file.truncate(len(kept))
            self._file.seek(0, os.SEEK_END)
        else:
            self._file.write(kept)
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._columns["quantity"])

    @property
    def entries(self) -> Sequence[Entry]:
        """All entries, in the order of posting."""
        rows = zip(*self._columns.values(), strict=True)
        return tuple(_entry(dict(zip(COLUMNS, row, strict=True))) for row in rows)

    def post(self, entries: Iterable[Entry]) -> None:
        """Append entries.

        Raises:
            InputError: a text of an entry holds a line break.
        """
        new = tuple(entries)
        self._file.write(_text(_row(entry) for entry in new).encode())
        self._file.flush()
        self._extend(new)

    def sync(self) -> None:
        """Wait until all lines are on the disk."""
        os.fsync(self._file.fileno())

    def columns(self) -> dict[str, npt.NDArray[np.generic]]:
        """Every column of `COLUMNS`, of length n; numbers as float64, the rest as text."""
        return {
            name: np.array(column, dtype=np.float64 if name in _NUMBERS else np.str_)
            for name, column in self._columns.items()
        }

    def _extend(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            for column, value in zip(self._columns.values(), _values(entry), strict=True):
                column.append(value)

    @staticmethod
    def read(path: Path) -> tuple[Entry, ...]:
        """Entries of a ledger file; a last line that was cut short is left out.

        Raises:
            RunError: the file is missing or is no ledger.
        """
        return tuple(_parse(_whole_lines(path).decode(), path))


def _values(entry: Entry) -> tuple[str | float, ...]:
    return (
        entry.quantity,
        entry.unit,
        float(entry.fine),
        float(entry.coarse),
        float(entry.scale),
        float(entry.mismatch),
        float(entry.allowed),
        entry.relation,
        entry.severity.value,
        entry.verdict.value,
        entry.where,
        float(entry.when),
    )


def _row(entry: Entry) -> tuple[str, ...]:
    row = tuple(value if isinstance(value, str) else repr(value) for value in _values(entry))
    if any("\n" in text or "\r" in text for text in row):
        raise InputError(f"Ledger entry {entry.quantity!r} holds a line break; each text of an entry is one line")
    return row


def _text(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _whole_lines(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"The ledger {path} cannot be read: {error.strerror}") from error
    return content[: content.rfind(b"\n") + 1]


def _kept_bytes(path: Path, keep: int) -> bytes:
    lines = _whole_lines(path).splitlines(keepends=True)
    if len(lines) < keep + 1:
        raise RunError(f"The ledger {path} holds {max(len(lines) - 1, 0)} entries where the checkpoint counts {keep}")
    return b"".join(lines[: keep + 1])


def _parse(text: str, path: Path) -> Iterator[Entry]:
    rows = csv.reader(io.StringIO(text))
    if tuple(next(rows, ())) != COLUMNS:
        raise RunError(f"{path} is no ledger: its first line should be {','.join(COLUMNS)}")
    for number, row in enumerate(rows, start=2):
        try:
            yield _entry(dict(zip(COLUMNS, row, strict=True)))
        except ValueError as error:
            raise RunError(f"{path}, line {number}: {error}") from error


def _entry(row: dict[str, Any]) -> Entry:
    if row["relation"] not in ("==", "<="):
        raise ValueError(f"relation is {row['relation']!r}; allowed are '==' and '<='")
    return Entry(
        quantity=row["quantity"],
        unit=row["unit"],
        fine=float(row["fine"]),
        coarse=float(row["coarse"]),
        scale=float(row["scale"]),
        allowed=float(row["allowed"]),
        where=row["where"],
        when=float(row["when"]),
        relation="==" if row["relation"] == "==" else "<=",
        severity=Verdict(row["severity"]),
    )
