"""Rules of a mapping: which atoms become which bead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scalebridge.errors import InputError

Weights = Literal["mass", "uniform"] | tuple[float, ...]


@dataclass(frozen=True)
class BeadRule:
    """A bead of a molecule.

    Attributes:
        name: unique in the molecule.
        atoms: MDAnalysis selection, within the molecule.
        kind: type of the bead; beads of one type share their potentials.
        weights: of the atoms in the bead's position: by mass, all the same, or given in the order of the atoms.

    Raises:
        InputError: weights that are not positive, or a name with characters that terms are made of.
    """

    name: str
    atoms: str
    kind: str = ""
    weights: Weights = "mass"

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", self.kind or self.name)
        for text in (self.name, self.kind):
            if not text or any(sign in text for sign in "-: /\n"):
                raise InputError(f"{text!r} is no name for a bead; use letters, digits, underscores")
        if not isinstance(self.weights, str):
            values = np.asarray(self.weights, dtype=np.float64)
            if not np.all(np.isfinite(values)) or not np.all(values >= 0.0) or values.sum() <= 0.0:
                raise InputError(
                    f"Weights of bead {self.name} must be zero or more, not all zero; found {self.weights}"
                )
        elif self.weights not in ("mass", "uniform"):
            raise InputError(f"Weights of bead {self.name} are 'mass', 'uniform' or numbers; found {self.weights!r}")


@dataclass(frozen=True)
class MoleculeRule:
    """All molecules of one kind.

    Attributes:
        name: of the kind.
        select: MDAnalysis selection of all atoms of all these molecules.
        beads: rules of the beads; empty for one bead per residue, named and typed as the residue.
        each: what one molecule is: a residue, a fragment (atoms joined by bonds) or a segment.
        bonds: pairs of bead names that are bonded; None finds them from bonds between the atoms of two beads, or
            joins neighbouring residues where beads are residues and the topology has no bonds.
        weights: of atoms in residues; rules of beads have their own.
        kind: type of beads that are residues; empty for the residue's name.

    Raises:
        InputError: two beads of one name, or a bond that names no bead.
    """

    name: str
    select: str
    beads: tuple[BeadRule, ...] = ()
    each: Literal["residue", "fragment", "segment"] = "residue"
    bonds: tuple[tuple[str, str], ...] | None = None
    weights: Weights = "mass"
    kind: str = ""

    def __post_init__(self) -> None:
        names = [bead.name for bead in self.beads]
        for name in names:
            if names.count(name) > 1:
                raise InputError(f"Molecule {self.name} has two beads named {name}; names are unique in a molecule")
        for bond in self.bonds or ():
            for end in bond:
                if self.beads and end not in names:
                    raise InputError(f"Molecule {self.name} has a bond to {end!r}; its beads are {', '.join(names)}")
        if self.each not in ("residue", "fragment", "segment"):
            raise InputError(f"A molecule is each 'residue', 'fragment' or 'segment'; found {self.each!r}")
