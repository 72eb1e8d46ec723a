"""Adaptive resolution: all-atom where it matters, coarse elsewhere."""

from __future__ import annotations

from scalebridge.molecules.adaptive._adaptive import AdaptiveResolution as AdaptiveResolution
from scalebridge.molecules.adaptive._compensation import Compensation as Compensation
from scalebridge.molecules.adaptive._forces import AdaptiveForces as AdaptiveForces
from scalebridge.molecules.adaptive._forces import Evaluation as Evaluation
from scalebridge.molecules.adaptive._model import CoarsePairs as CoarsePairs
from scalebridge.molecules.adaptive._model import Molecules as Molecules
from scalebridge.molecules.adaptive._model import SitePairs as SitePairs
from scalebridge.molecules.adaptive._regions import Cylinder as Cylinder
from scalebridge.molecules.adaptive._regions import Region as Region
from scalebridge.molecules.adaptive._regions import Slab as Slab
from scalebridge.molecules.adaptive._regions import Sphere as Sphere

__all__ = [
    "AdaptiveForces",
    "AdaptiveResolution",
    "CoarsePairs",
    "Compensation",
    "Cylinder",
    "Evaluation",
    "Molecules",
    "Region",
    "SitePairs",
    "Slab",
    "Sphere",
]
