"""Third step of a homogenization: a batch of realisations of the RVE study, and the reduction after the last."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.bridge import Failure, Step
from scalebridge.errors import InputError
from scalebridge.ledger import Entry, Verdict
from scalebridge.solids.homogenization._state import HomogenizationState
from scalebridge.solids.representative import (
    RealisationResult,
    RVEStudy,
    StudyPlan,
    VoxelModel,
    linearised,
    reduce_study,
    run_tasks,
)

if TYPE_CHECKING:
    from scalebridge.solids.homogenization._bridge import Homogenization

BATCH = 16
"""Realisations between two checkpoints. It is the same for any number of workers, and so are the numbers."""


def study_plan(bridge: Homogenization, state: HomogenizationState) -> StudyPlan:
    """The plan of the RVE study, with the seed of the run."""
    asked = bridge.study
    assert asked is not None
    laws = linearised(bridge.laws) if asked.prop == "stiffness" else dict(bridge.conduction)
    return StudyPlan(
        make_microstructure=asked.source,
        model=VoxelModel(laws, asked.prop, bridge.numerics.element, bridge.numerics.tolerance),
        sizes=asked.sizes,
        realisations=asked.realisations,
        seed=np.random.SeedSequence(state.entropy, spawn_key=state.spawn_key),
        boundaries=asked.boundaries,
        precision=asked.precision,
        part_length=bridge.part_length,
    )


def batch_step(plan: StudyPlan, state: HomogenizationState, executor: Executor) -> Step[HomogenizationState]:
    """The next realisations; with the last of them, the statistics and the recommended size."""
    tasks = plan.tasks()
    batch = tasks[len(state.results) : len(state.results) + BATCH]
    found = run_tasks(batch, executor)
    state = replace(state, results=(*state.results, *found))
    entries = tuple(entry for result in found for entry in result.entries)
    failures = tuple(failure for result in found for failure in result.failures)
    if len(state.results) == len(tasks):
        study, more = _reduce(plan, state.results)
        state = replace(state, study=study, reduced=True, results=())
        failures += more
    return Step(state, (*entries, _succeeded(found, plan)), failures)


def _succeeded(found: tuple[RealisationResult, ...], plan: StudyPlan) -> Entry:
    good = sum(len(result.apparent) for result in found)
    asked = len(found) * len(plan.boundaries)
    where = f"realisations {found[0].number + 1} to {found[-1].number + 1}"
    when = float(found[-1].number)
    return Entry(
        "realisations that succeeded", "1", float(good), float(asked), float(asked), 0.0, where, when,
        severity=Verdict.WARNS,
    )  # fmt: skip


def _reduce(plan: StudyPlan, results: tuple[RealisationResult, ...]) -> tuple[RVEStudy | None, tuple[Failure, ...]]:
    try:
        return reduce_study(plan, results), ()
    except InputError as error:
        return None, (Failure("RVE study", str(error), {"sizes": plan.sizes, "realisations": plan.realisations}),)
