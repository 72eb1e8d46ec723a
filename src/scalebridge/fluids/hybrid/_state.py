"""What a hybrid run is between two steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scalebridge.fluids.atomistic import Atoms
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.hybrid._cycle import Coupled


@dataclass(frozen=True)
class HybridState:
    """Both sides of a hybrid run, and what has been measured so far.

    Attributes:
        instances: atoms of each molecular dynamics instance.
        coupled: the continuum, and what both sides last told each other.
        cycles: coupling cycles done.
        entropy: all noise comes from it, by step and instance.
        windows: profile of the atoms in each step, mean over instances: (steps, bins, 7) atoms, velocity (3),
            temperature (3).
        flux: momentum (3) and energy (1) per area and time up through the interface in each step, by atoms and by the
            continuum, (steps, 2, 4).
        wall: momentum per area and time that the atoms gave to the lower wall in each step, (steps, 3).
        above: velocity (3) and temperature (1) of the continuum, mean over each step, (steps, heights, 4).
        frames: places (x, y) of some atoms of the first instance at the end of each step, for the movie, (steps, n, 2).
    """

    instances: tuple[Atoms, ...]
    coupled: Coupled[Any]
    cycles: int
    entropy: int
    windows: Floats
    flux: Floats
    wall: Floats
    above: Floats
    frames: Floats
