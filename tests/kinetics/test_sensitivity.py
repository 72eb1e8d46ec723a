"""Derivatives of runs: against a formula, against differences, across events, and of the reduced model."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.kinetics import Network
from support.enzymes import enzyme

TIMES = np.linspace(0.0, 5.0, 6)


def differences(simulate, value, names):
    """Derivatives by differences of order 4."""
    h = 1e-3 * value
    runs = {k: simulate(value + k * h) for k in (-2, -1, 1, 2)}
    return np.array([(8.0 * (runs[1][n] - runs[-1][n]) - (runs[2][n] - runs[-2][n])) / (12.0 * h) for n in names]).T


def check(network, parameters, accuracy=1e-5):
    found = network.sensitivities(TIMES, parameters)
    for k, name in enumerate(parameters):
        value = network.system.builder.number(name)
        expected = differences(
            lambda v, name=name: network.simulate(TIMES, rtol=1e-11, values={name: v}), value, found.names
        )
        assert np.abs(found.derivatives[:, :, k] - expected).max() < accuracy * np.abs(expected).max(), name


def test_decay_by_formula():
    found = Network.from_antimony("A -> B; k*A; k = 0.5; A = 2; B = 0").sensitivities(TIMES, ["k", "A"])
    assert found["A", "k"] == pytest.approx(-2.0 * TIMES * np.exp(-0.5 * TIMES), abs=1e-6)
    assert found["B", "A"] == pytest.approx(1.0 - np.exp(-0.5 * TIMES), abs=1e-8)


@pytest.mark.verify
def test_an_enzyme_against_differences():
    check(enzyme(0.1), ["k1", "k2", "S", "E"])


def test_steps_follow_the_derivatives_where_the_run_rests():
    network = Network.from_antimony("A -> B; k*A - m*B; A = 1; B = 1; k = 3; m = 3")  # at rest from the start
    found = network.sensitivities(TIMES, ["k"])
    assert found["A", "k"] == pytest.approx(-(1.0 - np.exp(-6.0 * TIMES)) / 6.0, abs=1e-6)


def test_across_events_whose_time_depends_on_parameters():
    network = Network.from_antimony(
        "A -> B; k*A; B -> ; m*B; k = 0.5; m = 0.3; A = 2; B = 0; T = 3.3; b = 0.8;"
        "at B > b: A = A + 2*k, m = 1.5*m; at time >= T: B = 0.5*B"
    )
    check(network, ["k", "m", "A", "T", "b"])


@pytest.mark.verify
def test_across_a_change_of_branch():
    check(
        Network.from_antimony("A -> B; k*A; B -> ; piecewise(m*B, B < 0.3, 3*m*B); k = 0.7; m = 0.1; A = 2; B = 0"),
        ["k", "m", "A"],
    )


def test_initial_assignments_compartments_and_rate_rules():
    network = Network.from_antimony(
        "compartment c; c = 2; species A in c, B in c; J: A -> B; k*A; k = 0.4; q = 1.5; A = 2*q; B = 0;"
        "D' = A - D; D = 0"
    )
    check(network, ["k", "q", "c"])


@pytest.mark.parametrize("closed", [True, pytest.param(False, marks=pytest.mark.verify)])
def test_reduced_model_against_differences_and_the_full_model(closed):
    network = enzyme(0.01, scale=10.0)
    reduced = network.reduce(["C"], closed_form=closed)
    names = ["k1", "k2", "S", "E"]
    found, full = reduced.sensitivities(TIMES, names), network.sensitivities(TIMES, names)
    for k, name in enumerate(names):
        value = network.system.builder.number(name)
        expected = differences(
            lambda v, name=name: reduced.at({name: v}).simulate(TIMES, rtol=1e-11), value, found.names
        )
        assert np.abs(found.derivatives[:, :, k] - expected).max() < 1e-5 * np.abs(expected).max()
        scale = np.abs(full.derivatives[1:, :, k]).max()
        assert np.abs(found.derivatives[1:, :, k] - full.derivatives[1:, :, k]).max() < 0.02 * scale, name


def test_reduced_start_that_depends_on_rate_constants():
    network = enzyme(0.1)
    reduced = network.reduce(["C"], "standard")
    found = reduced.sensitivities(TIMES, ["km1"])
    expected = differences(lambda v: reduced.at({"km1": v}).simulate(TIMES, rtol=1e-11), 1.0, found.names)
    assert np.abs(found.derivatives[:, :, 0] - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A -> ; k*A; k = 1; A = 1; at 1 after A < 0.5: A = 1", "delay"),
        ("compartment c = 1; species A in c; A -> ; k*A; k = 1; A = 1; at time > 1: c = 2", "compartment"),
    ],
)
def test_what_is_not_differentiated_is_refused(text, words):
    with pytest.raises(InputError, match=words):
        Network.from_antimony(text).sensitivities(TIMES, ["k"])


def test_unknown_names_and_rules():
    with pytest.raises(InputError, match="There is no 'X'"):
        enzyme(0.1).sensitivities(TIMES, ["X"])
    with pytest.raises(InputError, match="rule"):
        Network.from_antimony("A -> ; k*A; k := 2*m; m = 1; A = 1").sensitivities(TIMES, ["k"])
    with pytest.raises(InputError, match="Name the parameters"):
        enzyme(0.1).sensitivities(TIMES, [])
