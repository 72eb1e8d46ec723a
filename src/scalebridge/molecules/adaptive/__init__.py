"""Adaptive resolution: all-atom where it matters, coarse elsewhere."""

from __future__ import annotations

from scalebridge.molecules.adaptive._adaptive import AdaptiveResolution as AdaptiveResolution
from scalebridge.molecules.adaptive._bridge import AdaptiveLiquid as AdaptiveLiquid
from scalebridge.molecules.adaptive._bridge import AdaptiveState as AdaptiveState
from scalebridge.molecules.adaptive._calibration import Calibration as Calibration
from scalebridge.molecules.adaptive._calibration import CalibrationSettings as CalibrationSettings
from scalebridge.molecules.adaptive._calibration import Round as Round
from scalebridge.molecules.adaptive._compensation import Compensation as Compensation
from scalebridge.molecules.adaptive._compensation import ThermodynamicForce as ThermodynamicForce
from scalebridge.molecules.adaptive._engine import Bonds as Bonds
from scalebridge.molecules.adaptive._engine import Dynamics as Dynamics
from scalebridge.molecules.adaptive._engine import NativeEngine as NativeEngine
from scalebridge.molecules.adaptive._engine import engine_of as engine_of
from scalebridge.molecules.adaptive._forces import AdaptiveForces as AdaptiveForces
from scalebridge.molecules.adaptive._forces import Evaluation as Evaluation
from scalebridge.molecules.adaptive._kirkwood import Kirkwood as Kirkwood
from scalebridge.molecules.adaptive._kirkwood import kirkwood as kirkwood
from scalebridge.molecules.adaptive._liquid import Liquid as Liquid
from scalebridge.molecules.adaptive._model import CoarsePairs as CoarsePairs
from scalebridge.molecules.adaptive._model import Molecules as Molecules
from scalebridge.molecules.adaptive._model import SitePairs as SitePairs
from scalebridge.molecules.adaptive._production import AdaptiveRun as AdaptiveRun
from scalebridge.molecules.adaptive._protein import AdaptiveProtein as AdaptiveProtein
from scalebridge.molecules.adaptive._protein import ProteinState as ProteinState
from scalebridge.molecules.adaptive._regions import Cylinder as Cylinder
from scalebridge.molecules.adaptive._regions import Region as Region
from scalebridge.molecules.adaptive._regions import Slab as Slab
from scalebridge.molecules.adaptive._regions import Sphere as Sphere
from scalebridge.molecules.adaptive._sampling import Gathered as Gathered
from scalebridge.molecules.adaptive._shells import Shells as Shells
from scalebridge.molecules.adaptive._shells import shells as shells
from scalebridge.molecules.adaptive._solvated import Solvation as Solvation
from scalebridge.molecules.adaptive._speed import Costs as Costs
from scalebridge.molecules.adaptive._speed import pair_shares as pair_shares
from scalebridge.molecules.adaptive._speed import predicted_speed_up as predicted_speed_up

__all__ = [
    "AdaptiveForces",
    "AdaptiveLiquid",
    "AdaptiveProtein",
    "AdaptiveResolution",
    "AdaptiveRun",
    "AdaptiveState",
    "Bonds",
    "Calibration",
    "CalibrationSettings",
    "CoarsePairs",
    "Compensation",
    "Costs",
    "Cylinder",
    "Dynamics",
    "Evaluation",
    "Gathered",
    "Kirkwood",
    "Liquid",
    "Molecules",
    "NativeEngine",
    "ProteinState",
    "Region",
    "Round",
    "Shells",
    "SitePairs",
    "Slab",
    "Solvation",
    "Sphere",
    "ThermodynamicForce",
    "engine_of",
    "kirkwood",
    "pair_shares",
    "predicted_speed_up",
    "shells",
]
