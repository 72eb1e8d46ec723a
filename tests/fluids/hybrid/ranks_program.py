"""A program under mpiexec: bridges of fluids on all ranks, from their beginning and on from states of one process."""

from __future__ import annotations

import pickle
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np

from scalebridge.fluids.atomistic import wca
from scalebridge.fluids.transport import Bulk, measure_channel, measure_viscosity
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor, mpi_program, serving_ranks

sys.path.insert(0, str(Path(__file__).parents[2]))
from fluids.hybrid.test_acoustic import small as sound
from fluids.hybrid.test_long_channel import small as long_channel
from fluids.hybrid.test_nanochannel import small as nanochannel
from scalebridge.fluids.atomistic import Carry
from support.small_hybrid import small_atoms


def bridges():
    """Small ones, of two steps each."""
    return {"nanochannel": nanochannel(), "long channel": long_channel(), "sound": sound()}


def begun(bridge):
    """The state at the beginning, one in which sound is to take atoms out at once."""
    state = bridge.init(np.random.SeedSequence(1))
    if bridge.name == "sound":
        state = replace(state, instances=(replace(state.instances[0], carry=Carry(-6.0)),))
    return state


def stepped(bridge, state):
    """The state a step later; the books of the step close."""
    with SerialExecutor() as executor:
        step = bridge.step(state, executor)
    assert [e.quantity for e in step.entries if e.verdict is Verdict.FAILS] == []
    assert len(step.entries) > 5
    return step.state


def numbers(state):
    """All numbers in a state, in the order of its fields."""
    if is_dataclass(state):
        return [x for f in fields(state) for x in numbers(getattr(state, f.name))]
    if isinstance(state, tuple):
        return [x for part in state for x in numbers(part)]
    return [] if state is None else [np.asarray(state, dtype=np.float64)]


def measured():
    """Short measurements that depend on no noise of the engine's own."""
    bulk = Bulk(wca(), 0.8442, 1.1, cells=4, equilibration=50)
    flow = measure_channel(small_atoms(closed=True, pressure=None, size=(6.8, 12.0, 6.8)), 0.1, steps=100, settle=100)
    return {"viscosity": measure_viscosity(bulk, steps=200), "flow": flow.flow}


if __name__ == "__main__":
    before, after = Path(sys.argv[1]), Path(sys.argv[2])
    with mpi_program() as leads:
        if leads:
            found = {"ranks": serving_ranks(), "measured": measured()}
            first = pickle.loads(before.read_bytes())  # after the first step of one process
            for name, bridge in bridges().items():
                start = begun(bridge)
                mine = stepped(bridge, start)
                found[name] = (start, mine, stepped(bridge, mine), stepped(bridge, first[name]))
            after.write_bytes(pickle.dumps(found))
