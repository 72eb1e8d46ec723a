"""Water: rigid molecules under everything that acts from outside, with books that close."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import BAR, KELVIN, Controls, Crystal, Heater, Targets, Thermostat, Water
from scalebridge.fluids.atomistic._ranked import require_whole
from scalebridge.fluids.hybrid._entries import atom_entries, energy_missed
from scalebridge.ledger import Verdict
from support.small_water import aims, everything, small_water

MASSES = np.array([15.9994, 1.008, 1.008])


@pytest.fixture(scope="module")
def water():
    model = small_water()
    return model, model.equilibrate(np.random.SeedSequence(3), 800)


def simulated(water, controls, **options):
    model, atoms = water
    return model.simulate(atoms, controls, np.random.default_rng(0), bin_width=0.15, **options)


def molecules(atoms):
    """Places, each molecule in one piece, and velocities, (n, 3, 3)."""
    places = atoms.positions[atoms.fluid].reshape(-1, 3, 3)
    arms = places - places[:, :1]
    for k in (0, 2):
        arms[..., k] -= atoms.lengths[k] * np.round(arms[..., k] / atoms.lengths[k])
    return places[:, :1] + arms, atoms.velocities[atoms.fluid].reshape(-1, 3, 3)


def test_books_close_under_all_controls(water):
    """Mass and momentum of every bin, momentum and energy of all."""
    model, _ = water
    simulation = simulated(water, everything(model))
    simulation.prepare()
    for steps in (1, 1, 7, 50, 100):
        books = simulation.run(steps, aims(model))
        assert np.abs(books.residual()[:, 0]).max() < 1e-12 * books.now[:, 0].sum()
        entries = atom_entries(books, simulation.kinetic_energy(), model, "here", 0.0)
        assert [e.quantity for e in entries if e.verdict is Verdict.FAILS] == []
        gross = np.abs(books.forces[:, :6]).sum() * model.time_step
        assert np.abs(books.residual()[:, 1:]).max() < 1e-12 * gross
    assert np.abs(books.by_source[:, 3]).min() > 1.0, "everything did some work"
    simulation.close()


def test_forces_on_atoms_instead_of_molecules_fail_the_ledger(water):
    """The same controls atom by atom: constraints take back a part of their work."""
    model, atoms = water
    apart = replace(atoms, molecules=np.zeros(0, dtype=np.int32))
    simulation = simulated((model, apart), everything(model))
    simulation.prepare()
    books = simulation.run(100, aims(model))
    entries = atom_entries(books, simulation.kinetic_energy(), model, "here", 0.0)
    simulation.close()
    assert {e.quantity for e in entries if e.verdict is Verdict.FAILS} == {"atoms' energy"}


def test_energy_changes_by_the_work_of_the_sources_to_second_order(water):
    misses = []
    for dt in (0.002, 0.001):
        model = replace(water[0], time_step=dt)
        controls = Controls(heater=Heater(((0.3, 0.9),)), tractions=model.tractions(), body_force=(0.1, 0.0, 0.0))
        simulation = simulated((model, water[1]), controls)
        targets = model.rest()
        targets.power, targets.temperature = np.array([20.0]), np.array([np.nan])
        missed = []
        for _ in range(15):
            books = simulation.run(round(0.02 / dt), targets)
            missed.append(books.energy[1] - books.energy[0] - books.by_source[:, 3].sum())
        misses.append(np.sqrt(np.mean(np.square(missed))))
        simulation.close()
    assert 2.5 < misses[0] / misses[1] < 6.5


def test_molecules_keep_their_shape(water):
    model, _ = water
    simulation = simulated(water, everything(model))
    simulation.run(100, aims(model))
    places, velocities = molecules(simulation.atoms())
    simulation.close()
    for a, b, length in ((0, 1, 0.1), (0, 2, 0.1), (1, 2, 0.2 * math.sqrt(2.0 / 3.0))):
        bond, along = places[:, a] - places[:, b], velocities[:, a] - velocities[:, b]
        np.testing.assert_allclose(np.linalg.norm(bond, axis=1), length, rtol=1e-6)
        assert np.abs(np.sum(bond * along, axis=1)).max() / length < 0.05  # of some 2 nm/ps


def test_cells_follow_by_the_centres_of_their_molecules(water):
    model, _ = water
    simulation = simulated(water, everything(model))
    books = simulation.run(30, aims(model))
    # of the half step that the books hold, as molecules: those that a cell held when it was last forced
    centres = simulation._molecules.centres
    after = centres.v + model.time_step * (centres.f + centres.external) / centres.masses[:, None]
    for low, high in ((1.5, 1.8), (1.8, 2.1)):
        held = (centres.x[:, 1] >= low) & (centres.x[:, 1] < high)
        mean = np.average(after[held], axis=0, weights=centres.masses[held])
        np.testing.assert_allclose(mean[:2], 0.05, rtol=1e-10)
    assert books.impulse("constraint")[0] != 0.0
    simulation.close()


def test_profiles_are_those_of_molecules(water):
    model, atoms = water
    simulation = simulated(water, Controls(tractions=model.tractions()))
    books = simulation.run(5, model.rest())
    simulation.close()
    count = len(np.unique(atoms.molecules[atoms.fluid]))
    assert books.counts.sum() == pytest.approx(count)
    assert books.sums[:, 7].sum() / books.samples == pytest.approx(count * model.mass)


def test_start_is_thermal_in_all_six_degrees_of_freedom():
    model = small_water(size=(2.5, 2.7, 2.5))
    places, velocities = molecules(model.start(np.random.SeedSequence(1)))
    weights = MASSES / MASSES.sum()
    centre = np.einsum("a,nai->ni", weights, velocities)
    translation = 0.5 * MASSES.sum() * np.sum(centre**2)
    whole = 0.5 * np.sum(MASSES[None, :, None] * velocities**2)
    share = 1.5 * len(places) * model.temperature
    error = share * math.sqrt(2.0 / (3.0 * len(places)))
    assert abs(translation - share) < 4.0 * error
    assert abs(whole - translation - share) < 4.0 * error


def test_books_close_when_the_engine_sorts_its_atoms(water):
    model, _ = water
    simulation = simulated(water, everything(model))
    simulation.engine.command("atom_modify sort 10 0.5")
    simulation.run(1, aims(model))
    tags = simulation.engine.tags()
    books = simulation.run(60, aims(model))
    entries = atom_entries(books, simulation.kinetic_energy(), model, "here", 0.0)
    assert [e.quantity for e in entries if e.verdict is Verdict.FAILS] == []
    assert not np.array_equal(tags, simulation.engine.tags())
    simulation.close()


def test_state_restarts_where_it_was(water):
    model, _ = water
    controls = Controls(tractions=model.tractions(), body_force=(0.1, 0.0, 0.0))
    whole = simulated(water, controls)
    whole.run(20, model.rest())
    middle = whole.atoms()
    whole.run(20, model.rest())
    again = simulated((model, middle), controls)
    again.run(20, model.rest())
    a, b = whole.atoms(), again.atoms()
    whole.close()
    again.close()
    np.testing.assert_allclose(a.velocities, b.velocities, atol=1e-6)
    np.testing.assert_array_equal(a.molecules, b.molecules)
    assert a.steps == b.steps == 40


def test_units_are_what_they_say():
    model = small_water(kelvin=300.0, bar=10.0)
    assert model.temperature == pytest.approx(300.0 * 8.314462618e-3)
    assert model.density * model.mass / 0.602214076 == pytest.approx(997.0)
    assert model.pressure == pytest.approx(10.0 * BAR)
    assert pytest.approx(1.380649e-23 * 6.02214076e23 / 1000.0) == KELVIN


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kelvin": -1.0}, "kelvin is -1.0"),
        ({"kg_per_m3": 0.997}, "liquid water has 600 to 1300"),
        ({"time_step": 0.01}, "turns too fast"),
        ({"size": (1.0, 2.7, 1.5)}, "twice the cut-off"),
        ({"wall": Crystal(33.0, 2.0, 0.3166, 1)}, "thinner than the cut-off"),
        ({"bar": None}, "needs the pressure of the water"),
        ({"impedance": -1.0}, "impedance is -1.0"),
    ],
)
def test_what_no_water_is_is_refused(options, says):
    with pytest.raises(InputError, match=says):
        small_water(**options)


def test_several_ranks_are_refused(water):
    with pytest.raises(InputError, match="move on one MPI rank and here are 2"):
        require_whole(water[1], 2)


@pytest.mark.verify
@pytest.mark.parametrize("friction", [0.0, 10.0, 50.0])
def test_ripple_is_within_its_bound(friction):
    """A fifth of the bound is the standard deviation, with the constants of `Water.stiffness`."""
    model = Water(size=(2.0, 2.4, 2.0), closed=True, cutoff=0.7, wall=Crystal(33.0, 2.0, 0.3166, 4))
    atoms = model.equilibrate(np.random.SeedSequence(1), 6000)
    bath = (Thermostat(-math.inf, math.inf, model.temperature, friction, (True,) * 3),) if friction else ()
    simulation = model.simulate(atoms, Controls(thermostats=bath), np.random.default_rng(2))
    simulation.run(200, Targets())
    missed = []
    for _ in range(300):
        books = simulation.run(25, Targets())
        missed.append(books.energy[1] - books.energy[0] - books.by_source[:, 3].sum())
    count = len(np.unique(atoms.molecules)) - 1
    warmth = 2.0 * simulation.kinetic_energy() / (3.0 * count)
    simulation.close()
    allowed = energy_missed(model.stiffness, count, warmth, model.time_step, books.bathed, 0.0)
    assert 0.15 * allowed < np.std(missed) < 0.25 * allowed
    assert np.abs(np.mean(missed)) < 3.0 * np.std(missed) / math.sqrt(len(missed))
