"""Wall-clock and processor time of a piece of work."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
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


def in_turns(
    works: Mapping[str, Callable[[], object]], rounds: int, of: Callable[[list[float]], float] = min
) -> dict[str, Cost]:
    """Least times of each of several pieces of work, which take turns: what disturbs for a while disturbs all alike.

    Args:
        works: what is measured.
        rounds: turns of each.
        of: what is taken of the times; the median where processors are faster while others are idle.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            costs[name].append(_once(work))
    return {name: Cost(of([c.wall for c in found]), of([c.cpu for c in found])) for name, found in costs.items()}


def _once(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), _processor()
    work()
    return Cost(time.perf_counter() - wall, _processor() - cpu)


def _processor() -> float:
    """Of this process, to the nanosecond, and of those it waited for, to some milliseconds."""
    return time.process_time() + sum(os.times()[2:4])
