"""An OpenMM system taken apart into molecules and interactions, and put together again with adaptive resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._model import COULOMB, Molecules, SitePairs
from scalebridge.molecules.dynamics._system import openmm

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Taken:
    """What was found in a system.

    Attributes:
        molecules: molecules and species.
        sites: their interactions.
        within: pairs of atoms of one molecule that interact, with product of charges (kJ nm/mol), sigma (nm), epsilon
            (kJ/mol), and whether they are exceptions, which have no reaction field.
    """

    molecules: Molecules
    sites: SitePairs
    within: tuple[tuple[int, int, float, float, float, bool], ...]


def take(system: Any, molecules: Sequence[Sequence[int]], names: Sequence[str]) -> Taken:
    """Molecules and non-bonded interactions of a system.

    Args:
        system: with one `NonbondedForce` with a cutoff and reaction field.
        molecules: atoms of each molecule, consecutive.
        names: of each molecule; molecules of one name are of one species.

    Raises:
        InputError: another non-bonded force, a method without cutoff or with Ewald sums, a switching function,
            exceptions between molecules, or molecules of one name that differ.
    """
    force = _nonbonded(system)
    parameters = np.array([_plain(force.getParticleParameters(i)) for i in range(system.getNumParticles())])
    kinds, types = np.unique(parameters, axis=0, return_inverse=True)
    found = _species(system, molecules, names, types.ravel())
    cutoff = _number(force.getCutoffDistance())
    dielectric = force.getReactionFieldDielectric()
    sites = SitePairs.lennard_jones(kinds[:, 1], kinds[:, 2], cutoff, charge=kinds[:, 0], dielectric=dielectric)
    return Taken(found, sites, _within(force, found, parameters))


def _nonbonded(system: Any) -> Any:
    mm = openmm()
    forces = [f for f in system.getForces() if isinstance(f, mm.NonbondedForce)]
    if len(forces) != 1:
        raise InputError(f"Adaptive resolution needs a system with one NonbondedForce; this one has {len(forces)}")
    kinds = [type(f).__name__ for f in system.getForces() if not isinstance(f, mm.NonbondedForce)]
    others = [k for k in kinds if "Nonbonded" in k or "GB" in k or "HbondForce" in k]
    if others:
        raise InputError(
            f"The system has {', '.join(others)}; only a NonbondedForce between molecules can be interpolated. Remove "
            "it, or simulate all atoms."
        )
    force = forces[0]
    method = force.getNonbondedMethod()
    if method != mm.NonbondedForce.CutoffPeriodic:
        known = {mm.NonbondedForce.PME: "PME", mm.NonbondedForce.Ewald: "Ewald sums", mm.NonbondedForce.LJPME: "LJPME"}
        raise InputError(
            f"The system's electrostatics is {known.get(method, 'not periodic')}; what is interpolated must have a "
            "cutoff. Create the system with nonbondedMethod=app.CutoffPeriodic (reaction field)."
        )
    if force.getUseSwitchingFunction():
        raise InputError("The Lennard-Jones switching function is not supported; call setUseSwitchingFunction(False)")
    return force


def _number(quantity: Any) -> float:
    mm = openmm()
    return float(quantity.value_in_unit_system(mm.unit.md_unit_system) if mm.unit.is_quantity(quantity) else quantity)


def _plain(parameters: Sequence[Any]) -> tuple[float, ...]:
    return tuple(_number(p) for p in parameters)


def _species(
    system: Any, molecules: Sequence[Sequence[int]], names: Sequence[str], types: npt.NDArray[np.int64]
) -> Molecules:
    mass = np.array([_number(system.getParticleMass(i)) for i in range(system.getNumParticles())])
    first = [0]
    for atoms in molecules:
        if list(atoms) != list(range(first[-1], first[-1] + len(atoms))):
            raise InputError("The atoms of a molecule must be consecutive, and molecules in the order of their atoms")
        first.append(first[-1] + len(atoms))
    if first[-1] != len(mass):
        raise InputError(f"The molecules hold {first[-1]} of the {len(mass)} atoms of the system; every atom needs one")
    kinds = list(dict.fromkeys(names))
    kind = np.array([kinds.index(name) for name in names])
    most = max(len(atoms) for atoms in molecules)
    table = np.full((len(kinds), most), -1)
    counts = np.zeros(len(kinds), np.int64)
    for m, s in enumerate(kind):
        own = slice(first[m], first[m + 1])
        n = first[m + 1] - first[m]
        if counts[s] == 0:
            counts[s], table[s, :n] = n, types[own]
        elif counts[s] != n or not np.array_equal(table[s, :n], types[own]):
            raise InputError(f"Two molecules named {kinds[s]!r} have different atoms; give them different names")
        if mass[own].sum() <= 0.0:
            raise InputError(f"Molecule {m} ({kinds[s]}) has no mass, and so no centre of mass")
    return Molecules(np.array(first), kind, counts, table, mass, tuple(kinds))


def _within(
    force: Any, molecules: Molecules, parameters: Floats
) -> tuple[tuple[int, int, float, float, float, bool], ...]:
    owner = np.repeat(np.arange(len(molecules)), np.diff(molecules.first))
    found: list[tuple[int, int, float, float, float, bool]] = []
    listed: set[tuple[int, int]] = set()
    for k in range(force.getNumExceptions()):
        i, j, *values = force.getExceptionParameters(k)
        if owner[i] != owner[j]:
            raise InputError(
                f"The non-bonded exception between atoms {i} and {j} joins two molecules; molecules that are bound to "
                "each other must be one."
            )
        listed.add((min(i, j), max(i, j)))
        qq, sigma, epsilon = _plain(values)
        if qq != 0.0 or epsilon != 0.0:
            found.append((i, j, COULOMB * qq, sigma, epsilon, True))
    for m in range(len(molecules)):
        for i, j in combinations(range(molecules.first[m], molecules.first[m + 1]), 2):
            if (i, j) in listed:
                continue
            (q1, s1, e1), (q2, s2, e2) = parameters[i], parameters[j]
            if q1 * q2 != 0.0 or e1 * e2 != 0.0:
                found.append((i, j, COULOMB * q1 * q2, 0.5 * (s1 + s2), float(np.sqrt(e1 * e2)), False))
    return tuple(found)


def put_together(system: Any, taken: Taken, forces: Any) -> Any:
    """A copy of a system whose molecules interact by `forces`; what is within molecules stays with the engine.

    Args:
        system: the atomistic system.
        taken: what was found in it.
        forces: called with a state, gives energy and forces on atoms.
    """
    mm = openmm()
    new = mm.XmlSerializer.deserialize(mm.XmlSerializer.serialize(system))
    for index in reversed(range(new.getNumForces())):
        if isinstance(new.getForce(index), mm.NonbondedForce):
            new.removeForce(index)
    if taken.within:
        new.addForce(_bonds(taken))
    force = mm.PythonForce(forces)
    force.setUsesPeriodicBoundaryConditions(True)
    new.addForce(force)
    return new


def _bonds(taken: Taken) -> Any:
    """Non-bonded interactions within molecules, as bonds: exceptions plain, others with cutoff and reaction field."""
    mm = openmm()
    p = taken.sites
    lj = "4*epsilon*((sigma/r)^12-(sigma/r)^6)"
    field = f"qq*(1/r+(1-plain)*({p.krf!r}*r^2-{p.crf!r}))"
    force = mm.CustomBondForce(f"max(plain,step({p.reach!r}-r))*({lj}+{field})")
    for name in ("qq", "sigma", "epsilon", "plain"):
        force.addPerBondParameter(name)
    for i, j, qq, sigma, epsilon, exception in taken.within:
        force.addBond(i, j, [qq, sigma, epsilon, float(exception)])
    force.setUsesPeriodicBoundaryConditions(True)
    return force


def molecules_of(topology: Any) -> tuple[list[list[int]], list[str]]:
    """Atoms of each molecule of a topology, by its bonds, and their names: those of their residues, joined."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    atoms = list(topology.atoms())
    bonds = [(a.index, b.index) for a, b in topology.bonds()]
    bonded = {i for bond in bonds for i in bond}
    # virtual sites have no bonds: an atom without any belongs to its residue
    for residue in topology.residues():
        members = [a.index for a in residue.atoms()]
        if len(members) > 1:
            bonds.extend((i, next(j for j in members if j != i)) for i in members if i not in bonded)
    rows, columns = np.array(bonds, int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(rows), bool), (rows, columns)), (len(atoms), len(atoms)))
    _, label = connected_components(graph, directed=False)
    parts: dict[int, list[int]] = {}
    for i, part in enumerate(label.tolist()):
        parts.setdefault(part, []).append(i)
    found = list(parts.values())
    names = ["-".join(dict.fromkeys(atoms[i].residue.name for i in part)) for part in found]
    return found, names
