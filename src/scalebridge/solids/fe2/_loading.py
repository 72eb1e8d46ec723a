"""Conditions on a finite element space: prescribed degrees of freedom and external forces at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scalebridge.errors import InputError
from scalebridge.solids.fe2._assembly import body_forces
from scalebridge.solids.fe2._conditions import (
    BodyForce,
    Condition,
    Displacement,
    Pressure,
    Traction,
    check_course,
    facets_of,
    factor,
)
from scalebridge.solids.fe2._linear import rigid_motions
from scalebridge.solids.fe2._points import Floats
from scalebridge.solids.fe2._space import Space

Course = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Surface:
    """Facets under pressure with their shape functions: value (A, n, Q), gradient (3, A, n, Q)."""

    pressure: float
    course: Course
    dofs: npt.NDArray[np.int64]
    value: Floats
    gradient: Floats
    normal: Floats
    weights: Floats


@dataclass(frozen=True)
class Loading:
    """Everything that is prescribed.

    Attributes:
        space: the finite element space.
        held: prescribed degrees of freedom, a mask (3 N,).
        motions: prescribed values with their courses; later ones win.
        forces: constant nodal forces with their courses.
        surfaces: facets under pressure.
        follows: whether pressure follows the surface.
    """

    space: Space
    held: npt.NDArray[np.bool_]
    motions: tuple[tuple[npt.NDArray[np.int64], Floats, Course], ...]
    forces: tuple[tuple[Floats, Course], ...]
    surfaces: tuple[Surface, ...]
    follows: bool

    def prescribed(self, time: float) -> Floats:
        """Prescribed displacements (3 N,), zero where none is."""
        values = np.zeros(len(self.held))
        for dofs, value, course in self.motions:
            values[dofs] = value * factor(course, time)
        return values

    def external(self, u: Floats, time: float) -> Floats:
        """External nodal forces (3 N,) at displacements (N, 3)."""
        total = np.zeros(len(self.held))
        for forces, course in self.forces:
            total += forces * factor(course, time)
        for surface in self.surfaces:
            total += _pressure_forces(surface, u if self.follows else np.zeros_like(u), time)
        return total

    def external_stiffness(self, u: Floats, time: float) -> sparse.csr_matrix | None:
        """Derivative of the external forces by the displacements, or None where there is none."""
        if not self.follows or not self.surfaces:
            return None
        return sum((_pressure_stiffness(s, u, time) for s in self.surfaces), sparse.csr_matrix((u.size, u.size)))


def compile_loading(space: Space, conditions: Sequence[Condition], finite: bool) -> Loading:
    """Conditions on a space.

    Raises:
        InputError: a boundary or region is unknown, nothing is picked, values are not finite, or the body can move.
    """
    held = np.zeros(3 * len(space.nodes), bool)
    motions, forces, surfaces = [], [], []
    for number, condition in enumerate(conditions):
        if not isinstance(condition, Displacement | Traction | Pressure | BodyForce):
            raise InputError(
                f"condition {number} is a {type(condition).__name__}; allowed are Displacement, Traction, Pressure and "
                "BodyForce."
            )
        check_course(condition)
        what = f"condition {number}, {type(condition).__name__}"
        if isinstance(condition, Displacement):
            dofs, values = _motion(space, condition, what)
            held[dofs] = True
            motions.append((dofs, values, condition.course))
        elif isinstance(condition, Pressure):
            surfaces.append(_surface(space, condition, what))
        elif isinstance(condition, Traction):
            forces.append((_traction(space, condition, what), condition.course))
        else:
            forces.append((_body_force(space, condition, what), condition.course))
    check_held(space, held)
    return Loading(space, held, tuple(motions), tuple(forces), tuple(surfaces), finite)


def _motion(space: Space, condition: Displacement, what: str) -> tuple[npt.NDArray[np.int64], Floats]:
    if callable(condition.where):
        nodes = np.flatnonzero(np.broadcast_to(condition.where(space.nodes.T), len(space.nodes)))
        if not nodes.size:
            raise InputError(f"{what}: no node was picked; check the coordinates (m) in its function.")
    else:
        facets = facets_of(space.mesh, condition.where, what)
        nodes = np.asarray(space.basis.get_dofs(facets).all()).astype(np.int64)
    if callable(condition.value):
        values = np.asarray(condition.value(space.nodes[nodes].T), np.float64)
    else:
        line = [np.nan if v is None else float(v) for v in condition.value]
        values = np.repeat(np.array(line)[:, None], nodes.size, axis=1)
    if values.shape != (3, nodes.size) or np.isinf(values).any():
        raise InputError(f"{what}: its values must be finite numbers (or None) for three directions.")
    direction, place = np.nonzero(~np.isnan(values))
    return 3 * nodes[place] + direction, values[direction, place]


def _field(value: Any, positions: Floats, what: str) -> Floats:
    """Values (3, ...) at positions (3, ...)."""
    flat = positions.reshape(3, -1)
    found = np.asarray(value(flat) if callable(value) else value, np.float64)
    if found.shape == (3,):
        found = found[:, None]
    if found.shape not in ((3, 1), flat.shape) or not np.isfinite(found).all():
        raise InputError(f"{what}: its value has shape {found.shape} or is not finite; it must be (3,) or (3, n).")
    field: Floats = np.broadcast_to(found, flat.shape).reshape(positions.shape)
    return field


def _facets(space: Space, where: Any, what: str) -> tuple[Any, npt.NDArray[np.int64], Floats]:
    """Facet basis, degrees of freedom (n, A) of its nodes, shape functions (A, n, Q)."""
    basis = space.facet_basis(facets_of(space.mesh, where, what))
    value = np.stack([np.broadcast_to(np.asarray(b[0]), basis.dx.shape) for b in basis.basis])
    return basis, basis.element_dofs.T.astype(np.int64), value


def _traction(space: Space, condition: Traction, what: str) -> Floats:
    basis, nodes, value = _facets(space, condition.where, what)
    field = _field(condition.value, np.asarray(basis.global_coordinates()), what)
    local = np.einsum("anq,cnq,nq->nac", value, field, basis.dx)
    dofs = 3 * nodes[:, :, None] + np.arange(3)
    return np.bincount(dofs.ravel(), local.ravel(), minlength=3 * len(space.nodes)).astype(np.float64)


def _body_force(space: Space, condition: BodyForce, what: str) -> Floats:
    elements = None
    if condition.region is not None:
        known: Mapping[str, Any] = space.mesh.subdomains or {}
        if condition.region not in known:
            names = ", ".join(sorted(known)) or "none"
            raise InputError(f"{what}: the mesh has no region {condition.region!r}; it has: {names}.")
        elements = np.asarray(known[condition.region])
    return body_forces(space, _field(condition.value, space.positions.T, what).T, elements)


def _surface(space: Space, condition: Pressure, what: str) -> Surface:
    if not np.isfinite(condition.value):
        raise InputError(f"{what}: the pressure is {condition.value}; it must be a finite number of Pa.")
    basis, nodes, value = _facets(space, condition.where, what)
    gradient = np.stack([b[0].grad for b in basis.basis], axis=1)
    dofs = (3 * nodes[:, :, None] + np.arange(3)).reshape(len(nodes), -1)
    return Surface(condition.value, condition.course, dofs, value, gradient, np.asarray(basis.normals), basis.dx)


def _cofactor(surface: Surface, u: Floats) -> tuple[Floats, Floats, Floats]:
    """Deformation gradient, its inverse and its determinant on the facets, (n, Q, 3, 3) and (n, Q)."""
    local = u.reshape(-1)[surface.dofs].reshape(len(surface.dofs), -1, 3)
    f = np.einsum("nai,janq->nqij", local, surface.gradient) + np.eye(3)
    return f, np.linalg.inv(f), np.linalg.det(f)


def _pressure_forces(surface: Surface, u: Floats, time: float) -> Floats:
    """-p J F^-T N on the undeformed surface, which is -p n on the deformed one."""
    pressure = surface.pressure * factor(surface.course, time)
    _, inverse, j = _cofactor(surface, u)
    area = np.einsum("nq,nqji,jnq->nqi", j, inverse, surface.normal)
    local = -pressure * np.einsum("anq,nqi,nq->nai", surface.value, area, surface.weights)
    return np.bincount(surface.dofs.ravel(), local.ravel(), minlength=u.size).astype(np.float64)


def _pressure_stiffness(surface: Surface, u: Floats, time: float) -> sparse.csr_matrix:
    """d (J F^-T) = J (F^-T (F^-T : dF) - F^-T dF^T F^-T)."""
    pressure = surface.pressure * factor(surface.course, time)
    _, inverse, j = _cofactor(surface, u)
    spatial = np.einsum("nqJj,Jbnq->nqjb", inverse, surface.gradient)
    area = np.einsum("nqji,jnq->nqi", inverse, surface.normal)
    # derivative of (J F^-T N)_i by the displacement j of node b
    slope = np.einsum("nqi,nqjb->nqijb", area, spatial) - np.einsum("nqj,nqib->nqijb", area, spatial)
    local = -pressure * np.einsum("anq,nq,nq,nqijb->naibj", surface.value, surface.weights, j, slope, optimize=True)
    size = surface.dofs.shape[1]
    local = local.reshape(-1, size, size)
    rows = np.repeat(surface.dofs[:, :, None], size, axis=2)
    columns = np.repeat(surface.dofs[:, None, :], size, axis=1)
    return sparse.csr_matrix((local.ravel(), (rows.ravel(), columns.ravel())), shape=(u.size, u.size))


def check_held(space: Space, held: npt.NDArray[np.bool_]) -> None:
    """InputError where a connected part of the body can move without strain."""
    nodes = space.connectivity
    count = len(space.nodes)
    rows, columns = np.repeat(nodes[:, :1], nodes.shape[1], axis=1).ravel(), nodes.ravel()
    graph = sparse.csr_matrix((np.ones(rows.size), (rows, columns)), shape=(count, count))
    parts, label = sparse.csgraph.connected_components(graph, directed=False)
    names = ("translation along x", "translation along y", "translation along z", "rotation about x",
             "rotation about y", "rotation about z")  # fmt: skip
    for part in range(parts):
        inside = np.flatnonzero(label == part)
        motions = rigid_motions(space.nodes[inside])
        seen = motions[held.reshape(-1, 3)[inside].ravel()]
        _, values, directions = np.linalg.svd(seen, full_matrices=True)
        rank = int((values > 1e-9 * max(1.0, values.max(initial=0.0))).sum())
        if rank < 6:
            free = directions[rank:]
            loose = [names[k] for k in range(6) if np.linalg.norm(free[:, k]) > 1e-6]
            centre = space.nodes[inside].mean(axis=0)
            raise InputError(
                f"the part of the body around ({centre[0]:.4g}, {centre[1]:.4g}, {centre[2]:.4g}) m can still move as "
                f"a rigid body: {6 - rank} motions are not held ({', '.join(loose)}). Add Displacement conditions."
            )
