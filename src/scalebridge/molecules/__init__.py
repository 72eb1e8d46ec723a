"""Molecules: from atoms to beads that behave (units: nm, ps, dalton, kJ/mol, K, bar)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalebridge.molecules.adaptive import AdaptiveLiquid as AdaptiveLiquid
    from scalebridge.molecules.adaptive import AdaptiveProtein as AdaptiveProtein
    from scalebridge.molecules.adaptive import AdaptiveResolution as AdaptiveResolution
    from scalebridge.molecules.adaptive import Calibration as Calibration
    from scalebridge.molecules.adaptive import CalibrationSettings as CalibrationSettings
    from scalebridge.molecules.adaptive import Cylinder as Cylinder
    from scalebridge.molecules.adaptive import Dynamics as Dynamics
    from scalebridge.molecules.adaptive import Slab as Slab
    from scalebridge.molecules.adaptive import Solvation as Solvation
    from scalebridge.molecules.adaptive import Sphere as Sphere
    from scalebridge.molecules.coarse import CoarseGraining as CoarseGraining
    from scalebridge.molecules.coarse import CoarseModel as CoarseModel
    from scalebridge.molecules.coarse import Comparison as Comparison
    from scalebridge.molecules.coarse import Fit as Fit
    from scalebridge.molecules.coarse import Target as Target
    from scalebridge.molecules.coarse import coarsen as coarsen
    from scalebridge.molecules.dynamics import Protocol as Protocol
    from scalebridge.molecules.mapping import BeadRule as BeadRule
    from scalebridge.molecules.mapping import Beads as Beads
    from scalebridge.molecules.mapping import Frames as Frames
    from scalebridge.molecules.mapping import Mapping as Mapping
    from scalebridge.molecules.mapping import MoleculeRule as MoleculeRule
    from scalebridge.molecules.reference import AllAtom as AllAtom
    from scalebridge.molecules.reference import Reference as Reference
    from scalebridge.molecules.reference import chains as chains
    from scalebridge.molecules.reference import water as water

_HOME = {
    "AdaptiveLiquid": "adaptive",
    "AdaptiveProtein": "adaptive",
    "AdaptiveResolution": "adaptive",
    "Calibration": "adaptive",
    "CalibrationSettings": "adaptive",
    "Cylinder": "adaptive",
    "Dynamics": "adaptive",
    "Slab": "adaptive",
    "Solvation": "adaptive",
    "Sphere": "adaptive",
    "CoarseGraining": "coarse",
    "CoarseModel": "coarse",
    "Comparison": "coarse",
    "Fit": "coarse",
    "Target": "coarse",
    "coarsen": "coarse",
    "Protocol": "dynamics",
    "BeadRule": "mapping",
    "Beads": "mapping",
    "Frames": "mapping",
    "Mapping": "mapping",
    "MoleculeRule": "mapping",
    "AllAtom": "reference",
    "Reference": "reference",
    "chains": "reference",
    "water": "reference",
}

__all__ = [
    "AdaptiveLiquid",
    "AdaptiveResolution",
    "AllAtom",
    "BeadRule",
    "Beads",
    "Calibration",
    "CalibrationSettings",
    "CoarseGraining",
    "CoarseModel",
    "Comparison",
    "Cylinder",
    "Dynamics",
    "Fit",
    "Frames",
    "Mapping",
    "MoleculeRule",
    "Protocol",
    "Reference",
    "Slab",
    "Sphere",
    "Target",
    "chains",
    "coarsen",
    "water",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOME:
        return getattr(importlib.import_module(f"scalebridge.molecules.{_HOME[name]}"), name)
    raise AttributeError(f"module 'scalebridge.molecules' has no attribute '{name}'; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
