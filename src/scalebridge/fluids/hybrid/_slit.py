"""Theory of slow flow through a slit in a wall between two reservoirs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scalebridge.errors import InputError


@dataclass(frozen=True, slots=True)
class SlitResistance:
    """Pressure difference per volume flow and depth, of the two ends and of the inside of a slit.

    Attributes:
        ends: 32 mu / (pi w^2) for both ends together (Hasimoto 1958, J. Phys. Soc. Jpn. 13, 633).
        inside: 12 mu L / (w^3 (1 + 6 b / w)), plane Poiseuille flow with slip.
    """

    ends: float
    inside: float

    @property
    def total(self) -> float:
        """Both in a row."""
        return self.ends + self.inside


def slit_resistance(width: float, length: float, viscosity: float, slip: float = 0.0) -> SlitResistance:
    """Resistance of a slit between large reservoirs at small Reynolds number.

    Args:
        width: of the slit, where the velocity, extrapolated, is `slip` times its gradient.
        length: of the slit.
        viscosity: shear viscosity.
        slip: slip length; the ends are taken without it.

    Raises:
        InputError: a length or the viscosity is not positive.
    """
    if not (min(width, length, viscosity) > 0.0 and slip >= 0.0):
        raise InputError(
            f"A slit needs positive width, length and viscosity and no negative slip; found {width:g}, {length:g}, "
            f"{viscosity:g} and {slip:g}"
        )
    inside = 12.0 * viscosity * length / (width**3 * (1.0 + 6.0 * slip / width))
    return SlitResistance(32.0 * viscosity / (math.pi * width**2), inside)
