"""Constitutive laws: energies or stress updates in JAX, with tangents by differentiation.

A law is a frozen dataclass; `evaluate` applies it at many points at once, `check_law` tests what a law must satisfy.
A law of one's own is one small class:

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Stiffening(SmallStrainLaw):
...     modulus: float
...     gain: float
...     def stress(self, strain, state, dt):
...         factor = self.modulus * (1.0 + self.gain * sum(e * e for e in strain))
...         return tuple(factor * e for e in strain), state
>>> report = check_law(Stiffening(modulus=1e9, gain=20.0), seed=1)
>>> [line.holds for line in report.lines]
[True, True, True, True, True]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalebridge.solids.laws._check import check_law as check_law
    from scalebridge.solids.laws._conduction import Conduction as Conduction
    from scalebridge.solids.laws._elastic import LinearElastic as LinearElastic
    from scalebridge.solids.laws._evaluate import Evaluation as Evaluation
    from scalebridge.solids.laws._evaluate import compile_seconds as compile_seconds
    from scalebridge.solids.laws._evaluate import evaluate as evaluate
    from scalebridge.solids.laws._evaluate import output_rows as output_rows
    from scalebridge.solids.laws._evaluate import prepare as prepare
    from scalebridge.solids.laws._hardening import Hardening as Hardening
    from scalebridge.solids.laws._hardening import LinearHardening as LinearHardening
    from scalebridge.solids.laws._hardening import PowerHardening as PowerHardening
    from scalebridge.solids.laws._hardening import SaturationHardening as SaturationHardening
    from scalebridge.solids.laws._hardening import TabulatedHardening as TabulatedHardening
    from scalebridge.solids.laws._hyperelastic import NeoHookean as NeoHookean
    from scalebridge.solids.laws._law import GivesTangent as GivesTangent
    from scalebridge.solids.laws._law import HasFreeEnergy as HasFreeEnergy
    from scalebridge.solids.laws._law import HyperelasticLaw as HyperelasticLaw
    from scalebridge.solids.laws._law import Law as Law
    from scalebridge.solids.laws._law import PointHyperelasticLaw as PointHyperelasticLaw
    from scalebridge.solids.laws._law import PointLaw as PointLaw
    from scalebridge.solids.laws._law import SmallStrainLaw as SmallStrainLaw
    from scalebridge.solids.laws._law import initial_state as initial_state
    from scalebridge.solids.laws._law import state_rows as state_rows
    from scalebridge.solids.laws._plastic import J2Plasticity as J2Plasticity
    from scalebridge.solids.laws._report import LawError as LawError
    from scalebridge.solids.laws._report import LawLine as LawLine
    from scalebridge.solids.laws._report import LawReport as LawReport
    from scalebridge.solids.laws._tensors import from_mandel as from_mandel
    from scalebridge.solids.laws._tensors import mandel_rotation as mandel_rotation
    from scalebridge.solids.laws._tensors import to_mandel as to_mandel
    from scalebridge.solids.laws._viscoelastic import MaxwellArm as MaxwellArm
    from scalebridge.solids.laws._viscoelastic import Viscoelastic as Viscoelastic

_MODULES = {
    "_check": ("check_law",),
    "_conduction": ("Conduction",),
    "_elastic": ("LinearElastic",),
    "_evaluate": ("Evaluation", "compile_seconds", "evaluate", "output_rows", "prepare"),
    "_hardening": (
        "Hardening",
        "LinearHardening",
        "PowerHardening",
        "SaturationHardening",
        "TabulatedHardening",
    ),
    "_hyperelastic": ("NeoHookean",),
    "_law": (
        "GivesTangent",
        "HasFreeEnergy",
        "HyperelasticLaw",
        "Law",
        "PointHyperelasticLaw",
        "PointLaw",
        "SmallStrainLaw",
        "initial_state",
        "state_rows",
    ),
    "_plastic": ("J2Plasticity",),
    "_report": ("LawError", "LawLine", "LawReport"),
    "_viscoelastic": ("MaxwellArm", "Viscoelastic"),
    "_tensors": ("from_mandel", "mandel_rotation", "to_mandel"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Import a module of the package when one of its names is first used."""
    if name in _HOME:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return list(__all__)
