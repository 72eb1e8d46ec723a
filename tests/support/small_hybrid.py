"""A hybrid of 600 atoms that runs in a second: WCA fluid on a thin wall, a continuum above."""

from __future__ import annotations

import numpy as np

from scalebridge.fluids.atomistic import Atomistic, Constraint, Controls, Crystal, Heater, Thermostat, wca
from scalebridge.fluids.continuum import Continuum, Flux, Liquid, Wall
from scalebridge.fluids.hybrid import Hybrid, Overlap


def small_atoms(**options) -> Atomistic:
    wall = Crystal(epsilon=1.0, layers=3)
    given = {"fluid": wca(), "pressure": 7.0, "size": (6.8, 16.0, 6.8), "wall": wall, **options}
    return Atomistic(density=0.8, temperature=1.1, **given)


def small_hybrid(exchange="state", energy=False, **options) -> Hybrid:
    atoms, overlap = small_atoms(), Overlap((4.0, 6.0), (9.0, 11.0, 13.0))
    below = Wall(temperature=1.1 if energy else None) if exchange == "state" else Flux()
    above = Wall(velocity=(1.0, 0.0, 0.0), temperature=1.2 if energy else None)
    liquid = Liquid(0.8, 2.2, 2.4, 6.0 if energy else None, temperature=1.1)
    size = (atoms.lengths[0], 20.0, atoms.lengths[2])
    continuum = Continuum(size, (1, 20, 1), liquid, {"y-": below, "y+": above})
    given = {"cycles": 4, "cycles_per_step": 2, "steps_per_cycle": 20, "equilibration": 300, **options}
    return Hybrid(atoms, continuum, overlap, 2.2, exchange, energy=energy, **given)


def everything(model):
    """All controls at once."""
    return Controls(
        Constraint((9.0, 11.0, 13.0), (True, True, False)),
        model.tractions(),
        (Thermostat(4.0, 9.0, 1.1),),
        Heater(((1.0, 3.0), (3.0, 5.0))),
        (0.1, 0.0, 0.05),
    )


def aims(model):
    """What they are to reach."""
    targets = model.rest()
    targets.velocity = np.array([np.zeros((2, 3)), np.full((2, 3), 0.3)])
    targets.power, targets.temperature = np.array([5.0, np.nan]), np.array([np.nan, 1.3])
    return targets
