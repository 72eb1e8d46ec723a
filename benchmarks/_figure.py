"""What a benchmark shows: a table, and the ratios that are claimed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks._machine import machine

Cell = str | float | int


@dataclass(frozen=True)
class Figure:
    """Result of a benchmark.

    Attributes:
        title: what is compared.
        columns: headings with units, e.g. ``"CPU s"``.
        rows: one per case, as long as `columns`.
        ratios: what is claimed, each a ratio of two rows of this table, by name.
        notes: how it was measured, and what the reader should know.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    ratios: Mapping[str, float] = field(default_factory=dict)
    notes: str = ""

    def __str__(self) -> str:
        cells = [list(self.columns), *([_text(cell) for cell in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        cells.insert(1, ["-" * width for width in widths])
        padded = ([text.ljust(width) for text, width in zip(row, widths, strict=True)] for row in cells)
        lines = ["  ".join(row).rstrip() for row in padded]
        ratios = [f"{name}: {value:.3g}" for name, value in self.ratios.items()]
        return "\n".join([self.title, "", *lines, "", *ratios, *([self.notes] if self.notes else [])])

    def save(self, path: Path, busy: float) -> None:
        """Write the figure as JSON, with the machine and how busy it was before."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps({**asdict(self), "busy_before": busy, "machine": machine()}, indent=2) + "\n", encoding="utf-8"
        )


def _text(cell: Cell) -> str:
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)
