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
    """What a worker is told: the job, where kernel and arrays are, and how to make again what it does not hold."""

    folder: str
    job: Job
    kernel: str
    layout: Layout | None
    inputs: int
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
    missing = tuple(
        span for span in order.job.units
        if not holder.has(span[0], base) and not state_file(Path(order.folder), base, span[0]).exists()
    )  # fmt: skip
    if missing:
        if order.replay is None:
            raise StateMissingError
        again = order.replay
        before = Order(order.folder, Job(missing, again.base, base, ()), again.kernel, None, 0)
        _read_missing(holder, before)
        inputs: Arrays = pickle.loads(Path(again.inputs).read_bytes())
        kernel = _kernel(again.kernel)
        holder.run(kernel, before.job, inputs, tuple(np.empty((len(inputs[0]), *shape)) for shape in kernel.outputs))
    for unit, _, _ in order.job.units:
        path = state_file(Path(order.folder), base, unit)
        if not path.exists():
            write_file(path, packed(holder.state(unit, base)))


def state_file(folder: Path, version: int, unit: int) -> Path:
    """File of a unit's state."""
    return folder / f"version-{version}" / f"unit-{unit}"


def write_file(path: Path, data: bytes) -> None:
    """Write a file such that it is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.write_bytes(data)
    aside.replace(path)


def _read_missing(holder: Holder, order: Order) -> None:
    base = order.job.base
    for unit, _, _ in order.job.units:
        if base is not None and not holder.has(unit, base):
            state = pickle.loads(state_file(Path(order.folder), base, unit).read_bytes())
            holder.states.setdefault(base, {})[unit] = state


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
