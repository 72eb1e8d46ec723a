"""Work that stays where its state lives: strain goes down, stress comes up, history never travels.

The points of a problem are cut into *units* of consecutive points. Each unit has an owner (this process, a worker
process, an MPI rank), which keeps the unit's state. A call computes, for all units, outputs and a new state from a
committed one; states are immutable and have a version, so that a trial that is not accepted is simply forgotten. What
a unit gives depends on its inputs and its state alone, never on its owner: all back ends give the same bits.
"""

from __future__ import annotations

import itertools
import pickle
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Array = npt.NDArray[Any]
Arrays = tuple[Array, ...]


class Kernel(ABC):
    """What owners compute: a picklable function of a unit's state and inputs that changes neither."""

    @property
    @abstractmethod
    def outputs(self) -> tuple[tuple[int, ...], ...]:
        """Shape of each output of one point; all are float64."""

    @abstractmethod
    def __call__(self, state: Any, inputs: Arrays) -> tuple[Arrays, Any, Any]:
        """Outputs of a unit's points, its new state, and anything small besides, from its state (None at first)."""


class Version:
    """A set of states that owners hold, one per unit; they forget it when nobody refers to it any more.

    Pickled, it takes the states along, and any owners of the same units go on from there. Two versions are equal where
    all states are.
    """

    def __init__(self, number: int, owners: Owners | None, states: tuple[bytes, ...] = ()) -> None:
        self.number = number
        self.owners = owners
        self._states = states
        if owners is not None:
            weakref.finalize(self, owners._forget, number)

    @property
    def states(self) -> tuple[bytes, ...]:
        """Pickled states of all units."""
        return self._states if self.owners is None else self.owners.fetch(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Version, (0, None, self.states)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return False
        return all(_same(a, b) for a, b in itertools.zip_longest(self.states, other.states, fillvalue=b""))

    __hash__ = object.__hash__


def _same(first: bytes, second: bytes) -> bool:
    """Whether two pickles hold the same; what was pickled once may share parts that a copy does not."""
    return first == second or (bool(first and second) and _alike(pickle.loads(first), pickle.loads(second)))


def _alike(first: Any, second: Any) -> bool:
    """Whether two states are the same to the last bit."""
    if type(first) is not type(second):
        return False
    if isinstance(first, np.ndarray):
        kinds = first.shape == second.shape and first.dtype == second.dtype
        return bool(kinds and first.tobytes() == second.tobytes())
    if is_dataclass(first):
        return all(_alike(getattr(first, f.name), getattr(second, f.name)) for f in fields(first))
    if isinstance(first, Mapping):
        return list(first) == list(second) and all(_alike(first[k], second[k]) for k in first)
    if isinstance(first, tuple | list):
        return len(first) == len(second) and all(map(_alike, first, second))
    return bool(first == second)


@dataclass(frozen=True)
class Answers:
    """What a call gave.

    Attributes:
        outputs: one array per output of the kernel, (n, ...).
        extras: what the kernel gave besides, one per unit.
        version: the new states.
        seconds: CPU time of each unit, s.
    """

    outputs: Arrays
    extras: tuple[Any, ...]
    version: Version
    seconds: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Job:
    """What an owner needs to know about a call, except inputs, outputs and kernel.

    Attributes:
        units: units to compute, with their first and last point in the arrays.
        base: version to start from, None for the first.
        new: version to make.
        drop: versions that nobody needs any more.
    """

    units: tuple[tuple[int, int, int], ...]
    base: int | None
    new: int
    drop: tuple[int, ...]


@dataclass
class Holder:
    """The states of some units, in the process that owns them."""

    states: dict[int, dict[int, Any]] = field(default_factory=dict)

    def run(self, kernel: Kernel, job: Job, inputs: Arrays, outputs: Arrays) -> dict[int, tuple[Any, float]]:
        """Compute all units of a job; results go to `outputs`, the rest is returned by unit with its CPU seconds."""
        self.drop(job.drop)
        found = {}
        for unit, begin, end in job.units:
            started = time.process_time()
            values, state, extra = kernel(self.state(unit, job.base), tuple(x[begin:end] for x in inputs))
            for target, value in zip(outputs, values, strict=True):
                target[begin:end] = value
            self.states.setdefault(job.new, {})[unit] = state
            found[unit] = (extra, time.process_time() - started)
        return found

    def state(self, unit: int, version: int | None) -> Any:
        """State of a unit; None before the first call."""
        return None if version is None else self.states[version][unit]

    def has(self, unit: int, version: int | None) -> bool:
        """Whether this process holds a unit's state."""
        return version is None or unit in self.states.get(version, {})

    def drop(self, versions: Sequence[int]) -> None:
        """Forget versions."""
        for version in versions:
            self.states.pop(version, None)


class Owners(ABC):
    """Owners of the states of all units; use it as a context manager, or `close` it."""

    def __init__(self, sizes: Sequence[int]) -> None:
        """Take units of these sizes.

        Raises:
            InputError: there is no unit, or one without points.
        """
        if not len(sizes) or min(sizes) < 1:
            raise InputError(f"found units of sizes {list(sizes)}; there must be one or more, each with a point.")
        self.starts = np.concatenate([[0], np.cumsum(sizes)])
        self._numbers = itertools.count(1)
        self._unneeded: list[int] = []

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.starts) - 1

    @property
    def points(self) -> int:
        """Number of points of all units."""
        return int(self.starts[-1])

    def map_batches(self, kernel: Kernel, inputs: Sequence[Array], base: Version | None) -> Answers:
        """Outputs and new states of all units.

        Args:
            kernel: what to compute.
            inputs: arrays whose first axis has an entry for every point.
            base: states to start from; None for a unit's first call.

        Raises:
            InputError: an array has the wrong length, or saved states belong to other units.
            WorkerLostError: owners died more often than allowed.
        """
        arrays = tuple(np.ascontiguousarray(x) for x in inputs)
        if any(len(x) != self.points for x in arrays):
            raise InputError(f"inputs have {[len(x) for x in arrays]} points; the units have {self.points}.")
        if base is not None and base.owners is not self:
            base = self._adopted(base)
        number = next(self._numbers)
        drop, self._unneeded = tuple(self._unneeded), []
        outputs, found = self._run(kernel, arrays, None if base is None else base.number, number, drop)
        ordered = [found[unit] for unit in range(self.units)]
        seconds = np.array([s for _, s in ordered])
        return Answers(outputs, tuple(extra for extra, _ in ordered), Version(number, self), seconds)

    def _adopted(self, version: Version) -> Version:
        """The states of a version that other owners had."""
        states = version.states
        if len(states) != self.units:
            raise InputError(
                f"the saved state has {len(states)} units; this problem has {self.units}. Mesh, regions or ladder are "
                "not those of the run that saved it."
            )
        number = next(self._numbers)
        self._load(number, states)
        return Version(number, self)

    @abstractmethod
    def fetch(self, version: Version) -> tuple[bytes, ...]:
        """Pickled states of all units, for a checkpoint."""

    @abstractmethod
    def close(self) -> None:
        """Let all owners go."""

    @abstractmethod
    def _load(self, number: int, states: tuple[bytes, ...]) -> None:
        """Hand pickled states to the owners under a version's number."""

    @abstractmethod
    def _run(
        self, kernel: Kernel, inputs: Arrays, base: int | None, new: int, drop: tuple[int, ...]
    ) -> tuple[Arrays, Mapping[int, tuple[Any, float]]]:
        """Outputs of all points; extra and seconds of each unit."""

    def _forget(self, number: int) -> None:
        self._unneeded.append(number)

    def _span(self, unit: int) -> tuple[int, int, int]:
        return unit, int(self.starts[unit]), int(self.starts[unit + 1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SerialOwners(Owners):
    """The calling process owns everything."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__(sizes)
        self._holder = Holder()

    def fetch(self, version: Version) -> tuple[bytes, ...]:
        """Pickled states of all units."""
        return tuple(packed(self._holder.state(unit, version.number)) for unit in range(self.units))

    def close(self) -> None:
        """Forget all states."""
        self._holder.states.clear()

    def _load(self, number: int, states: tuple[bytes, ...]) -> None:
        self._holder.states[number] = {unit: pickle.loads(data) for unit, data in enumerate(states)}

    def _run(
        self, kernel: Kernel, inputs: Arrays, base: int | None, new: int, drop: tuple[int, ...]
    ) -> tuple[Arrays, Mapping[int, tuple[Any, float]]]:
        outputs = tuple(np.empty((self.points, *shape)) for shape in kernel.outputs)
        job = Job(tuple(self._span(unit) for unit in range(self.units)), base, new, drop)
        return outputs, self._holder.run(kernel, job, inputs, outputs)


def packed(state: Any) -> bytes:
    """Pickle of a state."""
    return pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL)


def shares(seconds: npt.NDArray[np.float64], owners: int) -> npt.NDArray[np.int64]:
    """Owner of each unit such that none has much more to do than another: the longest first, to the least loaded."""
    load, owner = np.zeros(owners), np.empty(len(seconds), np.int64)
    for unit in np.argsort(-seconds, kind="stable"):
        least = int(np.argmin(load))
        owner[unit] = least
        load[least] += seconds[unit]
    return owner
