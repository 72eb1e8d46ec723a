"""Atoms in and out of a dense fluid."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import RunError
from scalebridge.fluids.atomistic import Carry, Controls, Crystal, Exchanged, LennardJones, Usher
from support.small_hybrid import small_atoms


@pytest.fixture(scope="module")
def fluid():
    model = small_atoms(fluid=LennardJones(2.2), pressure=2.7, wall=Crystal())
    atoms = model.equilibrate(np.random.SeedSequence(5), 500)
    region = np.array([[0.0, model.lengths[0]], [4.0, 10.0], [0.0, model.lengths[2]]])
    return model, atoms, region, Usher(model.fluid, model.wall)


def potential(model, atoms):
    simulation = model.simulate(atoms, Controls(tractions=model.tractions()), np.random.default_rng(0))
    simulation.prepare()
    energy = simulation.potential_energy()
    simulation.engine.close()
    return energy


def test_inserted_energy_is_the_engines(fluid):
    model, atoms, region, usher = fluid
    before, total, rng = atoms, Exchanged(), np.random.default_rng(1)
    for _ in range(5):
        atoms, brought = usher.insert(atoms, region, np.array([0.5, 0.0, 0.0]), 1.1, rng)
        total = total + brought
    assert total.atoms == 5
    assert atoms.fluid.sum() == before.fluid.sum() + 5
    change = potential(model, atoms) - potential(model, before)
    assert total.potential == pytest.approx(change, rel=1e-9, abs=1e-9)
    gained = atoms.velocities.sum(axis=0) - before.velocities.sum(axis=0)
    np.testing.assert_allclose(total.momentum, gained, atol=1e-12)


def test_removed_energy_is_the_engines(fluid):
    model, atoms, region, usher = fluid
    less, taken = usher.remove(atoms, region, np.random.default_rng(2))
    assert (taken.atoms, less.fluid.sum()) == (-1, atoms.fluid.sum() - 1)
    assert taken.potential == pytest.approx(potential(model, less) - potential(model, atoms), rel=1e-9, abs=1e-9)


def test_a_fluid_with_new_atoms_runs_on(fluid):
    model, atoms, region, usher = fluid
    more, _ = usher.insert(atoms, region, np.zeros(3), 1.1, np.random.default_rng(3))
    simulation = model.simulate(more, Controls(tractions=model.tractions()), np.random.default_rng(0))
    books = simulation.run(100, model.rest())
    simulation.engine.close()
    assert books.now[:, 0].sum() == atoms.fluid.sum() + 1


def test_search_gives_up_with_words(fluid):
    from dataclasses import replace

    _, atoms, region, usher = fluid
    with pytest.raises(RunError, match="No place for a new atom"):
        replace(usher, restarts=1, iterations=1).insert(atoms, region, np.zeros(3), 1.1, np.random.default_rng(0))


def test_nothing_is_lost_in_the_carry():
    carry, atoms, flow = Carry(), 0, np.random.default_rng(0).normal(0.3, 1.0, 200)
    for mass in flow:
        whole, carry = carry.take(float(mass))
        atoms += whole
        assert abs(carry.rest) <= 0.5
    assert atoms + carry.rest == pytest.approx(flow.sum(), abs=1e-9)
