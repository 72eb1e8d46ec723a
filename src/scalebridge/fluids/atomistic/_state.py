"""What an atomistic fluid is between two runs: everything that the next step needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

FLUID = 1
WALL = 2


@dataclass(frozen=True)
class Atoms:
    """Atoms in the order of their tags, in the units of their model.

    Attributes:
        box: lower and upper bounds, (3, 2).
        tags: one number per atom, rising, (n,).
        types: `FLUID` or `WALL`, or those of the user's script, (n,).
        positions: (n, 3), inside the box along periodic directions.
        velocities: (n, 3), at the same time as the positions.
        external: forces other than those between atoms, (n, 3); the next half kick needs them.
        steps: molecular dynamics steps since the beginning.
        fluid_types: types that are fluid; the others are walls.
        molecules: number of each atom's molecule, (n,), where molecules are rigid; empty where every atom is its own.
    """

    box: Floats
    tags: Ints
    types: Ints
    positions: Floats
    velocities: Floats
    external: Floats
    steps: int = 0
    fluid_types: tuple[int, ...] = (FLUID,)
    molecules: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int32))

    @property
    def fluid(self) -> npt.NDArray[np.bool_]:
        """Which atoms are fluid, (n,)."""
        return np.isin(self.types, self.fluid_types)

    @property
    def lengths(self) -> Floats:
        """Edges of the box, (3,)."""
        return np.asarray(self.box[:, 1] - self.box[:, 0])

    @property
    def heights(self) -> Floats:
        """Along y, (n,): of each atom, or for all atoms of a molecule that of its middle."""
        y = self.positions[:, 1]
        if not len(self.molecules):
            return y
        counts = np.bincount(self.molecules)
        middles = np.bincount(self.molecules, y) / np.maximum(counts, 1)
        return np.asarray(np.where(self.fluid, middles[self.molecules], y))

    def only(self, kept: npt.NDArray[np.bool_]) -> Atoms:
        """Some of the atoms, (n,) true for those that stay."""
        names = [
            "tags",
            "types",
            "positions",
            "velocities",
            "external",
            *(["molecules"] if len(self.molecules) else []),
        ]
        return replace(self, **{name: getattr(self, name)[kept] for name in names})
