from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.solids.representative import fit_variance_law, point_variance

VOLUMES = np.array([1.0, 4.0, 16.0, 64.0])
COUNTS = np.array([30, 20, 15, 10])


def sample_variances(rng: np.random.Generator, alpha: float = 1.0, product: float = 3.0) -> np.ndarray:
    variances = product * VOLUMES**-alpha
    return np.array([np.var(rng.normal(0, math.sqrt(v), n), ddof=1) for v, n in zip(variances, COUNTS, strict=True)])


@given(st.floats(0.0, 1.0), st.floats(-10, 10), st.floats(-10, 10))
def test_point_variance_of_two_phases(c, a, b):
    assert point_variance([a, b], [c, 1 - c]) == pytest.approx(c * (1 - c) * (a - b) ** 2, abs=1e-12)


def test_point_variance_of_a_field_is_that_of_its_phases():
    phase = np.random.default_rng(0).integers(0, 3, size=(16, 16))
    values = np.array([1.0, 5.0, 7.0])
    fractions = np.bincount(phase.ravel()) / phase.size
    assert point_variance(values[phase]) == pytest.approx(point_variance(values, fractions))


@pytest.mark.parametrize(
    ("values", "weights"), [([], None), ([math.nan], None), ([1, 2], [0.5, 0.6]), ([1, 2], [1.5, -0.5]), ([1, 2], [1])]
)
def test_impossible_fields_are_refused(values, weights):
    with pytest.raises(InputError):
        point_variance(values, weights)


def test_exact_variances_give_the_law_back():
    law = fit_variance_law(VOLUMES, 3.0 / VOLUMES, COUNTS, point_variance=2.0)
    assert law.product == pytest.approx(3.0)
    assert law.integral_range == pytest.approx(1.5)
    assert law.variance(6.0) == pytest.approx(0.5)
    assert law.exponent == pytest.approx(1.0, abs=1e-6)
    assert law.p_value == pytest.approx(1.0, abs=1e-4)
    assert law.degrees_of_freedom == COUNTS.sum() - 4


def test_generalised_law_gives_its_exponent_and_range_back():
    # D^2 = D_Z^2 (A / V)^0.6 with D_Z^2 = 2, A = 1.7, in units of length where volumes are tiny.
    volumes = VOLUMES * 1e-18
    law = fit_variance_law(volumes, 2.0 * (1.7e-18 / volumes) ** 0.6, COUNTS, point_variance=2.0)
    assert law.exponent == pytest.approx(0.6, abs=1e-5)
    assert law.generalised_range == pytest.approx(1.7e-18, rel=1e-4)
    assert law.p_value < 1e-3


def test_intervals_cover_the_planted_law_as_often_as_they_say():
    rng = np.random.default_rng(5)
    repetitions = 600
    laws = [fit_variance_law(VOLUMES, sample_variances(rng), COUNTS) for _ in range(repetitions)]
    noise = 3 * math.sqrt(0.95 * 0.05 / repetitions)
    product = np.mean([x.product_interval[0] <= 3.0 <= x.product_interval[1] for x in laws])
    exponent = np.mean([x.exponent_interval[0] <= 1.0 <= x.exponent_interval[1] for x in laws])
    rejected = np.mean([x.p_value < 0.05 for x in laws])
    assert abs(product - 0.95) < noise
    assert abs(exponent - 0.95) < noise
    assert abs(rejected - 0.05) < noise


def test_another_exponent_is_found_out():
    rng = np.random.default_rng(6)
    laws = [fit_variance_law(VOLUMES, sample_variances(rng, alpha=0.6), COUNTS) for _ in range(100)]
    assert np.mean([x.p_value < 0.05 for x in laws]) > 0.9
    assert np.mean([x.exponent for x in laws]) == pytest.approx(0.6, abs=0.03)


def test_sizes_with_one_realisation_are_left_out():
    law = fit_variance_law([1.0, 2.0], [3.0, math.nan], [10, 1], point_variance=1.0)
    assert law.product == pytest.approx(3.0)
    assert math.isnan(law.exponent)


def test_no_scatter_is_a_law_too():
    law = fit_variance_law([1.0, 2.0], [0.0, 0.0], [5, 5], point_variance=0.0)
    assert (law.product, law.product_interval) == (0.0, (0.0, 0.0))
    assert math.isnan(law.integral_range)
    assert math.isnan(law.exponent)
    assert math.isnan(law.generalised_range)


@pytest.mark.parametrize(
    "arguments", [([1.0], [1.0], [1]), ([1.0], [1.0, 2.0], [3]), ([-1.0], [1.0], [3]), ([1.0], [math.nan], [3])]
)
def test_nothing_to_fit_is_refused(arguments):
    with pytest.raises(InputError):
        fit_variance_law(*arguments)
