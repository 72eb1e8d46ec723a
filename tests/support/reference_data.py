"""Files that other projects ship, where they are at hand (SCALEBRIDGE_REFERENCE_DATA, default beside the project)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DEFAULT = Path(__file__).parents[3] / "shared" / "data"


def reference(*parts: str) -> Path:
    """Path of a file; the test is skipped, and says so, where it is missing."""
    path = Path(os.environ.get("SCALEBRIDGE_REFERENCE_DATA", DEFAULT)).joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"reference data not found: {path} (set SCALEBRIDGE_REFERENCE_DATA)")
    return path
