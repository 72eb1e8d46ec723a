"""Two-way hybrid start-up Couette flow against theory: Nie, Chen, E, Robbins (2004), J. Fluid Mech. 500, 55."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from support.couette import couette, dense, errors

pytestmark = pytest.mark.verify


def carry_out(bridge, seed):
    """State at the end, and every entry of the ledger that does not hold."""
    state, broken = bridge.init(np.random.SeedSequence(seed)), []
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            broken += [entry for entry in step.entries if entry.verdict is Verdict.FAILS]
            e = errors(state.windows)[-1]
            print(seed, state.cycles, f"rms {np.sqrt(np.mean(e**2)):.4f} max {abs(e).max():.4f}", flush=True)
    return state, broken


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_instance_follows_theory_for_1600_cycles(seed):
    state, broken = carry_out(couette(), seed)
    deviation = errors(state.windows)
    print(f"seed {seed}: rms {np.sqrt(np.mean(deviation**2)):.4f}, max {abs(deviation).max():.4f}")
    assert state.cycles == 1600
    assert broken == []
    assert np.sqrt(np.mean(deviation**2)) <= 0.035
    assert abs(deviation).max() <= 0.10


def test_eight_instances_are_quieter():
    state, broken = carry_out(couette(800, instances=8), 11)
    deviation = errors(state.windows)
    print(f"8 instances: rms {np.sqrt(np.mean(deviation**2)):.4f}, max {abs(deviation).max():.4f}")
    assert broken == []
    assert np.sqrt(np.mean(deviation**2)) <= 0.015


def test_dense_repulsive_fluid_follows_theory_with_its_own_viscosity():
    """CPL library's Couette flow, 25,000 steps; it asserts a mean deviation of 0.12 and a largest one of 0.2."""
    state, broken = carry_out(dense(), 1)
    deviation = abs(errors(state.windows, 2.271 / 0.8442))
    print(f"mean {deviation.mean():.4f}, max {deviation.max():.4f}")
    assert state.cycles == 500
    assert broken == []
    assert deviation.mean() < 0.04
    assert deviation.max() < 0.12
