"""One process at a time in a run folder.

The kernel holds the lock and gives it back when the process ends, however it ends; a lock file left by a process that
was killed therefore locks nothing. The number in the file is for people.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from scalebridge.errors import RunError

NAME = "run.lock"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a run folder.

    Raises:
        RunError: another process holds it, or the folder cannot be written.
    """
    try:
        file = (folder / NAME).open("a+b")
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror}") from error
    with file:
        _acquire(file, folder)
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        yield
        file.truncate(0)


def _acquire(file: BinaryIO, folder: Path) -> None:
    """Take the lock; a few tries, because whoever asks `is_locked` holds it for an instant."""
    import fcntl

    for pause in (0.02, 0.05, 0.1, None):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if pause is None:
                file.seek(0)
                holder = file.read(20).decode(errors="replace").strip() or "unknown"
                raise RunError(f"{folder} is in use by process {holder}; wait for it, or end it first") from None
            time.sleep(pause)
        except OSError as error:
            raise RunError(f"{folder} cannot be locked on this file system: {error.strerror}") from error
        else:
            return


def is_locked(folder: Path) -> bool:
    """Whether a living process works in a run folder."""
    import fcntl

    path = folder / NAME
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
