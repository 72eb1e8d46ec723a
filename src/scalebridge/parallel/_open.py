"""Executors by name."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from concurrent.futures import Executor

from scalebridge.errors import InputError
from scalebridge.parallel._dask import DaskExecutor
from scalebridge.parallel._local import LocalExecutor
from scalebridge.parallel._mpi_executor import MPIExecutor
from scalebridge.parallel._serial import SerialExecutor

_EXECUTORS: dict[str, Callable[[int], Executor]] = {
    "local": LocalExecutor,
    "dask": DaskExecutor,
    "mpi": MPIExecutor,
    "serial": lambda workers: SerialExecutor(),
}


def available_workers() -> int:
    """Number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_executor(name: str = "local", workers: int | None = None) -> Executor:
    """The executor called `name`; close it by using it in a ``with`` block.

    Args:
        name: ``"local"`` (processes of this machine), ``"dask"`` (a Dask cluster), ``"mpi"`` (MPI ranks) or
            ``"serial"`` (the calling process).
        workers: how many tasks run at a time; None for one per available processor, 0 for the calling process.

    Returns:
        A `concurrent.futures.Executor`.

    Raises:
        InputError: no executor has this name, or `workers` is not a whole number >= 0.
        MissingExtraError: Dask or mpi4py is asked for and not installed.
    """
    if name not in _EXECUTORS:
        close = difflib.get_close_matches(str(name), _EXECUTORS, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise InputError(f"Executor: found {name!r}; allowed: {', '.join(map(repr, _EXECUTORS))}.{hint}")
    if workers is None:
        workers = available_workers()
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 0:
        raise InputError(f"Number of workers: found {workers!r}; allowed: a whole number >= 0 (0: no processes).")
    return _EXECUTORS[name](workers) if workers > 0 else SerialExecutor()
