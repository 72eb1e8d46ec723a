from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.solids.export import plastic_table

MODULUS = 200e9


def bilinear(yield_stress: float, slope: float, strain: np.ndarray) -> np.ndarray:
    """Uniaxial J2 response with linear hardening: tangent E H / (E + H) beyond yield."""
    onset = yield_stress / MODULUS
    return np.where(
        strain < onset, MODULUS * strain, yield_stress + MODULUS * slope / (MODULUS + slope) * (strain - onset)
    )


@settings(deadline=None)
@given(st.floats(50e6, 500e6), st.floats(1e8, 2e10))
def test_linear_hardening_comes_back(yield_stress, slope):
    strain = np.union1d(np.linspace(0, 0.02, 41), [yield_stress / MODULUS])
    table = plastic_table(strain, bilinear(yield_stress, slope, strain), youngs_modulus=MODULUS)
    stress, plastic = table.T
    assert plastic[0] == 0
    np.testing.assert_allclose(stress[1:], yield_stress + slope * plastic[1:], rtol=1e-9)
    assert stress[0] == pytest.approx(yield_stress, rel=1e-2)


def test_table_and_elasticity_give_the_curve_again():
    strain = np.linspace(0, 0.02, 30)
    stress = bilinear(250e6, 5e9, strain)
    table = plastic_table(strain, stress, youngs_modulus=MODULUS)
    again = table[:, 1] + table[:, 0] / MODULUS
    np.testing.assert_allclose(again, strain[-len(table) :], rtol=1e-12)


@pytest.mark.parametrize(
    ("strain", "stress", "message"),
    [
        ([0.0, 1e-3], [0.0, 200e6], "does not yield"),
        ([0.0, 1e-2, 2e-2], [0.0, 200e6, 210e6], "smaller increments"),
        ([0.0, 1e-3, 1e-2, 2e-2], [0.0, 200e6, 250e6, 240e6], "softening"),
        ([0.0, 1e-3], [0.0], "equally long"),
        ([0.0, np.nan], [0.0, 1.0], "finite"),
    ],
)
def test_bad_curves_are_told(strain, stress, message):
    with pytest.raises(InputError, match=message):
        plastic_table(strain, stress, youngs_modulus=MODULUS)


def test_modulus_must_be_positive():
    with pytest.raises(InputError, match="Young's modulus"):
        plastic_table([0.0, 1e-2], [0.0, 1e8], youngs_modulus=0.0)
