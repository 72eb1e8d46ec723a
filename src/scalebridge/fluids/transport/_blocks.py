"""Means of correlated samples, with errors that know about the correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured number.

    Attributes:
        value: mean.
        error: its standard error.
        unit: of both.
        samples: number of independent samples that the error corresponds to.
    """

    value: float
    error: float
    unit: str = "1"
    samples: float = 0.0

    def agrees(self, other: float, other_error: float = 0.0, sigmas: float = 2.0) -> bool:
        """Whether a number lies within so many combined standard errors."""
        return abs(self.value - other) <= sigmas * float(np.hypot(self.error, other_error))

    def __str__(self) -> str:
        return f"{self.value:.4g} +- {self.error:.2g} {self.unit}"


def block_mean(series: npt.ArrayLike, unit: str = "1", least_blocks: int = 16) -> Measured:
    """Mean of a stationary series with its standard error by blocking.

    Flyvbjerg, Petersen (1989), J. Chem. Phys. 91, 461, doi 10.1063/1.457480: blocks are doubled until so few are left
    that the error itself becomes uncertain; the largest estimate counts, so that a plateau is not cut short.

    Args:
        series: samples in the order of time, (n,).
        unit: of the samples.
        least_blocks: smallest number of blocks used.

    Raises:
        InputError: fewer samples than blocks, or samples that are no numbers.
    """
    x = np.asarray(series, dtype=np.float64)
    if x.ndim != 1 or len(x) < least_blocks or not np.all(np.isfinite(x)):
        raise InputError(f"A mean with an error needs at least {least_blocks} finite samples in a row; found {x.shape}")
    mean, spread, error = float(x.mean()), float(x.std()), 0.0
    while len(x) >= least_blocks:
        error = max(error, float(x.std(ddof=1) / np.sqrt(len(x))))
        x = 0.5 * (x[: len(x) // 2 * 2 : 2] + x[1 : len(x) // 2 * 2 : 2])
    return Measured(mean, error, unit, (spread / error) ** 2 if error > 0.0 else float(len(np.asarray(series))))
