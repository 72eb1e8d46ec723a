"""Worker processes of this machine as owners of states: inputs and outputs in shared memory, states on disk for safety.

A version that is started from has been accepted; before anything else, its owners write it to the disk. When a worker
is lost, a fresh one reads what was written and does the call again; a version lost before it was written is computed
again from the one before. Units move between workers in the same way, where measured times differ too much.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError, WorkerLostError
from scalebridge.parallel._arena import Arena
from scalebridge.parallel._holder import (
    Order,
    Replay,
    StateMissingError,
    keep,
    read_version,
    version_folder,
    work,
    write_file,
)
from scalebridge.parallel._owners import Arrays, Job, Kernel, Owners, Version, packed, shares
from scalebridge.parallel._process import WorkerDiedError, WorkerProcess

RETRIES = 3
IMBALANCE = 1.15
"""Load of the busiest worker relative to the mean above which units move."""


@final
class ProcessOwners(Owners):
    """Workers on this machine, each the owner of some units.

    Attributes:
        lost: workers that died so far.
    """

    def __init__(self, sizes: Sequence[int], workers: int, *, scratch: str | Path | None = None) -> None:
        """Prepare the workers; they start with the first call.

        Args:
            sizes: points of each unit.
            workers: number of processes, >= 1.
            scratch: folder on a disk for states that must survive a worker; None for the system's.

        Raises:
            InputError: a number is too small.
        """
        super().__init__(sizes)
        if workers < 1:
            raise InputError(f"found {workers} workers; allowed: 1 or more.")
        self.lost = 0
        self._folder = Path(tempfile.mkdtemp(prefix="scalebridge-owners-", dir=scratch))
        self._arena = Arena()
        self._workers = [WorkerProcess() for _ in range(workers)]
        # one thread per worker, for good: Linux ends a worker with the thread that started it
        self._threads = [ThreadPoolExecutor(1) for _ in range(workers)]
        self._owner: npt.NDArray[np.int64] = np.arange(self.units) * workers // self.units
        self._better: npt.NDArray[np.int64] | None = None
        self._made: dict[int, tuple[str, Arrays, int | None]] = {}
        self._kept: set[int] = set()
        self._end = weakref.finalize(self, _end, self._workers, self._threads, self._folder)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Ids of the worker processes, which are started where needed."""
        return tuple(self._on_all(lambda w: _call(self._workers[w], os.getpid, ())))

    def fetch(self, version: Version) -> tuple[bytes, ...]:
        """Pickled states of all units."""
        self._keep(version.number)
        found = read_version(self._folder, version.number)
        return tuple(found[unit] for unit in range(self.units))

    def close(self) -> None:
        """End the workers and remove their files."""
        self._end()
        self._arena.close()

    def _load(self, number: int, states: tuple[bytes, ...]) -> None:
        write_file(version_folder(self._folder, number) / "part-0", packed(dict(enumerate(states))))
        self._kept.add(number)

    def _run(
        self, kernel: Kernel, inputs: Arrays, base: int | None, new: int, drop: tuple[int, ...]
    ) -> tuple[Arrays, Mapping[int, tuple[Any, float]]]:
        if base is not None:
            self._keep(base)
        if self._better is not None:
            self._owner, self._better = self._better, None
        self._remove(drop)
        name = self._kernel(kernel)
        shapes = [(x.dtype.str, x.shape) for x in inputs]
        layout = self._arena.layout(shapes + [("<f8", (self.points, *shape)) for shape in kernel.outputs])
        views = self._arena.views(layout)
        for view, value in zip(views, inputs, strict=False):
            view[:] = value
        orders = [
            Order(str(self._folder), self._job(w, base, new, drop), name, layout, len(inputs))
            for w in range(len(self._workers))
        ]
        found: dict[int, tuple[Any, float]] = {}
        for part in self._on_all(lambda w: self._ask(w, work, orders[w])):
            found |= part
        self._made[new] = (name, inputs, base)
        self._balance(np.array([found[u][1] for u in range(self.units)]))
        return tuple(np.array(v) for v in views[len(inputs) :]), found

    def _job(self, w: int, base: int | None, new: int, drop: tuple[int, ...]) -> Job:
        return Job(tuple(self._span(int(u)) for u in np.flatnonzero(self._owner == w)), base, new, drop)

    def _ask(self, w: int, function: Callable[[Order], Any], order: Order) -> Any:
        """One worker's part of a call, again where the worker dies."""
        for _ in range(RETRIES):
            try:
                return _call(self._workers[w], function, (order,))
            except (WorkerDiedError, StateMissingError) as error:
                if self._workers[w].killed:
                    raise WorkerLostError("the owners of the states were closed while they worked.") from error
                self.lost += 1
                if function is keep:
                    order = replace(order, replay=self._replay(order.job.base))
        raise WorkerLostError(
            f"a worker was lost {RETRIES} times in one call; look for lack of memory, or use fewer workers."
        )

    def _keep(self, version: int) -> None:
        """Let the owners write a version to the disk, once."""
        if version in self._kept:
            return
        orders = [
            Order(str(self._folder), self._job(w, version, version, ()), "", None, 0, f"part-{w}")
            for w in range(len(self._workers))
        ]
        self._on_all(lambda w: self._ask(w, keep, orders[w]))
        self._kept.add(version)
        self._made.pop(version, None)

    def _replay(self, version: int | None) -> Replay | None:
        """The call that made a version; what it began with is on the disk."""
        if version is None or version not in self._made:
            return None
        kernel, inputs, base = self._made[version]
        path = self._folder / f"inputs-{version}"
        if not path.exists():
            write_file(path, packed(inputs))
        return Replay(kernel, str(path), base)

    def _remove(self, versions: Sequence[int]) -> None:
        """Forget what is known of versions that nobody refers to."""
        for version in versions:
            self._made.pop(version, None)
            (self._folder / f"inputs-{version}").unlink(missing_ok=True)
            if version in self._kept:
                self._kept.remove(version)
                shutil.rmtree(version_folder(self._folder, version), ignore_errors=True)

    def _kernel(self, kernel: Kernel) -> str:
        """File of a kernel, which every worker reads once."""
        data = packed(kernel)
        path = self._folder / f"kernel-{hashlib.sha256(data).hexdigest()[:16]}"
        if not path.exists():
            write_file(path, data)
        return str(path)

    def _balance(self, seconds: npt.NDArray[np.float64]) -> None:
        """New owners from the next call on where measured times differ too much."""
        count = len(self._workers)
        load = np.bincount(self._owner, seconds, minlength=count)
        if count == 1 or load.max() <= IMBALANCE * load.mean():
            return
        better = shares(seconds, count)
        if np.bincount(better, seconds, minlength=count).max() < 0.95 * load.max():
            self._better = better

    def _on_all(self, function: Callable[[int], Any]) -> list[Any]:
        """Something done for every worker by its own thread; all end before an error is raised."""
        futures: list[Future[Any]] = [thread.submit(function, w) for w, thread in enumerate(self._threads)]
        errors = [error for f in futures if (error := f.exception()) is not None]
        if errors:
            raise errors[0]
        return [f.result() for f in futures]


def _end(workers: Sequence[WorkerProcess], threads: Sequence[ThreadPoolExecutor], folder: Path) -> None:
    """End workers and remove their files."""
    for worker in workers:
        worker.kill()
    for thread in threads:
        thread.shutdown(wait=False)
    shutil.rmtree(folder, ignore_errors=True)


def _call(worker: WorkerProcess, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    succeeded, value = pickle.loads(worker.call(pickle.dumps((function, arguments, {}), pickle.HIGHEST_PROTOCOL)))
    if succeeded:
        return value
    pickled, trace = value
    error: BaseException = pickle.loads(pickled)
    error.add_note(f"In the worker:\n{trace}")
    raise error
