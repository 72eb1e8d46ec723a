from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scalebridge.errors import InputError, MissingExtraError
from scalebridge.solids.microstructure import Microstructure
from scalebridge.solids.microstructure._extras import optional

QUARTER_TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def checkerboard() -> Microstructure:
    return Microstructure(np.indices((4, 6)).sum(axis=0) % 2, (4e-6, 9e-6), {0: "matrix", 1: "fibre"})


def test_shape_spacing_phases_and_names():
    board = checkerboard()
    assert (board.shape, board.ndim, board.phases) == ((4, 6), 2, (0, 1))
    assert board.spacing == pytest.approx((1e-6, 1.5e-6))
    assert board.name(1) == "fibre"
    assert Microstructure([[7]], (1.0, 1.0)).name(7) == "phase 7"


@settings(deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=3, max_side=5), elements=st.integers(0, 9)))
def test_volume_fractions_sum_to_one_and_count_voxels(phase):
    fractions = Microstructure(phase, (1.0,) * phase.ndim).volume_fractions()
    assert sum(fractions.values()) == pytest.approx(1.0, abs=1e-12)
    assert {p: round(c * phase.size) for p, c in fractions.items()} == {
        int(p): int(n) for p, n in zip(*np.unique(phase, return_counts=True), strict=True)
    }


def test_arrays_are_copies_that_cannot_be_written():
    source = np.zeros((3, 3), dtype=np.int64)
    cell = Microstructure(source, (1.0, 1.0), orientations={0: QUARTER_TURN})
    source[0, 0] = 5
    assert cell.phases == (0,)
    with pytest.raises(ValueError, match="read-only"):
        cell.phase[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        cell.orientations[0][0, 0] = 1
    with pytest.raises(TypeError):
        cell.names[0] = "new"  # type: ignore[index]


def test_survives_pickling_still_read_only():
    cell = Microstructure(np.eye(3, dtype=int), (1.0, 2.0), {1: "a"}, {0: QUARTER_TURN}, "made by hand")
    again = pickle.loads(pickle.dumps(cell))
    assert again == cell
    assert hash(again) == hash(cell)
    assert again.origin == "made by hand"
    assert not again.phase.flags.writeable


def test_equality_sees_every_part():
    cell = Microstructure(np.eye(2, dtype=int), (1.0, 1.0), {1: "a"}, {0: QUARTER_TURN})
    assert cell != Microstructure(1 - np.eye(2, dtype=int), (1.0, 1.0), {1: "a"}, {0: QUARTER_TURN})
    assert cell != Microstructure(cell.phase, (1.0, 2.0), {1: "a"}, {0: QUARTER_TURN})
    assert cell != Microstructure(cell.phase, (1.0, 1.0), {1: "b"}, {0: QUARTER_TURN})
    assert cell != Microstructure(cell.phase, (1.0, 1.0), {1: "a"}, {0: np.eye(3)})
    assert cell != "something else"


def test_repr_tells_grid_size_and_fractions():
    text = repr(checkerboard())
    assert "4 x 6 voxels" in text
    assert "4e-06 x 9e-06 m" in text
    assert "fibre 50.00 %" in text
    assert "14 more phases" in repr(Microstructure(np.arange(20).reshape(4, 5), (1.0, 1.0)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros(4, int), (1.0,)), r"2 or 3 axes.*\(4,\)"),
        ((np.zeros((2, 0), int), (1.0, 1.0)), "at least one voxel"),
        ((np.zeros((2, 2)), (1.0, 1.0)), "integers.*float64.*thresholds"),
        ((np.array([[0, -3]]), (1.0, 1.0)), "from 0 on.*-3 to 0"),
        ((np.zeros((2, 2), int), (1.0, 1.0, 1.0)), "2 axes, the size has 3"),
        ((np.zeros((2, 2), int), 1.0), "2 lengths in m"),
        ((np.zeros((2, 2), int), (1.0, 0.0)), "positive and finite"),
        ((np.zeros((2, 2), int), (1.0, np.nan)), "positive and finite"),
        ((np.zeros((2, 2), int), (1.0, 1.0), {3: "void"}), "'names'.*no voxel has: 3.*present: 0"),
        ((np.zeros((2, 2), int), (1.0, 1.0), {}, {1: np.eye(3)}), "'orientations'.*: 1"),
        ((np.zeros((2, 2), int), (1.0, 1.0), {}, {0: np.eye(2)}), "3x3"),
        ((np.zeros((2, 2), int), (1.0, 1.0), {}, {0: 1.1 * np.eye(3)}), "not a proper rotation"),
        ((np.zeros((2, 2), int), (1.0, 1.0), {}, {0: np.diag([1.0, 1.0, -1.0])}), "det R = -1"),
    ],
)
def test_bad_input_is_told(arguments, message):
    with pytest.raises(InputError, match=message):
        Microstructure(*arguments)


def test_missing_extra_names_the_package_and_the_command():
    with pytest.raises(MissingExtraError, match=r"'not_there_at_all'.*scalebridge\[solids\]"):
        optional("not_there_at_all.part")


def test_import_is_light():
    code = (
        "import sys, scalebridge.solids.microstructure, scalebridge.solids.export;"
        "print([m for m in ('matplotlib', 'vtkmodules', 'h5py', 'xarray', 'PIL', 'tifffile') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
