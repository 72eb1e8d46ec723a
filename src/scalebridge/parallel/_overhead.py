"""What handing over a task costs."""

from __future__ import annotations

import time
from concurrent.futures import Executor


def _nothing(i: int) -> int:
    return i


def measure_overhead(executor: Executor, tasks: int = 200, rounds: int = 3) -> float:
    """Wall-clock seconds per task that does nothing, workers already running.

    Args:
        executor: the executor to measure; nothing else should be using it.
        tasks: tasks per round.
        rounds: rounds, of which the fastest counts (others were disturbed by something else).

    Returns:
        Seconds per task.
    """
    list(executor.map(_nothing, range(tasks)))
    return min(_round(executor, tasks) for _ in range(rounds))


def _round(executor: Executor, tasks: int) -> float:
    start = time.perf_counter()
    list(executor.map(_nothing, range(tasks)))
    return (time.perf_counter() - start) / tasks
