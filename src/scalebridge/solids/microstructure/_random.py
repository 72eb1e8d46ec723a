"""Sources of randomness as the public functions take them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Randomness = np.random.Generator | np.random.SeedSequence


def generator(rng: Randomness) -> np.random.Generator:
    """A generator from a generator (as it is) or a seed sequence.

    Args:
        rng: generator, or seed sequence.

    Returns:
        The generator.

    Raises:
        InputError: neither was given; a bare number would hide where the seed of a study went.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, np.random.SeedSequence):
        return np.random.default_rng(rng)
    raise InputError(
        f"rng is a numpy Generator or SeedSequence; found {rng!r}. Write rng=np.random.SeedSequence(<number>)."
    )


def random_rotations(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Rotations distributed uniformly (Haar measure) on SO(3).

    Args:
        count: how many.
        rng: source of randomness.

    Returns:
        Rotation matrices, shape (count, 3, 3).

    Source:
        Unit quaternions from normal deviates: Muller 1959, Commun ACM 2(4), 19, doi:10.1145/377939.377946.
    """
    q = rng.standard_normal((count, 4))
    w, x, y, z = (q / np.linalg.norm(q, axis=1, keepdims=True)).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), -1, 0)
