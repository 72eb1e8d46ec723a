from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.solids.microstructure import random_fibres, random_spheres
from scalebridge.solids.microstructure._packing import Packing, pack
from scalebridge.solids.microstructure._voxelize import voxelize


def smallest_gap(packing: Packing) -> float:
    """Smallest surface distance over all pairs and all 3^d images, independent of the code under test."""
    box = np.array(packing.box)
    images = np.array(np.meshgrid(*[[-1, 0, 1]] * len(box))).reshape(len(box), -1).T * box
    apart = packing.centres[:, None, None] - packing.centres[None, :, None] + images
    gap = np.linalg.norm(apart, axis=-1) - (packing.diameters[:, None] + packing.diameters)[..., None] / 2
    itself = np.eye(len(gap), dtype=bool)[..., None] & np.all(images == 0, axis=1)
    return float(gap[~itself].min())


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([(2, 4), (2, 12), (3, 8)]),
    st.floats(0.05, 0.5),
    st.floats(0.0, 0.05),
)
def test_no_overlap_under_the_periodic_metric(seed, what, fraction, gap):
    ndim, count = what
    rng = np.random.default_rng(seed)
    if ndim == 3 and fraction * (1.0 + gap) ** 3 > 0.56:
        # with their gaps these are denser than random packings of spheres can be made
        with pytest.raises(InputError, match="denser than random packings"):
            pack(fraction, np.ones(count), ndim, rng=rng, minimum_gap=gap)
        return
    packing = pack(fraction, np.ones(count), ndim, rng=rng, minimum_gap=gap)
    assert smallest_gap(packing) >= gap - 1e-12
    assert packing.volume_fraction == pytest.approx(fraction, rel=1e-12)
    assert np.all((packing.centres >= 0) & (packing.centres < packing.box))


@pytest.mark.parametrize("count", [50, 75, 100])
def test_reaches_065_from_every_seed(count):
    for seed in range(8):
        packing = pack(0.65, np.full(count, 7e-6), 2, rng=np.random.default_rng(seed), minimum_gap=0.1e-6)
        assert smallest_gap(packing) >= 0.1e-6 * (1 - 1e-6)


def test_spheres_reach_one_half():
    for seed in range(4):
        packing = pack(0.5, np.ones(60), 3, rng=np.random.default_rng(seed))
        assert smallest_gap(packing) >= -1e-12


def test_unequal_particles_do_not_overlap():
    diameters = np.random.default_rng(0).uniform(0.5, 1.5, 30)
    packing = pack(0.6, diameters, 2, rng=np.random.default_rng(1))
    assert smallest_gap(packing) >= -1e-12
    assert packing.volume_fraction == pytest.approx(0.6)


def test_same_seed_same_bits_other_seed_other_cell():
    def cell(seed):
        options = {"count": 20, "diameter": 7e-6, "voxels": 64, "variation": 0.1}
        return random_fibres(0.6, rng=np.random.SeedSequence(seed), **options)

    assert cell(1) == cell(1)
    assert cell(1) != cell(2)
    generator = random_fibres(
        0.6, count=20, diameter=7e-6, voxels=64, variation=0.1, rng=np.random.default_rng(np.random.SeedSequence(1))
    )
    assert generator == cell(1)


def test_diameters_scatter_as_asked():
    from scalebridge.solids.microstructure._sizes import diameters_with_spread

    found = diameters_with_spread(20000, 7.0, 0.2, np.random.default_rng(0))
    assert found.mean() == pytest.approx(7.0, rel=4 * 0.2 / math.sqrt(20000))
    assert found.std() / found.mean() == pytest.approx(0.2, rel=0.03)


@pytest.mark.parametrize(("ndim", "voxels"), [(2, 48), (3, 24)])
def test_voxels_differ_from_the_exact_fraction_by_cut_voxels_only(ndim, voxels):
    for seed in range(5):
        packing = pack(0.4, np.ones(10), ndim, rng=np.random.default_rng(seed))
        cell = voxelize(packing, (voxels,) * ndim, kind="fibre", wanted=0.4)
        step = cell.spacing[0]
        surface = 10 * math.pi
        # A unit circle and a unit sphere both measure pi; a voxel that one cuts lies within half a diagonal of it.
        bound = surface * step * math.sqrt(ndim) / np.prod(packing.box)
        assert abs(cell.volume_fractions()[1] - 0.4) < bound


def test_voxel_error_of_the_fraction_falls_faster_than_first_order():
    def error(voxels):
        rng = np.random.default_rng(0)
        errors = []
        for _ in range(60):
            packing = Packing(rng.random((1, 2)), np.array([0.7]), (1.0, 1.0))
            cell = voxelize(packing, (voxels, voxels), kind="fibre", wanted=packing.volume_fraction)
            errors.append(cell.volume_fractions()[1] - packing.volume_fraction)
        return np.sqrt(np.mean(np.square(errors)))

    order = math.log2(error(32) / error(256)) / 3
    assert order > 1.2


def test_particles_continue_across_the_faces_of_the_cell():
    rng = np.random.default_rng(3)
    packing = pack(0.5, np.ones(6), 2, rng=rng)
    voxels = 40
    shift = (7, 23)
    moved = (packing.centres + np.array(shift) * packing.box[0] / voxels) % packing.box[0]
    there = voxelize(Packing(moved, packing.diameters, packing.box), (voxels,) * 2, kind="fibre", wanted=0.5)
    here = voxelize(packing, (voxels,) * 2, kind="fibre", wanted=0.5)
    assert np.array_equal(there.phase, np.roll(here.phase, shift, axis=(0, 1)))


def test_origin_tells_wanted_and_achieved():
    cell = random_spheres(0.3, count=8, diameter=1e-5, voxels=24, rng=np.random.SeedSequence(0))
    achieved = cell.volume_fractions()[1]
    assert f"0.3000 asked for, {achieved:.4f} achieved on 24 x 24 x 24 voxels" in cell.origin
    assert cell.name(1) == "sphere"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"volume_fraction": 0.95}, "impossible.*at most 0.9069"),
        ({"volume_fraction": 0.85}, "denser than random packings.*hexagonal"),
        ({"volume_fraction": 0.65, "minimum_gap": 0.3}, "0.65, 1.099 with the gap of 0.3 m.*impossible"),
        ({"volume_fraction": 0.65, "minimum_gap": -0.3}, "minimum gap"),
        ({"volume_fraction": 0.65, "minimum_gap": math.nan}, "minimum gap"),
        ({"volume_fraction": 0.65, "count": 3}, "could not be placed in 5 attempts"),
        ({"volume_fraction": 1.2}, "between 0 and 1"),
        ({"count": 0}, "count is a whole number"),
        ({"count": 2.5}, "count is a whole number"),
        ({"diameter": 0.0}, "positive length"),
        ({"variation": 0.9}, "between 0 and 0.5"),
        ({"voxels": 8}, "less than 2 voxels.*at least"),
        ({"rng": 5}, r"SeedSequence\(<number>\)"),
    ],
)
def test_bad_input_is_told(options, message):
    valid = {"volume_fraction": 0.5, "count": 50, "diameter": 1.0, "voxels": 64, "rng": np.random.SeedSequence(0)}
    arguments = {**valid, **options}
    with pytest.raises(InputError, match=message):
        random_fibres(arguments.pop("volume_fraction"), **arguments)


def test_a_single_sphere_must_not_touch_its_own_image():
    with pytest.raises(InputError, match="own periodic image"):
        random_spheres(0.54, count=1, diameter=1.0, voxels=16, rng=np.random.SeedSequence(0))


@pytest.mark.verify
def test_pairs_touch_as_often_as_in_the_hard_disc_fluid():
    """Contact value of g(r): (1 - 7 phi / 16) / (1 - phi)^2, Henderson 1975, doi:10.1080/00268977500102511."""
    fraction, count = 0.5, 200
    shell = np.array([1.0, 1.02, 1.04, 1.06, 1.08])
    pairs = np.zeros(len(shell) - 1)
    seeds = np.random.SeedSequence(21).spawn(60)
    for seed in seeds:
        packing = pack(fraction, np.ones(count), 2, rng=np.random.default_rng(seed))
        apart = packing.centres[:, None] - packing.centres[None]
        apart -= packing.box[0] * np.rint(apart / packing.box[0])
        distance = np.linalg.norm(apart, axis=-1)[np.triu_indices(count, 1)]
        pairs += np.histogram(distance, shell)[0]
    area = math.pi * np.diff(shell**2)
    density = count / packing.box[0] ** 2
    expected = len(seeds) * count * density * area / 2
    middle = 0.5 * (shell[1:] + shell[:-1])
    fit, covariance = np.polyfit(middle, pairs / expected, 1, w=expected / np.sqrt(pairs), cov="unscaled")
    error = math.sqrt(np.ones(2) @ covariance @ np.ones(2))
    assert error < 0.12
    assert fit @ [1.0, 1.0] == pytest.approx((1 - 7 * fraction / 16) / (1 - fraction) ** 2, abs=3 * error)
