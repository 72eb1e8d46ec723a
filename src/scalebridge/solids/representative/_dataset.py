"""An RVE study as an xarray dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.solids.representative._variance import VarianceLaw

if TYPE_CHECKING:
    import xarray as xr

    from scalebridge.solids.representative._study import RVEStudy


def study_dataset(study: RVEStudy) -> xr.Dataset:
    """All results of an RVE study with named dimensions and units in the attributes."""
    import xarray as xr

    unit = study.quantities[0].unit
    names = [q.name for q in study.quantities]
    best = study.recommendation
    tensors = (("boundary", "size", "realisation", "row", "column"), study.apparent, {"units": unit})
    data: dict[str, Any] = {"apparent": tensors, "volume": ("size", study.volumes, {"units": f"m^{study.ndim}"})}
    data |= _statistics(study, unit) | _variance_laws(study, unit) | _bounds(study, unit)
    return xr.Dataset(
        data,
        coords={
            "boundary": list(study.boundaries),
            "size": ("size", np.array(study.sizes), {"units": "m"}),
            "quantity": names,
            "end": ["lower", "upper"],
        },
        attrs={
            "property": study.prop,
            "correlation_length_m": study.correlation_length,
            "recommended_edge_m": best.edge,
            "recommended_boundary": best.boundary,
            "recommended_realisations": best.realisations,
            "recommendation": best.sentence,
            "precision": study.precision,
            "confidence": study.confidence,
        },
    )


def _statistics(study: RVEStudy, unit: str) -> dict[str, Any]:
    fields = {"count": "1", "mean": unit, "deviation": unit, "half_width": unit}
    dims = ("boundary", "quantity", "size")

    def table(field: str) -> list[list[list[float]]]:
        return [
            [[getattr(x, field) for x in study.statistics[b, q.name]] for q in study.quantities]
            for b in study.boundaries
        ]

    return {field: (dims, np.array(table(field)), {"units": u}) for field, u in fields.items()}


def _variance_laws(study: RVEStudy, unit: str) -> dict[str, Any]:
    power = f"m^{study.ndim}"
    fields: dict[str, tuple[str, Callable[[VarianceLaw], Any], tuple[str, ...]]] = {
        "variance_product": (f"({unit})^2 {power}", lambda x: x.product, ()),
        "variance_product_interval": (f"({unit})^2 {power}", lambda x: x.product_interval, ("end",)),
        "point_variance": (f"({unit})^2", lambda x: x.point_variance, ()),
        "integral_range": (power, lambda x: x.integral_range, ()),
        "integral_range_interval": (power, lambda x: x.integral_range_interval, ("end",)),
        "variance_exponent": ("1", lambda x: x.exponent, ()),
        "variance_exponent_interval": ("1", lambda x: x.exponent_interval, ("end",)),
        "variance_exponent_p_value": ("1", lambda x: x.p_value, ()),
    }

    def values(get: Callable[[VarianceLaw], Any], end: tuple[str, ...]) -> np.ndarray:
        table = np.full((len(study.boundaries), len(study.quantities), *(2 for _ in end)), np.nan)
        for i, b in enumerate(study.boundaries):
            for j, q in enumerate(study.quantities):
                if (b, q.name) in study.variance_laws:
                    table[i, j] = get(study.variance_laws[b, q.name])
        return table

    return {
        name: (("boundary", "quantity", *end), values(get, end), {"units": u}) for name, (u, get, end) in fields.items()
    }


def _bounds(study: RVEStudy, unit: str) -> dict[str, Any]:
    bounds = [study.bounds[q.name] for q in study.quantities]
    attrs = {"units": unit}
    return {
        "voigt": ("quantity", np.array([b.voigt for b in bounds]), attrs),
        "reuss": ("quantity", np.array([b.reuss for b in bounds]), attrs),
        "hashin_shtrikman": (("quantity", "end"), np.array([b.hashin_shtrikman for b in bounds]), attrs),
    }
