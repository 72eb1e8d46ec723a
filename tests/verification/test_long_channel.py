"""The example of a long channel in whole: against lubrication theory, and against itself in its mirror."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from scalebridge.fluids.atomistic import Atomistic, LennardJones
from scalebridge.fluids.hybrid import ChannelShape, LongChannel, Lubrication, Passes
from scalebridge.parallel import LocalExecutor, SerialExecutor
from scalebridge.study import load_study, run

pytestmark = pytest.mark.verify

EXAMPLE = Path(__file__).parents[2] / "examples" / "long_channel" / "study.toml"


def theory(slip: float) -> float:
    """Mass flow of lubrication theory in the example's channel, slip at the crystals' surfaces."""
    channel = load_study(EXAMPLE).build().channel
    return 2.0 / float(Lubrication(channel.shape, channel.density, channel.viscosity, slip).weights.sum())


def judged(folder: Path) -> None:
    """What a finished run of the example must show.

    The liquid's layers at the walls move the place where it stops by a fraction of a diameter, which no theory gives:
    a quarter of one inwards at either wall is a slip of -1/4, a sixth outwards one of 1/6. Between these two the flow
    must lie; its own error is half as large. The throat is in the middle, so stations in equal distance from it
    are equal, and with them what they measure.
    """
    data = xr.open_zarr(folder / "results.zarr", consolidated=False)
    flow = json.loads((folder / "summary.json").read_text())["headlines"]["flow"]
    value, error = flow["value"], 0.5 * flow["error"]
    factors, errors = data["factor"].values, data["factor_error"].values
    low, high = theory(-0.25), theory(1 / 6)
    print(f"flow {value:.5f} +- {error:.5f} between {low:.5f} and {high:.5f}; without slip {theory(0.0):.5f}")
    print("factors", np.round(factors, 3), "+-", np.round(errors, 3), "heights", data["station_height"].values.round(2))
    assert error <= 0.05 * value
    assert low <= value <= high
    unlike = (factors - factors[::-1]) / np.hypot(errors, errors[::-1])
    assert np.abs(unlike).max() <= 3.0
    middle = float(data["pressure"].interp(x=2000.0))
    assert abs(middle - 1.0) <= 3.0 * float(data["pressure_error"].interp(x=2000.0))


def test_the_example_is_lubrication_but_for_the_layers_at_the_walls(tmp_path):
    result = run(EXAMPLE, tmp_path / "run", workers=0)
    assert result.summary.certificate.verdict.value != "fails"
    judged(tmp_path / "run")


def test_two_workers_give_the_same_numbers_as_none():
    slit = Atomistic(LennardJones(2.2), 0.81, 1.1, (6.8, 14.0, 6.8), closed=True)
    law = Lubrication(ChannelShape((0.0, 1000.0), (12.0, 9.0)), 0.81, 2.213, stations=2)
    short = LongChannel(
        slit, law, 2.0, passes=Passes(most=2, blocks=2, steps_per_block=100, settle=100, equilibration=300)
    )  # fmt: skip
    histories = []
    for executor in (SerialExecutor(), LocalExecutor(2)):
        with executor:
            state = short.init(np.random.SeedSequence(9))
            while not short.done(state):
                state = short.step(state, executor).state
        histories.append(state.history)
    np.testing.assert_array_equal(*histories)
