"""Mappings: consistent positions and forces, files and back, and what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import MDAnalysis as mda
import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.molecules import BeadRule, Frames, Mapping, MoleculeRule, Reference
from scalebridge.molecules.mapping import read_frames

RNG = np.random.default_rng(4)
BOX = np.array([3.0, 3.0, 3.0])


def universe(molecules: int = 5, frames: int = 3, *, forces: bool = True) -> Any:
    """Chains of four carbons and one water each, in MDAnalysis' units."""
    count = 7 * molecules
    made = mda.Universe.empty(
        count,
        2 * molecules,
        atom_resindex=np.concatenate([[2 * m] * 4 + [2 * m + 1] * 3 for m in range(molecules)]),
        trajectory=False,
    )
    made.add_TopologyAttr("names", ["C1", "C2", "C3", "C4", "OW", "HW1", "HW2"] * molecules)
    made.add_TopologyAttr("masses", [15.0, 14.0, 14.0, 15.0, 16.0, 1.0, 1.0] * molecules)
    made.add_TopologyAttr("resnames", ["BUT", "SOL"] * molecules)
    made.add_TopologyAttr("bonds", [(7 * m + i, 7 * m + i + 1) for m in range(molecules) for i in range(3)])
    centres = RNG.random((frames, 2 * molecules, 3)) * 30.0
    owner = made.atoms.resindices
    positions = centres[:, owner] + RNG.uniform(-1.5, 1.5, (frames, count, 3))
    given = {"forces": RNG.standard_normal((frames, count, 3))} if forces else {}
    made.load_new(positions % 30.0, dimensions=np.array([30.0, 30.0, 30.0, 90, 90, 90]), **given)
    return made


BUTANE = MoleculeRule("BUT", "resname BUT", (BeadRule("a", "name C1 C2", "E"), BeadRule("b", "name C3 C4", "E")))
WATER = MoleculeRule("SOL", "resname SOL", (BeadRule("W", "all"),))


def test_positions_and_forces_are_consistent() -> None:
    atoms = universe()
    mapped = Mapping((BUTANE, WATER)).of(atoms)
    fine = read_frames(atoms)
    coarse = mapped.frames(fine)
    assert mapped.beads.kinds == ("E", "E") * 5 + ("W",) * 5
    np.testing.assert_allclose(mapped.beads.masses, [29.0] * 10 + [18.0] * 5)
    assert {tuple(bond) for bond in mapped.beads.bonds.tolist()} == {(2 * m, 2 * m + 1) for m in range(5)}
    np.testing.assert_allclose(coarse.forces.sum(axis=1), fine.forces.sum(axis=1), atol=1e-9)
    first = fine.positions[0, :2]
    apart = first[1] - first[0]
    apart -= BOX * np.round(apart / BOX)
    np.testing.assert_allclose(coarse.positions[0, 0], first[0] + 14.0 / 29.0 * apart, atol=1e-9)
    np.testing.assert_allclose(coarse.forces[0, 0], fine.forces[0, :2].sum(axis=0), atol=1e-9)


def test_shared_atoms_follow_noid() -> None:
    atoms = universe()
    beads = (
        BeadRule("a", "name C1 C2", "E", (1.0, 1.0)),
        BeadRule("b", "name C2 C3 C4", "F", (1.0, 1.0, 2.0)),
    )
    mapping = Mapping((MoleculeRule("BUT", "resname BUT", beads, bonds=(("a", "b"),)), WATER), shared=True)
    coarse = mapping.of(atoms).frames(read_frames(atoms))
    f = read_frames(atoms).forces[0]
    # only C1 belongs to a alone: d = 1, c = 1/2; C3 and C4 to b: d = (1/3, 2/3), c = (1/4, 2/4)
    np.testing.assert_allclose(coarse.forces[0, 0], 2.0 * f[0], atol=1e-9)
    np.testing.assert_allclose(coarse.forces[0, 1], 4.0 / 3.0 * (f[2] + f[3]), atol=1e-9)
    assert mapping.of(atoms).beads.masses[0] == pytest.approx(1.0 / (0.25 / 15.0 + 0.25 / 14.0))


def test_a_moved_box_moves_nothing_else() -> None:
    atoms = universe()
    mapped, fine = Mapping((BUTANE, WATER)).of(atoms), read_frames(atoms)
    shifted = Frames((fine.positions + np.array([1.1, 2.2, 0.3])) % BOX, fine.boxes, fine.forces)
    moved = mapped.frames(shifted).positions - mapped.frames(fine).positions - np.array([1.1, 2.2, 0.3])
    np.testing.assert_allclose(moved - BOX * np.round(moved / BOX), 0.0, atol=1e-9)


def test_mappings_survive_files(tmp_path: Path) -> None:
    mapping = Mapping((BUTANE, MoleculeRule("SOL", "resname SOL", (BeadRule("W", "all", "W", (16.0, 1.0, 1.0)),))), "")
    mapping.write(tmp_path / "mapping.toml")
    assert Mapping.read(tmp_path / "mapping.toml").of(universe()).beads.kinds == mapping.of(universe()).beads.kinds
    (tmp_path / "wrong.toml").write_text("[[molecule]]\nname = 'A'\nselct = 'all'\n")
    with pytest.raises(InputError, match="selct"):
        Mapping.read(tmp_path / "wrong.toml")
    with pytest.raises(InputError, match="cannot be read"):
        Mapping.read(tmp_path / "none.toml")


def test_other_ways_to_say_it() -> None:
    atoms = universe()
    assert Mapping.by_residue("all").of(atoms).beads.kinds == ("BUT", "SOL") * 5
    one = Mapping((*Mapping.one_bead("resname BUT", "B").molecules, WATER)).of(atoms).beads
    assert one.types == ("B", "W")
    listed = Mapping.by_list([[0, 1], [2, 3]], ["X", "Y"], ignore="index 4:100").of(atoms).beads
    assert listed.kinds == ("X", "Y")


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (Mapping((BUTANE,)), r"misses 15 of 35 atoms.*resname SOL"),
        (Mapping((BUTANE, WATER, MoleculeRule("again", "name C1", (BeadRule("x", "all"),)))), "overlap"),
        (Mapping((MoleculeRule("BUT", "resname BUT and", BUTANE.beads),)), "cannot be read"),
        (Mapping((MoleculeRule("BUT", "resname XYZ", BUTANE.beads),)), "finds no atoms"),
        (Mapping((MoleculeRule("BUT", "name C1 C2 or (name C3 and index 0:20)", (BeadRule("a", "all"),)),)), "alike"),
        (Mapping((MoleculeRule("B", "resname BUT", (BeadRule("a", "all", "a", (1.0, 2.0)),)), WATER)), "one weight"),
    ],
)
def test_mappings_that_do_not_fit_say_so(mapping: Mapping, words: str) -> None:
    with pytest.raises(InputError, match=words):
        mapping.of(universe())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: BeadRule("a b", "all"), "no name"),
        (lambda: BeadRule("a", "all", weights=(-1.0, 2.0)), "zero or more"),
        (lambda: MoleculeRule("m", "all", (BeadRule("a", "all"), BeadRule("a", "all"))), "two beads"),
        (lambda: MoleculeRule("m", "all", (BeadRule("a", "all"),), bonds=(("a", "z"),)), "'z'"),
        (lambda: Mapping(()), "names of their own"),
        (lambda: Frames(np.zeros((2, 3)), np.ones((2, 3))), "shape"),
        (lambda: Frames(np.full((1, 2, 3), np.nan), np.ones((1, 3))), "not finite"),
        (lambda: Frames(np.zeros((1, 2, 3)), np.zeros((1, 3))), "positive edges"),
        (lambda: Reference.read("no.gro", temperature=300.0), "no file"),
        (lambda: Reference(universe(), read_frames(universe()), -1.0), "temperature"),
    ],
)
def test_rules_that_cannot_be_say_so(make, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()


def test_files_of_other_programs(tmp_path: Path) -> None:
    atoms = universe(forces=True)
    with mda.Writer(str(tmp_path / "run.trr"), atoms.atoms.n_atoms) as out:
        for _ in atoms.trajectory:
            out.write(atoms.atoms)
    atoms.atoms.write(str(tmp_path / "start.pdb"))
    back = Reference.read(tmp_path / "start.pdb", tmp_path / "run.trr", temperature=300.0, to_guess=("masses", "types"))
    np.testing.assert_allclose(back.frames.positions, read_frames(atoms).positions, atol=2e-4)
    np.testing.assert_allclose(back.frames.forces, read_frames(atoms).forces, atol=1e-3)
    (tmp_path / "broken.gro").write_text("nothing\n")
    with pytest.raises(InputError, match="cannot read"):
        Reference.read(tmp_path / "broken.gro", temperature=300.0)
