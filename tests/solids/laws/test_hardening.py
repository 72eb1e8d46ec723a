from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.solids import laws
from scalebridge.solids.laws._jax import prepare_jax

TABLE = ([0.0, 0.01, 0.05, 0.2], [100.0, 150.0, 200.0, 210.0])
CURVES = [
    laws.LinearHardening(100.0, 20.0),
    laws.LinearHardening(100.0),
    laws.PowerHardening(100.0, 300.0, 0.3),
    laws.PowerHardening(100.0, 300.0, 1.0, offset=0.1),
    laws.SaturationHardening(100.0, 250.0, 30.0, 10.0),
    laws.TabulatedHardening(*TABLE),
]


@pytest.fixture(autouse=True)
def _float64():
    prepare_jax()


@functools.cache
def compiled(method):
    import jax

    return jax.jit(method)


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: type(c).__name__)
def test_starts_at_the_yield_stress_with_nothing_stored(curve):
    assert np.isclose(compiled(curve.stress)(np.array([0.0]))[0], 100.0, rtol=1e-15)
    assert np.isclose(compiled(curve.stored_energy)(np.array([0.0]))[0], 0.0, atol=1e-12)


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: type(c).__name__)
@settings(deadline=None, derandomize=True)
@given(p=st.lists(st.floats(0.0, 0.5), min_size=8, max_size=8))
def test_never_falls(curve, p):
    stress = np.asarray(compiled(curve.stress)(np.sort(np.array(p))))
    assert (np.diff(stress) >= -1e-11).all()


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: type(c).__name__)
def test_stored_energy_is_the_integral_of_the_stress_above_yield(curve):
    nodes, weights = np.polynomial.legendre.leggauss(20)
    ends = np.unique(np.concatenate([np.geomspace(1e-9, 0.4, 60), TABLE[0]]))
    a, b = ends[:-1, None], ends[1:, None]
    points = 0.5 * (a + b) + 0.5 * (b - a) * nodes
    integrals = (0.5 * (b - a) * weights * (np.asarray(compiled(curve.stress)(points)) - 100.0)).sum(axis=1)
    stored = np.asarray(compiled(curve.stored_energy)(ends))
    assert np.allclose(np.cumsum(integrals), stored[1:] - stored[0], rtol=1e-7, atol=1e-9)


def test_power_law_is_swifts_where_the_yield_stress_is_that_of_the_offset():
    k, offset, n = 500.0, 0.002, 0.22
    p = np.linspace(0.0, 0.3, 7)
    swift = laws.PowerHardening(k * offset**n, k, n, offset)
    assert np.allclose(swift.stress(p), k * (offset + p) ** n, rtol=1e-14)


def test_table_is_interpolated_linearly_and_constant_beyond_its_end():
    p = np.linspace(0.0, 0.4, 401)
    assert np.allclose(laws.TabulatedHardening(*TABLE).stress(p), np.interp(p, *TABLE), rtol=1e-14)


def test_saturation_law_saturates():
    curve = laws.SaturationHardening(100.0, 250.0, 30.0)
    assert np.isclose(compiled(curve.stress)(np.array([10.0]))[0], 250.0, rtol=1e-14)
    assert np.isclose(compiled(curve.stress)(np.array([np.log(2.0) / 30.0]))[0], 175.0, rtol=1e-14)


def test_at_a_point_of_the_table_the_slope_is_that_of_the_segment_above():
    import jax
    import jax.numpy as jnp

    points = jnp.asarray(TABLE[0])
    slope = jax.jvp(laws.TabulatedHardening(*TABLE).stress, (points,), (jnp.ones_like(points),))[1]
    assert np.allclose(slope, [5000.0, 1250.0, 10.0 / 0.15, 0.0], rtol=1e-12)
