"""Linear conduction of heat (or of anything that obeys Fourier's, Fick's, Ohm's or Darcy's law)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scalebridge.bridge import Citation
from scalebridge.solids.laws import _validate


@dataclass(frozen=True, eq=False, init=False)
class Conduction:
    """Flux = -conductivity . gradient.

    Args:
        conductivity: a positive number for an isotropic solid, or (3, 3) symmetric positive definite; W/(m K) for heat.
            It is kept as a read-only (3, 3) array.

    Raises:
        InputError: the conductivity is not positive (definite) or not symmetric.
    """

    conductivity: np.ndarray

    is_linear: ClassVar[bool] = True
    symmetric_tangent: ClassVar[bool] = True
    citations: ClassVar[tuple[Citation, ...]] = ()

    def __init__(self, conductivity: np.ndarray | float) -> None:
        if isinstance(conductivity, int | float | np.number):
            conductivity = _validate.positive("conductivity", float(conductivity)) * np.eye(3)
        object.__setattr__(self, "conductivity", _validate.positive_definite("conductivity", conductivity, 3))

    def rotated(self, rotation: np.ndarray) -> Conduction:
        """The same material turned by a (3, 3) rotation R."""
        r = _validate.rotation("rotation", rotation)
        return Conduction(r @ self.conductivity @ r.T)
