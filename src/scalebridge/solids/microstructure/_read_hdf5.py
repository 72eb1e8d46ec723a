"""Microstructures from HDF5 files."""

from __future__ import annotations

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
from scalebridge.solids.microstructure._extras import optional
from scalebridge.solids.microstructure._microstructure import Microstructure
from scalebridge.solids.microstructure._segment import Labels, Thresholds


def read_hdf5(
    path: PathLike,
    dataset: str | None = None,
    *,
    voxel_size: VoxelSize,
    axes: str | None = None,
    thresholds: Thresholds | None = None,
    phases: Labels | None = None,
    names: Mapping[int, str] | None = None,
) -> Microstructure:
    """Read one dataset of an HDF5 file.

    Args:
        path: file.
        dataset: path of the dataset in the file, e.g. ``"/sphere/32x32x32/ms"``; may be left out where only one
            dataset has 2 or 3 axes.
        voxel_size: voxel edge in m, or one per axis x1, x2(, x3).
        axes: meaning of the array axes, first to last, e.g. ``"zyx"``; default ``"xyz"``.
        thresholds: cut grey values, see `segment`.
        phases: map labels to phases, or ``"labels"`` to take any number of them.
        names: names of the phases.

    Returns:
        The microstructure.

    Raises:
        InputError: the file is missing or no HDF5, has no such dataset, or its values cannot be taken as phases.
    """
    h5py = optional("h5py")
    found = existing(path)
    try:
        with h5py.File(found, "r") as file:
            name = choose(_absolute(dataset), _datasets(file, h5py), "dataset", f"'{found}'")
            values = np.asarray(file[name][()])
    except OSError as error:
        raise InputError(f"'{found}' cannot be read as HDF5 ({error}).") from None
    source = f"{found}, dataset '{name}'"
    return assemble(reorder(values, axes, source), Meaning(voxel_size, thresholds, phases, names), source)


def _absolute(dataset: str | None) -> str | None:
    return None if dataset is None else "/" + dataset.strip("/")


def _datasets(file: Any, h5py: Any) -> list[str]:
    """Absolute paths of the datasets that can be grids."""
    names: list[str] = []

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim in (2, 3):
            names.append(f"/{name}")

    file.visititems(note)
    return names
