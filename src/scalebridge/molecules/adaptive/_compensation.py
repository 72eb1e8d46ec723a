"""What is added per molecule so that density, or pressure, is the same at every resolution."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Compensation:
    """Energy Delta(lambda) of a molecule, a cubic spline through knots.

    Attributes:
        resolution: knots, increasing from 0 to 1.
        energy: Delta there, kJ/mol; 0 at the coarse end.

    Raises:
        InputError: fewer than two knots, knots that do not go from 0 to 1, or values that are not finite.
    """

    resolution: Floats
    energy: Floats
    _spline: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        from scipy.interpolate import CubicSpline

        x, y = np.asarray(self.resolution, float), np.asarray(self.energy, float)
        if x.shape != y.shape or x.ndim != 1 or len(x) < 2:
            raise InputError(
                f"A compensation has {x.shape} resolutions and {y.shape} energies; it needs as many of both"
            )
        if not (np.isfinite(y).all() and (np.diff(x) > 0.0).all() and x[0] == 0.0 and x[-1] == 1.0):
            raise InputError("A compensation needs finite energies at resolutions that increase from 0 to 1")
        object.__setattr__(self, "resolution", x)
        object.__setattr__(self, "energy", y)
        object.__setattr__(self, "_spline", CubicSpline(x, y, bc_type="natural"))

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
