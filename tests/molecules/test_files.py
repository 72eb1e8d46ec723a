"""Trajectories of AMBER, CHARMM and LAMMPS are read with forces in the same unit; mapped trajectories are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import MDAnalysis as mda
import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.molecules import BeadRule, Beads, Frames, Mapping, MoleculeRule, Reference
from scalebridge.molecules.mapping import read_frames, write_frames

MOLECULES, COUNT = 5, 15
NAMES, MASSES = ["OW", "HW1", "HW2"] * MOLECULES, [15.9994, 1.008, 1.008] * MOLECULES
BONDS = [(3 * m, 3 * m + k) for m in range(MOLECULES) for k in (1, 2)]
WATER = Mapping((MoleculeRule("SOL", "all", (BeadRule("W", "all"),)),))


@pytest.fixture(scope="module")
def atoms() -> Frames:
    rng = np.random.default_rng(8)
    centres = np.repeat(rng.random((4, MOLECULES, 3)) * 1.6 + 0.2, 3, axis=1)
    forces = 100.0 * rng.standard_normal((4, COUNT, 3))
    positions = centres + rng.uniform(-0.1, 0.1, (4, COUNT, 3))
    return Frames(positions, np.full((4, 3), 2.0), forces, np.arange(4.0))


def moving(frames: Frames) -> Any:
    """The frames as an MDAnalysis universe."""
    universe = mda.Universe.empty(COUNT, MOLECULES, atom_resindex=np.repeat(np.arange(MOLECULES), 3), trajectory=True)
    box = np.concatenate([10.0 * frames.boxes, np.full((len(frames), 3), 90.0)], axis=1)
    return universe.load_new(10.0 * frames.positions, dimensions=box, forces=0.1 * np.asarray(frames.forces))


def compare(found: Reference, atoms: Frames, *, forces: bool) -> None:
    """The mapped trajectory is that of the atoms."""
    mapped = WATER.of(found.universe)
    beads = mapped.frames(found.frames)
    masses = np.array(MASSES[:3])[:, None] / sum(MASSES[:3])
    wanted = (atoms.positions.reshape(4, MOLECULES, 3, 3) * masses).sum(axis=2)
    np.testing.assert_allclose(beads.positions, wanted, atol=2e-4)
    np.testing.assert_allclose(beads.boxes, atoms.boxes, rtol=1e-5)
    np.testing.assert_allclose(mapped.beads.masses, sum(MASSES[:3]), rtol=1e-4)
    assert (beads.forces is not None) == forces
    if forces:
        np.testing.assert_allclose(beads.forces, atoms.forces.reshape(4, MOLECULES, 3, 3).sum(axis=2), atol=2e-2)


def section(flag: str, kind: str, values: list[Any]) -> str:
    """A section of an AMBER topology."""
    across, text = {"a": (20, "{:<4}"), "I": (10, "{:8d}"), "E": (5, "{:16.8E}")}[kind]
    form = {"a": "%FORMAT(20a4)", "I": "%FORMAT(10I8)", "E": "%FORMAT(5E16.8)"}[kind]
    rows = ["".join(text.format(v) for v in values[i : i + across]) for i in range(0, len(values), across)]
    return "\n".join([f"%FLAG {flag}".ljust(80), form.ljust(80), *(rows or [""])]) + "\n"


def test_amber(atoms: Frames, tmp_path: Path) -> None:
    hydrogen = [number for i, j in BONDS for number in (3 * i, 3 * j, 1)]
    pointers = [COUNT, 2, len(BONDS), 0, 0, 0, 0, 0, 0, 0, COUNT, MOLECULES, *[0] * 19]
    text = "%VERSION  VERSION_STAMP = V0001.000  DATE = 01/01/20  00:00:00".ljust(80) + "\n" + "".join(
        section(*part)
        for part in (
            ("TITLE", "a", ["water"]), ("POINTERS", "I", pointers), ("ATOM_NAME", "a", NAMES),
            ("CHARGE", "E", [0.0] * COUNT), ("MASS", "E", MASSES), ("ATOM_TYPE_INDEX", "I", [1, 2, 2] * MOLECULES),
            ("RESIDUE_LABEL", "a", ["SOL"] * MOLECULES), ("RESIDUE_POINTER", "I", list(range(1, COUNT, 3))),
            ("BONDS_INC_HYDROGEN", "I", hydrogen), ("BONDS_WITHOUT_HYDROGEN", "I", []),
            *((f"{term}_{part}_HYDROGEN", "I", []) for term in ("ANGLES", "DIHEDRALS") for part in ("INC", "WITHOUT")),
            ("AMBER_ATOM_TYPE", "a", ["OW", "HW", "HW"] * MOLECULES),
        )
    )  # fmt: skip
    (tmp_path / "water.prmtop").write_text(text)
    with mda.Writer(str(tmp_path / "run.nc"), COUNT, forces=True) as out:
        universe = moving(atoms)
        for _ in universe.trajectory:
            out.write(universe.atoms)
    found = Reference.read(tmp_path / "water.prmtop", tmp_path / "run.nc", temperature=300.0)
    compare(found, atoms, forces=True)


def test_charmm(atoms: Frames, tmp_path: Path) -> None:
    lines = [
        f"{i + 1:8d} WAT {i // 3 + 1} SOL {name} {name[:1]}T 0.000000 {mass:.4f} 0"
        for i, (name, mass) in enumerate(zip(NAMES, MASSES, strict=True))
    ]
    rows = ["".join(f"{i + 1:8d}{j + 1:8d}" for i, j in BONDS[k : k + 4]) for k in range(0, len(BONDS), 4)]
    pairs = "\n".join(rows)
    rest = "".join(f"{0:8d} !{name}\n\n" for name in ("NTHETA: angles", "NPHI: dihedrals", "NIMPHI: impropers"))
    head = f"PSF NAMD\n\n       1 !NTITLE\n REMARKS water\n\n{COUNT:8d} !NATOM\n"
    (tmp_path / "water.psf").write_text(
        head + "\n".join(lines) + f"\n\n{len(BONDS):8d} !NBOND: bonds\n{pairs}\n\n{rest}"
    )
    with mda.Writer(str(tmp_path / "run.dcd"), COUNT) as out:
        universe = moving(atoms)
        for _ in universe.trajectory:
            out.write(universe.atoms)
    found = Reference.read(tmp_path / "water.psf", tmp_path / "run.dcd", temperature=300.0)
    compare(found, atoms, forces=False)
    with pytest.raises(InputError, match="needs forces"):
        found.frames.needed_forces("Force matching")


def test_lammps(atoms: Frames, tmp_path: Path) -> None:
    # units real: forces in kcal/mol/angstrom, which MDAnalysis does not convert
    masses = "\n".join(f"{kind} {mass}" for kind, mass in ((1, 15.9994), (2, 1.008)))
    rows = "\n".join(f"{i + 1} {i // 3 + 1} {1 if i % 3 == 0 else 2} 0.0 0.0 0.0 0.0" for i in range(COUNT))
    bonds = "\n".join(f"{n + 1} 1 {i + 1} {j + 1}" for n, (i, j) in enumerate(BONDS))
    (tmp_path / "water.data").write_text(
        f"water\n\n{COUNT} atoms\n{len(BONDS)} bonds\n2 atom types\n1 bond types\n\n0.0 20.0 xlo xhi\n"
        f"0.0 20.0 ylo yhi\n0.0 20.0 zlo zhi\n\nMasses\n\n{masses}\n\nAtoms  # full\n\n{rows}\n\nBonds\n\n{bonds}\n"
    )
    with (tmp_path / "run.lammpsdump").open("w") as out:
        for step, (places, forces) in enumerate(zip(10.0 * atoms.positions, atoms.forces / 41.84, strict=True)):
            out.write(f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{COUNT}\nITEM: BOX BOUNDS pp pp pp\n")
            out.write("0.0 20.0\n" * 3 + "ITEM: ATOMS id type x y z fx fy fz\n")
            for i in range(COUNT):
                numbers = " ".join(f"{value:.8f}" for value in (*places[i], *forces[i]))
                out.write(f"{i + 1} {1 if i % 3 == 0 else 2} {numbers}\n")
    found = Reference.read(tmp_path / "water.data", tmp_path / "run.lammpsdump", temperature=300.0)
    compare(found, atoms, forces=True)


def test_a_mapped_trajectory_is_written_and_read(atoms: Frames, tmp_path: Path) -> None:
    beads = Beads(("A", "B") * 7 + ("A",), ("A", "B") * 7 + ("A",), np.full(COUNT, 30.0),
                  np.repeat(np.arange(MOLECULES, dtype=np.int32), 3), np.array(BONDS, dtype=np.int32))  # fmt: skip
    write_frames(atoms, beads, tmp_path / "beads.gro", tmp_path / "beads.trr")
    again = read_frames(mda.Universe(str(tmp_path / "beads.gro"), str(tmp_path / "beads.trr")))
    np.testing.assert_allclose(again.positions, atoms.positions, atol=1e-5)
    np.testing.assert_allclose(again.forces, atoms.forces, rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(again.times, atoms.times)
    with pytest.raises(InputError, match="15 particles"):
        write_frames(atoms, Beads.liquid(3, "W", 18.0), tmp_path / "x.gro", tmp_path / "x.xtc")
    with pytest.raises(InputError, match="cannot write"):
        write_frames(atoms, beads, tmp_path / "beads.gro", tmp_path / "beads.nonsense")
