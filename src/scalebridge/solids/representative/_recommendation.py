"""One RVE size for a wanted precision, from the scatter and from the bias of the boundary condition."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scalebridge.errors import InputError
from scalebridge.solids.representative._statistics import MeanInterval, check_confidence

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one quantity asks of the RVE.

    Attributes:
        quantity: name of the quantity.
        scatter_edge: edge in m from which on the mean of the realisations is precise enough.
        scatter_interval: the same for the ends of the confidence interval of the variance law, m.
        bias_edge: smallest edge tested, m, from which on the boundary condition's bias stayed within the precision;
            infinite where it never did.
        bias: bias found at the largest size, relative to the reference.
    """

    quantity: str
    scatter_edge: float
    scatter_interval: tuple[float, float]
    bias_edge: float
    bias: float

    @property
    def edge(self) -> float:
        """Edge that meets both, m."""
        return max(self.scatter_edge, self.bias_edge)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The size recommended.

    Attributes:
        edge: edge of the RVE in m; NaN where none can be recommended.
        edge_interval: the edge for the ends of the confidence interval of the variance law, m.
        realisations: how many RVEs of that size are averaged.
        precision: relative half width of the confidence interval that was asked for.
        boundary: boundary condition it holds for.
        governing: what the most demanding quantity asks.
        requirements: what each quantity asks.
        extrapolated: whether the edge lies beyond the sizes tested.
        sentence: the recommendation with its reason.
    """

    edge: float
    edge_interval: tuple[float, float]
    realisations: int
    precision: float
    boundary: str
    governing: Requirement
    requirements: tuple[Requirement, ...]
    extrapolated: bool
    sentence: str


def volume_for_precision(
    product: float, mean: float, *, precision: float, realisations: int, confidence: float = 0.95
) -> float:
    """Volume at which the mean of n realisations has the relative precision eps: V = (z / eps / Z)^2 D_Z^2 A / n.

    Kanit et al. 2003, doi 10.1016/S0020-7683(03)00143-4, with their 2 for the normal quantile z (1.96 for
    95 %).

    Args:
        product: D_Z^2 A of the variance law.
        mean: the property's mean Z, not zero.
        precision: relative half width eps of the confidence interval.
        realisations: number n of independent realisations.
        confidence: level of that interval.

    Returns:
        Volume in m^ndim.

    Raises:
        InputError: a precision or a mean that is not positive, or no realisation.
    """
    check_confidence(confidence)
    if not 0.0 < precision < 1.0:
        raise InputError(f"the precision is {precision}; give a relative error between 0 and 1, e.g. 0.02")
    if realisations < 1:
        raise InputError(f"{realisations} realisations; at least one is needed")
    if not (math.isfinite(mean) and mean != 0.0 and product >= 0.0):
        raise InputError(
            f"mean {mean} and variance product {product}: the mean must not be zero, the product not negative"
        )
    from scipy.stats import norm

    z = float(norm.ppf(0.5 * (1.0 + confidence)))
    return (z / (precision * mean)) ** 2 * product / realisations


def bias_edge(edges: FloatArray, means: FloatArray, reference: float, precision: float) -> float:
    """Smallest edge from which on every mean lies within `precision` of the reference; infinite where there is none.

    Args:
        edges: edges in m, ascending, shape (s,).
        means: mean at each edge, shape (s,); NaN where nothing is known, which counts as too far.
        reference: the value to compare with.
        precision: relative.
    """
    within = np.abs(means - reference) <= precision * abs(reference)
    good = len(edges) - int(np.argmin(within[::-1])) if not within.all() else 0
    return float(edges[good]) if good < len(edges) else math.inf


def reference_mean(largest: dict[str, MeanInterval]) -> float:
    """Best estimate of the effective value from the largest size.

    The periodic mean where there is one; else the middle of KUBC and SUBC, which bound it; else the mean there is.
    """
    known = {name: interval.mean for name, interval in largest.items() if interval.count}
    if "periodic" in known:
        return known["periodic"]
    return float(np.mean(list(known.values()))) if known else math.nan


def recommend(
    requirements: tuple[Requirement, ...],
    *,
    boundary: str,
    edges: FloatArray,
    precision: float,
    realisations: int,
    ndim: int,
) -> Recommendation:
    """The edge that meets every quantity's requirement, and the sentence that says why.

    Args:
        requirements: what each quantity asks; at least one.
        boundary: boundary condition they hold for.
        edges: edges tested in m, ascending.
        precision: relative error that was asked for.
        realisations: number of realisations to be averaged.
        ndim: dimensions of the microstructure.
    """
    governing = max(requirements, key=lambda r: r.edge)
    edge = governing.edge if math.isfinite(governing.edge) else math.nan
    ends = [max(max(r.scatter_interval[i], r.bias_edge) for r in requirements) for i in (0, 1)]
    extrapolated = edge > float(edges[-1]) * (1.0 + 1e-9)
    sentence = _sentence(governing, edge, edges, boundary, precision, realisations, ndim, extrapolated)
    return Recommendation(
        edge, (ends[0], ends[1]), realisations, precision, boundary, governing, requirements, extrapolated, sentence
    )


def _sentence(
    governing: Requirement,
    edge: float,
    edges: FloatArray,
    boundary: str,
    precision: float,
    realisations: int,
    ndim: int,
    extrapolated: bool,
) -> str:
    name = {"periodic": "periodic", "kubc": "uniform-displacement", "subc": "uniform-traction"}[boundary]
    if math.isnan(edge):
        return (
            f"No size can be recommended for {name} boundary conditions: at the largest edge tested, "
            f"{edges[-1]:.3g} m, {governing.quantity} is still {100 * abs(governing.bias):.2g} % off the reference, "
            f"more than {100 * precision:.2g} %. Test larger cells, or use periodic boundary conditions."
        )
    cells = f"{realisations} realisation{'' if realisations == 1 else 's'}"
    power = "2" if ndim == 2 else "3"
    head = (
        f"Use cells with an edge of {edge:.3g} m, {name} boundary conditions and {cells} for {100 * precision:.2g} % "
    )
    if governing.scatter_edge >= governing.bias_edge:
        why = (
            f"in every quantity: {governing.quantity} governs, whose scatter, D_Z^2 A / V with V = edge^{power}, then "
            "leaves the confidence interval of the mean within that precision."
        )
    else:
        why = (
            f"in every quantity: {governing.quantity} governs; its scatter would allow {governing.scatter_edge:.3g} m, "
            "but smaller cells are biased by their boundary condition or were not tested."
        )
    tail = " This lies beyond the sizes tested: it rests on the variance law alone." if extrapolated else ""
    return head + why + tail
