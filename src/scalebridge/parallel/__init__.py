"""Executors by name: where independent work goes.

Anything that is a `concurrent.futures.Executor` will do for an ensemble. Two are here: `LocalExecutor` for the
processes of this machine and `SerialExecutor` for the calling process. `open_executor` finds them by name.
"""

from scalebridge.parallel._local import LocalExecutor as LocalExecutor
from scalebridge.parallel._open import available_workers as available_workers
from scalebridge.parallel._open import open_executor as open_executor
from scalebridge.parallel._overhead import measure_overhead as measure_overhead
from scalebridge.parallel._seeds import spawn_seeds as spawn_seeds
from scalebridge.parallel._serial import SerialExecutor as SerialExecutor

__all__ = [
    "LocalExecutor",
    "SerialExecutor",
    "available_workers",
    "measure_overhead",
    "open_executor",
    "spawn_seeds",
]
