"""The integral range of a microstructure for which it is known, through the whole of an RVE study."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from scalebridge.solids.representative import Apparent, ApparentModel, rve_study

FRACTION = 0.3
GRAIN = 1e-5


@dataclass(frozen=True)
class Mosaic:
    """Grains of a periodic Poisson-Voronoi tessellation, each in phase 1 with the same chance."""

    phase: np.ndarray
    size: tuple[float, float]
    orientations: dict[int, Any] = field(default_factory=dict)
    ndim: int = 2

    def volume_fractions(self):
        c = float(np.mean(self.phase))
        return {0: 1.0 - c, 1: c}

    def two_point_correlation(self, phase):
        spectrum = np.fft.fft2(self.phase == phase)
        covariance = np.fft.ifft2(np.abs(spectrum) ** 2).real / self.phase.size
        half = self.phase.shape[0] // 2
        return Radial(
            np.arange(half) * self.size[0] / len(self.phase), covariance[0, :half], self.volume_fractions()[phase]
        )


@dataclass(frozen=True)
class Radial:
    distance: np.ndarray
    radial: np.ndarray
    fraction: float


def make_mosaic(size: float, rng: np.random.Generator) -> Mosaic:
    from scipy.spatial import cKDTree

    seeds = rng.random((round((size / GRAIN) ** 2), 2))
    resolution = 8 * round(size / GRAIN)
    voxels = (np.indices((resolution, resolution)).reshape(2, -1).T + 0.5) / resolution
    grain = cKDTree(seeds, boxsize=1.0).query(voxels)[1]
    phase = (rng.random(len(seeds)) < FRACTION)[grain].reshape(resolution, resolution)
    return Mosaic(phase.astype(int), (size, size))


class Parallel(ApparentModel):
    """Conduction along the grains: the apparent conductivity is the mean, so its integral range is the indicator's."""

    @property
    def prop(self):
        return "conductivity"

    def phase_tensors(self, microstructure):
        return {0: np.eye(3), 1: 5.0 * np.eye(3)}

    def apparent(self, microstructure, boundary):
        return Apparent((1.0 + 4.0 * microstructure.volume_fractions()[1]) * np.eye(3))


@pytest.fixture(scope="module")
def mosaic_study():
    sizes = [n * GRAIN for n in (5, 8, 12)]
    return rve_study(make_mosaic, {}, sizes, [220, 180, 140], seed=12, boundaries=["periodic"], model=Parallel())


def test_voronoi_mosaic_has_gilberts_integral_range(mosaic_study):
    # Gilbert 1962: A = E[V^2] / E[V] = 1.280 mean cells in the plane.
    law = mosaic_study.variance_laws["periodic", "k_T"]
    lower, upper = (a / GRAIN**2 for a in law.integral_range_interval)
    assert lower <= 1.280 <= upper
    assert (upper - lower) / 1.280 < 0.3
    assert law.point_variance == pytest.approx(FRACTION * (1 - FRACTION) * 16.0, rel=0.02)


def test_variance_falls_as_one_over_the_volume(mosaic_study):
    law = mosaic_study.variance_laws["periodic", "k_T"]
    assert law.exponent_interval[0] <= 1.0 <= law.exponent_interval[1]
    assert law.exponent_interval[1] - law.exponent_interval[0] < 0.5
    assert law.p_value > 0.05


def test_correlation_length_is_about_a_grain(mosaic_study):
    assert 0.6 < mosaic_study.correlation_length / GRAIN < 1.4
