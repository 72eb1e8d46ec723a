"""The voxel microstructure that everything in `solids` is computed on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.microstructure._correlation import TwoPointCorrelation, correlate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LISTED = 6


@dataclass(frozen=True, eq=False, repr=False)
class Microstructure:
    """Phases on a regular grid of voxels, periodic where the boundary condition asks for it.

    Array axis a is coordinate axis x_{a+1}. A 2-D array is a section normal to x3: the third direction is uniform.

    Args:
        phase: phase number of each voxel, (n1, n2) or (n1, n2, n3), integers >= 0. Kept as a read-only int32 copy.
        size: edge lengths of the cell in m, one per axis.
        names: name of a phase, for those that have one.
        orientations: crystal axes of a phase as the columns of a proper rotation: v_sample = R @ v_crystal.
        origin: where the microstructure comes from and how it was made, one sentence for reports.

    Raises:
        InputError: phases are not integers >= 0, sizes are not positive, a name or an orientation belongs to a phase
            that no voxel has, or an orientation is not a proper rotation.
    """

    phase: npt.NDArray[np.int32]
    size: tuple[float, ...]
    names: Mapping[int, str] = field(default_factory=dict)
    orientations: Mapping[int, npt.NDArray[np.float64]] = field(default_factory=dict)
    origin: str = ""

    def __post_init__(self) -> None:
        phase = _checked_phase(self.phase)
        object.__setattr__(self, "phase", phase)
        object.__setattr__(self, "size", _checked_size(self.size, phase.ndim))
        present = frozenset(self.phases)
        _check_keys("names", self.names, present)
        _check_keys("orientations", self.orientations, present)
        turned = {int(key): _checked_rotation(key, value) for key, value in self.orientations.items()}
        object.__setattr__(self, "names", MappingProxyType({int(k): str(v) for k, v in self.names.items()}))
        object.__setattr__(self, "orientations", MappingProxyType(turned))

    def __reduce__(self) -> tuple[Any, ...]:
        # Unpickled arrays are writeable and mapping proxies do not pickle, so that the object is built anew.
        return Microstructure, (self.phase, self.size, dict(self.names), dict(self.orientations), self.origin)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Microstructure):
            return NotImplemented
        return (
            self.size == other.size
            and self.names == other.names
            and np.array_equal(self.phase, other.phase)
            and self.orientations.keys() == other.orientations.keys()
            and all(np.array_equal(turn, other.orientations[key]) for key, turn in self.orientations.items())
        )

    def __hash__(self) -> int:
        return hash((self.size, self.phase.tobytes()))

    def __repr__(self) -> str:
        grid = " x ".join(str(n) for n in self.shape)
        size = " x ".join(f"{length:.4g}" for length in self.size)
        fractions = list(self.volume_fractions().items())
        shown = [f"{self.name(phase)} {100 * share:.2f} %" for phase, share in fractions[:_LISTED]]
        more = [f"{len(fractions) - _LISTED} more phases"] if len(fractions) > _LISTED else []
        return f"Microstructure({grid} voxels, {size} m: {', '.join(shown + more)})"

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of voxels along each axis."""
        return self.phase.shape

    @property
    def ndim(self) -> int:
        """Number of axes, 2 or 3."""
        return self.phase.ndim

    @property
    def spacing(self) -> tuple[float, ...]:
        """Edge lengths of a voxel in m."""
        return tuple(length / n for length, n in zip(self.size, self.shape, strict=True))

    @property
    def phases(self) -> tuple[int, ...]:
        """Phase numbers that occur, ascending."""
        return tuple(np.flatnonzero(np.bincount(self.phase.ravel())).tolist())

    def name(self, phase: int) -> str:
        """Name of a phase, ``"phase 3"`` where it was given none."""
        return self.names.get(phase, f"phase {phase}")

    def volume_fractions(self) -> dict[int, float]:
        """Share of the voxels that each phase has; the shares sum to one."""
        counts = np.bincount(self.phase.ravel())
        return {phase: float(counts[phase] / self.phase.size) for phase in self.phases}

    def two_point_correlation(self, phase: int) -> TwoPointCorrelation:
        """Probability that two points a given vector apart both lie in `phase`, with periodic continuation.

        Args:
            phase: a phase that occurs.

        Returns:
            The correlation at every shift of the grid, and its average over directions.

        Raises:
            InputError: `phase` does not occur.
        """
        if phase not in self.phases:
            raise InputError(f"Phase {phase} does not occur in this microstructure; it has {_listing(self.phases)}.")
        return correlate(self.phase == phase, self.spacing)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw a section as an image, a cube by its three visible faces.

        Args:
            ax: axes to draw into; a new figure is made where None.

        Returns:
            The axes.
        """
        from scalebridge.solids.microstructure._plot import draw

        return draw(self, ax)


def _checked_phase(phase: npt.ArrayLike) -> npt.NDArray[np.int32]:
    array = np.asarray(phase)
    if array.ndim not in (2, 3):
        raise InputError(f"A microstructure has 2 or 3 axes; the phase array has shape {array.shape}.")
    if 0 in array.shape:
        raise InputError(f"A microstructure needs at least one voxel along each axis; found shape {array.shape}.")
    if array.dtype.kind not in "biu":
        raise InputError(
            f"Phases are integers; the phase array holds {array.dtype}. Grey values become phases with thresholds: "
            "solids.microstructure.segment(grey, thresholds)."
        )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > np.iinfo(np.int32).max:
        raise InputError(f"Phase numbers are integers from 0 on; found values from {low} to {high}.")
    copy = np.array(array, dtype=np.int32, order="C")
    copy.setflags(write=False)
    return copy


def _checked_size(size: Sequence[float], ndim: int) -> tuple[float, ...]:
    try:
        lengths = tuple(float(length) for length in size)
    except (TypeError, ValueError):
        raise InputError(f"The size is {ndim} lengths in m, one per axis; found {size!r}.") from None
    if len(lengths) != ndim:
        raise InputError(f"The phase array has {ndim} axes, the size has {len(lengths)} lengths: {lengths}.")
    if not all(math.isfinite(length) and length > 0 for length in lengths):
        raise InputError(f"Edge lengths are positive and finite, in m; found {lengths}.")
    return lengths


def _check_keys(what: str, given: Mapping[int, object], present: frozenset[int]) -> None:
    strangers = [key for key in given if key not in present]
    if strangers:
        raise InputError(
            f"'{what}' has entries for phases that no voxel has: {_listing(strangers)}. "
            f"Phases present: {_listing(sorted(present))}."
        )


def _checked_rotation(phase: int, value: npt.ArrayLike) -> npt.NDArray[np.float64]:
    turn = np.array(value, dtype=float)
    if turn.shape != (3, 3) or not np.all(np.isfinite(turn)):
        raise InputError(f"The orientation of phase {phase} is a finite 3x3 matrix; found shape {turn.shape}: {turn}.")
    off = float(np.abs(turn @ turn.T - np.eye(3)).max())
    if off > 1e-8 or np.linalg.det(turn) < 0:
        raise InputError(
            f"The orientation of phase {phase} is not a proper rotation: R R^T differs from the identity by {off:.2e}, "
            f"det R = {np.linalg.det(turn):.6f} (must be +1). Columns are the crystal axes in the sample frame."
        )
    turn.setflags(write=False)
    return turn


def _listing(values: Sequence[int]) -> str:
    head = ", ".join(str(value) for value in values[:12])
    return head if len(values) <= 12 else f"{head}, ... ({len(values)} in all)"
