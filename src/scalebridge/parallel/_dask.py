"""An executor on a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar, final

from scalebridge.errors import InputError, MissingExtraError, RunError

P = ParamSpec("P")
T = TypeVar("T")

ADDRESS = "DASK_SCHEDULER_ADDRESS"
"""Environment variable with the address of a running scheduler, as Dask itself reads it."""


@final
class DaskExecutor(Executor):
    """Runs tasks on a Dask cluster: that of the scheduler named in ``DASK_SCHEDULER_ADDRESS``, or one started here.

    Every task costs the central scheduler about 2 ms: right for ensembles whose members take longer than that.
    """

    def __init__(self, workers: int) -> None:
        """Connect to the scheduler, or start `workers` processes with one thread each.

        Raises:
            InputError: `workers` < 1.
            MissingExtraError: Dask is not installed.
            RunError: no scheduler answers at the address.
        """
        if workers < 1:
            raise InputError(f"Found {workers} workers; allowed: workers >= 1.")
        try:
            import distributed
        except ImportError as error:
            raise MissingExtraError("distributed", "dask") from error
        # its own functions have no types
        client: Any = distributed.Client
        address = os.environ.get(ADDRESS)
        given: dict[str, Any] = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
        try:
            # the first contact is waited for: an address that is wrong should be said now
            self._client: Any = client(address, timeout=20) if address else client(**given)
        except (OSError, ValueError, TimeoutError) as error:
            raise RunError(
                f"No Dask scheduler answers at {address!r} ({error}). Start one with 'dask scheduler', or unset "
                f"{ADDRESS}."
            ) from error
        self._inner: Executor = self._client.get_executor(pure=False)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand over one task."""
        return self._inner.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Finish (or cancel) what waits; a cluster that was started here ends."""
        del cancel_futures
        self._inner.shutdown(wait=wait)
        self._client.close()
