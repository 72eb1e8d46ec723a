"""Nanochannel, long channel, sound and measurements on two MPI ranks: the run of one, and each goes on from the other.

States of one process go on on two ranks, and those of two ranks in one process.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fluids.hybrid.ranks_program import begun, bridges, measured, numbers, stepped

PROGRAM = Path(__file__).with_name("ranks_program.py")


@pytest.fixture(scope="module")
def one():
    """States of one process: at the beginning, and after each of two steps."""
    states = {}
    for name, bridge in bridges().items():
        start = begun(bridge)
        first = stepped(bridge, start)
        states[name] = (start, first, stepped(bridge, first))
    return states


@pytest.fixture(scope="module")
def two(one, tmp_path_factory):
    """What the program found on two ranks."""
    pytest.importorskip("mpi4py")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        pytest.skip("no mpiexec next to this Python")
    before, after = (tmp_path_factory.mktemp("ranks") / name for name in ("before", "after"))
    before.write_bytes(pickle.dumps({name: states[1] for name, states in one.items()}))
    ran = subprocess.run(
        [mpiexec, "-n", "2", sys.executable, PROGRAM, before, after], timeout=300, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    found = pickle.loads(after.read_bytes())
    assert found["ranks"] == 2
    return found


def same(found, expected):
    """Whether all numbers of two states agree but for rounding that chaos has made grow."""
    pairs = list(zip(numbers(found), numbers(expected), strict=True))
    assert len(pairs) > 10
    for mine, theirs in pairs:
        scale = max(float(np.abs(theirs).max(initial=0.0)), 1.0)
        np.testing.assert_allclose(mine, theirs, rtol=0.0, atol=1e-6 * scale)


@pytest.mark.parametrize("name", list(bridges()))
def test_two_ranks_carry_out_the_run_of_one(one, two, name):
    """Both sides, all that was measured and what waits; the program asserts that the books close."""
    for mine, theirs in zip(two[name][:3], one[name], strict=True):
        same(mine, theirs)


@pytest.mark.parametrize("name", list(bridges()))
def test_either_goes_on_from_the_other(one, two, name):
    same(two[name][3], one[name][2])
    same(stepped(bridges()[name], two[name][1]), one[name][2])


def test_measurements_take_all_ranks(two):
    expected, found = measured(), two["measured"]
    assert set(found) == set(expected)
    for name in expected:
        assert found[name].value == pytest.approx(expected[name].value, rel=1e-6)
        assert found[name].value != expected[name].value  # sums were rounded in another order: it was two ranks
