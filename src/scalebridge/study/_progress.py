"""Progress for people: a bar with the time left on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from scalebridge.bridge import Progress


@contextlib.contextmanager
def show_progress(stream: TextIO | None = None, every: float = 5.0) -> Iterator[Callable[[Progress], None]]:
    """A function to call with each `Progress`.

    Args:
        stream: where to write; standard error when not given.
        every: shortest time between two plain lines, in seconds.
    """
    target = stream or sys.stderr
    if not target.isatty():
        yield _Lines(target, every).show
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(file=target)) as bar:
        task = bar.add_task("", total=None)

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total, description=progress.message)

        yield show


class _Lines:
    """Plain lines, the first and the last always, in between at most one per interval."""

    def __init__(self, stream: TextIO, every: float) -> None:
        self._stream = stream
        self._every = every
        self._began = time.monotonic()
        self._first: float | None = None
        self._next = 0.0

    def show(self, progress: Progress) -> None:
        """Write a line when one is due."""
        now = time.monotonic()
        if self._first is None:
            self._first = progress.done
        if now < self._next and progress.done < progress.total:
            return
        self._next = now + self._every
        share = 100.0 * progress.done / progress.total if progress.total > 0 else 100.0
        text = f"{share:3.0f} %  {_clock(now - self._began)}{self._left(progress, now)}  {progress.message}"
        self._stream.write(f"{text.rstrip()}\n")
        self._stream.flush()

    def _left(self, progress: Progress, now: float) -> str:
        made = progress.done - (self._first or 0.0)
        if made <= 0.0:
            return ""
        return f", {_clock((now - self._began) / made * (progress.total - progress.done))} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
