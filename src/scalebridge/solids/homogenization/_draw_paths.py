"""Stress-strain curves, and how Newton's method converged along them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scalebridge.bridge import Picture
from scalebridge.solids.homogenization._curves import curve
from scalebridge.solids.homogenization._drawing import COLOURS, MARKERS, light_grid, new_figure, picture

if TYPE_CHECKING:
    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._state import HomogenizationState

_SHOWN = 6


def curves_picture(bridge: Homogenization, state: HomogenizationState) -> Picture:
    """Stress against strain of every path, each increment a mark."""
    finite = bridge.numerics.kinematics == "finite"
    figure = new_figure(6.4, 4.2)
    axes = figure.add_subplot()
    for n, (load, record) in enumerate(zip(bridge.loads, state.paths, strict=True)):
        found = curve(load, record, finite)
        colour, marker = COLOURS[n % len(COLOURS)], MARKERS[n % len(MARKERS)]
        label = f"{load.name} ({found.component})"
        axes.plot(100 * found.strain, found.stress / 1e6, color=colour, marker=marker, ms=4, label=label)
        if len(record.increments) < len(load.path):
            axes.plot(100 * found.strain[-1], found.stress[-1] / 1e6, "x", color=colour, ms=11, mew=2)
        offset = found.offset_yield()
        if offset is not None:
            axes.plot(100 * offset[0], offset[1] / 1e6, "o", mfc="white", mec=colour, mew=1.8, ms=9)
    strain, stress = ("F - 1", "first Piola-Kirchhoff stress") if finite else ("mean strain", "mean stress")
    axes.set(xlabel=f"{strain} in %", ylabel=f"{stress} in MPa")
    axes.legend(loc="best")
    light_grid(axes)
    return picture(figure, "curves", "Response along the load paths", _caption(bridge, state))


def _caption(bridge: Homogenization, state: HomogenizationState) -> str:
    finite = bridge.numerics.kinematics == "finite"
    text = "The component that each path drives farthest; each mark is an increment that converged."
    found = [curve(load, record, finite) for load, record in zip(bridge.loads, state.paths, strict=True)]
    if any(c.offset_yield() is not None for c in found):
        text += " Rings mark the stress at 0.2 % of strain beyond the first tangent."
    if any(len(r.increments) < len(load.path) for load, r in zip(bridge.loads, state.paths, strict=True)):
        text += " A cross marks a path that ended early; the section on failures says why."
    if any(c.component[0] != c.component[1] for c in found) and not finite:
        text += " Shear strains are tensor components, half of the engineering shear strain."
    return text


def convergence_picture(bridge: Homogenization, state: HomogenizationState) -> Picture:
    """Residual against Newton iteration, one line per increment, and iterations per increment."""
    figure = new_figure(7.6, 3.5)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for n, (load, record) in enumerate(zip(bridge.loads, state.paths, strict=True)):
        colour, marker = COLOURS[n % len(COLOURS)], MARKERS[n % len(MARKERS)]
        hardest = sorted(record.increments, key=lambda x: -x.history.size)[:_SHOWN]
        for k, increment in enumerate(hardest):
            history = np.ravel(increment.history)
            history = np.where(history > 0.0, history, np.nan)
            label = load.name if k == 0 else None
            left.semilogy(history, color=colour, marker=marker, ms=3.5, lw=1.0, alpha=0.75, label=label)
        numbers = np.arange(1, len(record.increments) + 1)
        right.plot(numbers, [x.newton for x in record.increments], color=colour, marker=marker, ms=4, lw=1.0)
    left.set(xlabel="Newton iteration", ylabel="residual, relative")
    left.legend()
    right.set(xlabel="increment", ylabel="Newton iterations")
    right.set_ylim(bottom=0)
    for axes in (left, right):
        light_grid(axes)
        axes.xaxis.get_major_locator().set_params(integer=True)
    right.yaxis.get_major_locator().set_params(integer=True)
    caption = (
        f"Left: residual forces over the Newton iterations of up to {_SHOWN} increments of each path, those with most "
        "iterations. Near the solution each step squares the error, as the consistent tangent promises, down to the "
        "tolerance of the inexact linear solves. Right: Newton iterations of each increment."
    )
    return picture(figure, "convergence", "Convergence of Newton's method", caption)
