"""Molecular dynamics joined to Navier-Stokes in an overlap, with the books of both sides."""

from __future__ import annotations

from scalebridge.fluids.hybrid._bridge import Hybrid as Hybrid
from scalebridge.fluids.hybrid._couette import StartUpCouette as StartUpCouette
from scalebridge.fluids.hybrid._overlap import Overlap as Overlap
from scalebridge.fluids.hybrid._state import HybridState as HybridState

__all__ = ["Hybrid", "HybridState", "Overlap", "StartUpCouette"]
