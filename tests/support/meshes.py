"""Meshes with curved boundaries, made by Netgen, and flows on them."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("ngsolve", reason="NGSolve is not installed")

from netgen.occ import Circle, Face, Glue, MoveTo, OCCGeometry, Rectangle, X, Y
from ngsolve import Mesh

from scalebridge.fluids.continuum import Liquid, MeshContinuum, Outlet, PatchValues, Wall


def meshed(face: Face, size: float) -> Mesh:
    return Mesh(OCCGeometry(face, dim=2).GenerateMesh(maxh=size))


def rectangle(length: float, height: float, size: float, periodic: bool = False) -> Mesh:
    """Sides "left", "right", "bottom", "top", the first two joined where asked."""
    face = Rectangle(length, height).Face()
    for name, side in (("left", X), ("bottom", Y)):
        face.edges.Min(side).name = name
    face.edges.Max(X).name, face.edges.Max(Y).name = "right", "top"
    if periodic:
        face.edges.Max(X).Identify(face.edges.Min(X), "around")
    return meshed(face, size)


def cavity(size: float, near: float) -> Mesh:
    """A square whose mesh is fine at the upper corners, where a moving lid meets walls at rest."""
    face = Rectangle(1.0, 1.0).Face()
    face.edges.name, face.edges.Max(Y).name = "wall", "lid"
    for vertex in face.vertices:
        if vertex.p.y > 0.5:
            vertex.maxh = near
    return meshed(face, size)


def square_with_hole(size: float) -> Mesh:
    face, hole = Rectangle(1.0, 1.0).Face(), Circle((0.45, 0.55), 0.2).Face()
    face.edges.name, hole.edges.name = "side", "hole"
    return meshed(face - hole, size)


def ring(inner: float, outer: float, size: float) -> Mesh:
    face, hole = Circle((0.0, 0.0), outer).Face(), Circle((0.0, 0.0), inner).Face()
    face.edges.name, hole.edges.name = "outer", "inner"
    return meshed(face - hole, size)


def cylinder_in_channel(size: float, near: float) -> Mesh:
    """Schaefer and Turek (1996): channel 2.2 x 0.41, cylinder of diameter 0.1 at (0.2, 0.2)."""
    face, hole = Rectangle(2.2, 0.41).Face(), Circle((0.2, 0.2), 0.05).Face()
    face.edges.name, hole.edges.name = "wall", "cylinder"
    face.edges.Min(X).name, face.edges.Max(X).name = "inlet", "outlet"
    hole.edges.maxh = near
    return meshed(face - hole, size)


def two_rooms(size: float) -> Mesh:
    """A channel 2 x 1 with a cylinder in its left half; both halves are materials, "middle" lies between them."""
    channel, hole, half = Rectangle(2.0, 1.0).Face(), Circle((0.6, 0.45), 0.15).Face(), Rectangle(1.0, 1.0).Face()
    channel.edges.name, hole.edges.name = "top", "cylinder"
    channel.edges.Min(X).name, channel.edges.Max(X).name, channel.edges.Min(Y).name = "inlet", "outlet", "bottom"
    rest = channel - hole
    left, right = rest * half, rest - half
    left.faces.name, right.faces.name = "left", "right"
    both = Glue([left, right])
    for edge in both.edges:
        if abs(edge.center.x - 1.0) < 1e-9 and abs(edge.center.y - 0.5) < 1e-9:
            edge.name = "middle"
    return meshed(both, size)


def slit_with_reservoirs(width: float, length: float, reservoir: float, near: float, far: float) -> Mesh:
    """The upper half of two reservoirs, squares' halves of a side `reservoir`, joined by a slit; fine at its edges."""
    half, end = 0.5 * width, reservoir + length
    path = MoveTo(0.0, 0.0).Line(2.0 * reservoir + length).Rotate(90).Line(reservoir).Rotate(90).Line(reservoir)
    path = path.Rotate(90).Line(reservoir - half).Rotate(-90).Line(length).Rotate(-90).Line(reservoir - half)
    face = path.Rotate(90).Line(reservoir).Close().Face()
    face.edges.name = "wall"
    face.edges.Min(X).name, face.edges.Max(X).name, face.edges.Min(Y).name = "left", "right", "middle"
    for vertex in face.vertices:
        if abs(vertex.p.y - half) < 1e-9 and min(abs(vertex.p.x - reservoir), abs(vertex.p.x - end)) < 1e-9:
            vertex.maxh = near
    return meshed(face, far)


def parabola(p):
    return np.stack([4.0 * p[:, 1] * (1.0 - p[:, 1]), 0.0 * p[:, 1], 0.0 * p[:, 1]], axis=1)


def heated_channel(order: int = 2, size: float = 0.2) -> MeshContinuum:
    """All conditions at once: inflow, outlet, slip with a jump, a moving wall with given heat, a hot cylinder."""
    boundaries = {
        "inlet": Wall(velocity=parabola, temperature=1.0),
        "outlet": Outlet(0.3, temperature=1.0),
        "bottom": Wall(slip_length=0.3, temperature=1.5, jump_length=0.1),
        "top": Wall(velocity=(0.5, 0.0, 0.1), heat_flux=0.2),
        "cylinder": Wall(temperature=2.0),
    }
    liquid = Liquid(1.3, 0.3, heat_capacity=2.0, conductivity=0.7)
    force = (0.1, -0.2, 0.05)
    return MeshContinuum(two_rooms(size), liquid, boundaries, order=order, force=force, thickness=0.7)


def manufactured(flow, mesh, order):
    """The continuum of a flow known in closed form."""
    boundaries = {
        name: Wall(velocity=lambda p: flow.velocity(p, 0.0), temperature=2.0)
        for name in sorted(set(mesh.GetBoundaries()))
    }
    liquid = Liquid(flow.rho, flow.mu, flow.capacity, flow.conductivity)
    sources = {"force": flow.force, "heating": flow.heat}
    return MeshContinuum(mesh, liquid, boundaries, order=order, balance=tuple(boundaries), **sources)


def exact_values(flow, continuum, time):
    """Its boundary values at the points within faces."""
    result = {}
    for name in continuum.patches:
        points = continuum.points(name)
        flat = points.reshape(-1, 3)
        velocity = flow.velocity(flat, time).reshape(points.shape)
        result[name] = PatchValues(
            velocity=velocity, temperature=flow.temperature(flat, time).reshape(points.shape[:2])
        )
    return result


def errors(flow, mesh, order, time, steps):
    """Root mean square errors of velocity, pressure and temperature, largest divergence, and substeps."""
    continuum = manufactured(flow, mesh, order)
    state = continuum.initial(lambda p: flow.velocity(p, 0.0), lambda p: flow.temperature(p, 0.0))
    dt, parts = time / steps, 0
    for i in range(steps):
        now, then = (exact_values(flow, continuum, j * dt) for j in (i, i + 1))
        state, fluxes = continuum.step(state, now, dt, until=then)
        parts += fluxes.substeps
    points = np.random.default_rng(0).random((4000, 3))
    points = points[continuum.contains(points)]
    found = continuum.fields(state, points)
    pressure = found.pressure - flow.pressure(points, time - 0.5 * time / parts)
    misses = (
        (found.velocity - flow.velocity(points, time))[:, :2],
        pressure - pressure.mean(),
        found.temperature - flow.temperature(points, time),
    )
    return [float(np.sqrt(np.mean(miss**2))) for miss in misses], divergence(continuum, state), parts


def divergence(continuum, state):
    """Largest divergence at any point of quadrature, as the method sees it, by the size of elements and speed."""
    basis = continuum._scheme.basis
    local = state.velocity[basis.dofs[0]]
    rate = np.einsum("epn,en->ep", basis.volume.divergence, local)
    speed = np.einsum("epin,en->epi", basis.volume.velocity, local)
    return float(np.abs(rate).max() * basis.width.max() / np.abs(speed).max())
