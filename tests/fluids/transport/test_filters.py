"""Filters: what they leave of the noise and take from the signal, against signals that are known."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids.hybrid import StartUpCouette
from scalebridge.fluids.transport import moving_average, pod_filter

NOISE = 0.03
HEIGHTS = np.arange(20) + 0.5
COUETTE = StartUpCouette(50.0, 1.0, 2.7)
FLOW = np.array([COUETTE.mean(HEIGHTS, 25.0 * k, 25.0 * (k + 1)) for k in range(32)])


def noisy(seed):
    return FLOW + NOISE * np.random.default_rng(seed).standard_normal(FLOW.shape)


def rms(x):
    return float(np.sqrt(np.mean(np.square(x))))


@pytest.mark.parametrize("apply", [lambda y: pod_filter(y, NOISE), lambda y: moving_average(y, NOISE, 5)])
def test_noise_falls_by_what_is_told(apply):
    found = [apply(noisy(seed)) for seed in range(60)]
    left = rms([f.values - np.mean([g.values for g in found], axis=0) for f in found])
    assert left == pytest.approx(np.mean([f.noise for f in found]), rel=0.1)
    assert left < 0.55 * NOISE


def test_as_many_modes_are_kept_as_stand_out():
    assert {pod_filter(noisy(seed), NOISE).modes for seed in range(20)} <= {1, 2}
    assert pod_filter(NOISE * np.random.default_rng(0).standard_normal((32, 20)), NOISE).modes == 0
    two = np.outer(np.sin(np.arange(32)), HEIGHTS) + np.outer(np.cos(np.arange(32)), HEIGHTS**2)
    assert pod_filter(two, NOISE).modes == 2
    np.testing.assert_allclose(pod_filter(two, NOISE).values, two, atol=1e-10)


def test_a_bias_that_is_there_is_found():
    """A wave that five times blur, and a second mode that is cut off on purpose."""
    wave = 0.3 * np.outer(np.sin(2.0 * np.pi * np.arange(64) / 8.0), np.ones(20))
    y = wave + NOISE * np.random.default_rng(3).standard_normal(wave.shape)
    blurred = moving_average(y, NOISE, 5)
    exact = rms(moving_average(wave, NOISE, 5).values - wave)
    assert blurred.bias == pytest.approx(exact, rel=0.05)
    assert exact <= blurred.bias_bound <= 1.1 * exact
    two = wave + 0.1 * np.outer(np.cos(np.arange(64)), np.cos(HEIGHTS))
    cut = pod_filter(two + NOISE * np.random.default_rng(4).standard_normal(two.shape), NOISE, modes=1)
    assert cut.bias == pytest.approx(0.05, rel=0.1)


def test_no_bias_is_told_where_there_is_none():
    found = [pod_filter(noisy(seed), NOISE) for seed in range(40)]
    assert np.mean([f.bias for f in found]) < 0.5 * NOISE
    within = [rms(f.values - FLOW) <= np.hypot(f.noise, f.bias_bound) * 1.15 for f in found]
    assert np.mean(within) > 0.9


def test_noise_may_differ_from_place_to_place():
    sigma = np.linspace(0.01, 0.05, 20)
    y = FLOW + sigma * np.random.default_rng(5).standard_normal(FLOW.shape)
    by_place, by_mean = (rms((pod_filter(y, s).values - FLOW) / sigma) for s in (sigma, rms(sigma)))
    assert by_place < 1.05 * by_mean


def test_one_time_is_its_own_average():
    found = moving_average(noisy(0), NOISE, 1)
    np.testing.assert_array_equal(found.values, noisy(0))
    assert (found.noise, found.bias) == (pytest.approx(NOISE), 0.0)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: moving_average(FLOW, NOISE, 4), "width is 4"),
        (lambda: moving_average(FLOW, NOISE, 99), "width is 99"),
        (lambda: moving_average(FLOW[0], NOISE, 3), "shape"),
        (lambda: pod_filter(FLOW, -1.0), "noise"),
        (lambda: pod_filter(FLOW, np.ones(3)), "noise has shape"),
        (lambda: pod_filter(FLOW * np.nan, NOISE), "finite"),
        (lambda: pod_filter(FLOW, NOISE, modes=21), "modes is 21"),
    ],
)
def test_what_cannot_be_filtered_is_refused(call, says):
    with pytest.raises(InputError, match=says):
        call()
