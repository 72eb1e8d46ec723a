"""Mean and confidence interval of a few realisations."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from scalebridge.errors import InputError


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """Mean of a sample with its confidence interval.

    Attributes:
        count: realisations that succeeded.
        mean: their mean; NaN where none succeeded.
        deviation: their standard deviation (n - 1); NaN with fewer than two.
        half_width: half width of the confidence interval of the mean; NaN with fewer than two.
    """

    count: int
    mean: float
    deviation: float
    half_width: float

    @property
    def known(self) -> bool:
        """Whether there were realisations enough for an interval."""
        return self.count >= 2

    @property
    def lower(self) -> float:
        """Lower end of the interval."""
        return self.mean - self.half_width

    @property
    def upper(self) -> float:
        """Upper end of the interval."""
        return self.mean + self.half_width


def check_confidence(confidence: float) -> float:
    """A confidence level in (0, 1).

    Raises:
        InputError: outside.
    """
    if not 0.0 < confidence < 1.0:
        raise InputError(f"the confidence is {confidence}; give a level between 0 and 1, e.g. 0.95")
    return float(confidence)


def mean_interval(sample: ArrayLike, confidence: float = 0.95) -> MeanInterval:
    """Mean of independent realisations with Student's confidence interval.

    Args:
        sample: one value per realisation, shape (n,); NaN marks one that failed and is left out.
        confidence: level of the interval.

    Raises:
        InputError: a confidence outside (0, 1), or a sample that is not one-dimensional.
    """
    check_confidence(confidence)
    values = np.asarray(sample, dtype=np.float64)
    if values.ndim != 1:
        raise InputError(f"the sample has shape {values.shape}; give one value per realisation")
    values = values[~np.isnan(values)]
    if values.size < 2:
        return MeanInterval(values.size, float(values[0]) if values.size else math.nan, math.nan, math.nan)
    from scipy.stats import t

    deviation = float(np.std(values, ddof=1))
    half = float(t.ppf(0.5 * (1.0 + confidence), values.size - 1)) * deviation / math.sqrt(values.size)
    return MeanInterval(values.size, float(values.mean()), deviation, half)
