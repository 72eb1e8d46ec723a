from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.parallel import open_executor, spawn_seeds


def states(seeds: tuple[np.random.SeedSequence, ...]) -> list[bytes]:
    return [seed.generate_state(4).tobytes() for seed in seeds]


@given(entropy=st.integers(0, 2**128), n=st.integers(0, 20), more=st.integers(0, 5))
def test_seeds_are_those_of_numpy_repeatable_and_only_appended_to(entropy: int, n: int, more: int):
    seed = np.random.SeedSequence(entropy, spawn_key=(7,))
    first = states(spawn_seeds(seed, n))
    assert states(spawn_seeds(seed, n + more))[:n] == first
    assert states(tuple(seed.spawn(n))) == first
    assert len(set(first)) == n


@pytest.mark.parametrize("n", [-1, 2.0, True])
def test_a_wrong_number_of_seeds_is_refused(n: object):
    with pytest.raises(InputError, match="Number of seeds"):
        spawn_seeds(np.random.SeedSequence(1), n)  # type: ignore[arg-type]


def test_same_seed_same_numbers_whatever_the_number_of_workers(kernels):
    seeds = spawn_seeds(np.random.SeedSequence(2024), 12)
    results = []
    for workers in (0, 1, 2, 3):
        with open_executor(workers=workers) as executor:
            results.append(list(executor.map(kernels.draw, seeds)))
    assert results[0] == results[1] == results[2] == results[3]
