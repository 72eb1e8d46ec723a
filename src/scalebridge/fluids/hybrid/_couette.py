"""Theory of start-up Couette flow, to compare with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalebridge.fluids.atomistic._state import Floats


@dataclass(frozen=True, slots=True)
class StartUpCouette:
    """Fluid at rest above a resting plane; at time 0 the wall at `height` begins to move along x.

    u = U y/H - (2U/pi) sum_k (1/k) sin(k pi (1 - y/H)) exp(-k^2 pi^2 nu t/H^2), y and H from the plane up.

    Attributes:
        height: of the upper wall; H is its distance from the plane.
        speed: of the upper wall, U.
        viscosity: kinematic, nu.
        terms: of the series; enough for times beyond (H / terms)^2 / nu.
        plane: height at which the fluid stands still, the negative of the slip length at height 0: `measure_channel`
            finds it. Where layers lock to the wall it lies above the wall's surface.
    """

    height: float
    speed: float
    viscosity: float
    terms: int = 400
    plane: float = 0.0

    def __call__(self, heights: Floats, time: float) -> Floats:
        """Velocity along x at heights (n,) and a time, (n,)."""
        k = np.arange(1, self.terms + 1)[:, None]
        gap = self.height - self.plane
        s = 1.0 - (np.asarray(heights, dtype=np.float64)[None] - self.plane) / gap
        decay = np.exp(-((k * np.pi / gap) ** 2) * self.viscosity * time)
        series = np.sum(np.sin(k * np.pi * s) / k * decay, axis=0)
        return np.asarray(self.speed * (1.0 - s[0]) - 2.0 * self.speed / np.pi * series)

    def mean(self, heights: Floats, begin: float, end: float, points: int = 100) -> Floats:
        """Mean velocity between two times, (n,)."""
        times = begin + (end - begin) * (np.arange(points) + 0.5) / points
        return np.asarray(np.mean([self(heights, t) for t in times], axis=0))
