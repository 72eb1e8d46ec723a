"""FE² against a simulation that resolves every cell: the error is of first order in cell over beam."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.cell_beam import direct, moment, two_scale

CURVATURE = 0.04
TIMES = [0.1, 0.5, 1.0, 1.5]
"""Elastic, plastic, more of it, unloaded by 40 %."""


@pytest.mark.verify
def test_fe2_approaches_the_direct_simulation_at_first_order():
    expected = moment(two_scale(8, CURVATURE), TIMES)
    errors = []
    for cells in (8, 16, 32):
        errors.append(np.abs(moment(direct(cells, CURVATURE), TIMES) - expected) / np.abs(expected))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert (np.abs(orders[-1] - 1.0) < 0.1).all()
    assert (np.array(errors[-1]) < 0.02).all()
