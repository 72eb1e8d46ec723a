"""An executor that works in the calling process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar, final

from scalebridge.errors import RunError

P = ParamSpec("P")
T = TypeVar("T")


@final
class SerialExecutor(Executor):
    """Runs each task at once, in the calling process.

    For debugging, and where starting processes is not worth it. Threads of numerical libraries are left as they are,
    so that sums may be rounded in another order than in the single-threaded workers of `LocalExecutor`.
    """

    def __init__(self) -> None:
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `fn` now.

        Returns:
            A future that is already done. An interrupt is not caught.

        Raises:
            RunError: the executor was shut down.
        """
        if self._closed:
            raise RunError("This executor was shut down and takes no more tasks; open a new one.")
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Refuse further tasks; there is nothing to wait for or to cancel."""
        del wait, cancel_futures
        self._closed = True
