"""The continuum around a nanochannel: two reservoirs with the ends of a slit; atoms take the slit's middle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.fluids.continuum import Continuum, Fluxes, Liquid, Obstacle, Outlet, PatchValues, Periodic, Wall
from scalebridge.fluids.continuum._state import FlowState

_CORE = "core"
_LONGEST = 400  # legs of a relaxation before it counts as failed


@dataclass(frozen=True)
class Reservoirs:
    """Reservoirs left and right of a wall with a slit, periodic upwards; flow goes along x.

    Attributes:
        width: of the slit, between the planes where the fluid ends hydrodynamically.
        length: of the slit.
        core: length of the slit's middle that atoms take.
        reservoir: length and height of each reservoir.
        density: mass per volume.
        viscosity: shear viscosity.
        slip: slip length on all walls.
        spacing: edge of the cells; it must divide all lengths.
        blunt: side of the squares that are cut from the four edges of the slit's ends. Atoms make no sharp edges: a
            round one of radius r lacks as much as a square of 0.46 r. What it is must be measured; a quarter of sigma
            took 5 % from the resistance of the ends of a slit ten sigma wide.

    Raises:
        InputError: lengths that do not fit each other.
    """

    width: float
    length: float
    core: float
    reservoir: tuple[float, float]
    density: float
    viscosity: float
    slip: float = 0.0
    spacing: float = 0.5
    blunt: float = 0.0

    def __post_init__(self) -> None:
        end = 0.5 * (self.length - self.core)
        if end < 0.5 * self.width:
            raise InputError(
                f"The ends of the slit are {end:g} long; flow needs half the slit's width, {0.5 * self.width:g}, to "
                "develop before it meets the atoms. Take a longer slit, or a shorter core"
            )
        if self.reservoir[1] < 2.0 * self.width:
            raise InputError(
                f"The reservoirs are {self.reservoir[1]:g} high; they must be at least twice the slit's width, "
                f"{2.0 * self.width:g}"
            )
        side = 0.5 * (self.reservoir[1] - self.width)
        if not 0.0 <= self.blunt < min(end, side):
            raise InputError(
                f"blunt is {self.blunt:g}; what is cut from the edges of the slit must be smaller than its ends, "
                f"{end:g} long, and the wall beside it, {side:g} high"
            )
        lengths = np.array([*self.reservoir, self.length, end, side, self.blunt])
        if not np.allclose(lengths / self.spacing, np.round(lengths / self.spacing), atol=1e-9):
            raise InputError(
                f"Cells of {self.spacing:g} do not divide the lengths {[float(x) for x in lengths]} of reservoirs, "
                "slit, its ends, the wall beside it and what is cut from its edges; take others"
            )

    @cached_property
    def continuum(self) -> Continuum:
        """The solver."""
        (deep, high), x0, x1 = self.reservoir, self.reservoir[0], self.reservoir[0] + self.length
        low, top = 0.5 * (high - self.width), 0.5 * (high + self.width)
        end = 0.5 * (self.length - self.core)
        wall, cut = Wall(slip_length=self.slip), self.blunt
        obstacles = {
            "below": Obstacle(((x0, 0.0, 0.0), (x1, low - cut, 1.0)), wall),
            "above": Obstacle(((x0, top + cut, 0.0), (x1, high, 1.0)), wall),
            _CORE: Obstacle(((x0 + end, low, 0.0), (x1 - end, top, 1.0)), Wall()),
        }
        if cut > 0.0:
            obstacles["below, blunt"] = Obstacle(((x0 + cut, low - cut, 0.0), (x1 - cut, low, 1.0)), wall)
            obstacles["above, blunt"] = Obstacle(((x0 + cut, top, 0.0), (x1 - cut, top + cut, 1.0)), wall)
        sides: dict[str, Outlet | Periodic] = {"x-": Outlet(), "x+": Outlet(), "y-": Periodic(), "y+": Periodic()}
        size = (2.0 * deep + self.length, high, 1.0)
        cells = (round(size[0] / self.spacing), round(high / self.spacing), 1)
        return Continuum(size, cells, Liquid(self.density, self.viscosity), sides, obstacles=obstacles)

    def values(self, flow: float, drop: float) -> dict[str, PatchValues]:
        """Mass flow per depth through both ends of the core, and the pressure difference between the far ends.

        The flow is spread as plane Poiseuille flow with slip.
        """
        faces = self.continuum.patches[_CORE]
        y = faces.centre[:, 1] - 0.5 * (self.reservoir[1] - self.width)
        shape = y * (self.width - y) + self.slip * self.width
        left = self._left
        velocity = np.zeros((len(faces), 3))
        for side in (left, ~left):
            velocity[side, 0] = flow / self.density * shape[side] / (shape[side] @ faces.area[side])
        return {
            _CORE: PatchValues(velocity=velocity),
            "x-": PatchValues(pressure=0.5 * drop),
            "x+": PatchValues(pressure=-0.5 * drop),
        }

    def relaxed(
        self, state: FlowState, flow: float, drop: float, tolerance: float = 1e-4
    ) -> tuple[FlowState, Fluxes, float]:
        """Steady flow, what crossed the patches in the last leg, and the pressure that is left for the core.

        Args:
            state: to start from.
            flow: mass per time and depth through the slit.
            drop: pressure difference between the far ends.
            tolerance: change of the core's pressure difference in the time that momentum takes across the slit,
                relative to `drop`.

        Raises:
            ConvergenceError: the flow does not become steady.
        """
        values = self.values(flow, drop)
        leg = self.density * self.width**2 / (np.pi**2 * self.viscosity)
        before = np.inf
        for _ in range(_LONGEST):
            state, fluxes = self.continuum.step(state, values, leg)
            left = self.core_drop(state)
            if abs(left - before) <= tolerance * abs(drop):
                return state, fluxes, left
            before = left
        raise ConvergenceError(
            f"The flow around the core is not steady after {_LONGEST} legs of {leg:g}; the Reynolds number "
            f"{flow / self.viscosity:.3g} may be too high for it. Take a smaller pressure difference"
        )

    def core_drop(self, state: FlowState) -> float:
        """Pressure at the left end of the core less that at its right end."""
        faces = self.continuum.patches[_CORE]
        pressure = self.continuum.fields(state, faces.centre, wanted=("pressure",)).pressure
        return float(pressure[self._left].mean() - pressure[~self._left].mean())

    def core_flow(self, fluxes: Fluxes) -> tuple[float, float]:
        """Mass that went into the core on the left, and out of it on the right, per time and depth."""
        mass = fluxes.patches[_CORE].mass / fluxes.dt
        return -float(mass[self._left].sum()), float(mass[~self._left].sum())

    @property
    def _left(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.continuum.patches[_CORE].normal[:, 0] > 0.0)
