from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from scalebridge.errors import InputError
from scalebridge.solids import elasticity as el

CYCLE = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def layers(seed: int, n: int, size: int) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(n, size, size))
    return a @ np.swapaxes(a, 1, 2) + 0.5 * np.eye(size)


@pytest.mark.parametrize("seed", range(3))
def test_fields_of_a_laminate_satisfy_equilibrium_and_compatibility(seed):
    c, f = layers(seed, 3, 6), np.array([0.2, 0.5, 0.3])
    effective = el.laminate_stiffness(c, f, normal=1)
    mean = el.to_mandel(np.array([[0.4, 0.1, -0.3], [0.1, -1.0, 0.7], [-0.3, 0.7, 0.2]]))
    across, along = [1, 3, 5], [0, 2, 4]
    traction = (effective @ mean)[across]
    strains = np.tile(mean, (3, 1))
    for layer, strain in zip(c, strains, strict=True):
        rest = traction - layer[np.ix_(across, along)] @ mean[along]
        strain[across] = np.linalg.solve(layer[np.ix_(across, across)], rest)
    np.testing.assert_allclose(f @ strains, mean, atol=1e-12)
    stress = np.einsum("nab,nb->na", c, strains)
    np.testing.assert_allclose(f @ stress, effective @ mean, atol=1e-12)


def test_normal_axes_are_equivalent_under_rotation():
    c, f = layers(5, 2, 6), [0.4, 0.6]
    turned = el.rotate_stiffness(c, CYCLE)
    expected = el.rotate_stiffness(el.laminate_stiffness(c, f, normal=0), CYCLE)
    np.testing.assert_allclose(el.laminate_stiffness(turned, f, normal=1), expected, atol=1e-12)


def test_laminates_of_laminates_are_laminates():
    c = layers(8, 3, 6)
    inner = el.laminate_stiffness(c[:2], [0.25, 0.75])
    np.testing.assert_allclose(
        el.laminate_stiffness([inner, c[2]], [0.4, 0.6]),
        el.laminate_stiffness(c, [0.1, 0.3, 0.6]),
        atol=1e-12,
    )


def test_equal_layers_are_the_layer_itself():
    c = layers(2, 1, 6)[0]
    np.testing.assert_allclose(el.laminate_stiffness([c, c], [0.3, 0.7], normal=2), c, atol=1e-12)


def test_conductivity_in_series_and_in_parallel():
    k = el.laminate_conductivity([np.eye(3), 10 * np.eye(3)], [0.5, 0.5], normal=2)
    np.testing.assert_allclose(k, np.diag([5.5, 5.5, 20 / 11]), rtol=1e-14)


def test_conductivity_of_turned_layers_has_continuous_flux():
    turn = Rotation.from_euler("z", 0.4).as_matrix()
    tilted = turn @ np.diag([5.0, 1.0, 1.0]) @ turn.T
    k = el.laminate_conductivity([tilted, np.eye(3)], [0.5, 0.5], normal=0)
    flux = k @ np.array([0.0, 1.0, 0.0])
    gradients = [(flux[0] - tilted[0, 1]) / tilted[0, 0], flux[0]]
    assert np.mean(gradients) == pytest.approx(0.0, abs=1e-14)


@pytest.mark.parametrize(
    "call",
    [
        lambda: el.laminate_stiffness(np.eye(6)[None], [1.0], normal=3),
        lambda: el.laminate_stiffness([np.eye(6)], [0.5]),
        lambda: el.laminate_stiffness(np.zeros((2, 2, 6, 6)), [0.5, 0.5]),
        lambda: el.laminate_conductivity([-np.eye(3)], [1.0]),
    ],
)
def test_impossible_laminates_are_refused(call):
    with pytest.raises(InputError):
        call()
