"""A worker process, seen from inside: read a task, run it, answer, until nobody asks any more.

The parent starts it with pipes for standard input and output; these carry tasks and answers, and what a task prints
goes to standard error instead. A worker never outlives its parent.
"""

from __future__ import annotations

import ctypes
import faulthandler
import io
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing import spawn
from typing import Any, BinaryIO

from scalebridge.errors import InputError, ScalebridgeError
from scalebridge.parallel._wire import receive, send

READY = b"ready"
_PR_SET_PDEATHSIG = 1
_main_path: str | None = None
_importing_main = False
_main_imported = False


def main(parent: int, main_path: str | None) -> None:
    """Serve tasks until the parent closes its end.

    Args:
        parent: process id of the parent.
        main_path: file of the parent's main module; None where it has none, as in a notebook.
    """
    global _main_path
    _main_path = main_path
    requests, replies = _take_over_streams()
    # Ctrl-C in a terminal reaches the whole group; the parent decides what becomes of its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    die_with(parent)
    send(replies, READY)
    while True:
        try:
            payload = receive(requests)
        except EOFError:
            return
        send(replies, answer(payload))


def _take_over_streams() -> tuple[BinaryIO, BinaryIO]:
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def die_with(parent: int) -> None:
    """End this process as soon as `parent` ends, in the middle of a task if need be."""
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) == 0:
        # The parent may have gone before the kernel was asked.
        if os.getppid() != parent:
            os._exit(1)
        return
    threading.Thread(target=watch, args=(parent,), daemon=True).start()


def watch(parent: int, interval: float = 0.5) -> None:
    """Exit when `parent` is no longer the parent of this process, looking every `interval` seconds."""
    while os.getppid() == parent:
        time.sleep(interval)
    os._exit(1)


def is_importing_main() -> bool:
    """Whether this process is a worker that is just running the parent's script to find a function in it."""
    return _importing_main


def answer(payload: bytes) -> bytes:
    """Run the pickled task ``(function, args, kwargs)``.

    Returns:
        Pickled ``(True, value)`` or ``(False, (pickled exception, traceback text))``.
    """
    try:
        function, args, kwargs = _TaskUnpickler(io.BytesIO(payload)).load()
        return _pickled_value(function, function(*args, **kwargs))
    except BaseException as error:
        text = "".join(traceback.format_exception(error))
        return pickle.dumps((False, (_pickled_exception(error), text)))


def _pickled_value(function: Callable[..., Any], value: object) -> bytes:
    try:
        return pickle.dumps((True, value), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        name = getattr(function, "__qualname__", repr(function))
        raise InputError(
            f"The result of {name} is of type {type(value).__name__} and cannot be sent back from the worker: {error}. "
            "Return arrays, numbers, text, or classes that can be pickled."
        ) from error


def _pickled_exception(error: BaseException) -> bytes:
    try:
        data = pickle.dumps(error)
        pickle.loads(data)
    except Exception:
        # Exceptions whose constructor takes other arguments than `args` do not survive; their words do.
        return pickle.dumps(ScalebridgeError(f"{type(error).__name__}: {error}"))
    return data


class _TaskUnpickler(pickle.Unpickler):
    """Finds what the parent's script defines by running that script, as late as possible and under another name."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "__main__" and not _main_imported:
            _import_main(name)
        return super().find_class(module, name)


def _import_main(wanted: str) -> None:
    global _importing_main, _main_imported
    if _main_path is None:
        raise InputError(
            f"The function or class {wanted!r} was defined in a notebook or an interactive session, where a worker "
            "cannot find it. Put it into a file and import it from there, or use workers=0."
        )
    _importing_main = True
    try:
        spawn.import_main_path(_main_path)
        _main_imported = True
    finally:
        _importing_main = False
