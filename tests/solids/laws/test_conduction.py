from __future__ import annotations

import numpy as np

from scalebridge.solids import laws
from scalebridge.solids.laws import _probe


def test_a_number_is_an_isotropic_conductivity():
    assert np.array_equal(laws.Conduction(2.5).conductivity, 2.5 * np.eye(3))


def test_rotation_turns_the_principal_directions():
    r = _probe.random_rotations(1, np.random.default_rng(1))[0]
    turned = laws.Conduction(np.diag([1.0, 2.0, 3.0])).rotated(r).conductivity
    for k in range(3):
        assert np.allclose(turned @ r[:, k], (k + 1) * r[:, k], rtol=1e-13, atol=1e-14)
