from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.solids.laws._jax import prepare_jax
from scalebridge.solids.laws._roots import decreasing_root, with_derivative


@pytest.fixture(autouse=True, scope="module")
def _float64():
    prepare_jax()


def _solve(function, high):
    import jax.numpy as jnp

    high = jnp.asarray(high, dtype=float)
    root, found = decreasing_root(function, high, jnp.ones_like(high), jnp.ones_like(high, dtype=bool))
    return np.asarray(root), np.asarray(found)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.floats(1e-3, 0.999), st.floats(0.05, 1.0), st.floats(1e-9, 1e-2))
def test_a_nearly_vertical_power_curve_is_solved(root, exponent, offset):
    import jax.numpy as jnp

    def rising(x):
        return (jnp.asarray(x) + offset) ** exponent + x

    found, ok = _solve(lambda x: rising(root) - rising(x), np.ones(3))
    assert ok.all()
    assert np.allclose(found, root, rtol=1e-11)


@pytest.mark.parametrize("kink", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(("first", "second"), [(1e-6, 1e6), (1e6, 1e-6), (1.0, 1e3)])
def test_kinks_of_either_sign_are_solved(kink, first, second):
    import jax.numpy as jnp

    def rising(x):
        return jnp.where(x < kink, first * x, first * kink + second * (x - kink))

    roots = np.linspace(0.01, 0.99, 41)
    found, ok = _solve(lambda x: (rising(roots) - rising(x)) / max(first, second), np.ones(41))
    assert ok.all()
    assert np.abs(rising(found) - rising(roots)).max() <= 1e-12 * max(first, second)


def test_a_function_without_a_root_is_reported():
    import jax.numpy as jnp

    _, ok = _solve(lambda x: jnp.full_like(x, jnp.nan), np.ones(2))
    assert not ok.any()


def test_inactive_points_are_zero_and_found():
    import jax.numpy as jnp

    active = jnp.array([True, False])
    root, found = decreasing_root(lambda x: 0.25 - x * x, jnp.ones(2), jnp.ones(2), active)
    assert found.all()
    assert np.allclose(root, [0.5, 0.0], atol=1e-14)


def test_derivative_is_that_of_the_implicit_function_theorem():
    import jax
    import jax.numpy as jnp

    def root_of(a):
        fixed = jax.lax.stop_gradient(a)
        root, _ = decreasing_root(lambda x: fixed - jnp.exp(x), fixed, fixed, jnp.ones_like(a, dtype=bool))
        return with_derivative(lambda x: a - jnp.exp(x), root)

    a = jnp.array([1.5, 3.0, 20.0])
    value, slope = jax.jvp(root_of, (a,), (jnp.ones_like(a),))
    assert np.allclose(value, np.log(a), rtol=1e-13)
    assert np.allclose(slope, 1 / a, rtol=1e-12)
