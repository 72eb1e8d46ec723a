"""Reduced models made, validated, calibrated and enriched."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.laws import from_mandel, to_mandel
from scalebridge.solids.reduced._model import AGREED, Reach, ReducedRVE, elastic_norm
from scalebridge.solids.reduced._paths import RandomPaths
from scalebridge.solids.reduced._sibling import sibling
from scalebridge.solids.reduced._snapshots import Size, Snapshots, Training, solve_paths
from scalebridge.solids.reduced._train import Trained, check_reducible, train
from scalebridge.solids.rve import RVE

Floats = npt.NDArray[np.float64]

SIZES = (Size(40, 80, 400), Size(60, 120, 400))
"""Members of a committee: one that judges and, last, one that answers."""

VALIDATION = 4
"""Paths kept for validation."""

LOOSE = 1e-4
"""Tolerance of the training solutions: it changes mean stresses by some 1e-5 and saves a third of their cost."""

SAME = 1e-3
"""Relative change of distance and error in an increment below which it repeats the one before."""


def reduce_rve(
    rve: RVE,
    paths: RandomPaths | Floats | Sequence[Floats],
    *,
    seed: int = 0,
    tolerance: float = 0.01,
    sizes: Sequence[Size] = SIZES,
    start: int = 12,
    limit: int = 40,
    dt: float = 1.0,
    on_path: Callable[[int], None] | None = None,
) -> ReducedRVE:
    """A reduced model of a volume element with nonlinear laws, from full solutions along strain paths.

    From a sampler, paths are drawn until the error on paths not seen before is within the tolerance: those that were
    too far off join the training. Given paths are all used, the last `VALIDATION` (at most a quarter) for validation.

    Args:
        rve: the full volume element, small strain.
        paths: a sampler, or strain paths, each (T, 3, 3).
        seed: from which all random choices flow.
        tolerance: largest error of the mean stress relative to the largest stress of its path, on the validation paths.
        sizes: of the members of the committee, the one that answers last.
        start: paths of the first training, with a sampler.
        limit: largest number of full solutions, with a sampler.
        dt: length of the increments, s.
        on_path: called after each full solution, for progress.

    Returns:
        The model; its `error` says what the validation gave, also where the limit was reached before the tolerance.

    Raises:
        InputError: there is nothing to reduce, or paths or numbers make no sense.
        ConvergenceError: the full volume element did not converge in the first increment of a path.
    """
    begin = time.process_time()
    check_reducible(rve)
    loose = sibling(rve, rve.laws, max(rve.tolerance, LOOSE))
    if not 0.0 < tolerance < 1.0 or start < 1 or limit < start + VALIDATION:
        raise InputError(
            f"tolerance {tolerance}, start {start} and limit {limit} do not go together; needed are a tolerance "
            f"between 0 and 1, start >= 1 and limit >= start + {VALIDATION}."
        )
    if not isinstance(paths, RandomPaths):
        if len(paths) < 2:
            raise InputError(
                f"{len(paths)} strain paths were given; at least 2 are needed, one of them for validation."
            )
        solved = solve_paths(loose, paths, dt, on_path)
        kept = max(1, min(VALIDATION, len(solved) // 4))
        return _model(rve, solved[:-kept], solved[-kept:], sizes, seed, begin)
    solved = solve_paths(loose, paths.draw(start + VALIDATION, seed), dt, on_path)
    while True:
        model = _model(rve, solved[:-VALIDATION], solved[-VALIDATION:], sizes, seed, begin)
        more = min(max(VALIDATION, len(solved) // 3), limit - len(solved))
        if model.error <= tolerance or more < 1:
            return model
        solved += solve_paths(loose, paths.draw(more, seed, first=len(solved)), dt, on_path)


def stand_in(rve: RVE, points: int = 16, seed: int = 0) -> ReducedRVE:
    """A reduced model from no full solution at all: elastic fluctuations and clusters of points, nothing corrected.

    Too stiff once much has yielded, and blind to its error; good enough to rehearse what strains a body will see.

    Source: G. J. Dvorak (1992), Transformation field analysis of inelastic composite materials, doi
    10.1098/rspa.1992.0063; clusters as in Z. Liu, M. A. Bessa, W. K. Liu (2016), doi 10.1016/j.cma.2016.04.004.

    Args:
        rve: the full volume element, small strain.
        points: generalised integration points.
        seed: from which all random choices flow.

    Raises:
        InputError: there is nothing to reduce.
    """
    trained = train(rve, (), (Size(6, points, 0),), np.random.SeedSequence(seed))
    return ReducedRVE(trained.members, trained.modes, 1.0, 0.0, np.inf, None)


def model_from(
    rve: RVE, fitted: Sequence[Snapshots], kept: Sequence[Snapshots], sizes: Sequence[Size] = SIZES, seed: int = 0
) -> ReducedRVE:
    """A reduced model from full solutions that are there already.

    Args:
        rve: the full volume element.
        fitted: full solutions to which the model is fitted.
        kept: full solutions by which it is validated and its indicator calibrated.
        sizes: of the members of the committee, the one that answers last.
        seed: from which all random choices flow.
    """
    begin = time.process_time() - sum(s.cpu for s in (*fitted, *kept))
    return _model(rve, tuple(fitted), tuple(kept), sizes, seed, begin)


def enrich(
    model: ReducedRVE,
    rve: RVE,
    paths: Floats | Sequence[Floats] | Sequence[Snapshots],
    *,
    kept: Sequence[Snapshots] = (),
    dt: float = 1.0,
) -> ReducedRVE:
    """The model trained anew with full solutions along further strain paths, e.g. of points whose indicator was high.

    Validation and calibration use the same paths as before, which the new model has not seen either, and those in
    `kept`.

    Args:
        model: with its training data.
        rve: the full volume element it was made from.
        paths: strain paths, each (T, 3, 3), or full solutions along them.
        kept: full solutions to validate with besides.
        dt: length of the increments, s.

    Raises:
        InputError: the model has no training data.
    """
    begin, known = time.process_time(), model.training
    if known is None:
        raise InputError("the model was stripped of its training data; enrich the one that reduce_rve gave.")
    loose = sibling(rve, rve.laws, max(rve.tolerance, LOOSE))
    solved: list[Snapshots] = []
    for path in paths:
        if isinstance(path, Snapshots):
            solved.append(path)
            begin -= path.cpu
        else:
            solved.extend(solve_paths(loose, [path], dt))
    begin -= sum(s.cpu for s in kept)
    return _model(rve, (*known.fitted, *solved), (*known.kept, *kept), known.sizes, known.seed, begin - known.cpu)


def resize(model: ReducedRVE, rve: RVE, sizes: Sequence[Size]) -> ReducedRVE:
    """A model of other sizes from the same full solutions: to choose how many modes and points are worth their cost.

    Raises:
        InputError: the model has no training data.
    """
    if model.training is None:
        raise InputError("the model was stripped of its training data; resize the one that reduce_rve gave.")
    known = model.training
    return _model(rve, known.fitted, known.kept, sizes, known.seed, time.process_time())


def _model(
    rve: RVE,
    fitted: tuple[Snapshots, ...],
    kept: tuple[Snapshots, ...],
    sizes: Sequence[Size],
    seed: int,
    begin: float,
) -> ReducedRVE:
    trained = train(rve, fitted, sizes, np.random.SeedSequence(seed))
    raw = ReducedRVE(trained.members, trained.modes, 1.0, 0.0, np.inf, None)
    distance, error = validate(raw, kept)
    # where the model has no answer it says so by itself; the indicator is for the answers it gives
    answered = np.isfinite(distance) & np.isfinite(error) & ~_repeated(distance, error, [len(s.strain) for s in kept])
    norm = elastic_norm(np.concatenate([s.strain for s in kept]), trained.members[-1].elastic)
    factor, floor, hidden = _calibrated(distance[answered], error[answered], norm[answered])
    training = Training(fitted, kept, tuple(sizes), seed, time.process_time() - begin)
    largest = float(error[answered].max()) if answered.any() else np.inf
    reach = _reach(trained, fitted, kept)
    return ReducedRVE(trained.members, trained.modes, factor, floor, largest, training, reach, hidden)


def _reach(trained: Trained, fitted: Sequence[Snapshots], kept: Sequence[Snapshots]) -> Reach:
    """States of the answering member that are known, and how far from them those of the kept solutions are."""
    member = trained.members[-1]
    known, other = (
        np.concatenate(
            [
                np.concatenate([s.strain, trained.modes.amplitudes(s.fluctuation)[:, : member.modes]], axis=1)
                for s in some
            ]
        )
        for some in (fitted, kept)
    )
    return Reach.of(known, member.elastic, other)


def validate(model: ReducedRVE, known: Sequence[Snapshots]) -> tuple[Floats, Floats]:
    """Indicators and true errors at all increments of known solutions, both relative to the largest stress so far."""
    indicators, errors = [], []
    for s in known:
        _, stress, indicator = model.replay(from_mandel(s.strain)[None], s.dt)
        peak = np.maximum.accumulate(np.linalg.norm(s.stress, axis=1))
        indicators.append(indicator[0])
        errors.append(np.linalg.norm(to_mandel(stress[0]) - s.stress, axis=1) / peak)
    found: tuple[Floats, Any] = np.concatenate(indicators), np.concatenate(errors)
    return found


def _repeated(distance: Floats, error: Floats, lengths: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Increments of paths, one after the other, that are as the one before: nothing flows, and nothing is new.

    A path that is unloaded would otherwise count as often as its elastic increments are many.
    """
    with np.errstate(invalid="ignore"):
        same = [np.abs(np.diff(values)) <= SAME * values[1:] for values in (distance, error)]
    again = np.concatenate([[False], same[0] & same[1]])
    again[np.cumsum([0, *lengths[:-1]])] = False
    return again


def _calibrated(distance: Floats, error: Floats, norm: Floats) -> tuple[float, float, tuple[float, float]]:
    """Factor that bounds 95 of 100 errors above the median one, which is the floor; and `ReducedRVE.hidden`.

    Increments at which the members agree but for rounding say nothing about the factor. It is at least one: few paths
    are kept, and where they happen to be easy the distance of the members must not count for less than it is.
    """
    apart = distance > AGREED
    unseen = ~apart & (error > LOOSE)
    hidden = (float(error[unseen].max()), float(norm[unseen].min())) if unseen.any() else (0.0, np.inf)
    if not apart.any():
        return 1.0, np.inf, hidden
    distance, error = distance[apart], error[apart]
    floor = float(np.median(error))
    above = error > floor
    ratio = float(np.quantile(error[above] / distance[above], 0.95)) if above.any() else 1.0
    return max(ratio, 1.0), floor, hidden
