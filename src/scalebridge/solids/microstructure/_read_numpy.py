"""Microstructures from NumPy files."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.microstructure._assemble import (
    Meaning,
    PathLike,
    VoxelSize,
    assemble,
    choose,
    existing,
    reorder,
)
from scalebridge.solids.microstructure._microstructure import Microstructure
from scalebridge.solids.microstructure._segment import Labels, Thresholds


def read_npy(
    path: PathLike,
    *,
    voxel_size: VoxelSize,
    axes: str | None = None,
    thresholds: Thresholds | None = None,
    phases: Labels | None = None,
    names: Mapping[int, str] | None = None,
) -> Microstructure:
    """Read the array of an ``.npy`` file.

    Args:
        path: file.
        voxel_size: voxel edge in m, or one per axis x1, x2(, x3).
        axes: meaning of the array axes, first to last, e.g. ``"zyx"``; default ``"xyz"``.
        thresholds: cut grey values, see `segment`.
        phases: map labels to phases, or ``"labels"`` to take any number of them.
        names: names of the phases.

    Returns:
        The microstructure.

    Raises:
        InputError: the file is missing or damaged, or its values cannot be taken as phases.
    """
    found = existing(path)
    values = reorder(_load(found), axes, str(found))
    return assemble(values, Meaning(voxel_size, thresholds, phases, names), str(found))


def read_npz(
    path: PathLike,
    key: str | None = None,
    *,
    voxel_size: VoxelSize,
    axes: str | None = None,
    thresholds: Thresholds | None = None,
    phases: Labels | None = None,
    names: Mapping[int, str] | None = None,
) -> Microstructure:
    """Read one array of an ``.npz`` archive.

    Args:
        path: file.
        key: name of the array; may be left out where there is only one.
        voxel_size: voxel edge in m, or one per axis x1, x2(, x3).
        axes: meaning of the array axes, first to last, e.g. ``"zyx"``; default ``"xyz"``.
        thresholds: cut grey values, see `segment`.
        phases: map labels to phases, or ``"labels"`` to take any number of them.
        names: names of the phases.

    Returns:
        The microstructure.

    Raises:
        InputError: the file is missing or damaged, has no such array, or its values cannot be taken as phases.
    """
    found = existing(path)
    archive = _load(found)
    if isinstance(archive, np.ndarray):
        raise InputError(f"'{found}' holds a single array, it is no .npz archive; rename it to .npy.")
    with archive:
        name = choose(key, archive.files, "array", f"'{found}'")
        values = _guarded(found, lambda: archive[name])
    source = f"{found}, array '{name}'"
    return assemble(reorder(values, axes, source), Meaning(voxel_size, thresholds, phases, names), source)


def _load(path: PathLike) -> Any:
    return _guarded(path, lambda: np.load(path, allow_pickle=False))


def _guarded(path: PathLike, read: Any) -> Any:
    try:
        return read()
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"'{path}' cannot be read as a NumPy file ({error}). Arrays of Python objects are not accepted."
        ) from None
