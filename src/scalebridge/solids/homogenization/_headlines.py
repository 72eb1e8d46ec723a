"""Headline numbers of a homogenization."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scalebridge.bridge import Headline
from scalebridge.solids.homogenization._constants import conductivities, elastic_constants
from scalebridge.solids.homogenization._curves import curve
from scalebridge.solids.representative import RVEStudy

if TYPE_CHECKING:
    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._state import HomogenizationState

_LISTED = 4


def headlines(bridge: Homogenization, state: HomogenizationState) -> dict[str, Headline]:
    """By key: constants, strengths of load paths, the recommended size, volume fractions."""
    return dict((*_constants(bridge, state), *_paths(bridge, state), *_study(state), *_fractions(bridge)))


def slug(name: str) -> str:
    """A name as part of a key or of a file name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _constants(bridge: Homogenization, state: HomogenizationState) -> Iterator[tuple[str, Headline]]:
    found = state.effective
    constants = (*elastic_constants(found["stiffness"].tensor),) if "stiffness" in found else ()
    if "conductivity" in found:
        constants += conductivities(found["conductivity"].tensor, bridge.microstructure.ndim)
    for constant in constants:
        yield constant.name, Headline(constant.value, constant.unit, constant.label)


def _paths(bridge: Homogenization, state: HomogenizationState) -> Iterator[tuple[str, Headline]]:
    finite = bridge.numerics.kinematics == "finite"
    for load, record in zip(bridge.loads, state.paths, strict=True):
        found = curve(load, record, finite)
        if not record.increments:
            continue
        letter = "P" if finite else "σ"
        key, sign = slug(load.name), f"{letter}{found.component.translate(_SUBSCRIPTS)}"
        yield f"{key}_stress", Headline(found.largest, "Pa", f"{load.name}: largest {sign}")
        offset = found.offset_yield()
        if offset is not None:
            yield f"{key}_offset_yield", Headline(offset[1], "Pa", f"{load.name}: {sign} at 0.2 % plastic strain")


_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def _study(state: HomogenizationState) -> Iterator[tuple[str, Headline]]:
    study = state.study
    if study is None:
        return
    best = study.recommend(realisations=1)
    if math.isfinite(best.edge):
        low, high = best.edge_interval
        error = 0.5 * (high - low) if math.isfinite(high - low) else None
        wish = f"{100 * study.precision:.2g} %"
        yield "recommended_edge", Headline(best.edge, "m", f"edge of one RVE that is good for {wish}", error)
    yield from _means(study)


def _means(study: RVEStudy) -> Iterator[tuple[str, Headline]]:
    boundary = study.recommendation.boundary
    for q in study.quantities:
        series = [x for x in study.statistics[boundary, q.name] if x.known]
        if series:
            label = f"{q.label}, mean of {series[-1].count} {_NAMES[boundary]} cells"
            yield f"rve_{q.name}", Headline(series[-1].mean, q.unit, label, series[-1].half_width)


_NAMES = {"periodic": "periodic", "kubc": "KUBC", "subc": "SUBC"}


def _fractions(bridge: Homogenization) -> Iterator[tuple[str, Headline]]:
    cell = bridge.microstructure
    shares = list(cell.volume_fractions().items())
    if len(shares) <= _LISTED:
        for phase, share in shares[1:]:
            yield f"fraction_{slug(cell.name(phase))}", Headline(share, "1", f"volume fraction of {cell.name(phase)}")
