"""Grey values to phases."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Thresholds = Sequence[float] | float | str
Labels = Mapping[int, int] | Literal["labels"]

_FEW = 16
_BINS = 256


def segment(grey: npt.ArrayLike, thresholds: Thresholds) -> npt.NDArray[np.int32]:
    """Cut grey values into phases: k ascending thresholds t give phases 0..k.

    Phase p holds t_p <= grey < t_{p+1} (counted from 1).

    Args:
        grey: finite values, any shape.
        thresholds: one value, ascending values, ``"otsu"`` for two phases, or ``"otsu-3"`` and so on for more.

    Returns:
        Phase numbers, shape of `grey`.

    Raises:
        InputError: a value is not finite, thresholds do not ascend, or a phase would be empty.

    Source:
        Automatic thresholds: Otsu 1979, doi:10.1109/TSMC.1979.4310076, for several classes as in Liao, Chen, Chung
        2001, J Inf Sci Eng 17, 713.
    """
    values = finite(np.asarray(grey))
    cuts = find_thresholds(values, thresholds)
    phase = np.searchsorted(cuts, values, side="right").astype(np.int32)
    counts = np.bincount(phase.ravel(), minlength=len(cuts) + 1)
    empty = np.flatnonzero(counts == 0)
    if empty.size:
        bounds = ["-inf", *(f"{cut:g}" for cut in cuts), "inf"]
        gaps = ", ".join(f"[{bounds[p]}, {bounds[p + 1]})" for p in empty)
        raise InputError(
            f"No voxel has a grey value in {gaps}: the thresholds {_text(cuts)} leave phases empty. The values found "
            f"lie between {values.min():g} and {values.max():g}; choose thresholds inside that range."
        )
    return phase


def find_thresholds(values: npt.NDArray[np.generic], thresholds: Thresholds) -> list[float]:
    """The thresholds as ascending numbers, found from the histogram where they are asked for by name.

    Args:
        values: finite grey values.
        thresholds: as in `segment`.

    Returns:
        Ascending thresholds.

    Raises:
        InputError: unknown name, not ascending, not finite, or none at all.
    """
    if isinstance(thresholds, str):
        return _otsu(values, _classes(thresholds))
    cuts = [float(cut) for cut in (thresholds if isinstance(thresholds, Sequence) else [thresholds])]
    ascending = all(a < b for a, b in pairwise(cuts))
    if not cuts or not ascending or not all(map(math.isfinite, cuts)):
        raise InputError(f"Thresholds are finite numbers in ascending order, at least one; found {cuts}.")
    return cuts


def take_labels(values: npt.NDArray[np.generic], phases: Labels | None) -> npt.NDArray[np.int32]:
    """Values that are phase numbers already.

    Args:
        values: integers, booleans, or floating-point numbers that are whole.
        phases: phase number for each value that occurs; None keeps up to 16 different values as they are;
            ``"labels"`` keeps any number of them.

    Returns:
        Phase numbers, shape of `values`.

    Raises:
        InputError: values are not whole, too many to be phases by accident, or missing in the mapping.
    """
    whole = _whole(finite(values))
    found = np.unique(whole)
    if phases is None and found.size > _FEW:
        raise InputError(
            f"Found {found.size} different values from {found[0]} to {found[-1]}: these look like grey values. Give "
            "thresholds (numbers, or 'otsu'), or phases='labels' if every value really is a phase."
        )
    if not isinstance(phases, Mapping):
        if found[0] < 0:
            raise InputError(f"Phases start at 0; found {found[0]}. Map the values with phases={{value: phase}}.")
        return whole.astype(np.int32)
    missing = [int(value) for value in found if value not in phases]
    if missing:
        raise InputError(
            f"The mapping of values to phases has no entry for {missing[:12]}; values found: {found[:12].tolist()}."
        )
    table = np.array([phases[int(value)] for value in found], dtype=np.int32)
    return table[np.searchsorted(found, whole)]


def finite(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """The values, once they are known to be real and finite numbers.

    Args:
        values: any array.

    Returns:
        The same array.

    Raises:
        InputError: the array is empty, not numeric, or holds NaN or infinity.
    """
    if values.dtype.kind not in "biuf":
        raise InputError(f"Voxel values are real numbers; found {values.dtype}.")
    if values.size == 0:
        raise InputError(f"The array is empty: shape {values.shape}.")
    wrong = int(np.count_nonzero(~np.isfinite(values)))
    if wrong:
        raise InputError(f"{wrong} of {values.size} values are NaN or infinite; repair or crop the data first.")
    return values


def _whole(values: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    as_integers = values.astype(np.int64)
    if values.dtype.kind == "f" and not np.array_equal(as_integers, values):
        raise InputError("The values are not whole numbers, so that they are not phases; give thresholds.")
    return as_integers


def _classes(name: str) -> int:
    match = re.fullmatch(r"otsu(?:-([2-8]))?", name)
    if match is None:
        raise InputError(f"Thresholds by name are 'otsu' (two phases) or 'otsu-3' to 'otsu-8'; found '{name}'.")
    return int(match[1] or 2)


def _otsu(values: npt.NDArray[np.generic], classes: int) -> list[float]:
    """Thresholds that maximise the variance between classes, by dynamic programming over a histogram."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise InputError(f"All values are {low:g}: there is nothing to separate.")
    counts, edges = np.histogram(values.astype(float), bins=_BINS, range=(low, high))
    filled = np.flatnonzero(counts)
    if filled.size < classes:
        raise InputError(f"Only {filled.size} different grey levels are there, too few for {classes} phases.")
    weight = np.concatenate([[0.0], np.cumsum(counts[filled])])
    moment = np.concatenate([[0.0], np.cumsum(counts[filled] * 0.5 * (edges[filled] + edges[filled + 1]))])
    cuts = _best_partition(weight, moment, classes)
    # Halfway between the last bin of one class and the first of the next.
    return [0.5 * (float(edges[filled[cut - 1] + 1]) + float(edges[filled[cut]])) for cut in cuts]


def _best_partition(weight: npt.NDArray[np.float64], moment: npt.NDArray[np.float64], classes: int) -> list[int]:
    """First bins of the classes after the first, for the largest sum of moment^2 / weight over classes."""
    span = np.subtract.outer(weight, weight)
    gain = np.full(span.shape, -np.inf)
    lower = np.tril_indices(len(weight), -1)
    gain[lower] = np.subtract.outer(moment, moment)[lower] ** 2 / span[lower]
    best = gain[:, 0]
    choices = []
    for _ in range(classes - 1):
        candidates = best[None, :] + gain
        choices.append(np.argmax(candidates, axis=1))
        best = np.max(candidates, axis=1)
    cuts, end = [], len(weight) - 1
    for choice in reversed(choices):
        end = int(choice[end])
        cuts.append(end)
    return cuts[::-1]


def _text(cuts: Sequence[float]) -> str:
    return ", ".join(f"{cut:g}" for cut in cuts)
