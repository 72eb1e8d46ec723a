"""The hybrid bridge: four verbs, books, resume."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import ConvergenceError, InputError, RunError
from scalebridge.fluids.continuum import Continuum, Liquid, Wall
from scalebridge.fluids.hybrid import Overlap, instances_needed
from scalebridge.fluids.hybrid._noise import window_error
from scalebridge.ledger import Verdict
from scalebridge.parallel import LocalExecutor, SerialExecutor
from scalebridge.study import check_bridge
from support.small_hybrid import small_atoms, small_hybrid


def stepped(bridge, seed=1):
    state = bridge.init(np.random.SeedSequence(seed))
    with SerialExecutor() as executor:
        return bridge.step(state, executor)


def test_conforms_and_shows_both_sides():
    outcome = check_bridge(small_hybrid(instances=2))
    assert outcome.data["velocity"].sizes == {"time": 2, "height": 16, "axis": 3}
    assert {p.name for p in outcome.pictures} == {"velocity", "matter", "flux", "movie"}


def test_instances_that_are_tasks_conform_whatever_the_number_of_workers():
    bridge = small_hybrid(instances=2, spread=True, cycles=2, cycles_per_step=1, equilibration=200)
    check_bridge(bridge, executor=ThreadPoolExecutor)


@pytest.mark.verify
def test_processes_give_the_same_numbers_as_this_one():
    bridge = small_hybrid(instances=3, spread=True, cycles=4)
    state = bridge.init(np.random.SeedSequence(1))
    ends = []
    for executor in (SerialExecutor(), LocalExecutor(2)):
        with executor:
            ends.append(bridge.step(state, executor).state)
    np.testing.assert_array_equal(ends[0].windows, ends[1].windows)
    np.testing.assert_array_equal(ends[0].instances[2].positions, ends[1].instances[2].positions)


def test_instances_do_as_tasks_what_they_do_in_threads():
    """Without noise the numbers differ by rounding alone, and all books close."""
    bridge = small_hybrid(instances=2, cycles=3, cycles_per_step=3, friction=0.0)
    state = bridge.init(np.random.SeedSequence(1))
    with SerialExecutor() as executor:
        threads, tasks = (replace(bridge, spread=spread).step(state, executor) for spread in (False, True))
    assert [e.quantity for e in tasks.entries if e.verdict is Verdict.FAILS] == []
    assert [e.quantity for e in tasks.entries] == [e.quantity for e in threads.entries]
    np.testing.assert_allclose(tasks.state.windows, threads.state.windows, atol=1e-6)


@pytest.mark.parametrize("exchange", ["state", "flux"])
@pytest.mark.parametrize("energy", [False, True])
def test_books_close_in_every_cycle(exchange, energy):
    step = stepped(small_hybrid(exchange, energy))
    assert [e.quantity for e in step.entries if e.verdict is Verdict.FAILS] == []
    quantities = {e.quantity for e in step.entries}
    assert {"atoms' mass", "atoms' momentum x", "atoms' energy", "continuum's momentum x"} <= quantities
    assert ("flux of energy" in quantities) == energy


def test_the_flux_that_the_atoms_send_is_the_one_that_the_continuum_gets():
    state = stepped(small_hybrid("flux", energy=True)).state
    atoms, continuum = state.flux[0]
    assert np.abs(atoms[[0, 2, 3]]).min() > 1e-6
    np.testing.assert_allclose(continuum[[0, 2, 3]], atoms[[0, 2, 3]], rtol=1e-10)


def test_constrained_cells_follow_the_continuum():
    bridge = small_hybrid(velocity=(0.5, 0.0, 0.0), cycles=8, cycles_per_step=8)
    window = stepped(bridge).state.windows[0]
    # heights 9 to 13 are constrained; the continuum above them moves at 0.5 nearly everywhere at this early time
    np.testing.assert_allclose(window[9:13, 1].mean(), 0.5, atol=0.02)
    assert abs(window[0, 1]) < 0.3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"overlap": Overlap((4.0, 6.0), (9.0, 11.0, 14.0))}, "inside the buffer"),
        ({"overlap": Overlap((0.0, 2.0), (9.0, 11.0, 13.0))}, "wall's reach"),
        ({"overlap": Overlap((4.0, 6.0), (6.5, 11.0, 13.0))}, "feels the constrained atoms"),
        ({"overlap": Overlap((4.0, 5.0), (9.0, 11.0, 13.0))}, "edges of bins"),
        ({"viscosity": 1.7}, "viscosity is 2.2 and the atoms' is 1.7"),
        ({"patch": "bottom"}, "no patch 'bottom'"),
        ({"cycles": 0}, "cycles is 0"),
        ({"exchange": "both"}, "exchange is 'both'"),
    ],
)
def test_what_cannot_work_is_refused(options, says):
    with pytest.raises(InputError, match=says):
        replace(small_hybrid(), **options)


def test_all_mistakes_are_named_at_once():
    with pytest.raises(InputError, match=r"(?s)cycles is 0.*viscosity"):
        replace(small_hybrid(), cycles=0, viscosity=1.0)


def test_a_fluid_of_the_wrong_density_is_named():
    bridge = small_hybrid()
    thin = replace(bridge.atomistic, density=0.4)
    atoms = thin.equilibrate(np.random.SeedSequence(0), 100)
    state = replace(bridge.init(np.random.SeedSequence(1)), instances=(atoms,))
    with SerialExecutor() as executor, pytest.raises(RunError, match="density between"):
        bridge.step(state, executor)


def test_a_continuum_that_diverges_is_named():
    bridge = small_hybrid()
    state = bridge.init(np.random.SeedSequence(1))
    wild = replace(state.coupled, up=np.array([np.nan, 0.0, 0.0, 1.0]))
    with SerialExecutor() as executor, pytest.raises((InputError, ConvergenceError)):
        bridge.step(replace(state, coupled=wild), executor)


def test_a_fluid_that_outgrows_its_buffer_gives_atoms_away_by_the_books():
    bridge = small_hybrid()
    state = bridge.init(np.random.SeedSequence(1))
    atoms = state.instances[0]
    positions = atoms.positions.copy()
    top = np.argsort(np.where(atoms.fluid, positions[:, 1], -np.inf))[-12:]
    positions[top, 1] += 16.1 - positions[top, 1].min()
    state = replace(state, instances=(replace(atoms, positions=positions),))
    with SerialExecutor() as executor:
        step = bridge.step(state, executor)
    assert step.state.instances[0].fluid.sum() == atoms.fluid.sum() - 12
    given = [e for e in step.entries if "given away" in e.quantity]
    assert [e.fine for e in given if e.quantity.startswith("mass")] == [12.0]
    assert all(e.verdict is Verdict.HOLDS for e in given)


def test_instances_for_a_wanted_error():
    bridge = small_hybrid(instances=2)
    one = instances_needed(bridge, 1.0, 25.0, 2.0)
    assert one == 1
    many = instances_needed(bridge, 0.01, 25.0, 2.0)
    # four times as many for half of the error, and these bring it
    assert instances_needed(bridge, 0.005, 25.0, 2.0) == pytest.approx(4 * many, abs=4)
    assert window_error(replace(bridge, instances=many), 25.0, 2.0) <= 0.01
    with pytest.raises(InputError, match="must be positive"):
        instances_needed(bridge, 0.0, 25.0, 2.0)


def test_predicted_cost_counts_walls_coupling_and_continuum():
    """Less is saved than the ratio of heights says, and more of it the more atoms share what a step costs anyway."""

    def saved(width, **options):
        atoms = small_atoms(size=(width, 16.0, width))
        continuum = Continuum(
            (atoms.lengths[0], 20.0, atoms.lengths[2]), (1, 20, 1), Liquid(0.8, 2.2), {"y-": Wall(), "y+": Wall()}
        )
        scales = replace(small_hybrid(), atomistic=atoms, continuum=continuum, **options).scales()
        return scales.brute_force.seconds / scales.bridge.seconds

    small, large, huge = saved(6.8), saved(13.6), saved(200.0)
    assert small < large < huge < 25.0 / 16.0
    assert saved(6.8, steps_per_cycle=100, cycles_per_step=4) > small  # a cycle and a start cost the same
    assert saved(6.8, instances=2) < 0.75 * small
