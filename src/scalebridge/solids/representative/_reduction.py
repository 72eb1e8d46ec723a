"""From the results of realisations to statistics, variance laws and one recommended size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from scalebridge.errors import InputError
from scalebridge.solids.representative._correlation import study_separations
from scalebridge.solids.representative._plan import StudyPlan
from scalebridge.solids.representative._quantities import TENSOR_SIZE, Bounds, Quantity, study_quantities
from scalebridge.solids.representative._realisation import RealisationResult
from scalebridge.solids.representative._recommendation import recommend_size
from scalebridge.solids.representative._statistics import MeanInterval, mean_interval
from scalebridge.solids.representative._study import RVEStudy
from scalebridge.solids.representative._variance import VarianceLaw, fit_variance_law, point_variance

FloatArray = NDArray[np.float64]
Statistics = Mapping[tuple[str, str], tuple[MeanInterval, ...]]
Laws = Mapping[tuple[str, str], VarianceLaw]


def reduce_study(plan: StudyPlan, results: Sequence[RealisationResult]) -> RVEStudy:
    """Statistics and recommendation from the results of a plan's tasks, in any order.

    Args:
        plan: the plan.
        results: what `homogenize_realisation` gave for its tasks; tasks that are missing count as not done.

    Raises:
        InputError: no size has two successful realisations under any boundary condition.
    """
    done = sorted(results, key=lambda r: r.number)
    drawn = [r for r in done if r.ndim]
    if not drawn:
        raise InputError(_nothing_to_reduce(done))
    quantities = study_quantities(plan.model.prop, drawn[0].ndim)
    apparent = _collect(plan, drawn)
    volumes = _volumes(plan, drawn)
    statistics = _statistics(plan, quantities, apparent)
    laws = _variance_laws(plan, quantities, volumes, statistics, _point_variances(drawn))
    if not laws:
        raise InputError(_nothing_to_reduce(done))
    edges = volumes ** (1.0 / drawn[0].ndim)
    recommendation = recommend_size(
        statistics,
        laws,
        edges=edges,
        ndim=drawn[0].ndim,
        precision=plan.precision,
        realisations=plan.realisations[-1],
        confidence=plan.confidence,
    )
    length = _correlation_length(drawn)
    return RVEStudy(
        prop=plan.model.prop,
        ndim=drawn[0].ndim,
        boundaries=plan.boundaries,
        sizes=plan.sizes,
        volumes=volumes,
        apparent=apparent,
        quantities=quantities,
        statistics=statistics,
        variance_laws=laws,
        bounds={q.name: _mean_bounds([r.bounds[i] for r in drawn]) for i, q in enumerate(quantities)},
        correlation_length=length,
        recommendation=recommendation,
        separations=study_separations(length, recommendation.edge, plan.part_length),
        entries=tuple(e for r in done for e in r.entries),
        failures=tuple(f for r in done for f in r.failures),
        precision=plan.precision,
        confidence=plan.confidence,
    )


def _nothing_to_reduce(done: Sequence[RealisationResult]) -> str:
    failures = [f for r in done for f in r.failures]
    first = f" The first failure: {failures[0].where}: {failures[0].reason}" if failures else ""
    return (
        f"an RVE study needs a size with two successful realisations, and none of the {len(done)} realisations gives "
        f"one; {len(failures)} failed. Plan more realisations or mend what failed.{first}"
    )


def _collect(plan: StudyPlan, drawn: Sequence[RealisationResult]) -> FloatArray:
    m = TENSOR_SIZE[plan.model.prop]
    apparent = np.full((len(plan.boundaries), len(plan.sizes), max(plan.realisations), m, m), np.nan)
    for result in drawn:
        for b, boundary in enumerate(plan.boundaries):
            if boundary in result.apparent:
                apparent[b, result.size_index, result.realisation] = result.apparent[boundary]
    return apparent


def _volumes(plan: StudyPlan, drawn: Sequence[RealisationResult]) -> FloatArray:
    by_size = [[r.volume for r in drawn if r.size_index == s] for s in range(len(plan.sizes))]
    return np.array([np.mean(v) if v else np.nan for v in by_size])


def _correlation_length(drawn: Sequence[RealisationResult]) -> float:
    """Mean over the largest cells that know it."""
    known = [r for r in drawn if math.isfinite(r.correlation_length)]
    largest = max((r.size_index for r in known), default=-1)
    lengths = [r.correlation_length for r in known if r.size_index == largest]
    return float(np.mean(lengths)) if lengths else math.nan


def _statistics(plan: StudyPlan, quantities: Sequence[Quantity], apparent: FloatArray) -> Statistics:
    return {
        (boundary, q.name): tuple(mean_interval(sample, plan.confidence) for sample in q.of(apparent[b]))
        for b, boundary in enumerate(plan.boundaries)
        for q in quantities
    }


def _point_variances(drawn: Sequence[RealisationResult]) -> list[float]:
    """D_Z^2 of each quantity over all realisations together."""
    shares = np.concatenate([r.fractions * r.volume for r in drawn])
    values = np.concatenate([r.point_values for r in drawn], axis=1)
    variances = [point_variance(z, shares / shares.sum()) for z in values]
    # Rounding is no scatter, e.g. of an invariant of a turned crystal.
    return [0.0 if d <= (1e-12 * np.max(np.abs(z))) ** 2 else d for d, z in zip(variances, values, strict=True)]


def _variance_laws(
    plan: StudyPlan,
    quantities: Sequence[Quantity],
    volumes: FloatArray,
    statistics: Statistics,
    point_variances: Sequence[float],
) -> Laws:
    laws: dict[tuple[str, str], VarianceLaw] = {}
    known = np.isfinite(volumes)
    for boundary in plan.boundaries:
        for q, d in zip(quantities, point_variances, strict=True):
            series = [x for x, k in zip(statistics[boundary, q.name], known, strict=True) if k]
            if any(x.known for x in series):
                variances = [_beyond_rounding(x) for x in series]
                counts = [x.count for x in series]
                laws[boundary, q.name] = fit_variance_law(
                    volumes[known], variances, counts, point_variance=d, confidence=plan.confidence
                )
    return laws


def _beyond_rounding(x: MeanInterval) -> float:
    """Sample variance; zero where it is rounding of a value that does not scatter."""
    return 0.0 if x.deviation <= 1e-12 * abs(x.mean) else x.deviation**2


def _mean_bounds(bounds: Sequence[Bounds]) -> Bounds:
    def mean(values: Sequence[float]) -> float:
        return float(np.mean(values))

    lower, upper = (mean([b.hashin_shtrikman[i] for b in bounds]) for i in (0, 1))
    return Bounds(mean([b.reuss for b in bounds]), mean([b.voigt for b in bounds]), (lower, upper))
