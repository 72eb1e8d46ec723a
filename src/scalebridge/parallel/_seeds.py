"""One seed for each piece of work, whoever carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scalebridge.errors import InputError

if TYPE_CHECKING:
    from numpy.random import SeedSequence


def spawn_seeds(seed: SeedSequence, n: int) -> tuple[SeedSequence, ...]:
    """Independent seeds for the pieces 0, 1, ..., n-1 of an ensemble.

    They are the first `n` children that `seed.spawn` would give, but `seed` stays as it is: the same call gives the
    same seeds again, and a larger `n` only appends. Do not mix with `seed.spawn` on the same seed.

    Args:
        seed: the seed of the ensemble.
        n: number of pieces.

    Returns:
        `n` seeds; seed i depends on `seed` and i alone.

    Raises:
        InputError: `n` is not a whole number >= 0.
    """
    from numpy.random import SeedSequence

    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise InputError(f"Number of seeds: found {n!r}; allowed: a whole number >= 0.")
    return tuple(SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, i), pool_size=seed.pool_size) for i in range(n))
