"""Liquids to start from: boxes of water and of united-atom chains, ready for OpenMM."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from scalebridge.errors import InputError
from scalebridge.molecules.dynamics._system import openmm
from scalebridge.molecules.reference._simulate import AllAtom

WaterModel = Literal["spce", "tip3p", "spce-flexible"]


def water(
    molecules: int = 500,
    *,
    model: WaterModel = "spce",
    density: float = 0.997,
    cutoff: float = 0.9,
    electrostatics: Literal["pme", "reaction-field"] = "pme",
) -> AllAtom:
    """A cubic box of water.

    Args:
        molecules: number of molecules.
        model: rigid SPC/E or TIP3P, or SPC/E with the bonds and angle of its force-field file.
        density: g/cm^3.
        cutoff: of direct interactions, nm.
        electrostatics: particle-mesh Ewald or reaction field.

    Raises:
        InputError: an unknown model, or a box too small for the cutoff.
    """
    mm = openmm()
    from openmm import app, unit

    files = {"spce": "spce.xml", "tip3p": "tip3p.xml", "spce-flexible": "spce.xml"}
    if model not in files:
        raise InputError(f"Unknown water model {model!r}; known are {', '.join(files)}")
    edge = float((molecules * 18.0154 / (density * 602.214)) ** (1.0 / 3.0))
    if edge < 2.0 * cutoff:
        raise InputError(f"A box of {molecules} molecules has an edge of {edge:.3g} nm, below twice the cutoff; take more")
    field = app.ForceField(files[model])
    modeller = app.Modeller(app.Topology(), [] * unit.nanometer)
    # OpenMM fills boxes to its own density: numbers are asked for, and the box is then scaled
    modeller.addSolvent(field, model="tip3p" if model == "tip3p" else "spce", numAdded=molecules)
    old = np.array([vector[i]._value for i, vector in enumerate(modeller.topology.getPeriodicBoxVectors())])
    positions = np.array(modeller.positions.value_in_unit(unit.nanometer))
    centres = positions.reshape(-1, 3, 3).mean(axis=1, keepdims=True)
    positions = (positions.reshape(-1, 3, 3) + centres * (edge / old - 1.0)).reshape(-1, 3)
    modeller.topology.setPeriodicBoxVectors(tuple(mm.Vec3(*row) for row in (edge * np.eye(3)).tolist()) * unit.nanometer)
    system = field.createSystem(
        modeller.topology,
        nonbondedMethod=app.PME if electrostatics == "pme" else app.CutoffPeriodic,
        nonbondedCutoff=cutoff,
        rigidWater=model != "spce-flexible",
        constraints=None,
    )
    return AllAtom(modeller.topology, system, positions, np.full(3, edge))


def chains(molecules: int = 200, *, carbons: int = 6, density: float = 0.655, cutoff: float = 1.2) -> AllAtom:
    """A cubic box of n-alkanes as united atoms, OPLS (Jorgensen, Madura, Swenson 1984), bonds constrained.

    Methyl 0.7322, methylene 0.4937 kJ/mol (sigma 0.3905 nm), bonds 0.153 nm, angles 112 degrees and 519.6 kJ/mol/rad^2,
    dihedral angles as three cosines.

    Args:
        molecules: number of molecules.
        carbons: per molecule, 3 or more (propane, butane, ..., hexane).
        density: g/cm^3.
        cutoff: nm.

    Raises:
        InputError: fewer than three carbons, or a box too small for the cutoff.
    """
    if carbons < 3:
        raise InputError(f"Chains need 3 carbons or more; found {carbons}")
    mm = openmm()
    masses = [15.035 if i in (0, carbons - 1) else 14.027 for i in range(carbons)]
    edge = float((molecules * sum(masses) / (density * 602.214)) ** (1.0 / 3.0))
    if edge < 2.0 * cutoff:
        raise InputError(f"A box of {molecules} chains has an edge of {edge:.3g} nm, below twice the cutoff; take more")
    system = mm.System()
    system.setDefaultPeriodicBoxVectors(*(mm.Vec3(*row) for row in (edge * np.eye(3)).tolist()))
    nonbonded = mm.NonbondedForce()
    nonbonded.setNonbondedMethod(mm.NonbondedForce.CutoffPeriodic)
    nonbonded.setCutoffDistance(cutoff)
    angles, turns = mm.HarmonicAngleForce(), mm.RBTorsionForce()
    bonds = []
    for m in range(molecules):
        first = m * carbons
        for i, mass in enumerate(masses):
            system.addParticle(mass)
            nonbonded.addParticle(0.0, 0.3905, 0.7322 if i in (0, carbons - 1) else 0.4937)
            if i > 0:
                system.addConstraint(first + i - 1, first + i, 0.153)
                bonds.append((first + i - 1, first + i))
            if i > 1:
                angles.addAngle(first + i - 2, first + i - 1, first + i, np.deg2rad(112.0), 519.6)
            if i > 2:
                turns.addTorsion(first + i - 3, first + i - 2, first + i - 1, first + i, *_ryckaert())
    nonbonded.createExceptionsFromBonds(bonds, 0.0, 0.0)
    for force in (nonbonded, angles, turns):
        force.setUsesPeriodicBoundaryConditions(True) if force is not nonbonded else None
        system.addForce(force)
    return AllAtom(_chain_topology(molecules, carbons, edge), system, _zigzags(molecules, carbons, edge), np.full(3, edge))


def _ryckaert() -> tuple[float, ...]:
    """OPLS V1 = 1.522, V2 = -0.315, V3 = 3.207 kcal/mol as powers of cos(phi - 180 degrees)."""
    v1, v2, v3 = (4.184 * value for value in (1.522, -0.315, 3.207))
    return (v2 + 0.5 * (v1 + v3), 0.5 * (3.0 * v3 - v1), -v2, -2.0 * v3, 0.0, 0.0)


def _zigzags(molecules: int, carbons: int, edge: float) -> Any:
    """All-trans chains on a lattice; chains lie along x."""
    length = 0.127 * (carbons - 1) + 0.40
    along = max(int(edge / length), 1)
    side = int(np.ceil(np.sqrt(molecules / along)))
    chain = np.array([[0.127 * i, 0.0855 * (i % 2), 0.0] for i in range(carbons)])
    places = [(i, j, k) for j in range(side) for k in range(side) for i in range(along)][:molecules]
    steps = np.array([edge / along, edge / side, edge / side])
    return np.concatenate([chain + np.array(place) * steps for place in places])


def _chain_topology(molecules: int, carbons: int, edge: float) -> Any:
    mm = openmm()
    from openmm import app, unit

    topology = app.Topology()
    carbon = app.Element.getBySymbol("C")
    chain = topology.addChain("A")
    for _ in range(molecules):
        residue = topology.addResidue("ALK", chain)
        atoms = [topology.addAtom(f"C{i + 1}", carbon, residue) for i in range(carbons)]
        for a, b in zip(atoms, atoms[1:], strict=False):
            topology.addBond(a, b)
    topology.setPeriodicBoxVectors(tuple(mm.Vec3(*row) for row in (edge * np.eye(3)).tolist()) * unit.nanometer)
    return topology
