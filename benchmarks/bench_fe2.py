"""FE² on this machine: cost of a point on each rung, overhead of the workers, scaling, and what a lost worker costs.

The projection to 1e6 points on 1,000 cores assumes that owners scale as measured here and that the macroscopic problem
is shared among machines that we do not have; it counts the microscopic side only.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import Figure
from scalebridge import solids
from scalebridge.parallel import Kernel, Owners, ProcessOwners, SerialOwners
from scalebridge.solids.fe2._cells import cell_kernel
from scalebridge.solids.fe2._ladder import Ladder
from scalebridge.solids.fe2._rve_points import CellPoints, rve_points
from scalebridge.solids.microstructure import Microstructure

POINTS = 1000
VOXELS = 24
CELLS = 16
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
    exact = _exact()
    full, pair = _full(0), _full(2)
    rows += [exact, full, pair]
    lost = _lost()
    rows.append(("2 processes, one killed in mid-call", lost[1], 0.0, 0.0))
    return Figure(
        title=f"FE² per point: batches of {POINTS} points; cells of {VOXELS}^3 voxels, J2 matrix, one increment",
        columns=("case", "wall ms / point", "CPU ms / point, caller", "CPU ms / point, cells"),
        rows=rows,
        ratios={
            "overhead of 2 processes / allowed 0.05 ms": rows[1][1] / 0.05,
            "wall of 1 process / 2 processes, cells in full": full[1] / pair[1],
            "cell in full / exact tensor": full[3] / exact[2],
            "wall with a killed worker / without": lost[1] / lost[0],
            "hours for 1e6 points in full, 4 evaluations, on 1,000 cores": full[3] * 1e-3 * 4 * 1e6 / 1000 / 3600,
        },
        notes="A killed worker is replaced and its part of the call done again; the ratio is that of a step of three "
        "calls. Wall times mean something on an idle machine only.",
    )


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


def _lost() -> tuple[float, float]:
    """Wall of a step of three calls, undisturbed and with a worker killed in the second one, ms per point."""
    points = CellPoints(cell_kernel(cell(VOXELS), 1e-4), CELLS, 2)
    strain = strains(CELLS, 6e-3)
    owners = points.owners()
    assert isinstance(owners, ProcessOwners)
    state = points.evaluate(0.5 * strain, None, 1.0).state
    found: list[float] = []
    for kill in (False, True):
        began = time.perf_counter()
        for call in range(3):
            if kill and call == 1:
                victim = owners.process_ids[0]
                threading.Timer(0.1 * found[0] / 3, os.kill, (victim, signal.SIGKILL)).start()
            points.evaluate((0.9 + 0.05 * call) * strain, state, 1.0)
        found.append(time.perf_counter() - began)
    owners.close()
    return 1e3 * found[0] / CELLS, 1e3 * found[1] / CELLS
