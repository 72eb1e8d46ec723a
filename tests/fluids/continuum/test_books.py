"""The books of every step close to round-off, whatever the geometry, the conditions and the fluid."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.continuum import (
    Characteristic,
    CompressibleFluid,
    Contents,
    Continuum,
    Flux,
    Linear,
    Liquid,
    Obstacle,
    Outlet,
    Patch,
    PatchValues,
    Periodic,
    Surface,
    Wall,
    books,
    check_continuum,
)

EOS = Linear(0.81, 1.1, 2.71, 20.9, 4.83, 2.37)


def swirl(p):
    return np.stack([1 + 0.1 * np.sin(7 * p[:, 1]), 0.1 * np.cos(5 * p[:, 0]), 0.1 * np.sin(3 * p[:, 0])], axis=1)


def box_surfaces(lower, upper, axes):
    result = {}
    for a in axes:
        for sign, level in (("-", lower[a]), ("+", upper[a])):
            low, high = list(lower), list(upper)
            low[a] = high[a] = level
            result["xyz"[a] + sign + "box"] = Surface(tuple(low), tuple(high))
    return result


def channel_with_rock(cells, **more):
    """A heated channel with inlet, outlet, slip, a moving wall, a hot obstacle and viscosity that depends on heat."""
    liquid = Liquid(1.3, lambda t: 0.3 * np.exp(-0.2 * (t - 1.0)), heat_capacity=2.0, conductivity=0.7)
    sides = {
        "x-": Wall(velocity=(1.0, 0.0, 0.0), temperature=1.0),
        "x+": Outlet(0.3, temperature=1.0),
        "y-": Wall(slip_length=0.3, temperature=1.5, jump_length=0.1),
        "y+": Wall(velocity=(0.5, 0.0, 0.1), heat_flux=0.2),
    }
    if cells[2] > 1:
        sides |= {"z-": Wall(), "z+": Wall()}
    rock = Obstacle(((0.5, 0.25, 0.0), (1.0, 0.75, 0.5)) if cells[2] > 1 else ((0.5, 0.25, 0.0), (1.0, 0.75, 1.0)))
    return Continuum((2.0, 1.0, 1.0), cells, liquid, sides, obstacles={"rock": rock}, force=(0.1, -0.2, 0.05), **more)


def worst_mismatch(fluid, state, dt, steps, boundary=None):
    worst = np.zeros(3)
    for _ in range(steps):
        after, fluxes = fluid.step(state, boundary, dt)
        worst = np.maximum(worst, books(fluid.contents(state), fluid.contents(after), fluxes).mismatch)
        state = after
    return worst, state


def divergence(fluid, state):
    grid = fluid.domain.grid
    rate = sum(np.diff(state.velocity[a], axis=a) / grid.spacing[a] for a in range(3))
    return np.abs(rate[grid.fluid]).max() * max(grid.spacing) / max(np.abs(u).max() for u in state.velocity)


@pytest.mark.parametrize("cells", [(24, 12, 1), (16, 8, 6)])
def test_incompressible_books_close_and_divergence_is_zero(cells):
    fluid = channel_with_rock(cells)
    worst, state = worst_mismatch(fluid, fluid.initial(velocity=swirl), 0.02, 5)
    assert worst.max() < 1e-13
    assert divergence(fluid, state) < 1e-14


def test_books_close_on_any_box_of_cells():
    lower, upper = (1.25, 0.25, 0.0), (1.75, 0.75, 1.0)
    fluid = channel_with_rock((24, 12, 1), surfaces=box_surfaces(lower, upper, (0, 1)))
    before = fluid.initial(velocity=swirl)
    after, fluxes = fluid.step(before, dt=0.05)
    gained = fluid.contents(after, lower, upper) - fluid.contents(before, lower, upper)
    crossed = Contents(0.0, np.zeros(3), 0.0)
    for name, flux in fluxes.surfaces.items():
        crossed = crossed - flux.total if "+" in name else crossed + flux.total
    pushed = 1.3 * 0.25 * 0.05 * np.array([0.1, -0.2, 0.05])
    made = fluxes.made[15:21, 3:9].sum()
    assert gained.mass == pytest.approx(crossed.mass, abs=1e-15)
    np.testing.assert_allclose(gained.momentum, crossed.momentum + pushed, atol=1e-14)
    assert gained.energy == pytest.approx(crossed.energy + made, abs=1e-13)


def test_large_grids_use_conjugate_gradients_and_still_close(monkeypatch):
    monkeypatch.setattr("scalebridge.fluids.continuum._pressure._DIRECT", {1: 0, 2: 0, 3: 0})
    fluid = channel_with_rock((24, 12, 1))
    worst, state = worst_mismatch(fluid, fluid.initial(velocity=swirl), 0.02, 2)
    assert worst.max() < 1e-12
    assert divergence(fluid, state) < 1e-12


@pytest.mark.parametrize("conductivity", [None, 6.66])
def test_compressible_books_close(conductivity):
    gas = CompressibleFluid(EOS, 0.81, 1.1, 2.2, 1.0, conductivity)
    sides = {
        "x-": Wall(velocity=(0.0, 0.1, 0.0), temperature=1.2 if conductivity else None),
        "x+": Characteristic(),
        "y-": Wall(slip_length=0.3),
        "y+": Flux(mass=0.01, momentum=(0.1, 0.0, 0.0), energy=0.02),
    }
    rock = Obstacle(((5.0, 3.0, 0.0), (8.0, 6.0, 1.0)))
    fluid = Continuum((20.0, 10.0, 1.0), (20, 10, 1), gas, sides, obstacles={"r": rock}, force=(0.01, 0.02, 0.0))
    start = fluid.initial(
        velocity=lambda p: 0.05 * np.sin(p) * [1, 1, 0], density=lambda p: 0.81 + 0.02 * np.sin(p[:, 0])
    )
    worst, _ = worst_mismatch(fluid, start, 0.1, 10)
    assert worst.max() < 1e-13


def test_total_energy_of_the_compressible_fluid_on_a_box_of_cells():
    gas = CompressibleFluid(EOS, 0.81, 1.1, 2.2, 1.0, 6.66)
    lower, upper = (4.0, 2.0, 0.0), (9.0, 7.0, 1.0)
    sides = {side: Periodic() for side in ("x-", "x+")} | {"y-": Wall(), "y+": Wall(velocity=(0.3, 0.0, 0.0))}
    surfaces = box_surfaces(lower, upper, (0, 1))
    fluid = Continuum((20.0, 10.0, 1.0), (20, 10, 1), gas, sides, surfaces=surfaces, force=(0.01, 0.02, 0.0))
    before = fluid.initial(velocity=lambda p: 0.05 * np.sin(p) * [1, 1, 0])
    after, fluxes = fluid.step(before, dt=0.3)
    gained = fluid.contents(after, lower, upper) - fluid.contents(before, lower, upper)
    crossed = sum(f.total.energy * (-1 if "+" in n else 1) for n, f in fluxes.surfaces.items())
    assert gained.energy == pytest.approx(crossed + fluxes.made[4:9, 2:7].sum(), abs=1e-12 * abs(gained.energy) + 1e-12)


def test_flux_that_is_handed_over_enters_literally():
    sides = {"y-": Wall(), "y+": Flux(), "x-": Periodic(), "x+": Periodic()}
    fluid = Continuum((2.0, 1.0, 1.0), (4, 8, 1), Liquid(1.0, 1.0, 1.0, 1.0), sides)
    shear = np.linspace(0.1, 0.4, 4)
    given = PatchValues(momentum=np.stack([shear, 0 * shear, 2 * shear], axis=1), energy=-shear)
    _, fluxes = fluid.step(fluid.initial(), {"y+": given}, 0.03)
    area = fluid.patches["y+"].area
    np.testing.assert_allclose(fluxes.patches["y+"].momentum[:, 2], 0.03 * area * 2 * shear, rtol=1e-13)
    # the halves of a face belong to the velocities on both sides, their sum is exact
    np.testing.assert_allclose(fluxes.patches["y+"].momentum[:, 0], 0.03 * area * shear, rtol=1e-13)
    np.testing.assert_allclose(fluxes.patches["y+"].energy, -0.03 * area * shear, rtol=1e-13)


def test_a_total_energy_that_is_handed_over_ends_as_heat_and_motion():
    """Whatever the shear does, heat and motion together gain what was given, to the order of the scheme in time."""
    sides = {"y-": Flux(), "y+": Wall()}
    fluid = Continuum((1.0, 3.0, 1.0), (1, 12, 1), Liquid(1.0, 1.0, 1.0, 1.0), sides)
    start = fluid.initial(velocity=lambda p: np.stack([p[:, 1] ** 2, 0 * p[:, 1], np.sin(p[:, 1])], axis=1))

    def motion(state):
        x, _, z = state.velocity
        return 0.5 * 0.25 * float(np.sum(x[:1] ** 2) + np.sum(z[..., :1] ** 2))

    misses = []
    for parts in (32, 64, 128):
        state, given = start, 0.0
        for i in range(parts):
            shear = 5.0 * np.sin(40.0 * np.array([i, i + 1]) / parts)
            push = [PatchValues(momentum=(s, 0.0, -s), total_energy=2.0 + s) for s in shear]
            state, fluxes = fluid.step(state, {"y-": push[0]}, 0.08 / parts, until={"y-": push[1]})
            given += sum(f.total.energy for f in fluxes.patches.values())
        gain = fluid.contents(state).energy - fluid.contents(start).energy + motion(state) - motion(start)
        misses.append(abs(gain - given) / abs(given))
    assert misses[-1] < 1e-3
    assert np.log2(misses[1] / misses[2]) > 2.7


def test_hole_with_values_from_outside_and_balance():
    hole = Obstacle(((0.4, 0.4, 0.0), (0.6, 0.6, 1.0)))
    sides = {side: Wall() for side in ("x-", "x+", "y-", "y+")}
    inlet = Patch((0.0, 0.3, 0.0), (0.0, 0.7, 1.0), Wall(velocity=(0.2, 0.0, 0.0)))
    fluid = Continuum(
        (1.0, 1.0, 1.0),
        (20, 20, 1),
        Liquid(1.0, 0.1),
        sides,
        obstacles={"md": hole},
        patches={"in": inlet},
        balance=["md"],
    )
    rng = np.random.default_rng(1)
    given = {"md": PatchValues(velocity=0.1 * rng.normal(size=(len(fluid.patches["md"]), 3)))}
    start = fluid.initial()
    after, fluxes = fluid.step(start, given, 0.1)
    assert fluxes.correction != 0.0
    assert abs(sum(f.mass.sum() for f in fluxes.patches.values())) < 1e-16
    assert fluxes.patches["in"].mass.sum() == pytest.approx(0.2 * 0.4 * 0.1, rel=1e-12)
    assert max(books(fluid.contents(start), fluid.contents(after), fluxes).mismatch) < 1e-13


def test_one_cell_wide_and_touching_obstacles():
    mask = np.zeros((12, 12, 1), bool)
    mask[3, 2:9], mask[4:8, 8], mask[8, 9], mask[0, 5], mask[11, 5] = True, True, True, True, True
    sides = {side: Periodic() for side in ("x-", "x+", "y-", "y+")}
    fluid = Continuum(
        (1.0, 1.0, 1.0), (12, 12, 1), Liquid(1.0, 0.1), sides, obstacles={"maze": Obstacle(mask)}, force=(1.0, 0.3, 0.0)
    )
    worst, state = worst_mismatch(fluid, fluid.initial(), 0.02, 3)
    assert worst.max() < 1e-13
    assert divergence(fluid, state) < 1e-13


def test_the_interface_is_kept():
    check_continuum(channel_with_rock((12, 8, 1)), 0.02)
    check_continuum(Continuum((1.0, 1.0, 1.0), (1, 6, 1), Liquid(1.0, 1.0), {"y-": Wall(), "y+": Wall()}), 0.1)
