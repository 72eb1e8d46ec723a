"""What all readers share: an array as it stands in a file becomes a microstructure."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.microstructure._microstructure import Microstructure
from scalebridge.solids.microstructure._segment import Labels, Thresholds, find_thresholds, finite, segment, take_labels

PathLike = str | os.PathLike[str]
VoxelSize = float | Sequence[float]


@dataclass(frozen=True)
class Meaning:
    """How the values of a file are to be understood.

    Attributes:
        voxel_size: voxel edge in m, or one per axis x1, x2(, x3).
        thresholds: see `segment`; None where the values are phases already.
        phases: see `take_labels`.
        names: names of the phases.
    """

    voxel_size: VoxelSize
    thresholds: Thresholds | None = None
    phases: Labels | None = None
    names: Mapping[int, str] | None = None


def assemble(values: npt.NDArray[np.generic], meaning: Meaning, source: str) -> Microstructure:
    """Turn values in the order x1, x2(, x3) into a microstructure; every error names the source.

    Args:
        values: grey values or labels, (n1, n2) or (n1, n2, n3).
        meaning: how to read them.
        source: file and dataset for messages and for the report.

    Returns:
        The microstructure.

    Raises:
        InputError: wrong number of axes, NaN, phases that cannot be told apart, or a bad voxel size.
    """
    try:
        if values.ndim not in (2, 3):
            raise InputError(f"A microstructure has 2 or 3 axes; the array has shape {values.shape}.")
        phase, how = _phases(values, meaning)
        size = [n * edge for n, edge in zip(phase.shape, _edges(meaning.voxel_size, phase.ndim), strict=True)]
        return Microstructure(phase, tuple(size), dict(meaning.names or {}), origin=f"read from {source}{how}")
    except InputError as error:
        raise InputError(f"{source}: {error}") from None


def reorder(values: npt.NDArray[np.generic], axes: str | None, source: str) -> npt.NDArray[np.generic]:
    """Bring array axes into the order x1, x2(, x3).

    Args:
        values: array with 2 or 3 axes.
        axes: what each axis of the array is, first to last, e.g. ``"zyx"``; None stands for ``"xyz"`` or ``"xy"``.
        source: for messages.

    Returns:
        The array with its axes permuted.

    Raises:
        InputError: `axes` is not a permutation that fits the array.
    """
    letters = "xyz"[: values.ndim]
    if axes is None:
        return values
    if values.ndim not in (2, 3) or sorted(axes) != sorted(letters):
        raise InputError(
            f"{source}: axes='{axes}' does not fit an array of shape {values.shape}; a 2-D array needs 'xy' or 'yx', "
            "a 3-D array a permutation of 'xyz'."
        )
    return np.transpose(values, [axes.index(letter) for letter in letters])


def existing(path: PathLike) -> Path:
    """The path of a file that is there.

    Args:
        path: file.

    Returns:
        The same as a `Path`.

    Raises:
        InputError: no such file.
    """
    found = Path(path)
    if found.is_file():
        return found
    if found.parent.is_dir():
        alike = sorted(p.name for p in found.parent.iterdir() if p.suffix == found.suffix and p.is_file())
        rest = f"; files of that kind there: {', '.join(alike[:8])}" if alike else ""
        raise InputError(f"There is no file '{found}'{rest}.")
    raise InputError(f"There is no file '{found}': its folder does not exist.")


def choose(wanted: str | None, there: Sequence[str], kind: str, source: str) -> str:
    """Pick the array asked for, or the only one there is.

    Args:
        wanted: its name; None picks the only one.
        there: names that exist.
        kind: what they are called in that format, e.g. ``"dataset"``.
        source: for messages.

    Returns:
        A name that exists.

    Raises:
        InputError: no such name, none at all, or several and none asked for.
    """
    if wanted is None and len(there) == 1:
        return there[0]
    if wanted is not None and wanted in there:
        return wanted
    listed = ", ".join(f"'{name}'" for name in there[:20]) or "none"
    found = (
        f"There is no {kind} '{wanted}' in {source}" if wanted is not None else f"{source}: say which {kind} to read"
    )
    raise InputError(f"{found}; there: {listed}.")


def _phases(values: npt.NDArray[np.generic], meaning: Meaning) -> tuple[npt.NDArray[np.int32], str]:
    if meaning.thresholds is None:
        return take_labels(values, meaning.phases), ""
    if meaning.phases is not None:
        raise InputError("Give thresholds (for grey values) or phases (for labels), not both.")
    cuts = find_thresholds(finite(values), meaning.thresholds)
    by = f" found by {meaning.thresholds}" if isinstance(meaning.thresholds, str) else ""
    return segment(values, cuts), f", grey values cut at {', '.join(f'{cut:g}' for cut in cuts)}{by}"


def _edges(voxel_size: VoxelSize, ndim: int) -> list[float]:
    edges = list(voxel_size) if isinstance(voxel_size, Sequence) else [voxel_size] * ndim
    if len(edges) != ndim:
        raise InputError(f"voxel_size is one length in m, or one for each of the {ndim} axes; found {voxel_size!r}.")
    return edges
