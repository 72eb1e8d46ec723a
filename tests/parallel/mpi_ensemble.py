"""A program under mpiexec: an ensemble on the ranks, then owners of states on the same ranks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from scalebridge.parallel import mpi_program, open_executor, open_owners

sys.path.insert(0, str(Path(__file__).parents[1]))
from parallel.owner_kernels import Walk

if __name__ == "__main__":
    with mpi_program() as leads:
        if leads:
            with open_executor("mpi", 2) as executor:
                assert executor.submit(os.getpid).result() != os.getpid()
                print(*executor.map(pow, range(5), [2] * 5))
            with open_owners([1] * 4, 0) as owners:
                total = owners.map_batches(Walk(), [np.full((4, 2), np.pi / 2)], None).outputs[1].sum()
                print("owners:", round(total, 6))
