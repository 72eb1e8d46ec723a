"""A pulse of sound that runs from the atoms to their open end: how much of it comes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import erf

from scalebridge.fluids.atomistic import Atomistic, Controls, LennardJones

pytestmark = pytest.mark.verify

DENSITY, SOUND = 0.81, 6.1  # speed of sound from finite differences of the pressure of this fluid
STRAIN, MIDDLE, WIDTH = 0.05, 22.0, 5.0
HEIGHT, PROBE, BACK = 52.0, (30.0, 46.0), (5.4, 9.4)  # the pulse passes the probe at 2.6 tau, what comes back at 7.2
INSTANCES, EVERY, LEGS = 16, 20, 96


def pulse(atoms):
    """A compression of 5 %, 10 sigma wide, with the velocity of a wave that runs up."""
    s = (atoms.positions[:, 1] - MIDDLE) / WIDTH
    positions, velocities = atoms.positions.copy(), atoms.velocities.copy()
    positions[atoms.fluid, 1] -= (STRAIN * WIDTH * 0.5 * np.sqrt(np.pi) * erf(s))[atoms.fluid]
    velocities[atoms.fluid, 1] += (SOUND * STRAIN * np.exp(-(s**2)))[atoms.fluid]
    return replace(atoms, positions=positions, velocities=velocities)


def run(model, atoms, seed, legs):
    """Momentum per area between the probe's planes over time, and the atoms at the end."""
    simulation = model.simulate(atoms, Controls(tractions=model.tractions()), np.random.default_rng(seed))
    momentum = []
    for _ in range(legs):
        books = simulation.run(EVERY, model.rest())
        inside = (books.centres > PROBE[0]) & (books.centres < PROBE[1])
        momentum.append(books.sums[inside, 2].sum() / (books.samples * model.area))
    after = simulation.atoms()
    simulation.engine.close()
    return np.array(momentum), after


def test_an_open_end_with_the_fluids_impedance_lets_sound_out():
    """What comes back, relative to what a wall in its place throws back; both lose the same on the way.

    An end that holds its pressure would not do for comparison: it moves by a diameter and leaves its buffer.
    """
    wall = Atomistic(fluid=LennardJones(2.2), density=DENSITY, temperature=1.1, size=(10.2, HEIGHT, 10.2), closed=True)
    matched = replace(wall, closed=False, pressure=2.71, impedance=DENSITY * SOUND)
    atoms = {model: model.equilibrate(np.random.SeedSequence(1), 4000) for model in (wall, matched)}
    times, found = 0.1 * (np.arange(LEGS) + 0.5), []
    back = (times > BACK[0]) & (times < BACK[1])
    for i in range(INSTANCES):
        row = []
        for model in atoms:
            _, atoms[model] = run(model, atoms[model], 2 * i, 30)  # forgets the instance before
            row.append(run(model, pulse(atoms[model]), 2 * i + 1, LEGS)[0][back].mean())
        found.append(row)
        print(i, np.round(np.mean(found, axis=0), 3), flush=True)
    thrown, let = -np.array(found).T  # a wall turns the velocity round
    reflection = let.mean() / thrown.mean()
    error = np.hypot(let.std(ddof=1), reflection * thrown.std(ddof=1)) / np.sqrt(INSTANCES) / thrown.mean()
    print(f"reflection {reflection:.3f} +- {error:.3f}; the wall threw back {thrown.mean():.3f} m/(sigma tau)")
    assert thrown.mean() > 5.0 * thrown.std(ddof=1) / np.sqrt(INSTANCES)
    assert error < 0.08
    assert abs(reflection) <= 0.20
