from __future__ import annotations

import os
from pathlib import Path

import pytest

from scalebridge.parallel._environment import single_threaded

if "PYTEST_XDIST_WORKER" in os.environ:
    # one thread per test process, and before any numerical library is imported; compiled code is shared in the caches
    os.environ.update(single_threaded(os.environ))

from support.diffusion import DiffusionStudy


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    """The template of the teaching bridge, written out."""
    home = tmp_path / "study"
    home.mkdir()
    for name, content in DiffusionStudy.template().items():
        (home / name).write_bytes(content)
    return home / "study.toml"
