"""A protein from a PDB file, in its box of water."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.molecules.dynamics._system import openmm
from scalebridge.molecules.reference._simulate import AllAtom


def example_pdb() -> Path:
    """Villin headpiece (36 residues) in water with its ions, as OpenMM ships it."""
    openmm()
    from openmm import app

    return Path(app.__file__).parent / "data" / "test.pdb"


def protein(
    pdb: Path | str | None = None, *, files: tuple[str, ...] = ("amber14-all.xml", "amber14/tip3p.xml"), cutoff: float = 0.9
) -> AllAtom:
    """A protein in water, AMBER ff14SB and TIP3P by default, PME, bonds with hydrogen constrained.

    Args:
        pdb: file with hydrogens, water, ions and a periodic box; the example where none is given.
        files: force-field files of OpenMM.
        cutoff: of direct interactions, nm.

    Raises:
        InputError: no file, no box, or residues that the force field does not know.
    """
    openmm()
    from openmm import app, unit

    path = _existing(pdb)
    try:
        read = app.PDBFile(str(path))
        system = app.ForceField(*files).createSystem(
            read.topology, nonbondedMethod=app.PME, nonbondedCutoff=cutoff, constraints=app.HBonds
        )
    except Exception as error:  # OpenMM raises plain exceptions for files and residues it does not understand
        raise InputError(f"{path} cannot be simulated with {', '.join(files)}: {error}") from error
    vectors = read.topology.getPeriodicBoxVectors()
    if vectors is None:
        raise InputError(f"{path} has no periodic box (a CRYST1 line); add water and a box, e.g. with OpenMM's Modeller")
    box = np.array([vectors[i][i].value_in_unit(unit.nanometer) for i in range(3)])
    return AllAtom(read.topology, system, np.array(read.positions.value_in_unit(unit.nanometer)), box)


def protein_box(pdb: Path | str | None) -> tuple[int, int, float]:
    """Atoms, residues that are not water, and the shortest edge of a PDB file, without a force field."""
    lines = _existing(pdb).read_text(encoding="utf-8", errors="replace").splitlines()
    atoms = [line for line in lines if line.startswith(("ATOM", "HETATM"))]
    residues = {line[17:27] for line in atoms if line[17:20].strip() not in ("HOH", "WAT", "SOL")}
    box: list[Any] = [line.split()[1:4] for line in lines if line.startswith("CRYST1")]
    if not atoms or not box:
        raise InputError(f"{pdb} has no atoms or no periodic box (a CRYST1 line)")
    return len(atoms), len(residues), 0.1 * min(float(word) for word in box[0])


def _existing(pdb: Path | str | None) -> Path:
    path = example_pdb() if pdb is None else Path(pdb)
    if not path.is_file():
        raise InputError(f"There is no file {path}; check the path")
    return path
