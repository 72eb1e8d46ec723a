"""Random strain paths that train and test reduced models."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.laws import from_mandel

Floats = npt.NDArray[np.float64]


def random_strain_paths(
    count: int,
    *,
    amplitude: float,
    seed: int | np.random.SeedSequence,
    legs: int = 6,
    steps: int = 24,
    volumetric: float = 0.3,
) -> Floats:
    """Piecewise straight walks through the space of symmetric strains, with unloading and reversal.

    Each leg ends at a random strain of norm 0.5 to 1 `amplitude`; every leg but the first one is, with probability
    1/2, an unloading instead: it ends at -0.3 to 0.6 times the strain at which it began.

    Args:
        count: number of paths.
        amplitude: largest Frobenius norm of the strain.
        seed: of the random numbers; each path has its own stream, so more paths keep the first ones as they are.
        legs: straight pieces of each path.
        steps: increments of each path, equal shares of the legs.
        volumetric: factor on the volumetric part of the random directions, which in a body is small.

    Returns:
        Strains at the ends of the increments, (count, steps, 3, 3).

    Raises:
        InputError: a number is not positive.
    """
    for name, value in (("count", count), ("amplitude", amplitude), ("legs", legs), ("steps", steps)):
        if not value > 0:
            raise InputError(f"{name} is {value}; it must be positive.")
    sequence = np.random.SeedSequence(seed) if isinstance(seed, int) else seed
    streams = [np.random.default_rng(np.random.SeedSequence(sequence.entropy, spawn_key=(i,))) for i in range(count)]
    corners = np.array([_corners(rng, amplitude, legs, volumetric) for rng in streams])
    at = np.linspace(0.0, legs, steps + 1)[1:]
    walks = [[np.interp(at, np.arange(legs + 1), c[:, i]) for i in range(6)] for c in corners]
    paths: Floats = from_mandel(np.array(walks).transpose(0, 2, 1))
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
