from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.solids import elasticity as el

moduli = st.floats(1e-3, 1e3)


@given(moduli, moduli)
def test_conversions_are_inverse(k, g):
    e, nu = el.youngs_and_poisson(k, g)
    np.testing.assert_allclose(el.bulk_and_shear(e, nu), (k, g), rtol=1e-8)
    assert -1.0 < nu < 0.5


@given(moduli, moduli)
def test_projection_of_isotropic_is_itself(k, g):
    c = el.isotropic_stiffness(k, g)
    # Rounding of the larger modulus reaches the smaller one: the entries of the matrix hold both.
    np.testing.assert_allclose(el.isotropic_projection(c), (k, g), rtol=0, atol=1e-14 * max(k, g))
    assert el.universal_anisotropy_index(c) == pytest.approx(0.0, abs=1e-13 * max(k / g, g / k))


def test_projection_is_the_nearest_isotropic_stiffness():
    rng = np.random.default_rng(3)
    a = rng.normal(size=(6, 6))
    c = a @ a.T + 3 * np.eye(6)
    k, g = el.isotropic_projection(c)
    best = np.linalg.norm(c - el.isotropic_stiffness(k, g))
    for dk, dg in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3)):
        assert np.linalg.norm(c - el.isotropic_stiffness(k + dk, g + dg)) > best


@pytest.mark.parametrize("zener", [0.3, 1.5, 4.0])
def test_universal_index_of_cubic_follows_zener(zener):
    # Ranganathan and Ostoja-Starzewski 2008: A_U = 6/5 (sqrt(A) - 1/sqrt(A))^2.
    c11, c12 = 3.0, 1.0
    c = np.zeros((6, 6))
    c[:3, :3] = c12
    np.fill_diagonal(c, [c11] * 3 + [zener * (c11 - c12)] * 3)
    expected = 1.2 * (np.sqrt(zener) - 1 / np.sqrt(zener)) ** 2
    assert el.universal_anisotropy_index(c) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: el.bulk_and_shear(-1.0, 0.3),
        lambda: el.bulk_and_shear(1.0, 0.5),
        lambda: el.bulk_and_shear(1.0, float("nan")),
        lambda: el.isotropic_stiffness(0.0, 1.0),
        lambda: el.youngs_and_poisson(1.0, float("inf")),
    ],
)
def test_impossible_moduli_are_refused(call):
    with pytest.raises(InputError):
        call()
