from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from scalebridge.errors import InputError
from scalebridge.solids import elasticity as el
from scalebridge.solids.elasticity import SymmetryClass as S
from scalebridge.solids.elasticity._symmetry_groups import projector

CONTAINED = (
    (S.ISOTROPIC, S.CUBIC),
    (S.ISOTROPIC, S.TRANSVERSELY_ISOTROPIC),
    (S.TRANSVERSELY_ISOTROPIC, S.TETRAGONAL),
    (S.TRANSVERSELY_ISOTROPIC, S.TRIGONAL),
    (S.CUBIC, S.TETRAGONAL),
    (S.CUBIC, S.TRIGONAL),
    (S.TETRAGONAL, S.ORTHOTROPIC),
    (S.ORTHOTROPIC, S.MONOCLINIC),
    (S.TRIGONAL, S.MONOCLINIC),
    (S.MONOCLINIC, S.TRICLINIC),
)


def random_of_class(symmetry: S, rng: np.random.Generator) -> np.ndarray:
    """A stiffness of the class in its own axes: the class's rotations average a random one."""
    a = rng.normal(size=(6, 6))
    return (projector(symmetry) @ (a @ a.T + np.eye(6)).ravel()).reshape(6, 6)


@pytest.mark.parametrize("symmetry", list(S))
def test_projector_has_as_many_dimensions_as_the_class_has_constants(symmetry):
    rng = np.random.default_rng(1)
    p = projector(symmetry)
    np.testing.assert_allclose(p @ p, p, atol=1e-13)
    symmetric = np.stack([(lambda a: a + a.T)(rng.normal(size=(6, 6))).ravel() for _ in range(40)])
    assert np.linalg.matrix_rank(symmetric @ p, tol=1e-8) == symmetry.constants


@pytest.mark.parametrize("symmetry", list(S))
@pytest.mark.parametrize("seed", range(3))
def test_class_and_stiffness_are_found_in_any_axes(symmetry, seed):
    rng = np.random.default_rng((seed, list(S).index(symmetry)))
    c = el.rotate_stiffness(random_of_class(symmetry, rng), Rotation.random(rng=rng).as_matrix())
    found = el.find_symmetry(c, tolerance=1e-5)
    assert found.symmetry_class is symmetry
    np.testing.assert_allclose(found.nearest, c, atol=1e-6 * np.linalg.norm(c))
    np.testing.assert_allclose(found.axes.T @ found.axes, np.eye(3), atol=1e-12)
    assert found.distances[S.TRICLINIC] == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_a_class_is_never_farther_than_one_it_contains(seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(6, 6))
    distances = el.find_symmetry(a @ a.T + np.eye(6)).distances
    for special, general in CONTAINED:
        assert distances[general] <= distances[special] * (1 + 1e-6)


def test_noise_leaves_the_class_and_moves_the_axis_little():
    rng = np.random.default_rng(7)
    material = el.TransverseIsotropy(E_L=140.0, nu_LT=0.28, G_LT=5.0, k_T=7.0, G_TT=3.3)
    axis = np.array([1.0, 2.0, -0.5]) / np.sqrt(5.25)
    turn = Rotation.align_vectors([axis], [[0, 0, 1]])[0].as_matrix()
    noise = rng.normal(size=(6, 6))
    noise = (noise + noise.T) / np.linalg.norm(noise + noise.T)
    c = el.rotate_stiffness(material.stiffness(), turn)
    found = el.find_symmetry(c + 1e-3 * np.linalg.norm(c) * noise)
    assert found.symmetry_class is S.TRANSVERSELY_ISOTROPIC
    # The true class in the true axes lies 1e-3 away, so that the nearest one cannot lie farther.
    assert 0.0 < found.distances[S.TRANSVERSELY_ISOTROPIC] <= 1e-3 * (1 + 1e-3)
    assert abs(found.axes[:, 2] @ axis) > 1 - 1e-5


def test_tolerance_decides():
    c = el.isotropic_stiffness(2.0, 1.0)
    c[5, 5] *= 1.02
    distance = el.find_symmetry(c).distances[S.ISOTROPIC]
    assert el.find_symmetry(c, tolerance=1.01 * distance).symmetry_class is S.ISOTROPIC
    assert el.find_symmetry(c, tolerance=0.99 * distance).symmetry_class is not S.ISOTROPIC


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_names_of_transverse_isotropy_along_coordinates(axis):
    m = el.TransverseIsotropy(E_L=140.0, nu_LT=0.28, G_LT=5.0, k_T=7.0, G_TT=3.3)
    found = el.find_symmetry(m.stiffness(axis))
    assert found.symmetry_class is S.TRANSVERSELY_ISOTROPIC
    np.testing.assert_array_equal(np.abs(found.axes[:, 2]), np.eye(3)[axis])
    expected = {"E_L": 140.0, "E_T": m.E_T, "nu_LT": 0.28, "nu_TT": m.nu_TT, "G_LT": 5.0, "G_TT": 3.3}
    constants = found.constants()
    assert {k: constants[k] for k in expected} == pytest.approx(expected)


def test_names_of_cubic_isotropic_and_orthotropic():
    cubic = np.zeros((6, 6))
    cubic[:3, :3] = 121.4
    np.fill_diagonal(cubic, [168.4] * 3 + [2 * 75.4] * 3)
    copper = el.find_symmetry(cubic)
    assert copper.symmetry_class is S.CUBIC
    assert copper.constants()["A"] == pytest.approx(2 * 75.4 / (168.4 - 121.4))
    assert copper.constants()["K"] == pytest.approx((168.4 + 2 * 121.4) / 3)
    plain = el.find_symmetry(el.isotropic_stiffness(2.0, 1.0))
    assert plain.constants() == pytest.approx({"E": 18 / 7, "nu": 4 / 14, "G": 1.0, "K": 2.0})
    layered = el.laminate_stiffness([cubic, el.isotropic_stiffness(2.0, 1.0)], [0.5, 0.5], normal=1)
    assert el.find_symmetry(layered).symmetry_class is S.TETRAGONAL
    brick = np.diag([3.0, 4.0, 5.0, 1.0, 1.5, 2.5])
    found = el.find_symmetry(brick)
    assert found.symmetry_class is S.ORTHOTROPIC
    np.testing.assert_array_equal(found.axes, np.eye(3))
    assert found.constants()["G_23"] == pytest.approx(0.5)
    assert found.constants()["G_12"] == pytest.approx(1.25)


@pytest.mark.parametrize("tolerance", [0.0, 1.0, -0.1, float("nan")])
def test_tolerance_outside_its_range_is_refused(tolerance):
    with pytest.raises(InputError, match="tolerance"):
        el.find_symmetry(np.eye(6), tolerance=tolerance)
