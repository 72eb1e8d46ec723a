"""Sound through the open end: four verbs, books, atoms that come and go, what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import InputError, RunError
from scalebridge.fluids.atomistic import Carry
from scalebridge.fluids.continuum import CompressibleFluid, Linear
from scalebridge.fluids.hybrid import Acoustic, Pulse
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from scalebridge.study import check_bridge
from support.small_hybrid import small_atoms

SOUND = 8.0
FLUID = CompressibleFluid(Linear(0.8, 1.1, 7.0, SOUND**2), 0.8, 1.1, viscosity=2.2, bulk_viscosity=1.0)


def small(**options) -> Acoustic:
    given = {"pulse": Pulse(0.05, 8.0, 3.0), "cycles": 4, "cycles_per_step": 2, "steps_per_cycle": 10, **options}
    return Acoustic(small_atoms(impedance=0.8 * SOUND), FLUID, 20.0, 20, **{"equilibration": 200, **given})


def stepped(bridge, **changes):
    state = bridge.init(np.random.SeedSequence(1))
    joined = replace(state.instances[0], **changes)
    with SerialExecutor() as executor:
        return joined, bridge.step(replace(state, instances=(joined,)), executor)


def test_conforms_whatever_the_number_of_workers():
    outcome = check_bridge(small(instances=2, friction=0.5), executor=ThreadPoolExecutor)
    assert outcome.data["velocity"].sizes == {"time": 2, "instance": 2, "height": 16}
    assert {p.name for p in outcome.pictures} == {"place_and_time", "snapshots"}


@pytest.mark.parametrize("due", [-6.0, 6.0])
def test_atoms_come_and_go_with_the_continuums_mass_and_all_books_close(due):
    before, step = stepped(small(), carry=Carry(due))
    came = step.state.instances[0].atoms.fluid.sum() - before.atoms.fluid.sum()
    waiting = sum(f.inputs["waiting"] for f in step.failures)
    assert came * np.sign(due) + waiting >= 5
    assert [e.quantity for e in step.entries if e.verdict is Verdict.FAILS] == []
    names = {e.quantity for e in step.entries}
    assert {"mass through the open end", "momentum y through the open end", "momentum y of exchanged atoms"} <= names


def test_momentum_that_is_owed_is_given():
    (_, with_debt), (_, without) = (stepped(small(), owed=owed) for owed in (5.0, 0.0))
    sent = [step.state.sent[0, 0, 1] * small().atomistic.area for step in (with_debt, without)]
    assert sent[0] - sent[1] == pytest.approx(5.0 * (1.0 - 0.8**2), rel=0.1)


def test_too_many_atoms_that_wait_fail_the_certificate():
    crowded = small(cycles_per_step=1)
    most = 0.25 * 0.8 * crowded.atomistic.area * crowded.atomistic.buffer
    _, step = stepped(crowded, carry=Carry(3.0 * most))
    # no place is found for so many at once
    assert step.failures
    failed = {e.quantity for e in step.entries if e.verdict is Verdict.FAILS}
    assert failed == {"atoms that wait at the open end"}


def test_an_end_that_has_drifted_is_brought_back():
    """An overfull buffer is pushed back, one that has lost atoms is let out: the impulse of a cycle tells."""
    impulses = []
    for astray in (0.8, 1.25):
        fill = small().init(np.random.SeedSequence(1)).instances[0].fill
        _, step = stepped(small(cycles_per_step=1), fill=astray * fill)
        impulses.append(step.state.sent[0, 0, 1])
    assert impulses[0] > impulses[1]  # overfull in the first: more pressure


def test_an_end_that_has_run_away_is_named():
    with pytest.raises(RunError, match="The buffer holds .* at rest .instance 0."):
        stepped(small(), fill=1000.0)


def test_a_pulse_compresses_towards_its_middle_and_moves_nothing_below():
    bridge = small()
    atoms = bridge.atomistic.equilibrate(np.random.SeedSequence(0), 0)
    after = Pulse(0.1, 8.0, 1.0).given_to(atoms, SOUND)
    moved = (after.positions - atoms.positions)[:, 1]
    low, high = atoms.positions[:, 1] < 4.0, atoms.fluid & (atoms.positions[:, 1] > 12.0)
    np.testing.assert_allclose(moved[low], 0.0, atol=1e-6)
    np.testing.assert_allclose(moved[high], -np.sqrt(np.pi) * 0.1, rtol=1e-6)
    assert Pulse(0.1, 8.0, 1.0).excess(16.0) == pytest.approx(np.sqrt(np.pi) * 0.1)
    gained = (after.velocities - atoms.velocities)[:, 1]
    assert 0.9 * 0.1 * SOUND < gained.max() <= 0.1 * SOUND


@pytest.mark.parametrize("strain", [0.1, -0.1])
def test_the_atoms_end_is_in_its_place_when_a_pulse_begins(strain):
    """A compression takes from the top what a taller slab at rest had more; a rarefaction gives it."""
    bridge = small(pulse=Pulse(strain, 8.0, 2.0), equilibration=600)
    excess = strain * 2.0 * np.sqrt(np.pi)
    assert bridge.resting.size[1] - 16.0 == pytest.approx(excess, rel=1e-3)
    atoms = bridge.init(np.random.SeedSequence(1)).instances[0].atoms
    np.testing.assert_array_equal(atoms.box, bridge.atomistic.box)
    assert atoms.positions[atoms.fluid, 1].max() == pytest.approx(16.0, abs=0.5)
    plain = small(pulse=None, equilibration=600).init(np.random.SeedSequence(1)).instances[0].atoms
    more = atoms.fluid.sum() - plain.fluid.sum()
    assert more == pytest.approx(0.8 * bridge.atomistic.area * excess, abs=3)


def test_a_pulse_may_come_from_the_continuum():
    bridge = small(pulse=Pulse(0.05, 26.0, 3.0, up=False))
    state = bridge.init(np.random.SeedSequence(1)).instances[0].continuum
    points = np.array([[3.0, 10.0, 3.0]])
    fields = bridge.continuum.fields(state, points)
    assert fields.density[0] == pytest.approx(0.8 * 1.05, rel=1e-2)
    assert fields.velocity[0, 1] == pytest.approx(-SOUND * 0.05, rel=2e-2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"atomistic": small_atoms(impedance=3.0)}, "impedance is 3.0 and the continuum's is 6.4"),
        ({"atomistic": small_atoms(pressure=5.0, impedance=6.4)}, "pressure is 5.0"),
        ({"atomistic": small_atoms(closed=True)}, "closed above"),
        ({"steps_per_cycle": 40}, r"crosses 1.6 cells .* allowed are 0.7"),
        ({"cells": 0}, "cells is 0"),
        ({"length": -1.0}, "length is -1.0"),
    ],
)
def test_what_cannot_work_is_refused(options, says):
    with pytest.raises(InputError, match=says):
        replace(small(), **options)


@pytest.mark.parametrize("numbers", [(0.0, 1.0, 1.0), (0.5, 1.0, 1.0), (0.1, 1.0, 0.0), (0.1, np.nan, 1.0)])
def test_pulses_that_are_none(numbers):
    with pytest.raises(InputError, match="pulse"):
        Pulse(*numbers)
