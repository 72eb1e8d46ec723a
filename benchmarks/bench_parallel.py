"""What it costs to hand a task to another process: our executors against the pool of the standard library."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor

import numpy as np
import numpy.typing as npt

from benchmarks import Figure
from scalebridge.parallel import measure_overhead, open_executor

WORKERS = 2
TASKS = 200
ROUNDS = 5
LENGTH = 1250
"""Numbers in an array of 10 kB."""


def run() -> Figure:
    """Time to start, per empty task, and per task that takes and returns an array of 10 kB."""
    spawn = multiprocessing.get_context("spawn")
    rows = [
        _row("scalebridge serial", lambda: open_executor("serial")),
        _row("scalebridge local", lambda: open_executor("local", WORKERS)),
        _row("ProcessPoolExecutor (spawn)", lambda: ProcessPoolExecutor(WORKERS, mp_context=spawn)),
    ]
    local, pool = rows[1][1:], rows[2][1:]
    return Figure(
        title=f"Overhead of executors, {WORKERS} workers",
        columns=("executor", "start, s", "empty task, ms", "10 kB there and back, ms"),
        rows=rows,
        ratios={
            f"local / pool, {what}": ours / theirs
            for what, ours, theirs in zip(("start", "empty task", "10 kB"), local, pool, strict=True)
        },
        notes=f"Fastest of {ROUNDS} rounds of {TASKS} tasks. Workers of 'local' are limited to one thread each, and a "
        "killed one costs a retry; the pool gives up instead.",
    )


def _row(name: str, make: Callable[[], Executor]) -> tuple[str, float, float, float]:
    began = time.perf_counter()
    with make() as executor:
        executor.submit(int).result()
        start = time.perf_counter() - began
        empty = measure_overhead(executor, TASKS, ROUNDS)
        arrays = min(_seconds_per_array(executor) for _ in range(ROUNDS))
    return name, start, 1000.0 * empty, 1000.0 * arrays


def _seconds_per_array(executor: Executor) -> float:
    began = time.perf_counter()
    list(executor.map(_twice, [np.ones(LENGTH)] * TASKS))
    return (time.perf_counter() - began) / TASKS


def _twice(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 2.0 * values
