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


_EDGES = ((0, 1), (1, 2), (2, 0))


@dataclass(frozen=True)
class Facets:
    """Edges of the mesh.

    Attributes:
        element, edge: on the inner side, and which of its three edges it is; between materials the one whose material
            the mesh lists first, (F,).
        beyond, beyond_edge: the same on the other side; -1 on a boundary, (F,).
    """

    element: Ints
    edge: Ints
    beyond: Ints
    beyond_edge: Ints

    def __len__(self) -> int:
        return len(self.element)


@dataclass(frozen=True)
class MeshDomain:
    """The mesh, its patches and surfaces, and what does not change on their facets.

    Values stand at the Gauss points of the facets: 2 order + 1 of them, for which the products of three polynomials
    are integrated exactly.

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

    @property
    def per_facet(self) -> int:
        """Gauss points of a facet."""
        return 2 * self.order + 1

    @cached_property
    def rule(self) -> tuple[Floats, Floats]:
        """Gauss points and weights on the unit interval."""
        x, w = np.polynomial.legendre.leggauss(self.per_facet)
        return 0.5 * (x + 1.0), 0.5 * w

    @cached_property
    def vertices(self) -> Ints:
        """Vertices of all elements, (E, 3)."""
        return np.array([[v.nr for v in e.vertices] for e in self.mesh.Elements(ngsolve().VOL)], np.int64)

    @cached_property
    def joined(self) -> Ints:
        """For each vertex the one that stands for it and for those that are joined with it."""
        result = np.arange(self.mesh.nv)
        if self.periodic:
            for one, other in self.mesh.GetPeriodicNodePairs(ngsolve().VERTEX):
                pair = one if not isinstance(one, int) else (one, other)
                low, high = sorted(result[list(pair)])
                result[result == high] = low
        return result

    @cached_property
    def corners(self) -> Floats:
        """Corners of all elements, (E, 3, 2)."""
        points = np.array([v.point for v in self.mesh.vertices])
        return np.asarray(points[self.vertices])

    @cached_property
    def materials(self) -> Ints:
        """Number of every element's material, in the order of the mesh, (E,)."""
        return np.array([e.index for e in self.mesh.Elements(ngsolve().VOL)], np.int64)

    @cached_property
    def _seams(self) -> set[tuple[int, int]]:
        """Vertices of the edges on joined boundaries."""
        segments = [s for s in self.mesh.Elements(ngsolve().BND) if s.mat in self.periodic]
        return {self._key(*(v.nr for v in s.vertices)) for s in segments}

    @staticmethod
    def _key(a: int, b: int) -> tuple[int, int]:
        return (a, b) if a < b else (b, a)

    @cached_property
    def _ends(self) -> Ints:
        """Both ends of the edges of all elements, those on joined boundaries under their common numbers, (E, 3, 2)."""
        result = self.vertices[:, np.array(_EDGES)]
        for element, ends in enumerate(result):
            for edge, (a, b) in enumerate(ends):
                if self._key(int(a), int(b)) in self._seams:
                    result[element, edge] = self.joined[[a, b]]
        return result

    def facet_of(self, segment: Any) -> int:
        """Which of all facets a boundary element is."""
        a, b = (v.nr for v in segment.vertices)
        if self._key(a, b) in self._seams:
            a, b = (int(x) for x in self.joined[[a, b]])
        return self._pairs[1][self._key(a, b)]

    @cached_property
    def _pairs(self) -> tuple[Facets, Mapping[tuple[int, int], int]]:
        """All edges of the mesh, and which one has two vertices."""
        places: dict[tuple[int, int], int] = {}
        sides: list[list[tuple[int, int]]] = []
        for element, ends in enumerate(self._ends):
            for edge, (a, b) in enumerate(ends):
                key = (min(a, b), max(a, b))
                if key not in places:
                    places[key] = len(sides)
                    sides.append([])
                sides[places[key]].append((element, edge))
        table = np.full((len(sides), 4), -1, np.int64)
        for row, beside in zip(table, sides, strict=True):
            beside.sort(key=lambda side: self.materials[side[0]])
            row[: 2 * len(beside)] = np.ravel(beside)[:4]
        return Facets(*table.T), places

    @property
    def facets(self) -> Facets:
        """All of them."""
        return self._pairs[0]

    @cached_property
    def inner(self) -> Facets:
        """Facets within the fluid."""
        return _chosen(self.facets, self.facets.beyond >= 0)

    @cached_property
    def groups(self) -> tuple[dict[str, Facets], dict[str, Facets]]:
        """Facets of all boundaries and of all interfaces between materials, by name; joined boundaries are neither."""
        facets = self.facets
        found: tuple[dict[str, list[int]], dict[str, list[int]]] = ({}, {})
        for segment in self.mesh.Elements(ngsolve().BND):
            if segment.mat in self.periodic:
                continue
            number = self.facet_of(segment)
            inside = facets.beyond[number] >= 0
            if inside and self.materials[facets.element[number]] == self.materials[facets.beyond[number]]:
                continue  # a line inside one material
            found[int(inside)].setdefault(segment.mat, []).append(number)
        both = [{name: _chosen(facets, np.array(rows)) for name, rows in kind.items()} for kind in found]
        return both[0], both[1]

    @cached_property
    def boundary(self) -> Facets:
        """All facets that have a condition, patch by patch."""
        parts = [self.groups[0][name] for name in self.conditions]
        return Facets(*(np.concatenate([getattr(p, key) for p in parts]) for key in Facets.__dataclass_fields__))

    @cached_property
    def members(self) -> dict[str, Ints]:
        """Facets of each patch, indices into `boundary`."""
        ends = np.cumsum([0, *(len(self.groups[0][name]) for name in self.conditions)])
        return {name: np.arange(ends[i], ends[i + 1]) for i, name in enumerate(self.conditions)}

    # geometry

    def _on_edges(self, along: Floats) -> Any:
        """Points on the three edges of every element, as NGSolve takes them."""
        ng = ngsolve()
        corners = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])  # of its reference triangle
        points = [(1.0 - s) * corners[a] + s * corners[b] for a, b in _EDGES for s in along]
        rule = ng.IntegrationRule([tuple(float(x) for x in p) for p in points], [0.0] * len(points))
        return self.mesh.MapToAllElements({ng.TRIG: rule}, ng.VOL)

    @cached_property
    def rim_places(self) -> Any:
        """Gauss points on the three edges of every element."""
        return self._on_edges(self.rule[0])

    def ordered(self, values: Floats) -> Floats:
        """Values (E, 3, Q, ...) on edges, turned so that both sides of a facet see the points in the same order."""
        turned = self._ends[..., 0] > self._ends[..., 1]
        result = values.copy()
        result[turned] = values[turned][:, ::-1]
        return result

    @cached_property
    def _rims(self) -> tuple[Floats, Floats, Floats]:
        """Points (E, 3, Q, 2), outward normals (E, 3, Q, 2) and lengths (E, 3, Q) on the edges of all elements."""
        ng, shape = ngsolve(), (self.mesh.ne, 3, self.per_facet)
        point = np.asarray(ng.CF((ng.x, ng.y))(self.rim_places)).reshape(*shape, 2)
        jacobian = np.asarray(ng.specialcf.JacobianMatrix(2, 2)(self.rim_places)).reshape(*shape, 2, 2)
        corners = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
        tangent = np.stack([jacobian[:, e] @ (corners[b] - corners[a]) for e, (a, b) in enumerate(_EDGES)], axis=1)
        length = np.linalg.norm(tangent, axis=-1)
        normal = np.stack([tangent[..., 1], -tangent[..., 0]], axis=-1) / length[..., None]
        normal *= np.sign(np.linalg.det(jacobian))[..., None]
        return self.ordered(point), self.ordered(normal), self.ordered(length * self.rule[1])

    def geometry(self, facets: Facets) -> tuple[Floats, Floats, Floats]:
        """Points (F, Q, 2), unit normals (F, Q, 2) out of the inner element and weights (F, Q), which are lengths."""
        point, normal, length = (x[facets.element, facets.edge] for x in self._rims)
        return point, normal, length

    def faces(self, facets: Facets) -> Faces:
        """Geometry of facets as a coupling sees it: the middle on the curve, the mean normal."""
        _, normal, length = self.geometry(facets)
        total = length.sum(axis=1)
        mean = (length[..., None] * normal).sum(axis=1)
        mean /= np.linalg.norm(mean, axis=1)[:, None]
        middle = self._halfway[facets.element, facets.edge]
        depth = np.full((len(total), 1), 0.5 * self.thickness)
        return Faces(np.hstack([middle, depth]), np.hstack([mean, 0.0 * depth]), total * self.thickness)

    @cached_property
    def _halfway(self) -> Floats:
        """The middle, on the curve, of the edges of all elements, (E, 3, 2)."""
        ng = ngsolve()
        places = self._on_edges(np.array([0.5]))
        return np.asarray(ng.CF((ng.x, ng.y))(places)).reshape(-1, 3, 2)

    @cached_property
    def points(self) -> Floats:
        """Gauss points of all boundary facets in space, (F, Q, 3)."""
        point = self.geometry(self.boundary)[0]
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
            has = "a temperature" if warm else "a heat flux"
            raise InputError(f"{what}: the Wall was built with {has}, which is in its matrix; build it with the other.")
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
        result = np.ones(len(self.boundary), bool)
        for name, condition in self.conditions.items():
            result[self.members[name]] = not isinstance(condition, Outlet)
        return result

    def normal_velocity(self, values: EndValues) -> Floats:
        """Velocity out of the fluid at all Gauss points, zero where it is free, (F, Q)."""
        normal = self.geometry(self.boundary)[1]
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
        _, normal, area = self.geometry(self.boundary)
        out = self.normal_velocity(values) * area
        # walls that move along themselves count too: curved ones let rounding through
        speed = np.linalg.norm(values.velocity, axis=1).reshape(area.shape)
        net, gross = float(out.sum()), float(np.abs(out).sum() + (speed * area).sum())
        if net == 0.0:
            return values, 0.0
        mine: Ints = (
            np.concatenate([self.members[name] for name in self.balance]) if self.balance else np.arange(len(area))
        )
        if not self.balance and abs(net) > 1e-10 * gross:
            raise InputError(
                f"boundary: the volume that leaves exceeds the volume that enters by {net:.6g} per time in a region "
                f"without outlet; an incompressible fluid cannot do that. Give a patch the condition Outlet, or name "
                f"in balance= the patches whose normal velocity may be corrected."
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


def _chosen(facets: Facets, which: npt.NDArray[Any]) -> Facets:
    return Facets(*(getattr(facets, key)[which] for key in Facets.__dataclass_fields__))


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
    _check_periodic(domain)
    outer, inner = domain.groups
    names = ", ".join(repr(name) for name in (*outer, *periodic))
    for name, condition in boundaries.items():
        if name in inner:
            raise InputError(f"boundaries: {name!r} lies inside the fluid; it is a surface and takes no condition.")
        if name not in outer and name not in periodic:
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


def _check_periodic(domain: MeshDomain) -> None:
    """Refuse boundaries that are called periodic and are joined with nothing."""
    known = set(domain.mesh.GetBoundaries())
    same = domain.joined[domain.vertices]
    if (same == np.roll(same, 1, axis=1)).any():
        raise InputError("mesh: some elements reach from one joined boundary to the other; make two or more.")
    for name in domain.periodic:
        if name not in known:
            raise InputError(f"boundaries: the mesh has no boundary {name!r}; its boundaries are {sorted(known)}.")
    for segment in domain.mesh.Elements(ngsolve().BND):
        if segment.mat in domain.periodic and domain.facets.beyond[domain.facet_of(segment)] < 0:
            raise InputError(
                f"boundaries[{segment.mat!r}] is Periodic, but the mesh joins it with no other boundary; identify both "
                f"when the mesh is made."
            )


def _check_wall(name: str, wall: Wall) -> None:
    for key in ("slip_length", "jump_length"):
        value = getattr(wall, key)
        if not (np.isfinite(value) and value >= 0.0):
            raise InputError(f"boundaries[{name!r}]: {key} is {value}; it must be a number, not negative.")
