"""Pulses of sound that meet the open end of the atoms: how much of them comes back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from scalebridge.fluids.atomistic import Atomistic, Controls, LennardJones, Thermostat, Usher
from scalebridge.fluids.continuum import CompressibleFluid, Linear
from scalebridge.fluids.hybrid import Acoustic, AcousticState, Pulse
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor

pytestmark = pytest.mark.verify

DENSITY, PRESSURE, SOUND = 0.81, 2.71, 6.1  # speed of sound from finite differences of the pressure of this fluid
HEIGHT, PULSE = 40.0, Pulse(0.05, 12.0, 5.0)  # 5 %, 10 sigma wide, upwards
INSTANCES, WALLS, EVERY, LEGS, REACH = 16, 3, 20, 96, 9.0

CLOSED = Atomistic(LennardJones(2.2), DENSITY, 1.1, (10.2, HEIGHT, 10.2), closed=True)
OPEN = replace(CLOSED, closed=False, pressure=PRESSURE, impedance=DENSITY * SOUND)
FLUID = CompressibleFluid(Linear(DENSITY, 1.1, PRESSURE, SOUND**2), DENSITY, 1.1, viscosity=2.2, bulk_viscosity=1.0)
JOINED = Acoustic(OPEN, FLUID, 60.0, 60, PULSE, cycles=LEGS, cycles_per_step=4, steps_per_cycle=EVERY)


def looked_at(times):
    """When an echo is on its way down and has not come to the lower wall."""
    return (times > 6.2) & (times < 9.4)


def echo(momentum, times):
    """Momentum per area, (times, bins), that runs down with an echo from the open end: in a window that moves with it.

    The window holds most of the pulse, 18 sigma; what runs up only crosses it.
    """
    heights = np.arange(momentum.shape[1]) + 0.5
    middle = HEIGHT - SOUND * times + (HEIGHT - PULSE.middle)
    inside = np.abs(heights - middle[:, None]) < REACH
    return np.mean((momentum * inside).sum(axis=1)[looked_at(times)])


def left_in_the_window():
    """Share of a pulse's momentum that is in the window still, after viscosity and conduction have spread it.

    A sound pulse keeps its momentum and widens, its variance by 2 Gamma t (Landau, Lifshitz, Fluid mechanics, 79).
    """
    eta, conductivity, c_v, gamma = 2.213, 6.66, 2.37, 1.79  # of this fluid; see fluids.transport
    heat = conductivity * (gamma - 1.0) / (DENSITY * gamma * c_v)
    spreading = 0.5 * ((4.0 / 3.0 * eta + FLUID.bulk_viscosity) / DENSITY + heat)
    times = EVERY * CLOSED.time_step * (np.arange(LEGS) + 0.5)
    widths = np.sqrt(0.5 * PULSE.width**2 + 2.0 * spreading * times[looked_at(times)])
    return np.mean([math.erf(REACH / (math.sqrt(2.0) * width)) for width in widths])


def alone(model, atoms):
    """Echo in atoms without a continuum."""
    width = model.size[1] / round(model.size[1])
    simulation = model.simulate(atoms, Controls(tractions=model.tractions()), np.random.default_rng(0), bin_width=width)
    momentum = []
    for _ in range(LEGS):
        books = simulation.run(EVERY, model.rest())
        inside = (books.centres > 0.0) & (books.centres < model.size[1])
        momentum.append(books.sums[inside, 2] / (books.samples * model.area))
    simulation.engine.close()
    return echo(np.array(momentum), EVERY * model.time_step * (np.arange(LEGS) + 0.5))


def refreshed(atoms, count, rng):
    """Atoms of the slab at rest, as many as it began with, whose last sound has left through the open end.

    A slab that is not as high as its pressure makes it comes to its height within Z L / (rho c^2), 6.5 tau, if nothing
    brakes it: a thermostat on y would, and what still moves up afterwards would be taken for an echo.
    """
    model = JOINED.resting
    x, height, z = model.lengths
    region = np.array([[0.0, x], [height - 10.0, height - 0.5], [0.0, z]])
    atoms = replace(atoms, box=model.box)
    while atoms.fluid.sum() < count:
        atoms, _ = Usher(model.fluid, model.wall, tolerance=0.5, restarts=20000).insert(
            atoms, region, np.zeros(3), 1.1, rng
        )
    bath = Thermostat(-np.inf, np.inf, 1.1, 1.0, (True, False, True))
    width = height / round(height)
    simulation = model.simulate(atoms, Controls(tractions=model.tractions(), thermostats=(bath,)), rng, bin_width=width)
    simulation.run(5000, model.rest())
    after = simulation.atoms()
    simulation.close()
    return after


def carried(bridge, state):
    """All steps of a bridge; its last state, and no entry that fails."""
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            assert [e for e in step.entries if e.verdict is Verdict.FAILS] == []
    return state


def joined(bridge, pair, seed):
    """Echo in atoms that go on as a continuum, and the atoms at the end."""
    empty = (np.zeros((0, 1, round(HEIGHT), 2)), np.zeros((0, 1, bridge.cells, 2)), np.zeros((0, 1, 2)))
    state = carried(bridge, AcousticState((pair,), 0, seed, *empty))
    momentum = np.prod(state.below[:, 0], axis=-1) * bridge.bin_width
    times = bridge.cycles_per_step * bridge.duration * (np.arange(len(momentum)) + 0.5)
    return echo(momentum, times), state.instances[0].atoms


def test_sound_leaves_the_atoms_by_their_impedance_and_goes_on_in_a_compressible_continuum():
    """What comes back, relative to what a wall in its place throws back: all momentum of the pulse."""
    walls, found = [], []
    for i in range(WALLS):  # new atoms for each: between walls a pulse goes to and fro for 30 tau
        atoms = CLOSED.equilibrate(np.random.SeedSequence(10 + i), 3000)
        walls.append(alone(CLOSED, PULSE.given_to(atoms, SOUND)))
    thrown = np.mean(walls)
    print(f"a wall throws back {np.round(walls, 3)}")
    whole = DENSITY * SOUND * PULSE.strain * PULSE.width * np.sqrt(np.pi) * left_in_the_window()
    print(f"of {whole / left_in_the_window():.3f}, {left_in_the_window():.3f} is left in the window")
    assert thrown == pytest.approx(-whole, abs=0.35)  # three standard errors: thermal noise is 0.2 per instance
    atoms = JOINED.resting.equilibrate(np.random.SeedSequence(2), 4000)
    rest = JOINED.at_rest(atoms)
    count, rng = rest.atoms.fluid.sum(), np.random.default_rng(3)
    for i in range(INSTANCES):
        pair = JOINED.with_pulse(replace(rest, atoms=refreshed(atoms, count, rng)))
        back, atoms = joined(JOINED, pair, i)
        # without a continuum that takes atoms away the end moves up, to where it was before the pulse
        found.append([alone(JOINED.resting, replace(pair.atoms, box=JOINED.resting.box)), back])
        print(i, np.round(np.mean(found, axis=0) / thrown, 3), flush=True)
    for name, echoes, allowed in zip(("impedance", "continuum"), np.array(found).T / thrown, (0.20, 0.10), strict=True):
        reflection, error = echoes.mean(), echoes.std(ddof=1) / np.sqrt(INSTANCES)
        print(f"{name}: reflection {reflection:.3f} +- {error:.3f}")
        assert error < 0.04
        assert abs(reflection) <= allowed
