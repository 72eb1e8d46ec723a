"""Owners of states as the surroundings suggest: MPI ranks, processes, or the calling process."""

from __future__ import annotations

import os
from collections.abc import Sequence

from scalebridge.errors import InputError
from scalebridge.parallel._mpi_owners import MPIOwners
from scalebridge.parallel._owners import Owners, SerialOwners
from scalebridge.parallel._process_owners import ProcessOwners

_RANKS = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")


def mpi_ranks() -> int:
    """Number of MPI ranks that this program was started with; 1 without MPI."""
    return max(int(os.environ.get(name, "1")) for name in _RANKS)


def open_owners(sizes: Sequence[int], workers: int) -> Owners:
    """Owners of units of these sizes.

    Args:
        sizes: points of each unit.
        workers: worker processes; 0 for the calling process. Under ``mpiexec`` the ranks are the owners instead.

    Raises:
        InputError: `workers` is negative.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 0:
        raise InputError(f"Number of workers: found {workers!r}; allowed: a whole number >= 0 (0: no processes).")
    if mpi_ranks() > 1:
        return MPIOwners(sizes)
    return ProcessOwners(sizes, workers) if workers else SerialOwners(sizes)
