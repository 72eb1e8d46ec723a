"""Arrays in memory that several processes share: a file, in memory where the system has a place for such files."""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scalebridge.parallel._owners import Arrays

_ALIGN = 64


@dataclass(frozen=True)
class Layout:
    """Where arrays lie in a shared file: dtype, shape and offset of each."""

    path: str
    arrays: tuple[tuple[str, tuple[int, ...], int], ...]


def views_in(memory: mmap.mmap, layout: Layout) -> Arrays:
    """The arrays of a layout in mapped memory."""
    return tuple(
        np.frombuffer(memory, dtype, int(np.prod(shape)), offset).reshape(shape)
        for dtype, shape, offset in layout.arrays
    )


def mapped(path: str) -> mmap.mmap:
    """A shared file, mapped."""
    with open(path, "r+b") as file:
        return mmap.mmap(file.fileno(), 0)


class Arena:
    """The shared file of one pool of workers; it grows when arrays become larger."""

    def __init__(self) -> None:
        self._path = ""
        self._memory: mmap.mmap | None = None
        self._size = 0

    def layout(self, arrays: Sequence[tuple[str, tuple[int, ...]]]) -> Layout:
        """Places for arrays of given dtypes and shapes."""
        places, offset = [], 0
        for dtype, shape in arrays:
            places.append((dtype, shape, offset))
            offset += -(-int(np.prod(shape)) * np.dtype(dtype).itemsize // _ALIGN) * _ALIGN
        if offset > self._size or self._memory is None:
            self._grow(max(offset, _ALIGN))
        return Layout(self._path, tuple(places))

    def views(self, layout: Layout) -> Arrays:
        """The arrays of a layout."""
        assert self._memory is not None
        return views_in(self._memory, layout)

    def close(self) -> None:
        """Remove the file; views that still exist keep their memory."""
        if self._path:
            Path(self._path).unlink(missing_ok=True)
            self._path = ""

    def _grow(self, size: int) -> None:
        self.close()
        folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        handle, self._path = tempfile.mkstemp(prefix="scalebridge-arena-", dir=folder)
        os.ftruncate(handle, size)
        os.close(handle)
        self._memory, self._size = mapped(self._path), size
        weakref.finalize(self, Path(self._path).unlink, missing_ok=True)
