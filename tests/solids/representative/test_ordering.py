from __future__ import annotations

import numpy as np
import pytest

from scalebridge.ledger import Verdict
from scalebridge.solids.representative import ordering_entries


def random_positive(seed: int) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(6, 6))
    return a @ a.T


def test_ordered_tensors_balance_with_one_entry_per_pair():
    base = random_positive(0) + np.eye(6)
    chain = {
        name: base + i * random_positive(1) for i, name in enumerate(("reuss", "subc", "periodic", "kubc", "voigt"))
    }
    entries = ordering_entries(chain, unit="Pa", where="realisation 1", when=4.0)
    assert [e.quantity for e in entries] == [
        "ordering Reuss <= SUBC",
        "ordering SUBC <= PBC",
        "ordering PBC <= KUBC",
        "ordering KUBC <= Voigt",
    ]
    assert all(e.verdict is Verdict.HOLDS and e.relation == "<=" and e.when == 4.0 for e in entries)


def test_a_single_soft_direction_is_found_though_every_entry_of_the_diagonal_grew():
    lower = np.eye(6)
    direction = np.array([1.0, -1.0, 0, 0, 0, 0]) / np.sqrt(2)
    upper = lower + 0.5 * np.eye(6) - 0.6 * np.outer(direction, direction)
    assert np.all(np.diag(upper) > np.diag(lower))
    (entry,) = ordering_entries({"subc": lower, "kubc": upper}, unit="Pa", where="here")
    assert entry.verdict is Verdict.FAILS
    assert entry.fine - entry.coarse == pytest.approx(0.1)
    assert entry.mismatch == pytest.approx(0.1 / 1.5)


def test_violations_within_the_solver_tolerance_balance():
    base = random_positive(2) + np.eye(6)
    lower = base + 1e-8 * np.linalg.norm(base, 2) * np.eye(6)
    assert ordering_entries({"subc": lower, "periodic": base}, unit="Pa", where="")[0].verdict is Verdict.HOLDS
    strict = ordering_entries({"subc": lower, "periodic": base}, unit="Pa", where="", allowed=1e-9)
    assert strict[0].verdict is Verdict.FAILS


def test_one_tensor_has_nothing_to_compare():
    assert ordering_entries({"periodic": np.eye(3)}, unit="Pa", where="") == ()
