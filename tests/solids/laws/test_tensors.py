from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scalebridge.solids import laws
from scalebridge.solids.laws import _probe, _tensors

matrices = hnp.arrays(np.float64, (3, 3), elements=st.floats(-10, 10, width=32))


@settings(deadline=None, derandomize=True)
@given(matrices)
def test_mandel_components_keep_the_tensor_and_its_norm(a):
    a = a + a.T
    components = laws.to_mandel(a)
    assert np.allclose(laws.from_mandel(components), a, rtol=1e-15, atol=0)
    assert np.isclose(np.linalg.norm(components), np.linalg.norm(a), rtol=1e-14)


def test_mandel_order_is_11_22_33_23_13_12():
    a = np.array([[1.0, 6.0, 5.0], [6.0, 2.0, 4.0], [5.0, 4.0, 3.0]])
    assert np.allclose(laws.to_mandel(a), [1, 2, 3, 4 * np.sqrt(2), 5 * np.sqrt(2), 6 * np.sqrt(2)], rtol=1e-15)


@settings(deadline=None, derandomize=True)
@given(matrices, st.integers(0, 1000))
def test_mandel_rotation_turns_components_as_the_rotation_turns_the_tensor(a, seed):
    a = a + a.T
    r = _probe.random_rotations(1, np.random.default_rng(seed))[0]
    q = laws.mandel_rotation(r)
    assert np.allclose(q @ q.T, np.eye(6), atol=1e-14)
    assert np.allclose(q @ laws.to_mandel(a), laws.to_mandel(r @ a @ r.T), atol=1e-12)


@settings(deadline=None, derandomize=True)
@given(matrices)
def test_rows_agree_with_matrices(f):
    rows = tuple(f.ravel())
    assert np.isclose(_tensors.determinant(rows), np.linalg.det(f), rtol=1e-9, atol=1e-9)
    strain = laws.from_mandel(np.array(_tensors.green_lagrange(rows)))
    assert np.allclose(strain, 0.5 * (f.T @ f - np.eye(3)), atol=1e-12)
    mandel = laws.to_mandel(f + f.T)
    deviator = laws.from_mandel(np.array(_tensors.deviator(tuple(mandel))))
    assert np.allclose(deviator, f + f.T - np.trace(f + f.T) / 3 * np.eye(3), atol=1e-12)
