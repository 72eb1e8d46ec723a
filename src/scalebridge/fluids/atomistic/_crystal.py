"""Crystalline walls: frozen layers of a face-centred cubic lattice, (001) towards the fluid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._state import Floats


@dataclass(frozen=True, slots=True)
class Crystal:
    """A frozen wall below the fluid, of atoms like the fluid's but with their own attraction to it.

    Attributes:
        density: atoms per volume of the wall, sigma^-3.
        epsilon: depth of the wall-fluid potential.
        sigma: length of the wall-fluid potential.
        layers: number of atomic layers; together thicker than the cut-off.

    Raises:
        InputError: a value is not positive.
    """

    density: float = 0.81
    epsilon: float = 0.6
    sigma: float = 1.0
    layers: int = 4

    def __post_init__(self) -> None:
        for name in ("density", "epsilon", "sigma", "layers"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} of the wall is {getattr(self, name)!r}; it must be positive")

    @property
    def cell(self) -> float:
        """Edge of the cubic cell, which holds four atoms."""
        return float((4.0 / self.density) ** (1.0 / 3.0))

    @property
    def thickness(self) -> float:
        """From the wall's surface, half a layer above its last atoms, to the lowest layer."""
        return self.cell / 2.0 * (self.layers - 0.5)

    def count(self, across: int, along: int) -> int:
        """Of `sites`, which a plan must not make: every second place of the layers."""
        return 2 * across * along * self.layers

    def sites(self, across: int, along: int) -> Floats:
        """Positions with the surface at height 0, (n, 3): (x, y, z), y upwards.

        Args:
            across: cells along x.
            along: cells along z.
        """
        half = self.cell / 2.0
        x, layer, z = np.meshgrid(np.arange(2 * across), np.arange(self.layers), np.arange(2 * along), indexing="ij")
        kept = (x + layer + z) % 2 == 0
        return np.column_stack([x[kept] * half, -half * (layer[kept] + 0.5), z[kept] * half])
