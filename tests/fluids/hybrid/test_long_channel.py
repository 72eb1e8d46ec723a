"""A long channel by stations: theory, four verbs, books, what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import Atomistic, LennardJones
from scalebridge.fluids.hybrid import ChannelShape, LongChannel, Lubrication, Passes
from scalebridge.fluids.transport import Measured
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from scalebridge.study import check_bridge

WEDGE = ChannelShape((0.0, 1000.0), (12.0, 9.0))
THROAT = ChannelShape((0.0, 400.0, 800.0, 1200.0), (14.0, 14.0, 9.0, 14.0))
X = np.linspace(0.0, 1200.0, 41)
WAVE = ChannelShape(tuple(X), tuple(11.5 + 2.5 * np.cos(np.pi * X / 600.0)))


def small(**options) -> LongChannel:
    slit = Atomistic(LennardJones(2.2), 0.8, 1.1, (6.8, 10.0, 6.8), closed=True)
    given = {"most": 2, "blocks": 2, "steps_per_block": 20, "settle": 10, "equilibration": 100, **options}
    return LongChannel(slit, Lubrication(WEDGE, 0.8, 2.2, stations=2), 2.0, passes=Passes(**given))


class Slippery(LongChannel):
    """Stations whose slits resist as theory with slip does, without atoms."""

    def conductances(self, state):
        h = self.heights
        return tuple(Measured(float(k), 0.0) for k in 0.8**2 * h**3 * (1.0 + 6.0 * 0.7 / h) / (12.0 * 2.2))


def exact_flow(shape, drop, slip):
    """Of lubrication theory, by a fine sum."""
    x = (np.arange(20000) + 0.5) * shape.length / 20000
    h = shape.height(x)
    return drop / (12.0 * 2.2 / (0.8 * h**3 * (1.0 + 6.0 * slip / h))).mean() / shape.length


@pytest.mark.parametrize("slip", [0.0, -0.5, 2.0])
@pytest.mark.parametrize("shape", [WEDGE, THROAT])
def test_theory_is_that_of_a_fine_sum(shape, slip):
    bridge = replace(small(), channel=Lubrication(shape, 0.8, 2.2, slip, stations=3))
    assert bridge.theory == pytest.approx(exact_flow(shape, 2.0, slip), rel=1e-5)


def test_a_wedge_has_the_closed_form():
    """The integral of h^-3 over a wedge is (h0 + h1) / (2 h0^2 h1^2) L."""
    integral = (12.0 + 9.0) / (2.0 * 12.0**2 * 9.0**2) * 1000.0
    assert small().theory == pytest.approx(2.0 * 0.8 / (12.0 * 2.2 * integral), rel=1e-10)


def test_what_theory_does_not_know_converges_with_the_stations():
    """Slits with a slip that theory leaves out: the error of the flow falls by orders as stations are added."""
    errors = []
    for stations in (2, 4, 6, 8):
        channel = Lubrication(WAVE, 0.8, 2.2, stations=stations)
        bridge = Slippery(small().atomistic, channel, 2.0)
        state = bridge.init(np.random.SeedSequence(0))
        errors.append(abs(bridge.flow(state).value / exact_flow(WAVE, 2.0, 0.7) - 1.0))
    assert errors[0] < 0.05
    assert np.all(np.divide(errors[:-1], errors[1:]) > 5.0)
    assert errors[3] < 1e-4


def test_pressure_falls_to_the_end_and_knows_its_error():
    bridge = small()
    state = bridge.init(np.random.SeedSequence(0))
    rng = np.random.default_rng(1)
    conductance = np.array([80.0, 60.0]) * (1.0 + 0.05 * rng.standard_normal((64, 2)))
    state = replace(state, passes=2, conductance=conductance)
    fall, error = bridge.pressure(state, np.linspace(0.0, 1000.0, 21))
    assert fall[0] == 0.0
    assert fall[-1] == pytest.approx(2.0, rel=1e-12)
    assert np.all(np.diff(fall) > 0.0)
    np.testing.assert_allclose(error[[0, -1]], 0.0, atol=1e-12)
    # the errors of flow and pressure against those of many repetitions
    flows, falls = [], []
    for _ in range(100):
        again = np.array([80.0, 60.0]) * (1.0 + 0.05 * rng.standard_normal((64, 2)))
        other = replace(state, conductance=again)
        flows.append(bridge.flow(other).value)
        falls.append(bridge.pressure(other, np.array([500.0]))[0][0])
    # these blocks are independent; those of slits are not, and their errors are larger by a known factor
    independent = np.hypot.reduce(bridge.flow(state).error / bridge.correlated) / np.sqrt(2.0)
    assert independent == pytest.approx(np.std(flows), rel=0.5)
    assert error[10] / bridge.correlated.mean() == pytest.approx(np.std(falls), rel=0.5)


def test_errors_know_that_a_slit_remembers():
    """Blocks of a series with the slit's memory: the scatter of their mean over many series is what is told."""
    bridge = replace(small(steps_per_block=1000), channel=Lubrication(WEDGE, 0.8, 2.2, stations=1))
    memory = 0.8 * bridge.heights[0] ** 2 / (np.pi**2 * 2.2)
    rng, dt, blocks = np.random.default_rng(0), 0.05, 40
    keep = np.exp(-dt / memory)
    x, sums = rng.standard_normal(400), np.zeros((blocks, 400))
    for k in range(blocks):
        for _ in range(100):  # a block lasts 5 tau
            x = keep * x + np.sqrt(1.0 - keep**2) * rng.standard_normal(400)
            sums[k] += x / 100.0
    scatter = sums.mean(axis=0).std()
    naive = np.mean(sums.std(axis=0, ddof=1)) / np.sqrt(blocks)
    assert bridge.correlated[0] > 1.5
    assert naive * bridge.correlated[0] == pytest.approx(scatter, rel=0.12)


def test_conforms_whatever_the_number_of_workers_and_keeps_its_books():
    outcome = check_bridge(small(), executor=ThreadPoolExecutor)
    assert outcome.data["flow"].sizes == {"pass": 2, "station": 2}
    assert {p.name for p in outcome.pictures} == {"channel", "slits", "resistance"}


def test_every_pass_posts_its_books():
    bridge = small()
    state = bridge.init(np.random.SeedSequence(1))
    with SerialExecutor() as executor:
        first = bridge.step(state, executor)
        # a middle that is found too thin is filled
        thin = tuple(replace(station, density=0.77) for station in first.state.stations)
        second = bridge.step(replace(first.state, stations=thin), executor)
    entries = first.entries + second.entries
    assert [e.quantity for e in entries if e.verdict is Verdict.FAILS] == []
    exchanged = [e for e in second.entries if e.quantity == "atoms exchanged"]
    assert {e.where for e in exchanged} == {"station 1", "station 2"}
    assert all(e.fine == e.coarse for e in exchanged)
    assert sum(e.fine for e in exchanged) + sum(f.inputs["waiting"] for f in second.failures) > 5
    assert len([e for e in second.entries if e.quantity == "mass flow of station and channel"]) == 2
    # all slits are driven by the same multiple, the fastest at the rate asked for
    forces = second.state.history[:, :, 0]
    np.testing.assert_allclose((0.8 * forces * bridge.heights / 4.4).max(axis=1), bridge.rate, rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"atomistic": Atomistic(density=0.8, pressure=2.0, size=(6.8, 20.0, 6.8))}, "needs a wall above"),
        ({"channel": Lubrication(ChannelShape((0.0, 100.0), (7.0, 7.0)), 0.8, 2.2)}, "slit is 7 high"),
        ({"channel": Lubrication(WEDGE, 0.7, 2.2)}, "density is 0.7 and the atoms' is 0.8"),
        ({"drop": 0.0}, "drop is 0"),
        ({"rate": 2.0}, "rate is 2"),
    ],
)
def test_what_cannot_work_is_refused(options, says):
    with pytest.raises(InputError, match=says):
        replace(small(), **options)


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        (((0.0, 5.0, 5.0), (9.0, 9.0, 9.0)), "rising from 0"),
        (((1.0, 5.0), (9.0, 9.0)), "rising from 0"),
        (((0.0, 5.0), (9.0,)), "each position needs a positive height"),
        (((0.0, 5.0), (9.0, -1.0)), "each position needs a positive height"),
    ],
)
def test_shapes_that_are_none(shape, says):
    with pytest.raises(InputError, match=says):
        ChannelShape(*shape)


@pytest.mark.parametrize("numbers", [(0.8, 2.2, -2.0), (0.8, 0.0), (np.inf, 2.2), (0.8, 2.2, 0.0, 0)])
def test_fluids_that_are_none(numbers):
    with pytest.raises(InputError):
        Lubrication(WEDGE, *numbers)
