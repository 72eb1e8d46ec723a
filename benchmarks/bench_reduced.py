"""A reduced model against the full volume element it was made from: error, cost, indicator, training included.

The volume element is a stiff sphere (quarter of the volume, contrast 20) in a J2 matrix with modest hardening, 24^3
voxels. Errors are of the mean stress over the largest stress of the path so far, on random paths through the six strain
components with unloading that no training has seen.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks import Figure
from scalebridge import solids
from scalebridge.solids.reduced import (
    RandomPaths,
    ReducedRVE,
    Size,
    Snapshots,
    audit,
    reduce_rve,
    resize,
    solve_path,
    validate,
)

VOXELS = 24
BATCH, STEPS = 1000, 8
FE2 = (500, 40, 3)
"""Macroscopic points, increments and Newton iterations of a modest FE² run: each asks for a stress and a tangent."""
AUDITS = 10
STUDY = (Size(12, 20, 400), Size(24, 40, 400), Size(40, 80, 400), Size(60, 120, 400))


def run() -> Figure:
    """Errors against size, processor time per response, and the time of an FE² run with training."""
    rve, sampler = _volume_element(), RandomPaths(amplitude=0.03)
    solids.RVE(rve.microstructure, rve.laws, threads=1).effective_stiffness()
    model = reduce_rve(rve, sampler, seed=0, start=16, limit=20)
    assert model.training is not None
    unseen = [solve_path(rve, p) for p in RandomPaths(amplitude=0.03, legs=3).draw(6, seed=1)]
    rows: list[tuple[str, float, float, float, float]] = []
    for size in STUDY:
        rows.append(_row(resize(model, rve, (size,)), unseen))
    rows.append(("  the last without correction", *_row(resize(model, rve, (Size(60, 120, 0),)), unseen)[1:]))
    rows.append(("committee of the last two", *_row(model, unseen)[1:]))
    full, judged = _full_response(rve), _audit(model, rve, unseen[0])
    rows += [("full volume element, with tangent", 0.0, 0.0, 0.0, full), ("audit on the full grid", 0, 0, 0, judged)]
    responses, training = int(np.prod(FE2)), model.training.cpu
    reduced = training + responses * rows[-3][4] / 1e3 + AUDITS * FE2[1] * judged / 1e3
    indicator, error = validate(model, unseen)
    grave = error > 0.002
    return Figure(
        title=f"Reduced volume element, {VOXELS}^3 voxels, J2 matrix; errors on {len(unseen)} unseen paths",
        columns=("model", "mean error %", "95 % error %", "largest error %", "CPU ms per response"),
        rows=rows,
        ratios={
            "full / reduced response": full / float(rows[-3][4]),
            f"full / reduced, {responses} responses with training and audits": responses * full / 1e3 / reduced,
            "indicator / error, median": float(np.median(indicator[grave] / error[grave])),
            "indicator / error, smallest": float((indicator[grave] / error[grave]).min()),
        },
        notes=f"Training: {len(model.training.fitted)} paths fitted and {len(model.training.kept)} kept, "
        f"{training:.0f} CPU s in all. Responses in batches of {BATCH} along a path of {STEPS} increments, on one "
        f"thread. The FE² count is {FE2[0]} points x {FE2[1]} increments x {FE2[2]} Newton iterations; {AUDITS} points "
        f"are audited at every increment. Indicators are compared where the error exceeds 0.2 %.",
    )


def _volume_element() -> solids.RVE:
    cell = solids.microstructure.centred_sphere(0.39, voxels=VOXELS, edge=1e-5)
    matrix = solids.J2Plasticity(3.5e9, 0.35, solids.LinearHardening(60e6, 100e6))
    laws = {0: matrix, 1: solids.LinearElastic.isotropic(72e9, 0.22)}
    return solids.RVE(cell, laws, tolerance=1e-6, threads=1)


def _row(model: ReducedRVE, unseen: list[Snapshots]) -> tuple[str, float, float, float, float]:
    _, error = validate(model, unseen)
    name = ", ".join(f"{m.modes} modes, {m.points} points" for m in model.members)
    high = float(np.quantile(error, 0.95))
    return name, 100 * float(error.mean()), 100 * high, 100 * float(error.max()), _response(model)


def _response(model: ReducedRVE) -> float:
    """CPU milliseconds per point and response in a large batch."""
    paths = RandomPaths(amplitude=0.03, legs=2, steps=STEPS).draw(BATCH, seed=5)
    model.advance(paths[:, 0], model.initial_state(BATCH))
    began = time.process_time()
    model.replay(paths)
    return 1e3 * (time.process_time() - began) / (BATCH * STEPS)


def _full_response(rve: solids.RVE) -> float:
    """CPU milliseconds per response of the full volume element, tangent included."""
    path = RandomPaths(amplitude=0.03, legs=2, steps=STEPS).draw(1, seed=5)[0]
    rve.drive(solids.LoadPath.strains(path[:1]))
    began = time.process_time()
    rve.drive(solids.LoadPath.strains(path))
    return 1e3 * (time.process_time() - began) / len(path)


def _audit(model: ReducedRVE, rve: solids.RVE, known: Snapshots) -> float:
    """CPU milliseconds per audited increment."""
    path = solids.laws.from_mandel(known.strain)
    began = time.process_time()
    audit(model, rve, path)
    return 1e3 * (time.process_time() - began) / len(path)
