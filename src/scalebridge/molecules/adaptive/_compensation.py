"""What is added per molecule so that density, or pressure, is the same at every resolution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False)
class Compensation:
    """Energy Delta(lambda) of a molecule, a cubic spline through knots.

    Attributes:
        resolution: knots, increasing from 0 to 1.
        energy: Delta there, kJ/mol; 0 at the coarse end.
        slope: dDelta/dlambda there, kJ/mol, where it is known; then the curve takes it, which near the coarse end,
            where it changes by orders of magnitude, keeps a spline from swinging.

    Raises:
        InputError: fewer than two knots, knots that do not go from 0 to 1, or values that are not finite.
    """

    resolution: Floats
    energy: Floats
    slope: Floats | None = None

    def __post_init__(self) -> None:
        x, y = np.asarray(self.resolution, float), np.asarray(self.energy, float)
        if x.shape != y.shape or x.ndim != 1 or len(x) < 2:
            raise InputError(
                f"A compensation has {x.shape} resolutions and {y.shape} energies; it needs as many of both"
            )
        if not (np.isfinite(y).all() and (np.diff(x) > 0.0).all() and x[0] == 0.0 and x[-1] == 1.0):
            raise InputError("A compensation needs finite energies at resolutions that increase from 0 to 1")
        object.__setattr__(self, "resolution", x)
        object.__setattr__(self, "energy", y)
        if self.slope is None:
            return
        slope = np.asarray(self.slope, float)
        if slope.shape != x.shape or not np.isfinite(slope).all():
            raise InputError(f"A compensation with {x.shape} resolutions needs as many finite slopes")
        object.__setattr__(self, "slope", slope)

    @cached_property
    def _spline(self) -> Any:
        from scipy.interpolate import CubicHermiteSpline, CubicSpline

        if self.slope is None:
            return CubicSpline(self.resolution, self.energy, bc_type="natural")
        return CubicHermiteSpline(self.resolution, self.energy, self.slope)

    @property
    def polynomials(self) -> Floats:
        """Cubic polynomials between the knots, (knots - 1, 4), highest power first."""
        coefficients: Floats = self._spline.c.T.copy()
        return coefficients

    def __call__(self, resolution: Floats) -> tuple[Floats, Floats]:
        """Delta and d Delta / d lambda of molecules, kJ/mol."""
        value: Floats = self._spline(resolution)
        slope: Floats = self._spline(resolution, 1)
        return value, slope


@final
@dataclass(frozen=True, eq=False)
class ThermodynamicForce:
    """Potential U(d) of a molecule at a distance d from the middle of the region; its force is -dU/dd.

    A cubic spline whose slope is zero at both ends, constant beyond them (Fritsch et al. 2012).

    Attributes:
        distance: knots, increasing, nm; they reach somewhat beyond the hybrid zone on both sides.
        energy: U there, kJ/mol.

    Raises:
        InputError: fewer than three knots, knots that do not increase, or values that are not finite.
    """

    distance: Floats
    energy: Floats

    def __post_init__(self) -> None:
        x, y = np.asarray(self.distance, float), np.asarray(self.energy, float)
        if x.shape != y.shape or x.ndim != 1 or len(x) < 3:
            raise InputError(f"A thermodynamic force has {x.shape} distances and {y.shape} energies; it needs 3")
        if not (np.isfinite(x).all() and np.isfinite(y).all() and (np.diff(x) > 0.0).all()):
            raise InputError("A thermodynamic force needs finite energies at distances that increase")
        object.__setattr__(self, "distance", x)
        object.__setattr__(self, "energy", y)

    @cached_property
    def _spline(self) -> Any:
        from scipy.interpolate import CubicSpline

        return CubicSpline(self.distance, self.energy, bc_type="clamped")

    @property
    def polynomials(self) -> Floats:
        """Cubic polynomials between the knots, (knots - 1, 4), highest power first."""
        coefficients: Floats = self._spline.c.T.copy()
        return coefficients

    def __call__(self, distance: Floats) -> tuple[Floats, Floats]:
        """U and the force -dU/dd, kJ/mol and kJ/mol/nm."""
        inside = np.clip(distance, self.distance[0], self.distance[-1])
        value: Floats = self._spline(inside)
        force: Floats = np.where(inside == distance, -self._spline(inside, 1), 0.0)
        return value, force
