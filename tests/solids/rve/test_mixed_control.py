"""Any mix of prescribed mean strain and mean stress reaches what was prescribed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids import elasticity as el
from support.random_cells import NEO_HOOKEAN, SOFT, STIFF, VISCOELASTIC, random_cell

MASKS = list(product((True, False), repeat=6))
PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
METAL = solids.J2Plasticity(1.0e9, 0.3, solids.LinearHardening(4e6, 2e8))
STIFF_RUBBER = solids.NeoHookean(10e6, 0.3)
REACHED = 1e-8


@pytest.fixture(scope="module")
def elastic():
    return solids.RVE(random_cell((3, 2, 4)), {0: SOFT, 1: STIFF})


@pytest.fixture(scope="module")
def plastic():
    return solids.RVE(random_cell((3, 2, 4)), {0: METAL, 1: STIFF})


@pytest.fixture(scope="module")
def rubber():
    return solids.RVE(random_cell((3, 2, 4)), {0: NEO_HOOKEAN, 1: STIFF_RUBBER}, kinematics="finite")


def small_path(mask, strain, stress):
    """One increment: strain in the components of `mask`, stress in the others."""
    held = np.zeros((3, 3), bool)
    for (i, j), is_held in zip(PAIRS, mask, strict=True):
        held[i, j] = held[j, i] = is_held
    return solids.LoadPath(np.where(held, strain, np.nan)[None], np.where(held, np.nan, stress)[None], np.ones(1))


def check_reached(rve, path, drive):
    assert drive.converged.all(), drive.status
    offset = np.eye(3) if rve.kinematics == "finite" else 0.0
    size = np.abs(drive.strain[-1] - offset).max()
    np.testing.assert_allclose(
        np.where(np.isnan(path.strain[-1]), 0.0, drive.strain[-1] - path.strain[-1]), 0.0, rtol=0, atol=REACHED * size
    )
    size = np.abs(drive.stress[-1]).max()
    np.testing.assert_allclose(
        np.where(np.isnan(path.stress[-1]), 0.0, drive.stress[-1] - path.stress[-1]), 0.0, rtol=0, atol=REACHED * size
    )
    # and the means that the solver states are those of its fields
    fields = drive.fields[len(path) - 1]
    np.testing.assert_allclose(fields["stress"].mean(axis=(2, 3, 4)), drive.stress[-1], rtol=0, atol=1e-12 * size)
    fluctuation = fields["fluctuation strain"]
    np.testing.assert_allclose(fluctuation.mean(axis=(2, 3, 4)), 0.0, rtol=0, atol=1e-12 * np.abs(fluctuation).max())


STRAIN = np.array([[6e-3, 2e-3, -1e-3], [2e-3, -3e-3, 2.5e-3], [-1e-3, 2.5e-3, 4e-3]])
STRESS = np.array([[4e6, 1e6, -0.5e6], [1e6, -2e6, 0.8e6], [-0.5e6, 0.8e6, 1e6]])


@pytest.mark.parametrize("mask", MASKS, ids=lambda m: "".join("es"[not k] for k in m))
def test_every_pattern_linear(mask, elastic):
    path = small_path(mask, 0.1 * STRAIN, 0.1 * STRESS)
    drive = elastic.drive(path, fields="last", tangent=False)
    check_reached(elastic, path, drive)
    c = elastic.effective_stiffness()
    np.testing.assert_allclose(el.to_mandel(drive.stress[0]), c @ el.to_mandel(drive.strain[0]), rtol=0, atol=1e-2)


@pytest.mark.parametrize("mask", MASKS, ids=lambda m: "".join("es"[not k] for k in m))
def test_every_pattern_plastic(mask, plastic):
    path = small_path(mask, STRAIN, 5.0 * STRESS)
    drive = plastic.drive(path, fields="last", tangent=False)
    check_reached(plastic, path, drive)
    # the matrix has yielded: the answer is not the elastic one
    assert max(np.abs(v[6]).max() for v in drive.state.internal.values()) > 1e-4


@pytest.mark.parametrize("mask", MASKS, ids=lambda m: "".join("es"[not k] for k in m))
def test_every_pattern_finite(mask, rubber):
    gradient = np.eye(3) + 20 * STRAIN + np.array([[0, 0.05, 0], [-0.02, 0, 0.1], [0, 0, 0]])
    stress = 0.1 * STRESS
    strain, piola = np.full((3, 3), np.nan), np.full((3, 3), np.nan)
    for (i, j), held in zip(PAIRS, mask, strict=True):
        if held:
            strain[i, j], strain[j, i] = gradient[i, j], gradient[j, i]
        elif i == j:
            piola[i, j] = stress[i, j]
        else:
            # one shear of the pair stays prescribed, or the body could turn freely
            piola[i, j], strain[j, i] = stress[i, j], gradient[j, i]
    path = solids.LoadPath(strain[None], piola[None], np.ones(1))
    check_reached(rubber, path, rubber.drive(path, fields="last", tangent=False))


@pytest.mark.parametrize("boundary", ["kubc", "subc"])
@pytest.mark.parametrize("element", ["full", "reduced"])
@pytest.mark.parametrize("mask", [(True, False, False, False, False, True), (False,) * 6], ids=["mixed", "stress"])
def test_other_boundaries_reach_their_averages(mask, element, boundary):
    for shape in ((3, 4, 3), (5, 4)):
        rve = solids.RVE(random_cell(shape), {0: METAL, 1: STIFF}, boundary, element)
        path = small_path(mask, STRAIN, STRESS)
        drive = rve.drive(path, fields="last")
        if len(shape) == 3:
            check_reached(rve, path, drive)
        else:
            assert drive.converged.all()
            size = np.abs(drive.stress).max()
            np.testing.assert_allclose(drive.fields[0]["stress"].mean(axis=(2, 3)), drive.stress[0], atol=1e-12 * size)


def test_uniaxial_stress_gives_youngs_modulus(elastic):
    drive = elastic.drive(solids.LoadPath.proportional({"22": 1e-3}, factors=1))
    compliance = np.linalg.inv(elastic.effective_stiffness())
    assert drive.stress[0, 1, 1] == pytest.approx(1e-3 / compliance[1, 1], rel=1e-8)


def test_plane_strain_holds_the_third_direction():
    cell = random_cell((5, 4))
    rve = solids.RVE(cell, {0: METAL, 1: STIFF})
    held = {"33": 0.0, "13": 0.0, "23": 0.0}
    drive = rve.drive(solids.LoadPath.proportional({"11": 0.01, **held}, factors=2))
    assert drive.converged.all()
    assert not drive.strain[:, 2, :].any()
    assert np.abs(drive.stress[-1][[0, 1], [1, 1]]).max() < REACHED * drive.stress[-1, 0, 0]
    assert drive.stress[-1, 2, 2] > 0.2 * drive.stress[-1, 0, 0]


def test_section_and_extruded_cell_deform_alike():
    section = random_cell((4, 3), (1.0, 0.8))
    path = solids.LoadPath.proportional({"11": 0.01, "13": 0.002}, factors=2)
    found = []
    for cell in (section, solids.microstructure.extrude(section, 2, 0.3)):
        drive = solids.RVE(cell, {0: METAL, 1: STIFF}, tolerance=1e-10).drive(path)
        assert drive.converged.all()
        found.append(drive)
    flat, solid = found
    np.testing.assert_allclose(flat.strain, solid.strain, rtol=0, atol=1e-10)
    np.testing.assert_allclose(flat.stress, solid.stress, rtol=0, atol=1e-9 * np.abs(solid.stress).max())
    np.testing.assert_allclose(flat.tangent, solid.tangent, rtol=0, atol=1e-5 * np.abs(solid.tangent).max())


@pytest.mark.parametrize("boundary", ["periodic", "kubc", "subc"])
@pytest.mark.parametrize("element", ["full", "reduced"])
def test_stress_from_rest_costs_no_more_than_strain(element, boundary):
    # nothing is unbalanced at first but the mean stress: the forces must not be solved to the last digit
    rve = solids.RVE(random_cell((4, 3, 4)), {0: SOFT, 1: STIFF}, boundary, element)
    strained = rve.drive(solids.LoadPath.strains(1e-3 * STRAIN[None]), tangent=False)
    path = solids.LoadPath.proportional(stress={"11": 1e6}, factors=1)
    stressed = rve.drive(path, tangent=False)
    assert stressed.converged.all()
    assert stressed.linear_iterations[0] < 2 * strained.linear_iterations[0] + 20


def test_control_may_change_along_the_path():
    rve = solids.RVE(random_cell((3, 4, 3)), {0: VISCOELASTIC, 1: STIFF})
    strain, stress = np.full((3, 3, 3), np.nan), np.zeros((3, 3, 3))
    strain[:2, 0, 0], stress[:2, 0, 0] = [0.01, 0.02], np.nan
    drive = rve.drive(solids.LoadPath(strain, stress, np.array([0.1, 0.5, 2.0])))
    assert drive.converged.all()
    assert np.abs(drive.stress[2]).max() < REACHED * drive.stress[1, 0, 0]
    # what the arms have stored keeps the unloaded body from going back at once
    assert 0.0 < drive.strain[2, 0, 0] < 0.5 * drive.strain[1, 0, 0]
