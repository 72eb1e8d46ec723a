"""Where the numbers of a run come from: versions, machine, command, seed, input, sessions."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scalebridge import __version__
from scalebridge.study._checkpoint import Point
from scalebridge.study._files import read_json, write_json
from scalebridge.study._packages import installed

NAME = "provenance.json"


def now() -> str:
    """Time in UTC, to the second, as ISO 8601 text."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def begin(folder: Path, *, seed: int, command: str, inputs: Mapping[str, str]) -> None:
    """Write the provenance of a run that begins.

    Args:
        folder: the run folder.
        seed: the study's seed.
        command: what was typed.
        inputs: SHA-256 of every input file by its path in the run folder, the study among them.
    """
    record = {
        "scalebridge": __version__,
        "python": sys.version.split()[0],
        "packages": installed(),
        "machine": _machine(),
        "command": command,
        "seed": seed,
        "started": now(),
        "finished": None,
        "inputs": dict(inputs),
        "wall_seconds": None,
        "cpu_seconds": None,
        "sessions": [],
    }
    write_json(folder / NAME, record)


def open_session(folder: Path, command: str) -> None:
    """Note that a process begins to work on the run."""
    record = read_json(folder / NAME)
    current = {"scalebridge": __version__, **installed()}
    began = {"scalebridge": record["scalebridge"], **record["packages"]}
    session = {
        "command": command,
        "started": now(),
        "ended": None,
        "end": None,
        "changed_packages": {name: version for name, version in current.items() if began.get(name) != version},
    }
    write_json(folder / NAME, {**record, "sessions": [*record["sessions"], session]})


def close_session(folder: Path, end: str, point: Point | None) -> None:
    """Note how the process ended: ``"finished"``, ``"interrupted"`` or what went wrong."""
    record = read_json(folder / NAME)
    *earlier, last = record["sessions"]
    record["sessions"] = [*earlier, {**last, "ended": now(), "end": end}]
    if point is not None:
        record |= {"wall_seconds": round(point.wall_seconds, 3), "cpu_seconds": round(point.cpu_seconds, 3)}
    if end == "finished":
        record["finished"] = record["finished"] or now()
    write_json(folder / NAME, record)


def _machine() -> dict[str, Any]:
    import psutil

    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory": f"{psutil.virtual_memory().total / 1e9:.1f} GB",
    }
