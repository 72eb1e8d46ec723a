"""Where the result lies between its bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.bridge import Picture
from scalebridge.solids.homogenization._drawing import COLOURS, new_figure, picture
from scalebridge.solids.homogenization._effective import phase_tensors
from scalebridge.solids.representative import Bounds, Quantity, quantity_bounds, study_quantities

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._state import HomogenizationState

_PER = {"Pa": (1e9, "GPa"), "W/(m K)": (1.0, "W/(m K)")}
_CAPTION = (
    "Effective properties (dots) between the bounds of Voigt and Reuss, which hold for any arrangement (light bars){}. "
    "Averages over direction: isotropic parts in space, transversely isotropic parts of a section."
)
_NARROW = ", and those of Hashin and Shtrikman, which hold for statistically isotropic ones (dark bars)"


def bounds_picture(bridge: Homogenization, state: HomogenizationState) -> Iterator[Picture]:
    """One picture where there are two phases or more, else none."""
    if len(bridge.microstructure.phases) < 2:
        return
    rows = list(_rows(bridge, state))
    figure = new_figure(6.2, 0.7 + 0.8 * len(rows))
    axes = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for ax, (quantity, bound, value) in zip(axes, rows, strict=True):
        _draw(ax, quantity, bound, value)
    narrow = any(math.isfinite(bound.hashin_shtrikman[0]) for _, bound, _ in rows)
    caption = _CAPTION.format(_NARROW if narrow else "")
    yield picture(figure, "bounds", "Between the bounds", caption)


def _rows(bridge: Homogenization, state: HomogenizationState) -> Iterator[tuple[Quantity, Bounds, float]]:
    ndim = bridge.microstructure.ndim
    for prop, rve in (("stiffness", "linear_rve"), ("conductivity", "conducting_rve")):
        if prop in state.effective:
            quantities = study_quantities("stiffness" if prop == "stiffness" else "conductivity", ndim)
            bounds = quantity_bounds(quantities, *phase_tensors(getattr(bridge, rve)))
            for q, b in zip(quantities, bounds, strict=True):
                yield q, b, float(q.of(state.effective[prop].tensor))


def _draw(ax: Axes, quantity: Quantity, bound: Bounds, value: float) -> None:
    per, unit = _PER[quantity.unit]
    reuss, voigt, value = bound.reuss / per, bound.voigt / per, value / per
    low, high = np.array(bound.hashin_shtrikman) / per
    ax.barh(0, voigt - reuss, left=reuss, height=0.5, color="0.86")
    if math.isfinite(low):
        ax.barh(0, high - low, left=low, height=0.5, color="#9fc5de")
    ax.plot([value], [0], "o", color=COLOURS[1], ms=8)
    ax.annotate(f"{value:.4g}", (value, 0), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=9.5)
    margin = 0.06 * (voigt - reuss) or 0.1 * voigt
    ax.set_xlim(reuss - margin, voigt + margin)
    ax.set_ylim(-0.4, 0.75)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_title(f"{quantity.label} in {unit}", loc="left", fontsize=10, pad=3)
