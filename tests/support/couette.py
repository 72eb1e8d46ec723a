"""Start-up Couette flow across a hybrid column (Nie, Chen, E, Robbins 2004): wall at rest below, moving one above."""

from __future__ import annotations

import numpy as np

from scalebridge.fluids.atomistic import Atomistic, LennardJones, wca
from scalebridge.fluids.continuum import Continuum, Flux, Liquid, Wall
from scalebridge.fluids.hybrid import Hybrid, Overlap, StartUpCouette

HEIGHT, SPEED, VISCOSITY, DENSITY = 50.0, 1.0, 2.213, 0.81
WINDOW = 100  # cycles of 0.25 tau


def dense(cycles: int = 500) -> Hybrid:
    """The fluid of CPL library's test of Couette flow: WCA at density 0.8442 and temperature 1.1, 50 steps a cycle.

    That test compares with a viscosity of 1.7 times the density; the fluid's is 2.271.
    """
    atoms = Atomistic(fluid=wca(), density=0.8442, temperature=1.1, size=(13.6, 26.0, 13.6), pressure=8.58)
    overlap = Overlap(sample=(10.0, 12.0), constraint=(18.0, 20.0, 22.0))
    sides = {"y-": Wall(), "y+": Wall(velocity=(SPEED, 0.0, 0.0))}
    size = (atoms.lengths[0], HEIGHT - overlap.interface, atoms.lengths[2])
    column = Continuum(size, (1, 39, 1), Liquid(0.8442, 2.271), sides)
    return Hybrid(atoms, column, overlap, 2.271, cycles=cycles, cycles_per_step=WINDOW)


def couette(cycles: int = 1600, speed: float = SPEED, **options) -> Hybrid:
    """Lennard-Jones fluid cut at 2.2, density 0.81, temperature 1.1; continuum from 11 to 50."""
    atoms = Atomistic(fluid=LennardJones(2.2), density=DENSITY, temperature=1.1, size=(13.6, 26.0, 13.6), pressure=2.71)
    overlap = Overlap(sample=(10.0, 12.0), constraint=(18.0, 20.0, 22.0))
    interface = Wall() if options.get("exchange", "state") == "state" else Flux()
    sides = {"y-": interface, "y+": Wall(velocity=(speed, 0.0, 0.0))}
    size = (atoms.lengths[0], HEIGHT - overlap.interface, atoms.lengths[2])
    column = Continuum(size, (1, 39, 1), Liquid(DENSITY, VISCOSITY), sides)
    return Hybrid(atoms, column, overlap, VISCOSITY, cycles=cycles, cycles_per_step=WINDOW, **options)


def errors(windows, diffusivity: float = VISCOSITY / DENSITY):
    """Deviation from theory in 9 bins of 2 sigma above the wall, for each window of 25 tau, (windows, 9)."""
    pairs = windows[:, :18].reshape(len(windows), 9, 2, 7)
    velocity = np.sum(pairs[..., 0] * pairs[..., 1], axis=2) / np.sum(pairs[..., 0], axis=2)
    heights = 2.0 * np.arange(9) + 1.0
    theory = StartUpCouette(HEIGHT, SPEED, diffusivity)
    return velocity - np.array([theory.mean(heights, 25.0 * w, 25.0 * (w + 1)) for w in range(len(windows))])
