"""Finite element spaces on a mesh, and how arrays become their functions."""

from __future__ import annotations

from collections.abc import Mapping
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
class Spaces:
    """Spaces on a domain.

    `velocity` holds vector polynomials whose normal component does not jump (Brezzi, Douglas, Marini), `broken` the
    same element by element, `pressure` their divergences, `scalar` polynomials of the velocity's order that jump,
    `facet` polynomials on facets, which carry boundary data and whose constants collect fluxes.
    """

    domain: MeshDomain

    @cached_property
    def velocity(self) -> Any:
        """Space of the velocity."""
        ng = ngsolve()
        return self._joined(ng.HDiv(self.domain.mesh, order=self.domain.order))

    @cached_property
    def broken(self) -> Any:
        """Space of the velocity without continuity."""
        ng = ngsolve()
        return ng.Discontinuous(self._joined(ng.HDiv(self.domain.mesh, order=self.domain.order)), dgjumps=True)

    @cached_property
    def scalar(self) -> Any:
        """Space of the temperature and of the velocity along z."""
        ng = ngsolve()
        return self._joined(ng.L2(self.domain.mesh, order=self.domain.order, dgjumps=True))

    @cached_property
    def pressure(self) -> Any:
        """Space of the pressure."""
        ng = ngsolve()
        return ng.L2(self.domain.mesh, order=self.domain.order - 1)

    @cached_property
    def facet(self) -> Any:
        """Space of boundary data and of fluxes."""
        ng = ngsolve()
        return ng.FacetFESpace(self.domain.mesh, order=self.domain.order)

    def _joined(self, space: Any) -> Any:
        return ngsolve().Periodic(space) if self.domain.periodic else space

    @cached_property
    def embedding(self) -> Any:
        """Matrix that takes coefficients of `velocity` to those of `broken`."""
        rows, columns = _dofs(self.broken), _dofs(self.velocity)
        shape = (self.broken.ndof, self.velocity.ndof)
        return sparse.csr_array((np.ones(rows.size), (rows.ravel(), columns.ravel())), shape=shape)

    @cached_property
    def penalty(self) -> Any:
        """What jumps are multiplied with, by element.

        Enough for stability: Shahbazi (2005), doi 10.1016/j.jcp.2004.11.017; in full on boundaries, half inside.
        """
        mesh, k = self.domain.mesh, self.domain.order
        corners = np.array([[mesh[v].point for v in e.vertices] for e in mesh.Elements(ngsolve().VOL)])
        edges = corners - np.roll(corners, 1, axis=1)
        area = 0.5 * np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
        perimeter = np.linalg.norm(edges, axis=2).sum(axis=1)
        result = ngsolve().GridFunction(ngsolve().L2(mesh, order=0))
        result.vec.FV().NumPy()[:] = _MARGIN * 0.5 * (k + 1) * (k + 2) * perimeter / (2.0 * area)
        return result

    @cached_property
    def width(self) -> Floats:
        """Diameter of the circle inside each element, (E,)."""
        k = self.domain.order
        return np.asarray(_MARGIN * (k + 1) * (k + 2) / self.penalty.vec.FV().NumPy())

    # boundary data

    @cached_property
    def _facet_coefficients(self) -> tuple[Ints, Floats]:
        """Coefficients of `facet` on all boundary facets (F, Q), and the inverse of their values at Gauss points."""
        ng, domain = ngsolve(), self.domain
        ids = [ng.ElementId(ng.BND, int(row)) for row in domain.boundary.row]
        dofs = np.array([list(self.facet.GetDofNrs(i)) for i in ids], np.int64)
        points = [p.point[0] for p in domain.rule]
        values = np.array([[list(self.facet.GetFE(i).CalcShape(x)) for x in points] for i in ids])
        return dofs, np.linalg.inv(values)

    def fill(self, function: Any, values: Floats) -> None:
        """Give a function of `facet` values at all Gauss points of the boundary, (F * Q,)."""
        dofs, inverse = self._facet_coefficients
        there = values.reshape(dofs.shape)
        function.vec.FV().NumPy()[dofs] = np.einsum("fij,fj->fi", inverse, there)

    def sums(self, facets: Facets) -> Ints:
        """Coefficients of `facet` that are tested with one on facets, (F,)."""
        ng = ngsolve()
        return np.array([self.facet.GetDofNrs(ng.ElementId(ng.BND, int(row)))[0] for row in facets.row], np.int64)

    def constant_on(self, values: Mapping[str, float]) -> Any:
        """A function of `facet` that has a value on each patch, and is zero elsewhere."""
        domain = self.domain
        array = np.zeros(len(domain.boundary.number) * domain.per_facet)
        for name, value in values.items():
            array[domain.at(name)] = value
        result = ngsolve().GridFunction(self.facet)
        self.fill(result, array)
        return result

    # normal velocity on facets

    def normal_dofs(self, facets: Facets) -> Ints:
        """Coefficients of `velocity` that make the normal component on facets, (F, Q)."""
        ng = ngsolve()
        return np.array([list(self.velocity.GetDofNrs(ng.ElementId(ng.BND, int(r)))) for r in facets.row], np.int64)

    def normal_values(self, facets: Facets) -> Floats:
        """Normal components at Gauss points (F, Q, Q) that each of these coefficients makes."""
        dofs, q = self.normal_dofs(facets), self.domain.per_facet
        _, normal, _ = self.domain.facet_geometry(facets)
        function = ngsolve().GridFunction(self.velocity)
        result = np.empty((*dofs.shape, dofs.shape[1]))
        for j in range(dofs.shape[1]):
            array = function.vec.FV().NumPy()
            array[:] = 0.0
            array[dofs[:, j]] = 1.0
            vector = np.asarray(function(self.domain.places)).reshape(-1, q, 2)[facets.row]
            result[..., j] = np.einsum("fqi,fqi->fq", vector, normal)
        return result

    def broken_dofs(self, facets: Facets) -> Ints:
        """Coefficients of `broken` in the inner element that make the normal component on facets, (F, Q)."""
        joined, broken = _dofs(self.velocity)[facets.element], _dofs(self.broken)[facets.element]
        dofs = self.normal_dofs(facets)
        where = np.argmax(joined[:, None, :] == dofs[:, :, None], axis=2)
        return np.take_along_axis(broken, where, axis=1)

    # fields in the volume

    @cached_property
    def _volume_rule(self) -> Any:
        ng = ngsolve()
        return ng.IntegrationRule(ng.TRIG, 2 * self.domain.order + 2)

    @cached_property
    def volume_places(self) -> Any:
        """Points in all elements, as NGSolve takes them."""
        ng = ngsolve()
        return self.domain.mesh.MapToAllElements({ng.TRIG: self._volume_rule}, ng.VOL)

    @cached_property
    def volume_points(self) -> Floats:
        """The same points in space, (E * P, 3)."""
        ng = ngsolve()
        plane = np.asarray(ng.CF((ng.x, ng.y))(self.volume_places))
        return np.column_stack([plane, np.full(len(plane), 0.5 * self.domain.thickness)])

    @cached_property
    def _projection(self) -> tuple[Ints, Floats]:
        """Coefficients of `scalar` by element, and the matrices that make them of values at the points."""
        dofs, p = _dofs(self.scalar), len(self._volume_rule)
        function = ngsolve().GridFunction(self.scalar)
        shape = np.empty((len(dofs), p, dofs.shape[1]))
        for j in range(dofs.shape[1]):
            array = function.vec.FV().NumPy()
            array[:] = 0.0
            array[dofs[:, j]] = 1.0
            shape[..., j] = np.asarray(function(self.volume_places)).reshape(-1, p)
        root = np.sqrt([point.weight for point in self._volume_rule])
        return dofs, np.linalg.pinv(root[:, None] * shape) * root

    def projected(self, values: Floats) -> Floats:
        """Coefficients of `scalar` of the polynomial next to values at the points of all elements, (E * P,)."""
        dofs, matrices = self._projection
        result = np.zeros(self.scalar.ndof)
        result[dofs] = np.einsum("eij,ej->ei", matrices, values.reshape(len(dofs), -1))
        return result


def _dofs(space: Any) -> Ints:
    """Coefficients of every element."""
    ng = ngsolve()
    return np.array([list(e.dofs) for e in space.Elements(ng.VOL)], np.int64)


def csr(matrix: Any) -> Any:
    """A matrix of NGSolve as one of SciPy."""
    rows, columns, values = matrix.COO()
    shape = (matrix.height, matrix.width)
    result = sparse.csr_array((np.array(values), (np.array(rows), np.array(columns))), shape=shape)
    result.eliminate_zeros()
    return result


def region(domain: MeshDomain, names: list[str]) -> Any:
    """The part of the boundary that patches take."""
    ng = ngsolve()
    all_names = domain.mesh.GetBoundaries()
    chosen = ng.BitArray(len(all_names))
    chosen.Clear()
    for i, name in enumerate(all_names):
        if name in names:
            chosen.Set(i)
    return ng.Region(domain.mesh, ng.BND, chosen)
