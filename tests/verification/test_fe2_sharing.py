"""Points that share a cell: the bound on their error against two cells solved in full."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.solids.fe2 import Ladder
from scalebridge.solids.fe2._rve_points import rve_points
from scalebridge.solids.fe2._sharing import path_lengths
from scalebridge.solids.microstructure import Microstructure


def cell():
    phase = np.zeros((4, 4), int)
    phase[1:3, 1:3] = 1
    matrix = solids.J2Plasticity(3e9, 0.35, solids.LinearHardening(30e6, 300e6))
    glass = solids.LinearElastic.isotropic(70e9, 0.2)
    return solids.RVE(Microstructure(phase, (1e-3, 1e-3)), {0: matrix, 1: glass}, threads=1)


@pytest.mark.verify
def test_sharing_never_says_fine_where_the_error_is_twice_the_allowance():
    """50 random pairs of histories with unloading: the bound against the difference of two cells' stresses."""
    rng = np.random.default_rng(7)
    n, steps, allowance = 50, 5, 0.01
    base = np.cumsum(rng.standard_normal((steps, n, 6)) * 6e-3, axis=0)
    near = base + np.cumsum(rng.standard_normal((steps, n, 6)), axis=0) * 10.0 ** rng.uniform(-6, -3, (1, n, 1))
    points = rve_points(cell(), 2 * n, Ladder(allowance), 0, 1e-4)
    root, inverse = points._roots
    cells, state = points.cells, None
    both = np.concatenate([base, near], axis=1)
    scale, effectivity, wrong = 0.0, [], 0
    for k in range(steps):
        found = cells.evaluate(solids.laws.from_mandel(both[k]), state, 1.0)
        state = found.state
        stress = solids.laws.to_mandel(found.stress)
        energy = np.linalg.norm(stress @ inverse, axis=1)
        scale = max(scale, energy.max())
        bound = path_lengths(both[: k + 1] @ root, np.arange(n), np.arange(n, 2 * n)) / (allowance * scale)
        linear = stress[n:] + np.einsum("nij,nj->ni", found.tangent[n:], both[k, :n] - both[k, n:])
        error = np.linalg.norm((stress[:n] - linear) @ inverse, axis=1) / (allowance * scale)
        wrong += int(((bound <= 1.0) & (error > 2.0)).sum())
        effectivity.extend(bound / np.maximum(error, 1e-30))
    assert wrong == 0
    assert np.median(effectivity) > 1.0
