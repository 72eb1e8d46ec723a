"""Chignolin from its PDB file: adaptive against all atoms everywhere (some forty minutes)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scalebridge.molecules.adaptive import AdaptiveProtein
from scalebridge.molecules.adaptive._protein_books import LOOKED, SIGMAS, mean_of
from scalebridge.molecules.adaptive._protein_outcome import shell_difference
from scalebridge.study import load_study

pytest.importorskip("openmm")
pytestmark = pytest.mark.verify

EXAMPLE = Path(__file__).parents[2] / "examples" / "protein_in_water" / "study.toml"


def test_a_protein_and_its_first_shell_are_those_of_all_atoms():
    bridge = load_study(EXAMPLE).build()
    assert isinstance(bridge, AdaptiveProtein)
    # the chain wanders for longer than 20 ps: blocks of one run said 0.001 nm where copies scatter by 0.007
    bridge = replace(bridge, copies=4)
    state = bridge.init(np.random.SeedSequence(1))
    with ThreadPoolExecutor(1) as executor:
        while not bridge.done(state):
            state = bridge.step(state, executor).state
            if state.calibration is not None and state.calibration.history:
                print(state.calibration.history[-1])
    run, control = state.run, state.control
    density, error = run.density
    print(np.round(run.distance, 2), np.round(density, 3), np.round(error, 3))
    (here, noise), (there, other) = mean_of(run.looked, run.copies), mean_of(control.looked, control.copies)
    for k, (_, unit, label) in enumerate(LOOKED):
        print(f"{label}: {here[k]:.4f} +- {noise[k]:.4f} {unit}, all atoms {there[k]:.4f} +- {other[k]:.4f}")
    away, both = shell_difference(run, control)
    print(f"water by distance off by {away:.3f}, noise {both:.3f}")
    # sizes and the first shell; how far the chain has wandered in 20 ps differs from run to run
    for k in (1, 2):
        assert abs(here[k] - there[k]) < SIGMAS * np.hypot(noise[k], other[k])
    assert away < 2.0 * both
    assert (np.abs(density - 1.0) < bridge.settings.tolerance + 3.0 * error).all()
    assert here[0] < 0.2
