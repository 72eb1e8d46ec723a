"""FE² as a bridge: the conformance kit, a failing run, and fields for ParaView."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge import solids
from scalebridge.errors import InputError
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from scalebridge.solids.fe2 import Cell, Displacement, FE2Bridge, Ladder, Part, Traction
from scalebridge.solids.fe2._scales import measured_separations
from scalebridge.solids.microstructure import Microstructure
from scalebridge.study import check_bridge
from support.bodies import box

MATRIX = solids.J2Plasticity(3e9, 0.35, solids.LinearHardening(30e6, 300e6))


def bridge(**changes):
    phase = np.zeros((4, 4), int)
    phase[1:3, 1:3] = 1
    cell = Cell(Microstructure(phase, (1e-3, 1e-3)), {0: MATRIX, 1: solids.LinearElastic.isotropic(70e9, 0.2)})
    given = {
        "mesh": box((2, 1, 1), (2.0, 1.0, 1.0)),
        "parts": {"": Part(cell, (1.0, 0.0, 0.0))},
        "conditions": (Displacement("left"), Displacement("right", (0.02, 0.0, 0.0))),
        "times": (0.2, 0.6, 1.0),
        "watch": "right",
        "ladder": Ladder(),
        "element": "hex8",
    }
    return FE2Bridge(**{**given, **changes})


def test_conformance():
    outcome = check_bridge(bridge(), executor=lambda workers: SerialExecutor())
    assert outcome.headlines["largest_force"].value > 0.0
    assert outcome.data["points"].sum("rung").values.tolist() == [16, 16, 16]
    assert b"von Mises" in outcome.files["body.vtu"]
    assert [s.name for s in outcome.separations] == ["1 / largest rotation", "gradient length of the strain / cell"]


@pytest.mark.parametrize(("angle", "verdict"), [(0.1, Verdict.HOLDS), (0.3, Verdict.WARNS), (0.6, Verdict.FAILS)])
def test_rotations_too_large_for_small_strain_are_said(angle, verdict):
    body = bridge(parts={"": Part(solids.LinearElastic.isotropic(1e9, 0.3))}, ladder=None)
    nodes = body.model.space.nodes
    turned = np.stack([-angle * nodes[:, 1], angle * nodes[:, 0], 0.0 * nodes[:, 2]], axis=1)
    (found,) = measured_separations(body, turned, np.zeros((body.model.points.count, 3, 3)))
    assert found.value == pytest.approx(1.0 / angle)
    assert found.verdict is verdict


def test_a_run_that_fails_says_so_and_keeps_what_it_has():
    weak = solids.J2Plasticity(3e9, 0.35, solids.LinearHardening(30e6, 0.0))
    pulled = bridge(
        parts={"": Part(weak)},
        conditions=(Displacement("left"), Traction("right", (60e6, 0.0, 0.0))),
        times=(0.25, 1.0),
    )
    state = pulled.init(np.random.SeedSequence(0))
    while not pulled.done(state):
        step = pulled.step(state, SerialExecutor())
        state = step.state
    assert step.failures
    assert len(state.lines) == 1
    assert "ended early" in pulled.finish(state).methods


def test_scales_are_stated_before_the_run():
    scales = bridge().scales()
    assert {s.side for s in scales.scales} == {"fine", "coarse"}
    assert scales.separations[0].value == pytest.approx(1000.0)
    with pytest.raises(InputError, match="boundary to watch"):
        bridge(watch="tip")
