"""Relative entropy recovers the diameters of a dilute mixture from radial distributions (relentless documentation)."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.molecules.inverse import EntropySlope, newton_step, pair_entropy_slope
from scalebridge.molecules.potentials import LennardJones
from support.molecules import read_columns
from support.reference_data import reference

pytestmark = pytest.mark.verify
NUMBERS = {"11": 45.0, "12": 50.0, "22": 10.0}  # pairs of 10 and 5 particles
SHARES = {"11": np.array([1.0, 0.0]), "12": np.array([0.5, 0.5]), "22": np.array([0.0, 1.0])}


def slope(diameters: np.ndarray) -> EntropySlope:
    """Both particles alone in a cube of edge 10: g = exp(-U)."""
    gradient, hessian = np.zeros(2), np.zeros((2, 2))
    for name, number in NUMBERS.items():
        r, target = read_columns(reference("molecules", "relentless-binary", f"rdf_{name}.dat"))
        potential = LennardJones(float(SHARES[name] @ diameters), 1.0)
        width = r[1] - r[0]
        expected = number * 4.0 * np.pi * r**2 * width / 1000.0
        part = pair_entropy_slope(potential, r, expected, target, np.exp(-potential.energy(r)), 1.0)
        gradient += SHARES[name] * part.gradient[0]
        hessian += np.outer(SHARES[name], SHARES[name]) * part.hessian[0, 0]
    return EntropySlope(gradient, hessian)


@pytest.mark.parametrize("start", [(1.5, 2.5), (0.7, 3.5)])
def test_dilute_mixture(start: tuple[float, float]) -> None:
    diameters = np.array(start)
    for _ in range(60):
        found = slope(diameters)
        if np.abs(found.gradient).max() < 1e-6:
            break
        diameters = diameters + np.clip(newton_step(found), -0.1, 0.1)
    print(diameters, found.gradient)
    assert np.abs(found.gradient).max() < 1e-6
    np.testing.assert_allclose(diameters, [1.0, 3.0], atol=0.01)
