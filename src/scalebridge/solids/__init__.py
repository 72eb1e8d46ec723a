"""Microstructures, constitutive laws, representative volume elements and homogenization.

Units are SI. Symmetric second-order tensors are 3x3; matrices are in Mandel notation, order 11, 22, 33, 23, 13, 12.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from scalebridge.errors import MissingExtraError

if TYPE_CHECKING:
    from scalebridge.solids import elasticity as elasticity
    from scalebridge.solids import export as export
    from scalebridge.solids import fe2 as fe2
    from scalebridge.solids import laws as laws
    from scalebridge.solids import microstructure as microstructure
    from scalebridge.solids import reduced as reduced
    from scalebridge.solids import representative as representative
    from scalebridge.solids import rve as rve
    from scalebridge.solids.fe2 import FE2 as FE2
    from scalebridge.solids.fe2 import MicroSimulation as MicroSimulation
    from scalebridge.solids.laws import Conduction as Conduction
    from scalebridge.solids.laws import J2Plasticity as J2Plasticity
    from scalebridge.solids.laws import Law as Law
    from scalebridge.solids.laws import LinearElastic as LinearElastic
    from scalebridge.solids.laws import LinearHardening as LinearHardening
    from scalebridge.solids.laws import MaxwellArm as MaxwellArm
    from scalebridge.solids.laws import NeoHookean as NeoHookean
    from scalebridge.solids.laws import PowerHardening as PowerHardening
    from scalebridge.solids.laws import SaturationHardening as SaturationHardening
    from scalebridge.solids.laws import TabulatedHardening as TabulatedHardening
    from scalebridge.solids.laws import Viscoelastic as Viscoelastic
    from scalebridge.solids.laws import check_law as check_law
    from scalebridge.solids.microstructure import Microstructure as Microstructure
    from scalebridge.solids.reduced import RandomPaths as RandomPaths
    from scalebridge.solids.reduced import ReducedRVE as ReducedRVE
    from scalebridge.solids.reduced import reduce_rve as reduce_rve
    from scalebridge.solids.representative import rve_study as rve_study
    from scalebridge.solids.rve import RVE as RVE
    from scalebridge.solids.rve import LoadPath as LoadPath

_PACKAGES = ("elasticity", "export", "fe2", "laws", "microstructure", "reduced", "representative", "rve")
_NAMES = {
    "fe2": ("FE2", "MicroSimulation"),
    "laws": (
        "Conduction",
        "J2Plasticity",
        "Law",
        "LinearElastic",
        "LinearHardening",
        "MaxwellArm",
        "NeoHookean",
        "PowerHardening",
        "SaturationHardening",
        "TabulatedHardening",
        "Viscoelastic",
        "check_law",
    ),
    "microstructure": ("Microstructure",),
    "reduced": ("RandomPaths", "ReducedRVE", "reduce_rve"),
    "representative": ("rve_study",),
    "rve": ("RVE", "LoadPath"),
}
_HOME = {name: package for package, names in _NAMES.items() for name in names}

__all__ = sorted([*_PACKAGES, *_HOME])


def __getattr__(name: str) -> Any:
    """Import a module when one of its names is first used."""
    if name in _PACKAGES:
        return _package(name)
    if name in _HOME:
        return getattr(_package(_HOME[name]), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'; it has {', '.join(__all__)}")


def _package(name: str) -> Any:
    """A package of this one; what is not installed is named with the command that installs it."""
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("scalebridge"):
            raise
        raise MissingExtraError(error.name, "solids") from error


def __dir__() -> list[str]:
    return list(__all__)
