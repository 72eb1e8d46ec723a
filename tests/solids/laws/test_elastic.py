from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.solids import laws
from scalebridge.solids.laws import _probe

E, NU = 210e9, 0.3


def test_isotropic_stiffness_is_lames():
    c = laws.LinearElastic.isotropic(E, NU).stiffness
    lame, g = E * NU / ((1 + NU) * (1 - 2 * NU)), E / (2 * (1 + NU))
    expected = np.diag([2 * g] * 6)
    expected[:3, :3] += lame
    assert np.allclose(c, expected, rtol=1e-14, atol=1e-4)


@settings(deadline=None, derandomize=True)
@given(st.floats(1.0, 100.0), st.floats(1.0, 100.0))
def test_moduli_and_engineering_constants_are_two_names_of_one_solid(bulk, shear):
    e = 9 * bulk * shear / (3 * bulk + shear)
    nu = (3 * bulk - 2 * shear) / (2 * (3 * bulk + shear))
    a, b = laws.LinearElastic.from_moduli(bulk, shear), laws.LinearElastic.isotropic(e, nu)
    assert np.allclose(a.stiffness, b.stiffness, rtol=1e-11, atol=1e-12 * bulk)


def test_orthotropic_compliance_gives_the_constants_back():
    e, nu, g = (10.0, 20.0, 30.0), (0.1, 0.15, 0.2), (4.0, 5.0, 6.0)
    s = np.linalg.inv(laws.LinearElastic.orthotropic(e, nu, g).stiffness)
    assert np.allclose(1 / np.diag(s)[:3], e, rtol=1e-13)
    assert np.allclose(0.5 / np.diag(s)[3:], (g[2], g[1], g[0]), rtol=1e-13)
    assert np.allclose([-s[0, 1] * e[0], -s[0, 2] * e[0], -s[1, 2] * e[1]], nu, rtol=1e-12)


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_transversely_isotropic_solid_is_unchanged_by_turns_about_its_axis_only(axis):
    law = laws.LinearElastic.transversely_isotropic(150.0, 10.0, 0.28, 0.4, 5.0, axis=axis)
    s = np.linalg.inv(law.stiffness)
    assert np.isclose(1 / s[axis - 1, axis - 1], 150.0, rtol=1e-12)
    for other in range(3):
        turned = law.rotated(_about(other, 0.7)).stiffness
        unchanged = np.allclose(turned, law.stiffness, rtol=1e-12, atol=1e-10)
        assert unchanged == (other == axis - 1)


def test_rotated_law_answers_the_turned_strain_with_the_turned_stress():
    law = laws.LinearElastic.orthotropic((10.0, 20.0, 30.0), (0.1, 0.15, 0.2), (4.0, 5.0, 6.0))
    rng = np.random.default_rng(3)
    r = _probe.random_rotations(1, rng)[0]
    strain = rng.normal(size=(3, 3))
    strain = strain + strain.T

    def stress(solid, tensor):
        return laws.from_mandel(laws.evaluate(solid, laws.to_mandel(tensor)[:, None], tangent=False).stress[:, 0])

    assert np.allclose(stress(law.rotated(r), r @ strain @ r.T), r @ stress(law, strain) @ r.T, rtol=1e-12, atol=1e-11)


def test_tangent_is_the_stiffness():
    law = laws.LinearElastic.orthotropic((10.0, 20.0, 30.0), (0.1, 0.15, 0.2), (4.0, 5.0, 6.0))
    answer = laws.evaluate(law, np.random.default_rng(0).normal(size=(6, 5)), tangent=True)
    assert np.array_equal(answer.tangent, np.repeat(law.stiffness[np.triu_indices(6)][:, None], 5, axis=1))


def test_in_finite_strain_it_is_saint_venant_kirchhoff(piola):
    law = laws.LinearElastic.isotropic(E, NU)
    f = np.eye(3) + 0.2 * np.random.default_rng(5).normal(size=(3, 3))
    green = 0.5 * (f.T @ f - np.eye(3))
    second = laws.from_mandel(law.stiffness @ laws.to_mandel(green))
    assert np.allclose(piola(law, f), f @ second, rtol=1e-12, atol=1e-3)


def _about(axis, angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.roll(np.array([[1, 0, 0], [0, c, -s], [0, s, c]]), (axis, axis), (0, 1))
