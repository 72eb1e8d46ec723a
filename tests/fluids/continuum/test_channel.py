"""Flows between plates against their exact solutions; lengths, viscosity and times as in start-up of a nanochannel."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.continuum import Continuum, Flux, Liquid, Outlet, PatchValues, Periodic, Wall
from scalebridge.fluids.continuum._interface import ALL_FIELDS

HEIGHT, SPEED, NU = 50.0, 0.5, 2.6321
RHO = 0.813


def start_up(z, t):
    """Plate at z=0 set into motion (series as in the reference table B1)."""
    k = np.arange(1, 400)[:, None]
    terms = np.sin(k * np.pi * z / HEIGHT) * np.exp(-((k * np.pi / HEIGHT) ** 2) * NU * t) / k
    return SPEED * (1 - z / HEIGHT) - 2 * SPEED / np.pi * terms.sum(axis=0)


def couette(n, **liquid):
    walls = {"y-": Wall(velocity=(SPEED, 0.0, 0.0)), "y+": Wall()}
    return Continuum((10.0, HEIGHT, 10.0), (1, n, 1), Liquid(RHO, RHO * NU, **liquid), walls)


def test_start_up_of_couette_flow_has_order_two():
    errors = []
    for n in (10, 20, 40):
        fluid = couette(n)
        state, _ = fluid.step(fluid.initial(), dt=62.5)
        z = fluid.domain.grid.centres()[0, :, 0, 1]
        errors.append(np.sqrt(np.mean((state.velocity[0][0, :, 0] - start_up(z, 62.5)) ** 2)))
    assert errors[-1] < 2e-4 * SPEED
    assert np.log2(errors[0] / errors[1]) > 1.8
    assert np.log2(errors[1] / errors[2]) > 1.9


def test_start_up_table():
    # table B1 of the reference: U 0.5, H 50, nu 2.6321
    table = {12.5: (0.26882, 0.10883, 0.06166, 0.01549, 0.00103), 62.5: (0.39141, 0.29071, 0.24537, 0.16732, 0.08404)}
    fluid, z = couette(64), np.array([5.0, 10.0, 12.5, 17.5, 25.0])
    points = np.stack([0 * z + 5.0, z, 0 * z + 5.0], axis=1)
    state = fluid.initial()
    for time, row in table.items():
        state, _ = fluid.step(state, dt=time - state.time)
        np.testing.assert_allclose(fluid.fields(state, points).velocity[:, 0], row, atol=5e-4)


def test_poiseuille_flow_with_slip_is_exact():
    g, b = 0.02, 1.5
    walls = {"y-": Wall(slip_length=b), "y+": Wall()}
    fluid = Continuum((10.0, 10.0, 10.0), (1, 6, 1), Liquid(RHO, 6.0), walls, force=(g, 0.0, 0.0))
    state, _ = fluid.step(fluid.initial(), dt=150.0)
    y = fluid.domain.grid.centres()[0, :, 0, 1]
    # -mu u'' = rho g, u(0) = b u'(0), u(H) = 0
    slope = RHO * g * 100.0 / (2 * 6.0) / (10.0 + b)
    exact = slope * (y + b) - RHO * g * y**2 / (2 * 6.0)
    np.testing.assert_allclose(state.velocity[0][0, :, 0], exact, rtol=1e-8)
    _, fluxes = fluid.step(state, dt=1.0)
    assert fluxes.patches["y-"].momentum[0, 0] == pytest.approx(-6.0 * slope * 100.0, rel=1e-8)
    assert sum(f.momentum[0, 0] for f in fluxes.patches.values()) == pytest.approx(-RHO * g * 1000.0, rel=1e-8)


def test_channel_from_inlet_to_outlet_develops():
    sides = {
        "x-": Wall(velocity=(1.0, 0.0, 0.0)),
        "x+": Outlet(pressure=3.0),
        "y-": Wall(),
        "y+": Wall(),
    }
    fluid = Continuum((4.0, 1.0, 1.0), (36, 12, 1), Liquid(1.0, 0.5), sides)
    state, _ = fluid.step(fluid.initial(), dt=1.0)
    y = (np.arange(12) + 0.5) / 12
    profile = state.velocity[0][30, :, 0]
    np.testing.assert_allclose(profile, 6 * y * (1 - y), atol=0.02)
    assert profile.mean() == pytest.approx(1.0, abs=1e-13)
    gradient = np.diff(state.pressure[:, 6, 0])[22:30] * 9
    # the flow rate is that of a parabola sampled in the middle of 12 cells
    np.testing.assert_allclose(gradient[:5], -6.0 / (1 + 0.5 / 12**2), rtol=1e-3)
    ends = fluid.fields(state, [[4.0, 0.5, 0.5]])
    assert ends.pressure[0] == pytest.approx(3.0, abs=0.02)


def test_given_shear_drives_the_flow_of_a_given_speed():
    walls = {"y-": Wall(), "y+": Flux(momentum=(0.3, 0.0, 0.0))}
    fluid = Continuum((1.0, 2.0, 1.0), (1, 8, 1), Liquid(1.0, 1.5), walls)
    state, _ = fluid.step(fluid.initial(), dt=40.0)
    y = fluid.domain.grid.centres()[0, :, 0, 1]
    np.testing.assert_allclose(state.velocity[0][0, :, 0], 0.3 / 1.5 * y, rtol=1e-9)


def test_values_go_linearly_from_the_beginning_to_the_end_of_a_step():
    fluid = couette(20)
    state, fluxes = fluid.initial(), None
    given = [{"y-": PatchValues(velocity=(u, 0.0, 0.0))} for u in (0.0, 0.5)]
    one, _ = fluid.step(state, given[0], 20.0, until=given[1])
    middle = {"y-": PatchValues(velocity=(0.25, 0.0, 0.0))}
    two, fluxes = fluid.step(state, given[0], 10.0, until=middle)
    two, fluxes = fluid.step(two, middle, 10.0, until=given[1])
    np.testing.assert_allclose(one.velocity[0], two.velocity[0], atol=1e-5)
    assert two.velocity[0].max() > 0.2
    assert fluxes.substeps > 1


def test_viscous_heating_of_couette_flow():
    height, mu, conductivity, speed = 2.0, 1.5, 0.8, 3.0
    walls = {"y-": Wall(temperature=1.0), "y+": Wall(velocity=(speed, 0.0, 0.0), temperature=1.0)}
    fluid = Continuum((1.0, height, 1.0), (1, 7, 1), Liquid(1.0, mu, 2.0, conductivity), walls)
    state, _ = fluid.step(fluid.initial(), dt=30.0)
    y = fluid.domain.grid.centres()[0, :, 0, 1] / height
    exact = 1.0 + mu * speed**2 / (2 * conductivity) * y * (1 - y)
    np.testing.assert_allclose(state.temperature[0, :, 0], exact, rtol=1e-6)
    middle = fluid.fields(state, [[0.5, 1.0, 0.5]]).temperature[0] - 1.0
    assert middle == pytest.approx(mu * speed**2 / (8 * conductivity), rel=1e-6)
    _, fluxes = fluid.step(state, dt=1.0)
    out = -sum(f.energy.sum() for f in fluxes.patches.values())
    assert out == pytest.approx(mu * speed**2 / height, rel=1e-6)
    assert fluxes.sources.energy == pytest.approx(out, rel=1e-6)


def test_heat_conduction_with_a_jump_at_the_wall():
    walls = {"y-": Wall(temperature=1.0, jump_length=0.5), "y+": Wall(heat_flux=0.4)}
    fluid = Continuum((1.0, 2.0, 1.0), (1, 5, 1), Liquid(1.0, 1.0, 1.0, 0.8), walls)
    state, _ = fluid.step(fluid.initial(), dt=80.0)
    y = fluid.domain.grid.centres()[0, :, 0, 1]
    np.testing.assert_allclose(state.temperature[0, :, 0], 1.0 + 0.4 / 0.8 * (y + 0.5), rtol=1e-8)


def test_kinetic_energy_goes_into_heat():
    """Friction in the books of heat is the kinetic energy lost: total energy is kept but for the error in time."""
    sides = {side: Wall() for side in ("x-", "x+", "y-", "y+")}
    fluid = Continuum((1.0, 1.0, 1.0), (16, 16, 1), Liquid(1.0, 0.02, 1.0, 0.01), sides)
    q = 2 * np.pi

    def smooth(p):
        x, y = p[:, 0], p[:, 1]
        u = [np.sin(q / 2 * x) ** 2 * np.sin(q * y), -(np.sin(q / 2 * y) ** 2) * np.sin(q * x), 0 * x]
        return np.stack(u, axis=1)

    start = fluid.initial(velocity=smooth)

    def kinetic(state):
        share = fluid.domain.grid.share
        return sum(0.5 / 256 * (share[a] * state.velocity[a] ** 2).sum() for a in (0, 1))

    rest = []
    for dt in (0.01, 0.005):
        state, made = start, 0.0
        for _ in range(round(0.2 / dt)):
            state, fluxes = fluid.step(state, dt=dt)
            made += fluxes.sources.energy
        lost = kinetic(start) - kinetic(state)
        rest.append(abs(made - lost) / lost)
        assert fluxes.substeps == 1
    assert rest[0] < 1e-5
    assert np.log2(rest[0] / rest[1]) > 2.8


def test_fields_are_exact_for_shear_flow_up_to_the_walls():
    walls = {"y-": Wall(), "y+": Wall(velocity=(1.0, 0.0, 0.0)), "x-": Periodic(), "x+": Periodic()}
    fluid = Continuum((2.0, 1.0, 1.0), (4, 6, 1), Liquid(1.0, 0.7), walls)
    state, _ = fluid.step(fluid.initial(), dt=12.0)
    points = np.random.default_rng(0).uniform(0, 1, (50, 3)) * [2.0, 1.0, 1.0]
    points[:2, 1] = 0.0, 1.0
    fields = fluid.fields(state, points)
    np.testing.assert_allclose(fields.velocity, points[:, [1, 1, 1]] * [1.0, 0.0, 0.0], atol=1e-7)
    stress = np.zeros((50, 3, 3))
    stress[:, 0, 1] = stress[:, 1, 0] = 0.7
    np.testing.assert_allclose(fields.stress, stress, atol=1e-7)
    assert np.isnan(fluid.fields(state, [[0.5, 1.2, 0.5]]).velocity).all()
    for name in ALL_FIELDS:  # alone it is the same, and the others are not computed
        alone = fluid.fields(state, points, wanted=(name,))
        np.testing.assert_array_equal(getattr(alone, name), getattr(fields, name))
        assert all(np.isnan(getattr(alone, other)).all() for other in ALL_FIELDS if other != name)
