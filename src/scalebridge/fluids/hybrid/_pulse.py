"""A pulse of sound to begin with."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import Atoms
from scalebridge.fluids.atomistic._state import Floats


@dataclass(frozen=True, slots=True)
class Pulse:
    """A compression e exp(-s^2), s = (y - middle) / width, with the velocity c e exp(-s^2) of a wave that runs one way.

    Attributes:
        strain: e, relative change of density at the middle; a negative one is a rarefaction.
        middle: height.
        width: where the strain has fallen to 1/e.
        up: whether it runs up.

    Raises:
        InputError: a strain for which sound is no small disturbance, or no width.
    """

    strain: float
    middle: float
    width: float
    up: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < abs(self.strain) <= 0.2:
            raise InputError(f"The pulse's strain is {self.strain:g}; sound is a small disturbance, up to 0.2")
        if not (0.0 < self.width < math.inf and math.isfinite(self.middle)):
            raise InputError(f"The pulse has width {self.width:g} and middle {self.middle:g}; the width is positive")

    def shape(self, heights: Floats) -> Floats:
        """Strain at heights, (n,)."""
        return np.asarray(self.strain * np.exp(-(((heights - self.middle) / self.width) ** 2)))

    def velocity(self, heights: Floats, sound: float) -> Floats:
        """Velocity at heights, (n,)."""
        return (sound if self.up else -sound) * self.shape(heights)

    def excess(self, height: float) -> float:
        """Length of fluid at rest that the compression below a height holds more: what `given_to` lowers the top by."""
        return (
            0.5 * math.sqrt(math.pi) * self.strain * self.width * (1.0 + math.erf((height - self.middle) / self.width))
        )

    def given_to(self, atoms: Atoms, sound: float) -> Atoms:
        """Fluid atoms moved towards the middle, with the pulse's velocity added.

        All that lies below the pulse stays where it is, and what lies above comes down by what the compression takes
        up: no gap opens at a lower wall, which would send out a wave of its own.
        """
        heights, fluid = atoms.positions[:, 1], atoms.fluid
        down = np.array([self.excess(height) for height in heights.tolist()])
        positions, velocities = atoms.positions.copy(), atoms.velocities.copy()
        positions[fluid, 1] -= down[fluid]
        velocities[fluid, 1] += self.velocity(heights, sound)[fluid]
        return replace(atoms, positions=positions, velocities=velocities)
