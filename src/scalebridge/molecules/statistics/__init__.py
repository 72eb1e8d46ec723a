"""What trajectories of beads are compared by: radial, bond, angle and dihedral distributions, frame by frame."""

from __future__ import annotations

from scalebridge.molecules.statistics._collect import collect as collect
from scalebridge.molecules.statistics._distribution import Distribution as Distribution
from scalebridge.molecules.statistics._distribution import Grid as Grid
from scalebridge.molecules.statistics._physics import BAR as BAR
from scalebridge.molecules.statistics._physics import R as R
from scalebridge.molecules.statistics._physics import compressibility as compressibility
from scalebridge.molecules.statistics._physics import virial_pressure as virial_pressure
from scalebridge.molecules.statistics._transport import diffusion as diffusion

__all__ = [
    "BAR",
    "Distribution",
    "Grid",
    "R",
    "collect",
    "compressibility",
    "diffusion",
    "virial_pressure",
]
