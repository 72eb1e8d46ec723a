"""A run folder as read: every piece that is there, and a sentence on every piece that is not."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scalebridge.errors import RunError
from scalebridge.report._ledger_file import Ledger, read_ledger

_PIECES = ("study.toml", "provenance.json", "ledger.csv", "summary.json", "scales.json", "methods.json")


@dataclass(frozen=True, slots=True)
class Record:
    """The contents of a run folder.

    Attributes:
        folder: where it was read.
        study_text: the study as it was run; empty where it is missing.
        study: the same, parsed.
        provenance: who, when, where, with which versions.
        summary: state, headline numbers, certificate; empty while the run has not ended.
        scales: scale map.
        methods: methods text and citations.
        failures: pieces of work that did not succeed.
        pictures: descriptions of the pictures.
        ledger: entries posted so far.
        notes: what could not be read, one sentence each.
    """

    folder: Path
    study_text: str
    study: Mapping[str, Any]
    provenance: Mapping[str, Any]
    summary: Mapping[str, Any]
    scales: Mapping[str, Any]
    methods: Mapping[str, Any]
    failures: tuple[Mapping[str, Any], ...]
    pictures: tuple[Mapping[str, Any], ...]
    ledger: Ledger
    notes: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return field(self.summary, "state") == "finished"


def read_record(folder: Path) -> Record:
    """Read what is in `folder`; whatever is missing or damaged becomes a note.

    Raises:
        RunError: `folder` does not exist or holds nothing of a run.
    """
    if not any((folder / piece).is_file() for piece in _PIECES):
        what = "holds none of " + ", ".join(_PIECES) if folder.is_dir() else "is not a folder"
        raise RunError(f"{folder} is not a run folder: it {what}. Name a folder that `scalebridge run` has made.")
    notes: list[str] = []
    study_text = _read_text(folder / "study.toml", notes)
    return Record(
        folder=folder,
        study_text=study_text,
        study=_parse_study(study_text, notes),
        provenance=_read_mapping(folder / "provenance.json", notes),
        summary=_read_mapping(folder / "summary.json", notes),
        scales=_read_mapping(folder / "scales.json", notes),
        methods=_read_mapping(folder / "methods.json", notes),
        failures=_read_mappings(folder / "failures.json", notes),
        pictures=_read_mappings(folder / "pictures" / "pictures.json", notes),
        ledger=read_ledger(folder / "ledger.csv", notes),
        notes=tuple(notes),
    )


def field(record: object, key: str, default: str = "") -> str:
    """The value of `key` as text; `default` where it is missing or null."""
    value = record.get(key) if isinstance(record, Mapping) else None
    return default if value is None else str(value)


def numeral(record: object, key: str) -> float | None:
    """The value of `key` as a number; None where it is missing, null or something else."""
    return as_float(record.get(key)) if isinstance(record, Mapping) else None


def as_float(value: object) -> float | None:
    """`value` as a number; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def part(record: object, key: str) -> Mapping[str, Any]:
    """The mapping at `key`; empty where there is none."""
    value = record.get(key) if isinstance(record, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def parts(record: object, key: str) -> Iterator[Mapping[str, Any]]:
    """The mappings in the list at `key`."""
    value = record.get(key) if isinstance(record, Mapping) else None
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else iter(())


def interval(record: object, key: str) -> tuple[float, float] | None:
    """The pair of positive numbers at `key`, smaller first; None where there is none."""
    value = record.get(key) if isinstance(record, Mapping) else None
    ends = [as_float(end) for end in value] if isinstance(value, list) and len(value) == 2 else []
    good = [end for end in ends if end is not None and math.isfinite(end) and end > 0.0]
    return (min(good), max(good)) if len(good) == 2 else None


def _read_text(path: Path, notes: list[str]) -> str:
    if not path.is_file():
        notes.append(f"{path.name} is missing.")
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        notes.append(f"{path.name} could not be read: {error}.")
        return ""


def _parse_study(text: str, notes: list[str]) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        notes.append(f"study.toml is damaged: {error}.")
        return {}


def _read_json(path: Path, notes: list[str]) -> Any:
    text = _read_text(path, notes)
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        notes.append(f"{path.name} is damaged: {error}.")
        return None


def _read_mapping(path: Path, notes: list[str]) -> Mapping[str, Any]:
    value = _read_json(path, notes)
    return value if isinstance(value, Mapping) else {}


def _read_mappings(path: Path, notes: list[str]) -> tuple[Mapping[str, Any], ...]:
    value = _read_json(path, notes) if path.is_file() else []
    return tuple(item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()
