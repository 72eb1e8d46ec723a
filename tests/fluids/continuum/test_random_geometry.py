"""Random obstacles, conditions and fluids: the books close, nothing blows up at the longest stable step."""

from __future__ import annotations

import numpy as np
import pytest

from scalebridge.fluids.continuum import Continuum, Flux, Liquid, Obstacle, Outlet, PatchValues, Periodic, Wall, books


def random_sides(rng, closed):
    sides = {}
    for name in "xyz":
        if rng.uniform() < 0.3:
            sides |= {name + "-": Periodic(), name + "+": Periodic()}
            continue
        for sign in "-+":
            u, slip = tuple(0.3 * rng.normal(size=3)), float(rng.choice([0.0, 0.2, 1e6]))
            u = tuple(0.0 if "xyz"[a] == name else u[a] for a in range(3))
            kinds = [Wall(u, slip, temperature=1.3), Wall(u, heat_flux=0.3), Flux(momentum=u, energy=0.2)]
            kinds += [] if closed else [Outlet(float(rng.normal()), temperature=1.1)]
            sides[name + sign] = kinds[rng.integers(len(kinds))]
    return sides


def random_box(seed, closed=False):
    rng = np.random.default_rng(seed)
    cells = tuple(int(n) for n in rng.integers(1, 7, 3))
    mask = rng.uniform(size=cells) < 0.25
    mask[tuple(rng.integers(0, n) for n in cells)] = False
    obstacles = {"rocks": Obstacle(mask, Wall(temperature=2.0))} if mask.any() else {}
    size = tuple(rng.uniform(0.5, 2.0, 3))
    liquid = Liquid(1.3, 0.4, 2.0, 0.3)
    force = tuple(rng.normal(size=3))
    return Continuum(size, cells, liquid, random_sides(rng, closed), obstacles=obstacles, force=force)


@pytest.mark.parametrize("seed", range(12))
def test_books_close_and_nothing_blows_up(seed):
    fluid = random_box(seed)
    rng = np.random.default_rng(seed + 100)
    state = fluid.initial(velocity=lambda p: rng.normal(size=(len(p), 3)))
    dt = fluid.stable_step(state)
    for _ in range(15):
        after, fluxes = fluid.step(state, dt=2.0 * dt)
        assert max(books(fluid.contents(state), fluid.contents(after), fluxes).mismatch) < 1e-11
        state = after
    assert max(np.abs(u).max() for u in state.velocity) < 20.0
    assert state.temperature[fluid.domain.grid.fluid].min() > 0.0


@pytest.mark.parametrize("seed", range(6))
def test_kinetic_energy_only_falls_between_walls_at_rest(seed):
    rng = np.random.default_rng(seed)
    mask = rng.uniform(size=(9, 8, 3)) < 0.3
    sides = {
        side: Wall(slip_length=float(rng.choice([0.0, 0.1, 1e6]))) for side in ("x-", "x+", "y-", "y+", "z-", "z+")
    }
    fluid = Continuum((0.9, 0.8, 0.3), mask.shape, Liquid(1.0, 1.0), sides, obstacles={"rocks": Obstacle(mask)})
    state = fluid.initial(velocity=lambda p: 0.1 * rng.normal(size=(len(p), 3)))

    def kinetic(state):
        return sum(float((fluid.domain.grid.share[a] * state.velocity[a] ** 2).sum()) for a in range(3))

    last = first = kinetic(state)
    for _ in range(30):
        state, _ = fluid.step(state, dt=fluid.stable_step(state) * 0.999)
        assert kinetic(state) <= last * (1 + 1e-12)
        last = kinetic(state)
    assert last < 0.5 * first


def test_two_halves_that_exchange_velocity_and_flux_are_one_fluid():
    """The lower half takes the upper one's velocity, the upper one the lower one's momentum and energy."""
    liquid, n = Liquid(0.8, 2.0, 1.5, 1.2), 10
    hot, cold = Wall(velocity=(1.0, 0.0, 0.0), temperature=2.0), Wall(temperature=1.0)
    whole = Continuum((1.0, 2.0, 1.0), (1, 2 * n, 1), liquid, {"y-": hot, "y+": cold})
    lower = Continuum((1.0, 1.0, 1.0), (1, n, 1), liquid, {"y-": hot, "y+": Wall(temperature=1.0)})
    upper = Continuum((1.0, 1.0, 1.0), (1, n, 1), liquid, {"y-": Flux(), "y+": cold})
    one, low, high = whole.initial(), lower.initial(), upper.initial()
    # friction between the last lower and the first upper place, as between neighbours
    dt, outside, residual = 0.0005, np.zeros(3), np.zeros(3)
    before = lower.contents(low).momentum + upper.contents(high).momentum
    for _ in range(400):
        u = np.array([0.5 * (low.velocity[0][0, -1, 0] + high.velocity[0][0, 0, 0]), 0.0, 0.0])
        t = 0.5 * (low.temperature[0, -1, 0] + high.temperature[0, 0, 0])
        low, down = lower.step(low, {"y+": PatchValues(velocity=u, temperature=t)}, dt)
        flux = {"momentum": -down.patches["y+"].momentum / dt, "energy": -down.patches["y+"].energy / dt}
        high, up = upper.step(high, {"y-": PatchValues(**flux)}, dt)
        outside += down.patches["y-"].momentum[0] + up.patches["y+"].momentum[0]
        residual += down.patches["y+"].momentum[0] + up.patches["y-"].momentum[0]
    one, _ = whole.step(one, dt=400 * dt)
    after = lower.contents(low).momentum + upper.contents(high).momentum
    assert abs(residual[0]) < 1e-13
    assert after[0] - before[0] == pytest.approx(outside[0], rel=1e-12)
    joined = np.concatenate([low.velocity[0][0, :, 0], high.velocity[0][0, :, 0]])
    np.testing.assert_allclose(joined, one.velocity[0][0, :, 0], atol=0.01)
    warm = np.concatenate([low.temperature[0, :, 0], high.temperature[0, :, 0]])
    np.testing.assert_allclose(warm, one.temperature[0, :, 0], atol=0.01)
