"""Basis functions on a mesh, as arrays at the points of quadrature: what all integrals are made of.

Shapes: E elements, P points in each; F facets, Q points on each; N velocity functions of an element, S scalar ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from scalebridge.fluids.continuum._interface import Floats
from scalebridge.fluids.continuum._mesh_domain import Facets, Ints, MeshDomain
from scalebridge.fluids.continuum._mesh_input import ngsolve

_MARGIN = 1.25  # above the penalty that is proven to be enough


@dataclass(frozen=True)
class Volume:
    """Functions at points within elements.

    Attributes:
        points: (E, P, 3), and their weights (E, P).
        velocity, gradient: (E, P, 2, N) and (E, P, 2, 2, N), derivatives second.
        scalar, slope: (E, P, S) and (E, P, 2, S).
        pressure: (E, P, R).
        divergence: (E, P, N).
    """

    points: Floats
    weights: Floats
    velocity: Floats
    gradient: Floats
    scalar: Floats
    slope: Floats
    pressure: Floats
    divergence: Floats


@dataclass(frozen=True)
class Side:
    """Functions of the elements on one side of some facets; normal and tangent are those of the facets.

    Attributes:
        element: (F,).
        through, along: normal and tangential component of the velocity, (F, Q, N).
        shear: tangential component of (grad u + grad u^T) n, (F, Q, N).
        turn: tangential derivative of the normal component, at fixed normal, (F, Q, N).
        scalar, slope: value and normal derivative, (F, Q, S).
    """

    element: Ints
    through: Floats
    along: Floats
    shear: Floats
    turn: Floats
    scalar: Floats
    slope: Floats


@dataclass(frozen=True)
class Basis:
    """Spaces on a domain and their functions.

    Velocities are vector polynomials whose normal component does not jump (Brezzi, Douglas, Marini); temperature and
    velocity along z are polynomials of the same order that jump, pressures are divergences of velocities.
    """

    domain: MeshDomain

    @cached_property
    def velocity(self) -> Any:
        """Space of the velocity."""
        ng = ngsolve()
        space = ng.HDiv(self.domain.mesh, order=self.domain.order)
        return ng.Periodic(space) if self.domain.periodic else space

    @cached_property
    def scalar(self) -> Any:
        """Space of the temperature and of the velocity along z."""
        return ngsolve().L2(self.domain.mesh, order=self.domain.order)

    @cached_property
    def pressure(self) -> Any:
        """Space of the pressure."""
        return ngsolve().L2(self.domain.mesh, order=self.domain.order - 1)

    @cached_property
    def _broken(self) -> Any:
        ng = ngsolve()
        space = ng.HDiv(self.domain.mesh, order=self.domain.order)
        return ng.Discontinuous(ng.Periodic(space) if self.domain.periodic else space)

    @cached_property
    def dofs(self) -> tuple[Ints, Ints, Ints]:
        """Coefficients of velocity (E, N), scalars (E, S) and pressure (E, R) of every element."""
        return _dofs(self.velocity), _dofs(self.scalar), _dofs(self.pressure)

    @cached_property
    def embedding(self) -> Any:
        """Matrix that takes coefficients of the velocity to those of all elements, one after the other (E N)."""
        columns = self.dofs[0].ravel()
        return sparse.csr_array((np.ones(columns.size), (np.arange(columns.size), columns)))

    def _shapes(self, space: Any, places: Any, derivative: str = "") -> Floats:
        """All functions, or their ``"Grad"`` or ``"div"``, at points: (E, points, components, functions)."""
        ng, table = ngsolve(), _dofs(space)
        function = ng.GridFunction(space)
        read = getattr(ng, derivative)(function) if derivative else function
        columns = []
        for j in range(table.shape[1]):
            array = function.vec.FV().NumPy()
            array[:] = 0.0
            array[table[:, j]] = 1.0
            columns.append(np.asarray(read(places)).reshape(len(table), len(places) // len(table), -1))
        return np.stack(columns, axis=3)

    @cached_property
    def volume(self) -> Volume:
        """Functions within elements."""
        ng, mesh, e = ngsolve(), self.domain.mesh, self.domain.mesh.ne
        rule = ng.IntegrationRule(ng.TRIG, 3 * self.domain.order + 1)
        places = mesh.MapToAllElements({ng.TRIG: rule}, ng.VOL)
        plane = np.asarray(ng.CF((ng.x, ng.y))(places)).reshape(e, -1, 2)
        jacobian = np.asarray(ng.specialcf.JacobianMatrix(2, 2)(places)).reshape(e, -1, 2, 2)
        weights = np.abs(np.linalg.det(jacobian)) * np.array([p.weight for p in rule])
        depth = np.full((*plane.shape[:2], 1), 0.5 * self.domain.thickness)
        gradient = self._shapes(self._broken, places, "Grad")
        return Volume(
            np.concatenate([plane, depth], axis=2),
            weights,
            self._shapes(self._broken, places),
            gradient.reshape(*gradient.shape[:2], 2, 2, gradient.shape[3]),
            self._shapes(self.scalar, places)[:, :, 0],
            self._shapes(self.scalar, places, "Grad"),
            self._shapes(self.pressure, places)[:, :, 0],
            self._shapes(self._broken, places, "div")[:, :, 0],
        )

    @cached_property
    def _rims(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Velocity, its gradient, scalars and their slopes on the edges of all elements, (E, 3, Q, ..., functions)."""
        places, e = self.domain.rim_places, self.domain.mesh.ne
        result = []
        for space in (self._broken, self.scalar):
            for derivative in ("", "Grad"):
                shapes = self._shapes(space, places, derivative)
                shapes = shapes.reshape(e, 3, self.domain.per_facet, *shapes.shape[2:])
                result.append(self.domain.ordered(shapes))
        gradient = result[1]
        return result[0], gradient.reshape(*gradient.shape[:3], 2, 2, -1), result[2][..., 0, :], result[3]

    def _side(self, element: Ints, edge: Ints, normal: Floats) -> Side:
        velocity, gradient, scalar, slope = (x[element, edge] for x in self._rims)
        tangent = np.stack([-normal[..., 1], normal[..., 0]], axis=-1)
        both = gradient + np.swapaxes(gradient, -2, -3)
        return Side(
            element,
            np.einsum("fqin,fqi->fqn", velocity, normal),
            np.einsum("fqin,fqi->fqn", velocity, tangent),
            np.einsum("fqijn,fqi,fqj->fqn", both, tangent, normal),
            np.einsum("fqijn,fqi,fqj->fqn", gradient, normal, tangent),
            scalar,
            np.einsum("fqin,fqi->fqn", slope, normal),
        )

    @cached_property
    def inner(self) -> tuple[Side, Side]:
        """Both sides of all facets within the fluid; normals go from the first side to the second one."""
        facets = self.domain.inner
        normal = self.domain.geometry(facets)[1]
        return (
            self._side(facets.element, facets.edge, normal),
            self._side(facets.beyond, facets.beyond_edge, normal),
        )

    def side(self, facets: Facets) -> Side:
        """The inner side of some facets; normals leave it."""
        return self._side(facets.element, facets.edge, self.domain.geometry(facets)[1])

    @cached_property
    def outer(self) -> Side:
        """Facets of all patches."""
        return self.side(self.domain.boundary)

    @cached_property
    def penalty(self) -> Floats:
        """What jumps are multiplied with, by element: enough for stability on boundaries, twice of it inside.

        Shahbazi (2005), doi 10.1016/j.jcp.2004.11.017.
        """
        k, corners = self.domain.order, self.domain.corners
        edges = corners - np.roll(corners, 1, axis=1)
        area = 0.5 * np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
        return np.asarray(_MARGIN * 0.5 * (k + 1) * (k + 2) * np.linalg.norm(edges, axis=2).sum(axis=1) / (2.0 * area))

    @cached_property
    def width(self) -> Floats:
        """Diameter of the circle inside each element, (E,)."""
        k = self.domain.order
        return np.asarray(_MARGIN * (k + 1) * (k + 2) / self.penalty)

    @cached_property
    def _projection(self) -> Floats:
        root = np.sqrt(self.volume.weights)[..., None]
        return np.asarray(np.linalg.pinv(root * self.volume.scalar) * np.swapaxes(root, 1, 2))

    def projected(self, values: Floats) -> Floats:
        """Coefficients (E, S) of the scalar next to values at the points of all elements, (E, P)."""
        return np.asarray(np.einsum("esp,ep->es", self._projection, values.reshape(self.volume.weights.shape)))


def _dofs(space: Any) -> Ints:
    """Coefficients of every element."""
    return np.array([list(e.dofs) for e in space.Elements(ngsolve().VOL)], np.int64)


def block_matrix(blocks: Floats, rows: Ints, columns: Ints, shape: tuple[int, int]) -> Any:
    """Sparse sum of small matrices (n, a, b) with rows (n, a) and columns (n, b)."""
    i = np.broadcast_to(rows[:, :, None], blocks.shape).ravel()
    j = np.broadcast_to(columns[:, None, :], blocks.shape).ravel()
    return sparse.csr_array((blocks.ravel(), (i, j)), shape=shape)
