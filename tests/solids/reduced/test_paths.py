from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.solids.reduced import RandomPaths


def test_paths_follow_from_the_seed_and_their_number_alone():
    sampler = RandomPaths(amplitude=0.03)
    many = sampler.draw(5, seed=7)
    assert np.array_equal(many[3:], sampler.draw(2, seed=7, first=3))
    assert not np.allclose(many, sampler.draw(5, seed=8))


def test_paths_are_symmetric_stay_within_the_amplitude_and_unload():
    paths = RandomPaths(amplitude=0.03, legs=4, steps=16).draw(20, seed=1)
    size = np.linalg.norm(paths, axis=(2, 3))
    assert paths.shape == (20, 16, 3, 3)
    assert np.array_equal(paths, paths.transpose(0, 1, 3, 2))
    assert size.max() <= 0.03
    assert (np.diff(size, axis=1) < 0).any(axis=1).mean() > 0.5


def test_the_volumetric_part_is_as_small_as_asked_for():
    deviatoric = RandomPaths(amplitude=0.03, volumetric=0.0).draw(4, seed=1)
    assert np.abs(np.trace(deviatoric, axis1=2, axis2=3)).max() < 1e-15


@pytest.mark.parametrize("name", ["amplitude", "legs", "steps"])
def test_numbers_must_be_positive(name):
    with pytest.raises(InputError, match=f"{name} is 0"):
        RandomPaths(**{"amplitude": 0.01, name: 0})
