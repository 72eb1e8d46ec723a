from __future__ import annotations

import math

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.ledger import Verdict
from scalebridge.solids.representative import mean_interval, study_separations, volume_for_precision
from scalebridge.solids.representative._recommendation import Requirement, bias_edge, recommend, reference_mean


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


def requirement(name: str, scatter: float, bias: float) -> Requirement:
    return Requirement(name, scatter, (0.9 * scatter, 1.2 * scatter), bias, 0.001)


def recommended(*requirements: Requirement):
    edges = np.array([1.0, 2.0, 4.0])
    return recommend(requirements, boundary="kubc", edges=edges, precision=0.02, realisations=5, ndim=3)


def test_the_most_demanding_quantity_governs():
    best = recommended(requirement("K", 1.5, 1.0), requirement("G", 3.0, 2.0))
    assert (best.edge, best.governing.quantity, best.extrapolated) == (3.0, "G", False)
    assert best.edge_interval == pytest.approx((2.7, 3.6))
    assert "G governs, whose scatter" in best.sentence


def test_bias_can_govern():
    best = recommended(requirement("K", 1.5, 4.0))
    assert best.edge == 4.0
    assert "biased" in best.sentence


def test_beyond_the_sizes_tested_is_said():
    best = recommended(requirement("K", 9.0, 1.0))
    assert best.extrapolated
    assert "beyond the sizes tested" in best.sentence


def test_no_size_is_said():
    best = recommended(requirement("K", 1.0, math.inf))
    assert math.isnan(best.edge)
    assert "No size can be recommended" in best.sentence


def test_separations_of_microstructure_cell_and_part():
    cell, part = study_separations(1e-6, 4e-6, 1e-3)
    assert (cell.value, part.value) == pytest.approx((4.0, 250.0))
    assert (cell.verdict, part.verdict) == (Verdict.WARNS, Verdict.HOLDS)
    assert [s.name for s in study_separations(1e-6, 4e-6)] == ["RVE edge / correlation length"]
    assert study_separations(math.nan, 4e-6) == ()
    with pytest.raises(InputError, match="positive"):
        study_separations(1e-6, 4e-6, -1.0)
