"""Atoms on two MPI ranks: the books, noise included, are those of one rank."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fluids.atomistic.ranks_program import LEGS, legs

PROGRAM = Path(__file__).with_name("ranks_program.py")


@pytest.fixture(scope="module")
def two_ranks(tmp_path_factory):
    """What the program says, its complaints and the file it wrote."""
    pytest.importorskip("mpi4py")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        pytest.skip("no mpiexec next to this Python")
    path = tmp_path_factory.mktemp("ranks") / "two.npz"
    ran = subprocess.run(
        [mpiexec, "-n", "2", sys.executable, PROGRAM, path], timeout=120, capture_output=True, text=True
    )
    assert path.exists(), ran.stderr
    return ran, np.load(path)


def test_two_ranks_are_one_but_for_rounding(two_ranks, tmp_path):
    """Equilibration with noise on all axes, then legs under all controls; the program asserts that its books close."""
    legs(tmp_path / "one.npz")
    one, two = np.load(tmp_path / "one.npz"), two_ranks[1]
    assert set(one) == set(two)
    for name in one:
        np.testing.assert_allclose(two[name], one[name], rtol=1e-9, atol=1e-9 * max(np.abs(one[name]).max(), 1.0))
    assert one[f"by_source_{len(LEGS) - 1}"][2, :3].any()  # the noise acted


def test_what_goes_wrong_on_all_ranks_is_said_once_and_they_go_on(two_ranks):
    said = two_ranks[0].stdout.splitlines()
    assert [said[0], *said[3:]] == ["ranks: 2", "runs", "strays"]
    assert "constraint cell ran empty" in said[1]
    assert "rank 1 alone cannot go on: its part is missing" in said[2]


def test_what_goes_wrong_on_one_rank_ends_the_program_in_a_sentence(two_ranks):
    """An engine that stops on one rank leaves the others waiting; the last checkpoint is on the disk."""
    assert two_ranks[0].returncode != 0
    assert "An atom flew off" in two_ranks[0].stderr
    assert "Traceback" not in two_ranks[0].stderr
