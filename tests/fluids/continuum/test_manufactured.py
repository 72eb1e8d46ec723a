"""Manufactured and exact unsteady flows: second order in space and time."""

from __future__ import annotations

import numpy as np

from support.manufactured_flows import Vortices, errors


def test_velocity_pressure_and_temperature_have_order_two():
    coarse, fine = errors(Vortices(), 16, 0.1, 4), errors(Vortices(), 32, 0.1, 8)
    orders = [np.log2(a / b) for a, b in zip(coarse, fine, strict=True)]
    assert min(orders) > 1.85
    assert fine[0] < 1e-3
    assert fine[2] < 2e-3
