"""The length over which a microstructure is correlated, and the separations of scales that rest on it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.scales import Separation


def correlation_length(microstructure: Any) -> float:
    """Correlation length in m: twice the integral of the normalised radial covariance up to its first zero.

    The covariance is that of all phases' indicators together, sum (S2 - c^2) / sum c (1 - c). For exp(-r / a) it gives
    2 a, for discs or spheres about their radius to diameter.

    Args:
        microstructure: a `solids.Microstructure`.

    Returns:
        The length; NaN where there is one phase only, or where the covariance has no zero within half the cell.
    """
    correlations = [microstructure.two_point_correlation(phase) for phase in microstructure.volume_fractions()]
    variance = sum(c.fraction * (1.0 - c.fraction) for c in correlations)
    if variance <= 0.0:
        return math.nan
    covariance = sum(c.radial - c.fraction**2 for c in correlations) / variance
    distance = correlations[0].distance
    beyond = np.flatnonzero(covariance <= 0.0)
    if beyond.size == 0:
        return math.nan
    end = int(beyond[0])
    return 2.0 * float(np.trapezoid(np.maximum(covariance[: end + 1], 0.0), distance[: end + 1]))


def study_separations(correlation: float, rve_edge: float, part_length: float | None = None) -> tuple[Separation, ...]:
    """The separations l << d << L: microstructure, RVE, part.

    Args:
        correlation: correlation length l of the microstructure in m.
        rve_edge: edge d of the RVE in m.
        part_length: smallest length L in m over which the part's load varies; left out where not given.

    Returns:
        One or two separations; none whose lengths are not known.

    Raises:
        InputError: a part length that is not positive.
    """
    if part_length is not None and not part_length > 0.0:
        raise InputError(f"the part's length is {part_length} m; it must be positive")
    separations = []
    if math.isfinite(correlation) and math.isfinite(rve_edge):
        separations.append(
            Separation(
                "RVE edge / correlation length",
                rve_edge / correlation,
                trusted=5.0,
                warned=2.0,
                why="A cell of few correlation lengths is a sample, not a representative: its answer depends on the "
                "boundary condition and scatters (Drugan and Willis 1996, doi 10.1016/0022-5096(96)00007-5).",
            )
        )
    if part_length is not None and math.isfinite(rve_edge):
        separations.append(
            Separation(
                "part length / RVE edge",
                part_length / rve_edge,
                trusted=10.0,
                warned=3.0,
                why="Where the load varies over the RVE, effective properties do not describe the part: the error of "
                "first-order homogenization grows with edge over length (Hill 1963, doi 10.1016/0022-5096(63)90036-X).",
            )
        )
    return tuple(separations)
