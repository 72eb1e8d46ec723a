"""A mesh with its patches and surfaces, and the values at the points of all boundary facets during a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from scalebridge.errors import InputError
from scalebridge.fluids.continuum._conditions import Condition, Flux, Outlet, Periodic, Wall
from scalebridge.fluids.continuum._domain import NAMES, STORED, TAKES, VECTORS, EndValues, base_values, kind_of, spread
from scalebridge.fluids.continuum._fluids import Liquid
from scalebridge.fluids.continuum._interface import Boundary, Faces, Floats
from scalebridge.fluids.continuum._mesh_input import ngsolve

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Facets:
    """Facets on a boundary or an interface, as they lie in the mesh.

    Attributes:
        number: of the facet in the mesh, (F,).
        element: on its inner side; on an interface that of the material with the lower index, (F,).
        row: of the facet among all boundary elements of the mesh, (F,).
    """

    number: Ints
    element: Ints
    row: Ints


@dataclass(frozen=True)
class MeshDomain:
    """The mesh, its patches and surfaces, and what does not change on their facets.

    Values stand at the Gauss points of the facets: order + 1 of them, which are enough for a polynomial.

    Attributes:
        mesh: of NGSolve.
        order: of the velocity.
        thickness: of the fluid along z.
        fluid: the fluid.
        conditions: by patch.
        periodic: boundaries that are joined.
        balance: patches whose normal velocity may be corrected.
    """

    mesh: Any
    order: int
    thickness: float
    fluid: Liquid
    conditions: Mapping[str, Condition]
    periodic: tuple[str, ...]
    balance: tuple[str, ...]

    @cached_property
    def rule(self) -> Any:
        """Gauss points on a facet."""
        ng = ngsolve()
        return ng.IntegrationRule(ng.SEGM, 2 * self.order + 1)

    @property
    def per_facet(self) -> int:
        """Gauss points of a facet."""
        return len(self.rule)

    @cached_property
    def places(self) -> Any:
        """Points of the rule on all boundary elements, as NGSolve takes them."""
        ng = ngsolve()
        return self.mesh.MapToAllElements({ng.SEGM: self.rule}, ng.BND)

    @cached_property
    def groups(self) -> tuple[dict[str, Facets], dict[str, Facets]]:
        """Facets of all boundaries and of all interfaces between materials, by name."""
        ng = ngsolve()
        beside: dict[int, list[tuple[int, int]]] = {}
        for element in self.mesh.Elements(ng.VOL):
            for edge in element.edges:
                beside.setdefault(edge.nr, []).append((element.index, element.nr))
        found: tuple[dict[str, list[Any]], dict[str, list[Any]]] = ({}, {})
        for row, segment in enumerate(self.mesh.Elements(ng.BND)):
            facet = segment.edges[0].nr
            sides = sorted(beside[facet])
            if len(sides) == 2 and sides[0][0] == sides[1][0]:
                continue  # a line inside one material
            found[len(sides) - 1].setdefault(segment.mat, []).append((facet, sides[0][1], row))
        both = [{name: Facets(*np.array(rows, np.int64).T) for name, rows in kind.items()} for kind in found]
        return both[0], both[1]

    @cached_property
    def boundary(self) -> Facets:
        """All facets that have a condition, patch by patch."""
        parts = [self.groups[0][name] for name in self.conditions]
        number, element, row = (np.concatenate([getattr(p, key) for p in parts]) for key in ("number", "element", "row"))
        return Facets(number, element, row)

    @cached_property
    def members(self) -> dict[str, Ints]:
        """Facets of each patch, indices into `boundary`."""
        ends = np.cumsum([0, *(len(self.groups[0][name].number) for name in self.conditions)])
        return {name: np.arange(ends[i], ends[i + 1]) for i, name in enumerate(self.conditions)}

    @cached_property
    def gauss(self) -> tuple[Floats, Floats, Floats]:
        """Points (F, Q, 2), unit normals (F, Q, 2) out of the fluid and areas (F, Q) of all boundary facets."""
        return self.facet_geometry(self.boundary)

    def facet_geometry(self, facets: Facets) -> tuple[Floats, Floats, Floats]:
        """Points (F, Q, 2), unit normals (F, Q, 2) and areas (F, Q) at the Gauss points of facets."""
        ng, q = ngsolve(), self.per_facet
        point = ng.CF((ng.x, ng.y))(self.places).reshape(-1, q, 2)[facets.row]
        tangent = ng.specialcf.JacobianMatrix(2, 1)(self.places).reshape(-1, q, 2)[facets.row]
        length = np.linalg.norm(tangent, axis=2)
        normal = np.stack([tangent[..., 1], -tangent[..., 0]], axis=2) / length[..., None]
        away = point.mean(axis=1) - self.middles[facets.element]
        outward = np.sign(np.einsum("fi,fi->f", normal.mean(axis=1), away))
        weights = np.array([p.weight for p in self.rule])
        return point, normal * outward[:, None, None], length * weights * self.thickness

    @cached_property
    def middles(self) -> Floats:
        """Centroids of the corners of all elements, (E, 2)."""
        corners = np.array([[self.mesh[v].point for v in e.vertices] for e in self.mesh.Elements(ngsolve().VOL)])
        return np.asarray(corners.mean(axis=1))

    def faces(self, facets: Facets) -> Faces:
        """Geometry of facets as a coupling sees it; of curved ones, the mean."""
        point, normal, area = self.facet_geometry(facets)
        total = area.sum(axis=1)
        share = (area / total[:, None])[..., None]
        mean = (share * normal).sum(axis=1)
        mean /= np.linalg.norm(mean, axis=1)[:, None]
        depth = np.full(len(total), 0.5 * self.thickness)
        centre = np.column_stack([(share * point).sum(axis=1), depth])
        return Faces(centre, np.column_stack([mean, 0.0 * depth]), total)

    @cached_property
    def points(self) -> Floats:
        """Gauss points of all boundary facets in space, (F, Q, 3)."""
        point = self.gauss[0]
        return np.concatenate([point, np.full((*point.shape[:2], 1), 0.5 * self.thickness)], axis=2)

    def at(self, name: str) -> Ints:
        """Gauss points of a patch among all."""
        q = self.per_facet
        return (self.members[name][:, None] * q + np.arange(q)).ravel()

    @cached_property
    def base(self) -> EndValues:
        """Values of the conditions at all Gauss points."""
        flat = self.points.reshape(-1, 3)
        faces = Faces(flat, np.zeros_like(flat), np.zeros(len(flat)))
        named = [(name, self.at(name), condition) for name, condition in self.conditions.items()]
        return base_values(faces, named, (0.0, self.fluid.temperature))

    def values(self, boundary: Boundary | None) -> EndValues:
        """Values of the conditions, replaced where others are given.

        Raises:
            InputError: an unknown patch, a value that its condition does not take, a wrong shape, or NaN.
        """
        if not boundary:
            return self.base
        changed = {n: getattr(self.base, n).copy() for n in self.base.__dataclass_fields__}
        for name, values in boundary.items():
            if name not in self.conditions:
                raise InputError(f"boundary: there is no patch {name!r}; the patches are {', '.join(self.conditions)}.")
            for key in values.__dataclass_fields__:
                value = getattr(values, key)
                if value is not None:
                    self._take(changed, name, key, value)
        return EndValues(**changed)

    def _take(self, changed: dict[str, Floats], name: str, key: str, value: Any) -> None:
        condition, what = self.conditions[name], f"boundary[{name!r}].{key}"
        kind = kind_of(condition)
        if key not in TAKES[kind]:
            raise InputError(
                f"boundary[{name!r}]: {key} is given, but the patch is a {NAMES[kind]}, which takes "
                f"{', '.join(TAKES[kind])}."
            )
        warm = isinstance(condition, Wall) and condition.temperature is not None
        if isinstance(condition, Wall) and key in ("temperature", "heat_flux") and warm != (key == "temperature"):
            raise InputError(
                f"{what}: the Wall was built with {'a temperature' if warm else 'a heat flux'}, which its matrix holds; "
                f"build it with the other one."
            )
        here, q = self.at(name), self.per_facet
        count, vector = len(here) // q, key in VECTORS
        given = np.asarray(value, np.float64)
        if given.shape[:2] == (count, q) and given.ndim == 2 + vector:  # at the points within faces
            given = spread(given.reshape(len(here), *given.shape[2:]), len(here), vector, what)
        else:
            given = np.repeat(spread(given, count, vector, what), q, axis=0)
        if key in ("energy", "total_energy"):
            changed["worked"][here] = float(key == "total_energy")
        changed[STORED.get(key, key)][here] = given

    @cached_property
    def held(self) -> npt.NDArray[np.bool_]:
        """Facets whose normal velocity is given, (F,)."""
        result = np.ones(len(self.boundary.number), bool)
        for name, condition in self.conditions.items():
            result[self.members[name]] = not isinstance(condition, Outlet)
        return result

    def normal_velocity(self, values: EndValues) -> Floats:
        """Velocity out of the fluid at all Gauss points, zero where it is free, (F, Q)."""
        _, normal, _ = self.gauss
        q = self.per_facet
        along = np.einsum("fqi,fqi->fq", normal, values.velocity[:, :2].reshape(-1, q, 2))
        for name, condition in self.conditions.items():
            if isinstance(condition, Flux):
                along[self.members[name]] = -values.mass.reshape(-1, q)[self.members[name]] / self.fluid.density
        return np.where(self.held[:, None], along, 0.0)

    def balanced(self, values: EndValues) -> tuple[EndValues, float]:
        """Values with as much entering as leaving where no end is open, and the velocity added on balancing patches.

        Raises:
            InputError: more enters than leaves, and no patch may make up for it.
        """
        if not self.held.all():
            return values, 0.0
        _, normal, area = self.gauss
        out = self.normal_velocity(values) * area
        net, gross = float(out.sum()), float(np.abs(out).sum())
        if net == 0.0:
            return values, 0.0
        mine = np.concatenate([self.members[name] for name in self.balance]) if self.balance else np.arange(len(area))
        if not self.balance and abs(net) > 1e-10 * gross:
            raise InputError(
                f"boundary: the volume that leaves exceeds the volume that enters by {net:.6g} per time in a region "
                f"without outlet; an incompressible fluid cannot do that. Give a patch the condition Outlet, or name in "
                f"balance= the patches whose normal velocity may be corrected."
            )
        shift = -net / float(area[mine].sum())
        q = self.per_facet
        velocity, mass = values.velocity.reshape(-1, q, 3).copy(), values.mass.reshape(-1, q).copy()
        velocity[mine, :, :2] += shift * normal[mine]
        mass[mine] -= self.fluid.density * shift
        changed = replace(values, velocity=velocity.reshape(-1, 3), mass=mass.ravel())
        return changed, shift if self.balance else 0.0

    def named(self, kind: type) -> list[str]:
        """Patches with a kind of condition."""
        return [name for name, condition in self.conditions.items() if isinstance(condition, kind)]


def mesh_domain(
    mesh: Any,
    order: int,
    thickness: float,
    fluid: Liquid,
    boundaries: Mapping[str, Condition | Periodic],
    balance: Sequence[str],
) -> MeshDomain:
    """The domain, checked.

    Raises:
        InputError: mesh, fluid and conditions do not fit each other.
    """
    _check_mesh(mesh, order)
    conditions = {name: c for name, c in boundaries.items() if not isinstance(c, Periodic)}
    periodic = tuple(name for name, c in boundaries.items() if isinstance(c, Periodic))
    domain = MeshDomain(mesh, order, thickness, fluid, conditions, periodic, tuple(balance))
    outer, inner = domain.groups
    names = ", ".join(repr(name) for name in outer)
    for name, condition in boundaries.items():
        if name in inner:
            raise InputError(f"boundaries: {name!r} lies inside the fluid; it is a surface and takes no condition.")
        if name not in outer:
            raise InputError(f"boundaries: the mesh has no boundary {name!r}; its boundaries are {names}.")
        if isinstance(condition, Flux | Outlet | Periodic):
            continue
        if not isinstance(condition, Wall):
            raise InputError(
                f"boundaries[{name!r}] is {condition!r}; a mesh takes Wall, Outlet, Flux and Periodic"
                f"{' (a Characteristic belongs to a compressible fluid)' if hasattr(condition, 'impedance') else ''}."
            )
        _check_wall(name, condition)
    missing = [name for name in outer if name not in boundaries]
    if missing:
        raise InputError(f"boundaries: {missing[0]!r} has no condition; give one to each of {names}.")
    if not conditions:
        raise InputError("boundaries: all are periodic; one patch at least must hold the fluid.")
    for name in balance:
        if name not in conditions or isinstance(conditions[name], Outlet):
            raise InputError(f"balance: there is no patch {name!r} with a given normal velocity.")
    return domain


def _check_mesh(mesh: Any, order: int) -> None:
    ng = ngsolve()
    if mesh.dim != 2:
        raise InputError(f"mesh: it has {mesh.dim} dimensions; this solver takes meshes of a plane.")
    wrong = sum(1 for e in mesh.Elements(ng.VOL) if len(e.vertices) != 3)
    if wrong or mesh.ne == 0:
        raise InputError(f"mesh: {wrong} of {mesh.ne} elements are no triangles; give a mesh of triangles.")
    if mesh.GetCurveOrder() > order + 1:
        raise InputError(
            f"mesh: it is curved with order {mesh.GetCurveOrder()}, order of the velocity is {order}; momentum is "
            f"conserved exactly up to one order less. Give order {mesh.GetCurveOrder() - 1} or more."
        )
    edges = np.array([[edge.nr for edge in e.edges] for e in mesh.Elements(ng.VOL)])
    table = coo_array((np.ones(edges.size), (np.repeat(np.arange(mesh.ne), 3), edges.ravel()))).tocsr()
    parts = connected_components(table @ table.T, directed=False)[0]
    if parts > 1:
        raise InputError(f"mesh: it falls into {parts} parts that do not touch; make a continuum of each.")


def _check_wall(name: str, wall: Wall) -> None:
    for key in ("slip_length", "jump_length"):
        value = getattr(wall, key)
        if not (np.isfinite(value) and value >= 0.0):
            raise InputError(f"boundaries[{name!r}]: {key} is {value}; it must be a number, not negative.")
