"""Some two hundred molecules of water, cut short, that move a picosecond in a second."""

from __future__ import annotations

import math

import numpy as np

from scalebridge.fluids.atomistic import Constraint, Controls, Crystal, Heater, Thermostat, Water
from scalebridge.fluids.continuum import Continuum, Flux, Liquid, Wall
from scalebridge.fluids.hybrid import Hybrid, Overlap

VISCOSITY = 440.0  # u/(nm ps)


def small_water(**options) -> Water:
    wall = Crystal(density=33.0, epsilon=2.0, sigma=0.3166, layers=3)
    given = {"size": (1.5, 2.7, 1.5), "cutoff": 0.5, "buffer": 0.6, "wall": wall, "bar": 1000.0, **options}
    return Water(**given)


def water_hybrid(exchange="state", energy=False, **options) -> Hybrid:
    water, overlap = small_water(), Overlap((0.6, 0.9), (1.5, 1.8, 2.1))
    below = Wall(temperature=water.temperature if energy else None) if exchange == "state" else Flux()
    above = Wall(velocity=(0.2, 0.0, 0.0), temperature=1.05 * water.temperature if energy else None)
    # heat capacity k per molecule over its mass; conductivity in k/(nm ps)
    conductivity = 50.0 if energy else None
    liquid = Liquid(
        water.density * water.mass, VISCOSITY, 9.0 / water.mass, conductivity, temperature=water.temperature
    )
    size = (water.lengths[0], 3.0, water.lengths[2])
    continuum = Continuum(size, (1, 20, 1), liquid, {"y-": below, "y+": above})
    given = {
        "cycles": 4,
        "cycles_per_step": 2,
        "steps_per_cycle": 20,
        "equilibration": 500,
        "bin_width": 0.15,
        **options,
    }
    return Hybrid(water, continuum, overlap, VISCOSITY, exchange, energy=energy, **given)


def everything(model):
    """All controls at once."""
    return Controls(
        Constraint((1.5, 1.8, 2.1), (True, True, False)),
        model.tractions(),
        (Thermostat(0.9, 1.5, model.temperature, 5.0), Thermostat(-math.inf, 0.3, model.temperature, 5.0, (True,) * 3)),
        Heater(((0.3, 0.6), (0.6, 0.9))),
        (0.5, 0.0, 0.25),
    )


def aims(model):
    """What they are to reach."""
    targets = model.rest()
    targets.velocity = np.array([np.zeros((2, 3)), np.full((2, 3), 0.05)])
    targets.power, targets.temperature = np.array([20.0, np.nan]), np.array([np.nan, 1.1 * model.temperature])
    return targets
