"""What fluids on ready-made crystals have in common: where the crystal is."""

from __future__ import annotations

import numpy as np

from scalebridge.fluids.atomistic._abstract import AbstractAtomistic
from scalebridge.fluids.atomistic._crystal import Crystal
from scalebridge.fluids.atomistic._state import Floats


class AbstractWalled(AbstractAtomistic):
    """A fluid on a crystal below height 0, and below another one if `closed`.

    Attributes:
        wall: the crystal.
    """

    wall: Crystal

    @property
    def cells(self) -> tuple[int, int]:
        """Cells of the wall's crystal along x and z."""
        return max(round(self.size[0] / self.wall.cell), 1), max(round(self.size[2] / self.wall.cell), 1)

    @property
    def lengths(self) -> tuple[float, float, float]:
        """Lengths of the slab, rounded to whole cells of the crystal."""
        return self.cells[0] * self.wall.cell, self.size[1], self.cells[1] * self.wall.cell

    @property
    def wall_atoms(self) -> int:
        """Atoms of the wall below."""
        return self.wall.count(*self.cells)

    @property
    def wall_sites(self) -> Floats:
        """Places of the atoms of all walls, (n, 3)."""
        below = self.wall.sites(*self.cells)
        if not self.closed:
            return below
        above = below.copy()
        above[:, 1] = self.size[1] - above[:, 1]
        return np.concatenate([below, above])
