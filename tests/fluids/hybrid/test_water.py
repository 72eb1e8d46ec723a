"""Water below, a continuum above: the books of both close in every cycle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids.hybrid._movie import movie
from scalebridge.fluids.hybrid._open_end import trim_entries, trimmed
from scalebridge.fluids.hybrid._outcome import dataset
from scalebridge.fluids.hybrid._passes import check_slit
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from support.small_water import small_water, water_hybrid


@pytest.fixture(scope="module")
def start():
    return water_hybrid().init(np.random.SeedSequence(1))


@pytest.mark.parametrize("exchange", ["state", "flux"])
@pytest.mark.parametrize("energy", [False, True])
def test_books_close_in_every_cycle(start, exchange, energy):
    bridge = water_hybrid(exchange, energy)
    with SerialExecutor() as executor:
        step = bridge.step(start, executor)
    assert [e.quantity for e in step.entries if e.verdict is Verdict.FAILS] == []
    energies = [e for e in step.entries if e.quantity == "atoms' energy"]
    assert len(energies) == bridge.cycles_per_step
    assert {e.unit for e in energies} == {"kJ/mol"}


def test_constrained_molecules_follow_the_continuum(start):
    bridge = water_hybrid(velocity=(0.1, 0.0, 0.0), cycles=4, cycles_per_step=4)
    begin = replace(start, coupled=bridge.coupler.begin(bridge.continuum.initial(bridge.velocity)))
    with SerialExecutor() as executor:
        window = bridge.step(begin, executor).state.windows[0]
    mean = np.average(window[10:14, 1], weights=window[10:14, 0])  # heights 1.5 to 2.1
    assert mean == pytest.approx(0.1, abs=0.02)


def test_bridges_that_exchange_atoms_refuse_water():
    with pytest.raises(InputError, match="found Water"):
        check_slit(small_water(closed=True, bar=None), 9.0, 600.0, 1.0)


def test_an_outcome_is_labelled_in_its_own_units(start):
    bridge = water_hybrid(cycles=2)
    with SerialExecutor() as executor:
        state = bridge.step(start, executor).state
    data = dataset(bridge, state)
    assert data["velocity"].attrs["units"] == "nm/ps"
    assert data["density"].attrs["units"] == "nm^-3"
    assert ">nm/ps</text>" in movie(bridge, state, data).data.decode()


def test_molecules_leave_the_open_end_whole():
    model = small_water()
    atoms = model.start(np.random.SeedSequence(1))
    top = np.unique(atoms.molecules[atoms.fluid])[:8]
    positions = atoms.positions.copy()
    positions[np.isin(atoms.molecules, top) & atoms.fluid, 1] = model.size[1] + 0.01
    beyond = replace(atoms, positions=positions)
    # one atom of a molecule that stays is out too
    stays = np.flatnonzero(atoms.molecules == top[-1] + 1)[1]
    positions[stays, 1] = model.size[1] + 0.001
    kept, taken = trimmed(model, beyond)
    assert len(beyond.tags) - len(kept.tags) == 24
    assert taken[0] == pytest.approx(8 * model.mass)
    entries = trim_entries(beyond, kept, model, taken, "here", 0.0)
    assert all(e.verdict is Verdict.HOLDS for e in entries)
    assert kept.molecules.shape == kept.tags.shape
