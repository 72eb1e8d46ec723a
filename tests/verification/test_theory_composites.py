"""Closed forms of elasticity against reference values quoted to all their digits."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.solids import elasticity as el


def phase(youngs_modulus: float, poisson_ratio: float) -> np.ndarray:
    return el.isotropic_stiffness(*el.bulk_and_shear(youngs_modulus, poisson_ratio))


def test_laminate_of_equal_layers():
    c = el.stiffness_to_voigt(el.laminate_stiffness([phase(1, 0.3), phase(10, 0.3)], [0.5, 0.5]))
    expected = np.zeros((6, 6))
    expected[0, 0] = 2.4475524476
    expected[1, 1] = expected[2, 2] = 6.4935064935
    expected[0, 1] = expected[0, 2] = expected[1, 0] = expected[2, 0] = 1.0489510490
    expected[1, 2] = expected[2, 1] = 2.2627372627
    expected[3, 3] = 2.1153846154
    expected[4, 4] = expected[5, 5] = 0.6993006993
    np.testing.assert_allclose(c, expected, rtol=0, atol=6e-11)


def test_laminate_of_strong_contrast():
    c = el.stiffness_to_voigt(el.laminate_stiffness([phase(1, 0.45), phase(1000, 0.1)], [0.75, 0.25]))
    found = [c[0, 0], c[1, 1], c[0, 1], c[1, 2], c[3, 3], c[5, 5]]
    expected = [5.0512265807, 255.5438271359, 3.2399281603, 27.7538584839, 113.8949843260, 0.4596538806]
    np.testing.assert_allclose(found, expected, rtol=0, atol=6e-11)


def test_composite_cylinders_of_boron_and_aluminium():
    # Constants of Sun and Vaidya 1996; values of the closed form.
    fibre, matrix = el.TransverseIsotropy.isotropic(379.3, 0.1), el.TransverseIsotropy.isotropic(68.3, 0.3)
    cca = el.composite_cylinders(fibre, matrix, 0.47)
    assert pytest.approx(215.306, abs=5e-4) == cca.E_L
    assert pytest.approx(54.030, abs=5e-4) == cca.G_LT
    assert cca.nu_LT == pytest.approx(0.19494, abs=5e-6)
    # Full-field values of a hexagonal arrangement, which is transversely isotropic, lie between the bounds.
    assert cca.G_TT[0] < 50.85 < cca.G_TT[1]
    assert cca.E_T[0] < 133.37 < cca.E_T[1]


def test_spheres_of_contrast_ten():
    moduli = np.array([el.bulk_and_shear(1.0, 0.3), el.bulk_and_shear(10.0, 0.3)]).T
    c = (0.8, 0.2)
    bounds = el.hashin_shtrikman(*moduli, c)
    assert el.mori_tanaka_spheres(*moduli, c) == pytest.approx((1.1082024433, 0.5409429280), abs=6e-11)
    assert bounds.bulk_modulus == pytest.approx((1.1082024433, 1.5809217578), abs=6e-11)
    assert bounds.shear_modulus == pytest.approx((0.5409429280, 0.8173076923), abs=6e-11)
    assert el.dilute_spheres(*moduli, c) == pytest.approx((1.0615942029, 0.5155925156), abs=6e-11)


def test_self_consistent_void_percolates_at_one_half():
    # Hill 1965, Budiansky 1965: with pores and nu = 0.2 the moduli fall as 1 - 2 c.
    moduli = el.bulk_and_shear(1.0, 0.2)
    pore = 1e-9
    for c in (0.1, 0.3, 0.45):
        found = el.self_consistent_spheres((moduli[0], pore), (moduli[1], pore), (1 - c, c))
        assert found == pytest.approx(((1 - 2 * c) * moduli[0], (1 - 2 * c) * moduli[1]), rel=1e-6)
