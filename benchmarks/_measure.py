"""Wall-clock and processor time of a piece of work."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What one call took.

    Attributes:
        wall: seconds on the clock.
        cpu: processor seconds of this process and of those it waited for.
    """

    wall: float
    cpu: float


def measure(work: Callable[[], object], repeat: int = 3) -> Cost:
    """Cost of the call that took the least processor time; the others were disturbed by something else."""
    return min((_once(work) for _ in range(repeat)), key=lambda cost: cost.cpu)


def _once(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), _processor()
    work()
    return Cost(time.perf_counter() - wall, _processor() - cpu)


def _processor() -> float:
    """Of this process, to the nanosecond, and of those it waited for, to some milliseconds."""
    return time.process_time() + sum(os.times()[2:4])
