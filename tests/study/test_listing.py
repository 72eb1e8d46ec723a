from __future__ import annotations

from pathlib import Path

import pytest

from scalebridge.errors import RunError
from scalebridge.study import list_runs, run
from scalebridge.study._lock import locked


def test_runs_are_found_with_their_state(study_file: Path, tmp_path: Path) -> None:
    home = run(study_file, tmp_path / "a" / "b" / "run-1", workers=0).folder
    (found,) = list_runs(tmp_path)
    assert (found.folder, found.state) == (home, "finished")
    assert found.summary is not None
    assert found.summary.certificate.verdict.value == "warns"
    with locked(home):
        assert list_runs(tmp_path)[0].state == "running"
    (home / "summary.json").write_text("{}")
    assert list_runs(tmp_path)[0].state == "damaged"
    (home / "summary.json").unlink()
    (home / "provenance.json").write_text("{}")
    assert list_runs(tmp_path)[0].state == "damaged"


def test_a_folder_without_runs_lists_none(tmp_path: Path) -> None:
    assert list_runs(tmp_path) == ()
    with pytest.raises(RunError, match="is no folder"):
        list_runs(tmp_path / "missing")
