"""FE² on this machine: cost of a point on each rung, overhead of the workers, scaling, and what a lost worker costs.

The projection to 1e6 points on 1,000 cores assumes that owners scale as measured here and that the macroscopic problem
is shared among machines that we do not have; it counts the microscopic side only.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks import Figure
from scalebridge import solids
from scalebridge.parallel import Kernel, Owners, ProcessOwners, SerialOwners
from scalebridge.solids.fe2 import FE2, Displacement, Ladder
from scalebridge.solids.fe2._cells import cell_kernel
from scalebridge.solids.fe2._ladder import FULL, SHARED
from scalebridge.solids.fe2._ladder_points import LadderPoints
from scalebridge.solids.fe2._rve_points import CellPoints, rve_points
from scalebridge.solids.microstructure import Microstructure
from scalebridge.solids.reduced import RandomPaths, Size, model_from, solve_path

POINTS = 1000
VOXELS = 24
CELLS = 16
LOST_VOXELS, LOST_STEPS = 16, 16
"""Cells and load steps of the run in which a worker is killed."""
Row = tuple[str, float, float, float]


@dataclass(frozen=True)
class Nothing(Kernel):
    """Answers of the size of a stress and a tangent, for nothing."""

    @property
    def outputs(self) -> tuple[tuple[int, ...], ...]:
        return (3, 3), (6, 6)

    def __call__(self, state: Any, inputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any, Any]:
        n = len(inputs[0])
        return (inputs[0], np.zeros((n, 6, 6))), state, None


def run() -> Figure:
    """Milliseconds per point: wall and CPU of the calling process, and CPU of the points themselves."""
    rows = [_overhead("serial owners, empty points", SerialOwners), _overhead("2 processes, empty points", _two)]
    exact, reduced, shared, full, pair = _exact(), _reduced(), _shared(), _full(0), _full(2)
    rows += [exact, reduced, shared, full, pair]
    undisturbed, killed, same = _lost()
    rows += [("run of 2 processes, all of it", undisturbed, 0.0, 0.0), ("the same, one killed", killed, 0.0, 0.0)]
    return Figure(
        title=f"FE² per point: batches of {POINTS} points; cells of {VOXELS}^3 voxels, J2 matrix, one increment",
        columns=("case", "wall ms / point", "CPU ms / point, caller", "CPU ms / point, cells"),
        rows=rows,
        ratios={
            "overhead of 2 processes / allowed 0.05 ms": rows[1][1] / 0.05,
            "wall of 1 process / 2 processes, cells in full": full[1] / pair[1],
            "cell in full / reduced model": full[3] / reduced[2],
            "cell in full / exact tensor": full[3] / exact[2],
            "wall with a killed worker / without": killed / undisturbed,
            "stresses with a killed worker that are the same to the last bit, share": same,
            "hours for 1e6 points in full, 4 evaluations, on 1,000 cores": _hours(full[3], pair[1], full[1]),
            "seconds for 1e6 reduced points, 4 evaluations, on 1,000 cores": reduced[2] * 1e-3 * 4 * 1e6 / 1000,
        },
        notes=f"The reduced model has {MODES[-1]} modes and 64 points and a judge; shared points follow one cell. A "
        f"worker is killed in the middle of a load step of an FE² run of {LOST_STEPS} steps with {LOST_VOXELS}^3 "
        "voxels at 16 points; it is replaced, reads its states from the disk and does its part of the call again. The "
        "projections count the microscopic side only; cells in full have the parallel efficiency measured here.",
    )


MODES = (26, 40)


def _hours(seconds: float, two: float, one: float) -> float:
    """Hours for 1e6 points, 4 evaluations each, on 1,000 cores of the efficiency that two cores have."""
    efficiency = one / (2.0 * two)
    return seconds * 1e-3 * 4 * 1e6 / 1000 / 3600 / efficiency


def _two(sizes: list[int]) -> Owners:
    return ProcessOwners(sizes, 2)


def _overhead(name: str, opened: Any) -> Row:
    with opened([4] * (POINTS // 4)) as owners:
        strain = np.random.default_rng(0).random((POINTS, 3, 3))
        version = owners.map_batches(Nothing(), [strain], None).version
        wall, cpu = [], []
        for _ in range(5):
            began, used = time.perf_counter(), time.process_time()
            version = owners.map_batches(Nothing(), [strain], version).version
            wall.append(time.perf_counter() - began)
            cpu.append(time.process_time() - used)
    return name, 1e3 * min(wall) / POINTS, 1e3 * min(cpu) / POINTS, 0.0


def cell(n: int) -> solids.RVE:
    """A glass ball in a J2 matrix."""
    x = (np.indices((n, n, n)) + 0.5) / n - 0.5
    ball = ((x**2).sum(axis=0) < 0.3**2).astype(int)
    matrix = solids.J2Plasticity(3e9, 0.35, solids.LinearHardening(30e6, 300e6))
    glass = solids.LinearElastic.isotropic(70e9, 0.2)
    return solids.RVE(Microstructure(ball, (1e-3,) * 3), {0: matrix, 1: glass}, element="reduced", tolerance=1e-6)


def strains(n: int, size: float) -> Any:
    """Random symmetric strains."""
    e = np.random.default_rng(1).standard_normal((n, 3, 3)) * size
    return 0.5 * (e + e.transpose(0, 2, 1))


def _exact() -> Row:
    points = rve_points(cell(VOXELS), POINTS, Ladder(), 0, 1e-4)
    strain, state = strains(POINTS, 1e-4), points.initial()
    points.evaluate(strain, state, 1.0)
    began, used = time.perf_counter(), time.process_time()
    points.evaluate(strain, state, 1.0)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    return "rung 0: exact tensor", 1e3 * wall / POINTS, 1e3 * cpu / POINTS, 0.0


def _reduced() -> Row:
    rve = cell(VOXELS)
    known = [solve_path(rve, p) for p in RandomPaths(amplitude=0.01, legs=1, steps=6).draw(6, seed=1)]
    # what the points are fitted to does not change what they cost
    sizes = (Size(MODES[0], 32, 0), Size(MODES[1], 64, 0))
    model = model_from(rve, known[:5], known[5:], sizes).without_training()
    path = 6e-3 * strains(POINTS, 1.0) / np.linalg.norm(strains(POINTS, 1.0), axis=(1, 2))[:, None, None]
    state = model.advance(0.5 * path, model.initial_state(POINTS))[3]
    began, used = time.perf_counter(), time.process_time()
    model.advance(path, state)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    return "rung 1: reduced model", 1e3 * wall / POINTS, 1e3 * cpu / POINTS, 0.0


def _shared() -> Row:
    points = rve_points(cell(8), POINTS, Ladder(), 0, 1e-4)
    assert isinstance(points, LadderPoints)
    rung = np.full(POINTS, SHARED)
    rung[0] = FULL
    strain = np.repeat(strains(1, 6e-3), POINTS, axis=0) + strains(POINTS, 1e-5)
    start = replace(points.initial(), rung=rung, leader=np.zeros(POINTS, np.int64))
    state = points.evaluate(0.5 * strain, start, 1.0).state
    began, used = time.perf_counter(), time.process_time()
    found = points.evaluate(strain, state, 1.0)
    # the one cell in full is no part of what the others cost
    wall, cpu = time.perf_counter() - began - found.cost[0], time.process_time() - used - found.cost[0]
    return "rung 2: shared cell, but for the cell", 1e3 * wall / POINTS, 1e3 * cpu / POINTS, 0.0


def _full(workers: int) -> Row:
    points = CellPoints(cell_kernel(cell(VOXELS), 1e-4), CELLS, workers)
    strain = strains(CELLS, 6e-3)
    state = points.evaluate(0.5 * strain, None, 1.0).state
    began = time.perf_counter()
    found = points.evaluate(strain, state, 1.0)
    wall = time.perf_counter() - began
    points.owners().close()
    name = f"rung 3: cells in full, {workers or 'calling'} process{'es' if workers else ''}"
    return name, 1e3 * wall / CELLS, 0.0, 1e3 * float(found.cost.mean())


def _lost() -> tuple[float, float, float]:
    """Wall of an FE² run, undisturbed and with a worker killed in mid-step, ms per point; share of equal stresses."""
    found: list[float] = []
    stresses = []
    for kill in (False, True):
        model = _bar()
        owners = model.points.owners()  # type: ignore[attr-defined]
        assert isinstance(owners, ProcessOwners)
        victim = owners.process_ids[0]
        times = np.linspace(0.0, 1.0, LOST_STEPS + 1)[1:].tolist()
        state = model.run(times[:1]).state
        began = time.perf_counter()
        if kill:
            threading.Timer(0.45 * found[0], os.kill, (victim, signal.SIGKILL)).start()
        ran = model.run(times[1:], state=state)
        found.append(time.perf_counter() - began)
        stresses.append(ran.state.stress)
        if owners.lost != int(kill):
            raise RuntimeError(f"{owners.lost} workers were lost, {int(kill)} should have been")
        owners.close()
    same = float(np.mean(stresses[0] == stresses[1]))
    return 1e3 * found[0] / CELLS, 1e3 * found[1] / CELLS, same


def _bar() -> FE2:
    """Two elements, 16 points, bent and pulled; two processes own the cells."""
    import skfem

    mesh = skfem.MeshHex.init_tensor(np.linspace(0, 2, 3), np.linspace(0, 1, 2), np.linspace(0, 1, 2))
    mesh = mesh.with_boundaries({"left": lambda x: x[0] == 0.0, "right": lambda x: x[0] == 2.0})
    bent = [Displacement("left"), Displacement("right", (0.03, 0.0, 0.03))]
    return FE2(mesh, cell(LOST_VOXELS), bent, element="hex8", workers=2, tolerance=1e-6)
