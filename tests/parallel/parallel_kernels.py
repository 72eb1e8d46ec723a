"""Tasks for the tests; a module of its own, because workers must be able to import it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from scalebridge.errors import MissingExtraError


def draw(seed: np.random.SeedSequence) -> float:
    return float(np.random.default_rng(seed).normal())


def draw_but_die_once(seed: np.random.SeedSequence, mark: Path | None) -> float:
    """Like `draw`; kills its own worker the first time where `mark` is given."""
    if mark is not None and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(seed)


def poison() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(status: int) -> None:
    os._exit(status)


def fail(message: str) -> None:
    raise ZeroDivisionError(message)


def miss() -> None:
    raise MissingExtraError("jax", "solids")


def unpicklable() -> object:
    return threading.Lock()


def linger(folder: Path, seconds: float) -> int:
    """Write down who works here, then work for long, holding on to nothing."""
    (folder / str(os.getpid())).touch()
    time.sleep(seconds)
    return os.getpid()


def linger_holding_the_lock(folder: Path) -> None:
    """Work without giving any other thread of the process a chance, as compiled kernels do."""
    (folder / str(os.getpid())).touch()
    sys.setswitchinterval(1e6)
    while True:
        pass


def limits() -> dict[str, str]:
    return {name: os.environ.get(name, "") for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "XLA_FLAGS")}


def shout() -> str:
    print("a task may print")
    return "done"
