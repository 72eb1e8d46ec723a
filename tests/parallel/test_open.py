from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scalebridge.errors import InputError, RunError
from scalebridge.parallel import (
    DaskExecutor,
    LocalExecutor,
    SerialExecutor,
    available_workers,
    measure_overhead,
    open_executor,
)


def test_local_is_the_default_with_one_worker_per_processor():
    with open_executor() as executor:
        assert isinstance(executor, LocalExecutor)
        assert list(executor.map(pow, range(5), [2] * 5)) == [0, 1, 4, 9, 16]
    assert available_workers() >= 1


@pytest.mark.parametrize(("name", "workers"), [("serial", None), ("serial", 3), ("local", 0)])
def test_serial_works_in_the_calling_process(name: str, workers: int | None):
    with open_executor(name, workers) as executor:
        assert isinstance(executor, SerialExecutor)
        assert executor.submit(id, executor).result() == id(executor)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(
        InputError, match=r"found 'locl'; allowed: 'local', 'dask', 'mpi', 'serial'\. Did you mean 'local'\?"
    ):
        open_executor("locl")


@pytest.mark.parametrize("workers", [-1, 1.5, True, "2"])
def test_a_wrong_number_of_workers_is_refused(workers: object):
    with pytest.raises(InputError, match="whole number >= 0"):
        open_executor(workers=workers)  # type: ignore[arg-type]


def test_serial_keeps_exceptions_in_the_future_but_lets_interrupts_through():
    def interrupt() -> None:
        raise KeyboardInterrupt

    with SerialExecutor() as executor:
        assert isinstance(executor.submit(divmod, 1, 0).exception(), ZeroDivisionError)
        with pytest.raises(KeyboardInterrupt):
            executor.submit(interrupt)
    with pytest.raises(RunError, match="shut down"):
        executor.submit(pow, 2, 2)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_overhead_of_a_task_is_small(workers: int):
    with open_executor(workers=workers) as executor:
        overhead = measure_overhead(executor, tasks=100)
    # Ten times the target of 0.2 ms: this is about a lost factor of hundreds (polling, a process per task).
    assert 0.0 < overhead < 2e-3


@pytest.mark.verify
def test_dask_runs_tasks_and_keeps_their_exceptions():
    pytest.importorskip("distributed")
    with open_executor("dask", 2) as executor:
        assert isinstance(executor, DaskExecutor)
        assert list(executor.map(pow, range(5), [2] * 5)) == [0, 1, 4, 9, 16]
        assert isinstance(executor.submit(divmod, 1, 0).exception(), ZeroDivisionError)


def test_a_dask_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("distributed")
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "nonsense")
    with pytest.raises(RunError, match="No Dask scheduler answers at 'nonsense'"):
        open_executor("dask", 1)


@pytest.mark.verify
@pytest.mark.parametrize("ranks", [1, 3])
def test_mpi_runs_tasks_on_ranks_of_its_own_or_on_those_of_the_program(ranks: int):
    pytest.importorskip("mpi4py")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        pytest.skip("no mpiexec next to this Python")
    ran = subprocess.run(
        [mpiexec, "-n", str(ranks), sys.executable, Path(__file__).with_name("mpi_ensemble.py")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["0", "1", "4", "9", "16", "owners:", "8.8"]
