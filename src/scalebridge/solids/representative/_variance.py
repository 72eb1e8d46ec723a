"""The variance law of apparent properties and its integral range."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalebridge.errors import InputError
from scalebridge.solids.representative._statistics import check_confidence

FloatArray = NDArray[np.float64]


def point_variance(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Variance D_Z^2 of a property from point to point.

    For two phases with fractions c and 1 - c this is c (1 - c) (Z_1 - Z_2)^2 (Kanit et al. 2003, doi
    10.1016/S0020-7683(03)00143-4).

    Args:
        values: Z of each phase with `weights`, or the field of Z over equal voxels, any shape.
        weights: volume fractions, same shape, sum 1; equal where not given.

    Raises:
        InputError: no value, not finite, or weights that are negative or do not sum to 1.
    """
    z = np.asarray(values, dtype=np.float64)
    w = np.full(z.shape, 1.0 / max(z.size, 1)) if weights is None else np.asarray(weights, dtype=np.float64)
    if z.size == 0 or not np.all(np.isfinite(z)):
        raise InputError("the point variance needs at least one value, and all of them finite")
    if w.shape != z.shape or np.any(w < 0.0) or abs(w.sum() - 1.0) > 1e-8:
        raise InputError(
            f"weights of shape {w.shape} and sum {w.sum():.6g} for values of shape {z.shape}; sum 1 needed"
        )
    return float(np.sum(w * (z - np.sum(w * z)) ** 2))


@dataclass(frozen=True, slots=True)
class VarianceLaw:
    """The law D^2(V) = D_Z^2 A / V fitted to the scatter of apparent properties.

    Attributes:
        product: D_Z^2 A, in the property's unit squared times m^ndim.
        product_interval: its confidence interval.
        point_variance: D_Z^2; NaN where it is not known.
        exponent: alpha of the generalised law D_Z^2 (A / V)^alpha; NaN with fewer than two sizes.
        exponent_interval: its confidence interval.
        p_value: probability of scatter at least as far from alpha = 1 if alpha were 1; NaN with fewer than two sizes.
        generalised_prefactor: D^2 times V^alpha in the generalised law.
        degrees_of_freedom: realisations less one, summed over the sizes.
        confidence: level of the intervals.
    """

    product: float
    product_interval: tuple[float, float]
    point_variance: float
    exponent: float
    exponent_interval: tuple[float, float]
    p_value: float
    generalised_prefactor: float
    degrees_of_freedom: int
    confidence: float

    @property
    def integral_range(self) -> float:
        """A in m^ndim; NaN where the point variance is not known or zero."""
        return self.product / self.point_variance if self.point_variance > 0.0 else math.nan

    @property
    def integral_range_interval(self) -> tuple[float, float]:
        """Confidence interval of A, in m^ndim, for the point variance as given."""
        d = self.point_variance if self.point_variance > 0.0 else math.nan
        return self.product_interval[0] / d, self.product_interval[1] / d

    @property
    def generalised_range(self) -> float:
        """A of the generalised law in m^ndim; NaN where it or the point variance is not known."""
        if not (self.point_variance > 0.0 and self.exponent > 0.0):
            return math.nan
        return float((self.generalised_prefactor / self.point_variance) ** (1.0 / self.exponent))

    def variance(self, volume: float) -> float:
        """D^2 of one realisation of `volume` (m^ndim)."""
        return self.product / volume


def fit_variance_law(
    volumes: ArrayLike,
    variances: ArrayLike,
    counts: ArrayLike,
    *,
    point_variance: float = math.nan,
    confidence: float = 0.95,
) -> VarianceLaw:
    """Fit the variance law to sample variances, by maximum likelihood for normally distributed properties.

    Kanit et al. 2003, doi 10.1016/S0020-7683(03)00143-4. With alpha = 1 the estimate
    sum (n - 1) s^2 V / sum (n - 1) times its degrees of freedom is chi-squared, so that its interval is exact. The
    exponent is tested by the likelihood ratio.

    Args:
        volumes: V of each size in m^ndim, shape (s,).
        variances: sample variances s^2 (with n - 1), shape (s,); NaN where fewer than two realisations succeeded.
        counts: realisations n behind each variance, shape (s,).
        point_variance: D_Z^2, to turn the product D_Z^2 A into A.
        confidence: level of the intervals.

    Raises:
        InputError: the shapes differ, a volume is not positive, or no size has two realisations.
    """
    check_confidence(confidence)
    v, s2, n = (np.asarray(a, dtype=np.float64) for a in (volumes, variances, counts))
    if not (v.ndim == 1 and v.shape == s2.shape == n.shape):
        raise InputError(f"{v.shape} volumes, {s2.shape} variances and {n.shape} counts; give one of each per size")
    if not np.all(v > 0.0):
        raise InputError(f"the volumes {v.tolist()} must all be positive")
    used = (n >= 2) & np.isfinite(s2)
    if not np.any(used):
        raise InputError("no size has two successful realisations, so that nothing is known about the scatter")
    v, s2, freedom = v[used], s2[used], n[used] - 1.0
    total = float(freedom.sum())
    product = float(freedom @ (s2 * v)) / total
    slope, slope_interval, p_value, prefactor = _fit_exponent(v, s2, freedom, product, confidence)
    return VarianceLaw(
        product=product,
        product_interval=_chi_squared_interval(product, total, confidence),
        point_variance=point_variance,
        exponent=slope,
        exponent_interval=slope_interval,
        p_value=p_value,
        generalised_prefactor=prefactor,
        degrees_of_freedom=round(total),
        confidence=confidence,
    )


def _chi_squared_interval(estimate: float, freedom: float, confidence: float) -> tuple[float, float]:
    from scipy.stats import chi2

    tail = 0.5 * (1.0 - confidence)
    return float(estimate * freedom / chi2.isf(tail, freedom)), float(estimate * freedom / chi2.ppf(tail, freedom))


def _fit_exponent(
    v: FloatArray, s2: FloatArray, freedom: FloatArray, product: float, confidence: float
) -> tuple[float, tuple[float, float], float, float]:
    """Exponent, its interval, the p-value of exponent 1 and the prefactor; NaN where the sizes do not tell."""
    nan = math.nan
    if np.unique(v).size < 2 or not np.all(s2 > 0.0):
        return nan, (nan, nan), nan, nan
    from scipy.optimize import minimize_scalar
    from scipy.stats import chi2, norm

    total = freedom.sum()
    # Volumes relative to their geometric mean keep the powers near one for any unit of length.
    log_v = np.log(v)
    centre = float(freedom @ log_v) / total
    x = log_v - centre

    def deviance(alpha: float) -> float:
        scale = freedom @ (s2 * np.exp(alpha * x)) / total
        return float(total * np.log(scale) - alpha * (freedom @ x))

    alpha = float(minimize_scalar(deviance, bracket=(0.5, 1.5)).x)
    p_value = float(chi2.sf(max(0.0, deviance(1.0) - deviance(alpha)), 1))
    width = float(norm.ppf(0.5 * (1.0 + confidence))) * math.sqrt(2.0 / float(freedom @ x**2))
    prefactor = float(freedom @ (s2 * np.exp(alpha * x)) / total) * math.exp(alpha * centre)
    return alpha, (alpha - width, alpha + width), p_value, prefactor
