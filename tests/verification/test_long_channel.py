"""The example of a long channel in whole: against lubrication theory with the slip of a slit that is measured apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scalebridge.fluids.atomistic import Atomistic, LennardJones
from scalebridge.fluids.hybrid import ChannelShape, LongChannel, Lubrication
from scalebridge.fluids.transport import measure_channel
from scalebridge.parallel import LocalExecutor, SerialExecutor
from scalebridge.study import load_study, run

pytestmark = pytest.mark.verify

EXAMPLE = Path(__file__).parents[2] / "examples" / "long_channel" / "study.toml"


def theory(slip: float) -> float:
    """Mass flow of lubrication theory in the example's channel."""
    channel = load_study(EXAMPLE).build().channel
    return 2.0 / float(Lubrication(channel.shape, channel.density, channel.viscosity, slip).weights.sum())


def test_flow_and_pressure_are_those_of_lubrication_with_measured_slip(tmp_path_factory):
    """The slip comes from the velocity profile of another, higher slit; mass flows through the channel's own slits."""
    folder = tmp_path_factory.mktemp("long") / "run"
    result = run(EXAMPLE, folder, workers=0)
    flow = result.summary.headlines["flow"]
    error = 0.5 * flow.error
    slit = Atomistic(LennardJones(2.2), 0.81, 1.1, (6.8, 16.0, 6.8), closed=True)
    slip = measure_channel(slit, 0.02, seed=3, steps=40000, settle=8000).slip
    expected = theory(slip.value)
    spread = abs(theory(slip.value + slip.error) - expected)
    print(f"{folder}\nflow {flow.value:.5f} +- {error:.5f}, slip {slip}: theory {expected:.5f} +- {spread:.5f}")
    assert result.summary.certificate.verdict.value != "fails"
    assert error <= 0.031 * flow.value
    assert abs(flow.value - expected) <= 2.0 * np.hypot(error, spread)


def test_two_workers_give_the_same_numbers_as_none():
    slit = Atomistic(LennardJones(2.2), 0.81, 1.1, (6.8, 14.0, 6.8), closed=True)
    law = Lubrication(ChannelShape((0.0, 1000.0), (12.0, 9.0)), 0.81, 2.213, stations=2)
    short = LongChannel(
        slit, law, 2.0, passes=2, blocks=2, steps_per_block=100, settle=100, equilibration=300
    )  # fmt: skip
    histories = []
    for executor in (SerialExecutor(), LocalExecutor(2)):
        with executor:
            state = short.init(np.random.SeedSequence(9))
            while not short.done(state):
                state = short.step(state, executor).state
        histories.append(state.history)
    np.testing.assert_array_equal(*histories)
