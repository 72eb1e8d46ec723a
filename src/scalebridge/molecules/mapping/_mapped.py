"""A mapping applied to a topology: sparse matrices that turn atoms into beads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.mapping._beads import Beads
from scalebridge.molecules.mapping._frames import Frames

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Mapped:
    """R_I = sum_i c_Ii r_i and F_I = sum_j (d_Ij / c_Ij) f_j (Noid et al. 2008).

    Attributes:
        beads: the coarse topology.
        places: c, SciPy sparse matrix of shape (beads, atoms); rows sum to one.
        loads: d/c over the atoms that belong to one bead only, shape (beads, atoms).
        anchors: first atom of each bead: the others are taken at their image nearest to it, shape (beads,).
    """

    beads: Beads
    places: Any
    loads: Any
    anchors: npt.NDArray[np.int64]

    def positions(self, atoms: Floats, box: Floats) -> npt.NDArray[np.float64]:
        """Bead positions of one frame, shape (beads, 3), nm."""
        matrix = self.places.tocoo()
        edges = np.asarray(box, dtype=np.float64)
        home = np.asarray(atoms, dtype=np.float64)[self.anchors]
        apart = np.asarray(atoms, dtype=np.float64)[matrix.col] - home[matrix.row]
        apart -= edges * np.floor(apart / edges + 0.5)
        shifted = np.zeros_like(home)
        np.add.at(shifted, matrix.row, matrix.data[:, None] * apart)
        return np.asarray(home + shifted)

    def frames(self, atoms: Frames) -> Frames:
        """A mapped trajectory, with forces where the atoms have them."""
        positions = np.stack([self.positions(r, box) for r, box in zip(atoms.positions, atoms.boxes, strict=True)])
        forces = None
        if atoms.forces is not None:
            forces = np.stack([self.loads @ np.asarray(f, dtype=np.float64) for f in atoms.forces])
        return Frames(positions, atoms.boxes, forces, atoms.times, atoms.pressures)
