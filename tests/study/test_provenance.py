from __future__ import annotations

import json
from pathlib import Path

import pytest

from scalebridge.study import _packages, _provenance
from scalebridge.study._checkpoint import Point

REQUIRES = [
    "numpy>=1.26",
    "no-such",
    "jax; extra == 'solids'",
    'pytest ; extra == "test"',
    "jax; extra == 'all'",
]


def read(folder: Path) -> dict[str, object]:
    return json.loads((folder / "provenance.json").read_text())  # type: ignore[no-any-return]


def test_a_run_of_two_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_provenance, "installed", lambda: {"numpy": "1.26.0"})
    _provenance.begin(tmp_path, seed=3, command="typed", inputs={"study.toml": "abc"})
    _provenance.open_session(tmp_path, "typed")
    _provenance.close_session(tmp_path, "interrupted", Point(None, wall_seconds=1.23456, cpu_seconds=0.5))
    first = read(tmp_path)
    assert (first["finished"], first["wall_seconds"], first["seed"]) == (None, 1.235, 3)
    monkeypatch.setattr(_provenance, "installed", lambda: {"numpy": "2.0.0"})
    _provenance.open_session(tmp_path, "typed again")
    _provenance.close_session(tmp_path, "finished", None)
    second = read(tmp_path)
    assert second["finished"] is not None
    assert second["wall_seconds"] == 1.235
    assert second["packages"] == {"numpy": "1.26.0"}
    sessions = second["sessions"]
    assert [(s["command"], s["end"], s["changed_packages"]) for s in sessions] == [  # type: ignore[attr-defined]
        ("typed", "interrupted", {}),
        ("typed again", "finished", {"numpy": "2.0.0"}),
    ]


def test_packages_are_those_that_scalebridge_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.requires", lambda name: REQUIRES)
    found = {(package.extra, package.name): package.version for package in _packages.packages()}
    assert set(found) == {("", "numpy"), ("", "no-such"), ("solids", "jax"), ("test", "pytest")}
    assert found["", "no-such"] is None
    assert found["test", "pytest"] == pytest.__version__
    assert "pytest" not in _packages.installed(), "numbers do not depend on it"
    assert "numpy" in _packages.installed()
