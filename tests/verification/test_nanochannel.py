"""A reservoir, a nanochannel, a reservoir: the hybrid against theory and against molecular dynamics of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.atomistic import Atomistic, Crystal, LennardJones
from scalebridge.fluids.hybrid import Nanochannel, Passes, Reservoirs
from scalebridge.fluids.hybrid._passes import conductance
from scalebridge.ledger import Verdict
from scalebridge.parallel import SerialExecutor
from support.full_slit import FullSlit

pytestmark = pytest.mark.verify

VISCOSITY, DENSITY, HEIGHT, WIDTH = 2.213, 0.81, 10.5, 10.0  # crystal to crystal; of the continuum's slit
CELL = Crystal().cell


def core(cells: int = 4) -> Atomistic:
    return Atomistic(LennardJones(2.2), DENSITY, 1.1, (cells * CELL, HEIGHT, 4 * CELL), closed=True)


def carry_out(bridge, seed):
    """The last state; no entry fails and no atom is lost."""
    state, broken, exchanged = bridge.init(np.random.SeedSequence(seed)), [], 0
    atoms = state.atoms.fluid.sum()
    with SerialExecutor() as executor:
        while not bridge.done(state):
            step = bridge.step(state, executor)
            state = step.state
            broken += [e for e in step.entries if e.verdict is Verdict.FAILS]
            exchanged += round(sum(e.coarse for e in step.entries if e.quantity == "atoms exchanged"))
            print(state.passes, np.round(state.history[-1], 4), bridge.resistance(state), flush=True)
    assert broken == []
    assert state.atoms.fluid.sum() - atoms == exchanged  # net residual: no atom
    return state


def slip(bridge, state):
    """Slip length at the edge of the continuum's slit, from the middle of the atoms' profile, and its error.

    The profile is u = c0 - c2 (y - H/2)^2, its curvature that of the known viscosity. The error is that of flow over
    force, which goes with 1 + 6 b / w.
    """
    counted = len(state.conductance) // bridge.passes.blocks
    count, momentum = state.profile[:-1].T
    y = (np.arange(len(count)) - 2 + 0.5) * bridge.cell.bin_width - HEIGHT / 2.0
    inner = np.abs(y) < HEIGHT / 2.0 - 3.0
    c2 = DENSITY * state.history[-counted:, 0].mean() / (2.0 * VISCOSITY)
    c0 = np.average(momentum[inner] / count[inner] + c2 * y[inner] ** 2)
    length = (c0 / c2 - WIDTH**2 / 4.0) / WIDTH
    k = conductance(state.conductance, state.conductance, bridge.cell.correlated(VISCOSITY))
    return length, k.error / k.value * (WIDTH / 6.0 + length)


@pytest.fixture(scope="module")
def slip_length():
    """Of this fluid on this wall, from a run of its own."""
    around = Reservoirs(WIDTH, 24.0, 12.0, (12.0, 24.0), DENSITY, VISCOSITY, spacing=1.0)
    bridge = Nanochannel(core(), around, 2.0, Passes(0.005, 40))
    found, error = slip(bridge, carry_out(bridge, 7))
    print(f"slip length {found:.3f} +- {error:.3f} at a width of {WIDTH:g}")
    assert error < 0.1
    assert -2.0 * error <= found < 1.0  # the continuum's slit was chosen a little narrower than the fluid's
    return found, error


def test_resistance_of_ends_and_channel(slip_length):
    around = Reservoirs(WIDTH, 24.0, 12.0, (20.0, 44.0), DENSITY, VISCOSITY, slip_length[0], 1.0)
    bridge = Nanochannel(core(), around, 2.0, Passes(0.015, 16))
    found, theory = bridge.resistance(carry_out(bridge, 8)), bridge.theory
    print(f"resistance {found}; theory {theory.total:.4f}, of which {theory.ends:.4f} is of the ends")
    assert found.error < 0.02 * found.value
    assert theory.ends > 0.2 * theory.total  # so that the ends are tested
    assert abs(found.value / theory.total - 1.0) <= 0.05


DROP = 1.5


def around_whole(slip: float, blunt: float) -> Reservoirs:
    """Walls are where the crystal's surfaces are; its period is 24.12, not 24."""
    return Reservoirs(HEIGHT, 13.5, 3.0, (9.0, 24.0), DENSITY, VISCOSITY, slip, spacing=0.375, blunt=blunt)


@pytest.fixture(scope="module")
def edges(slip_length):
    """Slip at the crystal's surfaces, how blunt its edges are, and errors of slip and of the ends' resistance.

    Like slip, this is measured: in a slit that is hardly more than its ends, by molecular dynamics of the whole.
    """
    b, noise = slip_length
    # the same parabola, with its walls elsewhere
    slip = max((WIDTH**2 / 4.0 + b * WIDTH - HEIGHT**2 / 4.0) / HEIGHT, 0.0)
    short = FullSlit(HEIGHT, 4, 16, 9.0)
    real, density = short.resistance(1.0, 5, 80_000, 8_000)
    inside = 12.0 * VISCOSITY / (HEIGHT**3 * (1.0 + 6.0 * slip / HEIGHT))
    ends, found = real.value - inside * short.length, {}
    for blunt in (0.0, 0.375, 0.75, 1.125):
        around = around_whole(slip, blunt)
        flow = 0.05 * DENSITY  # slow, as the theory is
        _, _, left = around.relaxed(around.continuum.initial(), flow, 0.05)
        found[blunt] = (0.05 - left) / (flow / DENSITY) - inside * (around.length - around.core)
    print(f"ends {ends:.4f} +- {real.error:.4f} at density {density:.4f}; by edges {found}")
    assert abs(density / DENSITY - 1.0) < 0.01
    blunt = min(found, key=lambda c: abs(found[c] - ends))
    assert 0.0 < blunt < 1.125  # an edge of about an atom
    return slip, blunt, noise * WIDTH / HEIGHT, float(np.hypot(real.error, found[blunt] - ends))


def test_agrees_with_molecular_dynamics_of_the_whole(edges):
    slip, blunt, slip_noise, ends_noise = edges
    whole = FullSlit(HEIGHT, 16, 16, 9.0)
    real, density = whole.resistance(DROP, 3, 100_000, 8_000)
    around = around_whole(slip, blunt)
    bridge = Nanochannel(core(), around, DROP, Passes(0.005, 40))
    found = bridge.resistance(carry_out(bridge, 9))
    # the continuum's slit is 13.5 long, the crystal's 16 half cells
    found_value = found.value + (whole.length - 13.5) * bridge.theory.inside / 13.5
    # where the slit is the continuum's, resistance goes with 1 / (1 + 6 b / w)
    outside = (1.0 - around.core / around.length) * bridge.theory.inside
    error = float(np.linalg.norm([found.error, outside * 6.0 * slip_noise / (HEIGHT + 6.0 * slip), ends_noise]))
    print(f"hybrid {found_value:.4f} +- {error:.4f}; whole {real}; density of its reservoirs {density:.4f}")
    assert abs(density / DENSITY - 1.0) < 0.01
    assert max(real.error, error) < 0.02 * found_value
    assert real.agrees(found_value, error)
