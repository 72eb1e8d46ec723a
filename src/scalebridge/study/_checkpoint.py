"""Checkpoints: the whole of a run between two steps, from which it continues to the same numbers."""

from __future__ import annotations

import hashlib
import pickle
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scalebridge import __version__
from scalebridge.bridge import Failure
from scalebridge.errors import RunError
from scalebridge.study._files import write_whole

_HEAD = b"scalebridge checkpoint 1\n"
_KEPT = 2


@dataclass(frozen=True, slots=True)
class Point:
    """A run between two steps.

    Attributes:
        state: state of the bridge.
        steps: steps made.
        entries: ledger entries posted.
        failures: pieces of work that did not succeed so far.
        wall_seconds: time used so far by all sessions of the run.
        cpu_seconds: processor time used so far, workers included.
    """

    state: Any
    steps: int = 0
    entries: int = 0
    failures: tuple[Failure, ...] = ()
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0


def save_checkpoint(folder: Path, point: Point, study: str) -> Path:
    """Write a checkpoint and remove all but the last two.

    Args:
        folder: the run folder.
        point: what to keep.
        study: fingerprint of the study and its input.
    """
    home = folder / "checkpoint"
    home.mkdir(exist_ok=True)
    payload = pickle.dumps({"version": __version__, "study": study, "point": point}, pickle.HIGHEST_PROTOCOL)
    path = home / f"step-{point.steps:09d}.pickle"
    write_whole(path, _HEAD + hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)
    # What a killed process left half written goes too; the lock of the folder is ours.
    for old in (*_newest_first(folder)[_KEPT:], *home.glob(".*.tmp")):
        old.unlink()
    return path


def load_checkpoint(folder: Path, study: str) -> Point | None:
    """The newest checkpoint that is whole; None where the run was ended before it made one.

    Raises:
        RunError: every checkpoint is damaged, or belongs to another study.
    """
    damages: list[str] = []
    paths = _newest_first(folder)
    for path in paths:
        try:
            kept = _load(path)
        except _DamagedError as error:
            damages.append(f"{path.name}: {error}")
            continue
        if kept["study"] != study:
            raise RunError(
                f"The study or an input file in {folder} was changed after the run began; "
                "start the changed study as a new run"
            )
        point: Point = kept["point"]
        return point
    if paths:
        raise RunError(f"No checkpoint in {folder} can be used ({'; '.join(damages)}); start the study as a new run")
    return None


class _DamagedError(Exception):
    """A checkpoint cannot be used."""


def _newest_first(folder: Path) -> list[Path]:
    return sorted((folder / "checkpoint").glob("step-*.pickle"), reverse=True)


def _load(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    head, digest, payload = content[: len(_HEAD)], content[len(_HEAD) :][:64], content[len(_HEAD) + 65 :]
    if head != _HEAD or hashlib.sha256(payload).hexdigest().encode() != digest:
        raise _DamagedError("its checksum is wrong")
    try:
        kept: dict[str, Any] = pickle.loads(payload)
    except Exception as error:  # unpickling runs the constructors of the state, which may raise anything
        raise _DamagedError(f"it cannot be read by scalebridge {__version__} ({error})") from error
    return kept


class CheckpointPace:
    """When a checkpoint is due: after the first step, then so rarely that checkpoints cost little of the run."""

    def __init__(self, interval: float) -> None:
        """Start the clock.

        Args:
            interval: shortest time between two checkpoints, in seconds.
        """
        self._interval = interval
        self._next = 0.0

    def due(self) -> bool:
        """Whether to write one now."""
        return time.monotonic() >= self._next

    def saved(self, seconds: float) -> None:
        """Take note of a checkpoint and of how long it took; at most one part in twenty goes into them."""
        self._next = time.monotonic() + max(self._interval, 20.0 * seconds)
