"""The atomistic side from a user's LAMMPS script."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids import Atomistic
from scalebridge.fluids.atomistic import Controls, profile

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
