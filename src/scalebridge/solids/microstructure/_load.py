"""One door for microstructure files: the extension says which reader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from scalebridge.errors import InputError
from scalebridge.solids.microstructure._assemble import PathLike, VoxelSize
from scalebridge.solids.microstructure._microstructure import Microstructure
from scalebridge.solids.microstructure._read_hdf5 import read_hdf5
from scalebridge.solids.microstructure._read_image import has_slices, is_pattern, read_image, read_tiff_stack
from scalebridge.solids.microstructure._read_numpy import read_npy, read_npz
from scalebridge.solids.microstructure._read_vti import read_vti
from scalebridge.solids.microstructure._segment import Labels, Thresholds

_TIFF = (".tif", ".tiff")
_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", *_TIFF)
_HDF5 = (".h5", ".hdf5", ".hdf")
_KNOWN = (".npy", ".npz", *_IMAGES, *_HDF5, ".vti")
_WITH_NAMES = (".npz", *_HDF5, ".vti")
_WITH_AXES = (".npy", ".npz", *_HDF5)


def load(
    path: PathLike,
    *,
    voxel_size: VoxelSize | None = None,
    dataset: str | None = None,
    axes: str | None = None,
    thresholds: Thresholds | None = None,
    phases: Labels | None = None,
    names: Mapping[int, str] | None = None,
) -> Microstructure:
    """Read a microstructure from ``.npy .npz .png .jpg .bmp .tif .h5 .vti`` or from slices (``"slice*.tif"``).

    Args:
        path: file, or a pattern for slices.
        voxel_size: voxel edge in m, or one per axis x1, x2(, x3); only a ``.vti`` can do without.
        dataset: array to read, in files that can hold several (``.npz .h5 .vti``).
        axes: meaning of the array axes, first to last, e.g. ``"zyx"`` (``.npy .npz .h5``).
        thresholds: cut grey values: numbers, ``"otsu"`` or ``"otsu-3"``, see `segment`.
        phases: map labels to phases, or ``"labels"`` to take any number of them.
        names: names of the phases.

    Returns:
        The microstructure.

    Raises:
        InputError: unknown extension, an option that the format does not have, or whatever the reader finds wrong.
    """
    kind = Path(path).suffix.lower()
    if kind not in _KNOWN:
        raise InputError(f"'{path}' has an unknown extension '{kind}'; known: {' '.join(_KNOWN)}.")
    _refuse(dataset is not None and kind not in _WITH_NAMES, "dataset", kind, _WITH_NAMES)
    _refuse(axes is not None and kind not in _WITH_AXES, "axes", kind, _WITH_AXES)
    if kind == ".vti":
        return read_vti(path, dataset, voxel_size=voxel_size, thresholds=thresholds, phases=phases, names=names)
    if voxel_size is None:
        raise InputError(f"'{path}' does not say how large its voxels are; give voxel_size in m.")
    if kind in _IMAGES:
        stack = is_pattern(path) or (kind in _TIFF and has_slices(path))
        read = read_tiff_stack if stack else read_image
        return read(path, voxel_size=voxel_size, thresholds=thresholds, phases=phases, names=names)
    if kind == ".npy":
        return read_npy(path, voxel_size=voxel_size, axes=axes, thresholds=thresholds, phases=phases, names=names)
    read_named = read_npz if kind == ".npz" else read_hdf5
    return read_named(
        path, dataset, voxel_size=voxel_size, axes=axes, thresholds=thresholds, phases=phases, names=names
    )


def _refuse(wrong: bool, option: str, kind: str, fitting: tuple[str, ...]) -> None:
    if wrong:
        raise InputError(f"'{option}' does not apply to {kind} files; it applies to {' '.join(fitting)}.")
