"""What coupling costs next to molecular dynamics alone, and what it saves next to molecular dynamics everywhere."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks import Figure
from scalebridge.fluids.atomistic import Atomistic, Constraint, Controls, LennardJones, Simulation, Targets, Thermostat

STEPS, ROUNDS, PROGRAMS = 50, 60, 5
WIDTHS = (13.6, 30.6)


def run() -> Figure:
    """Processor milliseconds per step with and without the coupling, by number of atoms; hybrid against all atoms."""
    rows = [row for width in WIDTHS for row in _rows(width)]
    ratios = {f"coupled / alone, {rows[i][0]} atoms": rows[i + 1][2] / rows[i][2] for i in range(0, len(rows), 2)}
    saved, gain, predicted = _against_all_atoms()
    ranks = _on_ranks()
    return Figure(
        title="Constrained dynamics, pressure, thermostat and books of every bin, against LAMMPS alone",
        columns=("fluid atoms", "case", "CPU ms per step"),
        rows=[*rows, *saved, *ranks],
        ratios={
            **ratios,
            "all atoms / hybrid, measured": gain,
            "all atoms / hybrid, predicted": predicted,
            "one rank / two ranks": ranks[0][2] / ranks[1][2],
            "two programs at once / one": 2.0 * ranks[0][2] / ranks[2][2],
        },
        notes=f"Least processor time of {ROUNDS} rounds of {STEPS} steps, taken in turns; Lennard-Jones cut at 2.2 "
        "sigma, bins of 2 sigma. The end of a cycle is in every round. Alone: no callback, a "
        "reflecting lid of the engine above the fluid. Hybrid: start-up Couette flow over 50 sigma with continuum, "
        "exchange and ledger, atoms up to 26; all atoms: the same slab between two walls. Ranks: the hybrid with the "
        "larger slab under mpiexec, milliseconds on the clock, since ranks that wait take processor time; both "
        f"processors must be idle; median of {PROGRAMS} programs each, in turns. Two programs at once that "
        "know nothing of each other are what the processors can do.",
    )


def _rows(width: float) -> list[tuple[int, str, float]]:
    model = Atomistic(fluid=LennardJones(2.2), pressure=2.71, size=(width, 26.0, width))
    atoms = model.equilibrate(np.random.SeedSequence(1), 300)
    bath = Thermostat(-math.inf, math.inf, model.temperature)
    controls = Controls(Constraint((18.0, 20.0, 22.0)), model.tractions(), (bath,))
    coupled = model.simulate(atoms, controls, np.random.default_rng(0), bin_width=2.0)
    alone = model.engine(atoms)
    alone.command(f"fix lid fluid wall/reflect yhi {model.size[1]}")
    targets = Targets(np.zeros((2, 2, 3)), model.rest().traction)
    coupled.run(STEPS, targets)
    alone.run(STEPS, setup=True)
    times: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        times.append((_seconds(lambda: alone.run(STEPS, setup=False)), _seconds(lambda: _leg(coupled, targets))))
    coupled.engine.close()
    alone.close()
    count = int(atoms.fluid.sum())
    best = np.min(times, axis=0) / STEPS * 1000.0
    return [(count, "alone", float(best[0])), (count, "coupled", float(best[1]))]


def _against_all_atoms() -> tuple[list[tuple[int, str, float]], float, float]:
    """Rows of the hybrid of 50 sigma and of molecular dynamics of all of it; their ratio, measured and predicted."""
    from scalebridge.fluids.continuum import Continuum, Liquid, Wall
    from scalebridge.fluids.hybrid import Hybrid, Overlap
    from scalebridge.parallel import SerialExecutor

    fluid, overlap, cycles = LennardJones(2.2), Overlap((10.0, 12.0), (18.0, 20.0, 22.0)), 4
    part = Atomistic(fluid=fluid, pressure=2.71, size=(13.6, 26.0, 13.6))
    sides = {"y-": Wall(), "y+": Wall(velocity=(1.0, 0.0, 0.0))}
    column = Continuum((part.lengths[0], 39.0, part.lengths[2]), (1, 39, 1), Liquid(0.81, 2.213), sides)
    hybrid = Hybrid(part, column, overlap, 2.213, cycles=10**6, cycles_per_step=cycles, equilibration=300)
    whole = Atomistic(fluid=fluid, size=(13.6, 50.0, 13.6), closed=True)
    atoms = whole.equilibrate(np.random.SeedSequence(1), 300)
    engine = whole.engine(atoms)
    engine.run(STEPS, setup=True)
    steps = cycles * hybrid.steps_per_cycle
    costs = hybrid.scales()
    with SerialExecutor() as executor:
        state = hybrid.step(hybrid.init(np.random.SeedSequence(1)), executor).state
        times = [
            (_seconds(lambda: hybrid.step(state, executor)), _seconds(lambda: engine.run(steps, setup=False)))
            for _ in range(ROUNDS)
        ]
    engine.close()
    joined, alone = np.min(times, axis=0) / steps * 1000.0
    counts = int(state.instances[0].fluid.sum()), int(atoms.fluid.sum())
    rows = [(counts[0], "hybrid of 50 sigma", float(joined)), (counts[1], "all atoms of 50 sigma", float(alone))]
    assert costs.brute_force is not None
    assert costs.bridge is not None
    return rows, float(alone / joined), costs.brute_force.seconds / costs.bridge.seconds


def _on_ranks() -> list[tuple[int, str, float]]:
    """Milliseconds on the clock per step of the larger hybrid on one and two MPI ranks, and of two programs at once."""
    program = [sys.executable, str(Path(__file__).with_name("hybrid_ranks.py")), str(WIDTHS[-1]), "4"]
    mpiexec = str(Path(sys.executable).with_name("mpiexec"))
    model = Atomistic(fluid=LennardJones(2.2), pressure=2.71, size=(WIDTHS[-1], 26.0, WIDTHS[-1]))
    atoms = round(model.density * model.area * model.size[1])
    cases = {"1 rank": (1,), "2 ranks": (2,), "1 rank, twice at once": (1, 1)}
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(PROGRAMS):
        for name, ranks in cases.items():
            running = [
                subprocess.Popen([mpiexec, "-n", str(n), *program], stdout=subprocess.PIPE, text=True) for n in ranks
            ]
            printed = [process.communicate()[0] for process in running]
            if any(process.returncode for process in running):
                raise RuntimeError(f"A hybrid on {name} ended early; its own words stand above")
            found[name].append(1000.0 * max(float(text) for text in printed))
    return [(atoms, f"hybrid, {name}, on the clock", statistics.median(times)) for name, times in found.items()]


def _leg(simulation: Simulation, targets: Targets) -> None:
    simulation.run(STEPS, targets)


def _seconds(work: object) -> float:
    before = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - before
