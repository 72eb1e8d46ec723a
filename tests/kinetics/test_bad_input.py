"""Every wrong or impossible model is answered in words."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics import Network, enzyme_criteria, simulate_cells, simulate_counts, simulate_slow
from support.enzymes import enzyme

SBML = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1" {}>{}</sbml>'
)


def refused(text, *words):
    with pytest.raises(InputError) as caught:
        Network.from_sbml_text(text)
    for word in words:
        assert word in str(caught.value)


def test_no_file():
    with pytest.raises(InputError, match="no SBML file"):
        Network.from_sbml("nowhere.xml")


def test_broken_xml():
    refused(SBML.format("", "<model>"), "line")


def test_not_sbml():
    refused("<html></html>", "")


@pytest.mark.parametrize("version", ["x", "9", "", "-1"])
def test_versions_that_do_not_exist(version):
    refused(SBML.format("", "<model/>").replace('version="1" ', f'version="{version}" '), "level", "known are")


def test_no_model():
    refused(SBML.format("", ""), "model")


def test_packages_that_change_the_meaning():
    spatial = 'xmlns:spatial="http://www.sbml.org/sbml/level3/version1/spatial/version1" spatial:required="true"'
    refused(SBML.format(spatial, "<model/>"), "spatial", "not supported")


def test_undefined_names():
    body = (
        '<model><listOfParameters><parameter id="x" value="1" constant="false"/></listOfParameters><listOfRules>'
        '<rateRule variable="y"><math xmlns="http://www.w3.org/1998/Math/MathML"><ci> x </ci></math></rateRule>'
        "</listOfRules></model>"
    )
    refused(SBML.format("", body), "y")


def test_antimony_with_a_mistake():
    with pytest.raises(InputError, match="Antimony"):
        Network.from_antimony("A -> ; ->")


def test_a_model_that_determines_too_much():
    text = "S1 -> S2; k*S1; k = 1; S1 = 1; S2 = 0"
    network = Network.from_antimony(text)
    from dataclasses import replace

    from scalebridge.kinetics._definition import symbol

    twice = Network(replace(network.definition, algebraic=(symbol("S1") - symbol("S2"),)))
    with pytest.raises(InputError, match="overdetermined"):
        twice.simulate([0, 1])


def test_nothing_fast():
    network = Network.from_antimony("A -> B; A; B -> C; 0.9*B; A = 1; B = 0; C = 0")
    times = np.linspace(0, 5, 20)
    assert network.timescales(times).proposal() == []
    with pytest.raises(InputError, match="No fast part"):
        network.reduce(times=times)
    with pytest.raises(InputError, match="times="):
        network.reduce()


def test_names_that_are_not_there():
    with pytest.raises(InputError, match="'X' is not in the model"):
        enzyme(0.1).reduce(["X"])
    with pytest.raises(InputError, match="There is no 'X'"):
        enzyme(0.1).simulate([0, 1], values={"X": 1.0})
    with pytest.raises(InputError, match="There is no 'X'"):
        _ = enzyme(0.1).simulate([0, 1])["X"]


def test_several_gaps_are_all_seen():
    network = Network.from_antimony(
        "A -> B; 1e4*A - 1e4*B; B -> C; 1e2*B - 1e2*C; C -> D; C; A = 1; B = 0; C = 0; D = 0"
    )
    times = np.r_[0.0, np.geomspace(1e-3, 3.0, 30)]
    scales = network.timescales(times)
    assert {1, 2} <= set(scales.fast.tolist())  # first only the fastest is exhausted, then both
    assert np.all(np.diff(scales.fast[1:]) >= 0)
    reduced = network.reduce(scales.proposal())
    assert np.abs(reduced.simulate(times)["D"] - network.simulate(times)["D"])[-10:].max() < 0.02


def test_a_fast_part_that_grows():
    network = Network.from_antimony("A -> B; 100*A; -> A; 300*A; B -> ; B; A = 1; B = 1")
    with pytest.raises(ConvergenceError, match="unstable|no equilibrium|not come to rest|singular"):
        network.reduce(["A"], "standard")


def test_a_fast_part_that_depends_on_nothing():
    network = Network.from_antimony("A -> B; 3; B -> ; 0.1*B; A = 10; B = 1")
    with pytest.raises(ConvergenceError, match="singular"):
        network.reduce(["A"], "standard")


def test_a_fast_part_with_negative_amounts():
    network = Network.from_antimony("A -> B; 100*(A - 5); A = 1; B = 1; B -> ; 0.1*B")
    with pytest.raises(ConvergenceError, match="negative"):
        network.reduce(["A"])


def test_fast_species_tied_to_each_other():
    network = Network.from_antimony("A -> B; 100*A - 100*B; A = 1; B = 0")
    with pytest.raises(InputError, match="tied"):
        network.reduce(["A", "B"], "standard")


EVENT = "S+E->C; 10*S*E-10*C; C->P+E; C; S=2; E=0.1; C=0; P=0; at S < 1.5: S = S + 1"


def test_bars_end_at_the_first_event_and_the_full_model_takes_over():
    network = Network.from_antimony(EVENT)
    reduced, times = network.reduce(["C"]), np.linspace(0.0, 20.0, 41)
    bars, full = reduced.error_bars(times), network.simulate(times)
    known = times < bars.known_until
    assert 5.0 < bars.known_until < 15.0
    assert np.isfinite(bars.bars[known]).all()
    assert np.isnan(bars.bars[~known]).all()
    k = bars.names.index("S")
    assert np.all(np.abs(full["S"] - bars.values[:, k])[known][2:] <= bars.bars[known][2:, k])
    safe = reduced.simulate_safely(times)
    assert not safe.full[2:10].any()  # the first output still sees the initial layer
    assert safe.full[~known].all()
    assert "event" in safe.notes[-1]
    assert np.abs(safe["S"] - full["S"]).max() < 0.01


@pytest.mark.verify
def test_a_study_with_events_says_where_bars_end(tmp_path):
    from scalebridge.study import run

    (tmp_path / "model.ant").write_text(EVENT)
    (tmp_path / "study.toml").write_text(
        'bridge = "kinetics"\nmodel = "model.ant"\nend = 20.0\noutputs = 40\nfast = ["C"]\n'
    )
    record = run(tmp_path / "study.toml", tmp_path / "run", workers=0)
    ledger = (record.folder / "ledger.csv").read_text()
    assert "error through events, against the full run" in ledger


def test_an_event_that_leaves_the_manifold_is_followed_along_the_fibre():
    network = Network.from_antimony("S+E->C; 100*S*E-100*C; C->P+E; C; S=2; E=0.1; C=0; P=0; at time >= 3: S = S + 1")
    times = np.r_[0.0, 2.9, 3.5, 5.0]
    full, reduced = network.simulate(times), network.reduce(["C"]).simulate(times)
    for name in "SECP":
        assert np.abs(full[name] - reduced[name])[1:].max() < 2e-3


def test_rates_that_slide_along_a_condition():
    with pytest.raises(ConvergenceError, match="back and forth"):
        Network.from_antimony("A' = piecewise(1, A < 1, -1); A = 0").simulate([0.0, 2.0], max_steps=5000)


def test_times():
    for times in ([1, 0], [np.nan], [], [[0, 1]]):
        with pytest.raises(InputError, match="Times"):
            enzyme(0.1).simulate(times)


def test_values_that_blow_up():
    with pytest.raises(ConvergenceError, match="t = 1"):
        Network.from_antimony("A' = A^2; A = 1").simulate([0, 2.0])


def test_batches():
    with pytest.raises(InputError, match="different lengths"):
        simulate_cells(enzyme(0.1), [0, 1], {"S": [1, 2], "E": [1, 2, 3]})
    with pytest.raises(InputError, match="finite"):
        simulate_cells(enzyme(0.1), [0, 1], {"S": [1, np.nan]})
    with pytest.raises(InputError, match="no 'X'"):
        simulate_cells(enzyme(0.1), [0, 1], {"X": [1, 2]})
    with pytest.raises(InputError, match="events"):
        simulate_cells(Network.from_antimony("A -> ; A; A = 1; at time > 1: A = 1"), [0, 1], {})


def test_counts():
    with pytest.raises(InputError, match="whole numbers"):
        simulate_counts(enzyme(0.1), [0, 1])
    with pytest.raises(InputError, match="rate rules"):
        simulate_counts(Network.from_antimony("A' = 1; A = 0"), [0, 1])
    two = Network.from_antimony("A+B->C; A*B-C; C+B->D; C*B-D; D->E; 0.1*D; A=5; B=5; C=0; D=0; E=0")
    with pytest.raises(InputError, match="in full"):
        simulate_slow(two, ["_J0", "_J1"], [0, 1])


@pytest.mark.parametrize("values", [(0, 1, 1, 1, 1), (1, -1, 1, 1, 1), (1, 1, np.nan, 1, 1)])
def test_criteria(values):
    with pytest.raises(InputError):
        enzyme_criteria(*values)
