"""One RVE size for a wanted precision, from the scatter and from the bias of the boundary condition."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scalebridge.errors import InputError
from scalebridge.solids.representative._readable import readable_length
from scalebridge.solids.representative._statistics import MeanInterval, check_confidence
from scalebridge.solids.representative._variance import VarianceLaw

FloatArray = NDArray[np.float64]

_NAMES = {"periodic": "periodic", "kubc": "uniform-displacement", "subc": "uniform-traction"}
_BEYOND = " This lies beyond the sizes tested: it rests on the variance law alone."


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
        largest_tested: largest edge in the study, m.
    """

    edge: float
    edge_interval: tuple[float, float]
    realisations: int
    precision: float
    boundary: str
    governing: Requirement
    requirements: tuple[Requirement, ...]
    largest_tested: float

    @property
    def extrapolated(self) -> bool:
        """Whether the edge lies beyond the sizes tested."""
        return self.edge > self.largest_tested * (1.0 + 1e-9)

    @property
    def sentence(self) -> str:
        """The recommendation with its reason, for the reader."""
        name, wish = _NAMES[self.boundary], f"{100 * self.precision:.2g} %"
        asked = self.governing
        if math.isnan(self.edge):
            return (
                f"No size can be recommended for {name} boundary conditions: at the largest edge tested, "
                f"{readable_length(self.largest_tested)}, {asked.quantity} is still {100 * abs(asked.bias):.2g} % off "
                f"the reference, more than {wish}. Test larger cells, or use periodic boundary conditions."
            )
        cells = f"{self.realisations} realisation{'' if self.realisations == 1 else 's'}"
        head = (
            f"Use cells with an edge of {readable_length(self.edge)}, {name} boundary conditions and {cells} for "
            f"{wish} in every quantity: "
        )
        if asked.scatter_edge >= asked.bias_edge:
            why = f"the scatter of {asked.quantity}, D_Z^2 A / V, asks for the largest cell."
        else:
            why = (
                f"the scatter of {asked.quantity} would allow {readable_length(asked.scatter_edge)}, but "
                "smaller cells are biased by their boundary condition or were not tested."
            )
        return head + why + (_BEYOND if self.extrapolated else "")


def volume_for_precision(
    product: float, mean: float, *, precision: float, realisations: int, confidence: float = 0.95
) -> float:
    """Volume at which the mean of n realisations has the relative precision eps: V = (z / eps / Z)^2 D_Z^2 A / n.

    Kanit et al. 2003, doi 10.1016/S0020-7683(03)00143-4, who round the normal quantile z of 95 % to 2.

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


def recommend_size(
    statistics: Mapping[tuple[str, str], Sequence[MeanInterval]],
    laws: Mapping[tuple[str, str], VarianceLaw],
    *,
    edges: FloatArray,
    ndim: int,
    precision: float,
    realisations: int,
    confidence: float = 0.95,
    boundary: str | None = None,
) -> Recommendation:
    """The smallest edge at which every quantity is precise enough, and the sentence that says why.

    Two things must be small: the scatter of the mean of the realisations, from the variance law, and the bias that the
    boundary condition has in small cells, from the means of the sizes tested.

    Args:
        statistics: means of each size by boundary condition and quantity.
        laws: variance laws by boundary condition and quantity.
        edges: edge of each size in m, ascending; NaN where no realisation succeeded.
        ndim: dimensions of the microstructures.
        precision: relative error wanted.
        realisations: number of realisations to be averaged.
        confidence: level at which the precision is to hold.
        boundary: boundary condition to be used; periodic, which has the smallest bias, where it succeeded, else the
            first that did.

    Raises:
        InputError: a boundary condition without a variance law, or an impossible precision or number.
    """
    usable = list(dict.fromkeys(b for b, _ in laws))
    chosen = boundary or ("periodic" if "periodic" in usable else usable[0])
    if chosen not in usable:
        raise InputError(f"no size is known for the boundary condition {chosen!r}; those studied: {', '.join(usable)}")
    by_size = zip(*statistics.values(), strict=True)
    tested = np.isfinite(edges) & np.array([any(x.count for x in at_size) for at_size in by_size])
    requirements = tuple(
        _requirement(q, chosen, statistics, law, edges, tested, ndim, (precision, realisations, confidence))
        for (b, q), law in laws.items()
        if b == chosen
    )
    governing = max(requirements, key=lambda r: r.edge)
    ends = [max(max(r.scatter_interval[i], r.bias_edge) for r in requirements) for i in (0, 1)]
    largest = float(edges[tested][-1])
    return Recommendation(
        edge=governing.edge if math.isfinite(governing.edge) else math.nan,
        edge_interval=(ends[0], ends[1]),
        realisations=realisations,
        precision=precision,
        boundary=chosen,
        governing=governing,
        requirements=requirements,
        largest_tested=largest,
    )


def _requirement(
    quantity: str,
    boundary: str,
    statistics: Mapping[tuple[str, str], Sequence[MeanInterval]],
    law: VarianceLaw,
    edges: FloatArray,
    tested: NDArray[np.bool_],
    ndim: int,
    wish: tuple[float, int, float],
) -> Requirement:
    precision, realisations, confidence = wish
    last = int(np.flatnonzero(tested)[-1])
    reference = reference_mean({b: series[last] for (b, q), series in statistics.items() if q == quantity})
    means = np.array([x.mean for x in statistics[boundary, quantity]])

    def edge(product: float) -> float:
        volume = volume_for_precision(
            product, reference, precision=precision, realisations=realisations, confidence=confidence
        )
        return float(volume ** (1.0 / ndim))

    return Requirement(
        quantity=quantity,
        scatter_edge=edge(law.product),
        scatter_interval=(edge(law.product_interval[0]), edge(law.product_interval[1])),
        bias_edge=bias_edge(edges[tested], means[tested], reference, precision),
        bias=float(means[last] / reference - 1.0),
    )
