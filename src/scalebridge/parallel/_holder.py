"""What a worker process does that owns states."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.errors import ScalebridgeError
from scalebridge.parallel._arena import Layout, mapped, views_in
from scalebridge.parallel._owners import Arrays, Holder, Job, Kernel, packed

if TYPE_CHECKING:
    import mmap


class StateMissingError(ScalebridgeError):
    """A worker is asked for a state that went with the worker before it."""


@dataclass(frozen=True)
class Replay:
    """The call that made a version: files of kernel and inputs, and the version it began with."""

    kernel: str
    inputs: str
    base: int | None


@dataclass(frozen=True)
class Order:
    """What a worker is told.

    Attributes:
        folder: of the pool, on a disk.
        job: units and versions.
        kernel: file of the kernel.
        layout: where inputs and outputs are in shared memory.
        inputs: how many of these arrays are inputs.
        part: file name for states that are to be kept.
        replay: the call that made the base, for a worker that does not hold it.
    """

    folder: str
    job: Job
    kernel: str
    layout: Layout | None
    inputs: int
    part: str = ""
    replay: Replay | None = None


_holders: dict[str, Holder] = {}
_kernels: dict[str, Kernel] = {}
_memory: dict[str, mmap.mmap] = {}


def work(order: Order) -> dict[int, tuple[Any, float]]:
    """Compute all units of an order; outputs go to shared memory."""
    holder = _holders.setdefault(order.folder, Holder())
    _read_missing(holder, order)
    assert order.layout is not None
    arrays = views_in(_mapped(order.layout.path), order.layout)
    return holder.run(_kernel(order.kernel), order.job, arrays[: order.inputs], arrays[order.inputs :])


def keep(order: Order) -> None:
    """Write the base of an order to the disk; where this process does not hold it, compute it again first."""
    holder = _holders.setdefault(order.folder, Holder())
    base = order.job.base
    assert base is not None
    path = version_folder(Path(order.folder), base) / order.part
    if path.exists():
        return
    missing = tuple(span for span in order.job.units if not holder.has(span[0], base))
    if missing:
        if order.replay is None:
            raise StateMissingError
        again = order.replay
        before = Order(order.folder, Job(missing, again.base, base, ()), again.kernel, None, 0)
        _read_missing(holder, before)
        inputs: Arrays = pickle.loads(Path(again.inputs).read_bytes())
        kernel = _kernel(again.kernel)
        holder.run(kernel, before.job, inputs, tuple(np.empty((len(inputs[0]), *shape)) for shape in kernel.outputs))
    write_file(path, packed({unit: packed(holder.state(unit, base)) for unit, _, _ in order.job.units}))


def version_folder(folder: Path, version: int) -> Path:
    """Folder of a version's states: a file per owner, each with the pickled states of some units."""
    return folder / f"version-{version}"


def read_version(folder: Path, version: int) -> dict[int, bytes]:
    """Pickled states of all units of a version that was written."""
    found: dict[int, bytes] = {}
    for path in version_folder(folder, version).glob("part-*[0-9]"):
        found |= pickle.loads(path.read_bytes())
    return found


def write_file(path: Path, data: bytes) -> None:
    """Write a file such that it is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}-aside")
    aside.write_bytes(data)
    aside.replace(path)


def _read_missing(holder: Holder, order: Order) -> None:
    base = order.job.base
    missing = [unit for unit, _, _ in order.job.units if not holder.has(unit, base)]
    if missing:
        assert base is not None
        written = read_version(Path(order.folder), base)
        holder.states.setdefault(base, {}).update({unit: pickle.loads(written[unit]) for unit in missing})


def _kernel(path: str) -> Kernel:
    if path not in _kernels:
        _kernels[path] = pickle.loads(Path(path).read_bytes())
    return _kernels[path]


def _mapped(path: str) -> mmap.mmap:
    if path not in _memory:
        # a file that has grown has another name; views of the old one are gone
        _memory.clear()
        _memory[path] = mapped(path)
    return _memory[path]
