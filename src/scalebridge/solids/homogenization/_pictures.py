"""The pictures of a homogenization, in reading order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.bridge import Picture
from scalebridge.solids.elasticity import SymmetryClass, plot_youngs_modulus
from scalebridge.solids.homogenization._constants import symmetry_of
from scalebridge.solids.homogenization._draw_bounds import bounds_picture
from scalebridge.solids.homogenization._draw_fields import field_picture
from scalebridge.solids.homogenization._draw_paths import convergence_picture, curves_picture
from scalebridge.solids.homogenization._drawing import new_figure, picture, style

if TYPE_CHECKING:
    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._state import HomogenizationState


def pictures(bridge: Homogenization, state: HomogenizationState) -> tuple[Picture, ...]:
    """All that there is to see."""
    with style():
        return tuple(_pictures(bridge, state))


def _pictures(bridge: Homogenization, state: HomogenizationState) -> Iterator[Picture]:
    yield _cell(bridge)
    if "stiffness" in state.effective:
        yield _modulus(bridge, state)
    yield from bounds_picture(bridge, state)
    if any(record.increments for record in state.paths):
        yield curves_picture(bridge, state)
    for load, record in zip(bridge.loads, state.paths, strict=True):
        if record.fields:
            yield field_picture(bridge, load, record)
    if any(increment.history.size > 1 for record in state.paths for increment in record.increments):
        yield convergence_picture(bridge, state)
    if state.study is not None:
        yield _study(state)


def _cell(bridge: Homogenization) -> Picture:
    cell = bridge.microstructure
    figure = new_figure(5.4, 5.6)
    cell.plot(figure.add_subplot())
    shares = cell.volume_fractions()
    if len(shares) <= 8:
        listed = ", ".join(f"{100 * share:.1f} % {cell.name(p)}" for p, share in shares.items())
        what = f"Phases as they were computed: {listed}."
    else:
        what = f"{len(shares)} phases, coloured by orientation or number."
    grid = " × ".join(str(n) for n in cell.shape)
    return picture(figure, "microstructure", "Microstructure", f"{what} {grid} voxels.", "png")


def _modulus(bridge: Homogenization, state: HomogenizationState) -> Picture:
    stiffness = state.effective["stiffness"].tensor
    found = symmetry_of(stiffness)
    isotropic = found.symmetry_class is SymmetryClass.ISOTROPIC
    figure = plot_youngs_modulus(stiffness)
    words = "isotropic: circles and a ball" if isotropic else found.symmetry_class.value
    off = found.distances[found.symmetry_class]
    caption = (
        f"Young's modulus of the effective material by direction, in the three coordinate planes and in space. The "
        f"material is {words}, to {100 * off:.2g} %."
    )
    del bridge
    return picture(figure, "modulus", "Young's modulus by direction", caption, "png")


def _study(state: HomogenizationState) -> Picture:
    assert state.study is not None
    count = int(np.sum(np.isfinite(state.study.apparent[..., 0, 0])))
    caption = (
        f"Left: mean and {100 * state.study.confidence:g} % confidence interval of {count} apparent tensors against "
        f"the edge of the cell; SUBC and KUBC close in on the periodic value from below and above. Right: scatter "
        f"against volume with the variance law. {state.study.recommendation.sentence}"
    )
    return picture(state.study.plot(), "rve-study", "Is the cell representative?", caption)
