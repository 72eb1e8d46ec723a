"""A mapping applied to the atoms of a universe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.mapping._beads import Beads
from scalebridge.molecules.mapping._mapped import Mapped
from scalebridge.molecules.mapping._mapping import Mapping, normalised
from scalebridge.molecules.mapping._rules import BeadRule, MoleculeRule

Ints = npt.NDArray[np.int64]


@dataclass
class _Builder:
    """Beads in the making."""

    names: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    atoms: list[Ints] = field(default_factory=list)
    weights: list[Any] = field(default_factory=list)
    molecules: list[int] = field(default_factory=list)
    bonds: list[tuple[int, int]] = field(default_factory=list)


def apply(mapping: Mapping, universe: Any) -> Mapped:
    """See `Mapping.of`."""
    builder = _Builder()
    for rule in mapping.molecules:
        _add_molecules(builder, rule, universe)
    count = universe.atoms.n_atoms
    owners = np.zeros(count, dtype=np.int64)
    for atoms in builder.atoms:
        owners[atoms] += 1
    _check_owners(mapping, universe, owners)
    masses = np.asarray(universe.atoms.masses, dtype=np.float64)
    builder = _by_molecule(builder)
    return _matrices(builder, masses, owners, mapping.excluded_bonds)


def _select(group: Any, selection: str, where: str) -> Any:
    try:
        found = group.select_atoms(selection)
    except Exception as error:  # MDAnalysis raises several kinds for a text it cannot read
        raise InputError(f"{where}: the selection {selection!r} cannot be read: {error}") from error
    if found.n_atoms == 0:
        raise InputError(f"{where}: the selection {selection!r} finds no atoms; check names with your topology")
    return found


def _owners_of(rule: MoleculeRule, group: Any) -> Ints:
    """Number of the molecule of each atom of a group."""
    where = f"molecule {rule.name}"
    if rule.each == "residue":
        return np.asarray(group.resindices)
    if rule.each == "segment":
        return np.asarray(group.segindices)
    try:
        return np.asarray(group.fragindices)
    except Exception as error:  # NoDataError of MDAnalysis
        raise InputError(
            f"{where}: each = 'fragment' needs bonds in the topology; use 'residue' or add them"
        ) from error


def _add_molecules(builder: _Builder, rule: MoleculeRule, universe: Any) -> None:
    where = f"molecule {rule.name}"
    group = _select(universe.atoms, rule.select, where)
    owner = _owners_of(rule, group)
    offset = 1 + max(builder.molecules, default=-1)
    ids, number = np.unique(owner, return_inverse=True)
    if rule.beads:
        first = len(builder.names)
        for bead in rule.beads:
            _add_bead(builder, rule, bead, group, number, len(ids), offset)
        _bond_rules(builder, rule, universe, first, len(ids))
    else:
        _add_residues(builder, rule, group, number, offset)


def _add_bead(
    builder: _Builder, rule: MoleculeRule, bead: BeadRule, group: Any, number: Ints, count: int, offset: int
) -> None:
    where = f"molecule {rule.name}, bead {bead.name}"
    chosen = _select(group, bead.atoms, where)
    place = np.searchsorted(group.indices, chosen.indices)
    molecule = number[place]
    sizes = np.bincount(molecule, minlength=count)
    if sizes.min() != sizes.max():
        odd = int(np.argmin(sizes))
        raise InputError(
            f"{where}: molecule {odd} has {sizes[odd]} atoms where others have {sizes.max()}; molecules of one kind "
            "must be alike, give the others a rule of their own"
        )
    order = np.argsort(molecule, kind="stable")
    rows = chosen.indices[order].reshape(count, -1)
    masses = np.asarray(chosen.masses, dtype=np.float64)[order].reshape(count, -1)
    for i in range(count):
        builder.names.append(bead.name)
        builder.kinds.append(bead.kind)
        builder.atoms.append(rows[i])
        builder.weights.append(normalised(bead.weights, masses[i], where))
        builder.molecules.append(offset + i)


def _add_residues(builder: _Builder, rule: MoleculeRule, group: Any, number: Ints, offset: int) -> None:
    first = len(builder.names)
    resindices = np.asarray(group.resindices)
    for residue in np.unique(resindices):
        inside = np.flatnonzero(resindices == residue)
        name = str(group.resnames[inside[0]])
        builder.names.append(name)
        builder.kinds.append(rule.kind or name)
        builder.atoms.append(np.asarray(group.indices[inside], dtype=np.int64))
        masses = np.asarray(group.masses, dtype=np.float64)[inside]
        builder.weights.append(normalised(rule.weights, masses, f"molecule {rule.name}, residue {name}"))
        builder.molecules.append(offset + int(number[inside[0]]))
    for i in range(first, len(builder.names) - 1):
        if builder.molecules[i] == builder.molecules[i + 1]:
            builder.bonds.append((i, i + 1))


def _bond_rules(builder: _Builder, rule: MoleculeRule, universe: Any, first: int, count: int) -> None:
    """Bonds between the beads of each molecule; bead b of molecule i has the number first + b count + i."""
    names = [bead.name for bead in rule.beads]
    if rule.bonds is None:
        pairs = _bonds_of_atoms(builder, universe, first, count) if len(names) > 1 else set()
    else:
        pairs = {(names.index(a), names.index(b)) for a, b in rule.bonds}
    for a, b in sorted(pairs):
        builder.bonds.extend((first + a * count + i, first + b * count + i) for i in range(count))


def _bonds_of_atoms(builder: _Builder, universe: Any, first: int, count: int) -> set[tuple[int, int]]:
    """Pairs of beads of a kind whose atoms are bonded, found from the first molecule."""
    owner = {
        int(atom): b
        for b, number in enumerate(range(first, len(builder.names), count))
        for atom in builder.atoms[number]
    }
    try:
        bonds = universe.atoms[sorted(owner)].bonds.indices
    except Exception as error:  # NoDataError of MDAnalysis
        raise InputError(
            "The topology has no bonds, so bonds between beads cannot be found; name them: bonds = [['A', 'B']]"
        ) from error
    ends = {(owner[int(i)], owner[int(j)]) for i, j in bonds if int(i) in owner and int(j) in owner}
    return {(min(a, b), max(a, b)) for a, b in ends if a != b}


def _check_owners(mapping: Mapping, universe: Any, owners: Ints) -> None:
    if owners.max() > 1 and not mapping.shared:
        atom = universe.atoms[int(np.argmax(owners))]
        raise InputError(
            f"Selections overlap: {int((owners > 1).sum())} atoms belong to several beads, the first is atom "
            f"{atom.index} ({atom.resname} {atom.name}). Make the selections disjoint, or set shared = true"
        )
    ignored = _select(universe.atoms, mapping.ignore, "ignore").indices if mapping.ignore else np.zeros(0, np.int64)
    missed = np.setdiff1d(np.flatnonzero(owners == 0), ignored)
    if len(missed):
        atom = universe.atoms[int(missed[0])]
        raise InputError(
            f"The mapping misses {len(missed)} of {len(owners)} atoms, the first is atom {atom.index} ({atom.resname} "
            f"{atom.name}). Map them, or name them in ignore, e.g. ignore = 'resname {atom.resname}'"
        )


def _by_molecule(made: _Builder) -> _Builder:
    """The same beads with those of a molecule side by side."""
    order = np.argsort(made.molecules, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    bonds = [(int(min(place[i], place[j])), int(max(place[i], place[j]))) for i, j in made.bonds]
    _, molecules = np.unique(np.array(made.molecules)[order], return_inverse=True)
    return _Builder(
        [made.names[i] for i in order],
        [made.kinds[i] for i in order],
        [made.atoms[i] for i in order],
        [made.weights[i] for i in order],
        [int(molecule) for molecule in molecules],
        sorted(bonds),
    )


def _matrices(builder: _Builder, masses: Any, owners: Ints, excluded_bonds: int) -> Mapped:
    from scipy.sparse import csr_matrix

    sizes = [len(atoms) for atoms in builder.atoms]
    rows = np.repeat(np.arange(len(sizes)), sizes)
    cols = np.concatenate(builder.atoms)
    c = np.concatenate(builder.weights)
    # d follows c over the atoms that only this bead has; d / c is then one number per bead (Noid et al. 2008)
    own = (owners[cols] == 1) & (c > 0.0)
    held = np.bincount(rows, weights=np.where(own, c, 0.0), minlength=len(sizes))
    if np.any(held <= 0.0):
        name = builder.names[int(np.argmin(held))]
        raise InputError(f"Bead {name} has no atom of its own, so that no consistent force exists; give it one")
    ratio = np.where(own, 1.0 / held[rows], 0.0)
    shape = (len(sizes), len(masses))
    inverse = np.bincount(rows, weights=np.where(c > 0.0, c**2 / np.maximum(masses[cols], 1e-300), 0.0))
    beads = Beads(
        tuple(builder.names),
        tuple(builder.kinds),
        1.0 / inverse,
        np.array(builder.molecules, dtype=np.int32),
        np.array(builder.bonds, dtype=np.int32).reshape(-1, 2),
        excluded_bonds,
    )
    anchors = np.array([atoms[0] for atoms in builder.atoms])
    return Mapped(beads, csr_matrix((c, (rows, cols)), shape), csr_matrix((ratio, (rows, cols)), shape), anchors)
