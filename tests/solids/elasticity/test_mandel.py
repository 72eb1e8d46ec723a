from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from scalebridge.errors import InputError
from scalebridge.solids import elasticity as el

seeds = st.integers(0, 2**32 - 1)


def random_symmetric(rng: np.random.Generator) -> np.ndarray:
    a = rng.normal(size=(3, 3))
    return a + a.T


def random_stiffness(rng: np.random.Generator) -> np.ndarray:
    a = rng.normal(size=(6, 6))
    return a @ a.T + np.eye(6)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_vectors_keep_inner_products_and_come_back(seed):
    rng = np.random.default_rng(seed)
    a, b = random_symmetric(rng), random_symmetric(rng)
    np.testing.assert_allclose(el.to_mandel(a) @ el.to_mandel(b), np.sum(a * b), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(el.from_mandel(el.to_mandel(a)), a, rtol=0, atol=1e-14)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_matrices_act_as_the_tensors_do(seed):
    rng = np.random.default_rng(seed)
    c, strain = random_stiffness(rng), random_symmetric(rng)
    tensor = el.tensor_from_mandel(c)
    stress = np.einsum("ijkl,kl->ij", tensor, strain)
    np.testing.assert_allclose(el.from_mandel(c @ el.to_mandel(strain)), stress, atol=1e-12)
    np.testing.assert_allclose(el.tensor_to_mandel(tensor), c, atol=1e-13)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_rotation_is_that_of_the_tensor(seed):
    rng = np.random.default_rng(seed)
    r, q = Rotation.random(2, rng=rng).as_matrix()
    c, t = random_stiffness(rng), random_symmetric(rng)
    m = el.mandel_rotation(r)
    np.testing.assert_allclose(m @ m.T, np.eye(6), atol=1e-14)
    np.testing.assert_allclose(m @ el.to_mandel(t), el.to_mandel(r @ t @ r.T), atol=1e-13)
    turned = np.einsum("ia,jb,kc,ld,abcd->ijkl", r, r, r, r, el.tensor_from_mandel(c))
    np.testing.assert_allclose(el.rotate_stiffness(c, r), el.tensor_to_mandel(turned), atol=1e-12)
    np.testing.assert_allclose(el.mandel_rotation(r @ q), m @ el.mandel_rotation(q), atol=1e-13)


def test_order_is_11_22_33_23_13_12():
    t = np.array([[1.0, 6.0, 5.0], [6.0, 2.0, 4.0], [5.0, 4.0, 3.0]])
    root = np.sqrt(2.0)
    np.testing.assert_allclose(el.to_mandel(t), [1, 2, 3, 4 * root, 5 * root, 6 * root], rtol=1e-15)


def test_engineering_notation_has_shear_moduli_on_the_diagonal():
    c = el.isotropic_stiffness(2.0, 0.75)
    voigt = el.stiffness_to_voigt(c)
    np.testing.assert_allclose(np.diag(voigt)[3:], 0.75)
    np.testing.assert_allclose(voigt[0, 0], 3.0)
    np.testing.assert_allclose(el.stiffness_from_voigt(voigt), c)
    # Engineering stiffness and compliance are inverse of each other, as the Mandel ones are.
    np.testing.assert_allclose(el.compliance_to_voigt(np.linalg.inv(c)), np.linalg.inv(voigt), atol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: el.to_mandel(np.zeros((3, 2))), "shape"),
        (lambda: el.to_mandel([[0, 1, 0], [0, 0, 0], [0, 0, 0]]), "not symmetric"),
        (lambda: el.to_mandel(np.full((3, 3), np.nan)), "NaN"),
        (lambda: el.to_mandel("stiff"), "real numbers"),
        (lambda: el.tensor_to_mandel(np.arange(81.0).reshape(3, 3, 3, 3)), "not symmetric"),
        (lambda: el.mandel_rotation(2 * np.eye(3)), "not orthogonal"),
        (lambda: el.mandel_rotation(np.diag([1, 1, -1])), "determinant"),
        (lambda: el.check_stiffness(np.diag([1, 1, 1, 1, 1, -2.0])), "smallest eigenvalue is -2"),
        (lambda: el.check_stiffness(np.eye(6) + np.eye(6, k=1)), "not symmetric"),
        (lambda: el.check_conductivity(np.zeros((3, 3))), "positive definite"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
