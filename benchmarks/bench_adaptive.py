"""Adaptive resolution of water: the kernel against the engine, adaptive against all atoms, and Amdahl."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from benchmarks import Figure
from benchmarks._measure import Cost, measure
from benchmarks.bench_coarse_water import POTENTIAL
from scalebridge.molecules.adaptive import (
    AdaptiveForces,
    AdaptiveResolution,
    Bonds,
    CoarsePairs,
    Costs,
    Dynamics,
    Liquid,
    Molecules,
    NativeEngine,
    SitePairs,
    Slab,
    Sphere,
    engine_of,
    predicted_speed_up,
)
from scalebridge.molecules.adaptive._engine import new_context
from scalebridge.molecules.adaptive._liquid import equilibrate
from scalebridge.molecules.adaptive._openmm import put_together
from scalebridge.molecules.dynamics._tables import pair_tables
from scalebridge.molecules.potentials import LennardJones, Spline

MOLECULES, REPEATS = 530, (4, 2, 2)
TETRAHEDRA = 798
CASES = ((0.9, Sphere((0.0, 0.0, 0.0), 1.0, 1.0)), (1.2, Sphere((0.0, 0.0, 0.0), 0.8, 1.2)))
STEPS = 20


def run() -> Figure:
    """Milliseconds of a step and of an evaluation, for a short and a long cutoff."""
    rows: list[tuple[str, float, float]] = []
    ratios: dict[str, float] = {}
    made = equilibrate(Liquid(MOLECULES, REPEATS).cube(), Dynamics(), 1.0, 0.1, 1).positions
    for cutoff, region in CASES:
        more, others = _case(cutoff, region, made)
        rows += [(f"cutoff {cutoff} nm, {name}", 1e3 * cost.cpu, 1e3 * cost.wall) for name, cost in more.items()]
        ratios |= {f"cutoff {cutoff} nm, {name}": value for name, value in others.items()}
    more = _tetrahedra()
    rows += [(name, 1e3 * cost.cpu, 1e3 * cost.wall) for name, cost in more.items()]
    ratios["million atom-steps per CPU second, tetrahedra"] = 1e-6 * 4 * TETRAHEDRA / more["tetrahedra, adaptive"].cpu
    return Figure(
        title=f"Water, {MOLECULES * int(np.prod(REPEATS))} molecules, a ball of 13 % of the box atomistic or hybrid",
        columns=("what", "CPU ms", "wall ms"),
        rows=rows,
        ratios=ratios,
        notes="Water: 2 fs, Langevin, rigid. Tetrahedra: leapfrog. Lists of neighbours included; one thread.",
    )


def _case(cutoff: float, region: Sphere, positions: np.ndarray) -> tuple[dict[str, Cost], dict[str, float]]:
    liquid = Liquid(MOLECULES, REPEATS, cutoff)
    cube = Liquid(MOLECULES, REPEATS).cube()
    atoms = liquid.whole(cube, positions)
    beads = {"HOH": water_bead()}
    adaptive = AdaptiveResolution(atoms.system, atoms.topology, region, beads, cap=0.12)
    x, taken = atoms.positions, adaptive._taken

    def uniform(resolution: float) -> AdaptiveForces:
        return AdaptiveForces(taken.molecules, taken.sites, adaptive._coarse, None, uniform=resolution)

    one, two, crude, plain = _evaluations(atoms.system, taken, adaptive, x)
    costs = {
        "step, all atoms: OpenMM": _step(atoms.system, x),
        "step, all atoms: compiled loops": _own_step(atoms.system, taken, uniform(1.0), x),
        "step, all beads: compiled loops": _own_step(atoms.system, taken, uniform(0.0), x),
        "step, adaptive: compiled loops": _own_step(atoms.system, taken, adaptive.forces, x),
        "step, adaptive: OpenMM with this kernel": _step(adaptive.system, x),
        "forces, all atoms: OpenMM's NonbondedForce": plain,
        "forces, all atoms: this kernel, 1 thread": one,
        "forces, all atoms: this kernel, 2 threads": two,
        "forces, all beads: this kernel, 1 thread": crude,
    }
    engine, fine, coarse, mixed, in_engine = (cost.cpu for cost in list(costs.values())[:5])
    # of a step, what the evaluation of forces is not
    own, rest = max(fine - one.cpu, 0.0), max(engine - plain.cpu, 0.0)
    loops = predicted_speed_up(region, adaptive.box, cutoff + 0.16, Costs(one.cpu, coarse - own, own))
    same = predicted_speed_up(region, adaptive.box, cutoff + 0.16, Costs(one.cpu, crude.cpu, rest, plain.cpu))
    return costs, {
        "OpenMM's NonbondedForce / this kernel, all atoms": plain.cpu / one.cpu,
        "OpenMM: all atoms / adaptive with this kernel": engine / in_engine,
        "OpenMM: predicted / measured": same / (engine / in_engine),
        "compiled loops: all atoms / adaptive": fine / mixed,
        "compiled loops: predicted / measured": loops / (fine / mixed),
        "OpenMM with all atoms / compiled loops, adaptive": engine / mixed,
        "one thread / two threads, wall": one.wall / two.wall,
    }


def _tetrahedra() -> dict[str, Cost]:
    """Steps without thermostat of a liquid like that of Potestio et al. 2013: tetrahedra of repulsive spheres."""
    rng = np.random.default_rng(3)
    box = np.array([36.845, 15.0, 15.0])
    grid = np.stack(np.meshgrid(*[np.arange(n) for n in (19, 7, 6)], indexing="ij"), -1).reshape(-1, 3)
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(8.0)
    places = (grid + 0.5) * box / (19, 7, 6)
    turned = [corners @ np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in places]
    x = (places[:, None] + np.array(turned)).reshape(-1, 3)
    atoms = np.array([(4 * m + i, 4 * m + j) for m in range(TETRAHEDRA) for i in range(4) for j in range(i + 1, 4)])
    bonds = Bonds(atoms, np.ones(len(atoms)), np.full(len(atoms), 75.0))
    sites = SitePairs.lennard_jones(np.ones(1), np.ones(1), 2.0 ** (1.0 / 6.0), shifted=True)
    beads = CoarsePairs(pair_tables([LennardJones(1.7, 2.0, 1.7 * 2.0 ** (1.0 / 6.0))]), np.zeros((1, 1), np.int64))
    molecules = Molecules.alike(TETRAHEDRA, np.ones(4), np.zeros(4, np.int64))
    kelvin, found = 1.0 / 0.00831446261815324, {}
    for name, region in (("all atoms", None), ("adaptive", Slab((18.4225, 7.5, 7.5), 5.0, 5.0))):
        forces = AdaptiveForces(molecules, sites, beads, region)
        settled = NativeEngine(molecules.mass, box, forces, Dynamics(kelvin, 0.001, 5.0), 1, bonds=bonds)
        settled.start(x, None, 2)
        settled.step(2000)
        engine = NativeEngine(molecules.mass, box, forces, Dynamics(kelvin, 0.002, 0.0), 1, bonds=bonds)
        engine.start(*settled.state(), 2)
        engine.step(400)
        cost = measure(lambda engine=engine: engine.step(400), 15)  # type: ignore[misc]
        found[f"tetrahedra, {name}"] = Cost(cost.wall / 400, cost.cpu / 400)
    return found


def water_bead() -> Spline:
    """SPC/E water by iterative Boltzmann inversion."""
    return Spline.through(0.01 * np.arange(26, 91), np.array(POTENTIAL, float), cut=True)


def _own_step(system: Any, taken: Any, forces: AdaptiveForces, x: np.ndarray) -> Cost:
    """A step in compiled loops."""
    engine = engine_of(put_together(system, taken, forces), forces, Dynamics(platform="native"), 3)
    engine.start(x, None, 1)
    engine.step(STEPS)
    cost = measure(lambda: engine.step(STEPS), 3)
    return Cost(cost.wall / STEPS, cost.cpu / STEPS)


def _step(system: Any, x: np.ndarray) -> Cost:
    context, integrator = new_context(system, Dynamics(), 3)
    context.setPositions(x)
    context.applyConstraints(1e-6)
    context.setVelocitiesToTemperature(300.0, 1)
    integrator.step(STEPS)
    cost = measure(lambda: integrator.step(STEPS), 3)
    return Cost(cost.wall / STEPS, cost.cpu / STEPS)


def _evaluations(system: Any, taken: Any, adaptive: AdaptiveResolution, x: np.ndarray) -> tuple[Cost, ...]:
    """Forces alone: this kernel with one and two threads, its beads, and the engine's."""
    import openmm as mm

    forces = AdaptiveForces(taken.molecules, taken.sites, adaptive._coarse, None)
    found = []
    config: Any = numba.config
    for threads in (1, 2):
        numba.set_num_threads(min(threads, config.NUMBA_NUM_THREADS))
        forces.evaluate(x, adaptive.box)
        found.append(measure(lambda: forces.evaluate(x, adaptive.box), 15))
    numba.set_num_threads(1)
    crude = AdaptiveForces(taken.molecules, taken.sites, adaptive._coarse, None, uniform=0.0)
    crude.evaluate(x, adaptive.box)
    found.append(measure(lambda: crude.evaluate(x, adaptive.box), 15))
    alone = mm.System()
    for i in range(system.getNumParticles()):
        alone.addParticle(system.getParticleMass(i))
    alone.setDefaultPeriodicBoxVectors(*system.getDefaultPeriodicBoxVectors())
    for force in system.getForces():
        if isinstance(force, mm.NonbondedForce):
            alone.addForce(mm.XmlSerializer.deserialize(mm.XmlSerializer.serialize(force)))
    platform = mm.Platform.getPlatformByName("CPU")
    context = mm.Context(alone, mm.VerletIntegrator(0.001), platform, {"Threads": "1"})
    context.setPositions(x)
    context.getState(forces=True)
    return *found, measure(lambda: context.getState(forces=True), 15)


__all__ = ["run"]
