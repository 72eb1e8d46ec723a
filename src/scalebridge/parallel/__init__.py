"""Executors by name: where independent work goes.

Anything that is a `concurrent.futures.Executor` will do for an ensemble. Four are here: `LocalExecutor` for the
processes of this machine, `DaskExecutor` for a Dask cluster, `MPIExecutor` for MPI ranks and `SerialExecutor` for the
calling process. `open_executor` finds them by name.

Work whose state should not travel goes to `Owners`: `map_batches` on this process, on worker processes or on MPI ranks.
"""

from scalebridge.parallel._dask import DaskExecutor as DaskExecutor
from scalebridge.parallel._local import LocalExecutor as LocalExecutor
from scalebridge.parallel._mpi_executor import MPIExecutor as MPIExecutor
from scalebridge.parallel._mpi_owners import MPIOwners as MPIOwners
from scalebridge.parallel._mpi_owners import mpi_program as mpi_program
from scalebridge.parallel._mpi_owners import release_ranks as release_ranks
from scalebridge.parallel._mpi_owners import serve_ranks as serve_ranks
from scalebridge.parallel._mpi_owners import serving_ranks as serving_ranks
from scalebridge.parallel._mpi_together import Together as Together
from scalebridge.parallel._mpi_together import call_together as call_together
from scalebridge.parallel._open import available_workers as available_workers
from scalebridge.parallel._open import open_executor as open_executor
from scalebridge.parallel._open_owners import open_owners as open_owners
from scalebridge.parallel._overhead import measure_overhead as measure_overhead
from scalebridge.parallel._owners import Answers as Answers
from scalebridge.parallel._owners import Kernel as Kernel
from scalebridge.parallel._owners import Owners as Owners
from scalebridge.parallel._owners import SerialOwners as SerialOwners
from scalebridge.parallel._owners import Version as Version
from scalebridge.parallel._process_owners import ProcessOwners as ProcessOwners
from scalebridge.parallel._seeds import spawn_seeds as spawn_seeds
from scalebridge.parallel._serial import SerialExecutor as SerialExecutor

__all__ = [
    "Answers",
    "DaskExecutor",
    "Kernel",
    "LocalExecutor",
    "MPIExecutor",
    "MPIOwners",
    "Owners",
    "ProcessOwners",
    "SerialExecutor",
    "SerialOwners",
    "Together",
    "Version",
    "available_workers",
    "call_together",
    "measure_overhead",
    "mpi_program",
    "open_executor",
    "open_owners",
    "release_ranks",
    "serve_ranks",
    "serving_ranks",
    "spawn_seeds",
]
