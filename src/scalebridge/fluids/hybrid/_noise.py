"""How noisy a hybrid run will be, and how many instances a wanted error takes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.transport._errors import velocity_memory

if TYPE_CHECKING:
    from scalebridge.fluids.hybrid._bridge import Hybrid


def window_error(bridge: Hybrid, duration: float, width: float) -> float:
    """Standard error of the mean velocity of a slab over a time: independent samples, two viscous memories apart."""
    a = bridge.atomistic
    memory = velocity_memory(bridge.viscosity, a.density, a.mass, width)
    samples = max(duration / (2.0 * memory), 1.0)
    atoms = a.density * a.area * width
    return float(np.sqrt(a.temperature / (a.mass * atoms * samples * bridge.instances)))


def instances_needed(bridge: Hybrid, error: float, duration: float, width: float) -> int:
    """Instances with which the mean velocity of a slab over a time is known to a standard error.

    Args:
        bridge: its own number of instances does not count.
        error: wanted, sigma / tau.
        duration: over which the mean is taken.
        width: of the slab.

    Raises:
        InputError: one of the three is not positive.
    """
    if not (min(error, duration, width) > 0.0 and all(map(math.isfinite, (error, duration, width)))):
        raise InputError(f"error, duration and width are {error:g}, {duration:g} and {width:g}; they must be positive")
    return math.ceil((window_error(replace(bridge, instances=1), duration, width) / error) ** 2)
