"""Reading, running, reducing and writing small networks."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.kinetics import (
    Kinetics,
    Network,
    distortion,
    enzyme_criteria,
    simulate_cells,
    simulate_counts,
    simulate_slow,
)
from scalebridge.study import check_bridge
from support.enzymes import enzyme, virus

TIMES = np.r_[0.0, np.geomspace(1.25, 200.0, 40)]


def test_decay_is_exact():
    run = Network.from_antimony("A -> B; k*A; k = 0.5; A = 2; B = 0").simulate([0.0, 1.0, 4.0])
    assert run["A"] == pytest.approx(2.0 * np.exp(-0.5 * np.array([0.0, 1.0, 4.0])), rel=1e-6)


def test_moieties_are_found_and_kept():
    network = enzyme(0.1)
    assert len(network.moieties) == 2
    run = network.simulate(TIMES)
    assert run["E"] + run["C"] == pytest.approx(0.1, rel=1e-9)


def test_values_replace_the_models():
    assert enzyme(0.1).simulate([0, 20.0], values={"E": 0.01})["S"][-1] == pytest.approx(
        enzyme(0.01).simulate([0, 20.0])["S"][-1], rel=1e-8
    )


def test_events_at_times_and_at_values():
    network = Network.from_antimony(
        "A -> ; A; A = 1; x = 0; at A < 0.5: x = time; at time >= 2: A = 1; at 1 after x > 0: A = A + 10"
    )
    run = network.simulate([0.0, 1.0, 1.8, 2.0])
    assert run["x"][1] == pytest.approx(np.log(2.0), abs=1e-7)
    late = 10.5 * np.exp(-(1.8 - 1.0 - np.log(2.0)))  # the new value is that of the time of the trigger, A = 0.5, + 10
    assert run["A"][2] == pytest.approx(late, rel=1e-6)
    assert run["A"][3] == pytest.approx(1.0, abs=1e-8)


def test_a_violated_constraint_is_named_with_its_time():
    from dataclasses import replace

    from scalebridge.kinetics._definition import symbol
    from scalebridge.kinetics._sbml_write import write

    plain = Network.from_antimony("A -> ; k*A; k = 1; A = 1").definition
    told = ((symbol("A") > 0.5, "A must stay above a half & more"), (symbol("A") < 2, "never"))
    network = Network.from_sbml_text(write(replace(plain, constraints=told)))
    with pytest.warns(UserWarning, match="above a half & more"):
        run = network.simulate([0.0, 2.0])
    assert [v.message for v in run.violations] == ["constraint 1: A must stay above a half & more"]
    assert run.violations[0].time == pytest.approx(np.log(2.0), abs=1e-6)
    assert network.simulate([0.0, 0.5]).violations == ()


def test_delays_follow_the_method_of_steps():
    from scalebridge.kinetics._definition import Definition, Variable, symbol
    from scalebridge.kinetics._sbml_math import DELAY

    late = Definition(
        "late", {"x": Variable("x", "parameter", 1.0, False)}, rates={"x": -DELAY(symbol("x"), symbol("h"))}
    )
    late.variables["h"] = Variable("h", "parameter", 1.0)
    run = Network(late).simulate([0.0, 1.0, 2.0, 3.0])
    assert run["x"] == pytest.approx([1.0, 0.0, -0.5, -1.0 / 6.0], abs=1e-6)


def test_fast_reactions_run_to_the_side_that_is_used_up():
    sbml = Network.from_antimony("J: A + B -> C; k*A*B; R: -> A; 1; k = 1; A = 0; B = 2; C = 0").definition
    from scalebridge.kinetics._sbml_read import mark_fast

    run = Network(mark_fast(sbml, {"J"})).simulate([0.0, 1.0, 3.0])
    assert run["A"] == pytest.approx([0.0, 0.0, 1.0], abs=1e-6)
    assert run["B"] == pytest.approx([2.0, 1.0, 0.0], abs=1e-6)
    assert run["C"] == pytest.approx([0.0, 1.0, 2.0], abs=1e-6)


def test_reduced_error_is_within_its_bar():
    network = enzyme(0.01)
    reduced = network.reduce(["C"])
    assert reduced.closed
    bars = reduced.error_bars(TIMES)
    full = network.simulate(TIMES, rtol=1e-10)
    index = bars.effectivity(np.array([full[n] for n in bars.names]).T, 1.25)
    assert np.nanmin(index) > 0.5
    assert np.nanmax(index) < 5.0


def test_reduced_sbml_runs_elsewhere():
    import roadrunner

    reduced = enzyme(0.01).reduce(["C"])
    other = roadrunner.RoadRunner(reduced.to_sbml())
    other.integrator.relative_tolerance = 1e-10
    other.integrator.absolute_tolerance = 1e-14
    other.timeCourseSelections = ["time", "[S]", "[C]", "[P]"]
    found = other.simulate(0.0, 200.0, 21)
    ours = reduced.simulate(np.linspace(0.0, 200.0, 21), rtol=1e-10)
    for k, name in enumerate("SCP", 1):
        assert np.abs(found[:, k] - ours[name]).max() < 1e-6 * np.abs(ours[name]).max()


def test_formulas_do_not_cancel():
    reduced = enzyme(1e-9, s0=1e6).reduce(["C"])
    assert reduced.simulate([0.0])["C"][0] == pytest.approx(1e-9 * 1e6 / (2.0 + 1e6), rel=1e-9)


def test_falls_back_and_rejoins():
    network = enzyme(0.5)
    times = np.r_[0.0, np.geomspace(0.05, 20.0, 25)]
    run = network.reduce(["C"]).simulate_safely(times, 0.02)
    full = network.simulate(times)
    assert run.full[1]
    assert not run.full[-1]
    assert np.abs(run["S"] - full["S"]).max() < 0.02 * 2.0
    assert run.notes


def test_cells_differ_and_agree_with_single_runs():
    network = virus(10.0)
    reduced = network.reduce(["C"])
    values = {"V": [2.0, 5.0], "p": [0.1, 0.2]}
    cells = simulate_cells(reduced, [0.0, 3600.0], values, keep=["V", "G"], rtol=1e-8)
    for k in range(2):
        one = network.simulate([0.0, 3600.0], values={n: v[k] for n, v in values.items()})
        assert cells["G"][k, -1] == pytest.approx(one["G"][-1], rel=5e-3)


ISOMERS = "F1: S1->S2; c1*S1; F2: S2->S1; c2*S2; R: S2->S3; c3*S2; c1=1; c2=2; c3={}; S1=120; S2=60; S3=0"


def test_slow_scale_counts_have_the_exact_mean():
    network = Network.from_antimony(ISOMERS.format(5e-3))
    runs = simulate_slow(network, ["F1", "F2"], [0.0, 40.0], runs=4000, seed=1)
    mean = 180.0 * (1.0 - np.exp(-5e-3 / 3.0 * 40.0))
    assert runs["S3"][:, 1].mean() == pytest.approx(mean, abs=4.0 * np.sqrt(mean / 4000) + 1e-3 * mean)
    again = simulate_slow(network, ["F1", "F2"], [0.0, 40.0], runs=4000, seed=1)
    assert np.array_equal(runs.counts, again.counts)


def test_chain_averages_agree_with_full_counts():
    network = Network.from_antimony("B: E+S->C; E*S-C; R: C->E+P; 0.01*C; E=3; S=5; C=0; P=0")
    full = simulate_counts(network, [0.0, 100.0], runs=2000, seed=1)
    slow = simulate_slow(network, ["B"], [0.0, 100.0], runs=2000, seed=2)
    spread = np.sqrt((full["P"][:, 1].var() + slow["P"][:, 1].var()) / 2000)
    assert abs(full["P"][:, 1].mean() - slow["P"][:, 1].mean()) < 4.0 * spread
    assert slow.events.mean() < 0.05 * full.events.mean()
    assert 0.0 < distortion(network, ["B"])["R"] < 0.1


def test_criteria_choose_the_form():
    assert enzyme_criteria(1, 1, 1, 1e-3, 2).form == "standard"
    assert enzyme_criteria(1, 1, 1, 20, 2).form == "total"
    assert enzyme_criteria(1, 1, 1, 0.1, 2).segel_slemrod == pytest.approx(2.5e-2)


def test_bridge_keeps_the_rules():
    network = enzyme(0.01)
    from scalebridge.kinetics._sbml_write import write

    outcome = check_bridge(Kinetics(write(network.definition), tuple(TIMES.tolist()), ("C",)))
    assert outcome.headlines["slow_variables"].value == 1.0
    assert b"<sbml" in outcome.files["reduced.xml"]


def test_right_hand_sides_for_other_solvers_agree():
    jax = pytest.importorskip("jax")
    network = enzyme(0.1).reduce(["C"]).network
    x, p = network.start()
    x = x + 0.1
    with jax.enable_x64(True):
        found = network.jax_function()(0.0, jax.numpy.asarray(x), jax.numpy.asarray(p))
        slope = jax.jacfwd(lambda y: network.jax_function()(0.0, y, jax.numpy.asarray(p)))(jax.numpy.asarray(x))
    assert np.asarray(found) == pytest.approx(network.function()(0.0, x, p), rel=1e-12)
    assert np.asarray(slope) == pytest.approx(network.regime.jacobian(0.0, x, p), rel=1e-10)
