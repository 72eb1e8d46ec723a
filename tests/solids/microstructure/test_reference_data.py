"""Files that other codes ship, where they are at hand (SCALEBRIDGE_REFERENCE_DATA, default next to the repository)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from scalebridge.solids.microstructure import load

DEFAULT = Path(__file__).parents[4] / "shared" / "data"
DATA = Path(os.environ.get("SCALEBRIDGE_REFERENCE_DATA", DEFAULT)) / "solids"


def reference(*parts: str) -> Path:
    path = DATA.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"reference data not found: {path} (set SCALEBRIDGE_REFERENCE_DATA)")
    return path


@pytest.mark.verify
def test_sphere_of_fans():
    path = reference("fans", "sphere32.h5")
    cell = load(path, dataset="/sphere/32x32x32/ms", axes="zyx", voxel_size=1 / 32)
    assert cell.shape == (32, 32, 32)
    assert cell.phases == (0, 1)
    assert cell.volume_fractions()[1] == 0.266845703125


@pytest.mark.verify
def test_discs_of_crate():
    cell = load(reference("crate-example-1", "disks_600.npy"), voxel_size=1 / 600, phases={1: 0, 2: 1})
    assert cell.shape == (600, 600)
    assert cell.volume_fractions()[1] == pytest.approx(0.30, abs=1e-3)
    # Periodic discs: the cell continues across its faces as smoothly as inside.
    changes = [np.mean(cell.phase != np.roll(cell.phase, 1, axis=0), axis=1)]
    assert changes[0][0] < 5 * changes[0].mean()
