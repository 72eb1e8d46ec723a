"""What an atomistic fluid is between two runs: everything that the next step needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

FLUID = 1
WALL = 2


@dataclass(frozen=True)
class Atoms:
    """Atoms in the order of their tags, in Lennard-Jones units.

    Attributes:
        box: lower and upper bounds, (3, 2).
        tags: one number per atom, rising, (n,).
        types: `FLUID` or `WALL`, or those of the user's script, (n,).
        positions: (n, 3), inside the box along periodic directions.
        velocities: (n, 3), at the same time as the positions.
        external: forces other than those between atoms, (n, 3); the next half kick needs them.
        steps: molecular dynamics steps since the beginning.
        fluid_types: types that are fluid; the others are walls.
    """

    box: Floats
    tags: Ints
    types: Ints
    positions: Floats
    velocities: Floats
    external: Floats
    steps: int = 0
    fluid_types: tuple[int, ...] = (FLUID,)

    @property
    def fluid(self) -> npt.NDArray[np.bool_]:
        """Which atoms are fluid, (n,)."""
        return np.isin(self.types, self.fluid_types)

    @property
    def lengths(self) -> Floats:
        """Edges of the box, (3,)."""
        return np.asarray(self.box[:, 1] - self.box[:, 0])
