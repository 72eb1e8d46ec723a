from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.errors import InputError
from scalebridge.solids.microstructure import segment
from scalebridge.solids.microstructure._segment import find_thresholds, take_labels


def test_a_value_on_the_threshold_belongs_above():
    assert segment([[0.0, 1.0, 2.0, 3.0]], [1, 3]).tolist() == [[0, 1, 1, 2]]
    assert segment([[0.0, 1.0]], 0.5).tolist() == [[0, 1]]


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 255), min_size=2, max_size=60),
    st.lists(st.floats(0.5, 254.5), min_size=1, max_size=3, unique=True).map(sorted),
)
def test_phases_are_the_number_of_thresholds_reached_or_gaps_are_told(grey, cuts):
    expected = [sum(value >= cut for cut in cuts) for value in grey]
    if set(expected) == set(range(len(cuts) + 1)):
        assert segment([grey], cuts)[0].tolist() == expected
    else:
        with pytest.raises(InputError, match="leave phases empty"):
            segment([grey], cuts)


def between_class_variance(values: np.ndarray, cuts: tuple[int, ...]) -> float:
    parts = [values[(values >= a) & (values < b)] for a, b in zip((-1, *cuts), (*cuts, 99), strict=True)]
    return sum(len(part) * (part.mean() - values.mean()) ** 2 for part in parts if len(part))


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_otsu_finds_what_exhaustive_search_finds(classes):
    values = np.random.default_rng(classes).binomial(15, np.repeat([0.1, 0.4, 0.6, 0.9], 50))
    best = max(combinations(range(1, 16), classes - 1), key=lambda cuts: between_class_variance(values, cuts))
    found = find_thresholds(values, f"otsu-{classes}")
    assert np.digitize(values, found).tolist() == np.digitize(values, best).tolist()


@settings(deadline=None)
@given(st.floats(0.1, 50), st.floats(-100, 100))
def test_otsu_does_not_depend_on_brightness_and_contrast(contrast, brightness):
    rng = np.random.default_rng(0)
    grey = np.concatenate([rng.normal(0, 1, 200), rng.normal(8, 1, 100)])[None]
    assert np.array_equal(segment(contrast * grey + brightness, "otsu"), segment(grey, "otsu"))


def test_otsu_separates_two_bells():
    rng = np.random.default_rng(0)
    grey = np.concatenate([rng.normal(60, 8, 7000), rng.normal(160, 12, 3000)])
    assert segment(grey[None], "otsu").mean() == pytest.approx(0.3, abs=1e-3)


def test_labels_keep_values_or_follow_the_mapping():
    labels = np.array([[1, 2, 2], [1, 1, 7]], dtype=np.uint8)
    assert take_labels(labels, None).tolist() == labels.tolist()
    assert take_labels(labels, {1: 0, 2: 1, 7: 1}).tolist() == [[0, 1, 1], [0, 0, 1]]
    assert take_labels(labels.astype(float), None).tolist() == labels.tolist()
    assert take_labels(labels == 2, None).tolist() == [[0, 1, 1], [0, 0, 0]]
    assert take_labels(np.arange(100).reshape(10, 10), "labels").max() == 99


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: segment([[0.0, 1.0]], [2.0]), r"\[2, inf\).*between 0 and 1"),
        (lambda: segment([[0.0, 1.0]], []), "at least one"),
        (lambda: segment([[0.0, 1.0]], [0.5, 0.5]), "ascending"),
        (lambda: segment([[0.0, 1.0]], [np.nan]), "finite"),
        (lambda: segment([[0.0, np.nan, np.inf]], [0.5]), "2 of 3 values are NaN or infinite"),
        (lambda: segment([["a", "b"]], [0.5]), "real numbers"),
        (lambda: segment(np.zeros((0, 3)), [0.5]), "empty"),
        (lambda: segment([[1.0, 1.0]], "otsu"), "All values are 1"),
        (lambda: segment([[1.0, 2.0]], "otsu-3"), "Only 2 different"),
        (lambda: segment([[1.0, 2.0]], "otsu-9"), "'otsu-3' to 'otsu-8'"),
        (lambda: segment([[1.0, 2.0]], "kmeans"), "found 'kmeans'"),
        (lambda: segment([[1.0, 2.0]], "otsu-"), "found 'otsu-'"),
        (lambda: take_labels(np.arange(17), None), "17 different values from 0 to 16.*thresholds"),
        (lambda: take_labels(np.array([0.5, 1.0]), None), "not whole"),
        (lambda: take_labels(np.array([-1, 1]), None), "start at 0; found -1"),
        (lambda: take_labels(np.array([0, 128, 255]), {0: 0, 255: 1}), r"no entry for \[128\]"),
    ],
)
def test_bad_input_is_told(call, message):
    with pytest.raises(InputError, match=message):
        call()
