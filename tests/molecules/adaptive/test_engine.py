"""The compiled loops that carry molecules on, against the engine; thermostats that spare the atomistic region."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.molecules.adaptive import (
    AdaptiveForces,
    AdaptiveResolution,
    Bonds,
    CoarsePairs,
    Dynamics,
    Molecules,
    NativeEngine,
    SitePairs,
    Slab,
    _forces,
    engine_of,
)
from scalebridge.molecules.adaptive._engine import GAS, OpenMMEngine
from scalebridge.molecules.adaptive._openmm import molecules_of, put_together, take
from scalebridge.molecules.potentials import LennardJones
from scalebridge.molecules.reference import water

mm = pytest.importorskip("openmm")

PLAIN = Dynamics(300.0, 0.001, 0.0, platform="Reference")


@pytest.fixture(params=[1, 4])
def pieces(request, monkeypatch):
    """Pieces of work, which threads share; so few atoms would be one."""
    monkeypatch.setattr(_forces, "ATOMS", 10 if request.param > 1 else 10_000)
    return request.param


def rigid_water():
    liquid = water(200, cutoff=0.5, electrostatics="reaction-field")
    taken = take(liquid.system, *molecules_of(liquid.topology))

    def engine(platform, **how):
        forces = AdaptiveForces(taken.molecules, taken.sites, CoarsePairs.none(1), None, single=False)
        system = put_together(liquid.system, taken, forces)
        return engine_of(system, forces, Dynamics(300.0, **how, platform=platform), 3)

    return liquid.positions, engine


def test_rigid_water_moves_as_in_the_engine(pieces):
    x, engine = rigid_water()
    own = engine("auto", timestep=0.001, friction=0.0)
    assert isinstance(own, NativeEngine)
    own.start(x, None, 4)
    start = list(own.state())
    # the engine keeps the whole at rest
    start[1] = start[1] - own._mass @ start[1] / own._mass.sum()
    own.start(*start, 4)
    other = engine("Reference", timestep=0.001, friction=0.0)
    assert isinstance(other, OpenMMEngine)
    other.start(*start, 4)
    energies = []
    for each in (own, other):
        each.step(20)
        energies.append(each.energy())
    found, expected = own.state(), other.state()
    # the engine holds lengths to 1e-5
    np.testing.assert_allclose(found[0], expected[0], rtol=0, atol=2e-6)
    np.testing.assert_allclose(found[1], expected[1], rtol=0, atol=2e-3)
    np.testing.assert_allclose(energies[0], energies[1], rtol=2e-5)
    sides = np.linalg.norm(found[0][1::3] - found[0][::3], axis=1)
    np.testing.assert_allclose(sides, 0.1, rtol=1e-9)


def test_energy_of_rigid_water_is_kept_to_second_order():
    # repulsion and a reaction field alone: energies and forces without jumps at their cutoffs
    liquid = water(200, cutoff=0.5, electrostatics="reaction-field")
    taken = take(liquid.system, *molecules_of(liquid.topology))
    p = taken.sites
    least = np.where(p.b > 0.0, (2.0 * p.a / np.maximum(p.b, 1e-300)) ** (1.0 / 6.0), 0.5)
    sites = replace(p, cutoff=least, shift=p.a / least**12 - p.b / least**6)
    forces = AdaptiveForces(taken.molecules, sites, CoarsePairs.none(1), None, single=False)
    system = put_together(liquid.system, taken, forces)
    settled = engine_of(system, forces, Dynamics(300.0, 0.001, 20.0), 3)
    settled.start(liquid.positions, None, 4)
    settled.step(400)
    start, scatter = settled.state(), []
    for timestep in (0.002, 0.001, 0.0005):
        own = engine_of(system, forces, Dynamics(300.0, timestep, 0.0), 3)
        own.start(*start, 4)
        energies = []
        for _ in range(round(0.1 / timestep)):
            own.step(1)
            energies.append(sum(own.energy()))
        scatter.append(np.std(energies))
    assert 12.0 < scatter[0] / scatter[2] < 20.0


def chains():
    """Pairs of bonded atoms on a lattice, without other forces."""
    first = np.stack(np.meshgrid(*[np.arange(6)] * 3, indexing="ij"), -1).reshape(-1, 3) + 0.3
    x = np.stack([first, first + np.array([0.52, 0.0, 0.0])], axis=1).reshape(-1, 3)
    nothing = SitePairs.lennard_jones(np.ones(1), np.zeros(1), 0.3)
    return Molecules.alike(216, [1.0, 3.0], [0, 0]), nothing, x


def test_bonds_move_as_in_the_engine(pieces):
    molecules, nothing, x = chains()
    box = np.full(3, 6.0)
    forces = AdaptiveForces(molecules, nothing, CoarsePairs.none(1), None, single=False)
    assert forces.pieces == pieces
    # in whatever order they come
    atoms = np.random.default_rng(1).permutation(np.arange(432).reshape(-1, 2))
    own = NativeEngine(molecules.mass, box, forces, PLAIN, 1, bonds=Bonds(atoms, np.full(216, 0.5), np.full(216, 4e3)))
    own.start(x, None, 2)
    system = mm.System()
    force = mm.CustomBondForce("1000*(r*r-0.25)^2")
    for i, mass in enumerate(molecules.mass):
        system.addParticle(mass)
        if i % 2:
            force.addBond(i - 1, i, [])
    system.addForce(force)
    other = mm.Context(system, mm.VerletIntegrator(0.001), mm.Platform.getPlatformByName("Reference"))
    other.setPositions(x)
    other.setVelocities(own.state()[1])
    own.step(50)
    other.getIntegrator().step(50)
    state = other.getState(positions=True, energy=True)
    np.testing.assert_allclose(own.state()[0], state.getPositions(asNumpy=True)._value, rtol=0, atol=1e-9)
    assert own.energy() == pytest.approx((state.getKineticEnergy()._value, state.getPotentialEnergy()._value), rel=1e-9)


def gas(thermostat, friction=5.0, **options):
    """A Lennard-Jones fluid that is ideal outside a slab, by interpolated forces."""
    box = np.array([9.0, 6.0, 6.0])
    grid = np.stack(np.meshgrid(np.arange(9), np.arange(6), np.arange(6), indexing="ij"), -1).reshape(-1, 3)
    sites = SitePairs.lennard_jones(np.array([0.8]), np.array([1.0]), 1.2, shifted=True)
    molecules = Molecules.alike(len(grid), [1.0], np.array([0]))
    forces = AdaptiveForces(
        molecules, sites, CoarsePairs.none(1), Slab((4.5, 3.0, 3.0), 1.2, 1.5), single=False, **options
    )
    how = Dynamics(1.0 / GAS, 0.005, friction, thermostat=thermostat)
    engine = NativeEngine(molecules.mass, box, forces, how, 7)
    engine.start(grid + 0.5, None, 3)
    return forces, engine


def test_a_thermostat_outside_leaves_the_atomistic_region_alone():
    # without forces the atomistic molecules go straight on, those elsewhere do not
    forces, engine = gas("outside")
    quiet = SitePairs.lennard_jones(np.array([0.8]), np.zeros(1), 1.2)
    forces = AdaptiveForces(forces.molecules, quiet, CoarsePairs.none(1), forces.region, single=False)
    how, x = Dynamics(1.0 / GAS, 0.005, 5.0, thermostat="outside"), engine.state()[0]
    engine = NativeEngine(forces.molecules.mass, np.array([9.0, 6.0, 6.0]), forces, how, 7)
    engine.start(x, None, 3)
    before, (_, v) = forces.last.resolution, engine.state()
    engine.step(4)
    inside = (before == 1.0) & (forces.last.resolution == 1.0)
    outside = (before < 1.0) & (forces.last.resolution < 1.0)
    now = engine.state()[1]
    assert inside.sum() > 50
    np.testing.assert_array_equal(now[inside], v[inside])
    assert (np.abs(now[outside] - v[outside]).min(axis=1) > 0.0).all()


@pytest.mark.verify
def test_temperature_is_right_everywhere():
    # interpolated forces heat the fluid; a thermostat in the hybrid and coarse parts alone keeps all of it right
    _, engine = gas("outside", 30.0, scheme="force", cap=0.5)
    engine.step(4000)
    sums = np.zeros((3, 2))
    blocks = []
    for _ in range(20):
        for _ in range(100):
            engine.step(10)
            v2 = (engine.state()[1] ** 2).mean(axis=1)
            part = np.digitize(engine._forces.last.resolution, [1e-12, 1.0])
            for k in range(3):
                sums[k] += v2[part == k].sum(), (part == k).sum()
        blocks.append(sums[:, 0] / sums[:, 1])
        sums[:] = 0.0
    mean, error = np.mean(blocks, axis=0), np.std(blocks, axis=0, ddof=1) / np.sqrt(len(blocks))
    print(mean, error)
    assert (np.abs(mean - 1.0) < 4.0 * error + 0.01).all()
    assert (error < 0.02).all()


def test_what_the_loops_cannot_carry_is_said():
    liquid = water(200, cutoff=0.5, electrostatics="reaction-field")
    region, beads = Slab((0.9, 0.9, 0.9), 0.2, 0.6), {"HOH": LennardJones(0.28, 0.65, 0.3143, "energy")}
    system = liquid.system
    spring = mm.HarmonicBondForce()
    spring.addBond(0, 30, 0.3, 10.0)
    system.addForce(spring)
    adaptive = AdaptiveResolution(system, liquid.topology, region, beads)
    for how in (Dynamics(platform="native"), Dynamics(thermostat="outside")):
        with pytest.raises(InputError, match="HarmonicBondForce"):
            engine_of(adaptive.system, adaptive.forces, how, 1)
    with pytest.raises(InputError, match="known are 'everywhere' and 'outside'"):
        Dynamics(thermostat="inside")  # type: ignore[arg-type]


def test_bonds_between_molecules_are_refused():
    molecules, nothing, _ = chains()
    forces = AdaptiveForces(molecules, nothing, CoarsePairs.none(1), None)
    bonds = Bonds(np.array([[0, 1], [3, 4]]), np.full(2, 0.5), np.full(2, 4e3))
    with pytest.raises(InputError, match=r"bond of atoms \[3, 4\] is between molecules"):
        NativeEngine(molecules.mass, np.full(3, 6.0), forces, PLAIN, 1, bonds=bonds)


def test_a_run_that_blows_up_says_so():
    x, engine = rigid_water()
    own = engine("native", timestep=0.2, friction=0.0)
    own.start(x, None, 4)
    with pytest.raises(ConvergenceError, match=r"shorter time step than 0\.2 ps"):
        own.step(20)


@pytest.mark.parametrize("friction", [0.0, 5.0])
def test_the_same_seed_gives_the_same_run(friction):
    found = []
    for parts in ((24,), (3, 16, 5)):
        _, engine = gas("everywhere", friction, cap=0.5)
        for count in parts:
            engine.step(count)
        found.append(engine.state()[0])
    np.testing.assert_array_equal(found[0], found[1])
