"""Effective elasticity against exact laminates, two independent voxel codes, published fibre composites and bounds.

Values named FANS were computed with FANS 0.6.2 (doi 10.1007/s00466-017-1501-5) on the same voxels with the same
elements; for the sphere, muGrid 1.6.1 gives the same C11 to 11 digits and C12 to 5e-9.
"""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids import elasticity as el
from scalebridge.solids.microstructure import centred_sphere, hexagonal_fibres, laminate, square_fibres

pytestmark = pytest.mark.verify

SOFT, STIFF = solids.LinearElastic.isotropic(1.0, 0.3), solids.LinearElastic.isotropic(10.0, 0.3)


@pytest.mark.parametrize("element", ["full", "reduced"])
@pytest.mark.parametrize("n", [2, 6, 16])
def test_laminate_of_equal_layers(n, element):
    cell = laminate([0.5, 0.5], shape=(n, 3, 4), size=(1.0, 1.0, 2.0))
    c = el.stiffness_to_voigt(solids.RVE(cell, {0: SOFT, 1: STIFF}, element=element).effective_stiffness())
    found = [c[0, 0], c[1, 1], c[2, 2], c[0, 1], c[1, 2], c[3, 3], c[4, 4], c[5, 5]]
    exact = [2.4475524476, 6.4935064935, 6.4935064935, 1.0489510490, 2.2627372627, 2.1153846154, 0.6993006993]
    np.testing.assert_allclose(found, [*exact, exact[-1]], rtol=0, atol=6e-11)


@pytest.mark.parametrize("element", ["full", "reduced"])
@pytest.mark.parametrize("n", [4, 20])
def test_laminate_of_strong_contrast(n, element):
    soft, stiff = solids.LinearElastic.isotropic(1.0, 0.45), solids.LinearElastic.isotropic(1000.0, 0.1)
    cell = laminate([0.75, 0.25], shape=(n, 3, 4), size=(1.0, 1.0, 2.0))
    c = el.stiffness_to_voigt(solids.RVE(cell, {0: soft, 1: stiff}, element=element).effective_stiffness())
    found = [c[0, 0], c[1, 1], c[0, 1], c[1, 2], c[3, 3], c[5, 5]]
    exact = [5.0512265807, 255.5438271359, 3.2399281603, 27.7538584839, 113.8949843260, 0.4596538806]
    np.testing.assert_allclose(found, exact, rtol=1e-10, atol=6e-11)


SPHERES = {
    ("full", 32): (1.498388976, 0.623272664),
    ("full", 64): (1.495317527, 0.623675996),
    ("reduced", 64): (1.491842569, 0.623121004),
}


@pytest.mark.parametrize(("element", "n"), SPHERES)
def test_sphere_agrees_with_two_codes(element, n):
    cell = centred_sphere(0.25, voxels=n, sampling="node")
    assert np.count_nonzero(cell.phase) == {32: 2103, 64: 17071}[n]
    c = solids.RVE(cell, {0: SOFT, 1: STIFF}, element=element).effective_stiffness()
    print(f"sphere {element} {n}: C11 {c[0, 0]:.10f} C12 {c[0, 1]:.10f}")
    assert c[0, 0] == pytest.approx(SPHERES[element, n][0], abs=1e-9)
    assert c[0, 1] == pytest.approx(SPHERES[element, n][1], rel=1e-8)


BORON, ALUMINIUM = solids.LinearElastic.isotropic(379.3, 0.1), solids.LinearElastic.isotropic(68.3, 0.3)
# E along the fibre, E across, G along, G across, nu along, nu across
FIBRES = {
    "square": (square_fibres, 256, (215.36, 144.13, 54.43, 45.85, 0.1945, 0.2546)),
    "hexagonal": (hexagonal_fibres, (256, 444), (215.30, 133.37, 54.14, 50.85, 0.1948, 0.3089)),
}


@pytest.mark.parametrize("name", FIBRES)
def test_boron_fibres_in_aluminium(name):
    # inputs of Sun and Vaidya 1996, doi 10.1016/0266-3538(95)00141-7; values of FANS on fine grids
    make, voxels, expected = FIBRES[name]
    cell = make(0.47, diameter=1.0, voxels=voxels)
    assert cell.volume_fractions()[1] == pytest.approx(0.47, abs=3e-4)
    s = np.linalg.inv(solids.RVE(cell, {0: ALUMINIUM, 1: BORON}).effective_stiffness())
    # the fibre lies along x3; shear entries are 1/(2 G) in Mandel notation
    found = [1 / s[2, 2], 1 / s[0, 0], 0.5 / s[4, 4], 0.5 / s[5, 5], -s[0, 2] / s[2, 2], -s[1, 0] / s[0, 0]]
    print(f"{name}: V_f {cell.volume_fractions()[1]:.5f}", np.round(found, 4))
    np.testing.assert_allclose(found, expected, rtol=3e-3)
    cylinders = el.composite_cylinders(
        el.TransverseIsotropy.isotropic(379.3, 0.1), el.TransverseIsotropy.isotropic(68.3, 0.3), 0.47
    )
    np.testing.assert_allclose(found[0], cylinders.E_L, rtol=1e-3)
    np.testing.assert_allclose(found[4], cylinders.nu_LT, rtol=3e-3)
    if name == "hexagonal":
        np.testing.assert_allclose(found[2], cylinders.G_LT, rtol=3e-3)
        assert cylinders.G_TT[0] < found[3] < cylinders.G_TT[1]


def test_hexagonal_cell_in_plane_strain():
    # inputs of comet-fenicsx, tour "periodic homogenization"; values of FANS on this grid
    radius = 0.2
    cell = hexagonal_fibres(2 * np.pi * radius**2 / np.sqrt(3), diameter=2 * radius, voxels=(256, 444))
    laws = {0: solids.LinearElastic.isotropic(50e3, 0.2), 1: solids.LinearElastic.isotropic(210e3, 0.3)}
    c = el.stiffness_to_voigt(solids.RVE(cell, laws).effective_stiffness())
    found = [c[0, 0], c[0, 1], c[5, 5]]
    print("plane strain:", found, "C2222", c[1, 1])
    np.testing.assert_allclose(found, [65_615, 17_448, 24_073], rtol=1e-3)
    # transversely isotropic up to the voxels
    assert c[5, 5] == pytest.approx(0.5 * (c[0, 0] - c[0, 1]), rel=5e-4)
    assert c[1, 1] == pytest.approx(c[0, 0], rel=5e-4)


@pytest.mark.parametrize("element", ["full", "reduced"])
def test_sphere_lies_between_hashin_shtrikman_bounds(element):
    cell = centred_sphere((0.6 / (4 * np.pi)) ** (1 / 3), voxels=48)
    share = cell.volume_fractions()[1]
    assert share == pytest.approx(0.2, abs=2e-3)
    c = solids.RVE(cell, {0: SOFT, 1: STIFF}, element=element).effective_stiffness()
    moduli = np.array([el.bulk_and_shear(1.0, 0.3), el.bulk_and_shear(10.0, 0.3)]).T
    bounds = el.hashin_shtrikman(*moduli, (1 - share, share))
    bulk, shear = el.bulk_and_shear(*el.youngs_and_poisson(*_projected(c)))
    print(f"{element}: K {bulk:.6f} in {bounds.bulk_modulus}, G {shear:.6f} in {bounds.shear_modulus}")
    assert bounds.bulk_modulus[0] < bulk < bounds.bulk_modulus[1]
    assert bounds.shear_modulus[0] < shear < bounds.shear_modulus[1]
    # stiff spheres in a soft matrix: close to the lower bound, which coated spheres attain
    assert bulk < 1.03 * bounds.bulk_modulus[0]


def _projected(c):
    bulk = c[:3, :3].sum() / 9
    shear = (np.trace(c) - 3 * bulk) / 10
    return bulk, shear
