from __future__ import annotations

import math

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.ledger import Verdict
from scalebridge.solids.representative import fit_variance_law, mean_interval, study_separations, volume_for_precision
from scalebridge.solids.representative._readable import readable_length
from scalebridge.solids.representative._recommendation import bias_edge, recommend_size, reference_mean


def test_volume_gives_the_precision_asked_for():
    volume = volume_for_precision(4.0, 10.0, precision=0.02, realisations=5, confidence=0.95)
    # eps = z sqrt(D_Z^2 A / (n V)) / Z, Kanit et al. 2003, with z = 1.96.
    assert 1.959964 * math.sqrt(4.0 / (5 * volume)) / 10.0 == pytest.approx(0.02, rel=1e-6)


def test_volume_falls_with_realisations_and_with_the_square_of_the_precision():
    one = volume_for_precision(4.0, 10.0, precision=0.02, realisations=1)
    assert volume_for_precision(4.0, 10.0, precision=0.02, realisations=8) == pytest.approx(one / 8)
    assert volume_for_precision(4.0, 10.0, precision=0.01, realisations=1) == pytest.approx(4 * one)


@pytest.mark.parametrize(
    "options",
    [
        {"product": 1.0, "mean": 1.0, "precision": 0.0, "realisations": 1},
        {"product": 1.0, "mean": 1.0, "precision": 0.1, "realisations": 0},
        {"product": 1.0, "mean": 0.0, "precision": 0.1, "realisations": 1},
        {"product": -1.0, "mean": 1.0, "precision": 0.1, "realisations": 1},
    ],
)
def test_impossible_wishes_are_refused(options):
    with pytest.raises(InputError):
        volume_for_precision(options.pop("product"), options.pop("mean"), **options)


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ([1.0, 1.0, 1.0], 1.0),
        ([1.5, 1.01, 1.0], 2.0),
        ([1.01, 1.5, 1.0], 4.0),
        ([1.0, 1.0, 1.5], math.inf),
        ([math.nan, 1.0, 1.0], 2.0),
    ],
)
def test_bias_edge_is_where_the_bias_stays_small(means, expected):
    assert bias_edge(np.array([1.0, 2.0, 4.0]), np.array(means), 1.0, 0.02) == expected


def test_reference_prefers_periodic_and_else_lies_between_the_others():
    low, high, middle = mean_interval([1.0, 1.0]), mean_interval([3.0, 3.0]), mean_interval([1.8, 1.8])
    assert reference_mean({"subc": low, "kubc": high, "periodic": middle}) == 1.8
    assert reference_mean({"subc": low, "kubc": high, "periodic": mean_interval([])}) == 2.0
    assert math.isnan(reference_mean({"kubc": mean_interval([])}))


EDGES = np.array([1.0, 2.0, 4.0])


def series(*means: float):
    return tuple(mean_interval([m - 0.01, m + 0.01]) for m in means)


def recommended(products, means, boundary="kubc", **options):
    """Recommendation from variance products and means of each quantity, with the periodic mean 1 everywhere."""
    volumes, counts = EDGES**3, [500, 500, 500]
    laws = {(boundary, q): fit_variance_law(volumes, p / volumes, counts) for q, p in products.items()}
    statistics = {(boundary, q): series(*m) for q, m in means.items()}
    statistics |= {("periodic", q): series(1.0, 1.0, 1.0) for q in means if boundary != "periodic"}
    wish = {"precision": 0.02, "realisations": 5} | options
    return recommend_size(statistics, laws, edges=EDGES, ndim=3, **wish)


def product_for(edge: float) -> float:
    return 5 * edge**3 * (0.02 / 1.959964) ** 2


def test_the_most_demanding_quantity_governs():
    best = recommended({"K": product_for(1.5), "G": product_for(3.0)}, {"K": (1.0, 1.0, 1.0), "G": (1.1, 1.01, 1.0)})
    assert best.edge == pytest.approx(3.0, rel=1e-6)
    assert (best.governing.quantity, best.governing.bias_edge, best.extrapolated) == ("G", 2.0, False)
    assert best.edge_interval[0] < 3.0 < best.edge_interval[1]
    assert "the scatter of G" in best.sentence
    assert "uniform-displacement" in best.sentence


def test_bias_can_govern():
    best = recommended({"K": product_for(1.5)}, {"K": (1.2, 1.1, 1.0)})
    assert best.edge == 4.0
    assert "would allow 1.5 m" in best.sentence
    assert "biased" in best.sentence


def test_beyond_the_sizes_tested_is_said():
    best = recommended({"K": product_for(9.0)}, {"K": (1.0, 1.0, 1.0)})
    assert best.edge == pytest.approx(9.0, rel=1e-6)
    assert best.extrapolated
    assert "beyond the sizes tested" in best.sentence


def test_no_size_is_said():
    best = recommended({"K": product_for(1.0)}, {"K": (1.3, 1.2, 1.1)})
    assert math.isnan(best.edge)
    assert not best.extrapolated
    assert "No size can be recommended" in best.sentence
    assert "still 10 % off" in best.sentence


def test_a_boundary_that_was_not_studied_is_refused():
    laws = {("kubc", "K"): fit_variance_law([1.0], [1.0], [5])}
    wish = {"edges": EDGES, "ndim": 3, "precision": 0.1, "realisations": 1}
    with pytest.raises(InputError, match="those studied: kubc"):
        recommend_size({}, laws, boundary="subc", **wish)


@pytest.mark.parametrize(("length", "text"), [(3.2e-6, "3.2 µm"), (1e-6, "1 µm"), (4e-10, "0.4 nm"), (2.0, "2 m")])
def test_lengths_are_written_in_units_that_fit(length, text):
    assert readable_length(length) == text


def test_separations_of_microstructure_cell_and_part():
    cell, part = study_separations(1e-6, 4e-6, 1e-3)
    assert (cell.value, part.value) == pytest.approx((4.0, 250.0))
    assert (cell.verdict, part.verdict) == (Verdict.WARNS, Verdict.HOLDS)
    assert [s.name for s in study_separations(1e-6, 4e-6)] == ["RVE edge / correlation length"]
    assert study_separations(math.nan, 4e-6) == ()
    with pytest.raises(InputError, match="positive"):
        study_separations(1e-6, 4e-6, -1.0)
