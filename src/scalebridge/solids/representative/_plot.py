"""Pictures of an RVE study: means against size, and the variance law."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.solids.representative._quantities import Quantity
from scalebridge.solids.representative._readable import LENGTHS, STRESSES, readable_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scalebridge.solids.representative._study import RVEStudy

# Colours that stay apart for colour-blind readers (Okabe and Ito); markers so that grey prints stay readable.
_LOOK = {
    "kubc": ("KUBC", "#d55e00", "^"),
    "periodic": ("periodic", "#0072b2", "o"),
    "subc": ("SUBC", "#009e73", "v"),
}
_VALUES = {"Pa": STRESSES, "W/(m K)": ((1.0, "W/(m K)"),)}


def plot_study(study: RVEStudy) -> Figure:
    """One row per quantity: mean and confidence interval against the edge, and variance against the volume."""
    from matplotlib.figure import Figure

    rows = len(study.quantities)
    figure = Figure(figsize=(8.8, 3.1 * rows + 0.8), layout="constrained")
    grid = figure.subplots(rows, 2, squeeze=False)
    length, length_unit = readable_unit(LENGTHS, float(np.nanmax(study.edges)))
    for q, (left, right) in zip(study.quantities, grid, strict=True):
        highest = max(x.mean for b in study.boundaries for x in study.statistics[b, q.name] if x.count)
        per_unit, unit = readable_unit(_VALUES[q.unit], highest)
        _draw_means(left, study, q, length, per_unit)
        left.set(xlabel=f"edge of the RVE in {length_unit}", ylabel=f"{q.name} in {unit}")
        left.set_title(f"{q.label} {q.name}", fontsize="medium", loc="left")
        _draw_variances(right, study, q, length, per_unit)
        right.set(xlabel=f"volume in {length_unit}$^{study.ndim}$", ylabel=f"variance of {q.name} in ({unit})$^2$")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 4), frameon=False)
    return figure


def _draw_means(axes: Axes, study: RVEStudy, q: Quantity, length: float, per_unit: float) -> None:
    best = study.recommendation
    for shift, boundary in enumerate(study.boundaries):
        label, colour, marker = _LOOK[boundary]
        series = study.statistics[boundary, q.name]
        means = np.array([x.mean for x in series]) / per_unit
        bars = np.array([x.half_width if x.known else 0.0 for x in series]) / per_unit
        # A small sideways shift keeps the bars of the boundary conditions from hiding each other.
        edges = study.edges / length * (1.0 + 0.008 * (shift - 0.5 * (len(study.boundaries) - 1)))
        axes.errorbar(edges, means, bars, color=colour, marker=marker, capsize=3, lw=1.3, label=label)
    _draw_bounds(axes, study, q, per_unit)
    if math.isfinite(best.edge):
        span = (1.0 - best.precision, 1.0 + best.precision)
        at = study.statistics[best.boundary, q.name]
        middle = next(x.mean for x in reversed(at) if x.count) / per_unit
        axes.axhspan(middle * span[0], middle * span[1], color="0.5", alpha=0.15, lw=0, label="wanted precision")
        axes.axvline(best.edge / length, color="black", ls="-.", lw=1.2, label="recommended edge")


def _draw_bounds(axes: Axes, study: RVEStudy, q: Quantity, per_unit: float) -> None:
    """Bounds as lines where they lie near the data; far ones would flatten it and are written in the corner."""
    bounds = study.bounds[q.name]
    low, high = axes.get_ylim()
    margin = 0.6 * (high - low)
    lines = (
        (bounds.hashin_shtrikman, "--", "Hashin-Shtrikman bounds"),
        ((bounds.reuss, bounds.voigt), ":", "Voigt, Reuss bounds"),
    )
    away = []
    for values, style, label in lines:
        for value, side in zip((values[0] / per_unit, values[1] / per_unit), ("lower", "upper"), strict=True):
            if low - margin <= value <= high + margin:
                axes.axhline(value, color="0.35", ls=style, lw=1.0)
            elif math.isfinite(value):
                away.append(f"{label.split()[0]} {side}: {value:.4g}" if "Hash" in label else _single(side, value))
        axes.plot([], [], color="0.35", ls=style, lw=1.0, label=label)
    if away:
        axes.text(0.98, 0.97, "\n".join(away), transform=axes.transAxes, ha="right", va="top", fontsize=7, color="0.35")


def _single(side: str, value: float) -> str:
    return f"{'Reuss' if side == 'lower' else 'Voigt'}: {value:.4g}"


def _draw_variances(axes: Axes, study: RVEStudy, q: Quantity, length: float, per_unit: float) -> None:
    volumes = study.volumes / length**study.ndim
    for boundary in study.boundaries:
        law = study.variance_laws.get((boundary, q.name))
        series = study.statistics[boundary, q.name]
        variances = np.array([x.deviation**2 if x.known else np.nan for x in series]) / per_unit**2
        if law is None or law.product == 0.0:
            continue
        name, colour, marker = _LOOK[boundary]
        axes.loglog(volumes, variances, ls="", marker=marker, color=colour)
        line = np.array([law.variance(v) for v in study.volumes]) / per_unit**2
        label = f"{name}: slope −1" + (f", fitted −{law.exponent:.2f}" if math.isfinite(law.exponent) else "")
        axes.loglog(volumes, line, color=colour, lw=1.2, label=label)
    if axes.lines:
        axes.set_xticks(volumes, [f"{v:.4g}" for v in volumes])
        axes.minorticks_off()
        axes.legend(frameon=False, fontsize=8)
    else:
        axes.text(0.5, 0.5, "no scatter", transform=axes.transAxes, ha="center", va="center", color="0.35")
