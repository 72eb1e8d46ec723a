"""Coarse water on one core: compiled pair forces against OpenMM's general ones, and beads against atoms."""

from __future__ import annotations

import numpy as np

from benchmarks import Figure
from benchmarks._measure import measure
from scalebridge.molecules import Beads, CoarseModel, water
from scalebridge.molecules.dynamics import Phase, Protocol, simulate
from scalebridge.molecules.potentials import Spline, extend_core
from scalebridge.molecules.statistics import R

MOLECULES = 2180
EDGE = 4.031
FREE = 4000
# fmt: off
POTENTIAL = (  # kJ/mol at 0.26, 0.27, ..., 0.90 nm: SPC/E water by iterative Boltzmann inversion (VOTCA csg tutorials)
    4.95, 1.9, 1.22, 1.56, 2.12, 2.45, 2.43, 2.19, 1.86, 1.5, 1.14, 0.819, 0.505, 0.228, -0.0346, -0.258, -0.45,
    -0.602, -0.718, -0.788, -0.811, -0.79, -0.738, -0.659, -0.549, -0.421, -0.283, -0.146, -0.0477, 0.00154,
    0.00357, -0.0221, -0.0482, -0.0741, -0.0885, -0.0904, -0.0965, -0.0915, -0.0896, -0.081, -0.0712, -0.0639,
    -0.0522, -0.0434, -0.0369, -0.0235, -0.0177, -0.00663, -0.00789, 0.000881, -0.00466, -0.00271, -0.00694,
    -0.00847, -0.0148, -0.0169, -0.0161, -0.0125, -0.0102, -0.00695, -0.00675, -0.00244, 0.000181, 0.000102, 0,
)
# fmt: on


def run() -> Figure:
    """Million bead-steps per processor second, and processor seconds per nanosecond."""
    model = _model()
    warm = model.simulate(1.0, timestep=0.002, every=1.0, equilibration=2.0, seed=1).phase
    ours = _speed(model, warm, "compiled", 400)
    general = _speed(model, warm, "CPU", 40)
    largest, _ = model.at(warm).largest_timestep(picoseconds=2.0)
    atoms = water(MOLECULES).run(picoseconds=2.0, equilibration=0.1, every=2.0)
    assert atoms.seconds_per_nanosecond is not None
    rows: list[tuple[str, float, float, float, float]] = [
        ("atoms: SPC/E, PME, 2 fs (OpenMM, CPU platform)", 3 * MOLECULES * 5e5 / atoms.seconds_per_nanosecond / 1e6,
         atoms.seconds_per_nanosecond, 0.0, 0.0),
        ("beads: OpenMM CustomNonbondedForce, 4 fs", general, MOLECULES * 2.5e5 / general / 1e6, 0.0, 0.0),
        ("beads: compiled tables behind PythonForce, 4 fs", ours, MOLECULES * 2.5e5 / ours / 1e6, 0.0, 0.0),
    ]  # fmt: skip
    ratios = {"compiled / CustomNonbondedForce": ours / general}
    for step in sorted({0.006, largest}):
        cost, drift, temperature = _pace(model, warm, step)
        rows.append(
            (f"beads: compiled tables, {1000 * step:g} fs", MOLECULES * 1e3 / step / cost / 1e6, cost, drift,
             temperature)
        )  # fmt: skip
        ratios[f"atoms / beads, CPU per ns, {1000 * step:g} fs"] = atoms.seconds_per_nanosecond / cost
    return Figure(
        title=f"Coarse water, {MOLECULES} molecules, one thread",
        columns=(
            "model", "million particle-steps per CPU s", "CPU s per ns", "drift, kT per bead per ns (NVE)",
            "kinetic temperature, K (300 wanted)",
        ),
        rows=rows,
        ratios=ratios,
        notes=f"Drift is the slope of the total energy over {FREE} steps at constant energy. The largest step, "
        f"{1000 * largest:g} fs, is the largest of a series that drifts by less than a hundredth of kT per bead in "
        "10 ps. Zeros: not measured.",
    )  # fmt: skip


def _model() -> CoarseModel:
    r = np.asarray(0.01 * np.arange(1, 91), dtype=np.float64)
    energy = np.concatenate([np.zeros(25), POTENTIAL])
    potential = Spline.through(r, extend_core(r, energy, r > 0.255), cut=True)
    side = 13
    places = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1).reshape(-1, 3)[:MOLECULES]
    start = Phase((places + 0.5) * EDGE / side, np.full(3, EDGE))
    return CoarseModel(Beads.liquid(MOLECULES, "W", 18.0154), {"pair W-W": potential}, 300.0, start)


def _pace(model: CoarseModel, start: Phase, step: float) -> tuple[float, float, float]:
    """Processor seconds per nanosecond and kinetic temperature with a thermostat, and drift without (kT/bead/ns)."""
    run = model.simulate(1500 * step, timestep=step, every=50 * step, equilibration=0.0, start=start)
    free = model.simulate(FREE * step, timestep=step, every=50 * step, equilibration=0.0, start=start, ensemble="nve")
    return run.seconds_per_nanosecond, free.drift / (R * 300.0), float(run.kinetic.mean())


def _speed(model: CoarseModel, start: Phase, platform: str, steps: int) -> float:
    protocol = Protocol(steps, 0.004, steps, 0, platform=platform)
    cost = measure(lambda: simulate(model.beads, model.potentials, start, 300.0, protocol), 2)
    return MOLECULES * steps / cost.cpu / 1e6
