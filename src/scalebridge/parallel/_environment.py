"""The environment of a worker: one thread, whatever library the task uses."""

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
_XLA_FLAG = "--xla_cpu_multi_thread_eigen=false"


def single_threaded(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with every thread pool we know limited to one thread.

    Libraries read these variables when they are imported, so that they must be set before the worker starts.
    """
    flags = environment.get("XLA_FLAGS", "")
    xla = flags if _XLA_FLAG in flags else f"{flags} {_XLA_FLAG}".strip()
    return {**environment, **dict.fromkeys(_ONE_THREAD, "1"), "XLA_FLAGS": xla}
