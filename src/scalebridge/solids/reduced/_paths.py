"""Random strain paths that train and test reduced models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.laws import from_mandel

Floats = npt.NDArray[np.float64]


@final
@dataclass(frozen=True)
class RandomPaths:
    """Piecewise straight walks through the space of symmetric strains, with unloading and reversal.

    Each leg ends at a random strain of norm 0.5 to 1 `amplitude`; every leg but the first one is, with probability
    1/2, an unloading instead: it ends at -0.3 to 0.6 times the strain at which it began.

    Args:
        amplitude: largest Frobenius norm of the strain.
        legs: straight pieces of each path.
        steps: increments of each path, equal shares of the legs.
        volumetric: factor on the volumetric part of the random directions, which in a body is small.

    Raises:
        InputError: a number is not positive.
    """

    amplitude: float
    legs: int = 6
    steps: int = 24
    volumetric: float = 0.3

    def __post_init__(self) -> None:
        for name in ("amplitude", "legs", "steps"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}; it must be positive.")

    def draw(self, count: int, seed: int, first: int = 0) -> Floats:
        """Paths number `first` to `first` + `count` of a seed: strains after the increments, (count, steps, 3, 3)."""
        numbers = range(first, first + count)
        streams = [np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(i,))) for i in numbers]
        at = np.linspace(0.0, self.legs, self.steps + 1)[1:]
        walks = np.empty((count, self.steps, 6))
        for walk, rng in zip(walks, streams, strict=True):
            corners = _corners(rng, self.amplitude, self.legs, self.volumetric)
            walk[:] = np.array([np.interp(at, np.arange(self.legs + 1), c) for c in corners.T]).T
        paths: Floats = from_mandel(walks)
        return paths


def _corners(rng: np.random.Generator, amplitude: float, legs: int, volumetric: float) -> Floats:
    """Strains at the ends of the legs in Mandel notation, (legs + 1, 6), the first zero."""
    corners = [np.zeros(6)]
    for leg in range(legs):
        if leg > 0 and rng.random() < 0.5:
            corners.append(corners[-1] * rng.uniform(-0.3, 0.6))
            continue
        direction = rng.standard_normal(6)
        direction[:3] += (volumetric - 1.0) * direction[:3].mean()
        corners.append(direction / np.linalg.norm(direction) * amplitude * rng.uniform(0.5, 1.0))
    return np.array(corners)
