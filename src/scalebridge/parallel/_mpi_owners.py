"""MPI ranks as owners of states: one broadcast, one scatter, one gather per call.

Rank 0 runs the program; the others call `serve_ranks` and do what they are told until rank 0 closes its owners for the
last time. A lost rank ends an MPI program: `resume` begins again at the last checkpoint.
"""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import MissingExtraError, RunError
from scalebridge.parallel._owners import Arrays, Holder, Job, Kernel, Owners, Version, packed, shares

IMBALANCE = 1.15
_serving = 1  # ranks that do what this program says


def world() -> Any:
    """MPI's communicator of all ranks.

    Raises:
        MissingExtraError: mpi4py is not installed.
    """
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise MissingExtraError("mpi4py", "mpi") from error
    return MPI.COMM_WORLD


@final
class MPIOwners(Owners):
    """All ranks own units, rank 0 too."""

    def __init__(self, sizes: Sequence[int]) -> None:
        """Take units of these sizes.

        Raises:
            RunError: this is not rank 0.
        """
        super().__init__(sizes)
        self._world = world()
        if self._world.Get_rank() != 0:
            raise RunError("owners are opened by rank 0; the other ranks call serve_ranks().")
        self._ranks = self._world.Get_size()
        self._owner: npt.NDArray[np.int64] = np.arange(self.units) * self._ranks // self.units
        self._holder = Holder()
        self._pool = id(self)

    def fetch(self, version: Version) -> tuple[bytes, ...]:
        """Pickled states of all units."""
        self._tell("fetch", (version.number, self._owner))
        parts = self._world.gather(_packed_states(self._holder, self._owner, 0, version.number), root=0)
        found: dict[int, bytes] = {}
        for part in parts:
            found |= part
        return tuple(found[unit] for unit in range(self.units))

    def close(self) -> None:
        """Let all ranks forget their states; they wait for other owners."""
        self._tell("forget", None)
        self._holder.states.clear()

    def _load(self, number: int, states: tuple[bytes, ...]) -> None:
        self._tell("load", (number, self._owner))
        mine = self._world.scatter(
            [{int(u): states[u] for u in np.flatnonzero(self._owner == r)} for r in range(self._ranks)], root=0
        )
        self._holder.states[number] = {unit: pickle.loads(data) for unit, data in mine.items()}

    def _run(
        self, kernel: Kernel, inputs: Arrays, base: int | None, new: int, drop: tuple[int, ...]
    ) -> tuple[Arrays, Mapping[int, tuple[Any, float]]]:
        shapes = tuple((x.dtype.str, x.shape[1:]) for x in inputs)
        self._tell("run", (packed(kernel), self._owner, self.starts, shapes, base, new, drop))
        found, outputs = _run_part(
            self._world, self._holder, kernel, self._owner, self.starts, inputs, shapes, base, new, drop
        )
        self._balance(np.array([found[u][1] for u in range(self.units)]), new)
        return outputs, found

    def _balance(self, seconds: npt.NDArray[np.float64], version: int) -> None:
        """Move units where measured times differ too much; their newest states go with them."""
        load = np.bincount(self._owner, seconds, minlength=self._ranks)
        better = shares(seconds, self._ranks)
        if load.max() > IMBALANCE * load.mean():
            gain = np.bincount(better, seconds, minlength=self._ranks).max()
            if gain < 0.95 * load.max():
                self._tell("move", (self._owner, better))
                _move(self._world, self._holder, self._owner, better)
                self._owner = better

    def _tell(self, what: str, content: Any) -> None:
        self._world.bcast((self._pool, what, content), root=0)


def serve_ranks() -> None:
    """Do what rank 0 says until it says goodbye by `release_ranks`; for all ranks but 0."""
    from scalebridge.parallel._mpi_together import together

    comm = world()
    holders: dict[int, Holder] = {}
    kernels: dict[bytes, Kernel] = {}
    parts: dict[int, Any] = {}
    while True:
        pool, what, content = comm.bcast(None, root=0)
        if what == "goodbye":
            return
        if what == "together":
            together(comm, parts, pool, content)
            continue
        if what == "executor":
            with _rank_executor(comm):
                continue
        holder = holders.setdefault(pool, Holder())
        if what == "run":
            data, owner, starts, shapes, base, new, drop = content
            if data not in kernels:
                kernels[data] = pickle.loads(data)
            _run_part(comm, holder, kernels[data], owner, starts, None, shapes, base, new, drop)
        elif what == "fetch":
            number, owner = content
            comm.gather(_packed_states(holder, owner, comm.Get_rank(), number), root=0)
        elif what == "load":
            mine = comm.scatter(None, root=0)
            holder.states[content[0]] = {unit: pickle.loads(d) for unit, d in mine.items()}
        elif what == "move":
            _move(comm, holder, *content)
        else:
            holders.pop(pool)


@contextlib.contextmanager
def lend_ranks() -> Iterator[Any]:
    """Context manager whose value is an executor on the ranks that serve; for rank 0.

    Inside of it no owners may be used: the ranks do one thing at a time.
    """
    global _serving
    comm = world()
    comm.bcast((0, "executor", None), root=0)
    before, _serving = _serving, 1
    try:
        with _rank_executor(comm) as executor:
            yield executor
    finally:
        _serving = before


def serving_ranks() -> int:
    """Ranks that now do what this program says, itself included; 1 without MPI, and while they are lent."""
    return _serving


def _rank_executor(comm: Any) -> Any:
    from mpi4py.futures import MPICommExecutor

    return MPICommExecutor(comm, root=0)


def release_ranks() -> None:
    """Let the other ranks leave `serve_ranks`; for rank 0, at the end of the program."""
    world().bcast((0, "goodbye", None), root=0)


@contextlib.contextmanager
def mpi_program() -> Iterator[bool]:
    """A program that rank 0 runs while the other ranks serve it; gives whether this is rank 0."""
    global _serving
    leads = world().Get_rank() == 0
    if not leads:
        serve_ranks()
    _serving = world().Get_size() if leads else 1
    try:
        yield leads
    finally:
        _serving = 1
        if leads:
            release_ranks()


def _packed_states(holder: Holder, owner: npt.NDArray[np.int64], rank: int, version: int) -> dict[int, bytes]:
    return {int(u): packed(holder.state(int(u), version)) for u in np.flatnonzero(owner == rank)}


def _move(comm: Any, holder: Holder, owner: npt.NDArray[np.int64], better: npt.NDArray[np.int64]) -> None:
    """All versions of the units that change their owner go there."""
    rank, size = comm.Get_rank(), comm.Get_size()
    parcels: list[dict[int, dict[int, Any]]] = [{} for _ in range(size)]
    for unit in np.flatnonzero((owner == rank) & (better != rank)).tolist():
        parcels[int(better[unit])][unit] = {
            version: states.pop(unit) for version, states in holder.states.items() if unit in states
        }
    for parcel in comm.alltoall(parcels):
        for unit, versions in parcel.items():
            for version, state in versions.items():
                holder.states.setdefault(version, {})[unit] = state


def _run_part(
    comm: Any,
    holder: Holder,
    kernel: Kernel,
    owner: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    inputs: Arrays | None,
    shapes: tuple[tuple[str, tuple[int, ...]], ...],
    base: int | None,
    new: int,
    drop: tuple[int, ...],
) -> tuple[dict[int, tuple[Any, float]], Arrays]:
    """One rank's part of a call; on rank 0 with everybody's answers."""
    rank = comm.Get_rank()
    points = _points_of(owner, starts, comm.Get_size())
    mine = tuple(_scattered(comm, x, points, dtype, shape)
                 for x, (dtype, shape) in zip(inputs or (None,) * len(shapes), shapes, strict=True))  # fmt: skip
    outputs = tuple(np.empty((len(points[rank]), *shape)) for shape in kernel.outputs)
    units = np.flatnonzero(owner == rank)
    ends = np.cumsum([starts[u + 1] - starts[u] for u in units])
    spans = tuple((int(u), int(e - (starts[u + 1] - starts[u])), int(e)) for u, e in zip(units, ends, strict=True))
    try:
        found: Any = holder.run(kernel, Job(spans, base, new, drop), mine, outputs)
    except Exception as error:
        found = error
    parts = comm.gather(found, root=0)
    whole = tuple(_gathered(comm, x, points) for x in outputs)
    if rank != 0:
        return {}, ()
    everything: dict[int, tuple[Any, float]] = {}
    for part in parts:
        if isinstance(part, Exception):
            raise part
        everything |= part
    return everything, whole


def _points_of(owner: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], ranks: int) -> list[npt.NDArray[np.int64]]:
    return [
        np.concatenate([np.arange(0)] + [np.arange(starts[u], starts[u + 1]) for u in np.flatnonzero(owner == r)])
        for r in range(ranks)
    ]


def _scattered(comm: Any, array: Any, points: list[npt.NDArray[np.int64]], dtype: str, shape: tuple[int, ...]) -> Any:
    """The rows of an array that belong to this rank."""
    row = int(np.prod(shape, dtype=int)) * np.dtype(dtype).itemsize
    mine = np.empty((len(points[comm.Get_rank()]), *shape), dtype)
    counts = [len(p) * row for p in points]
    source = None if array is None else [np.ascontiguousarray(array[np.concatenate(points)]).view(np.uint8), counts]
    comm.Scatterv(source, mine.view(np.uint8), root=0)
    return mine


def _gathered(comm: Any, mine: Any, points: list[npt.NDArray[np.int64]]) -> Any:
    """Rows of all ranks in the order of the points, on rank 0."""
    order = np.concatenate(points)
    row = int(np.prod(mine.shape[1:], dtype=int)) * mine.itemsize
    target = np.empty((len(order), *mine.shape[1:])) if comm.Get_rank() == 0 else None
    receive = None if target is None else [target.view(np.uint8), [len(p) * row for p in points]]
    comm.Gatherv(mine.view(np.uint8), receive, root=0)
    if target is None:
        return mine
    whole = np.empty_like(target)
    whole[order] = target
    return whole
