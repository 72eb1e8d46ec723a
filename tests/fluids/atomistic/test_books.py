"""Books of the atoms: every bin closes at every step, whatever acts on it."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError, RunError
from scalebridge.fluids.atomistic import (
    Atomistic,
    Constraint,
    Controls,
    Crystal,
    Heater,
    LennardJones,
    Traction,
)
from support.small_hybrid import aims, everything, small_atoms


@pytest.fixture(scope="module")
def fluid():
    model = small_atoms()
    return model, model.equilibrate(np.random.SeedSequence(3), 300)


def simulated(fluid, controls, **options):
    model, atoms = fluid
    return model.simulate(atoms, controls, np.random.default_rng(0), **options)


def force_across(positions, box, height, cutoff):
    """Force of the atoms below a plane on those above, summed over all pairs, (3,)."""
    separation = positions[:, None] - positions[None]
    for k in (0, 2):
        length = box[k, 1] - box[k, 0]
        separation[..., k] -= length * np.round(separation[..., k] / length)
    r2 = np.sum(separation**2, axis=-1) + np.eye(len(positions)) * 1e9
    pull = np.where(r2 < cutoff**2, 24.0 * (2.0 / r2**7 - 1.0 / r2**4), 0.0)[..., None] * separation
    above = positions[:, 1] > height
    return pull[above][:, ~above].sum(axis=(0, 1))


def test_planes_agree_with_a_sum_over_all_pairs(fluid):
    model, atoms = fluid
    simulation = simulated(fluid, Controls(tractions=model.tractions()), bin_width=2.0)
    dt, height, by_pairs, booked = model.time_step, 6.0, np.zeros(3), np.zeros(3)
    before = simulation.atoms()
    for _ in range(40):
        books = simulation.run(1, model.rest())
        after = simulation.atoms()
        booked += books.flux()[int(np.argmin(np.abs(books.edges - height)))]
        old, new = before.positions[before.fluid], after.positions[after.fluid]
        way = new - old
        way -= before.lengths * np.array([1.0, 0.0, 1.0]) * np.round(way / before.lengths)
        crossed = 0.5 * (np.sign(new[:, 1] - height) - np.sign(old[:, 1] - height))
        by_pairs += dt * force_across(new, before.box, height, model.fluid.cutoff) + crossed @ way / dt
        before = after
    simulation.engine.close()
    assert np.abs(booked).max() > 1.0
    np.testing.assert_allclose(booked, by_pairs, rtol=1e-9, atol=1e-9)


def test_every_bin_closes_under_all_controls(fluid):
    model, _ = fluid
    simulation = simulated(fluid, everything(model))
    for steps in (1, 1, 7, 50):
        books = simulation.run(steps, aims(model))
        gross = np.abs(books.forces[:, :6]).sum() * model.time_step
        assert np.all(books.residual()[:, 0] == 0.0)
        assert np.abs(books.residual()[:, 1:]).max() < 1e-12 * gross
        sources = books.by_source[:, :3].sum(axis=0) - books.wall
        np.testing.assert_allclose((books.now - books.before)[:, 1:4].sum(axis=0), sources, atol=1e-12 * gross)
    simulation.engine.close()


def test_every_bin_closes_when_the_engine_sorts_its_atoms(fluid):
    """With nothing acting outside zones and slabs, most atoms are passed over: a sort must not leave a force behind."""
    from dataclasses import replace

    model, _ = fluid
    controls = replace(everything(model), thermostats=(), body_force=(0.0, 0.0, 0.0))
    simulation = simulated(fluid, controls)
    simulation.engine.command("atom_modify sort 10 2.0")
    simulation.run(1, aims(model))
    tags = simulation.engine.tags()
    for _ in range(4):
        books = simulation.run(30, aims(model))
        gross = np.abs(books.forces[:, :6]).sum() * model.time_step
        assert np.abs(books.residual()[:, 1:]).max() < 1e-12 * gross
    assert not np.array_equal(tags, simulation.engine.tags())
    simulation.engine.close()


def test_constraint_holds_its_cells_exactly(fluid):
    model, _ = fluid
    simulation = simulated(fluid, everything(model))
    books = simulation.run(30, aims(model))
    for low, high in ((9.0, 11.0), (11.0, 13.0)):
        cell = (books.centres > low) & (books.centres < high)
        mass, momentum = books.now[cell, 0].sum(), books.now[cell, 1:4].sum(axis=0)
        np.testing.assert_allclose(momentum[:2] / mass, 0.3, rtol=1e-10)
    simulation.engine.close()


def test_energy_changes_by_the_work_of_the_sources_to_second_order(fluid):
    from dataclasses import replace

    misses = []
    for dt in (0.004, 0.002):
        model = replace(fluid[0], time_step=dt)
        simulation = simulated((model, fluid[1]), Controls(heater=Heater(((1.0, 5.0),)), tractions=model.tractions()))
        targets = model.rest()
        targets.power, targets.temperature = np.array([20.0]), np.array([np.nan])
        worst = []
        for _ in range(10):
            books = simulation.run(round(0.02 / dt), targets)
            worst.append(books.energy[1] - books.energy[0] - books.by_source[:, 3].sum())
        misses.append(np.sqrt(np.mean(np.square(worst))))
        simulation.engine.close()
    assert 2.5 < misses[0] / misses[1] < 6.5


@pytest.mark.parametrize("force", [0.0, 0.02])
def test_an_atom_beyond_the_open_end_is_pushed_back(fluid, force):
    from dataclasses import replace

    model, atoms = fluid
    top = int(np.argmax(np.where(atoms.fluid, atoms.positions[:, 1], -np.inf)))
    positions, velocities = atoms.positions.copy(), atoms.velocities.copy()
    positions[top, 1], velocities[top, 1] = model.size[1] + 1.5, 2.0
    controls = Controls(tractions=model.tractions(), body_force=(force, 0.0, 0.0))
    start = replace(atoms, positions=positions, velocities=velocities)
    simulation = model.simulate(start, controls, np.random.default_rng(0), bin_width=1.0)
    simulation.run(20, model.rest())
    after = simulation.atoms()
    simulation.engine.close()
    assert after.velocities[top, 1] < -2.0


def test_the_open_end_carries_the_pressure_exactly(fluid):
    model, _ = fluid
    simulation = simulated(fluid, Controls(tractions=model.tractions()))
    books = simulation.run(20, model.rest())
    simulation.engine.close()
    np.testing.assert_allclose(
        books.impulse("traction"), [0.0, -7.0 * model.area * 20 * model.time_step, 0.0], rtol=1e-12
    )


def test_state_restarts_where_it_was(fluid):
    model, _ = fluid
    whole = simulated(fluid, Controls(tractions=model.tractions()))
    whole.run(20, model.rest())
    middle = whole.atoms()
    whole.run(20, model.rest())
    again = simulated((model, middle), Controls(tractions=model.tractions()))
    again.run(20, model.rest())
    a, b = whole.atoms(), again.atoms()
    whole.engine.close()
    again.engine.close()
    np.testing.assert_allclose(a.velocities, b.velocities, atol=1e-8)
    assert a.steps == b.steps == 40


def test_an_atom_that_flies_off_is_named(fluid):
    from dataclasses import replace

    model, atoms = fluid
    positions = atoms.positions.copy()
    positions[1] = positions[0] + [0.02, 0.0, 0.0]
    broken = replace(atoms, positions=positions)
    simulation = model.simulate(broken, Controls(tractions=model.tractions()), np.random.default_rng(0))
    with pytest.raises(RunError, match="An atom flew off"):
        simulation.run(200, model.rest())
    simulation.engine.close()


def test_an_empty_constraint_cell_is_named(fluid):
    model, _ = fluid
    controls = Controls(Constraint((18.0, 18.5)), (Traction(10.0, 16.0),))
    simulation = simulated(fluid, controls)
    targets = model.rest()
    targets.velocity = np.zeros((2, 1, 3))
    with pytest.raises(RunError, match="constraint cell ran empty"):
        simulation.run(5, targets)
    simulation.engine.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Atomistic(density=-1.0, pressure=1.0), "density"),
        (lambda: Atomistic(density=2.0, pressure=1.0), "nothing flows"),
        (lambda: Atomistic(time_step=0.1, pressure=1.0), "fly off"),
        (lambda: Atomistic(size=(3.0, 26.0, 13.6), pressure=1.0), "twice the cut-off"),
        (lambda: Atomistic(wall=Crystal(layers=1), pressure=1.0), "thinner than the cut-off"),
        (lambda: Atomistic(), "needs the pressure"),
        (lambda: LennardJones(0.5), "cutoff"),
        (lambda: Controls(Constraint((9.0, 12.0)), (Traction(11.0, 14.0),)), "overlaps the buffer"),
    ],
)
def test_what_cannot_be_is_refused(make, says):
    with pytest.raises(InputError, match=says):
        make()
