"""Where a box is atomistic, hybrid and coarse, and how the resolution changes between them.

A molecule's resolution lambda follows from the distance d of its centre of mass from the middle of the region: 1 up to
`atomistic`, falling over `hybrid` to 0. Two switching functions are usual:

    cos2:  cos^2(pi s / 2)
    c2:    1 - 10 s^3 + 15 s^4 - 6 s^5,     s = (d - atomistic) / hybrid

The second has continuous second derivatives: forces have no kinks at the ends of the hybrid zone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]
Switching = Literal["cos2", "c2"]


def switch(distance: Floats, atomistic: float, hybrid: float, kind: Switching) -> tuple[Floats, Floats]:
    """Resolution and its derivative by the distance.

    Args:
        distance: from the middle of the region, nm, any shape.
        atomistic: where the hybrid zone begins, nm.
        hybrid: its width, nm.
        kind: the switching function.

    Returns:
        lambda and d lambda / d distance in 1/nm, both of the shape of `distance`.
    """
    s = np.clip((distance - atomistic) / hybrid, 0.0, 1.0)
    if kind == "cos2":
        value = np.cos(0.5 * np.pi * s) ** 2
        slope = -0.5 * np.pi * np.sin(np.pi * s)
    else:
        value = 1.0 - s**3 * (10.0 - 15.0 * s + 6.0 * s**2)
        slope = -30.0 * s**2 * (1.0 - s) ** 2
    # cos(pi / 2) is not zero in floating point, and a molecule is coarse only where it is
    return np.where(s == 1.0, 0.0, value), slope / hybrid


@dataclass(frozen=True)
class Region(ABC):
    """The part of a periodic box that is atomistic, with the hybrid zone around it.

    Attributes:
        centre: its middle, nm; for `Sphere` and `Cylinder` that follow a solute, ignored.
        atomistic: half thickness or radius of the atomistic part, nm.
        hybrid: width of the hybrid zone, nm.
        switching: the switching function.
    """

    centre: tuple[float, float, float]
    atomistic: float
    hybrid: float
    switching: Switching = "cos2"

    def __post_init__(self) -> None:
        if not (np.isfinite(self.centre).all() and len(self.centre) == 3):
            raise InputError(f"The centre of a region is three lengths in nm, not {self.centre}")
        if not (np.isfinite(self.atomistic) and self.atomistic >= 0.0):
            raise InputError(f"The atomistic part of a region has the size {self.atomistic} nm; it must be 0 or more")
        if not (np.isfinite(self.hybrid) and self.hybrid > 0.0):
            raise InputError(f"The hybrid zone is {self.hybrid} nm wide; it needs a width above zero")
        if self.switching not in ("cos2", "c2"):
            raise InputError(f"The switching function is {self.switching!r}; known are 'cos2' and 'c2'")

    @property
    @abstractmethod
    def directions(self) -> npt.NDArray[np.bool_]:
        """Axes along which the distance is measured, (3,)."""

    @property
    def outer(self) -> float:
        """Distance beyond which all is coarse, nm."""
        return self.atomistic + self.hybrid

    def check(self, box: Floats, cutoff: float) -> None:
        """See to it that the region fits a box.

        Args:
            box: three edges, nm.
            cutoff: of the atomistic interactions, nm.

        Raises:
            InputError: the region is larger than the box, or the hybrid zone thinner than the cutoff.
        """
        for axis in np.flatnonzero(self.directions):
            if self.outer > 0.5 * box[axis]:
                raise InputError(
                    f"The region with its hybrid zone reaches {self.outer:g} nm from its middle, and the box is only "
                    f"{box[axis]:g} nm long in {'xyz'[axis]}: the region would meet its own image. Make it smaller "
                    "than half the box, or simulate all atoms."
                )
        if self.hybrid < cutoff:
            raise InputError(
                f"The hybrid zone is {self.hybrid:g} nm wide, less than the cutoff of {cutoff:g} nm: an atomistic "
                "molecule would interact with coarse ones directly, and no compensation makes up for that. Widen it "
                f"to {cutoff:g} nm at least."
            )

    def resolution(self, positions: Floats, box: Floats, centre: Floats | None = None) -> tuple[Floats, Floats]:
        """Resolution of molecules and its gradient.

        Args:
            positions: centres of mass, (n, 3) nm.
            box: three edges, nm.
            centre: where the middle is now, nm; None takes `centre`.

        Returns:
            lambda (n,) and its gradient (n, 3) in 1/nm.
        """
        d = positions - (np.asarray(self.centre) if centre is None else centre)
        d -= box * np.round(d / box)
        d *= self.directions
        distance = np.linalg.norm(d, axis=1)
        value, slope = switch(distance, self.atomistic, self.hybrid, self.switching)
        unit = d / np.maximum(distance, 1e-300)[:, None]
        return value, slope[:, None] * unit

    def volumes(self, box: Floats) -> tuple[float, float, float]:
        """Shares of the box that are atomistic, hybrid and coarse."""
        inner, outer = (self._content(r, box) / float(np.prod(box)) for r in (self.atomistic, self.outer))
        return inner, outer - inner, 1.0 - outer

    @abstractmethod
    def _content(self, distance: float, box: Floats) -> float:
        """Volume within a distance of the middle, nm^3."""


@final
@dataclass(frozen=True)
class Slab(Region):
    """A layer across the box, normal to `axis`.

    Attributes:
        axis: 0, 1 or 2.
    """

    axis: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.axis not in (0, 1, 2):
            raise InputError(f"The axis of a slab is {self.axis}; it must be 0, 1 or 2")

    @property
    def directions(self) -> npt.NDArray[np.bool_]:
        return np.asarray(np.arange(3) == self.axis)

    def _content(self, distance: float, box: Floats) -> float:
        return 2.0 * distance * float(np.prod(box)) / float(box[self.axis])


@final
@dataclass(frozen=True)
class Sphere(Region):
    """A ball, fixed in the box or around a solute."""

    @property
    def directions(self) -> npt.NDArray[np.bool_]:
        return np.ones(3, bool)

    def _content(self, distance: float, box: Floats) -> float:
        return 4.0 / 3.0 * np.pi * distance**3


@final
@dataclass(frozen=True)
class Cylinder(Region):
    """A cylinder through the box, along `axis`.

    Attributes:
        axis: 0, 1 or 2.
    """

    axis: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.axis not in (0, 1, 2):
            raise InputError(f"The axis of a cylinder is {self.axis}; it must be 0, 1 or 2")

    @property
    def directions(self) -> npt.NDArray[np.bool_]:
        return np.asarray(np.arange(3) != self.axis)

    def _content(self, distance: float, box: Floats) -> float:
        return np.pi * distance**2 * float(box[self.axis])
