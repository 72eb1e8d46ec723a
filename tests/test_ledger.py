from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalebridge.errors import InputError, RunError
from scalebridge.ledger import COLUMNS, Entry, Ledger, Verdict

TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\n\r\0"), max_size=12)
ENTRIES = st.builds(
    Entry,
    quantity=TEXT,
    unit=TEXT,
    fine=st.floats(),
    coarse=st.floats(),
    scale=st.floats(),
    allowed=st.floats(0.0, 1.0),
    where=TEXT,
    when=st.floats(),
    relation=st.sampled_from(["==", "<="]),
    severity=st.sampled_from([Verdict.WARNS, Verdict.FAILS]),
)


def entry(quantity: str = "energy", fine: float = 1.0, coarse: float = 1.0, **changed: object) -> Entry:
    values = {"unit": "J", "scale": 1.0, "allowed": 1e-6, "where": "RVE", "when": 0.0, **changed}
    return Entry(quantity=quantity, fine=fine, coarse=coarse, **values)  # type: ignore[arg-type]


@settings(max_examples=50)
@given(st.lists(ENTRIES, max_size=8))
def test_what_is_written_is_read_back_bit_by_bit(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.csv"
    with Ledger(path) as ledger:
        ledger.post(entries)
    assert [repr(found) for found in Ledger.read(path)] == [repr(posted) for posted in entries]


def test_lines_are_in_the_file_when_post_returns(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.csv") as ledger:
        ledger.post([entry(when=1.0)])
        assert Ledger.read(ledger.path) == (entry(when=1.0),)


@pytest.mark.parametrize("torn", [b"", b"energy,J,1.0,1", b"energy,J,1.0,1.0,1.0,0.0,1e-06,==,fails,holds,RVE,9.0\n"])
def test_reopening_keeps_what_the_checkpoint_counts_and_drops_the_rest(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "ledger.csv"
    with Ledger(path) as ledger:
        ledger.post(entry(when=float(i)) for i in range(5))
    path.write_bytes(path.read_bytes() + torn)
    with Ledger(path, keep=3) as ledger:
        assert len(ledger) == 3
        ledger.post([entry(when=7.0)])
        assert [e.when for e in ledger.entries] == [0.0, 1.0, 2.0, 7.0]
    assert [e.when for e in Ledger.read(path)] == [0.0, 1.0, 2.0, 7.0]


def test_fewer_lines_than_the_checkpoint_counts_are_an_error(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.csv") as ledger:
        ledger.post([entry()])
    with pytest.raises(RunError, match="holds 1 entries where the checkpoint counts 2"):
        Ledger(tmp_path / "ledger.csv", keep=2)


def test_a_file_that_is_no_ledger_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(RunError, match="is no ledger"):
        Ledger.read(path)
    path.write_text(",".join(COLUMNS) + "\nenergy,J,x,1.0,1.0,0.0,1e-06,==,fails,holds,RVE,9.0\n")
    with pytest.raises(RunError, match="line 2"):
        Ledger.read(path)
    with pytest.raises(RunError, match="cannot be read"):
        Ledger.read(tmp_path / "missing.csv")


def test_a_line_break_in_an_entry_is_refused(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.csv") as ledger, pytest.raises(InputError, match="line break"):
        ledger.post([entry(where="two\nlines")])


def test_columns_are_arrays(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.csv") as ledger:
        assert ledger.columns()["fine"].shape == (0,)
        ledger.post([entry(fine=2.0), entry("mass", fine=3.0)])
        columns = ledger.columns()
    assert tuple(columns) == COLUMNS
    np.testing.assert_array_equal(columns["fine"], [2.0, 3.0])
    assert columns["quantity"].tolist() == ["energy", "mass"]


@pytest.mark.parametrize(
    ("changed", "mismatch"),
    [
        ({"fine": 1.1}, 0.1),
        ({"fine": 0.9}, 0.1),
        ({"fine": 0.9, "relation": "<="}, 0.0),
        ({"fine": 1.1, "relation": "<="}, 0.1),
        ({"fine": 1.1, "scale": 10.0}, 0.01),
        ({"fine": 1.1, "scale": 0.0}, math.inf),
        ({"scale": 0.0}, 0.0),
        ({"fine": math.nan}, math.inf),
        ({"coarse": math.inf}, math.inf),
    ],
)
def test_mismatch(changed: dict[str, float], mismatch: float) -> None:
    assert entry(**changed).mismatch == pytest.approx(mismatch)  # type: ignore[arg-type]
