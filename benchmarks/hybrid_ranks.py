"""A hybrid of about 20,000 atoms under mpiexec: prints seconds on the clock per step of molecular dynamics."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np

from scalebridge.fluids.atomistic import Atomistic, LennardJones
from scalebridge.fluids.continuum import Continuum, Liquid, Wall
from scalebridge.fluids.hybrid import Hybrid, Overlap
from scalebridge.parallel import SerialExecutor, mpi_program

CYCLES = 4


def hybrid(width: float) -> Hybrid:
    """Start-up Couette flow over 50 sigma, atoms up to 26."""
    atoms = Atomistic(fluid=LennardJones(2.2), pressure=2.71, size=(width, 26.0, width))
    sides = {"y-": Wall(), "y+": Wall(velocity=(1.0, 0.0, 0.0))}
    column = Continuum((atoms.lengths[0], 39.0, atoms.lengths[2]), (1, 39, 1), Liquid(0.81, 2.213), sides)
    overlap = Overlap((10.0, 12.0), (18.0, 20.0, 22.0))
    return Hybrid(atoms, column, overlap, 2.213, cycles=10**6, cycles_per_step=CYCLES, equilibration=300)


def main(width: float, rounds: int) -> None:
    """Least time of some rounds; what a step of the bridge costs beside its cycles is taken off."""
    bridge = hybrid(width)
    single = replace(bridge, cycles_per_step=1)
    state, times = bridge.init(np.random.SeedSequence(1)), []
    with SerialExecutor() as executor:
        for _ in range(rounds):
            start = time.perf_counter()
            single.step(state, executor)
            middle = time.perf_counter()
            state = bridge.step(state, executor).state
            times.append((middle - start, time.perf_counter() - middle))
    one, many = np.min(times, axis=0)
    print((many - one) / ((CYCLES - 1) * bridge.steps_per_cycle))


if __name__ == "__main__":
    with mpi_program() as leads:
        if leads:
            main(float(sys.argv[1]), int(sys.argv[2]))
