"""Particle sizes that scatter."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError


def diameters_with_spread(
    count: int, mean: float, variation: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Log-normal diameters.

    Args:
        count: how many.
        mean: mean diameter in m.
        variation: standard deviation over mean, 0 to 0.5.
        rng: source of randomness; not touched where `variation` is 0.

    Returns:
        Diameters in m, shape (count,).

    Raises:
        InputError: the variation is out of range.
    """
    if not 0 <= variation <= 0.5:
        raise InputError(f"The coefficient of variation of the diameters lies between 0 and 0.5; found {variation!r}.")
    if variation == 0:
        return np.full(count, mean)
    spread = math.sqrt(math.log1p(variation**2))
    return mean * np.exp(spread * rng.standard_normal(count) - spread**2 / 2)
