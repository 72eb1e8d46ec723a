"""Filters for noisy profiles in time, with what they leave of the noise and what they take from the signal."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._state import Floats


@dataclass(frozen=True)
class Filtered:
    """A filtered profile.

    Attributes:
        values: (times, places).
        noise: root mean square of the noise that is left.
        bias: root mean square of what the filter took from the signal: what it took off beyond the noise that it had
            to take off. An estimate, zero where it took off less.
        bias_bound: the same with two standard errors of the noise's own fluctuation.
        modes: number of modes kept; 0 for a moving average.
    """

    values: Floats
    noise: float
    bias: float
    bias_bound: float
    modes: int = 0


def moving_average(fields: npt.ArrayLike, noise: npt.ArrayLike, width: int) -> Filtered:
    """Mean over `width` successive times, fewer near the ends.

    Args:
        fields: (times, places), with independent noise.
        noise: its standard error, a number or (places,).
        width: odd number of times.

    Raises:
        InputError: shapes that do not fit, or a width that is not odd or longer than the series.
    """
    y, sigma = _checked(fields, noise)
    times = len(y)
    if width < 1 or width % 2 == 0 or width > times:
        raise InputError(
            f"The moving average's width is {width}; it is an odd number up to the {times} times there are"
        )
    index = np.arange(times)
    weights = (np.abs(index[:, None] - index) <= width // 2).astype(np.float64)
    weights /= weights.sum(axis=1, keepdims=True)
    rest = np.eye(times) - weights
    kept, taken = float(np.sum(weights**2)) / times, float(np.trace(rest @ rest.T)) / times
    spread = float(np.sum((rest.T @ rest) ** 2)) / (times**2 * y.shape[1])
    return _told(y, weights @ y, sigma, kept, taken, spread)


def pod_filter(fields: npt.ArrayLike, noise: npt.ArrayLike, modes: int | None = None) -> Filtered:
    """Proper orthogonal decomposition: the modes that stand out of the noise, and no others.

    Modes of known white noise are those whose singular value exceeds the optimal threshold of Gavish, Donoho (2014),
    IEEE Trans. Inf. Theory 60, 5040, doi 10.1109/TIT.2014.2323359.

    Args:
        fields: (times, places), with independent noise.
        noise: its standard error, a number or (places,).
        modes: to keep; None for as many as stand out. Of more than these, more noise is left than told:
            they are the largest that noise makes.

    Raises:
        InputError: shapes that do not fit, or more modes than there are.
    """
    y, sigma = _checked(fields, noise)
    short, long = sorted(y.shape)
    if modes is not None and not 0 <= modes <= short:
        raise InputError(f"modes is {modes}; {y.shape[0]} times of {y.shape[1]} places have up to {short}")
    left, strengths, right = np.linalg.svd(y / sigma, full_matrices=False)
    ratio = short / long
    threshold = 2.0 * (ratio + 1.0) + 8.0 * ratio / (ratio + 1.0 + math.sqrt(ratio**2 + 14.0 * ratio + 1.0))
    count = int(np.sum(strengths > math.sqrt(threshold * long))) if modes is None else modes
    values = (left[:, :count] * strengths[:count]) @ right[:count] * sigma
    kept = count * (short + long - count) / (short * long)
    return _told(y, values, sigma, kept, 1.0 - kept, (1.0 - kept) / (short * long), count)


def _checked(fields: npt.ArrayLike, noise: npt.ArrayLike) -> tuple[Floats, Floats]:
    y, sigma = np.asarray(fields, dtype=np.float64), np.asarray(noise, dtype=np.float64)
    if y.ndim != 2 or not y.size or not np.all(np.isfinite(y)):
        raise InputError(f"A filter takes finite fields of shape (times, places); found shape {y.shape}")
    if sigma.shape not in ((), (1,), y.shape[1:]) or not np.all(sigma > 0.0) or not np.all(np.isfinite(sigma)):
        raise InputError(
            f"noise has shape {sigma.shape}; it is a positive number, or one for each of {y.shape[1]} places"
        )
    return y, np.broadcast_to(sigma, y.shape[1:])


def _told(
    y: Floats, values: Floats, sigma: Floats, kept: float, taken: float, spread: float, modes: int = 0
) -> Filtered:
    """Noise and bias from the shares of the noise's variance that were kept and taken, and the variance of the latter.

    What is taken off has the energy of the signal that it takes plus `taken` times that of the noise.
    """
    variance = float(np.mean(sigma**2))
    excess = float(np.mean((y - values) ** 2)) - taken * variance
    uncertain = 2.0 * variance * math.sqrt(2.0 * spread)
    return Filtered(
        values,
        math.sqrt(kept * variance),
        math.sqrt(max(excess, 0.0)),
        math.sqrt(max(excess + uncertain, 0.0)),
        modes,
    )
