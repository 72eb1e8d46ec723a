"""An executor on MPI ranks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar, final

from scalebridge.errors import InputError
from scalebridge.parallel._mpi_owners import lend_ranks, world
from scalebridge.parallel._open_owners import mpi_ranks

P = ParamSpec("P")
T = TypeVar("T")


@final
class MPIExecutor(Executor):
    """Runs tasks on MPI ranks (`mpi4py.futures`).

    Under ``mpiexec -n N`` the ranks 1 to N - 1 work; a program that was started alone starts ranks of its own.
    """

    def __init__(self, workers: int) -> None:
        """Take the ranks that serve this program, or start `workers` new ones.

        Raises:
            InputError: `workers` < 1.
            MissingExtraError: mpi4py is not installed.
        """
        if workers < 1:
            raise InputError(f"Found {workers} workers; allowed: workers >= 1.")
        world()
        self._workers = workers
        self._lent: Any = None
        self._inner: Executor | None = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand over one task; the first one takes the ranks."""
        if self._inner is None:
            self._inner = self._opened()
        return self._inner.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Finish (or cancel) what waits; ranks that were lent go back to serving owners."""
        if self._inner is not None:
            self._inner.shutdown(wait=wait, cancel_futures=cancel_futures)
        if self._lent is not None:
            lent, self._lent = self._lent, None
            lent.__exit__(None, None, None)

    def _opened(self) -> Executor:
        if mpi_ranks() == 1:
            from mpi4py.futures import MPIPoolExecutor

            pool: Executor = MPIPoolExecutor(max_workers=self._workers)
            return pool
        # while they are lent the ranks own no states, so they are taken as late as possible
        self._lent = lend_ranks()
        lent: Executor = self._lent.__enter__()
        return lent
