"""Measurements of small fluids, short enough for every day; the accurate ones are in verification."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import LennardJones, wca
from scalebridge.fluids.transport import (
    Bulk,
    measure_channel,
    measure_conductivity,
    measure_pressure,
    measure_viscosity,
)
from support.small_hybrid import small_atoms


def small(**options):
    return Bulk(wca(), 0.8442, 1.1, **{"cells": 4, "equilibration": 500, **options})


def test_pressure_of_a_dilute_gas_is_ideal_with_its_second_virial_coefficient():
    gas = Bulk(wca(), 0.02, 1.5, cells=4, equilibration=500)
    measured = measure_pressure(gas, steps=4000)
    r = np.linspace(1e-3, 2 ** (1 / 6), 20001)
    mayer = np.exp(-(4.0 * (r**-12 - r**-6) + 1.0) / 1.5) - 1.0
    b2 = -2.0 * np.pi * np.trapezoid(mayer * r**2, r)
    assert measured.agrees(0.02 * 1.5 * (1.0 + b2 * 0.02), sigmas=4.0)


def test_pressure_and_viscosity_of_a_dense_fluid():
    assert measure_pressure(small(), steps=2000).agrees(8.58, 0.02, sigmas=4.0)
    assert measure_viscosity(small(), steps=3000).agrees(2.271, 0.02, sigmas=4.0)


def test_conductivity_is_positive_and_has_an_error():
    measured = measure_conductivity(small(cells=3, equilibration=1000), steps=3000, flux=1.0)
    assert 2.0 < measured.value < 25.0
    assert 0.0 < measured.error < measured.value


def test_flow_through_a_slit_bends_like_a_parabola():
    slit = small_atoms(closed=True, pressure=None, size=(6.8, 12.0, 6.8))
    flow = measure_channel(slit, 0.1, steps=2000, settle=1500)
    assert flow.viscosity.agrees(2.2, sigmas=5.0)
    assert flow.flow.value > 0.0
    middle = flow.velocity[4:8].mean()
    assert middle > flow.velocity[[0, -1]].mean()
    known = measure_channel(slit, 0.1, steps=2000, settle=1500, viscosity=2.2)
    assert known.viscosity.value == pytest.approx(2.2, rel=1e-12)
    assert known.viscosity.error < 1e-12
    assert known.flow == flow.flow  # the same run: only the fit differs
    assert known.slip.error < 0.5 * flow.slip.error
    assert known.slip.agrees(flow.slip.value, flow.slip.error, sigmas=3.0)


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(InputError, match="twice the cut-off"):
        Bulk(LennardJones(2.5), 0.8, 1.0, cells=2)
    with pytest.raises(InputError, match="density"):
        Bulk(wca(), -0.8, 1.0)
    with pytest.raises(InputError, match="wall above"):
        measure_channel(small_atoms(), 0.1)
    with pytest.raises(InputError, match="viscosity is 0.0"):
        measure_channel(small_atoms(closed=True, pressure=None, size=(6.8, 12.0, 6.8)), 0.1, viscosity=0.0)
