"""SBML test suite: fast reactions and algebraic rules, against the expected values and tolerances shipped with it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from scalebridge.kinetics import Network
from support.reference_data import DEFAULT, reference

pytestmark = pytest.mark.verify


def cases(category):
    import os

    root = Path(os.environ.get("SCALEBRIDGE_REFERENCE_DATA", DEFAULT)) / "kinetics" / "sbml-test-suite" / category
    return sorted(p.name for p in root.iterdir()) if root.is_dir() else ["missing"]


def listed(settings, key):
    return {name.strip() for name in settings.get(key, "").split(",") if name.strip()}


def check(category, case):
    folder = reference("kinetics", "sbml-test-suite", category, case, f"{case}-settings.txt").parent
    lines = (folder / f"{case}-settings.txt").read_text().splitlines()
    settings = {k.strip(): v.strip() for k, v in (line.split(":", 1) for line in lines if ":" in line)}
    rows = list(csv.reader((folder / f"{case}-results.csv").open()))
    expected = np.array([[float(x) for x in row] for row in rows[1:] if row])
    network = Network.from_sbml(sorted(folder.glob("*-sbml-*.xml"))[-1])
    run = network.simulate(expected[:, 0])
    for k, name in enumerate((h.strip() for h in rows[0][1:]), 1):
        found = run[name]
        if name in listed(settings, "amount"):
            found = run[f"amount({name})"]
        elif name in listed(settings, "concentration") and f"amount({name})" in run.names:
            found = run[f"amount({name})"] / run[network.definition.variables[name].compartment]
        np.testing.assert_allclose(
            found, expected[:, k], rtol=float(settings["relative"]), atol=float(settings["absolute"]), err_msg=name
        )


@pytest.mark.parametrize("case", cases("fast-reaction"))
def test_fast_reactions(case):
    check("fast-reaction", case)


@pytest.mark.parametrize("case", cases("algebraic-rule"))
def test_algebraic_rules(case):
    check("algebraic-rule", case)
