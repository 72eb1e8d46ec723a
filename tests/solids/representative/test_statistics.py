from __future__ import annotations

import math

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.solids.representative import mean_interval


def test_student_interval_of_a_known_sample():
    # Quantile 2.776 of Student's t with four degrees of freedom.
    found = mean_interval([1.0, 2.0, 3.0, 4.0, 5.0], 0.95)
    assert (found.count, found.mean) == (5, 3.0)
    assert found.deviation == pytest.approx(math.sqrt(2.5))
    assert found.half_width == pytest.approx(2.7764451052 * math.sqrt(0.5))
    assert (found.lower, found.upper) == pytest.approx((3.0 - found.half_width, 3.0 + found.half_width))


@pytest.mark.parametrize("count", [2, 3, 10])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_intervals_cover_as_often_as_they_say(count, confidence):
    repetitions = 1500
    samples = np.random.default_rng(11).normal(5.0, 2.0, size=(repetitions, count))
    intervals = [mean_interval(sample, confidence) for sample in samples]
    covered = sum(x.lower <= 5.0 <= x.upper for x in intervals) / repetitions
    # Three standard deviations of the binomial count.
    assert abs(covered - confidence) < 3 * math.sqrt(confidence * (1 - confidence) / repetitions)


def test_failed_realisations_are_left_out():
    assert mean_interval([1.0, math.nan, 3.0]).mean == 2.0


@pytest.mark.parametrize(("sample", "mean"), [([], math.nan), ([math.nan], math.nan), ([4.0], 4.0)])
def test_too_few_realisations_have_no_interval(sample, mean):
    found = mean_interval(sample)
    assert not found.known
    assert math.isnan(found.half_width)
    np.testing.assert_equal(found.mean, mean)


@pytest.mark.parametrize(("sample", "confidence"), [([1.0, 2.0], 1.0), ([1.0, 2.0], 0.0), ([[1.0]], 0.95)])
def test_wrong_input_is_refused(sample, confidence):
    with pytest.raises(InputError):
        mean_interval(sample, confidence)
