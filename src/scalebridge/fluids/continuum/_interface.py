"""What a coupling needs from a continuum fluid: a step, fields at points, fluxes through faces, contents.

| verb | takes | gives |
| --- | --- | --- |
| `initial` | velocity, temperature, density: values or functions of position | the first state |
| `step` | a state, values on patches, a time interval | the next state and what crossed every face meanwhile |
| `fields` | a state, points | velocity, temperature, pressure, density, stress there |
| `contents` | a state, optionally a box of whole cells | mass, momentum and energy inside |

Everything is a plain array; points are (n, 3), vectors (n, 3), stress (n, 3, 3) with tension positive (pressure is in
it: the stress of a fluid at rest is -p on the diagonal). Units are those of the user, SI or Lennard-Jones.

**Patches** are named sets of cell faces where the fluid ends: sides of the box, obstacles, holes that molecular
dynamics fills. A patch has one condition for its life and values that may be given anew at each step.
**Surfaces** are named sets of cell faces inside the fluid, through which fluxes are reported and nothing is imposed.

The books close for every step, to round-off: after - before = sum of patch fluxes + sources, for mass, momentum and
energy, and the same for any box of whole cells whose six sides are surfaces.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError

Floats = npt.NDArray[np.float64]
Field = float | npt.ArrayLike | Callable[[Floats], npt.ArrayLike]
State = TypeVar("State")
ALL_FIELDS = ("velocity", "temperature", "pressure", "density", "stress")


@dataclass(frozen=True, slots=True)
class Faces:
    """Where the faces of a patch or of a surface lie.

    Attributes:
        centre: centres (F, 3).
        normal: unit normals (F, 3): out of the fluid on a patch, the positive direction on a surface.
        area: areas (F,).
    """

    centre: Floats
    normal: Floats
    area: Floats

    def __len__(self) -> int:
        return len(self.area)


@dataclass(frozen=True, slots=True)
class PatchValues:
    """Values on the faces of one patch during a step; None keeps what the patch's condition says.

    Numbers and single vectors are spread over the faces. Fluxes are per area and time and count **into the fluid**.

    Attributes:
        velocity: velocity of the wall or of the fluid at the face (F, 3); on `Wall` and `Characteristic`.
        temperature: temperature at the face, or of what enters, (F,); on `Wall`, `Outlet` and `Characteristic`.
        heat_flux: heat into the fluid (F,); on `Wall` without temperature.
        pressure: pressure at the face (F,); on `Outlet` and `Characteristic`.
        mass: mass flux into the fluid (F,); on `Flux`.
        momentum: momentum flux into the fluid (F, 3); on `Flux`. The force per area that the outside exerts plus the
            momentum carried by what enters.
        energy: energy flux into the fluid (F,); on `Flux`. Internal energy for an incompressible fluid (heat plus
            internal energy carried by what enters; mechanical work is no part of it), total energy for a compressible
            one.
        total_energy: instead of `energy`, the same with the work of `momentum` along the face in it. An incompressible
            fluid takes off what this work gives to its motion, at every stage of the step, and heats up by the rest:
            so that heat, work and motion together are what was handed over, however the shear fluctuates.
    """

    velocity: npt.ArrayLike | None = None
    temperature: npt.ArrayLike | None = None
    heat_flux: npt.ArrayLike | None = None
    pressure: npt.ArrayLike | None = None
    mass: npt.ArrayLike | None = None
    momentum: npt.ArrayLike | None = None
    energy: npt.ArrayLike | None = None
    total_energy: npt.ArrayLike | None = None


Boundary = Mapping[str, PatchValues]


@dataclass(frozen=True, slots=True)
class Contents:
    """Mass, momentum (3,) and energy of a region, or amounts of them."""

    mass: float
    momentum: Floats
    energy: float

    def __add__(self, other: Contents) -> Contents:
        return Contents(self.mass + other.mass, self.momentum + other.momentum, self.energy + other.energy)

    def __sub__(self, other: Contents) -> Contents:
        return Contents(self.mass - other.mass, self.momentum - other.momentum, self.energy - other.energy)


@dataclass(frozen=True, slots=True)
class FaceFluxes:
    """What crossed each face of a patch or surface during a step: amounts, integrated over area and time.

    Into the fluid on a patch, along the normal on a surface. On a wall, momentum is the impulse of the force that the
    wall exerts on the fluid.

    Attributes:
        mass: (F,).
        momentum: (F, 3).
        energy: (F,); internal energy for an incompressible fluid, total energy for a compressible one and where
            `PatchValues.total_energy` was given.
    """

    mass: Floats
    momentum: Floats
    energy: Floats

    @property
    def total(self) -> Contents:
        """Sum over the faces."""
        return Contents(float(self.mass.sum()), self.momentum.sum(axis=0), float(self.energy.sum()))


@dataclass(frozen=True, slots=True)
class Fluxes:
    """All that went in and out during one step.

    Attributes:
        patches: by patch, into the fluid.
        surfaces: by surface, along its normal.
        sources: made inside: impulse of the body force; viscous heating and heat sources, less the work that came
            with a total energy (for a compressible fluid, whose energy is total, the work of the body force instead).
        dt: duration of the step.
        substeps: number of parts into which stability cut the step.
        correction: velocity that was added along the normals of the balancing patches so that as much enters as leaves.
        made: energy made in every cell during the step (heating, heat sources, work of the body force), of the
            grid's shape; its sum is the energy of `sources`.
    """

    patches: Mapping[str, FaceFluxes]
    surfaces: Mapping[str, FaceFluxes]
    sources: Contents
    dt: float
    substeps: int = 1
    correction: float = 0.0
    made: Floats = field(default_factory=lambda: np.zeros((1, 1, 1)))

    @property
    def total(self) -> Contents:
        """All that entered through the patches or was made inside."""
        total = self.sources
        for fluxes in self.patches.values():
            total = total + fluxes.total
        return total


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields at n points; NaN at points outside the fluid.

    Attributes:
        velocity: (n, 3).
        temperature: (n,).
        pressure: (n,).
        density: (n,).
        stress: (n, 3, 3), tension positive, pressure included.
    """

    velocity: Floats
    temperature: Floats
    pressure: Floats
    density: Floats
    stress: Floats


class DivergedError(ConvergenceError):
    """A step produced numbers that are not finite, or grew without bound.

    Attributes:
        state: the last good state.
    """

    def __init__(self, message: str, state: Any) -> None:
        super().__init__(message)
        self.state = state


class AbstractContinuum(ABC, Generic[State]):
    """A continuum fluid that can be coupled; see the table of this module for its verbs."""

    @property
    @abstractmethod
    def patches(self) -> Mapping[str, Faces]:
        """Faces of every patch, in the order of its values and fluxes."""

    @property
    @abstractmethod
    def surfaces(self) -> Mapping[str, Faces]:
        """Faces of every surface, in the order of its fluxes."""

    @abstractmethod
    def initial(self, velocity: Field = 0.0, temperature: Field | None = None, density: Field | None = None) -> State:
        """First state, at time zero.

        Args:
            velocity: number, vector (3,), or function of points (n, 3) that gives (n, 3).
            temperature: number or function of points that gives (n,); None for the fluid's reference.
            density: the same; None for the fluid's reference. An incompressible fluid takes None.

        Raises:
            InputError: shapes do not fit or values are not finite.
        """

    @abstractmethod
    def step(
        self, state: State, boundary: Boundary | None = None, dt: float = 0.0, *, until: Boundary | None = None
    ) -> tuple[State, Fluxes]:
        """State after a time `dt` and what crossed every face meanwhile.

        Args:
            state: where to start; it is not changed.
            boundary: values on patches at the beginning of the step, by name; patches that are not named keep the
                values of their conditions.
            dt: duration. The solver cuts it into equal parts where stability asks for it.
            until: values at the end of the step, reached linearly; None holds `boundary` throughout.

        Raises:
            InputError: a patch, a value or `dt` is impossible; more enters than leaves an incompressible fluid.
            DivergedError: the result is not finite; the error holds the last good state.
        """

    @abstractmethod
    def fields(
        self,
        state: State,
        points: npt.ArrayLike,
        boundary: Boundary | None = None,
        *,
        wanted: Collection[str] = ALL_FIELDS,
    ) -> Fields:
        """Fields at points (n, 3), interpolated to second order.

        Args:
            state: the state.
            points: (n, 3).
            boundary: values on patches, which the fields take at the walls.
            wanted: names of the fields that are computed; the others are NaN.
        """

    @abstractmethod
    def contents(
        self, state: State, lower: npt.ArrayLike | None = None, upper: npt.ArrayLike | None = None
    ) -> Contents:
        """Mass, momentum and energy of the fluid, or of the part of it in a box of whole cells.

        Raises:
            InputError: the box does not end on cell faces.
        """

    @abstractmethod
    def stable_step(self, state: State) -> float:
        """Largest part of a step that is stable in this state; longer steps are cut."""


@dataclass(frozen=True, slots=True)
class Books:
    """Books of one step: residuals of mass, momentum and energy, and what they are measured with.

    Attributes:
        residual: after - before - fluxes - sources.
        scale: largest of contents and of the gross amounts that crossed faces, for each of the three.
    """

    residual: Contents
    scale: Contents = field(default_factory=lambda: Contents(1.0, np.ones(3), 1.0))

    @property
    def mismatch(self) -> tuple[float, float, float]:
        """Residuals of mass, momentum and energy, relative to their scales."""
        momentum = np.abs(self.residual.momentum).max() / self.scale.momentum.max()
        return abs(self.residual.mass) / self.scale.mass, float(momentum), abs(self.residual.energy) / self.scale.energy


def books(before: Contents, after: Contents, fluxes: Fluxes) -> Books:
    """Books of one step.

    Args:
        before, after: contents of the whole fluid.
        fluxes: what `step` returned.
    """
    faces = list(fluxes.patches.values())
    tiny = np.finfo(np.float64).tiny
    mass = max(abs(before.mass), abs(after.mass), sum(float(np.abs(f.mass).sum()) for f in faces), tiny)
    momentum = np.maximum(np.abs(before.momentum), np.abs(after.momentum))
    for face in faces:
        momentum = np.maximum(momentum, np.abs(face.momentum).sum(axis=0))
    gross = sum(float(np.abs(f.energy).sum()) for f in faces)
    energy = max(abs(before.energy), abs(after.energy), gross, abs(fluxes.sources.energy), tiny)
    residual = after - before - fluxes.total
    return Books(residual, Contents(mass, np.maximum(momentum, tiny), energy))
