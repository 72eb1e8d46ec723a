"""Statistical errors: formulas against samples drawn at random, blocks against known correlation."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids.transport import (
    FluidState,
    Measured,
    block_mean,
    density_error,
    pressure_error,
    samples_needed,
    stress_error,
    temperature_error,
    velocity_error,
    velocity_memory,
)

GAS = FluidState(temperature=1.3, mass=2.0, density=0.5, sound_speed=np.sqrt(5 / 3 * 1.3 / 2.0), pressure=0.65)


def ideal_gas(samples=4000, atoms=200):
    rng = np.random.default_rng(0)
    counts = rng.poisson(atoms, samples)
    velocities = [rng.normal(0.0, np.sqrt(1.3 / 2.0), (n, 3)) for n in counts]
    return counts, velocities


def test_velocity_error_is_that_of_an_ideal_gas():
    _, velocities = ideal_gas()
    spread = np.std([v[:, 0].mean() for v in velocities])
    assert spread == pytest.approx(velocity_error(GAS, 200, 1), rel=0.03)


def test_density_error_is_poissons():
    counts, _ = ideal_gas()
    assert counts.std() / 200 == pytest.approx(density_error(GAS, 200, 1), rel=0.03)


def test_temperature_error_is_that_of_an_ideal_gas():
    _, velocities = ideal_gas()
    warmth = [2.0 * np.mean(v**2) for v in velocities]
    assert np.std(warmth) / 1.3 == pytest.approx(temperature_error(GAS, 200, 1), rel=0.03)


def test_pressure_error_of_an_ideal_gas():
    assert pressure_error(GAS, 100, 1) == pytest.approx(np.sqrt(5 / 3) / 10)


def test_samples_needed_bring_the_error_asked_for():
    samples = samples_needed(GAS, 300, 0.01)
    assert velocity_error(GAS, 300, samples) <= 0.01 < velocity_error(GAS, 300, samples - 1)


def test_blocks_see_through_correlation():
    rng, keep, n = np.random.default_rng(1), 0.95, 2**16
    noise, x = rng.normal(size=n), np.zeros(n)
    for i in range(1, n):
        x[i] = keep * x[i - 1] + noise[i]
    true = np.sqrt(1.0 / (1.0 - keep) ** 2 / n)
    assert block_mean(x).error == pytest.approx(true, rel=0.35)
    assert block_mean(x).error > 3.0 * x.std() / np.sqrt(n)


def test_measured_agrees_within_two_errors():
    assert Measured(1.0, 0.1).agrees(1.19)
    assert not Measured(1.0, 0.1).agrees(1.21)
    assert Measured(1.0, 0.1).agrees(1.25, 0.1)


def test_scales_of_the_reference_case():
    assert velocity_memory(2.213, 0.81, 1.0, 2.0) == pytest.approx(0.1483, rel=1e-3)
    assert stress_error(1.1, 2.2, 1000.0, 500.0) == pytest.approx(np.sqrt(2 * 1.1 * 2.2 / 5e5))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: velocity_error(GAS, 0, 1),
        lambda: samples_needed(GAS, 100, 0.0),
        lambda: stress_error(1.0, 1.0, -1.0, 1.0),
        lambda: pressure_error(FluidState(1.0), 10, 1),
        lambda: block_mean([1.0, 2.0]),
        lambda: block_mean([np.nan] * 50),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InputError):
        wrong()
