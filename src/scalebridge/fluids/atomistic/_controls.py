"""What acts on the atoms besides themselves, as plain numbers that compiled loops can read.

All zones are slabs along y, the direction across the interface.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic._state import Floats

Axes = tuple[bool, bool, bool]


@dataclass(frozen=True, slots=True)
class Constraint:
    """Cells whose mean velocity follows a target exactly (Nie, Chen, E, Robbins 2004, J. Fluid Mech. 500, 55).

    Attributes:
        edges: bounds of the cells, rising, (n + 1,).
        axes: which components are constrained; the normal one is left free where the pressure comes through.
    """

    edges: tuple[float, ...]
    axes: Axes = (True, False, True)

    @property
    def centres(self) -> Floats:
        """Middles of the cells, (n,)."""
        edges = np.asarray(self.edges)
        return np.asarray((edges[1:] + edges[:-1]) / 2.0)


@dataclass(frozen=True, slots=True)
class Traction:
    """A zone at an open end whose atoms carry a given force per area in sum (Flekkoy 2000, Europhys. Lett. 52, 271).

    Each atom carries a share proportional to g(s) = 1/(1 - s) - 1 - s, s from 0 at `inner` to 1 at `outer`, where the
    weight diverges and so keeps the atoms in.

    With an impedance Z the normal force follows the velocity of the zone's atoms, p = p_C + Z (u - u_C) towards the
    outside: with Z = rho c of the fluid a sound wave that arrives leaves, as into more of the same fluid.

    Attributes:
        inner: where the zone begins, seen from the fluid.
        outer: where the fluid ends.
        impedance: Z; 0 holds the pressure and throws sound back.
    """

    inner: float
    outer: float
    impedance: float = 0.0


@dataclass(frozen=True, slots=True)
class Thermostat:
    """Langevin thermostat on chosen components of the velocity in a slab.

    Attributes:
        low: lower bound of the slab.
        high: its upper bound.
        temperature: in units of epsilon / k.
        rate: friction per mass, 1 / tau.
        axes: thermostatted components; never those in which the fluid flows.
    """

    low: float
    high: float
    temperature: float
    rate: float = 0.5
    axes: Axes = (False, False, True)


@dataclass(frozen=True, slots=True)
class Heater:
    """Slabs in whose peculiar velocities a given power, or a given temperature, is kept, by scaling them.

    Velocities are scaled about the slab's mean, so that momentum does not change. A temperature T is approached within
    `time`: the scaling rate is (T / T_now - 1) / (2 time).

    Attributes:
        slabs: lower and upper bounds, (n, 2).
        time: over which a temperature is approached.
    """

    slabs: tuple[tuple[float, float], ...]
    time: float = 0.2


@dataclass(frozen=True, slots=True)
class Controls:
    """All that acts on the atoms from outside.

    Attributes:
        constraint: cells that follow a velocity.
        tractions: open ends.
        thermostats: slabs with a Langevin thermostat.
        heater: slabs that receive a power.
        body_force: force per mass on the fluid, (3,).
    """

    constraint: Constraint | None = None
    tractions: tuple[Traction, ...] = ()
    thermostats: tuple[Thermostat, ...] = ()
    heater: Heater | None = None
    body_force: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if self.constraint is not None and not np.all(np.diff(self.constraint.edges) > 0.0):
            raise InputError(f"The edges of the constraint's cells are {self.constraint.edges}; they must rise")
        if self.heater is not None and not all(low < high for low, high in self.heater.slabs):
            raise InputError(f"The heated slabs are {self.heater.slabs}; each needs a lower bound below its upper one")
        for zone in self.tractions:
            if self.constraint is None:
                continue
            low, high = sorted((zone.inner, zone.outer))
            if self.constraint.edges[-1] > low and self.constraint.edges[0] < high:
                raise InputError(
                    f"The constraint region {self.constraint.edges[0]:g} to {self.constraint.edges[-1]:g} overlaps the "
                    f"buffer {low:g} to {high:g}; leave the force-carrying buffer free of constrained cells"
                )


@dataclass
class Targets:
    """What the controls aim at now; changes as the continuum moves on.

    Attributes:
        velocity: at the beginning and the end of the leg, (2, cells, 3).
        traction: force per area of each open end, (tractions, 3).
        outside: velocity along y of the fluid beyond each open end, which its impedance compares with, (tractions,) or
            one for all.
        power: into each slab of the heater, (slabs,); NaN where a temperature is kept.
        temperature: of each slab of the heater, (slabs,); NaN where a power is given.
    """

    velocity: Floats = field(default_factory=lambda: np.zeros((2, 0, 3)))
    traction: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    power: Floats = field(default_factory=lambda: np.zeros(0))
    temperature: Floats = field(default_factory=lambda: np.zeros(0))
    outside: Floats = field(default_factory=lambda: np.zeros(1))


def packed_thermostats(controls: Controls) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Numbers (n, 4) and axes (n, 3) of the thermostats."""
    numbers = [[t.low, t.high, t.temperature, t.rate] for t in controls.thermostats]
    axes = [t.axes for t in controls.thermostats]
    return np.array(numbers).reshape(-1, 4), np.array(axes, dtype=np.bool_).reshape(-1, 3)
