"""Checks shared by all averages over phases."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalebridge.errors import InputError
from scalebridge.solids.elasticity._mandel import FloatArray


def check_fractions(fractions: ArrayLike, phases: int) -> FloatArray:
    """Volume fractions as a float array of length `phases` that sums to one.

    Raises:
        InputError: wrong number of fractions, one outside [0, 1], or a sum other than one to 1e-8.
    """
    c = np.asarray(fractions, dtype=np.float64)
    if c.shape != (phases,):
        raise InputError(f"volume fractions of shape {c.shape} for {phases} phases; give one fraction per phase")
    if not np.all((c >= 0.0) & (c <= 1.0)):
        raise InputError(f"volume fractions {c.tolist()} must all lie between 0 and 1")
    if abs(c.sum() - 1.0) > 1e-8:
        raise InputError(f"volume fractions {c.tolist()} sum to {c.sum():.10g}; they must sum to 1")
    return c


def check_fraction(fraction: float, name: str) -> float:
    """A single volume fraction in [0, 1].

    Raises:
        InputError: outside [0, 1] or not finite.
    """
    if not 0.0 <= fraction <= 1.0:
        raise InputError(f"{name} is {fraction}; it must lie between 0 and 1")
    return float(fraction)
