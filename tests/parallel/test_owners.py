"""Owners of states: the same bits from every back end, and nothing lost with a worker."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from parallel.owner_kernels import Walk
from scalebridge.errors import InputError
from scalebridge.parallel import ProcessOwners, SerialOwners, open_owners

SIZES = (3, 1, 4, 2, 5)


def walk(owners, steps=4, kernel=None, rejected=False):
    kernel, rng = kernel or Walk(), np.random.default_rng(3)
    version, found = None, []
    for _ in range(steps):
        if rejected:
            owners.map_batches(kernel, [rng.standard_normal((15, 2)) * 0], version)
        answers = owners.map_batches(kernel, [rng.standard_normal((15, 2))], version)
        version = answers.version
        found.append(answers.outputs)
    return found, version


def same(a, b):
    return all(np.array_equal(x, y) for p, q in zip(a, b, strict=True) for x, y in zip(p, q, strict=True))


def test_processes_give_the_bits_of_the_serial_run():
    with SerialOwners(SIZES) as serial, ProcessOwners(SIZES, 2) as processes:
        expected, _ = walk(serial)
        assert same(expected, walk(processes)[0])


def test_trials_that_are_not_accepted_leave_no_trace():
    with ProcessOwners(SIZES, 2) as owners:
        rng = np.random.default_rng(0)
        first = owners.map_batches(Walk(), [rng.random((15, 2))], None)
        x = rng.random((15, 2))
        a = owners.map_batches(Walk(), [x], first.version)
        owners.map_batches(Walk(), [5 * x], first.version)
        b = owners.map_batches(Walk(), [x], first.version)
        assert same([a.outputs], [b.outputs])


def test_state_does_not_travel_and_stays_with_its_owner():
    with ProcessOwners(SIZES, 2) as owners:
        x = np.ones((15, 2))
        pids = [set(), set()]
        version = None
        for _ in range(2):
            answers = owners.map_batches(Walk(), [x], version)
            version = answers.version
            for unit, pid in enumerate(answers.extras):
                pids[unit >= 3].add(pid)
        assert os.getpid() not in pids[0] | pids[1]


def test_a_version_survives_pickling_and_other_owners():
    with SerialOwners(SIZES) as serial:
        found, version = walk(serial, 4)
    with SerialOwners(SIZES) as serial, ProcessOwners(SIZES, 2) as processes:
        _, version = walk(serial, 2)
        saved = pickle.loads(pickle.dumps(version))
        rng = np.random.default_rng(3)
        inputs = [rng.standard_normal((15, 2)) for _ in range(4)]
        third = processes.map_batches(Walk(), [inputs[2]], saved)
        back = pickle.loads(pickle.dumps(third.version))
        fourth = serial.map_batches(Walk(), [inputs[3]], back)
        assert same(found[2:], [third.outputs, fourth.outputs])


@pytest.mark.parametrize("when", ["during a call", "between calls"])
def test_a_killed_worker_changes_nothing(when):
    with SerialOwners(SIZES) as serial, ProcessOwners(SIZES, 2) as owners:
        expected, _ = walk(serial, 5)
        kernel, rng = Walk(0.05), np.random.default_rng(3)
        version, found = None, []
        for step in range(5):
            x = rng.standard_normal((15, 2))
            if step == 3:
                victim = owners.process_ids[step % 2]
                delay = 0.07 if when == "during a call" else 0.0
                timer = threading.Timer(delay, os.kill, (victim, signal.SIGKILL))
                timer.start()
                if not delay:
                    timer.join()
                    time.sleep(0.05)
            answers = owners.map_batches(kernel, [x], version)
            version = answers.version
            found.append(answers.outputs)
        assert owners.lost == 1
        assert same(expected, found)


def test_versions_that_nobody_holds_are_forgotten():
    with SerialOwners(SIZES) as owners:
        walk(owners, 5, rejected=True)
        owners.map_batches(Walk(), [np.zeros((15, 2))], None)
        assert len(owners._holder.states) <= 3
    with ProcessOwners(SIZES, 1) as owners:
        walk(owners, 5, rejected=True)
        owners.map_batches(Walk(), [np.zeros((15, 2))], None)
        assert len(list(owners._folder.glob("version-*"))) <= 1


def test_an_error_in_a_worker_comes_back_and_the_owners_go_on():
    with ProcessOwners(SIZES, 2) as owners:
        x = np.ones((15, 2))
        first = owners.map_batches(Walk(), [x], None)
        with pytest.raises(InputError, match="NaN"):
            owners.map_batches(Walk(), [x * np.nan], first.version)
        assert np.isfinite(owners.map_batches(Walk(), [x], first.version).outputs[0]).all()


def test_wrong_lengths_are_refused_in_words():
    with SerialOwners(SIZES) as owners:
        with pytest.raises(InputError, match="15"):
            owners.map_batches(Walk(), [np.ones((14, 2))], None)
        _, version = walk(owners, 1)
        saved = pickle.loads(pickle.dumps(version))
        assert saved == version
    with SerialOwners((1, 2)) as owners, pytest.raises(InputError, match="5 units; this problem has 2"):
        owners.map_batches(Walk(), [np.ones((3, 2))], saved)
    with pytest.raises(InputError, match="each with a point"):
        SerialOwners([])


def test_open_owners_by_number_of_workers():
    with open_owners(SIZES, 0) as owners:
        assert isinstance(owners, SerialOwners)
    with open_owners(SIZES, 2) as owners:
        assert isinstance(owners, ProcessOwners)


def test_mpi_gives_the_bits_of_the_serial_run(tmp_path):
    pytest.importorskip("mpi4py")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        pytest.skip("no mpiexec next to this Python")
    here = Path(__file__).parent.parent
    script = tmp_path / "walk.py"
    script.write_text(
        "import sys, numpy as np\n"
        f"sys.path[:0] = {[str(here), *sys.path]!r}\n"
        "from parallel.test_owners import walk, SIZES\n"
        "from scalebridge.parallel import MPIOwners, serve_ranks, release_ranks\n"
        "from mpi4py import MPI\n"
        "if MPI.COMM_WORLD.Get_rank():\n"
        "    serve_ranks()\n"
        "else:\n"
        "    import pickle\n"
        "    with MPIOwners(SIZES) as owners:\n"
        "        found, version = walk(owners)\n"
        "        data = pickle.dumps(version)\n"
        "        again = owners.map_batches(__import__('parallel.owner_kernels').owner_kernels.Walk(),\n"
        "                                   [np.ones((15, 2))], pickle.loads(data))\n"
        f"    pickle.dump((found, again.outputs), open({str(tmp_path / 'found')!r}, 'wb'))\n"
        "    release_ranks()\n"
    )
    subprocess.run([mpiexec, "-n", "2", sys.executable, script], check=True, timeout=120, capture_output=True)
    found, again = pickle.loads((tmp_path / "found").read_bytes())
    with SerialOwners(SIZES) as serial:
        expected, version = walk(serial)
        assert same(expected, found)
        assert same([serial.map_batches(Walk(), [np.ones((15, 2))], version).outputs], [again])
