"""Coarse-graining as a bridge and as a call: small, but with every method and every kind of term."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.molecules.coarse import CoarseGraining, Fit, Given, Target, coarsen
from scalebridge.molecules.coarse._springs import first_springs, matched_springs, spring_lengths
from scalebridge.molecules.coarse._state import CoarseState
from scalebridge.molecules.coarse._tables import Table
from scalebridge.molecules.dynamics import CoarseForces, Phase, Protocol, simulate
from scalebridge.molecules.mapping import Beads, Frames
from scalebridge.molecules.potentials import Harmonic, LennardJones
from scalebridge.molecules.statistics import R
from scalebridge.parallel import LocalExecutor
from scalebridge.study import check_bridge
from support.liquids import chain_model, liquid

SHORT = Protocol(400, 0.004, 10, 40)
LJ = {"pair W-W": LennardJones(0.31, 0.65, 0.9, "force")}


@pytest.fixture(scope="module")
def target() -> Target:
    """A liquid whose potential is known, with forces."""
    beads, start = liquid()
    run = simulate(beads, LJ, start, 300.0, Protocol(1500, 0.004, 10, 300), seed=5)
    forces = CoarseForces(beads, LJ)
    exact = [forces.evaluate(r, box).forces for r, box in zip(run.frames.positions, run.frames.boxes, strict=True)]
    frames = Frames(run.frames.positions, run.frames.boxes, np.array(exact), run.frames.times, run.frames.pressures)
    return Target.of_frames(frames, beads, 300.0)


@pytest.mark.parametrize("method", ["ibi", "fm"])
def test_the_rules_of_a_bridge_are_kept(target: Target, method: str) -> None:
    fit = Fit(method=method, iterations=2, iteration=SHORT, average=2)  # type: ignore[arg-type]
    production = Protocol(200, 0.004, 10, 20)
    outcome = check_bridge(CoarseGraining((Given(target),), fit, production))
    assert 0.5 < outcome.headlines["similarity"].value <= 1.0
    assert {picture.name for picture in outcome.pictures} >= {"distributions", "potentials"}
    assert "model/model.toml" in outcome.files
    assert "[1]" in outcome.methods


@pytest.mark.parametrize("method", ["bi", "ibi", "imc", "gn", "re", "fm"])
def test_every_method_comes_near_the_known_potential(target: Target, method: str) -> None:
    model = coarsen(target, method=method, iterations=3, iteration=Protocol(800, 0.004, 8, 80), scale=0.6, seed=3)
    r = np.array([0.34, 0.4, 0.5])
    truth = LJ["pair W-W"].energy(r)
    # a hundred frames of 216 beads: noise of the distributions is noise of the potentials
    allowed = {"fm": 0.02, "bi": 1.0}.get(method, 0.6)
    np.testing.assert_allclose(model.potentials["pair W-W"].energy(r), truth, atol=allowed)
    assert f"CoarseModel({len(model.beads)} beads" in repr(model)


def test_iterations_continue_where_they_stopped(target: Target) -> None:
    kept: list[CoarseState] = []
    whole = coarsen(target, method="ibi", iterations=3, iteration=SHORT, seed=8, report=kept.append)
    resumed = coarsen(target, method="ibi", iterations=3, iteration=SHORT, seed=8, state=kept[1])
    r = np.linspace(0.3, 0.9, 50)
    np.testing.assert_array_equal(whole.potentials["pair W-W"].energy(r), resumed.potentials["pair W-W"].energy(r))


def test_pressure_is_corrected(target: Target) -> None:
    free = coarsen(target, method="ibi", iterations=4, iteration=SHORT, seed=2)
    held = coarsen(target, method="ibi", iterations=4, iteration=SHORT, seed=2, pressure=-2000.0)
    assert held.history[-1].pressures[0] < free.history[-1].pressures[0] - 200.0


def test_several_states_share_a_potential(target: Target) -> None:
    beads, start = liquid()
    hot = simulate(beads, LJ, start, 360.0, Protocol(1000, 0.004, 10, 200), seed=6)
    both = target, Target.of_frames(hot.frames, beads, 360.0)
    model = coarsen(both, iterations=2, iteration=SHORT)
    assert len(model.history[-1].pressures) == 2
    # on two workers the same numbers
    bridge = CoarseGraining(tuple(Given(one) for one in both), Fit(iterations=2, iteration=SHORT), None)
    with LocalExecutor(2) as executor:
        state = bridge.init(np.random.SeedSequence(0))
        while not bridge.done(state):
            state = bridge.step(state, executor).state
    assert [record.misfit for record in state.history] == [record.misfit for record in model.history]
    other = replace(hot.frames, positions=hot.frames.positions[:, :108])
    with pytest.raises(InputError):
        coarsen([target, Target.of_frames(other, Beads.liquid(108, "V", 18.0), 360.0)], iterations=1, iteration=SHORT)


def test_chains_get_bonds_angles_and_dihedrals() -> None:
    fine = chain_model()
    run = fine.simulate(8.0, timestep=0.002, every=0.04, equilibration=1.0, seed=1)
    target = Target.of_frames(run.frames, fine.beads, 300.0)
    protocol = Protocol(600, 0.002, 20, 100)
    model = coarsen(target, method="ibi", cutoff=1.0, iterations=3, iteration=protocol)
    assert set(model.potentials) == set(fine.potentials)
    found = model.compare(simulation=model.simulate(8.0, timestep=0.002, every=0.04, equilibration=1.0))
    assert min(found.similarity[name] for name in model.potentials if "pair" not in name) > 0.85
    assert "similarity" in str(found)
    assert found.timescale is not None


def test_a_known_rdf_is_enough(target: Target) -> None:
    rdf = target.distributions["pair W-W"]
    table = Target.of_rdf(
        target.beads, rdf.grid.centers, rdf.mean, 300.0, target.start.positions, target.start.box, pressure=100.0
    )
    model = coarsen(table, method="ibi", iterations=1, iteration=SHORT)
    assert any("pressure" in text for text in model.compare(simulation=model.simulate(2.0)).warnings)
    with pytest.raises(InputError, match="mapped trajectory with forces"):
        coarsen(table, method="fm")
    with pytest.raises(InputError, match="multiples of their step"):
        Target.of_rdf(target.beads, rdf.grid.centers + 0.004, rdf.mean, 300.0, target.start.positions, target.start.box)


def test_what_cannot_be_coarsened_says_so(target: Target) -> None:
    empty = replace(target.distributions["pair W-W"], counts=0.0 * target.distributions["pair W-W"].counts)
    with pytest.raises(InputError, match="zero everywhere"):
        coarsen(replace(target, distributions={"pair W-W": empty}), iterations=1, iteration=SHORT)
    with pytest.raises(InputError, match="too small"):
        coarsen(target, cutoff=1.3)
    with pytest.raises(InputError, match="Unknown method"):
        coarsen(target, method="magic")  # type: ignore[arg-type]
    assert target.frames is not None
    blind = replace(target, frames=replace(target.frames, forces=None))
    with pytest.raises(InputError, match="needs forces"):
        coarsen(blind, method="fm")
    with pytest.raises(InputError, match="needs a mapping"):
        coarsen(object())
    with pytest.raises(InputError, match="at least one state point"):
        CoarseGraining((), Fit())


def test_the_largest_time_step_is_found(target: Target) -> None:
    model = coarsen(target, method="fm")
    step, drifts = model.largest_timestep(picoseconds=1.0)
    assert 0.002 <= step <= 0.032
    assert len(drifts) >= 2


@pytest.mark.verify
def test_springs_follow_the_fluctuations_of_the_atoms() -> None:
    # six springs between four beads, all different; each starts from a third of what it would need alone
    members = np.array([(i, j) for i in range(4) for j in range(i + 1, 4)], dtype=np.int32)
    extra = {f"net{n}": row[None, :] for n, row in enumerate(members)}
    beads = replace(Beads.liquid(4, "P", 110.0), extra=extra)
    lengths = np.array([0.38, 0.55, 0.7, 0.38, 0.5, 0.38])
    stiffness = np.array([9000.0, 3000.0, 1000.0, 6000.0, 2000.0, 4000.0])
    truth = {f"bond net{n}": Harmonic(k, x0) for n, (k, x0) in enumerate(zip(stiffness, lengths, strict=True))}
    start = Phase(np.array([[0.0, 0, 0], [0.38, 0, 0], [0.5, 0.35, 0], [0.6, 0.4, 0.36]]) + 1.0, np.full(3, 4.0))
    protocol = Protocol(12000, 0.005, 8, 500, friction=20.0)
    fine = simulate(beads, truth, start, 300.0, protocol, seed=1).frames
    wanted = spring_lengths(fine, members)
    springs = first_springs(list(truth), wanted, R * 300.0)
    misfits = []
    for number in range(6):
        run = simulate(beads, springs, start, 300.0, protocol, seed=2 + number)
        found = spring_lengths(run.frames, members)
        misfits.append(float(np.abs(np.log(found.var(axis=0) / wanted.var(axis=0))).max()))
        springs = matched_springs(list(truth), springs, beads, fine, run.frames, number)
    assert misfits[0] > 0.5
    # the variance of a length over 60 ps is known to some ten per cent
    assert max(misfits[-2:]) < 0.25
    np.testing.assert_allclose([springs[name].coefficients[1] for name in truth], lengths, atol=0.02)


@pytest.mark.parametrize("kind", ["bond", "angle"])
def test_points_that_are_seen_later_begin_at_the_continued_energy(kind: str) -> None:
    # a point that began at zero would be a well beside a steep wall, and beads would fall into it
    x = np.linspace(1.0, 2.5, 61)
    truth = 40.0 * (x - 1.75) ** 2
    sampled = np.abs(x - 1.75) < 0.5
    table = Table(x, np.where(sampled, truth, 0.0), sampled).changed(0.0 * x, sampled, kind)
    seen = np.abs(x - 1.75) < 0.6
    later = table.changed(0.0 * x, seen, kind)
    assert later.energy[seen & ~sampled].min() > truth[sampled].max() - 1.0
    assert np.all(np.diff(later.energy[x > 2.0]) > 0.0)
    assert np.all(np.diff(later.energy[x < 1.5]) < 0.0)
