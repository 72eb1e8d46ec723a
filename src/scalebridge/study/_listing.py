"""The runs below a folder, each with its state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scalebridge.errors import RunError
from scalebridge.study import _lock, _provenance
from scalebridge.study._files import read_json
from scalebridge.study._folder import is_run
from scalebridge.study._records import Summary, read_summary

_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run found on disk.

    Attributes:
        folder: its folder.
        state: ``"finished"``, ``"running"``, ``"interrupted"``, ``"killed"``, ``"damaged"``, or what went wrong.
        started: when it began, as ISO 8601 text.
        summary: headline numbers and certificate; None where the run is not finished.
    """

    folder: Path
    state: str
    started: str
    summary: Summary | None


def list_runs(folder: str | Path = ".") -> tuple[ListedRun, ...]:
    """Runs in a folder and below it, oldest first.

    Raises:
        RunError: there is no such folder.
    """
    home = Path(folder)
    if not home.is_dir():
        raise RunError(f"{home} is no folder")
    return tuple(sorted((_listed(path) for path in _runs(home)), key=lambda run: (run.started, str(run.folder))))


def _runs(home: Path) -> Iterator[Path]:
    for path, folders, _ in os.walk(home):
        here = Path(path)
        if is_run(here):
            yield here
        if is_run(here) or len(here.relative_to(home).parts) >= _DEEPEST:
            folders.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))


def _listed(folder: Path) -> ListedRun:
    try:
        provenance = read_json(folder / _provenance.NAME)
        summary = read_summary(folder)
        return ListedRun(folder, _state(folder, provenance, summary), str(provenance["started"]), summary)
    except (RunError, KeyError, TypeError):
        return ListedRun(folder, "damaged", "", None)


def _state(folder: Path, provenance: dict[str, Any], summary: Summary | None) -> str:
    if _lock.is_locked(folder):
        return "running"
    if summary is not None:
        return "finished"
    sessions = provenance["sessions"]
    return str(sessions[-1]["end"] or "killed") if sessions else "killed"
