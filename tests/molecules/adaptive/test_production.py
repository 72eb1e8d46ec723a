"""Radial distributions where the density is not the same everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from scalebridge.molecules.adaptive import Slab, Sphere
from scalebridge.molecules.adaptive._production import reached_shells

EDGES = np.linspace(0.0, 1.0, 101)
R = 0.5 * (EDGES[1:] + EDGES[:-1])
VOLUME = 4.0 / 3.0 * np.pi * np.diff(EDGES**3)


@pytest.mark.parametrize(
    ("region", "share"),
    [
        (Sphere((0.0, 0.0, 0.0), 1.0, 1.0), 1.0 - 0.75 * R + R**3 / 16.0),
        (Slab((0.0, 0.0, 0.0), 1.0, 1.0), 1.0 - R / 4.0),
    ],
    ids=["sphere", "slab"],
)
def test_of_a_shell_around_a_point_the_share_within_the_region(region, share):
    shells = np.linspace(0.0, 1.0, 11)
    weight = np.diff(shells**3) if isinstance(region, Sphere) else np.diff(shells)
    found = weight @ reached_shells(region, EDGES, shells).sum(axis=2).T / VOLUME
    np.testing.assert_allclose(found, share, atol=2e-4)


def test_points_without_structure_have_none_whatever_their_density():
    rng = np.random.default_rng(4)
    shells, held, found = np.linspace(0.0, 1.0, 11), np.zeros(10), np.zeros(20)
    edges = np.linspace(0.0, 1.0, 21)
    for _ in range(60):
        points = rng.uniform(-1.0, 1.0, (6000, 3))
        radius = np.linalg.norm(points, axis=1)
        points = points[(radius < 1.0) & (rng.random(len(points)) < 1.0 - 0.6 * radius)]
        held += np.histogram(np.linalg.norm(points, axis=1), shells)[0] / 60
        tree = cKDTree(points)
        found += np.diff(tree.count_neighbors(tree, edges)) / 60
    reached = reached_shells(Sphere((0.0, 0.0, 0.0), 1.0, 1.0), edges, shells)
    density = held / (4.0 / 3.0 * np.pi * np.diff(shells**3))
    np.testing.assert_allclose(found / (held @ reached @ density), 1.0, atol=0.01)
    mean = held.sum() / (4.0 / 3.0 * np.pi)
    flat = found / (mean**2 * (4.0 / 3.0 * np.pi * np.diff(shells**3)) @ reached.sum(axis=2).T)
    assert np.abs(flat - 1.0).max() > 0.05  # and by the mean density they seem to have some
