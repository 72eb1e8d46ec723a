from __future__ import annotations

from pathlib import Path

import pytest

from support.diffusion import DiffusionStudy


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    """The template of the teaching bridge, written out."""
    home = tmp_path / "study"
    home.mkdir()
    for name, content in DiffusionStudy.template().items():
        (home / name).write_bytes(content)
    return home / "study.toml"
