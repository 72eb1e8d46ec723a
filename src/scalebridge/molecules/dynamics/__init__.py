"""Running coarse models with OpenMM: compiled forces on the CPU, its own forces elsewhere."""

from __future__ import annotations

from scalebridge.molecules.dynamics._kernel import CoarseForces as CoarseForces
from scalebridge.molecules.dynamics._kernel import Energies as Energies
from scalebridge.molecules.dynamics._kernel import check_terms as check_terms
from scalebridge.molecules.dynamics._run import Phase as Phase
from scalebridge.molecules.dynamics._run import Protocol as Protocol
from scalebridge.molecules.dynamics._run import Simulation as Simulation
from scalebridge.molecules.dynamics._run import block_mean as block_mean
from scalebridge.molecules.dynamics._run import simulate as simulate
from scalebridge.molecules.dynamics._system import portable_system as portable_system

__all__ = [
    "CoarseForces",
    "Energies",
    "Phase",
    "Protocol",
    "Simulation",
    "block_mean",
    "check_terms",
    "portable_system",
    "simulate",
]
