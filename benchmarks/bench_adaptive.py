"""Adaptive resolution of water: the kernel against the engine, adaptive against all atoms, and Amdahl."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from benchmarks import Figure
from benchmarks._measure import Cost, measure
from scalebridge.molecules.adaptive import (
    AdaptiveForces,
    AdaptiveResolution,
    Costs,
    Dynamics,
    Liquid,
    Sphere,
    predicted_speed_up,
)
from scalebridge.molecules.adaptive._liquid import equilibrate
from scalebridge.molecules.adaptive._openmm import put_together
from scalebridge.molecules.adaptive._sampling import new_context
from scalebridge.molecules.potentials import LennardJones

LIQUID = Liquid(530, (4, 2, 2))
REGION = Sphere((0.0, 0.0, 0.0), 1.0, 1.0)
STEPS = 40


def run() -> Figure:
    """Milliseconds per step or evaluation, processor time."""
    cube = LIQUID.cube()
    made = equilibrate(cube, Dynamics(), 2.0, 0.1, 1)
    atoms = LIQUID.whole(cube, made.positions)
    beads = {"HOH": LennardJones(0.28, 0.65, 0.3143, "energy")}
    adaptive = AdaptiveResolution(atoms.system, atoms.topology, REGION, beads, cap=0.12)
    x = atoms.positions
    taken = adaptive._taken

    def uniform(resolution: float) -> Any:
        found = AdaptiveForces(taken.molecules, taken.sites, adaptive._coarse, None, uniform=resolution)
        return put_together(atoms.system, taken, found)

    engine, fine = _step(atoms.system, x), _step(uniform(1.0), x)
    coarse, mixed = _step(uniform(0.0), x), _step(adaptive.system, x)
    one, two, plain = _evaluations(atoms.system, taken, adaptive, x)
    rows = [
        ("step, all atoms: OpenMM", 1e3 * engine.cpu, 1e3 * engine.wall),
        ("step, all atoms: this kernel", 1e3 * fine.cpu, 1e3 * fine.wall),
        ("step, all beads", 1e3 * coarse.cpu, 1e3 * coarse.wall),
        ("step, adaptive", 1e3 * mixed.cpu, 1e3 * mixed.wall),
        ("forces, all atoms: OpenMM's NonbondedForce", 1e3 * plain.cpu, 1e3 * plain.wall),
        ("forces, all atoms: this kernel, 1 thread", 1e3 * one.cpu, 1e3 * one.wall),
        ("forces, all atoms: this kernel, 2 threads", 1e3 * two.cpu, 1e3 * two.wall),
    ]
    rest = fine.cpu - one.cpu
    costs = Costs(one.cpu, max(coarse.cpu - rest, 0.0), rest)
    volumes = adaptive.region.volumes(adaptive.box)
    return Figure(
        title=f"Water, {LIQUID.count} molecules, cutoff {LIQUID.cutoff} nm; {100 * sum(volumes[:2]):.1f} % of the box "
        "atomistic or hybrid",
        columns=("what", "CPU ms", "wall ms"),
        rows=rows,
        ratios={
            "OpenMM's NonbondedForce / this kernel, all atoms": plain.cpu / one.cpu,
            "OpenMM with all atoms / adaptive": engine.cpu / mixed.cpu,
            "this kernel with all atoms / adaptive": fine.cpu / mixed.cpu,
            "predicted / measured, this kernel": predicted_speed_up(
                adaptive.region, adaptive.box, LIQUID.cutoff + 0.16, costs
            )
            / (fine.cpu / mixed.cpu),
            "one thread / two threads, wall": one.wall / two.wall,
        },
        notes="Steps of 2 fs, Langevin, constraints by SETTLE, lists of neighbours included.",
    )


def _step(system: Any, x: np.ndarray) -> Cost:
    context, integrator = new_context(system, Dynamics(), 3)
    context.setPositions(x)
    context.applyConstraints(1e-6)
    context.setVelocitiesToTemperature(300.0, 1)
    integrator.step(STEPS)
    cost = measure(lambda: integrator.step(STEPS), 3)
    return Cost(cost.wall / STEPS, cost.cpu / STEPS)


def _evaluations(system: Any, taken: Any, adaptive: AdaptiveResolution, x: np.ndarray) -> tuple[Cost, ...]:
    """Forces alone: this kernel with one and two threads, and the engine's."""
    import openmm as mm

    forces = AdaptiveForces(taken.molecules, taken.sites, adaptive._coarse, None)
    found = []
    for threads in (1, 2):
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        forces.evaluate(x, adaptive.box)
        found.append(measure(lambda: forces.evaluate(x, adaptive.box), 15))
    numba.set_num_threads(1)
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
    return found[0], found[1], measure(lambda: context.getState(forces=True), 15)


__all__ = ["run"]
