from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError, Future
from pathlib import Path

import numpy as np
import psutil
import pytest

from scalebridge.errors import InputError, RunError, ScalebridgeError, WorkerLostError
from scalebridge.parallel import LocalExecutor, spawn_seeds
from support.processes import popen


def until(condition, seconds: float = 5.0) -> bool:
    """Whether `condition` came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())


def workers_in(folder: Path) -> list[int]:
    return [int(path.name) for path in folder.iterdir() if path.name.isdigit()]


def gone(pids: list[int]) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


def test_starts_within_a_second():
    start = time.perf_counter()
    with LocalExecutor(2) as executor:
        assert executor.submit(pow, 2, 3).result() == 8
        assert time.perf_counter() - start < 1.0


def test_a_killed_worker_costs_a_retry_and_never_a_result(kernels, tmp_path: Path):
    seeds = spawn_seeds(np.random.SeedSequence(5), 20)
    marks = [tmp_path / str(i) if i in (3, 4, 11) else None for i in range(20)]
    with LocalExecutor(2) as executor:
        found = list(executor.map(kernels.draw_but_die_once, seeds, marks))
    assert found == [kernels.draw(seed) for seed in seeds]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_worker_killed_from_outside_in_the_middle_of_its_task(kernels, tmp_path: Path):
    with LocalExecutor(1) as executor:
        future = executor.submit(kernels.linger, tmp_path, 0.5)
        assert until(lambda: workers_in(tmp_path))
        victim = workers_in(tmp_path)[0]
        os.kill(victim, 9)
        assert future.result(timeout=10) != victim


def test_a_worker_killed_while_idle_does_not_use_up_a_retry(kernels, tmp_path: Path):
    with LocalExecutor(1, retries=0) as executor:
        victim = executor.submit(kernels.linger, tmp_path, 0.0).result()
        os.kill(victim, 9)
        assert until(lambda: gone([victim]))
        assert executor.submit(kernels.linger, tmp_path, 0.0).result() != victim


def test_a_task_that_always_kills_its_worker_fails_alone(kernels):
    with LocalExecutor(2, retries=1) as executor:
        bad = executor.submit(kernels.poison)
        good = [executor.submit(pow, i, 2) for i in range(10)]
        with pytest.raises(WorkerLostError, match=r"The task poison\(\) lost its worker 2 times; .*SIGKILL"):
            bad.result(timeout=20)
        assert [future.result(timeout=20) for future in good] == [i * i for i in range(10)]


def test_a_task_that_exits_names_its_arguments_and_status(kernels):
    with LocalExecutor(1, retries=0) as executor:
        future = executor.submit(kernels.leave, status=7)
        with pytest.raises(WorkerLostError, match=r"The task leave\(status=7\) lost its worker 1 times.*exit status 7"):
            future.result(timeout=20)


def test_exceptions_come_back_with_the_traceback_of_the_worker(kernels):
    with LocalExecutor(1) as executor, pytest.raises(ZeroDivisionError, match="by design") as caught:
        executor.submit(kernels.fail, "by design").result()
    (note,) = caught.value.__notes__
    assert "parallel_kernels.py" in note
    assert "in fail" in note


def test_an_exception_that_cannot_travel_keeps_its_words(kernels):
    with LocalExecutor(1) as executor:
        error = executor.submit(kernels.miss).exception()
        assert isinstance(error, ScalebridgeError)
        assert "pip install 'scalebridge[solids]'" in str(error)
        assert executor.submit(pow, 2, 2).result() == 4


def test_a_task_that_cannot_be_sent_says_so():
    with LocalExecutor(1) as executor:
        with pytest.raises(InputError, match="functions defined at the top of a module"):
            executor.submit(lambda: 1)
        with pytest.raises(InputError, match="The task max cannot be sent"):
            executor.submit(max, threading.Lock())


def test_a_result_that_cannot_be_sent_says_so(kernels):
    with LocalExecutor(1) as executor, pytest.raises(InputError, match=r"result of unpicklable is of type lock"):
        executor.submit(kernels.unpicklable).result()


def test_workers_have_one_thread_and_keep_the_flags_of_the_user(kernels, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    with LocalExecutor(1) as executor:
        limits = executor.submit(kernels.limits).result()
    assert limits["OMP_NUM_THREADS"] == limits["NUMBA_NUM_THREADS"] == "1"
    assert limits["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=false --xla_cpu_multi_thread_eigen=false"


def test_what_a_task_prints_does_not_disturb_its_answer(kernels, capfd: pytest.CaptureFixture[str]):
    with LocalExecutor(1) as executor:
        assert executor.submit(kernels.shout).result() == "done"
    assert "a task may print" in capfd.readouterr().err


def test_arguments_are_taken_as_they_are_when_submitted():
    values = [3, 1, 2]
    with LocalExecutor(1) as executor:
        futures = [executor.submit(sorted, values) for _ in range(3)]
        values.clear()
        assert [future.result() for future in futures] == [[1, 2, 3]] * 3


def test_megabytes_travel_both_ways():
    field = np.random.default_rng(1).normal(size=500_000)
    with LocalExecutor(2) as executor:
        for found in executor.map(np.negative, [field] * 4):
            assert np.array_equal(found, -field)


def test_shutdown_finishes_or_cancels_what_waits(kernels, tmp_path: Path):
    executor = LocalExecutor(1)
    running = executor.submit(kernels.linger, tmp_path, 0.3)
    waiting = [executor.submit(pow, 2, i) for i in range(5)]
    assert until(lambda: workers_in(tmp_path))
    executor.shutdown(wait=True, cancel_futures=True)
    assert gone([running.result()])
    assert all(future.cancelled() for future in waiting)
    executor.shutdown()
    with pytest.raises(RunError, match="shut down"):
        executor.submit(pow, 2, 2)


def test_an_executor_that_is_dropped_finishes_its_tasks():
    assert LocalExecutor(1).submit(pow, 2, 5).result(timeout=10) == 32


def interrupted(kernels, folder: Path, error: BaseException, futures: list[Future[int]]) -> None:
    """Raise `error` while two tasks run and one waits."""
    with LocalExecutor(2) as executor:
        futures += [executor.submit(kernels.linger, folder, 60.0) for _ in range(3)]
        assert until(lambda: len(workers_in(folder)) == 2)
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("of the caller")])
def test_an_interrupt_leaves_no_process_behind(kernels, tmp_path: Path, error: BaseException):
    futures: list[Future[int]] = []
    start = time.perf_counter()
    with pytest.raises(type(error)):
        interrupted(kernels, tmp_path, error, futures)
    assert time.perf_counter() - start < 10.0
    assert gone(workers_in(tmp_path))
    for future in futures[:2]:
        with pytest.raises(WorkerLostError, match="closed while it ran"):
            future.result(timeout=1)
    with pytest.raises(CancelledError):
        futures[2].result(timeout=1)


PARENT = """
import sys, time
from pathlib import Path
import parallel_kernels as kernels
from scalebridge.parallel import LocalExecutor

def own(x):
    return x + 1

if __name__ == "__main__":
    with LocalExecutor(2) as executor:
        assert executor.submit(own, 1).result() == 2
        for _ in range(2):
            executor.submit(getattr(kernels, sys.argv[1]), Path(sys.argv[2]), *map(float, sys.argv[3:]))
        time.sleep(60)
"""


@pytest.mark.parametrize("signal", [2, 9, 15], ids=["SIGINT", "SIGKILL", "SIGTERM"])
@pytest.mark.parametrize("task", [("linger", "60"), ("linger_holding_the_lock",)], ids=["sleeping", "busy"])
def test_workers_go_with_their_parent(tmp_path: Path, signal: int, task: tuple[str, ...]):
    script, folder = tmp_path / "parent.py", tmp_path / "pids"
    folder.mkdir()
    script.write_text(PARENT)
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    command = [sys.executable, str(script), task[0], str(folder), *task[1:]]
    parent = popen(command, env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: len(workers_in(folder)) == 2, seconds=20)
        assert not gone(workers_in(folder))
        parent.send_signal(signal)
        assert until(lambda: gone(workers_in(folder)), seconds=2.0)
    finally:
        parent.kill()
        parent.wait()


def run_script(folder: Path, text: str, *, stdin: bool = False) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(text)
    command = [sys.executable, *(["-c", text] if stdin else [str(script)])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


def test_a_script_without_a_guard_is_told_what_to_do(tmp_path: Path):
    done = run_script(
        tmp_path,
        "from scalebridge.parallel import LocalExecutor\n"
        "def own(x):\n    return x + 1\n"
        "with LocalExecutor(1) as executor:\n    print(executor.submit(own, 1).result())\n",
    )
    assert done.returncode == 1
    assert 'if __name__ == "__main__":' in done.stderr


def test_a_script_that_sends_only_imported_functions_needs_no_guard(tmp_path: Path):
    done = run_script(
        tmp_path,
        "from scalebridge.parallel import LocalExecutor\n"
        "with LocalExecutor(1) as executor:\n    print(executor.submit(pow, 2, 3).result())\n",
    )
    assert (done.returncode, done.stdout) == (0, "8\n")


def test_a_function_of_an_interactive_session_is_explained(tmp_path: Path):
    done = run_script(
        tmp_path,
        "from scalebridge.parallel import LocalExecutor\n"
        "def own(x):\n    return x + 1\n"
        "with LocalExecutor(1) as executor:\n    print(executor.submit(own, 1).result())\n",
        stdin=True,
    )
    assert done.returncode == 1
    assert "'own' was defined in a notebook or an interactive session" in done.stderr


def test_workers_of_a_rank_are_no_ranks(monkeypatch: pytest.MonkeyPatch):
    """MPI in a worker would look for a launcher that does not know it."""
    for name in ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_SIZE", "KEPT"):
        monkeypatch.setenv(name, "0")
    with LocalExecutor(1) as executor:
        found = [executor.submit(os.getenv, name).result() for name in ("PMI_RANK", "OMPI_COMM_WORLD_SIZE", "KEPT")]
    assert found == [None, None, "0"]
