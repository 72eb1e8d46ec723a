"""The atomistic side from a user's LAMMPS script."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids import Atomistic
from scalebridge.fluids.atomistic import Constraint, Controls, Thermostat, profile
from scalebridge.fluids.hybrid._entries import atom_entries
from scalebridge.ledger import Verdict

SCRIPT = """
units lj
atom_style atomic
boundary p f p
lattice sc 0.7
region box block 0 6 -2 12 0 6
create_box 2 box
region wet block INF INF 0 9.5 INF INF
region dry block INF INF INF -0.1 INF INF
create_atoms 1 region wet
create_atoms 2 region dry
mass 1 2.0
mass 2 1.0
pair_style lj/cut 1.5
pair_modify shift yes
pair_coeff * * 1.0 1.0
neighbor 0.3 bin
"""
GIVEN = {"density": 0.7, "temperature": 1.0, "height": 12.0, "pressure": 1.0, "reach": 1.5}


def test_a_script_moves_and_keeps_its_books():
    model = Atomistic.from_lammps(SCRIPT, **GIVEN)
    atoms = model.equilibrate(np.random.SeedSequence(1), 200)
    simulation = model.simulate(atoms, Controls(tractions=model.tractions()), np.random.default_rng(0))
    books = simulation.run(30, model.rest())
    again = simulation.atoms()
    simulation.engine.close()
    assert books.now[:, 0].sum() == pytest.approx(2.0 * atoms.fluid.sum()), "the fluid's atoms have mass 2"
    assert np.abs(books.residual()[:, 1:]).max() < 1e-9
    wall = ~atoms.fluid
    np.testing.assert_array_equal(again.positions[wall], atoms.positions[wall])


def test_a_file_will_do(tmp_path):
    path = tmp_path / "in.fluid"
    path.write_text(SCRIPT)
    assert Atomistic.from_lammps(path, **GIVEN).commands == SCRIPT


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (SCRIPT + "run 100\n", "moves atoms"),
        (SCRIPT + "fix 1 all nve\n", "moves atoms"),
        (SCRIPT + "fix 1 all rigid single\n", "moves atoms"),
        (SCRIPT + "pair_stile lj\n", "LAMMPS cannot use the script"),
        ("no/such/file", "cannot be read"),
    ],
)
def test_scripts_that_will_not_do(script, says):
    with pytest.raises(InputError, match=says):
        Atomistic.from_lammps(script, **GIVEN)


def test_heavy_atoms_have_their_own_speed():
    model = Atomistic.from_lammps(SCRIPT, **GIVEN)
    assert model.mass == 2.0
    atoms = model.equilibrate(np.random.SeedSequence(2), 300)
    simulation = model.simulate(atoms, Controls(tractions=model.tractions()), np.random.default_rng(0))
    seen = profile(simulation.run(50, model.rest()), model.area)
    half = simulation.atoms()
    simulation.engine.close()
    inside = seen.atoms > 10
    assert np.average(seen.temperature[inside].mean(axis=1), weights=seen.atoms[inside]) == pytest.approx(1.0, rel=0.25)
    mean = np.average(seen.velocity[:, 1], weights=seen.atoms)
    assert mean == pytest.approx(half.velocities[half.fluid, 1].mean(), abs=0.1)


DUMBBELLS = """
units lj
atom_style bond
boundary p f p
lattice custom 0.771605 a1 1.5 0 0 a2 0 1 0 a3 0 0 1 basis 0.2 0.2 0.2 basis 0.533333 0.2 0.2
region box block 0 7.2 -2 15 0 7.2 units box
create_box 2 box bond/types 1 extra/bond/per/atom 1 extra/special/per/atom 2
region wet block INF INF 0.2 11.4 INF INF units box
region dry block INF INF INF -0.1 INF INF units box
create_atoms 1 region wet
create_atoms 2 region dry
mass * 1.0
bond_style harmonic
bond_coeff 1 100.0 0.6
special_bonds lj 0 1 1
pair_style lj/cut 1.5
pair_modify shift yes
pair_coeff * * 1.0 1.0
group wet type 1
create_bonds many wet wet 1 0.5 0.65
neighbor 0.3 bin
"""


def test_rigid_molecules_keep_shape_and_momentum():
    """Under a thermostat, a constrained velocity and the pressure of an open end."""
    script = DUMBBELLS + "fix rigid wet shake 1e-8 100 0 b 1\n"
    given = {"density": 0.8, "temperature": 1.0, "height": 13.0, "pressure": 1.0, "reach": 1.5, "time_step": 0.002}
    model = Atomistic.from_lammps(script, **given)
    assert model.rigid
    assert not Atomistic.from_lammps(DUMBBELLS, **given).rigid
    atoms = model.equilibrate(np.random.SeedSequence(1), 300)
    controls = Controls(Constraint((6.0, 8.0)), model.tractions(), (Thermostat(-np.inf, np.inf, 1.0),))
    targets = model.rest()
    targets.velocity = np.tile([0.3, 0.0, 0.0], (2, 1, 1))
    simulation = model.simulate(atoms, controls, np.random.default_rng(0))
    books = simulation.run(100, targets)
    after = simulation.atoms()
    simulation.close()
    assert np.abs(books.residual()[:, 1:]).max() < 1e-10
    places = after.positions[after.fluid]
    bonds = places[::2] - places[1::2]
    bonds -= np.array([7.2, 0.0, 7.2]) * np.round(bonds / np.array([7.2, np.inf, 7.2]))
    np.testing.assert_allclose(np.linalg.norm(bonds, axis=1), 0.6, atol=1e-4)


def test_rigid_molecules_of_a_script_close_their_books_of_energy():
    """Molecules are what bonds join; a fluid of dumbbells has the stiffness of its atoms at most."""
    script = DUMBBELLS + "fix rigid wet shake 1e-8 100 0 b 1\n"
    given = {"density": 0.4, "temperature": 1.0, "height": 13.0, "pressure": 1.0, "reach": 1.5, "time_step": 0.002}
    model = Atomistic.from_lammps(script, **given)
    assert model.mass == pytest.approx(2.0)
    atoms = model.equilibrate(np.random.SeedSequence(1), 300)
    assert len(np.unique(atoms.molecules[atoms.fluid])) == atoms.fluid.sum() / 2
    baths = (Thermostat(-np.inf, np.inf, 1.0, 5.0, (True, True, True)),)
    controls = Controls(Constraint((6.0, 8.0)), model.tractions(), baths, body_force=(0.2, 0.0, 0.0))
    targets = model.rest()
    targets.velocity = np.tile([0.3, 0.0, 0.0], (2, 1, 1))
    verdicts = []
    for held in (atoms, replace(atoms, molecules=np.zeros(0, dtype=np.int32))):
        simulation = model.simulate(held, controls, np.random.default_rng(0))
        simulation.prepare()
        books = simulation.run(200, targets)
        entries = atom_entries(books, simulation.kinetic_energy(), model, "here", 0.0)
        verdicts.append({e.quantity for e in entries if e.verdict is Verdict.FAILS})
        simulation.close()
    assert verdicts == [set(), {"atoms' energy"}]
