from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalebridge.bridge import Failure, Headline
from scalebridge.certificate import Certificate, Line
from scalebridge.errors import RunError
from scalebridge.ledger import Verdict
from scalebridge.study._files import read_json, write_json, write_whole
from scalebridge.study._records import Summary, plain, read_summary, write_failures, write_summary

LINES = (
    Line("work", "balance", 1e-9, 1e-8, Verdict.HOLDS, 3, "worst at RVE, 1"),
    Line("mass", "balance", math.inf, 0.0, Verdict.FAILS, 1, "worst at RVE, 2"),
)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_summary_is_read_back_bit_by_bit(tmp_path_factory: pytest.TempPathFactory, value: float) -> None:
    home = tmp_path_factory.mktemp("run")
    summary = Summary("toy", "A title", {"a": Headline(value, "Pa", "stress", None)}, Certificate(LINES), 2)
    write_summary(home, summary)
    assert read_summary(home) == summary


def test_no_summary_and_a_damaged_one(tmp_path: Path) -> None:
    assert read_summary(tmp_path) is None
    (tmp_path / "summary.json").write_text('{"headlines": {}}')
    with pytest.raises(RunError, match="delete it and resume the run"):
        read_summary(tmp_path)


def test_inputs_of_failures_may_be_anything(tmp_path: Path) -> None:
    inputs = {"strain": np.eye(2), "seed": np.int64(3), "law": Verdict.HOLDS, "path": Path("a"), "x": math.nan, 1: True}
    write_failures(tmp_path, [Failure("piece", "why", inputs)])  # type: ignore[arg-type]
    assert read_json(tmp_path / "failures.json")[0]["inputs"] == {
        "strain": [[1.0, 0.0], [0.0, 1.0]],
        "seed": 3,
        "law": "holds",
        "path": "a",
        "x": None,
        "1": True,
    }


def test_plain_numbers() -> None:
    assert plain((1, np.float32(0.5), -math.inf)) == [1, 0.5, None]


def test_files_are_replaced_in_one_move(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    write_whole(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"new"
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a", math.nan)
    assert (tmp_path / "a").read_bytes() == b"new"
    with pytest.raises(RunError, match="cannot be read"):
        read_json(tmp_path / "a")
