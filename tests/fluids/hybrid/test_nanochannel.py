"""A nanochannel between reservoirs: theory, continuum around the core, four verbs, books."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import Atomistic, Carry, LennardJones
from scalebridge.fluids.hybrid import Nanochannel, Passes, Reservoirs, slit_resistance
from scalebridge.fluids.hybrid._filling import filled
from scalebridge.ledger import Verdict
from scalebridge.study import check_bridge


def small(**options) -> Nanochannel:
    core = Atomistic(LennardJones(2.2), 0.8, 1.1, (6.8, 10.0, 6.8), closed=True)
    around = Reservoirs(10.0, 22.0, 10.0, (8.0, 22.0), 0.8, 2.2, spacing=2.0)
    given = {"most": 2, "blocks": 2, "steps_per_block": 20, "settle": 10, "equilibration": 200, **options}
    return Nanochannel(core, around, 2.0, Passes(**given))


@pytest.mark.parametrize(("length", "solved"), [(0.02, 2.573), (4.0, 8.497), (10.0, 17.497)])
def test_theory_agrees_with_finite_elements(length, solved):
    """Taylor-Hood elements, slit 2 wide between reservoirs of radius 60, viscosity 1."""
    assert slit_resistance(2.0, length, 1.0).total == pytest.approx(solved, rel=0.006)


def test_slip_lowers_the_resistance_of_the_inside():
    with_slip, without = slit_resistance(2.0, 4.0, 1.0, 1.0), slit_resistance(2.0, 4.0, 1.0)
    assert with_slip.ends == without.ends
    assert with_slip.inside == pytest.approx(without.inside / 4.0)


@pytest.mark.verify
def test_the_continuum_around_the_core_loses_what_theory_says():
    misses = []
    for deep, high in ((10.0, 20.0), (15.0, 32.0)):
        around = Reservoirs(10.0, 22.0, 10.0, (deep, high), 0.8, 2.2, spacing=1.0)
        flow = 0.8
        _, fluxes, left = around.relaxed(around.continuum.initial(), flow, 1.0, 1e-4)
        assert around.core_flow(fluxes) == pytest.approx((flow, flow), rel=1e-12)
        theory = slit_resistance(10.0, 22.0, 2.2)
        core = 12.0 * 2.2 * 10.0 / 10.0**3 * flow / 0.8  # pressure that plane Poiseuille flow takes in the core
        misses.append((1.0 - left + core) / (flow / 0.8) / theory.total - 1.0)
    # reservoirs only two and three slits high take some resistance away; larger ones come nearer
    assert -0.06 < misses[0] < misses[1] < 0.01


def test_conforms_and_keeps_its_books():
    outcome = check_bridge(small())
    assert outcome.headlines["theory"].value == pytest.approx(small().theory.total)
    assert {p.name for p in outcome.pictures} == {"field", "passes", "profile"}
    assert outcome.data["flow"].sizes == {"pass": 2}


def test_atoms_that_are_exchanged_are_booked():
    from scalebridge.parallel import SerialExecutor

    bridge = small()
    state = bridge.init(np.random.SeedSequence(1))
    with SerialExecutor() as executor:
        state = bridge.step(state, executor).state
        thin = replace(state, history=np.column_stack([state.history[:, :3], [[0.76]], state.history[:, 4:]]))
        step = bridge.step(thin, executor)
    exchanged = {e.quantity: e for e in step.entries if "exchanged" in e.quantity}
    waiting = sum(failure.inputs["waiting"] for failure in step.failures)
    came = exchanged["atoms exchanged"]
    assert came.fine == came.coarse > 0
    assert came.fine + waiting == round(0.5 * 0.05 * state.atoms.fluid.sum())
    assert len(exchanged) == 4
    assert [e.quantity for e in step.entries if e.verdict is Verdict.FAILS] == []


def test_what_is_left_of_an_atom_waits():
    bridge = small()
    state = bridge.init(np.random.SeedSequence(1))
    n, rng = state.atoms.fluid.sum(), np.random.default_rng(0)
    density = 0.8 * (1.0 - 2.0 * 0.4 / n)  # asks for 0.4 of an atom
    first = filled(bridge.atomistic, state.atoms, Carry(), density, 0.0, rng)
    second = filled(bridge.atomistic, first.atoms, first.carry, density, 0.0, rng)
    assert (first.atoms.fluid.sum(), second.atoms.fluid.sum()) == (n, n + 1)


def test_an_atom_without_a_place_waits_and_is_named():
    bridge = small()
    state = bridge.init(np.random.SeedSequence(1))
    dense = replace(bridge.atomistic, fluid=LennardJones(2.2))
    crowd = replace(state.atoms, positions=state.atoms.positions * [1.0, 0.8, 1.0])
    after = filled(dense, crowd, Carry(), 0.4, 0.0, np.random.default_rng(0))
    assert after.failures
    waiting = after.failures[0].inputs["waiting"]
    assert after.carry.rest >= waiting - 0.5
    assert after.atoms.fluid.sum() + waiting == crowd.fluid.sum() + round(0.25 * crowd.fluid.sum())


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Reservoirs(10.0, 12.0, 10.0, (14.0, 40.0), 0.8, 2.2), "to develop"),
        (lambda: Reservoirs(10.0, 22.0, 10.0, (14.0, 12.0), 0.8, 2.2), "at least twice"),
        (lambda: Reservoirs(10.2, 22.0, 10.0, (14.0, 40.0), 0.8, 2.2), "do not divide"),
        (lambda: Reservoirs(10.0, 22.0, 10.0, (14.0, 40.0), 0.8, 2.2, blunt=6.0), "blunt is 6"),
        (lambda: Reservoirs(10.0, 22.0, 10.0, (14.0, 40.0), 0.8, 2.2, blunt=0.2), "cut from its edges"),
        (lambda: slit_resistance(0.0, 1.0, 1.0), "positive width"),
        (lambda: small(blocks=0), "blocks is 0"),
        (lambda: replace(small(), drop=0.0), "pressure difference"),
        (lambda: replace(small(), atomistic=replace(small().atomistic, density=0.7)), "same fluid"),
        (lambda: replace(small(), atomistic=replace(small().atomistic, closed=False, pressure=1.0)), "wall above"),
    ],
)
def test_what_cannot_work_is_refused(make, says):
    with pytest.raises(InputError, match=says):
        make()


def test_blunt_edges_let_more_through():
    sharp = Reservoirs(10.0, 22.0, 10.0, (10.0, 20.0), 0.8, 2.2, spacing=1.0)
    blunt = replace(sharp, blunt=1.0)
    left = []
    for around in (sharp, blunt):
        _, fluxes, drop = around.relaxed(around.continuum.initial(), 0.8, 1.0, 1e-3)
        assert around.core_flow(fluxes) == pytest.approx((0.8, 0.8), rel=1e-12)
        left.append(drop)
    ends = 32.0 * 2.2 / (3.14159 * 100.0)
    # a tenth of the slit's width cut from four edges: some 20 % of what the ends of ten widths' reservoirs resist
    assert 0.08 < (left[1] - left[0]) / ends < 0.3
