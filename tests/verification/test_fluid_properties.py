"""Measured equation of state and transport coefficients against values measured with other runs of LAMMPS.

Reference values: SLLOD at rate 0.1 with 1,372 atoms over 100,000 steps, pressure of 4,000 atoms in equilibrium, eHEX
conductivity of 2,880 atoms over 640 tau; see each row.
"""

from __future__ import annotations

import pytest

from scalebridge.fluids.atomistic import LennardJones, wca
from scalebridge.fluids.transport import Bulk, measure_conductivity, measure_pressure, measure_viscosity

pytestmark = pytest.mark.verify

ROWS = {
    "LJ 2.2": (LennardJones(2.2), 0.81, 1.1, 2.213, 0.028),
    "LJ 2.5": (LennardJones(2.5), 0.80, 1.0, 2.186, 0.019),
    "WCA 1.1": (wca(), 0.8442, 1.1, 2.271, 0.018),
    "WCA 0.722": (wca(), 0.8442, 0.722, 2.351, 0.017),
}


@pytest.mark.parametrize("row", ROWS)
def test_viscosity(row):
    fluid, density, temperature, value, error = ROWS[row]
    measured = measure_viscosity(Bulk(fluid, density, temperature, cells=6), steps=40000)
    print(row, measured)
    assert measured.error < 0.1
    assert measured.agrees(value, error)


def test_pressure():
    measured = measure_pressure(Bulk(LennardJones(2.2), 0.81, 1.1), steps=10000)
    print(measured)
    assert measured.error < 0.02
    assert measured.agrees(2.71, 0.01)


def test_conductivity():
    measured = measure_conductivity(Bulk(LennardJones(2.2), 0.81, 1.1, cells=5), steps=80000)
    print(measured)
    assert measured.error < 0.7
    assert measured.agrees(6.66, 0.30)
