"""An executor on the processes of this machine."""

from __future__ import annotations

import pickle
import queue
import reprlib
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, ParamSpec, TypeVar, final

from scalebridge.errors import InputError, RunError, WorkerLostError
from scalebridge.parallel._process import WorkerDiedError, WorkerProcess
from scalebridge.parallel._worker import is_importing_main

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Task:
    future: Future[Any]
    payload: bytes


@final
class LocalExecutor(Executor):
    """Runs tasks on worker processes of this machine, one thread each.

    A worker that dies is replaced and its task tried again, so that a killed worker costs a retry and never a result.
    Workers are fresh interpreters, never forks (JAX and Numba do not survive forking), and start with the first
    tasks. They end with the ``with`` block, with an interrupt, and with this process however it ends; tasks that nobody
    waited for end with them.

    A task is a function that a worker can import, with arguments that can be pickled. An exception raised by a task
    comes back with the traceback of the worker as a note.
    """

    def __init__(self, workers: int, *, retries: int = 2) -> None:
        """Prepare `workers` workers.

        Args:
            workers: number of processes, >= 1.
            retries: how often a task is tried again after its worker died.

        Raises:
            InputError: `workers` < 1 or `retries` < 0.
            RunError: a script that is not guarded against being imported opens an executor in a worker.
        """
        if workers < 1 or retries < 0:
            raise InputError(f"Found {workers} workers and {retries} retries; allowed: workers >= 1, retries >= 0.")
        if is_importing_main():
            raise RunError(
                "A worker imported your script to find a function in it, and the script opened an executor again. "
                'Put the part that runs under: if __name__ == "__main__":'
            )
        self._closed = False
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._workers = tuple(WorkerProcess() for _ in range(workers))
        self._threads = tuple(
            threading.Thread(target=_serve, args=(self._tasks, worker, retries), daemon=True)
            for worker in self._workers
        )
        for thread in self._threads:
            thread.start()
        # Threads know the queue and not the executor: one that is dropped unclosed finishes its tasks and goes.
        weakref.finalize(self, _dismiss, self._tasks, workers)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand over one task; it is pickled now, so that later changes of its arguments do not reach it.

        Returns:
            The future result. It raises `WorkerLostError` where the task lost its worker more often than the retries
            allow.

        Raises:
            InputError: function or arguments cannot be pickled.
            RunError: the executor was shut down.
        """
        task = _Task(Future(), _pickled(fn, args, kwargs))
        with self._lock:
            if self._closed:
                raise RunError("This executor was shut down and takes no more tasks; open a new one.")
            self._tasks.put(task)
        return task.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Refuse further tasks, finish (or cancel) those that wait, then end the workers.

        Args:
            wait: return only when all workers are gone.
            cancel_futures: cancel tasks that have not started.
        """
        self._close(cancel_futures)
        if wait:
            self._join()

    def kill_workers(self) -> None:
        """End all workers in the middle of what they do; cancel what waits."""
        for worker in self._workers:
            worker.kill()
        self._close(cancel_futures=True)
        for thread in self._threads:
            thread.join()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        """Finish all tasks; after an exception or an interrupt end the workers at once."""
        if kind is None:
            self.shutdown(wait=True)
        else:
            self.kill_workers()
        return False

    def _close(self, cancel_futures: bool) -> None:
        with self._lock:
            self._closed = True
        if cancel_futures:
            _cancel_all(self._tasks)
        _dismiss(self._tasks, len(self._threads))

    def _join(self) -> None:
        try:
            for thread in self._threads:
                thread.join()
        except BaseException:
            self.kill_workers()
            raise


def _dismiss(tasks: queue.SimpleQueue[_Task | None], workers: int) -> None:
    for _ in range(workers):
        tasks.put(None)


def _cancel_all(tasks: queue.SimpleQueue[_Task | None]) -> None:
    while True:
        try:
            task = tasks.get_nowait()
        except queue.Empty:
            return
        if task is not None and task.future.cancel():
            # Tells those who wait for several futures at a time.
            task.future.set_running_or_notify_cancel()


def _serve(tasks: queue.SimpleQueue[_Task | None], worker: WorkerProcess, retries: int) -> None:
    try:
        while (task := tasks.get()) is not None:
            if task.future.set_running_or_notify_cancel():
                _settle(task, worker, retries)
    finally:
        worker.close()


def _settle(task: _Task, worker: WorkerProcess, retries: int) -> None:
    try:
        value = _result(_attempt(task.payload, worker, retries))
    except BaseException as error:
        task.future.set_exception(error)
    else:
        task.future.set_result(value)


def _attempt(payload: bytes, worker: WorkerProcess, retries: int) -> bytes:
    losses = 0
    while True:
        try:
            return worker.call(payload)
        except WorkerDiedError as death:
            losses += 1
            if worker.killed:
                raise WorkerLostError(f"{_name(payload)} was stopped: its executor was closed while it ran.") from death
            if losses > retries:
                raise WorkerLostError(
                    f"{_name(payload)} lost its worker {losses} times; the last time, {death}. "
                    "Run it with workers=0 to see what happens, or give it more memory."
                ) from death


def _result(reply: bytes) -> Any:
    succeeded, value = pickle.loads(reply)
    if succeeded:
        return value
    pickled, trace = value
    error: BaseException = pickle.loads(pickled)
    error.add_note(f"In the worker:\n{trace}")
    raise error


def _pickled(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    try:
        return pickle.dumps((fn, args, kwargs), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        name = getattr(fn, "__qualname__", repr(fn))
        raise InputError(
            f"The task {name} cannot be sent to a worker: {error}. Allowed: functions defined at the top of a module "
            "(no lambdas, no functions inside functions) with arguments that can be pickled; or use workers=0."
        ) from error


def _name(payload: bytes) -> str:
    function, args, kwargs = pickle.loads(payload)
    words = [reprlib.repr(value) for value in args] + [f"{key}={reprlib.repr(kwargs[key])}" for key in kwargs]
    return f"The task {getattr(function, '__qualname__', repr(function))}({', '.join(words)})"
