from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.solids import elasticity as el

positive = st.floats(0.05, 50.0)


@st.composite
def mixtures(draw):
    n = draw(st.integers(2, 4))
    k, g = (np.array(draw(st.lists(positive, min_size=n, max_size=n))) for _ in range(2))
    c = np.array(draw(st.lists(st.floats(0.05, 1.0), min_size=n, max_size=n)))
    return k, g, c / c.sum()


def anisotropic_phases(seed: int, n: int) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(n, 6, 6))
    return a @ np.swapaxes(a, 1, 2) + 0.5 * np.eye(6)


@given(mixtures())
@settings(max_examples=60, deadline=None)
def test_bounds_are_nested(mixture):
    k, g, c = mixture
    space = el.hashin_shtrikman(k, g, c)
    for values, (lower, upper) in ((k, space.bulk_modulus), (g, space.shear_modulus)):
        reuss, voigt = 1 / np.sum(c / values), c @ values
        slack = 1e-9 * voigt
        assert reuss - slack <= lower <= upper + slack
        assert upper <= voigt + slack
    lower, upper = el.self_consistent_spheres(k, g, c)
    assert space.bulk_modulus[0] * (1 - 1e-9) <= lower <= space.bulk_modulus[1] * (1 + 1e-9)
    assert space.shear_modulus[0] * (1 - 1e-9) <= upper <= space.shear_modulus[1] * (1 + 1e-9)


@given(mixtures(), st.sampled_from([2, 3]))
@settings(max_examples=40, deadline=None)
def test_conductivity_bounds_are_nested(mixture, dimension):
    k, _, c = mixture
    lower, upper = el.hashin_shtrikman_conductivity(k, c, dimension=dimension)
    assert 1 / np.sum(c / k) * (1 - 1e-9) <= lower <= upper * (1 + 1e-9)
    assert upper <= c @ k * (1 + 1e-9)


def test_plane_bounds_meet_where_phases_share_the_shear_modulus():
    # Hill 1963: with one shear modulus the bulk modulus is exact whatever the geometry.
    bounds = el.hashin_shtrikman_plane([1.0, 5.0], [2.0, 2.0], [0.3, 0.7])
    assert bounds.bulk_modulus[0] == pytest.approx(bounds.bulk_modulus[1], rel=1e-14)
    assert bounds.shear_modulus == pytest.approx((2.0, 2.0), rel=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_reuss_below_every_laminate_below_voigt(seed):
    c = anisotropic_phases(seed, 3)
    f = [0.2, 0.5, 0.3]
    for normal in range(3):
        laminate = el.laminate_stiffness(c, f, normal=normal)
        assert np.linalg.eigvalsh(el.voigt_average(c, f) - laminate)[0] >= -1e-10
        assert np.linalg.eigvalsh(laminate - el.reuss_average(c, f))[0] >= -1e-10


def test_spheres_dilute_is_the_slope_of_all_estimates():
    k, g = [1.0, 8.0], [0.5, 3.0]
    slopes = []
    for c in (1e-3, 1e-4):
        dilute = np.array(el.dilute_spheres(k, g, [1 - c, c]))
        others = [el.mori_tanaka_spheres(k, g, [1 - c, c]), el.self_consistent_spheres(k, g, [1 - c, c])]
        slopes.append([np.abs(np.array(o) - dilute) for o in others])
    # The estimates differ from dilute in second order of the fraction: a tenth of it, a hundredth of the difference.
    np.testing.assert_allclose(np.array(slopes[0]) / np.array(slopes[1]), 100.0, rtol=0.05)


def test_mori_tanaka_is_the_hashin_shtrikman_bound_of_the_matrix():
    k, g, c = [1.0, 8.0], [0.5, 3.0], [0.7, 0.3]
    bounds = el.hashin_shtrikman(k, g, c)
    assert el.mori_tanaka_spheres(k, g, c) == pytest.approx((bounds.bulk_modulus[0], bounds.shear_modulus[0]))
    swapped = el.mori_tanaka_spheres(k[::-1], g[::-1], c[::-1])
    assert swapped == pytest.approx((bounds.bulk_modulus[1], bounds.shear_modulus[1]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: el.voigt_average(np.eye(6)[None], [0.9]), "sum to 0.9"),
        (lambda: el.voigt_average(np.eye(6)[None], [0.5, 0.5]), "one fraction per phase"),
        (lambda: el.voigt_average(np.eye(5)[None], [1.0]), "phase tensors"),
        (lambda: el.reuss_average(-np.eye(6)[None], [1.0]), "positive definite"),
        (lambda: el.hashin_shtrikman([1, 2], [1], [0.5, 0.5]), "as many"),
        (lambda: el.hashin_shtrikman([1, -2], [1, 1], [0.5, 0.5]), "bulk modulus"),
        (lambda: el.hashin_shtrikman([1, 2], [1, 1], [1.5, -0.5]), "between 0 and 1"),
        (lambda: el.hashin_shtrikman_conductivity([1, 0], [0.5, 0.5]), "positive"),
        (lambda: el.hashin_shtrikman_conductivity([1, 1], [0.5, 0.5], dimension=4), "2 or 3"),
    ],
)
def test_wrong_mixtures_are_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
