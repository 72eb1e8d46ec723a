"""Reduced volume elements on load paths that no training has seen, inside and outside its range."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids.laws import from_mandel
from scalebridge.solids.reduced import RandomPaths, ReducedRVE, Size, audit, reduce_rve, solve_path, validate

pytestmark = pytest.mark.verify

ALLOWED = 0.02
BROAD, NARROW = (0.0025, 0.005), (0.005, 0.01)
"""Allowances that errors of a model of many walks, and of few similar paths, exceed twofold often enough."""


@pytest.fixture(scope="module")
def rve() -> solids.RVE:
    cell = solids.microstructure.centred_sphere(0.39, voxels=8, edge=1e-5)
    matrix = solids.J2Plasticity(3.5e9, 0.35, solids.LinearHardening(60e6, 100e6))
    laws = {0: matrix, 1: solids.LinearElastic.isotropic(72e9, 0.22)}
    return solids.RVE(cell, laws, tolerance=1e-6, threads=1)


@pytest.fixture(scope="module")
def model(rve: solids.RVE) -> ReducedRVE:
    return reduce_rve(rve, RandomPaths(amplitude=0.03), seed=0, start=24, limit=28)


def test_errors_on_unseen_paths_with_unloading(model: ReducedRVE, rve: solids.RVE) -> None:
    known = [solve_path(rve, p) for p in RandomPaths(amplitude=0.03, legs=3).draw(12, seed=123)]
    largest = [
        np.linalg.norm(model.replay(from_mandel(s.strain)[None])[1][0] - from_mandel(s.stress), axis=(1, 2)).max()
        / np.linalg.norm(s.stress, axis=1).max()
        for s in known
    ]
    print("largest error over the largest stress of each path:", np.round(largest, 4))
    assert np.median(largest) < 0.01
    assert np.quantile(largest, 0.9) < 0.015


def outside(amplitude: float) -> list[RandomPaths]:
    """Walks outside of a training to this amplitude: reversed, nonproportional, up to twice the strain, volumetric."""
    return [
        RandomPaths(amplitude, legs=2, steps=12),
        RandomPaths(1.5 * amplitude, legs=3, steps=12),
        RandomPaths(2.0 * amplitude, legs=2, steps=12),
        RandomPaths(amplitude, legs=4, steps=12, volumetric=1.0),
        RandomPaths(2.0 * amplitude, legs=5, steps=15, volumetric=0.0),
    ]


def judged(
    model: ReducedRVE, rve: solids.RVE, amplitude: float, allowances: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Indicators and errors on fifty paths outside the training."""
    known = [solve_path(rve, p) for k, s in enumerate(outside(amplitude)) for p in s.draw(10, seed=500 + k)]
    assert len(known) == 50
    indicator, error = validate(model, known)
    seen = error > 0.002
    quantiles = np.quantile(indicator[seen] / error[seen], [0.0, 0.01, 0.05, 0.5, 0.95])
    print(f"largest error {error.max():.3f}; effectivity (0, 1, 5, 50, 95 %): {np.round(quantiles, 2)}")
    for allowed in allowances:
        fine, bad = np.mean(indicator <= allowed), np.mean(error > 2 * allowed)
        print(f"allowance {allowed:.2%}: fine at {fine:.0%} of the increments, an error of twice that at {bad:.0%}")
    return indicator, error


def test_the_indicator_never_says_fine_where_the_error_is_twice_the_allowance(model, rve) -> None:
    """A model of random walks, on walks that go farther and turn otherwise."""
    indicator, error = judged(model, rve, 0.03, BROAD)
    for allowed in BROAD:
        assert np.mean(error > 2 * allowed) > 0.1, "the claim must be put to the test"
        assert not ((indicator <= allowed) & (error > 2 * allowed)).any()
    assert np.mean(indicator <= 0.01) > 0.05, "an indicator that is never content is of no use"


def test_a_model_of_few_and_similar_paths_knows_what_it_has_not_seen(rve) -> None:
    """As the ladder makes them: from paths of tension and shear, loaded and unloaded, asked for anything."""
    rng = np.random.default_rng(3)
    course = np.concatenate([np.linspace(0.1, 1.0, 10), np.linspace(0.9, 0.3, 6)])
    paths = []
    for _ in range(12):
        tension = np.diag([1.0, -0.4, -0.4]) + 0.15 * rng.standard_normal((3, 3))
        strain = 0.5 * (tension + tension.T) * rng.uniform(0.015, 0.03)
        paths.append(course[:, None, None] * strain)
    narrow = reduce_rve(rve, paths, seed=0, sizes=(Size(26, 32, 200), Size(40, 64, 300)))
    indicator, error = judged(narrow, rve, 0.03, NARROW)
    for allowed in NARROW:
        assert np.mean(error > 2 * allowed) > 0.3, "the claim must be put to the test"
        assert not ((indicator <= allowed) & (error > 2 * allowed)).any()


def test_the_audit_is_close_to_the_true_error_outside_the_training(model, rve) -> None:
    known = [solve_path(rve, p) for p in RandomPaths(amplitude=0.05, legs=3, steps=12).draw(4, seed=900)]
    _, error = validate(model, known)
    judged = np.concatenate([audit(model, rve, from_mandel(s.strain)).error for s in known])
    print(
        "effectivity of the audit:", np.round(np.quantile(judged[error > 0.002] / error[error > 0.002], [0, 0.5, 1]), 2)
    )
    assert not ((judged <= ALLOWED) & (error > 2 * ALLOWED)).any()
    assert 0.5 < np.median(judged[error > 0.002] / error[error > 0.002]) < 2.0


def test_more_modes_and_points_make_smaller_errors(model, rve) -> None:
    from scalebridge.solids.reduced import resize

    known = [solve_path(rve, p) for p in RandomPaths(amplitude=0.03, legs=3, steps=12).draw(6, seed=321)]
    errors = [
        float(np.mean(validate(resize(model, rve, (size,)), known)[1]))
        for size in (Size(10, 10, 300), Size(24, 40, 300), Size(60, 120, 300))
    ]
    print("mean errors:", np.round(errors, 4))
    assert errors[0] > 1.3 * errors[1] > 1.3**2 * errors[2]
