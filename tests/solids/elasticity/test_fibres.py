from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.solids import elasticity as el

FIBRE = el.TransverseIsotropy(E_L=230.0, nu_LT=0.2, G_LT=22.0, k_T=12.0, G_TT=7.0)
MATRIX = el.TransverseIsotropy.isotropic(3.5, 0.35)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_stiffness_gives_the_constants_back(axis):
    c = el.engineering_constants(FIBRE.stiffness(axis))
    i, j = (k for k in range(3) if k != axis)
    assert c.youngs_moduli[axis] == pytest.approx(FIBRE.E_L)
    assert c.youngs_moduli[i] == pytest.approx(FIBRE.E_T)
    assert c.poisson_ratios[axis, i] == pytest.approx(FIBRE.nu_LT)
    assert c.poisson_ratios[i, j] == pytest.approx(FIBRE.nu_TT)
    assert c.shear_moduli[axis, i] == pytest.approx(FIBRE.G_LT)
    assert c.shear_moduli[i, j] == pytest.approx(FIBRE.G_TT)


@given(st.floats(0.01, 100.0), st.floats(-0.9, 0.49))
@settings(max_examples=50, deadline=None)
def test_isotropic_constants_make_an_isotropic_stiffness(e, nu):
    m = el.TransverseIsotropy.isotropic(e, nu)
    np.testing.assert_allclose(
        m.stiffness(), el.isotropic_stiffness(*el.bulk_and_shear(e, nu)), rtol=1e-9, atol=1e-9 * e
    )
    assert (m.E_T, m.nu_TT) == pytest.approx((e, nu))


@given(st.floats(0.01, 10.0), st.floats(-3.0, 3.0), st.floats(0.01, 10.0))
def test_any_poisson_ratio_leaves_the_stiffness_positive_definite(e, nu, k):
    assert np.linalg.eigvalsh(el.TransverseIsotropy(e, nu, 1.0, k, 1.0).stiffness())[0] > 0.0


@pytest.mark.parametrize(("fraction", "alone"), [(0.0, MATRIX), (1.0, FIBRE)])
def test_assemblage_ends_in_its_constituents(fraction, alone):
    cca = el.composite_cylinders(FIBRE, MATRIX, fraction)
    values = (cca.E_L, cca.nu_LT, cca.G_LT, cca.k_T, *cca.G_TT)
    assert values == pytest.approx((alone.E_L, alone.nu_LT, alone.G_LT, alone.k_T, alone.G_TT, alone.G_TT))


@given(st.floats(0.02, 0.98))
@settings(max_examples=40, deadline=None)
def test_axial_shear_and_bulk_are_the_bound_that_the_matrix_sets(fraction):
    cca = el.composite_cylinders(FIBRE, MATRIX, fraction)
    c = (1 - fraction, fraction)
    shear = el.hashin_shtrikman_conductivity((MATRIX.G_LT, FIBRE.G_LT), c, dimension=2)
    plane = el.hashin_shtrikman_plane((MATRIX.k_T, FIBRE.k_T), (MATRIX.G_TT, FIBRE.G_TT), c)
    assert pytest.approx(shear[0]) == cca.G_LT
    assert cca.k_T == pytest.approx(plane.bulk_modulus[0])
    assert cca.G_TT[0] <= cca.G_TT[1]
    assert cca.E_T[0] <= cca.E_T[1]
    # Hill 1964: different Poisson's ratios can only stiffen the composite beyond the rule of mixtures.
    assert c[0] * MATRIX.E_L + c[1] * FIBRE.E_L <= cca.E_L


@given(st.floats(0.02, 0.98))
@settings(max_examples=40, deadline=None)
def test_hill_universal_connections(fraction):
    # Hill 1964: of any fibre composite of two phases, k, nu and E_L follow from one another.
    cca = el.composite_cylinders(FIBRE, MATRIX, fraction)
    c = (1 - fraction, fraction)
    slope = (FIBRE.nu_LT - MATRIX.nu_LT) / (1 / FIBRE.k_T - 1 / MATRIX.k_T)
    gap = 1 / cca.k_T - c[0] / MATRIX.k_T - c[1] / FIBRE.k_T
    assert cca.nu_LT - c[0] * MATRIX.nu_LT - c[1] * FIBRE.nu_LT == pytest.approx(slope * gap, rel=1e-9)
    assert cca.E_L - c[0] * MATRIX.E_L - c[1] * FIBRE.E_L == pytest.approx(-4 * slope**2 * gap, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: el.composite_cylinders(FIBRE, MATRIX, 1.2), "fibre fraction"),
        (lambda: el.TransverseIsotropy(-1.0, 0.2, 1.0, 1.0, 1.0), "E_L"),
        (lambda: el.TransverseIsotropy(1.0, float("nan"), 1.0, 1.0, 1.0), "nu_LT"),
        (lambda: FIBRE.stiffness(3), "axis"),
    ],
)
def test_impossible_constants_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
