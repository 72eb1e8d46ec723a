"""Adaptive resolution of water: the kernel against the engine, adaptive against all atoms, and Amdahl."""

from __future__ import annotations

import copy
import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numba
import numpy as np
import openmm as mm

from benchmarks import Figure
from benchmarks._measure import Cost, in_turns
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
STEPS, ROUNDS = 20, 12
THREAD_ROUNDS, IN_A_ROW = 30, 10  # evaluations follow each other in a run, and find their caches warm


def run() -> Figure:
    """Milliseconds of a step and of an evaluation, for a short and a long cutoff."""
    rows: list[tuple[str, float, float]] = []
    ratios: dict[str, float] = {}
    numba.set_num_threads(1)
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
        notes="Water: 2 fs, Langevin, rigid; least of twelve rounds in which all cases take turns. Tetrahedra: "
        "leapfrog, least of sixty. Lists of neighbours included in steps, not in forces alone; one thread. Threads: "
        f"median of {THREAD_ROUNDS} turns of {IN_A_ROW} evaluations each on the clock; two copies that know nothing "
        "of each other are what the processors can do.",
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

    bare = mm.XmlSerializer.deserialize(mm.XmlSerializer.serialize(atoms.system))
    for k in reversed(range(bare.getNumForces())):
        if isinstance(bare.getForce(k), mm.NonbondedForce):
            bare.removeForce(k)
    fine, coarse = uniform(1.0), uniform(0.0)
    works = {
        "step, all atoms: OpenMM": _steps(atoms.system, x),
        "step, adaptive: OpenMM with this kernel": _steps(adaptive.system, x),
        "step, all atoms: OpenMM with this kernel": _steps(put_together(atoms.system, taken, fine), x),
        "step, all beads: OpenMM with this kernel": _steps(put_together(atoms.system, taken, coarse), x),
        "step, no interactions: OpenMM": _steps(bare, x),
        "step, adaptive: compiled loops": _own_steps(atoms.system, taken, adaptive.forces, x),
        "step, all atoms: compiled loops": _own_steps(atoms.system, taken, uniform(1.0), x),
        "step, all beads: compiled loops": _own_steps(atoms.system, taken, uniform(0.0), x),
    }
    costs = {name: Cost(c.wall / STEPS, c.cpu / STEPS) for name, c in in_turns(works, ROUNDS).items()}
    engine, mixed, atomic, bead, rest, own, own_atomic, own_bead = (cost.cpu for cost in costs.values())
    costs |= (forces := in_turns(_evaluations(atoms.system, taken, adaptive, x), ROUNDS))
    plain, one, _ = forces.values()
    where = region, adaptive.box, cutoff + 0.16, len(taken.molecules)
    # of a step of compiled loops, what the evaluation of forces is not
    other = max(own_atomic - one.cpu, 0.0)
    loops = predicted_speed_up(*where, Costs(own_atomic - other, own_bead - other, other))
    same = predicted_speed_up(*where, Costs(atomic - rest, bead - rest, rest, engine - rest))
    return costs, {
        "OpenMM's NonbondedForce / this kernel, all atoms": plain.cpu / one.cpu,
        "OpenMM: all atoms / adaptive with this kernel": engine / mixed,
        "OpenMM: predicted / measured": same / (engine / mixed),
        "compiled loops: all atoms / adaptive": own_atomic / own,
        "compiled loops: predicted / measured": loops / (own_atomic / own),
        "OpenMM with all atoms / compiled loops, adaptive": engine / own,
    } | _threads(adaptive, uniform, x) | _steps_in_threads(_own_steps(atoms.system, taken, adaptive.forces, x))


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
    kelvin, works = 1.0 / 0.00831446261815324, {}
    for name, region in (("all atoms", None), ("adaptive", Slab((18.4225, 7.5, 7.5), 5.0, 5.0))):
        forces = AdaptiveForces(molecules, sites, beads, region)
        settled = NativeEngine(molecules.mass, box, forces, Dynamics(kelvin, 0.001, 5.0), 1, bonds=bonds)
        settled.start(x, None, 2)
        settled.step(2000)
        engine = NativeEngine(molecules.mass, box, forces, Dynamics(kelvin, 0.002, 0.0), 1, bonds=bonds)
        engine.start(*settled.state(), 2)
        engine.step(400)
        works[f"tetrahedra, {name}"] = partial(engine.step, 400)
    return {name: Cost(c.wall / 400, c.cpu / 400) for name, c in in_turns(works, 5 * ROUNDS).items()}


def water_bead() -> Spline:
    """SPC/E water by iterative Boltzmann inversion."""
    return Spline.through(0.01 * np.arange(26, 91), np.array(POTENTIAL, float), cut=True)


def _own_steps(system: Any, taken: Any, forces: AdaptiveForces, x: np.ndarray) -> Callable[[], None]:
    """Steps in compiled loops."""
    engine = engine_of(put_together(system, taken, forces), forces, Dynamics(platform="native"), 3)
    engine.start(x, None, 1)
    engine.step(STEPS)
    return lambda: engine.step(STEPS)


def _steps(system: Any, x: np.ndarray) -> Callable[[], None]:
    context, integrator = new_context(system, Dynamics(), 3)
    context.setPositions(x)
    context.applyConstraints(1e-6)
    context.setVelocitiesToTemperature(300.0, 1)

    def steps() -> None:
        assert context is not None  # it must live as long as its integrator is used
        integrator.step(STEPS)

    steps()
    return steps


def _evaluations(
    system: Any, taken: Any, adaptive: AdaptiveResolution, x: np.ndarray
) -> dict[str, Callable[[], object]]:
    """Forces alone: the engine's, this kernel's, and its beads'."""
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

    def evaluated(resolution: float) -> Callable[[], object]:
        forces = AdaptiveForces(taken.molecules, taken.sites, adaptive._coarse, None, uniform=resolution)
        forces.evaluate(x, adaptive.box)
        return lambda: forces.evaluate(x, adaptive.box)

    return {
        "forces, all atoms: OpenMM's NonbondedForce": lambda: context.getState(forces=True),
        "forces, all atoms: this kernel": evaluated(1.0),
        "forces, all beads: this kernel": evaluated(0.0),
    }


def _threads(
    adaptive: AdaptiveResolution, uniform: Callable[[float], AdaptiveForces], x: np.ndarray
) -> dict[str, float]:
    """How much faster two threads are, and two copies in one thread each."""
    many = _two()

    def evaluate(forces: AdaptiveForces, threads: int) -> None:
        numba.set_num_threads(threads)
        for _ in range(IN_A_ROW):
            forces.evaluate(x, adaptive.box)
        numba.set_num_threads(1)

    found = {}
    twice = {"all atoms": (uniform(1.0), uniform(1.0)), "adaptive": (adaptive.forces, copy.deepcopy(adaptive.forces))}
    with ThreadPoolExecutor(2) as pool:
        for name, (forces, another) in twice.items():
            works: dict[str, Callable[[], object]] = {
                "one": lambda forces=forces: evaluate(forces, 1),  # type: ignore[misc]
                "two": lambda forces=forces: evaluate(forces, many),  # type: ignore[misc]
                "copies": lambda pair=(forces, another): list(pool.map(evaluate, pair, (1, 1))),  # type: ignore[misc]
            }
            for work in works.values():
                work()
            one, two, copies = (c.wall for c in in_turns(works, THREAD_ROUNDS, statistics.median).values())
            found[f"forces, {name}: one thread / two threads"] = one / two
            found[f"forces, {name}: two copies at once / one"] = 2.0 * one / copies
    return found


def _steps_in_threads(steps: Callable[[], None]) -> dict[str, float]:
    """How much faster whole steps of compiled loops are in two threads."""

    def run(threads: int) -> None:
        numba.set_num_threads(threads)
        steps()
        numba.set_num_threads(1)

    run(_two())
    costs = in_turns({str(n): partial(run, n) for n in (1, _two())}, THREAD_ROUNDS, statistics.median)
    one, two = (cost.wall for cost in costs.values())
    return {"steps of compiled loops, adaptive: one thread / two threads": one / two}


def _two() -> int:
    most: Any = numba.config
    return min(2, int(most.NUMBA_NUM_THREADS))


__all__ = ["run"]
