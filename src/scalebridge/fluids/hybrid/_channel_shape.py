"""The shape of a long channel, and how its pressure falls where resistance is known at a few stations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._state import Floats

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator

_PANELS, _POINTS = 80, 5


@dataclass(frozen=True)
class ChannelShape:
    """Height of a channel along its length, from crystal to crystal, monotone between the given points.

    Attributes:
        positions: along the channel, rising from 0; the last is its length.
        heights: there.

    Raises:
        InputError: positions do not rise from 0, or a height is missing or not positive.
    """

    positions: tuple[float, ...]
    heights: tuple[float, ...]

    def __post_init__(self) -> None:
        x, h = np.array(self.positions, dtype=np.float64), np.array(self.heights, dtype=np.float64)
        if len(x) < 2 or x[0] != 0.0 or not np.all(np.diff(x) > 0.0) or not np.all(np.isfinite(x)):
            raise InputError(f"The channel's positions are {self.positions}; they must be two or more, rising from 0")
        if len(h) != len(x) or not np.all(h > 0.0) or not np.all(np.isfinite(h)):
            raise InputError(
                f"The channel has {len(x)} positions and heights {self.heights}; each position needs a positive height"
            )

    @property
    def length(self) -> float:
        """Of the channel."""
        return self.positions[-1]

    @cached_property
    def _curve(self) -> PchipInterpolator:
        from scipy.interpolate import PchipInterpolator

        return PchipInterpolator(self.positions, self.heights)

    def height(self, positions: Floats) -> Floats:
        """At positions, (n,)."""
        return np.asarray(self._curve(positions))

    @property
    def steepest(self) -> float:
        """Largest slope of the wall."""
        x = np.linspace(0.0, self.length, _PANELS * _POINTS + 1)
        return float(np.abs(self._curve.derivative()(x)).max())

    def stations(self, count: int) -> Floats:
        """Gauss points along the channel, (count,)."""
        return np.asarray(0.5 * self.length * (np.polynomial.legendre.leggauss(count)[0] + 1.0))


@dataclass(frozen=True)
class Lubrication:
    """Pressure along a channel in which the flow is everywhere that of a plane slit of the local height.

    The pressure falls by r(x) m per length where the mass flow per depth is m. Theory's resistance
    r0 = 12 mu / (rho h^3 (1 + 6 b / h)) knows how r goes with the height; what it does not know, a factor c(x) near 1,
    is known at the stations and taken between them as the polynomial through them, so that few stations suffice. The
    drop is then linear in the stations' factors.

    Attributes:
        shape: of the channel.
        density: of the fluid.
        viscosity: of the fluid.
        slip: b, at the crystals' surfaces; negative where layers of the fluid stick.
        stations: number of Gauss points.

    Raises:
        InputError: a number that no fluid has, or stick by more than a sixth of the height.
    """

    shape: ChannelShape
    density: float
    viscosity: float
    slip: float = 0.0
    stations: int = 4

    def __post_init__(self) -> None:
        if self.stations < 1:
            raise InputError(f"stations is {self.stations}; at least 1 is needed")
        for name in ("density", "viscosity"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} is {getattr(self, name)!r}; it must be a positive number")
        lowest = min(self.shape.heights)
        if not 6.0 * self.slip > -lowest:
            raise InputError(f"slip is {self.slip:g}: with a height of {lowest:g} nothing would flow")

    @cached_property
    def places(self) -> Floats:
        """Of the stations, (stations,)."""
        return self.shape.stations(self.stations)

    def theory(self, positions: Floats) -> Floats:
        """r0 at positions, (n,)."""
        h = self.shape.height(positions)
        return np.asarray(12.0 * self.viscosity / (self.density * h**3 * (1.0 + 6.0 * self.slip / h)))

    def drops(self, positions: Floats) -> Floats:
        """Pressure drop from the entrance to positions, per mass flow and per factor of each station, (n, stations)."""
        u, w = _rule()
        return np.array([x * w @ self._shares(x * u) for x in np.atleast_1d(positions)])

    @cached_property
    def weights(self) -> Floats:
        """Drop over the whole channel, per mass flow and per factor of each station, (stations,)."""
        return np.asarray(self.drops(np.array([self.shape.length]))[0])

    def _shares(self, x: Floats) -> Floats:
        """r0 times the Lagrange polynomial of each station, (n, stations)."""
        at = self.places
        factors = np.ones((len(x), len(at)))
        for i, here in enumerate(at):
            for there in np.delete(at, i):
                factors[:, i] *= (x - there) / (here - there)
        return np.asarray(self.theory(x)[:, None] * factors)


@cache
def _rule() -> tuple[Floats, Floats]:
    """Places and weights of a composite Gauss rule on 0 to 1: the shape is smooth in pieces only."""
    u, w = np.polynomial.legendre.leggauss(_POINTS)
    places = (np.arange(_PANELS)[:, None] + 0.5 * (u + 1.0)) / _PANELS
    return places.ravel(), np.tile(0.5 * w / _PANELS, _PANELS)
