from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from scalebridge.solids import laws

BULK, MU = 3.0, 1.2
LAME = BULK - 2 * MU / 3
SOLID = laws.NeoHookean.from_moduli(BULK, MU)


def test_second_piola_kirchhoff_stress_is_the_published_one(piola):
    f = np.eye(3) + 0.3 * np.random.default_rng(8).normal(size=(3, 3))
    inverse = np.linalg.inv(f.T @ f)
    second = LAME * np.log(np.linalg.det(f)) * inverse + MU * (np.eye(3) - inverse)
    assert np.allclose(piola(SOLID, f), f @ second, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("stretch", [0.4, 0.9, 1.5, 3.0])
def test_volumetric(piola, stretch):
    expected = MU * (stretch - 1 / stretch) + 3 * LAME * np.log(stretch) / stretch
    assert np.allclose(piola(SOLID, stretch * np.eye(3)), expected * np.eye(3), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("shear", [0.1, 1.0, 5.0])
def test_simple_shear(piola, shear):
    f = np.eye(3)
    f[0, 1] = shear
    expected = MU * np.array([[0, shear, 0], [shear, 0, 0], [0, 0, 0]])
    first = piola(SOLID, f)
    assert np.allclose(first, expected, rtol=1e-13, atol=1e-13)
    cauchy = first @ f.T
    assert np.isclose(cauchy[0, 0], MU * shear**2, rtol=1e-13)


@pytest.mark.parametrize("stretch", [0.5, 1.2, 2.0])
def test_uniaxial_tension(piola, stretch):
    def lateral_stress(a):
        return MU * (a - 1 / a) + LAME * np.log(stretch * a * a) / a

    lateral = brentq(lateral_stress, 0.1, 5.0, xtol=1e-15)
    first = piola(SOLID, np.diag([stretch, lateral, lateral]))
    # From the lateral condition LAME ln J = MU (1 - a^2), the axial stress follows without the logarithm.
    axial = MU * (stretch - 1 / stretch) + MU * (1 - lateral**2) / stretch
    assert np.allclose(first, np.diag([axial, 0, 0]), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("law", [SOLID, laws.LinearElastic.from_moduli(BULK, MU)], ids=["neo-Hookean", "Saint Venant"])
def test_becomes_hookes_law_with_second_order_of_the_strain(piola, law):
    direction = np.random.default_rng(4).normal(size=(3, 3))
    hooke = laws.LinearElastic.from_moduli(BULK, MU).stiffness

    def error(size):
        h = size * direction
        linear = laws.from_mandel(hooke @ laws.to_mandel(0.5 * (h + h.T)))
        return np.abs(piola(law, np.eye(3) + h) - linear).max()

    sizes = np.array([1e-2, 5e-3, 2.5e-3])
    errors = np.array([error(s) for s in sizes])
    assert np.allclose(np.log2(errors[:-1] / errors[1:]), 2.0, atol=0.06)


def test_tangent_at_rest_is_hookes():
    answer = laws.evaluate(SOLID, np.eye(3).reshape(9, 1), tangent=True)
    full = np.zeros((9, 9))
    i, j = np.triu_indices(9)
    full[i, j] = full[j, i] = answer.tangent[:, 0]
    one = np.eye(3)
    expected = LAME * np.einsum("ij,kl->ijkl", one, one)
    expected += MU * (np.einsum("ik,jl->ijkl", one, one) + np.einsum("il,jk->ijkl", one, one))
    assert np.allclose(full, expected.reshape(9, 9), rtol=1e-13, atol=1e-14)


def test_a_point_turned_inside_out_is_not_ok_and_leaves_the_others_alone():
    gradients = np.repeat(np.eye(3).reshape(9, 1), 3, axis=1)
    gradients[0, 1] = -0.1
    answer = laws.evaluate(SOLID, gradients, tangent=True)
    assert answer.ok.tolist() == [True, False, True]
    assert np.abs(answer.stress[:, [0, 2]]).max() == 0
