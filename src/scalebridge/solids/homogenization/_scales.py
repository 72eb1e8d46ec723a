"""Scales, separations and predicted costs of a homogenization."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.scales import Cost, Scale, ScaleMap, Separation
from scalebridge.solids.homogenization._sources import WindowSource
from scalebridge.solids.representative import correlation_length, study_separations

if TYPE_CHECKING:
    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._settings import SizeStudy

# Processor seconds per voxel and iteration, measured on a 2-core x86-64 server; they serve plans, not results.
LINEAR = 1.2e-7
STORED = 6e-8
LAW = 2e-6
# Iterations of a linear load case at contrasts of 10 to 100, and Newton iterations of an increment.
ITERATIONS = 25
NEWTON = 4
# Bytes per voxel and load case: fluctuation, residual, direction, preconditioned residual, operator.
BYTES = 160.0
# Bytes per integration point: tangent, internal variables before and after, strain, stress.
HISTORY = 500.0
# A part that is not described is taken as large as the theory needs it at least.
SMALLEST_PART = 10.0

_GAUSS = {"full": 2, "bbar": 2, "reduced": 1}


@dataclass(frozen=True)
class Work:
    """Predicted processor seconds.

    Attributes:
        tensor: of each effective tensor.
        path: of each load path.
        study: of the RVE study.
        realisations: of the RVE study.
    """

    tensor: dict[str, float]
    path: tuple[float, ...]
    study: float
    realisations: int

    @property
    def total(self) -> float:
        """Of the whole run."""
        return sum(self.tensor.values()) + sum(self.path) + self.study


def linear_seconds(voxels: float, cases: int) -> float:
    """Processor seconds of a linear problem with so many load cases."""
    return LINEAR * voxels * ITERATIONS * cases


def predicted_work(bridge: Homogenization) -> Work:
    """Cost model: voxels times load cases times iterations times the measured time of a voxel and iteration."""
    voxels = float(bridge.microstructure.phase.size)
    given = {"stiffness": (bridge.laws, 6), "conductivity": (bridge.conduction, 1)}
    tensor = {prop: linear_seconds(voxels, cases) for prop, (laws, cases) in given.items() if laws}
    points = voxels * _GAUSS[bridge.numerics.element] ** bridge.microstructure.ndim
    increment = NEWTON * (LAW * points + STORED * voxels * ITERATIONS) + 3 * STORED * voxels * ITERATIONS
    path = tuple(increment * len(load.path) for load in bridge.loads)
    study = 0.0 if bridge.study is None else _study_seconds(bridge.study, bridge.microstructure.spacing)
    return Work(tensor, path, study, 0 if bridge.study is None else sum(bridge.study.realisations))


def _study_seconds(study: SizeStudy, spacing: tuple[float, ...]) -> float:
    cases = (6 if study.prop == "stiffness" else 1) * len(study.boundaries)
    voxels = sum(
        count * float(np.prod([size / h for h in spacing]))
        for size, count in zip(study.sizes, study.realisations, strict=True)
    )
    return linear_seconds(voxels, cases)


def scale_map(bridge: Homogenization) -> ScaleMap:
    """The voxel model and the continuum, what separates them, and what the part would cost without the bridge."""
    cell = bridge.microstructure
    voxel, edge = min(cell.spacing), min(cell.size)
    part = bridge.part_length or SMALLEST_PART * edge
    unknowns = float(cell.phase.size * (3 if bridge.laws else 1))
    span = _time_span(bridge)
    fine = Scale("voxel finite elements", "fine", (voxel, edge), span, unknowns, linear_seconds(cell.phase.size, 1))
    coarse = Scale("homogeneous continuum", "coarse", (edge, part), span)
    return ScaleMap((fine, coarse), separations(bridge), _brute_force(bridge, part), _bridge_cost(bridge))


def separations(bridge: Homogenization) -> tuple[Separation, ...]:
    """Ratios known before anything is solved."""
    cell = bridge.microstructure
    length = correlation_length(cell)
    within = math.nan if bridge.unit_cell else length
    found = list(study_separations(within, min(cell.size), bridge.part_length))
    if math.isfinite(length):
        found.append(
            Separation(
                "correlation length / voxel edge",
                length / max(cell.spacing),
                trusted=8.0,
                warned=3.0,
                why="Voxels draw interfaces as stairs. Of spheres twenty times as stiff as their matrix the effective "
                "stiffness came out 0.5 % too stiff at a ratio of 12, 1.2 % at 9, 2.7 % at 6, 4.4 % at 5.",
            )
        )
    if bridge.study is not None and isinstance(bridge.study.source, WindowSource):
        found.append(_independence(bridge.study, bridge.study.source))
    return tuple(found)


def _independence(study: SizeStudy, source: WindowSource) -> Separation:
    worst = min(source.independence(d, n) for d, n in zip(study.sizes, study.realisations, strict=True))
    return Separation(
        "image / all windows of a size",
        worst,
        trusted=1.0,
        warned=0.0,
        why="Windows cut from one image that together are larger than the image share material: they are not "
        "independent, and confidence intervals come out too narrow. Even above 1 some overlap by chance.",
    )


def _time_span(bridge: Homogenization) -> tuple[float, float] | None:
    """Shortest increment and longest path, where a law knows time."""
    if not bridge.loads or not any(law.rate_dependent for law in bridge.laws.values()):
        return None
    steps = [np.diff(load.path.time, prepend=0.0).min() for load in bridge.loads]
    return float(min(steps)), float(max(load.path.time[-1] for load in bridge.loads))


def _brute_force(bridge: Homogenization, part: float) -> Cost:
    """The same loads on the whole part; a section stands for a part of the same two dimensions."""
    cell = bridge.microstructure
    voxels = float(np.prod([part / h for h in cell.spacing]))
    cells = voxels / cell.phase.size
    work = linear_seconds(cell.phase.size, 1) + sum(predicted_work(bridge).path)
    of = "a part of that length" if bridge.part_length else f"a part of only {SMALLEST_PART:g} RVE edges"
    loads = f", {len(bridge.loads)} load paths" if bridge.loads else ""
    return Cost(
        "the part in voxels",
        work * cells,
        _bytes_per_voxel(bridge) * voxels,
        f"{voxels:.2g} voxels for {of}: one linear load case of {ITERATIONS} iterations{loads}.",
    )


def _bytes_per_voxel(bridge: Homogenization) -> float:
    history = HISTORY * _GAUSS[bridge.numerics.element] ** bridge.microstructure.ndim if bridge.loads else 0.0
    return 6 * BYTES + history


def _bridge_cost(bridge: Homogenization) -> Cost:
    work = predicted_work(bridge)
    voxels = bridge.microstructure.phase.size
    parts = [f"tensors {sum(work.tensor.values()):.3g} s"]
    parts += [f"load paths {sum(work.path):.3g} s"] if bridge.loads else []
    parts += [f"RVE study {work.study:.3g} s"] if bridge.study is not None else []
    basis = f"{voxels} voxels: {', '.join(parts)}; without compilation."
    return Cost("this bridge", work.total, _bytes_per_voxel(bridge) * voxels, basis)
