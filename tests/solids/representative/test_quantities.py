from __future__ import annotations

import math

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.solids import elasticity as el
from scalebridge.solids.representative import study_quantities
from scalebridge.solids.representative._quantities import quantity_bounds


def test_quantities_of_a_transversely_isotropic_stiffness_are_its_constants():
    m = el.TransverseIsotropy(E_L=140.0, nu_LT=0.28, G_LT=5.0, k_T=7.0, G_TT=3.3)
    found = {q.name: float(q.of(m.stiffness(2))) for q in study_quantities("stiffness", 2)}
    assert found == pytest.approx({"K_T": 7.0, "G_TT": 3.3, "G_LT": 5.0})


def test_quantities_of_an_isotropic_stiffness_are_its_moduli():
    found = {q.name: float(q.of(el.isotropic_stiffness(2.0, 0.7))) for q in study_quantities("stiffness", 3)}
    assert found == pytest.approx({"K": 2.0, "G": 0.7})


def test_conductivity_is_the_mean_over_the_axes_of_the_cell():
    k = np.diag([1.0, 3.0, 8.0])
    assert float(study_quantities("conductivity", 3)[0].of(k)) == pytest.approx(4.0)
    assert float(study_quantities("conductivity", 2)[0].of(k)) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("prop", "ndim"), [("stiffness", 2), ("stiffness", 3), ("conductivity", 2), ("conductivity", 3)]
)
def test_ordered_tensors_have_ordered_quantities(prop, ndim):
    for q in study_quantities(prop, ndim):
        assert np.linalg.eigvalsh(q.weights)[0] >= -1e-15


def test_bounds_of_isotropic_phases_are_nested_and_known_in_space_and_plane():
    tensors = np.stack([el.isotropic_stiffness(1.0, 0.5), el.isotropic_stiffness(8.0, 3.0)])
    for ndim in (2, 3):
        for b in quantity_bounds(study_quantities("stiffness", ndim), tensors, np.array([0.6, 0.4])):
            assert b.reuss < b.hashin_shtrikman[0] < b.hashin_shtrikman[1] < b.voigt
    (plane,) = quantity_bounds(
        study_quantities("conductivity", 2), np.stack([np.eye(3), 9 * np.eye(3)]), np.array([0.5, 0.5])
    )
    assert plane.hashin_shtrikman == pytest.approx(el.hashin_shtrikman_conductivity([1, 9], [0.5, 0.5], dimension=2))


def test_anisotropic_phases_have_no_hashin_shtrikman_bounds():
    tensors = np.stack([np.diag([2.0, 1, 1, 1, 1, 1]), np.eye(6)])
    for b in quantity_bounds(study_quantities("stiffness", 3), tensors, np.array([0.5, 0.5])):
        assert all(math.isnan(x) for x in b.hashin_shtrikman)
        assert b.reuss < b.voigt


@pytest.mark.parametrize(("prop", "ndim"), [("density", 3), ("stiffness", 1)])
def test_unknown_properties_are_refused(prop, ndim):
    with pytest.raises(InputError, match="allowed"):
        study_quantities(prop, ndim)
