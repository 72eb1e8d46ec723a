from __future__ import annotations

import pytest

from scalebridge.errors import InputError, RunError
from scalebridge.parallel import LocalExecutor, SerialExecutor, available_workers, measure_overhead, open_executor


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
    with pytest.raises(InputError, match=r"found 'locl'; allowed: 'local', 'serial'\. Did you mean 'local'\?"):
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
