"""The continuum fluid: what a user builds, steps and asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.fluids.continuum._build import build, cell_range
from scalebridge.fluids.continuum._compressible import Compressible
from scalebridge.fluids.continuum._conditions import Condition, Obstacle, Patch, Periodic, Surface
from scalebridge.fluids.continuum._domain import EndValues, spread
from scalebridge.fluids.continuum._fields import fields_at
from scalebridge.fluids.continuum._fluids import CompressibleFluid, Fluid, Liquid, evaluated
from scalebridge.fluids.continuum._incompressible import Incompressible
from scalebridge.fluids.continuum._interface import (
    ALL_FIELDS,
    AbstractContinuum,
    Boundary,
    Contents,
    DivergedError,
    Faces,
    Field,
    Fields,
    Floats,
    Fluxes,
)
from scalebridge.fluids.continuum._sources import Force, Heat, Sources
from scalebridge.fluids.continuum._state import FlowState, Tally

_NONE: Mapping[str, object] = MappingProxyType({})


@final
class Continuum(AbstractContinuum[FlowState]):
    """A Newtonian fluid in a box: conservative staggered finite volumes of second order.

    The fluid decides the equations: a `Liquid` is incompressible (projection, with or without energy), a
    `CompressibleFluid` carries sound (explicit, isothermal or with energy).

    Args:
        size: edge lengths of the box (3,).
        cells: number of cells along each axis. An axis with one cell and no conditions is periodic, so that
            ``(1, 40, 1)`` is one-dimensional and ``(64, 64, 1)`` two-dimensional.
        fluid: the fluid.
        boundaries: condition of every side ``"x-"``, ``"x+"``, ... of the box.
        obstacles: solids and holes by name; their faces are patches of the same name.
        patches: parts of sides or of obstacles with a condition of their own, by name.
        surfaces: rectangles inside the fluid through which fluxes are reported, by name.
        force: body force per mass (3,), or a function of points (n, 3) and time that gives (n, 3).
        heating: heat source per volume, or a function of points and time that gives (n,).
        balance: patches whose normal velocity may be corrected where as much must enter as leaves; `Fluxes` tells by
            how much.
        max_substeps: most parts into which one step may be cut.

    Raises:
        InputError: geometry, fluid or conditions are impossible or do not fit each other.

    Examples:
        >>> from scalebridge.fluids import Continuum
        >>> from scalebridge.fluids.continuum import Liquid, Wall
        >>> walls = {"y-": Wall(), "y+": Wall(velocity=(1.0, 0.0, 0.0))}
        >>> couette = Continuum((1.0, 1.0, 1.0), (1, 10, 1), Liquid(density=1.0, viscosity=1.0), walls)
        >>> state, fluxes = couette.step(couette.initial(), dt=5.0)
        >>> [round(float(u), 6) for u in couette.fields(state, [[0.5, 0.25, 0.5], [0.5, 1.0, 0.5]]).velocity[:, 0]]
        [0.25, 1.0]
        >>> round(float(sum(f.momentum[0, 0] for f in fluxes.patches.values())), 9)  # gained by the fluid
        0.5
    """

    def __init__(
        self,
        size: npt.ArrayLike,
        cells: Sequence[int],
        fluid: Fluid,
        boundaries: Mapping[str, Condition | Periodic],
        *,
        obstacles: Mapping[str, Obstacle] = _NONE,  # type: ignore[assignment]
        patches: Mapping[str, Patch] = _NONE,  # type: ignore[assignment]
        surfaces: Mapping[str, Surface] = _NONE,  # type: ignore[assignment]
        force: Force = (0.0, 0.0, 0.0),
        heating: Heat = 0.0,
        balance: Sequence[str] = (),
        max_substeps: int = 100_000,
    ) -> None:
        if not isinstance(fluid, Liquid | CompressibleFluid):
            raise InputError(f"fluid is {fluid!r}; give a Liquid or a CompressibleFluid.")
        self.fluid = fluid
        self.domain = build(size, cells, fluid, boundaries, obstacles, patches, surfaces, balance)
        sources = Sources(self.domain.grid, force, heating)
        self._scheme = (
            Incompressible(self.domain, fluid, sources)
            if isinstance(fluid, Liquid)
            else Compressible(self.domain, fluid, sources)
        )
        self._max_substeps = max_substeps
        described: tuple[object, ...] = (tuple(np.ravel(size)), tuple(cells), fluid, dict(boundaries), dict(obstacles))
        self._given = (*described, dict(patches), dict(surfaces), force, heating, tuple(balance), max_substeps)

    def __eq__(self, other: object) -> bool:
        """Whether both were built from the same words; a copy by pickling is equal."""
        return isinstance(other, Continuum) and repr(self._given) == repr(other._given)

    def __hash__(self) -> int:
        return hash(repr(self._given))

    def __repr__(self) -> str:
        grid = self.domain.grid
        patches = ", ".join(f"{name}: {len(here)}" for name, here in self.domain.members.items())
        return (
            f"Continuum({type(self.fluid).__name__}, size {grid.size}, cells {grid.cells}, "
            f"{int(grid.fluid.sum())} of fluid; faces by patch: {patches})"
        )

    @property
    def patches(self) -> Mapping[str, Faces]:
        """Faces of every patch."""
        all_faces = self.domain.grid.end_faces
        return {
            name: Faces(all_faces.centre[i], all_faces.normal[i], all_faces.area[i])
            for name, i in self.domain.members.items()
        }

    @property
    def surfaces(self) -> Mapping[str, Faces]:
        """Faces of every surface."""
        return {name: surface.faces for name, surface in self.domain.surfaces.items()}

    def initial(
        self, velocity: Field = 0.0, temperature: Field | None = None, density: Field | None = None
    ) -> FlowState:
        """First state, at time zero; see `AbstractContinuum.initial`."""
        grid = self.domain.grid
        if density is not None and isinstance(self.fluid, Liquid):
            raise InputError("density: a Liquid has one density; leave it out.")
        u = []
        for a in range(3):
            points = grid.face_centres(a)
            value = spread(velocity, points[..., 0].size, True, "velocity", points.reshape(-1, 3))
            u.append(grid.closed(value[:, a].reshape(points.shape[:-1]).copy(), a))
        t = self._cells("temperature", temperature, self.fluid.temperature)
        if isinstance(self._scheme, Incompressible):
            return self._scheme.first((u[0], u[1], u[2]), t, self.domain.base)
        rho = self._cells("density", density, self.fluid.density)
        return self._scheme.first((u[0], u[1], u[2]), t, rho, self.domain.base)

    def _cells(self, what: str, value: Field | None, default: float) -> Floats:
        grid = self.domain.grid
        points = grid.centres().reshape(-1, 3)
        result = spread(default if value is None else value, len(points), False, what, points).reshape(grid.cells)
        if (result[grid.fluid] <= 0.0).any():
            raise InputError(f"{what} is not positive in {int((result[grid.fluid] <= 0.0).sum())} cells.")
        return result

    def step(
        self, state: FlowState, boundary: Boundary | None = None, dt: float = 0.0, *, until: Boundary | None = None
    ) -> tuple[FlowState, Fluxes]:
        """State after a time `dt` and what crossed every face meanwhile; see `AbstractContinuum.step`."""
        if not (np.isfinite(dt) and dt > 0.0):
            raise InputError(f"dt is {dt}; a step needs a positive time.")
        start, correction = self._values(boundary)
        end, last = (start, correction) if until is None else self._values(until)
        tally, now, count = Tally(self.domain), state, 0
        elapsed = 0.0
        while elapsed < dt:
            parts = self._parts(now, dt - elapsed)
            part = (dt - elapsed) / parts
            following = elapsed + part if parts > 1 else dt
            with np.errstate(over="ignore", invalid="ignore"):
                new = self._scheme.substep(
                    now, start.towards(end, elapsed / dt), start.towards(end, following / dt), part, tally
                )
            self._check(new, now)
            now, elapsed, count = new, following, count + 1
        patches, surfaces = tally.fluxes(self._scheme.gain(state, now))
        return now, Fluxes(patches, surfaces, self._made(tally), dt, count, 0.5 * (correction + last), tally.made)

    def _values(self, boundary: Boundary | None) -> tuple[EndValues, float]:
        values = self.domain.values(boundary)
        if isinstance(self.fluid, Liquid):
            values, correction = self.domain.balanced(values)
        else:
            correction = 0.0
        self._check_inflow(values)
        return values, correction

    def _check_inflow(self, values: EndValues) -> None:
        """Fluid that enters through a wall patch needs a temperature."""
        if self.fluid.conductivity is None:
            return
        ends = self.domain.grid.ends
        entering = (self.domain.kind == 0) & (ends.side * self.domain.normal_velocity(values) < 0.0)
        missing = entering & np.isnan(values.temperature)
        if missing.any():
            name = next(n for n, here in self.domain.members.items() if missing[here].any())
            raise InputError(f"{name}: fluid enters without a temperature; give the Wall its temperature.")

    def _parts(self, state: FlowState, time: float) -> int:
        parts = int(np.ceil(time / self._scheme.stable_step(state) * (1.0 - 1e-12)))
        if parts > self._max_substeps:
            raise DivergedError(
                f"At time {state.time:.6g} a step of {time:.6g} would need {parts} parts of "
                f"{self._scheme.stable_step(state):.3g} to be stable, more than max_substeps = {self._max_substeps}. "
                f"The flow grows without bound, or the step is too long for these cells.",
                state,
            )
        return max(parts, 1)

    def _check(self, new: FlowState, old: FlowState) -> None:
        arrays = {"velocity": new.velocity[0], "temperature": new.temperature, "density": new.density}
        sums = {name: float(array.sum()) for name, array in arrays.items()}
        sums["velocity"] += float(new.velocity[1].sum() + new.velocity[2].sum())
        wrong = [name for name, value in sums.items() if not np.isfinite(value)]
        if wrong:
            raise DivergedError(
                f"The {wrong[0]} is not finite at time {new.time:.6g}; the last good state, at {old.time:.6g}, is in "
                f"this error's `state`. Look for values on patches that jump, or refine the cells.",
                old,
            )

    def _made(self, tally: Tally) -> Contents:
        """Sources of a step."""
        share = self.domain.grid.share
        impulse = np.zeros(3)
        for a in range(3):
            weight = 2.0 * share[a] * tally.body[a]
            impulse[a] = self._once(weight, a).sum()
        return Contents(0.0, impulse, float(tally.made.sum()))

    def _once(self, faces: Floats, axis: int) -> Floats:
        """Faces of an axis without the copy that closes a periodic one."""
        if not self.domain.grid.periodic[axis]:
            return faces
        return np.take(faces, range(self.domain.grid.cells[axis]), axis=axis)

    def fields(
        self,
        state: FlowState,
        points: npt.ArrayLike,
        boundary: Boundary | None = None,
        *,
        wanted: Collection[str] = ALL_FIELDS,
    ) -> Fields:
        """Fields at points (n, 3); see `AbstractContinuum.fields`.

        Args:
            state: the state.
            points: (n, 3).
            boundary: values on patches, which the fields take at the walls.
            wanted: names of the fields that are computed; the others are NaN.
        """
        places = np.asarray(points, np.float64)
        if places.ndim != 2 or places.shape[1] != 3:
            raise InputError(f"points have shape {places.shape}; they need (n, 3).")
        mu = evaluated(self.fluid.viscosity, state.temperature)
        unknown = set(wanted) - set(ALL_FIELDS)
        if unknown:
            raise InputError(f"wanted names {sorted(unknown)}; fields are {', '.join(ALL_FIELDS)}.")
        values = self.domain.values(boundary)
        return fields_at(self._scheme.stencil, state, mu, values, places, self._scheme.isotropic(state), wanted)

    def contents(
        self, state: FlowState, lower: npt.ArrayLike | None = None, upper: npt.ArrayLike | None = None
    ) -> Contents:
        """Mass, momentum and energy of the fluid or of a box of whole cells; see `AbstractContinuum.contents`."""
        grid = self.domain.grid
        low = [0, 0, 0] if lower is None else lower
        high = grid.size if upper is None else upper
        first, last = cell_range(grid, "contents", low, high)
        box = np.zeros(grid.cells, bool)
        box[tuple(slice(i, j) for i, j in zip(first, last, strict=True))] = True
        return self._scheme.contents(state, box & grid.fluid)

    def stable_step(self, state: FlowState) -> float:
        """Largest part of a step that is stable in this state."""
        return self._scheme.stable_step(state)
