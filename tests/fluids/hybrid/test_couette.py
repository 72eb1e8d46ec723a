"""Theory of start-up Couette flow above a plane that need not be the wall's surface."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.hybrid import StartUpCouette

FLOW = StartUpCouette(6.0, 0.3, 0.72, plane=0.25)


def test_fluid_stands_still_in_the_plane_and_moves_with_the_wall():
    for time in (1.0, 5.0, 50.0):
        low, high = FLOW(np.array([0.25, 6.0]), time)
        assert low == pytest.approx(0.0, abs=1e-12)
        assert high == pytest.approx(0.3, rel=1e-12)
    np.testing.assert_allclose(FLOW(np.array([1.25, 3.125]), 500.0), [0.3 / 5.75, 0.15], rtol=1e-9)


def test_momentum_diffuses_to_second_order():
    """Central differences of the series in time and height, at half the distance a quarter of the miss."""
    y, t, misses = np.linspace(1.0, 5.0, 9), 4.0, []
    for d in (0.2, 0.1, 0.05):
        rate = (FLOW(y, t + d) - FLOW(y, t - d)) / (2.0 * d)
        bend = (FLOW(y + d, t) - 2.0 * FLOW(y, t) + FLOW(y - d, t)) / d**2
        misses.append(np.abs(rate - 0.72 * bend).max())
    assert np.log2(misses[:-1]) - np.log2(misses[1:]) == pytest.approx([2.0, 2.0], abs=0.1)
