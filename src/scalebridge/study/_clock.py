"""How much time a run has used, over all its sessions."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import Self

from scalebridge.study._checkpoint import Point


@dataclass(frozen=True, slots=True)
class Clock:
    """Time used before this session, and the readings at its beginning.

    Attributes:
        wall: wall time that makes the reading zero, in seconds.
        cpu: processor time that makes the reading zero, in seconds; that of ended child processes counts.
    """

    wall: float
    cpu: float

    @classmethod
    def start(cls, before: Point | None) -> Self:
        """Begin to measure, on top of what earlier sessions used."""
        wall, cpu = (0.0, 0.0) if before is None else (before.wall_seconds, before.cpu_seconds)
        return cls(time.monotonic() - wall, _cpu() - cpu)

    def stamp(self, point: Point) -> Point:
        """`point` with the time used until now."""
        return replace(point, wall_seconds=time.monotonic() - self.wall, cpu_seconds=_cpu() - self.cpu)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
