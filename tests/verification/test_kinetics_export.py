"""Reduced models as SBML: valid for libSBML, and the same numbers in libRoadRunner wherever it can run them."""

from __future__ import annotations

from functools import partial

import libsbml
import numpy as np
import pytest

from scalebridge.kinetics import Network
from support.enzymes import enzyme, goldbeter_koshland, virus
from support.random_networks import planted_network
from support.reference_data import reference

pytestmark = pytest.mark.verify

ROBERTSON = "A -> B; k1*A; B + B -> B + C; k2*B*B; B + C -> A + C; k3*B*C; k1=0.04; k2=3e7; k3=1e4; A=1; B=0; C=0"
CHAIN = "J1: A->B; 50*A-30*B; J2: B->C; 40*B-20*C; J3: C->D; 0.1*C; A=2; B=0; C=0; D=0"


def model(name):
    return Network.from_sbml(reference("kinetics", "models", name))


def planted(seed):
    made = planted_network(seed)
    return made.network.reduce(made.fast), made.horizon


CASES = {
    "enzyme, standard": lambda: (enzyme(0.01).reduce(["C"], form="standard"), 200.0),
    "enzyme, total": lambda: (enzyme(2.0).reduce(["C"], form="total"), 20.0),
    "two enzymes": lambda: (goldbeter_koshland(10.0, 0.1).reduce(["C1", "C2"]), 50.0),
    "virus": lambda: (virus().reduce(["C"]), 172800.0),
    "virus, fast binding": lambda: (virus(100.0).reduce(["C"]), 172800.0),
    "Robertson": lambda: (Network.from_antimony(ROBERTSON).reduce(["B"], form="standard"), 400.0),
    "chain": lambda: (Network.from_antimony(CHAIN).reduce(["J1", "J2"]), 30.0),
    "MAPK": lambda: (model("ex_MAPK-HF96_np.xml").reduce(times=np.linspace(1.0, 100.0, 12)), 100.0),
    "POLLU": lambda: (model("pollu_np.xml").reduce(times=np.linspace(1.0, 60.0, 12)), 60.0),
    **{f"planted {seed}": partial(planted, seed) for seed in range(12)},
}


def elsewhere(text, names, end):
    """Concentrations that libRoadRunner finds, (21, names); None where the model has algebraic rules."""
    import roadrunner

    document = libsbml.readSBMLFromString(text)
    if any(document.model.rules[i].isAlgebraic() for i in range(document.model.num_rules)):
        return None
    other = roadrunner.RoadRunner(text)
    other.integrator.relative_tolerance = 1e-11
    other.integrator.absolute_tolerance = 1e-16
    other.integrator.maximum_num_steps = 1_000_000
    other.timeCourseSelections = [f"[{name}]" for name in names]
    return np.asarray(other.simulate(0.0, end, 21))


@pytest.mark.parametrize("case", CASES)
def test_reduced_sbml_is_valid_and_runs_elsewhere(case):
    """At least every model in closed form runs there."""
    reduced, end = CASES[case]()
    text = reduced.to_sbml()
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    errors = [document.getError(i) for i in range(document.getNumErrors())]
    assert not [e.getMessage() for e in errors if e.getSeverity() >= libsbml.LIBSBML_SEV_ERROR]
    names = [s.getId() for s in document.model.species]
    found = elsewhere(text, names, end)
    if found is None:
        assert not reduced.closed  # algebraic rules, which libRoadRunner does not run
        return
    ours = reduced.simulate(np.linspace(0.0, end, 21), rtol=1e-10)
    for k, name in enumerate(names):
        size = np.abs(ours[name]).max()
        assert np.abs(found[:, k] - ours[name]).max() <= 1e-6 * size, name
