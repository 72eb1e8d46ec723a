"""Iterations against contrast and grid, and the order of boundary conditions in random composites."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids import elasticity as el
from scalebridge.solids.microstructure import centred_sphere, random_fibres

pytestmark = pytest.mark.verify

MATRIX = solids.LinearElastic.isotropic(1.0, 0.3)
# conjugate gradients of FANS 0.6.2 for one load to a relative residual of 1e-6, 32^3, sphere of radius 1/4
FANS = {1e-3: 25, 1e-2: 24, 0.1: 16, 10.0: 16, 1e2: 23, 1e3: 25, 1e4: 25}


def iterations(contrast, n, boundary="periodic", element="full"):
    cell = centred_sphere(0.25, voxels=n, sampling="node")
    inclusion = solids.LinearElastic.isotropic(contrast, 0.3)
    found = solids.RVE(cell, {0: MATRIX, 1: inclusion}, boundary, element, tolerance=1e-6).homogenize()
    assert found.converged
    assert max(e.mismatch for e in found.entries) < 1e-8
    return found.iterations


def test_iterations_against_contrast():
    table = {contrast: iterations(contrast, 32).tolist() for contrast in FANS}
    for contrast, found in table.items():
        print(f"contrast {contrast:g}: {found} (FANS {FANS[contrast]})")
    for contrast, found in table.items():
        assert max(found) <= FANS[contrast] + 4


def test_iterations_do_not_depend_on_the_grid():
    table = {n: iterations(10.0, n) for n in (32, 64, 128)}
    print({n: found.tolist() for n, found in table.items()})
    assert (table[128] <= 1.1 * table[32]).all()
    assert (table[64] <= 1.1 * table[32]).all()


@pytest.mark.parametrize("boundary", ["kubc", "subc"])
def test_iterations_of_other_boundary_conditions_level_off(boundary):
    table = {n: iterations(10.0, n, boundary).max() for n in (16, 32, 64)}
    print(boundary, {n: int(found) for n, found in table.items()})
    assert table[64] <= 1.15 * table[32]


@pytest.mark.parametrize("element", ["full", "reduced"])
@pytest.mark.parametrize("contrast", [20.0, 0.01])
@pytest.mark.parametrize("seed", range(4))
def test_boundary_conditions_are_ordered_in_random_fibres(seed, contrast, element):
    rng = np.random.default_rng(np.random.SeedSequence([77, seed]))
    cell = random_fibres(0.45, count=8, diameter=1e-5, voxels=64, rng=rng)
    laws = {0: MATRIX, 1: solids.LinearElastic.isotropic(contrast, 0.2)}
    shares = [cell.volume_fractions()[p] for p in (0, 1)]
    found = {}
    for boundary in ("subc", "periodic", "kubc"):
        answer = solids.RVE(cell, laws, boundary, element).homogenize()
        assert answer.converged
        assert max(e.mismatch for e in answer.entries) < 1e-8
        found[boundary] = answer.tensor
    matrices = [laws[p].stiffness for p in (0, 1)]
    chain = [el.reuss_average(matrices, shares), *found.values(), el.voigt_average(matrices, shares)]
    for lower, upper in zip(chain, chain[1:], strict=False):
        assert np.linalg.eigvalsh(upper - lower).min() > -1e-9 * np.abs(upper).max()
    gap = [np.trace(found[b]) for b in ("subc", "periodic", "kubc")]
    assert gap[0] < gap[1] < gap[2]
