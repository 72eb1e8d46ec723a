"""A topology of beads for OpenMM."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.dynamics._system import openmm
from scalebridge.molecules.mapping import Beads


def openmm_topology(beads: Beads, box: npt.NDArray[np.float64]) -> Any:
    """One residue for each molecule, beads without element."""
    mm = openmm()
    from openmm import app, unit

    topology = app.Topology()
    chain = topology.addChain("A")
    residues: dict[int, Any] = {}
    atoms = []
    for name, molecule in zip(beads.names, beads.molecules.tolist(), strict=True):
        if molecule not in residues:
            residues[molecule] = topology.addResidue("MOL", chain)
        atoms.append(topology.addAtom(name, None, residues[molecule]))
    for i, j in beads.bonds.tolist():
        topology.addBond(atoms[i], atoms[j])
    topology.setPeriodicBoxVectors(tuple(mm.Vec3(*row) for row in np.diag(box).tolist()) * unit.nanometer)
    return topology
