"""An RVE study in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from scalebridge.errors import WorkerLostError
from scalebridge.solids.representative._model import ApparentModel, Boundary
from scalebridge.solids.representative._plan import BOUNDARIES, StudyPlan
from scalebridge.solids.representative._quantities import Property
from scalebridge.solids.representative._realisation import (
    MakeMicrostructure,
    RealisationResult,
    RealisationTask,
    failed_realisation,
    homogenize_realisation,
)
from scalebridge.solids.representative._reduction import reduce_study
from scalebridge.solids.representative._study import RVEStudy
from scalebridge.solids.representative._voxel_model import VoxelModel


def rve_study(
    make_microstructure: MakeMicrostructure,
    laws: Mapping[int, Any],
    sizes: Sequence[float],
    realisations: int | Sequence[int],
    *,
    seed: int | np.random.SeedSequence,
    boundaries: Sequence[Boundary] = BOUNDARIES,
    prop: Property = "stiffness",
    precision: float = 0.02,
    confidence: float = 0.95,
    part_length: float | None = None,
    executor: Executor | None = None,
    model: ApparentModel | None = None,
) -> RVEStudy:
    """Is it representative? Grow the cell, repeat, vary the boundary condition; recommend one size.

    Args:
        make_microstructure: function of a size and a `numpy.random.Generator` that gives a `solids.Microstructure`; a
            function of a module where `executor` has processes.
        laws: law of each phase.
        sizes: sizes in growing order, each the edge of the cell in m by convention.
        realisations: realisations of each size, one number for all or one per size.
        seed: seed of the whole study.
        boundaries: any of ``"periodic"``, ``"kubc"``, ``"subc"``.
        prop: ``"stiffness"`` or ``"conductivity"``.
        precision: relative error wanted of the mean.
        confidence: level of all intervals.
        part_length: smallest length in m over which the part's load varies.
        executor: where realisations are computed; here, one after the other, where not given. The results do not
            depend on it.
        model: computes apparent tensors instead of the RVE solver with `laws`.

    Raises:
        InputError: a plan that cannot be carried out, or no size with two successful realisations.
    """
    counts = (realisations,) * len(sizes) if isinstance(realisations, int) else tuple(realisations)
    plan = StudyPlan(
        make_microstructure=make_microstructure,
        model=model if model is not None else VoxelModel(laws, prop),
        sizes=tuple(float(s) for s in sizes),
        realisations=counts,
        boundaries=tuple(boundaries),
        seed=seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed),
        precision=precision,
        confidence=confidence,
        part_length=part_length,
    )
    return reduce_study(plan, run_tasks(plan.tasks(), executor))


def run_tasks(tasks: Sequence[RealisationTask], executor: Executor | None = None) -> tuple[RealisationResult, ...]:
    """Carry out realisations, here or on an executor, and return their results in the order of the tasks.

    A task whose worker was lost for good is a failed realisation; the others go on.
    """
    if executor is None:
        return tuple(homogenize_realisation(task) for task in tasks)
    futures = [executor.submit(homogenize_realisation, task) for task in tasks]
    results = []
    for task, future in zip(tasks, futures, strict=True):
        try:
            results.append(future.result())
        except WorkerLostError as error:
            results.append(failed_realisation(task, error))
    return tuple(results)
