from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scalebridge.errors import InputError
from scalebridge.solids.microstructure import Microstructure, laminate, random_fibres, voronoi_mosaic


@settings(deadline=None)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 1)))
def test_equals_counting_pairs(phase):
    correlation = Microstructure(phase, (1.0, 1.0)).two_point_correlation(int(phase[0, 0]))
    inside = phase == phase[0, 0]
    for shift in np.ndindex(phase.shape):
        expected = np.mean(inside & np.roll(inside, shift, axis=(0, 1)))
        assert correlation.values[shift] == pytest.approx(expected, abs=1e-14)


def test_starts_at_the_fraction_and_sums_to_its_square():
    cell = random_fibres(0.5, count=30, diameter=7e-6, voxels=64, rng=np.random.SeedSequence(1))
    correlation = cell.two_point_correlation(1)
    fraction = cell.volume_fractions()[1]
    assert correlation.values[0, 0] == fraction
    assert correlation.radial[0] == fraction
    assert correlation.values.mean() == pytest.approx(fraction**2, rel=1e-12)


def test_laminate_gives_the_triangular_wave():
    cell = laminate([0.25, 0.75], shape=(16, 4), size=(1.0, 0.25))
    along = cell.two_point_correlation(0).values[:, 0]
    shift = np.minimum(np.arange(16), 16 - np.arange(16)) / 16
    np.testing.assert_allclose(along, np.maximum(0.25 - shift, 0.0), atol=1e-15)


def test_radial_average_uses_lengths_not_voxels():
    cell = laminate([0.5, 0.5], shape=(8, 4), size=(1.0, 1.0))
    correlation = cell.two_point_correlation(0)
    assert correlation.distance[0] == 0
    assert np.all(np.diff(correlation.distance) > 0)
    assert correlation.distance[-1] <= 0.5


def test_falls_to_the_square_of_the_fraction_far_away():
    seeds = np.random.SeedSequence(7).spawn(20)
    far = []
    for seed in seeds:
        cell = random_fibres(0.55, count=80, diameter=1.0, voxels=96, rng=seed)
        correlation = cell.two_point_correlation(1)
        far.append(correlation.radial[correlation.distance > 3.0].mean() / correlation.fraction**2)
    assert np.mean(far) == pytest.approx(1.0, abs=0.01)


def test_random_fibres_are_isotropic_within_their_scatter():
    lag, differences = 6, []
    for seed in np.random.SeedSequence(3).spawn(40):
        values = random_fibres(0.5, count=40, diameter=1.0, voxels=64, rng=seed).two_point_correlation(1).values
        differences.append(values[lag, 0] - values[0, lag])
    error = np.std(differences, ddof=1) / np.sqrt(len(differences))
    assert abs(np.mean(differences)) < 3 * error
    assert error < 0.01


def test_integral_range_of_independent_voxels_is_one_voxel():
    rng = np.random.default_rng(5)
    found = [
        Microstructure((rng.random((64, 64)) < 0.3).astype(int), (32.0, 32.0)).two_point_correlation(1).integral_range()
        for _ in range(20)
    ]
    assert np.mean(found) == pytest.approx(0.25, abs=4 * np.std(found) / np.sqrt(20))
    assert np.std(found) < 0.05


def test_integral_range_scales_with_the_unit_of_length():
    rng = np.random.SeedSequence(4)
    cell = voronoi_mosaic(200, 0.4, shape=(96, 96), size=(1.0, 1.0), rng=rng)
    tiny = Microstructure(cell.phase, (1e-6, 1e-6))
    one = cell.two_point_correlation(1).integral_range()
    assert tiny.two_point_correlation(1).integral_range() == pytest.approx(1e-12 * one, rel=1e-9)
    # Both phases of a two-phase medium have the same covariance.
    assert cell.two_point_correlation(0).integral_range() == pytest.approx(one, rel=1e-9)


def test_errors():
    cell = laminate([0.5, 0.5], shape=(8, 8), size=(1.0, 1.0))
    with pytest.raises(InputError, match=r"Phase 5 does not occur.*0, 1"):
        cell.two_point_correlation(5)
    with pytest.raises(InputError, match="fills the whole cell"):
        Microstructure(np.zeros((4, 4), int), (1.0, 1.0)).two_point_correlation(0).integral_range()
    with pytest.raises(InputError, match="larger cell"):
        cell.two_point_correlation(0).integral_range()
    with pytest.raises(InputError, match="larger cell"):
        cell.two_point_correlation(0).integral_range(reach=0.9)


@pytest.mark.verify
def test_integral_range_of_the_voronoi_mosaic_from_the_covariance():
    """Unit mean cell: 1.280 (Gilbert 1962)."""
    found = [
        voronoi_mosaic(800, 0.3, shape=(192, 192), size=(800**0.5, 800**0.5), rng=seed)
        .two_point_correlation(1)
        .integral_range()
        for seed in np.random.SeedSequence(11).spawn(200)
    ]
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert error < 0.03
    assert np.mean(found) == pytest.approx(1.280, abs=3 * error)
