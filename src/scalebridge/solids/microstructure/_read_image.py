"""Microstructures from images: one section, or a stack of slices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from glob import glob
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.microstructure._assemble import Meaning, PathLike, VoxelSize, assemble, existing
from scalebridge.solids.microstructure._extras import optional
from scalebridge.solids.microstructure._microstructure import Microstructure
from scalebridge.solids.microstructure._segment import Labels, Thresholds

_Array = npt.NDArray[np.generic]


def read_image(
    path: PathLike,
    *,
    voxel_size: VoxelSize,
    thresholds: Thresholds | None = None,
    phases: Labels | None = None,
    names: Mapping[int, str] | None = None,
) -> Microstructure:
    """Read a section from one image (PNG, TIFF, JPEG, BMP) as it is seen: x1 to the right, x2 upwards.

    Colours become grey values by luminance (ITU-R BT.601).

    Args:
        path: file.
        voxel_size: pixel edge in m, or one per axis x1, x2.
        thresholds: cut grey values, see `segment`.
        phases: map grey values that are labels to phases, or ``"labels"`` to take any number of them.
        names: names of the phases.

    Returns:
        The microstructure, 2-D.

    Raises:
        InputError: the file is missing or no image, has several pages, or its values cannot be taken as phases.
    """
    found = existing(path)
    values = _as_seen(_pixels(found))
    return assemble(values, Meaning(voxel_size, thresholds, phases, names), str(found))


def read_tiff_stack(
    path: PathLike,
    *,
    voxel_size: VoxelSize,
    thresholds: Thresholds | None = None,
    phases: Labels | None = None,
    names: Mapping[int, str] | None = None,
) -> Microstructure:
    """Read slices, one after the other along x3; in each, x1 runs to the right and x2 upwards.

    Args:
        path: a TIFF file with several pages, or a pattern such as ``"scan/slice*.tif"`` whose files are taken in the
            order of the numbers in their names.
        voxel_size: voxel edge in m, or one per axis x1, x2, x3.
        thresholds: cut grey values, see `segment`.
        phases: map grey values that are labels to phases, or ``"labels"`` to take any number of them.
        names: names of the phases.

    Returns:
        The microstructure, 3-D.

    Raises:
        InputError: nothing matches, slices differ in shape, or the values cannot be taken as phases.
    """
    slices = _slices(str(path)) if is_pattern(path) else _pages(existing(path))
    values = np.stack([_as_seen(page) for page in slices], axis=-1)
    return assemble(values, Meaning(voxel_size, thresholds, phases, names), f"{path} ({len(slices)} slices)")


def is_pattern(path: PathLike) -> bool:
    """Whether a path stands for several files.

    Args:
        path: path or pattern with ``*``, ``?`` or ``[]``.

    Returns:
        True for a pattern that is not itself the name of a file.
    """
    return bool(re.search(r"[*?\[]", str(path))) and not Path(path).is_file()


def has_slices(path: PathLike) -> bool:
    """Whether a TIFF file holds more than one image.

    Args:
        path: file.

    Returns:
        True for a stack.

    Raises:
        InputError: the file is missing or no TIFF.
    """
    shape, axes = _series(existing(path))
    return len(shape) > (3 if axes.endswith("S") else 2)


def _pixels(path: Path) -> _Array:
    image_module = optional("PIL.Image")
    try:
        with image_module.open(path) as image:
            if getattr(image, "n_frames", 1) > 1:
                raise InputError(f"'{path}' holds {image.n_frames} images: read it with read_tiff_stack.")
            if image.mode in ("P", "PA", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "LAB"):
                image = image.convert("RGB")
            return np.asarray(image.convert("L") if image.mode == "RGB" else image)
    except (OSError, SyntaxError, ValueError, image_module.DecompressionBombError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"'{path}' cannot be read as an image ({error}).") from None


def _series(path: Path) -> tuple[tuple[int, ...], str]:
    """Shape and axis letters of the first series of a TIFF file."""
    tifffile = optional("tifffile")
    try:
        with tifffile.TiffFile(path) as file:
            return file.series[0].shape, file.series[0].axes
    except (tifffile.TiffFileError, OSError, ValueError, IndexError) as error:
        raise InputError(f"'{path}' cannot be read as TIFF ({error}).") from None


def _pages(path: Path) -> list[_Array]:
    shape, axes = _series(path)
    if len(shape) not in (2, 3) or axes.endswith("S"):
        raise InputError(
            f"'{path}' has shape {shape} (axes {axes}); a stack of grey slices has (slices, rows, columns)."
        )
    try:
        volume = np.asarray(optional("tifffile").imread(path))
    except (OSError, ValueError) as error:
        raise InputError(
            f"'{path}' cannot be read as TIFF ({error}). If its compression is the reason, save it uncompressed."
        ) from None
    return [volume] if volume.ndim == 2 else list(volume)


def _slices(pattern: str) -> list[_Array]:
    files = sorted(glob(pattern), key=_natural)
    if not files:
        raise InputError(f"No file matches '{pattern}'.")
    slices = [_pixels(Path(file)) for file in files]
    for file, values in zip(files, slices, strict=True):
        if values.shape != slices[0].shape:
            raise InputError(
                f"All slices have the same shape: '{files[0]}' has {slices[0].shape}, '{file}' has {values.shape}."
            )
    return slices


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorting key that puts slice 2 before slice 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _as_seen(rows: _Array) -> _Array:
    """Rows from the top and columns from the left to axes x1 to the right and x2 upwards."""
    return rows[::-1].T
