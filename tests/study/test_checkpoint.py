from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scalebridge.bridge import Failure
from scalebridge.errors import RunError
from scalebridge.study._checkpoint import CheckpointPace, Point, load_checkpoint, save_checkpoint

FAILURE = Failure("piece 1", "did not converge", {"seed": 3})


def point(steps: int) -> Point:
    return Point(np.arange(steps), steps, 2 * steps, (FAILURE,), 1.5, 1.25)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, point(3), "study")
    loaded = load_checkpoint(tmp_path, "study")
    assert loaded is not None
    np.testing.assert_array_equal(loaded.state, [0, 1, 2])
    assert (loaded.steps, loaded.entries, loaded.failures, loaded.wall_seconds) == (3, 6, (FAILURE,), 1.5)


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    for steps in (1, 2, 9, 10, 100):
        save_checkpoint(tmp_path, point(steps), "study")
    assert sorted(p.name for p in (tmp_path / "checkpoint").iterdir()) == [
        "step-000000010.pickle",
        "step-000000100.pickle",
    ]


def test_none_before_the_first(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, "study") is None


@pytest.mark.parametrize("damage", ["cut", "empty", "flip", "foreign"])
def test_a_damaged_one_falls_back_to_the_older(tmp_path: Path, damage: str) -> None:
    older = save_checkpoint(tmp_path, point(1), "study")
    newer = save_checkpoint(tmp_path, point(2), "study")
    for path in (newer, older):
        content = path.read_bytes()
        flipped = content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]
        path.write_bytes({"cut": content[:-7], "empty": b"", "flip": flipped, "foreign": b"x" * 500}[damage])
        if path == newer:
            loaded = load_checkpoint(tmp_path, "study")
            assert loaded is not None
            assert loaded.steps == 1
    with pytest.raises(RunError, match=r"checksum is wrong.*checksum is wrong.*new run"):
        load_checkpoint(tmp_path, "study")


def test_a_half_written_one_is_not_looked_at(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, point(1), "study")
    (tmp_path / "checkpoint" / ".step-000000002.pickle.77.tmp").write_bytes(b"half")
    loaded = load_checkpoint(tmp_path, "study")
    assert loaded is not None
    assert loaded.steps == 1
    save_checkpoint(tmp_path, point(3), "study")
    assert not list((tmp_path / "checkpoint").glob(".*"))


def test_one_of_another_study_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, point(1), "study")
    with pytest.raises(RunError, match="changed after the run began"):
        load_checkpoint(tmp_path, "other study")


def test_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    pace = CheckpointPace(2.0)
    assert pace.due(), "the first step is always kept"
    pace.saved(0.01)
    now = 1001.9
    assert not pace.due()
    now = 1002.0
    assert pace.due()
    pace.saved(1.0)
    now = 1021.9
    assert not pace.due(), "a checkpoint of one second is made every twenty seconds"
    now = 1022.0
    assert pace.due()
