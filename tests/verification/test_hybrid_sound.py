"""Pulses of sound that meet the open end of the atoms: how much of them comes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scalebridge.fluids.atomistic import Atomistic, Controls, LennardJones, Thermostat
from scalebridge.fluids.continuum import CompressibleFluid, Linear
from scalebridge.fluids.hybrid import Acoustic, AcousticState, Pulse
from scalebridge.fluids.hybrid._acoustic_cycle import Joined
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor

pytestmark = pytest.mark.verify

DENSITY, PRESSURE, SOUND = 0.81, 2.71, 6.1  # speed of sound from finite differences of the pressure of this fluid
HEIGHT, PROBE, BACK = 40.0, (18.0, 34.0), (5.0, 8.4)  # the pulse passes the probe at 2.3 tau, what comes back at 6.9
PULSE = Pulse(0.05, 12.0, 5.0)  # 5 %, 10 sigma wide, upwards
INSTANCES, EVERY, LEGS = 24, 20, 84

CLOSED = Atomistic(LennardJones(2.2), DENSITY, 1.1, (10.2, HEIGHT, 10.2), closed=True)
OPEN = replace(CLOSED, closed=False, pressure=PRESSURE, impedance=DENSITY * SOUND)
FLUID = CompressibleFluid(Linear(DENSITY, 1.1, PRESSURE, SOUND**2), DENSITY, 1.1, viscosity=2.2, bulk_viscosity=1.0)
JOINED = Acoustic(OPEN, FLUID, 60.0, 60, PULSE, cycles=LEGS, cycles_per_step=4, steps_per_cycle=EVERY)


def alone(model, atoms, legs=LEGS):
    """Momentum per area between the probe's planes while the pulse's echo is there, of atoms without a continuum.

    Returns it with the atoms at the end.
    """
    simulation = model.simulate(atoms, Controls(tractions=model.tractions()), np.random.default_rng(0))
    momentum = []
    for _ in range(legs):
        books = simulation.run(EVERY, model.rest())
        inside = (books.centres > PROBE[0]) & (books.centres < PROBE[1])
        momentum.append(books.sums[inside, 2].sum() / (books.samples * model.area))
    after = simulation.atoms()
    simulation.engine.close()
    times = EVERY * model.time_step * (np.arange(legs) + 0.5)
    return np.mean(np.array(momentum)[(times > BACK[0]) & (times < BACK[1])]), after


def refreshed(model, atoms):
    """Atoms that have forgotten the pulse before, at the temperature that they began with."""
    bath = Thermostat(-np.inf, np.inf, 1.1, 1.0, (True, True, True))
    controls = Controls(tractions=model.tractions(), thermostats=(bath,))
    simulation = model.simulate(atoms, controls, np.random.default_rng(atoms.steps))
    simulation.run(600, model.rest())
    after = simulation.atoms()
    simulation.engine.close()
    return after


def carried(bridge, state):
    """All steps of a bridge; its last state, and no entry that fails."""
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            assert [e for e in step.entries if e.verdict is Verdict.FAILS] == []
    return state


def joined(bridge, state):
    """The same as `alone`, of atoms that go on as a continuum."""
    state = carried(bridge, state)
    heights = (np.arange(state.below.shape[2]) + 0.5) * bridge.bin_width
    inside = (heights > PROBE[0]) & (heights < PROBE[1])
    momentum = np.prod(state.below[:, 0], axis=-1)[:, inside].sum(axis=-1) * bridge.bin_width
    every = bridge.cycles_per_step * bridge.duration
    times = every * (np.arange(len(momentum)) + 0.5)
    return np.mean(momentum[(times > BACK[0]) & (times < BACK[1])])


def ratio(echo, wall):
    """Mean of one over that of the other, with its standard error."""
    n, value = len(echo), echo.mean() / wall.mean()
    return value, np.sqrt((echo.var(ddof=1) + value**2 * wall.var(ddof=1)) / n) / abs(wall.mean())


def test_sound_leaves_the_atoms_by_their_impedance_and_goes_on_in_a_compressible_continuum():
    """What comes back, relative to what a wall in its place throws back; both lose the same on the way."""
    found, atoms = [], {model: model.equilibrate(np.random.SeedSequence(1), 4000) for model in (CLOSED, OPEN)}
    for i in range(INSTANCES):
        atoms = {model: refreshed(model, before) for model, before in atoms.items()}
        wall, atoms[CLOSED] = alone(CLOSED, PULSE.given_to(atoms[CLOSED], SOUND))
        start = PULSE.given_to(atoms[OPEN], SOUND)
        impedance, atoms[OPEN] = alone(OPEN, start)
        pair = Joined(start, JOINED.continuum.initial())
        empty = (np.zeros((0, 1, round(HEIGHT), 2)), np.zeros((0, 1, JOINED.cells, 2)), np.zeros((0, 1, 2)))
        found.append([wall, impedance, joined(JOINED, AcousticState((pair,), 0, i, *empty))])
        print(i, np.round(np.mean(found, axis=0), 3), flush=True)
    wall, impedance, continuum = np.array(found).T
    assert -wall.mean() > 5.0 * wall.std(ddof=1) / np.sqrt(INSTANCES)  # a wall turns the velocity round
    for name, echo, allowed in (("impedance", impedance, 0.20), ("continuum", continuum, 0.10)):
        reflection, error = ratio(echo, wall)
        print(f"{name}: reflection {reflection:.3f} +- {error:.3f}")
        assert error < 0.05
        assert abs(reflection) <= allowed


def test_sound_enters_the_atoms_from_the_continuum():
    """A pulse that comes down: what of its momentum the continuum sends up again, and what the atoms get.

    Friction does not change a wave's momentum; the continuum's far end is open.
    """
    pulse = Pulse(0.05, HEIGHT + 20.0, 5.0, up=False)
    bridge = replace(JOINED, pulse=pulse, cycles=64, instances=12, equilibration=3000)
    state = carried(bridge, bridge.init(np.random.SeedSequence(7)))
    whole = bridge.impedance * pulse.strain * pulse.width * np.sqrt(np.pi)
    density, velocity = np.moveaxis(state.above[-1], -1, 0)
    # the pulse's middle reached the interface at 3.3 tau; at 6.4 tau all of it is below, and its echo in the lower 50 sigma
    back = 0.5 * (SOUND * (density - DENSITY) + density * velocity)[:, :50].sum(axis=1) / whole
    into = -np.prod(state.below[-1], axis=-1).sum(axis=1) / whole
    for name, values in (("back", back), ("into the atoms", into)):
        print(f"{name}: {values.mean():.3f} +- {values.std(ddof=1) / np.sqrt(len(values)):.3f}")
    assert back.std(ddof=1) / np.sqrt(len(back)) < 0.07
    assert abs(back.mean()) <= 0.10
    assert into.mean() == pytest.approx(1.0, abs=0.2)
