"""Coarse models in the formats of other programs, and in a plain one of our own."""

from __future__ import annotations

from scalebridge.molecules.export._gromacs import write_gromacs as write_gromacs
from scalebridge.molecules.export._lammps import write_lammps as write_lammps
from scalebridge.molecules.export._model import read_model as read_model
from scalebridge.molecules.export._model import write_model as write_model
from scalebridge.molecules.export._openmm import openmm_topology as openmm_topology

__all__ = ["openmm_topology", "read_model", "write_gromacs", "write_lammps", "write_model"]
