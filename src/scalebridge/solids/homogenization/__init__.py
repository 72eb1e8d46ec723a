"""Homogenization as a bridge: effective tensors, load paths and the RVE study of one microstructure.

`Homogenization` goes through them in steps that can be saved and resumed; `solids.RVE` and `solids.rve_study` do the
same in a notebook.
"""

from __future__ import annotations

from scalebridge.solids.homogenization._bridge import Homogenization as Homogenization
from scalebridge.solids.homogenization._settings import Load as Load
from scalebridge.solids.homogenization._settings import Numerics as Numerics
from scalebridge.solids.homogenization._settings import SizeStudy as SizeStudy
from scalebridge.solids.homogenization._sources import FibreSource as FibreSource
from scalebridge.solids.homogenization._sources import MosaicSource as MosaicSource
from scalebridge.solids.homogenization._sources import PolycrystalSource as PolycrystalSource
from scalebridge.solids.homogenization._sources import SphereSource as SphereSource
from scalebridge.solids.homogenization._sources import WindowSource as WindowSource
from scalebridge.solids.homogenization._state import HomogenizationState as HomogenizationState

__all__ = [
    "FibreSource",
    "Homogenization",
    "HomogenizationState",
    "Load",
    "MosaicSource",
    "Numerics",
    "PolycrystalSource",
    "SizeStudy",
    "SphereSource",
    "WindowSource",
]
