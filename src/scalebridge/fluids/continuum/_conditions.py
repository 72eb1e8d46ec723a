"""What happens where the fluid ends: walls, outlets, given fluxes, openings that let sound out; and obstacles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

from scalebridge.fluids.continuum._interface import Field

Vector = tuple[float, float, float]


@final
@dataclass(frozen=True, slots=True)
class Periodic:
    """The fluid goes on at the opposite side; both sides of an axis are periodic or none is."""


@final
@dataclass(frozen=True, slots=True)
class Wall:
    """Given velocity: a wall at rest or moving, or an inflow where the velocity has a part along the normal.

    With a slip length b the wall's friction is ``viscosity (u - velocity) / b`` (Navier). Where liquid slips, the heat
    of friction stays in the fluid.

    Attributes:
        velocity: of the wall or of what enters: vector, or function of the faces' centres (F, 3) that gives (F, 3).
        slip_length: b; zero holds the fluid at the wall's velocity.
        temperature: of the wall or of what enters; None for given heat flux.
        heat_flux: heat per area and time into the fluid, used without temperature.
        jump_length: distance by which the temperature profile misses the wall (Kapitza), used with temperature.
    """

    velocity: Field = (0.0, 0.0, 0.0)
    slip_length: float = 0.0
    temperature: Field | None = None
    heat_flux: Field = 0.0
    jump_length: float = 0.0


@final
@dataclass(frozen=True, slots=True)
class Outlet:
    """Given pressure; the velocity along the face does not change across it, so that a channel's flow leaves as it is.

    Fluid may leave or enter. For an incompressible fluid.

    Attributes:
        pressure: minus the normal stress at the face.
        temperature: of fluid that enters; None where nothing should.
    """

    pressure: Field = 0.0
    temperature: Field | None = None


@final
@dataclass(frozen=True, slots=True)
class Flux:
    """Given fluxes of mass, momentum and energy into the fluid, per area and time: what flux exchange hands over.

    The normal velocity follows from `mass`, and the fluid answers with the normal force, which `Fluxes` reports: the
    part of `momentum` along the normal is not used. With `mass` zero this is an impermeable face with given shear.

    Attributes:
        mass: mass flux.
        momentum: force per area from outside plus momentum carried by what enters.
        energy: internal (incompressible) or total (compressible) energy.
    """

    mass: Field = 0.0
    momentum: Field = (0.0, 0.0, 0.0)
    energy: Field = 0.0


@final
@dataclass(frozen=True, slots=True)
class Characteristic:
    """Opening of a compressible fluid that lets sound out: the outside gives only the waves that come in.

    The face takes ``p - pressure = rho c (u - velocity).n``, n out of the fluid: nothing comes back from a wave that
    arrives along the normal. Thompson (1987), doi 10.1016/0021-9991(87)90041-6, linearised about the state inside.

    Attributes:
        pressure: of the outside; None for the fluid's reference pressure.
        velocity: of the outside.
        temperature: of fluid that enters; None for the fluid's reference temperature.
        impedance: replaces rho c of the fluid inside by a given value; infinite is a wall that moves with `velocity`,
            zero a face that takes `pressure` as it is given.
    """

    pressure: Field | None = None
    velocity: Field = (0.0, 0.0, 0.0)
    temperature: Field | None = None
    impedance: float | None = None


Condition = Wall | Outlet | Flux | Characteristic


@final
@dataclass(frozen=True, slots=True)
class Obstacle:
    """Cells without fluid: a solid, or a hole that something else fills. Its faces are a patch of the same name.

    Attributes:
        cells: cells that it takes: mask of the grid's shape, or its two corners ``(lower, upper)`` on cell faces.
        condition: at its faces.
    """

    cells: npt.NDArray[np.bool_] | tuple[Vector, Vector]
    condition: Condition = Wall()


@final
@dataclass(frozen=True, slots=True)
class Patch:
    """Part of the fluid's boundary with a condition of its own.

    Attributes:
        lower, upper: corners of a box; every boundary face with its centre in it belongs to the patch.
        condition: at these faces.
    """

    lower: Vector
    upper: Vector
    condition: Condition


@final
@dataclass(frozen=True, slots=True)
class Surface:
    """Rectangle of cell faces inside the fluid through which fluxes are reported.

    Attributes:
        lower, upper: corners, equal along one axis, which is the normal's; on cell faces.
    """

    lower: Vector
    upper: Vector
