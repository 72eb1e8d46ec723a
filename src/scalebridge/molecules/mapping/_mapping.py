"""The mapping from atoms to beads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.molecules.mapping._mapped import Mapped
from scalebridge.molecules.mapping._rules import BeadRule, MoleculeRule


@dataclass(frozen=True)
class Mapping:
    """Which atoms become which bead, for each kind of molecule.

    Attributes:
        molecules: rules, each for all molecules of one kind.
        ignore: MDAnalysis selection of atoms that become no bead, e.g. ``"resname NA CL"``.
        excluded_bonds: pairs of beads joined by up to this many bonds have no pair potential.
        shared: whether an atom may belong to several beads.

    Raises:
        InputError: no rules, or two of one name.
    """

    molecules: tuple[MoleculeRule, ...]
    ignore: str = ""
    excluded_bonds: int = 3
    shared: bool = False

    def __post_init__(self) -> None:
        names = [rule.name for rule in self.molecules]
        if not names or len(set(names)) != len(names):
            raise InputError(f"A mapping needs molecules with names of their own; found {names}")

    @classmethod
    def one_bead(cls, select: str, name: str, *, each: Any = "residue", weights: Any = "mass") -> Mapping:
        """Each molecule becomes one bead.

        Args:
            select: MDAnalysis selection of all atoms of the molecules.
            name: of molecule and bead.
            each: what a molecule is: ``"residue"``, ``"fragment"`` or ``"segment"``.
            weights: of the atoms: ``"mass"``, ``"uniform"`` or numbers in their order.
        """
        return cls((MoleculeRule(name, select, (BeadRule(name, "all", name, weights),), each),))

    @classmethod
    def by_residue(
        cls, select: str, name: str = "chain", *, kind: str = "", ignore: str = "", weights: Any = "mass"
    ) -> Mapping:
        """Each residue of a chain becomes one bead of the kind given or named after it; neighbours are bonded."""
        return cls((MoleculeRule(name, select, (), "segment", None, weights, kind),), ignore)

    @classmethod
    def by_list(cls, beads: Sequence[Sequence[int]], kinds: Sequence[str], *, ignore: str = "") -> Mapping:
        """Beads given as lists of atom numbers, with a type for each; atoms are weighted by mass."""
        if len(beads) != len(kinds):
            raise InputError(f"{len(beads)} lists of atoms and {len(kinds)} types; give one type for each list")
        rules = []
        for i, (atoms, kind) in enumerate(zip(beads, kinds, strict=True)):
            numbers = " ".join(str(int(atom)) for atom in atoms)
            rules.append(MoleculeRule(f"m{i}", f"index {numbers}", (BeadRule(f"b{i}", "all", kind),), "segment"))
        return cls(tuple(rules), ignore)

    @classmethod
    def read(cls, path: Path | str) -> Mapping:
        """A mapping from a TOML file.

        Raises:
            InputError: the file is missing, no TOML, or has an unknown or missing key.
        """
        from scalebridge.molecules.mapping._toml import read_mapping

        return read_mapping(Path(path))

    def write(self, path: Path | str) -> None:
        """Write a TOML file that `read` reads."""
        from scalebridge.molecules.mapping._toml import mapping_text

        Path(path).write_text(mapping_text(self), encoding="utf-8")

    def of(self, universe: Any) -> Mapped:
        """The mapping of all atoms of an MDAnalysis universe.

        Raises:
            InputError: a selection that finds nothing or cannot be read, atoms in two beads, atoms in none, molecules
                of one kind that differ, or weights of another number than the atoms.
        """
        from scalebridge.molecules.mapping._apply import apply

        return apply(self, universe)

    def frames(self, universe: Any, **asked: Any) -> Any:
        """Mapped frames of a universe's trajectory; options as of `read_frames`."""
        from scalebridge.molecules.mapping._frames import read_frames

        return self.of(universe).frames(read_frames(universe, **asked))


def normalised(weights: Any, masses: np.ndarray[Any, np.dtype[np.float64]], where: str) -> Any:
    """Weights of the atoms of a bead, with sum one.

    Raises:
        InputError: another number of weights than atoms, or atoms without mass.
    """
    if isinstance(weights, str):
        values = masses if weights == "mass" else np.ones_like(masses)
    else:
        values = np.asarray(weights, dtype=np.float64)
    if values.shape != masses.shape:
        raise InputError(f"{where} has {len(masses)} atoms and {len(values)} weights; give one weight for each atom")
    if not np.all(np.isfinite(values)) or values.sum() <= 0.0:
        raise InputError(f"{where} has atoms without mass; give the topology masses or choose weights = 'uniform'")
    return values / values.sum()
