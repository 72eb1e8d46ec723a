"""The same cell with other laws or another tolerance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from scalebridge.solids.laws import Conduction, Law
from scalebridge.solids.rve import RVE


def sibling(rve: RVE, laws: Mapping[int, Law | Conduction], tolerance: float) -> RVE:
    """A volume element of the same cell, boundary and elements; `laws` are those of `rve.laws`, turned already."""
    return RVE(
        replace(rve.microstructure, orientations={}),
        laws,
        rve.boundary,
        rve.element,
        tolerance=tolerance,
        max_iterations=rve.max_iterations,
        threads=rve.threads,
    )
