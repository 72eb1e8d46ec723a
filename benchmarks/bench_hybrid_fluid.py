"""What coupling costs next to molecular dynamics: all controls and books at every step, against the engine alone."""

from __future__ import annotations

import math
import os

import numpy as np

from benchmarks import Figure
from scalebridge.fluids.atomistic import Atomistic, Constraint, Controls, LennardJones, Simulation, Targets, Thermostat

STEPS, ROUNDS = 100, 7
WIDTHS = (13.6, 30.6)


def run() -> Figure:
    """Processor milliseconds per step with and without the coupling, by number of atoms."""
    rows = [row for width in WIDTHS for row in _rows(width)]
    return Figure(
        title="Constrained dynamics, pressure, thermostat and books of every bin, against LAMMPS alone",
        columns=("fluid atoms", "case", "CPU ms per step"),
        rows=rows,
        ratios={f"coupled / alone, {rows[i][0]} atoms": rows[i + 1][2] / rows[i][2] for i in range(0, len(rows), 2)},
        notes=f"Least processor time of {ROUNDS} rounds of {STEPS} steps, taken in turns; Lennard-Jones cut at 2.2 "
        "sigma, bins of 2 sigma. Two cycles of 50 steps with their ends are in it. Alone: no callback, a "
        "reflecting lid of the engine above the fluid.",
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


def _leg(simulation: Simulation, targets: Targets) -> None:
    for _ in range(2):
        simulation.run(STEPS // 2, targets)


def _seconds(work: object) -> float:
    before = sum(os.times()[:2])
    work()  # type: ignore[operator]
    return sum(os.times()[:2]) - before
