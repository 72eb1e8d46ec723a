"""The continuum fluid on a mesh: what a user builds, steps and asks where walls are curved."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.fluids.continuum._conditions import Condition, Periodic, Wall
from scalebridge.fluids.continuum._domain import EndValues, spread
from scalebridge.fluids.continuum._fluids import Liquid
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
from scalebridge.fluids.continuum._mesh_basis import Basis
from scalebridge.fluids.continuum._mesh_domain import mesh_domain
from scalebridge.fluids.continuum._mesh_fields import Locator, fields_on_mesh
from scalebridge.fluids.continuum._mesh_fluxes import Crossings, Tally
from scalebridge.fluids.continuum._mesh_input import own_mesh
from scalebridge.fluids.continuum._mesh_scheme import Scheme
from scalebridge.fluids.continuum._mesh_sources import MeshSources
from scalebridge.fluids.continuum._mesh_state import MeshState
from scalebridge.fluids.continuum._sources import Force, Heat

_TOO_FAST = 1.5  # of the stable step at the end of a substep, at which it is done again in halves


@final
class MeshContinuum(AbstractContinuum[MeshState]):
    """A Newtonian liquid on a mesh of triangles, with curved boundaries: discontinuous Galerkin method of any order.

    The velocity has no divergence at any point, books close to rounding. Boundaries of the mesh are patches, by their
    names; interfaces between materials are surfaces, by their names, with normals from the material that the mesh lists
    first to the one that it lists later. Points and normals have three entries; the fluid is `thickness` deep along z,
    where nothing changes, and may move along z. The mesh needs the extra ``mesh`` (NGSolve).

    Args:
        mesh: an `ngsolve.Mesh`, or the path of a file of Netgen (.vol, .vol.gz) or of Gmsh (.msh, with
            physical groups).
        fluid: a `Liquid` with a constant viscosity.
        boundaries: condition of every boundary: `Wall`, `Outlet`, `Flux`; `Periodic` where the mesh joins two.
        order: degree of the polynomials for velocity and temperature, 1 or more; errors fall with the power order + 1
            of the size of the elements. Where the mesh knows its geometry, boundaries are curved with this order.
        thickness: of the fluid along z.
        force: body force per mass (3,), or a function of points (n, 3) and time that gives (n, 3).
        heating: heat source per volume, or a function of points and time that gives (n,).
        balance: patches whose normal velocity may be corrected where as much must enter as leaves.
        max_substeps: most parts into which one step may be cut.

    Raises:
        InputError: mesh, fluid or conditions are impossible or do not fit each other.
        MissingExtraError: NGSolve is not installed.
    """

    def __init__(
        self,
        mesh: object,
        fluid: Liquid,
        boundaries: Mapping[str, Condition | Periodic],
        *,
        order: int = 2,
        thickness: float = 1.0,
        force: Force = (0.0, 0.0, 0.0),
        heating: Heat = 0.0,
        balance: Sequence[str] = (),
        max_substeps: int = 100_000,
    ) -> None:
        _check_numbers(fluid, order, thickness)
        own = own_mesh(mesh)
        own.Curve(max(order, own.GetCurveOrder()))
        self.fluid = fluid
        self.domain = mesh_domain(own, int(order), float(thickness), fluid, boundaries, balance)
        basis = Basis(self.domain)
        self._scheme = Scheme(basis, MeshSources(basis, force, heating))
        self._crossings = Crossings(self._scheme)
        self._locator = Locator(self.domain)
        self._max_substeps = max_substeps
        self._given: dict[str, Any] = {
            "fluid": fluid,
            "boundaries": dict(boundaries),
            "order": order,
            "thickness": thickness,
            "force": force,
            "heating": heating,
            "balance": tuple(balance),
            "max_substeps": max_substeps,
        }
        self.domain.values(None)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy is built anew from the mesh and the arguments."""
        return _rebuilt, (self.domain.mesh, self._given)

    @property
    def _words(self) -> str:
        points = np.array([v.point for v in self.domain.mesh.vertices])
        return repr(self._given) + hashlib.sha256(points.tobytes()).hexdigest()

    def __eq__(self, other: object) -> bool:
        """Whether both were built from the same words on the same mesh; a copy by pickling is equal."""
        return isinstance(other, MeshContinuum) and self._words == other._words

    def __hash__(self) -> int:
        return hash(self._words)

    def __repr__(self) -> str:
        patches = ", ".join(f"{name}: {len(here)}" for name, here in self.domain.members.items())
        return (
            f"MeshContinuum({type(self.fluid).__name__}, {self.domain.mesh.ne} elements of order {self.domain.order}; "
            f"faces by patch: {patches})"
        )

    @property
    def patches(self) -> Mapping[str, Faces]:
        """Faces of every patch: the mesh's edges on it."""
        return {name: self.domain.faces(self.domain.groups[0][name]) for name in self.domain.conditions}

    @property
    def surfaces(self) -> Mapping[str, Faces]:
        """Faces of every surface: the mesh's edges on it."""
        return {name: self.domain.faces(facets) for name, facets in self.domain.groups[1].items()}

    def points(self, patch: str) -> Floats:
        """Points within the faces of a patch, (F, Q, 3), at which `step` takes values too, as (F, Q) or (F, Q, 3).

        One value for a face is a step function along the patch, of first order where it is not constant; values at
        these points are polynomials of the velocity's order, as functions given to the conditions are.

        Raises:
            InputError: there is no such patch.
        """
        if patch not in self.domain.members:
            raise InputError(f"there is no patch {patch!r}; the patches are {', '.join(self.domain.members)}.")
        return self.domain.points[self.domain.members[patch]]

    def initial(
        self, velocity: Field = 0.0, temperature: Field | None = None, density: Field | None = None
    ) -> MeshState:
        """First state, at time zero; see `AbstractContinuum.initial`."""
        if density is not None:
            raise InputError("density: a Liquid has one density; leave it out.")
        where = self._scheme.basis.volume.points
        points = where.reshape(-1, 3)
        u = spread(velocity, len(points), True, "velocity", points)
        warmth = self.fluid.temperature if temperature is None else temperature
        t = spread(warmth, len(points), False, "temperature", points)
        if (t <= 0.0).any():
            raise InputError(f"temperature is not positive at {int((t <= 0.0).sum())} points.")
        values, _ = self._values(None)
        return self._scheme.first(u.reshape(where.shape), t.reshape(where.shape[:2]), values)

    def step(
        self, state: MeshState, boundary: Boundary | None = None, dt: float = 0.0, *, until: Boundary | None = None
    ) -> tuple[MeshState, Fluxes]:
        """State after a time `dt` and what crossed every face meanwhile; see `AbstractContinuum.step`.

        Factors of the matrices are kept, so that steps of equal length are cheap. A step is cut into a power of two of
        equal parts where convection asks for it.
        """
        if not (np.isfinite(dt) and dt > 0.0):
            raise InputError(f"dt is {dt}; a step needs a positive time.")
        start, correction = self._values(boundary)
        end, last = (start, correction) if until is None else self._values(until)
        parts = self._enough(state, dt, 1, start, end)
        now, done, tally = state, 0, Tally(self._crossings)
        while done < parts:
            places = [start.towards(end, k / parts) if until is not None else start for k in (done, done + 1)]
            new, leg = self._scheme.substep(now, places[0], places[1], dt / parts)
            self._check(new, now)
            finer = self._enough(new, dt, parts, places[1], end)
            if finer > parts and dt / parts > _TOO_FAST * self._scheme.stable_step(new, places[1]):
                parts, done = 2 * parts, 2 * done  # it became too fast meanwhile: once more in halves
                continue
            tally.add(leg)
            now, done = new, done + 1
        now = replace(now, time=state.time + dt)
        return now, tally.fluxes(dt, 0.5 * (correction + last))

    def _values(self, boundary: Boundary | None) -> tuple[EndValues, float]:
        domain = self.domain
        values, correction = domain.balanced(domain.values(boundary))
        if self.fluid.conductivity is not None:
            normal = domain.normal_velocity(values)
            gross = float(max(np.abs(normal).max(), np.abs(values.velocity).max()))
            for name in domain.named(Wall):
                here = domain.at(name)
                entering = normal.ravel()[here] < -1e-10 * gross
                if (entering & np.isnan(values.temperature[here])).any():
                    raise InputError(f"{name}: fluid enters without a temperature; give the Wall its temperature.")
        return values, correction

    def _enough(self, state: MeshState, dt: float, parts: int, start: EndValues, end: EndValues) -> int:
        """Parts, at least `parts` and twice as many until they are stable in this state."""
        stable = min(self._scheme.stable_step(state, start), self._scheme.stable_step(state, end))
        while dt / parts > stable * (1.0 + 1e-12):
            parts *= 2
            if parts > self._max_substeps:
                raise DivergedError(
                    f"At time {state.time:.6g} a step of {dt:.6g} would need more than max_substeps = "
                    f"{self._max_substeps} parts of {stable:.3g} to be stable. The flow grows without bound, or the "
                    f"step is too long for this mesh.",
                    state,
                )
        return parts

    def _check(self, new: MeshState, old: MeshState) -> None:
        for name in ("velocity", "along", "temperature", "pressure"):
            if not np.isfinite(getattr(new, name).sum()):
                raise DivergedError(
                    f"The {name} is not finite at time {new.time:.6g}; the last good state, at {old.time:.6g}, is in "
                    f"this error's `state`. Look for values on patches that jump, or refine the mesh.",
                    old,
                )

    def fields(
        self,
        state: MeshState,
        points: npt.ArrayLike,
        boundary: Boundary | None = None,
        *,
        wanted: Collection[str] = ALL_FIELDS,
    ) -> Fields:
        """Fields at points (n, 3), whose z does not matter; see `AbstractContinuum.fields`.

        Points beyond the boundary by less than a millionth of a face's length count as inside. Values on patches are in
        the fields already, up to the error of the method.

        Args:
            state: the state.
            points: (n, 3).
            boundary: checked, otherwise not needed.
            wanted: names of the fields that are computed; the others are NaN.
        """
        places = _places(points)
        unknown = set(wanted) - set(ALL_FIELDS)
        if unknown:
            raise InputError(f"wanted names {sorted(unknown)}; fields are {', '.join(ALL_FIELDS)}.")
        self.domain.values(boundary)
        return fields_on_mesh(self._scheme, self._locator, state, places, wanted)

    def contains(self, points: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Which of points (n, 3), whose z does not matter, lie in the fluid, (n,)."""
        return self._locator(_places(points)[:, :2])[1]

    def contents(
        self, state: MeshState, lower: npt.ArrayLike | None = None, upper: npt.ArrayLike | None = None
    ) -> Contents:
        """Mass, momentum and energy of the whole fluid; for parts of it see `contents_of`.

        Raises:
            InputError: a box is given; elements of a mesh do not fill boxes.
        """
        if lower is not None or upper is not None:
            raise InputError(
                "contents: a mesh has no boxes of whole cells; give the parts materials of their own and ask "
                f"contents_of(state, material). Materials are {', '.join(self.domain.mesh.GetMaterials())}."
            )
        return self._scheme.contents(state)

    def contents_of(self, state: MeshState, material: str) -> Contents:
        """Mass, momentum and energy of the fluid in the elements of one material.

        Raises:
            InputError: the mesh has no such material.
        """
        materials = self.domain.mesh.GetMaterials()
        if material not in materials:
            raise InputError(f"contents_of: there is no material {material!r}; materials are {', '.join(materials)}.")
        return self._scheme.contents(state, self.domain.materials == materials.index(material))

    def stable_step(self, state: MeshState) -> float:
        """Largest part of a step that is stable in this state."""
        return self._scheme.stable_step(state, self.domain.base)


def _rebuilt(mesh: Any, given: dict[str, Any]) -> MeshContinuum:
    return MeshContinuum(mesh, **given)


def _places(points: npt.ArrayLike) -> Floats:
    places = np.asarray(points, np.float64)
    if places.ndim != 2 or places.shape[1] != 3:
        raise InputError(f"points have shape {places.shape}; they need (n, 3).")
    return places


def _check_numbers(fluid: object, order: object, thickness: object) -> None:
    if not isinstance(fluid, Liquid):
        raise InputError(f"fluid is {fluid!r}; a mesh takes a Liquid.")
    if callable(fluid.viscosity):
        raise InputError("fluid: the viscosity is a function; on a mesh it must be a number, which its matrix holds.")
    if not isinstance(order, int | np.integer) or order < 1:
        raise InputError(f"order is {order!r}; it must be a whole number, at least 1.")
    if not (isinstance(thickness, int | float | np.number) and np.isfinite(thickness) and thickness > 0.0):
        raise InputError(f"thickness is {thickness!r}; it must be a positive number.")
