"""From atoms to beads: mappings, mapped trajectories with consistent forces, and what a trajectory holds."""

from __future__ import annotations

from scalebridge.molecules.mapping._beads import Beads as Beads
from scalebridge.molecules.mapping._frames import Frames as Frames
from scalebridge.molecules.mapping._frames import read_frames as read_frames
from scalebridge.molecules.mapping._frames import write_frames as write_frames
from scalebridge.molecules.mapping._mapped import Mapped as Mapped
from scalebridge.molecules.mapping._mapping import Mapping as Mapping
from scalebridge.molecules.mapping._rules import BeadRule as BeadRule
from scalebridge.molecules.mapping._rules import MoleculeRule as MoleculeRule

__all__ = ["BeadRule", "Beads", "Frames", "Mapped", "Mapping", "MoleculeRule", "read_frames", "write_frames"]
