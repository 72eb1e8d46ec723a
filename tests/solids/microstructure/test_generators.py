from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.solids.microstructure import (
    add_particle,
    centred_sphere,
    extrude,
    hexagonal_fibres,
    laminate,
    polycrystal,
    square_fibres,
    voronoi_mosaic,
)
from scalebridge.solids.microstructure._random import random_rotations
from scalebridge.solids.microstructure._voronoi import _nearest_seed


@pytest.mark.parametrize(("voxels", "inside"), [(32, 2103), (64, 17071)])
def test_sphere_of_the_two_code_benchmark(voxels, inside):
    for edge in (1.0, 1e-4):
        cell = centred_sphere(0.25, voxels=voxels, edge=edge, sampling="node")
        assert int(cell.phase.sum()) == inside


def test_sphere_sampled_at_centres_is_symmetric():
    phase = centred_sphere(0.3, voxels=20).phase
    for axis in range(3):
        assert np.array_equal(phase, np.flip(phase, axis))
    assert phase.mean() == pytest.approx(4 / 3 * math.pi * 0.3**3, rel=0.02)


def test_square_and_hexagonal_arrays_have_the_fraction_and_the_symmetry():
    square = square_fibres(0.47, diameter=1e-5, voxels=512)
    assert square.volume_fractions()[1] == pytest.approx(0.47, abs=1e-3)
    assert np.array_equal(square.phase, square.phase.T)
    hexagonal = hexagonal_fibres(0.47, diameter=1e-5, voxels=256)
    assert hexagonal.shape == (256, 443)
    assert hexagonal.size[1] / hexagonal.size[0] == pytest.approx(math.sqrt(3), rel=1e-12)
    assert hexagonal.volume_fractions()[1] == pytest.approx(0.47, abs=1e-3)
    even = hexagonal_fibres(0.47, diameter=1e-5, voxels=(256, 444)).phase
    # Half a cell along both axes takes one fibre to the other.
    assert np.array_equal(even, np.roll(even, (128, 222), axis=(0, 1)))
    assert np.array_equal(even, even[::-1])
    assert np.array_equal(even, even[:, ::-1])


def test_a_particle_lies_where_the_matrix_has_most_room():
    fibre = square_fibres(0.4, diameter=10e-6, voxels=20)
    cell = extrude(fibre, 20, fibre.size[0])
    ball = add_particle(cell, 5e-6)
    assert ball.phases == (0, 1, 2)
    assert (ball.phase[cell.phase == 1] == 1).all(), "fibres stay whole"
    wanted = np.pi / 6 * (5e-6) ** 3 / np.prod(cell.size)
    assert (ball.phase == 2).mean() == pytest.approx(wanted, rel=0.15)
    # between four fibres, that is at the corner of the cell, seen periodically
    assert ball.phase[0, 0].max() == 2
    with pytest.raises(InputError, match="does not fit"):
        add_particle(cell, 9e-6)
    with pytest.raises(InputError, match="3-D cell"):
        add_particle(fibre, 5e-6)


@pytest.mark.parametrize("voxels", [15, 16, 63, 64])
def test_fibre_almost_as_wide_as_the_cell(voxels):
    phase = square_fibres(0.784, diameter=1e-5, voxels=voxels).phase
    away = ((np.arange(voxels) + 0.5) / voxels - 0.5) ** 2
    assert np.array_equal(phase, (away[:, None] + away < 0.784 / math.pi).astype(int))


def test_extruded_section_is_the_same_everywhere():
    section = square_fibres(0.3, diameter=1e-5, voxels=16)
    solid = extrude(section, 3, 2e-6)
    assert solid.shape == (16, 16, 3)
    assert solid.size == (*section.size, 2e-6)
    assert all(np.array_equal(solid.phase[:, :, k], section.phase) for k in range(3))
    assert solid.names == section.names


@settings(deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(0, 2))
def test_laminate_layers_are_exact(layers, axis):
    n = sum(layers)
    shape = [2, 2, 2]
    shape[axis] = n
    cell = laminate([layer / n for layer in layers], shape=shape, size=(1.0, 1.0, 1.0), axis=axis)
    assert cell.shape == tuple(shape)
    line = np.moveaxis(cell.phase, axis, 0)
    assert np.all(line == line[:, :1, :1])
    assert line[:, 0, 0].tolist() == np.repeat(np.arange(len(layers)), layers).tolist()


def test_laminate_between_voxels_tells_the_nearest():
    with pytest.raises(InputError, match=r"Nearest possible: 3/10 = 0.3, 7/10 = 0.7"):
        laminate([0.33, 0.67], shape=(10, 1), size=(1.0, 1.0))


def test_voronoi_takes_the_nearest_seed_over_all_images():
    rng = np.random.default_rng(0)
    size, shape = (2.0, 3.0), (10, 12)
    seeds = rng.random((7, 2)) * size
    found = _nearest_seed(seeds, shape, size)
    images = np.array([(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]) * size
    for index in np.ndindex(shape):
        centre = (np.array(index) + 0.5) * np.array(size) / shape
        distance = np.linalg.norm(seeds[:, None] + images[None] - centre, axis=-1).min(axis=1)
        assert found[index] == np.argmin(distance)


def test_polycrystal_has_an_orientation_for_every_grain():
    cell = polycrystal(30, shape=(16, 16, 16), size=(1.0, 1.0, 1.0), rng=np.random.SeedSequence(2))
    assert set(cell.orientations) == set(cell.phases)
    assert len(cell.phases) == 30
    assert cell == polycrystal(30, shape=(16, 16, 16), size=(1.0, 1.0, 1.0), rng=np.random.SeedSequence(2))
    assert cell != polycrystal(30, shape=(16, 16, 16), size=(1.0, 1.0, 1.0), rng=np.random.SeedSequence(3))


def test_polycrystal_leaves_out_grains_without_a_voxel():
    cell = polycrystal(200, shape=(6, 6), size=(1.0, 1.0), rng=np.random.SeedSequence(0))
    assert len(cell.phases) < 36 + 1
    assert set(cell.orientations) == set(cell.phases)


def test_rotations_are_uniform():
    from scipy.stats import kstest

    turns = random_rotations(5000, np.random.default_rng(1))
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-14)
    np.testing.assert_allclose(np.linalg.det(turns), 1.0, atol=1e-14)
    # Angles of Haar-distributed rotations have the distribution (w - sin w) / pi; images of an axis are uniform.
    angles = np.arccos(np.clip((np.trace(turns, axis1=1, axis2=2) - 1) / 2, -1, 1))
    assert kstest(angles, lambda w: (w - np.sin(w)) / math.pi).pvalue > 0.01
    for column in range(3):
        assert kstest(turns[:, 2, column], "uniform", args=(-1, 2)).pvalue > 0.01


def test_mosaic_has_its_probability_and_its_seed():
    shares = [
        voronoi_mosaic(50, 0.3, shape=(24, 24), size=(1.0, 1.0), rng=seed).phase.mean()
        for seed in np.random.SeedSequence(5).spawn(200)
    ]
    error = np.std(shares, ddof=1) / math.sqrt(len(shares))
    assert np.mean(shares) == pytest.approx(0.3, abs=3 * error)
    assert error < 0.01
    options = {"shape": (24, 24), "size": (1.0, 1.0)}
    first = voronoi_mosaic(50, 0.3, rng=np.random.SeedSequence(1), **options)
    assert first == voronoi_mosaic(50, 0.3, rng=np.random.SeedSequence(1), **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: square_fibres(0.8, diameter=1e-5, voxels=32), "below|between 0 and 0.785"),
        (lambda rng: hexagonal_fibres(0.92, diameter=1e-5, voxels=32), "between 0 and 0.9069"),
        (lambda rng: hexagonal_fibres(0.5, diameter=1e-5, voxels=(32, 32, 32)), "each of 2 axes"),
        (lambda rng: square_fibres(0.5, diameter=-1.0, voxels=32), "positive length"),
        (lambda rng: square_fibres(0.01, diameter=1e-5, voxels=8), "at least 18 voxels"),
        (lambda rng: centred_sphere(0.6, voxels=8), "between 0 and 0.5"),
        (lambda rng: centred_sphere(0.01, voxels=8), "holds no voxel"),
        (lambda rng: centred_sphere(0.3, voxels=8, sampling="corner"), "'centre' or 'node'"),
        (lambda rng: laminate([0.5, 0.6], shape=(10, 1), size=(1.0, 1.0)), "sum to one"),
        (lambda rng: laminate([], shape=(10, 1), size=(1.0, 1.0)), "sum to one"),
        (lambda rng: laminate([0.5, 0.5], shape=(10, 1), size=(1.0,)), "2 lengths"),
        (lambda rng: laminate([0.5, 0.5], shape=(10,), size=(1.0,)), "2 or 3 axes"),
        (lambda rng: laminate([0.5, 0.5], shape=(10, 1), size=(1.0, 1.0), axis=2), "axis is an array axis, 0 to 1"),
        (lambda rng: polycrystal(0, shape=(4, 4), size=(1.0, 1.0), rng=rng), "grains is a whole number"),
        (lambda rng: polycrystal(5, shape=(4, 0), size=(1.0, 1.0), rng=rng), "at least 1; found 0"),
        (lambda rng: voronoi_mosaic(0, 0.5, shape=(4, 4), size=(1.0, 1.0), rng=rng), "mean number of grains"),
        (lambda rng: voronoi_mosaic(5, 1.0, shape=(4, 4), size=(1.0, 1.0), rng=rng), "probability"),
        (lambda rng: voronoi_mosaic(5, 0.5, shape=(4, 4), size=(1.0, 1.0), rng=7), "SeedSequence"),
        (lambda rng: extrude(centred_sphere(0.3, voxels=8), 3, 1.0), "already|Only a 2-D"),
    ],
)
def test_bad_input_is_told(call, message):
    with pytest.raises(InputError, match=message):
        call(np.random.SeedSequence(0))


@pytest.mark.verify
@pytest.mark.parametrize(("ndim", "expected", "mean", "voxels"), [(2, 1.280, 400.0, 100), (3, 1.179, 400.0, 28)])
def test_variance_of_the_mosaic_follows_its_integral_range(ndim, expected, mean, voxels):
    """var(c) V = c (1 - c) A with A / E[V] = E[V^2] / E[V]^2 (Gilbert 1962), within Monte Carlo error."""
    shares = [
        voronoi_mosaic(mean, 0.5, shape=(voxels,) * ndim, size=(1.0,) * ndim, rng=seed).phase.mean()
        for seed in np.random.SeedSequence(31).spawn(1500)
    ]
    found = np.var(shares, ddof=1) * mean / 0.25
    error = found * math.sqrt(2 / len(shares))
    assert found == pytest.approx(expected, abs=3 * error)
    assert error < 0.05
