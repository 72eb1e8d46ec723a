"""A reservoir, a nanochannel, a reservoir: the hybrid against theory and against molecular dynamics of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.atomistic import Atomistic, Crystal, LennardJones
from scalebridge.fluids.hybrid import Nanochannel, Reservoirs, slit_resistance
from scalebridge.fluids.transport import measure_channel
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from support.full_slit import FullSlit

pytestmark = pytest.mark.verify

VISCOSITY, DENSITY, WIDTH = 2.213, 0.81, 10.5
CELL = Crystal().cell


def core(cells=4):
    return Atomistic(LennardJones(2.2), DENSITY, 1.1, (cells * CELL, WIDTH, 4 * CELL), closed=True, pressure=None)


def slip_at(channel, width):
    """Slip length at the edge of a slit of another width that lets the same profile through."""
    h = channel.height
    return (channel.slip.value * h + h * h / 4.0 - width * width / 4.0) / width


def carry_out(bridge, seed):
    state, broken, atoms = bridge.init(np.random.SeedSequence(seed)), [], []
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            broken += [e for e in step.entries if e.verdict is Verdict.FAILS]
            atoms += [e for e in step.entries if e.quantity == "atoms exchanged"]
            print(state.passes, np.round(state.history[-1], 4), bridge.resistance(state), flush=True)
    assert broken == []
    assert all(e.fine == e.coarse for e in atoms)
    return state
