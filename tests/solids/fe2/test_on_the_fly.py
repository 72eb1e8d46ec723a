"""Rung 1 made during the run: from a rehearsal, better where it errs, given up where it does not learn."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.errors import InputError
from scalebridge.parallel import SerialExecutor
from scalebridge.solids.fe2 import FE2, Cell, Displacement, FE2Bridge, Ladder, OnTheFly, Part
from scalebridge.solids.fe2._training import continued, divided, evenly, most_different
from scalebridge.solids.microstructure import Microstructure
from scalebridge.solids.reduced import Size
from support.bodies import box

MATRIX = solids.J2Plasticity(3e9, 0.35, solids.LinearHardening(30e6, 300e6))
GLASS = solids.LinearElastic.isotropic(70e9, 0.2)
TIMES = [0.1, 0.4, 0.7, 1.0, 1.5, 2.0]
COURSE = ((0.0, 0.0), (1.0, 1.0), (2.0, -0.5))
LEARNS = OnTheFly(paths=6, more=3, limit=18, sizes=(Size(8, 8, 60), Size(10, 10, 60)))


def section():
    phase = np.zeros((4, 4), int)
    phase[1:3, 1:3] = 1
    return Microstructure(phase, (1e-3, 1e-3))


CELL = solids.RVE(section(), {0: MATRIX, 1: GLASS}, threads=1)


def bar(ladder, workers=0):
    bent = [
        Displacement(lambda x: x[0] > -1.0, (None, 0.0, None)),
        Displacement("left"),
        Displacement("right", (3.5e-2, 0.0, 3.5e-2), COURSE),
    ]
    mesh = box((4, 1, 2), (4.0, 1.0, 1.0))
    return FE2(mesh, CELL, bent, "small", ladder, element="hex8", tolerance=1e-7, workers=workers)


@pytest.fixture(scope="module")
def learned():
    model = bar(Ladder(0.01, reduced=LEARNS))
    return model, model.run(TIMES)


def test_points_that_yield_stay_with_the_model_that_was_made_for_them(learned):
    _, found = learned
    assert found.converged
    counts = np.array([np.bincount(s.rung, minlength=4) for s in found.steps])
    assert (counts[0] == [64, 0, 0, 0]).all()
    assert counts[-1, 1] > 40
    assert counts[:, 2:].sum() == 0
    assert all(e.verdict.value == "holds" for e in found.entries)


@pytest.mark.verify
def test_reaction_is_that_of_the_full_problem(learned):
    model, found = learned
    full = bar(None).run(TIMES)
    nodes = np.flatnonzero(np.isclose(model.space.nodes[:, 0], 4.0))
    force, simple = full.reaction(nodes), found.reaction(nodes)
    assert np.abs(force - simple).max() < 0.01 * np.abs(force).max()


def test_points_are_judged_on_the_full_grid_and_the_indicator_does_not_hide_their_errors(learned):
    _, found = learned
    judged = found.state.micro.audits
    assert {j.step for j in judged} >= {2, 3, 4, 5}
    assert all(j.indicator > 0.5 * j.error for j in judged if j.error > 0.2)


def test_resumed_run_goes_on_with_the_same_bits(learned):
    _, whole = learned
    model = bar(Ladder(0.01, reduced=LEARNS))
    now = model.prepared(model.initial_state, TIMES)
    for time in TIMES[:3]:
        now, _ = model.step(now, time)
    again = bar(Ladder(0.01, reduced=LEARNS)).run(TIMES[3:], state=pickle.loads(pickle.dumps(now)))
    for a, b in zip(whole.steps[3:], again.steps, strict=True):
        assert np.array_equal(a.stress, b.stress)


def test_without_a_rehearsal_the_model_is_made_when_points_begin_to_yield():
    model = bar(Ladder(0.02, reduced=replace(LEARNS, limit=30)))
    now = model.initial_state
    for time in TIMES[:3]:
        now, found = model.step(now, time)
        assert found.converged
    assert now.micro.solved >= 2
    assert np.bincount(found.rung, minlength=4)[1] > 0


@pytest.mark.verify
def test_where_no_more_may_be_learned_points_climb_to_cells_in_full():
    poor = OnTheFly(paths=4, more=1, limit=4, sizes=(Size(6, 4, 0), Size(7, 6, 10)), audits=2)
    found = bar(Ladder(0.002, reduced=poor)).run(TIMES[:4])
    assert found.converged
    assert np.bincount(found.steps[-1].rung, minlength=4)[3] > 0


@pytest.mark.verify
def test_two_processes_learn_the_same_as_one(learned):
    _, one = learned
    model = bar(Ladder(0.01, reduced=LEARNS), workers=2)
    two = model.run(TIMES)
    model.points.cells.owners().close()
    for a, b in zip(one.steps, two.steps, strict=True):
        assert np.array_equal(a.stress, b.stress)
        assert np.array_equal(a.indicator, b.indicator)


def test_the_bridge_learns_in_a_step_of_its_own_and_shows_cells():
    cell = Cell(section(), {0: MATRIX, 1: GLASS}, tolerance=1e-7)
    bridge = FE2Bridge(
        mesh=box((2, 1, 1), (2.0, 1.0, 1.0)),
        parts={"": Part(cell, (1.0, 0.0, 0.0))},
        conditions=(Displacement("left"), Displacement("right", (0.04, 0.0, 0.04))),
        times=(0.2, 0.6, 1.0), watch="right", ladder=Ladder(0.02, reduced=LEARNS), element="hex8", tolerance=1e-5,
    )  # fmt: skip
    state = bridge.init(np.random.SeedSequence(0))
    assert not state.prepared
    first = bridge.step(state, SerialExecutor())
    assert first.state.prepared
    assert not first.state.lines
    assert first.entries[0].coarse == 0.02
    state = first.state
    while not bridge.done(state):
        state = bridge.step(state, SerialExecutor()).state
    outcome = bridge.finish(state)
    assert outcome.headlines["responses"].value > outcome.headlines["full_responses"].value > 0.0
    scene = next(p for p in outcome.pictures if p.kind == "scene")
    assert b"Micro-stress" in scene.data
    assert "reduced models" in outcome.methods


def test_paths_are_resampled_at_equal_times_and_chosen_far_apart():
    steps = np.array([1.0, 1.0, 2.0])
    path = np.cumsum(steps)[:, None, None, None] * np.ones((3, 2, 3, 3))
    even, dt = evenly(path, steps)
    assert dt == pytest.approx(4.0 / 3.0)
    assert even[:, 0, 0, 0] == pytest.approx([4.0 / 3.0, 8.0 / 3.0, 4.0])
    features = np.zeros((1, 5, 6))
    features[0, :, 0] = [0.1, 4.0, 4.1, -3.0, 0.2]
    assert most_different(features, np.arange(5), 2).tolist() == [2, 3]
    assert most_different(features, np.arange(0), 2).size == 0
    assert [len(x) for x in divided(list(range(9)))] == [7, 2]


def test_paths_go_on_as_they_were_foreseen():
    ones = np.ones((1, 2, 3, 3))
    past, steps = np.concatenate([1.0 * ones, 3.0 * ones]), np.array([1.0, 1.0])
    foreseen = np.concatenate([1.0 * ones, 2.0 * ones, 5.0 * ones, 4.0 * ones]), np.array([1.0, 1.5, 1.0, 1.0])
    path, lengths = continued(past, steps, foreseen, np.array([1]))
    # at time 2 the rehearsal was at 1 + 2/3; from there it went to 2, 5 and 4
    assert path[:, 0, 0, 0] == pytest.approx([1.0, 3.0, 3.0 + 1.0 / 3.0, 3.0 + 10.0 / 3.0, 3.0 + 7.0 / 3.0])
    assert lengths == pytest.approx([1.0, 1.0, 0.5, 1.0, 1.0])
    same, _ = continued(past, steps, (np.zeros((0, 2, 3, 3)), np.zeros(0)), np.array([0]))
    assert np.array_equal(same, past[:, :1])


def test_impossible_training_is_refused():
    with pytest.raises(InputError, match="paths >= 4"):
        OnTheFly(paths=2)
    with pytest.raises(InputError, match="committee"):
        OnTheFly(sizes=(Size(8, 8, 10),))
