"""The atoms' energy between two instants: what the time step makes of it, and what the ledger allows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scalebridge.fluids.atomistic import Atomistic, Controls, LennardJones, Targets, Thermostat
from scalebridge.fluids.atomistic._properties import LENNARD_JONES
from scalebridge.fluids.hybrid._entries import atom_entries, energy_missed
from scalebridge.ledger import Verdict

FLUID = {"density": 0.81, "temperature": 1.1, "size": (6.8, 10.5, 6.8), "closed": True}


def legs(time_step, number, steps, force=0.0, friction=0.0):
    """Per leg: energy that is missing, work of the thermostat, and what is allowed; atoms and their temperature."""
    model = Atomistic(LennardJones(2.2), time_step=time_step, **FLUID)
    baths = (Thermostat(-math.inf, math.inf, 1.1, friction),) if friction else ()
    controls = Controls(thermostats=baths, body_force=(force, 0.0, 0.0))
    atoms = model.equilibrate(np.random.SeedSequence(3), round(10.0 / time_step))
    simulation, rows = model.simulate(atoms, controls, np.random.default_rng(1), bin_width=0.5), []
    try:
        simulation.run(round(5.0 / time_step), Targets())
        for _ in range(number):
            books = simulation.run(steps, Targets())
            energy = atom_entries(books, simulation.kinetic_energy(), model, "here", 0.0)[-1]
            assert energy.verdict is Verdict.HOLDS
            rows.append((energy.fine - energy.coarse, books.work("thermostat"), energy.allowed * energy.scale))
        count = float(atoms.fluid.sum())
        return np.array(rows), count, 2.0 * simulation.kinetic_energy() / (3.0 * count)
    finally:
        simulation.close()


def test_ripple_of_an_isolated_fluid():
    rows, count, temperature = legs(0.005, 60, 50)
    spread, allowed = rows[:, 0].std(), energy_missed(LENNARD_JONES, count, temperature, 0.005, 0.0, 0.0)
    assert 0.06 * allowed < spread < 0.24 * allowed  # a fifth is the standard deviation
    assert np.abs(rows[:, 0].mean()) < 3.0 * spread / np.sqrt(len(rows))


@pytest.mark.parametrize("time_step", [0.01, 0.005])
def test_heat_that_goes_out_steadily_makes_a_drift(time_step):
    """dt^2 omega^2 / 6 of it, with omega^2 of some 400 in this fluid, which flow has made hotter."""
    rows, *_ = legs(time_step, 10, round(5.0 / time_step), force=0.3, friction=0.5)
    frequency = rows[:, 0].sum() / rows[:, 1].sum() * 6.0 / time_step**2
    error = rows[:, 0].std(ddof=1) * np.sqrt(len(rows)) / abs(rows[:, 1].sum()) * 6.0 / time_step**2
    assert rows[:, 1].sum() < 0.0
    assert error < 60.0
    assert 300.0 < frequency < 520.0
