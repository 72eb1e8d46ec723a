"""The state of a fluid on a mesh."""

from __future__ import annotations

from dataclasses import dataclass

from scalebridge.fluids.continuum._interface import Floats


@dataclass(frozen=True)
class MeshState:
    """Coefficients of the fields on a mesh at one time.

    Attributes:
        time: since the first state.
        velocity: in the plane; no divergence at any point.
        along: velocity along z.
        temperature: of the temperature.
        pressure: mean over the last substep; where no end is open its mean over the fluid is zero.
    """

    time: float
    velocity: Floats
    along: Floats
    temperature: Floats
    pressure: Floats
