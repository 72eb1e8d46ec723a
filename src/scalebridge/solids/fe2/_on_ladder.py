"""Where in a body the points on ladders are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalebridge.solids.fe2._ladder_points import LadderPoints
from scalebridge.solids.fe2._ladder_state import LadderState
from scalebridge.solids.fe2._placed import PlacedPoints
from scalebridge.solids.fe2._points import Floats, MaterialPoints
from scalebridge.solids.fe2._regions import RegionPoints
from scalebridge.solids.fe2._training import Ints


@dataclass(frozen=True)
class OnLadder:
    """Points on a ladder: their state, their numbers in the body, and the axes of their material, (n, 3, 3)."""

    points: LadderPoints
    state: LadderState
    where: Ints
    frames: Floats


def on_ladder(points: MaterialPoints, micro: Any, where: Ints, frames: Floats | None = None) -> Iterator[OnLadder]:
    """All points on ladders."""
    axes = np.broadcast_to(np.eye(3), (where.size, 3, 3)) if frames is None else frames
    if isinstance(points, LadderPoints):
        yield OnLadder(points, micro, where, axes)
    elif isinstance(points, PlacedPoints):
        yield from on_ladder(points.inner, micro, where, points.rotation)
    elif isinstance(points, RegionPoints):
        for part, own, inside in zip(points.parts, micro, points.indices, strict=True):
            yield from on_ladder(part, own, where[inside], axes[inside])
