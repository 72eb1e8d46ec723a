"""Readers of the plain files that other projects ship, and small liquids to test with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.mapping import Frames

Floats = npt.NDArray[np.float64]


def read_dump(path: Path, length: float = 1.0, force: float = 1.0) -> Frames:
    """Frames of a LAMMPS text dump; lengths and forces are multiplied by the factors given."""
    lines = path.read_text().splitlines()
    positions, boxes, forces, at = [], [], [], 0
    while at < len(lines):
        count = int(lines[at + 3])
        edges = np.array([[float(word) for word in line.split()] for line in lines[at + 5 : at + 8]])
        names = lines[at + 8].split()[2:]
        rows = np.array([[float(word) for word in line.split()] for line in lines[at + 9 : at + 9 + count]])
        rows = rows[np.argsort(rows[:, names.index("id")])]
        x = names.index("x")
        positions.append(length * rows[:, x : x + 3])
        boxes.append(length * (edges[:, 1] - edges[:, 0]))
        if "fx" in names:
            fx = names.index("fx")
            forces.append(force * rows[:, fx : fx + 3])
        at += 9 + count
    return Frames(np.stack(positions), np.stack(boxes), np.stack(forces) if forces else None)


def read_gro(path: Path) -> tuple[Floats, Floats]:
    """Positions (nm) and box of a GROMACS file."""
    lines = path.read_text().splitlines()
    count = int(lines[1])
    positions = [[float(line[20 + 8 * c : 28 + 8 * c]) for c in range(3)] for line in lines[2 : 2 + count]]
    return np.array(positions), np.array([float(word) for word in lines[2 + count].split()[:3]])


def read_columns(path: Path, columns: int = 2) -> Floats:
    """Leading numeric columns of a text table, shape (columns, rows)."""
    rows = [line.split() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return np.array([[float(word) for word in row[:columns]] for row in rows]).T
