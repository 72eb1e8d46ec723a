"""All-atom references: read from files of other programs, or simulated here with OpenMM."""

from __future__ import annotations

from scalebridge.molecules.reference._liquids import chains as chains
from scalebridge.molecules.reference._liquids import water as water
from scalebridge.molecules.reference._protein import protein as protein
from scalebridge.molecules.reference._reference import Reference as Reference
from scalebridge.molecules.reference._simulate import AllAtom as AllAtom

__all__ = ["AllAtom", "Reference", "chains", "protein", "water"]
