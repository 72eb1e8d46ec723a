"""Vectors of the processor: each instruction against NumPy, in both precisions."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from scalebridge.molecules.adaptive._vectors import (
    LANES,
    add_to,
    alike,
    apart,
    both,
    cubic,
    fill,
    inverse,
    inverse_root,
    lanes,
    less,
    load,
    some,
    store,
    total,
    where,
    wide,
)  # fmt: skip

KINDS = pytest.mark.parametrize("kind", [np.float32, np.float64])


def numbers(kind, count=24):
    return np.random.default_rng(2).uniform(0.5, 2.0, count).astype(kind)


@njit
def arithmetic(a, result, sums):
    x, y = load(a, 1), load(a, 9)
    store(result, 2, x * y - x + fill(a[0]) * inverse(y) + inverse_root(x))
    add_to(sums, 0, x)
    return total(wide(x)), total(lanes(a[0]))


@KINDS
def test_arithmetic(kind):
    a, result, sums = numbers(kind), np.zeros(16, kind), np.ones(8)
    whole, order = arithmetic(a, result, sums)
    x, y = a[1:9], a[9:17]
    tolerance = 1e-6 if kind is np.float32 else 1e-14
    np.testing.assert_allclose(result[2:10], x * y - x + a[0] / y + 1 / np.sqrt(x), rtol=tolerance)
    np.testing.assert_array_equal(result[[0, 1, *range(10, 16)]], 0.0)
    np.testing.assert_array_equal(sums, 1.0 + x.astype(float))
    assert whole == pytest.approx(x.astype(float).sum(), rel=1e-15)
    assert order == 28.0


@njit
def chosen(a, limit, result):
    x, y = load(a, 0), load(a, 8)
    near = both(less(x, y), less(x, fill(limit)))
    store(result, 0, where(near, x, y))
    return some(near)


@KINDS
def test_choice(kind):
    a, result = numbers(kind), np.zeros(LANES, kind)
    assert chosen(a, kind(1.4), result)
    x, y = a[:8], a[8:16]
    np.testing.assert_array_equal(result, np.where((x < y) & (x < 1.4), x, y))
    assert not chosen(a, kind(0.1), result)


@njit
def differences(whole, number, like, result):
    store(result, 0, apart(whole, 1, number, like))


@pytest.mark.parametrize(("whole", "kind"), [(np.int32, np.float32), (np.int64, np.float64)])
def test_whole_numbers_wrap_around(whole, kind):
    # the ends of a period are neighbours
    most, result = np.iinfo(whole).max, np.zeros(LANES, kind)
    numbers = np.array([0, most, most - 2, 5, -7, -most, 1, 2, 3], whole)
    differences(numbers, whole(-most), kind(0.0), result)
    np.testing.assert_array_equal(result[[0, 1, 4]], [-2.0, -4.0, 0.0])
    np.testing.assert_array_equal(result[3], kind(int(most) - 7))


@njit
def table(values, places, result):
    a, b, c, d, u = cubic(values, load(places, 0))
    store(result, 0, a + u * (b + u * (c + u * d)))


@KINDS
def test_table(kind):
    values, result = numbers(np.float32, 40).reshape(10, 4), np.zeros(LANES, kind)
    places = np.array([0.0, 0.25, 1.5, 9.75, 3.0, 7.125, 2.5, 8.0], kind)
    table(values, places, result)
    row, u = places.astype(int), places - places.astype(int)
    np.testing.assert_allclose(result, (values[row] * u[:, None] ** np.arange(4)).sum(axis=1), rtol=1e-6)


@njit
def number_or_vector(a, result):
    store(result, 0, where(less(load(a, 0), alike(load(a, 0), a[0])), inverse_root(load(a, 0)), load(a, 8)))
    return where(less(a[1], alike(a[1], a[0])), inverse_root(a[1]), inverse(a[1]))


def test_the_same_words_act_on_numbers():
    a, result = numbers(np.float64), np.zeros(LANES)
    one = number_or_vector(a, result)
    np.testing.assert_allclose(result, np.where(a[:8] < a[0], a[:8] ** -0.5, a[8:16]), rtol=1e-14)
    assert one == pytest.approx(a[1] ** -0.5 if a[1] < a[0] else 1.0 / a[1], rel=1e-14)
