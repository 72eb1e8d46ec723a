"""The environment of a worker: one thread, whatever library the task uses, and no rank of an MPI program."""

from __future__ import annotations

from collections.abc import Mapping

_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "DUCC0_NUM_THREADS",
    # Size of the thread pool behind JAX on the CPU.
    "NPROC",
    "PJRT_NPROC",
)
# By these a process knows that an MPI launcher made it a rank.
_RANK = ("PMI_", "PMIX_", "PMI2_", "HYDI_", "HYDRA_", "OMPI_", "PRTE_", "MPI_LOCAL")
_XLA_FLAG = "--xla_cpu_multi_thread_eigen=false"


def single_threaded(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with every thread pool we know limited to one thread.

    Libraries read these variables when they are imported, so that they must be set before the worker starts.
    """
    flags = environment.get("XLA_FLAGS", "")
    xla = flags if _XLA_FLAG in flags else f"{flags} {_XLA_FLAG}".strip()
    return {**environment, **dict.fromkeys(_ONE_THREAD, "1"), "XLA_FLAGS": xla}


def no_rank(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without what makes a process a rank of an MPI program.

    A worker that a rank starts is none: MPI, which LAMMPS needs even alone, would look for a launcher that does not
    know it.
    """
    return {name: value for name, value in environment.items() if not name.startswith(_RANK)}
