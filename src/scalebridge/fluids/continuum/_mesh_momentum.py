"""The momentum equation in the plane: discontinuous Galerkin for velocities whose normal component is continuous.

Convection is upwind and in conservative form, friction that of the symmetric gradient with symmetric interior penalty,
both on velocities without divergence at every point (Cockburn, Kanschat, Schoetzau 2007, doi 10.1007/s10915-006-9107-7;
Lehrenfeld, Schoeberl 2016, doi 10.1016/j.cma.2016.04.025). A constant test function sees boundary terms alone, so that
momentum changes by nothing else. All is per unit of thickness; shapes as in `_mesh_basis`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import numpy as np

from scalebridge.fluids.continuum._conditions import Flux, Outlet, Wall
from scalebridge.fluids.continuum._domain import EndValues
from scalebridge.fluids.continuum._interface import Floats
from scalebridge.fluids.continuum._mesh_basis import Basis, Side, block_matrix


def at(shapes: Floats, coefficients: Floats) -> Floats:
    """Values at points (n, points, ...) of functions (n, points, ..., functions) with coefficients (n, functions)."""
    flat = shapes.reshape(len(shapes), -1, shapes.shape[-1])
    return np.asarray((flat @ coefficients[:, :, None]).reshape(shapes.shape[:-1]))


def tested(values: Floats, shapes: Floats) -> Floats:
    """Integrals (n, functions) of weighted values (n, points, ...) times functions (n, points, ..., functions)."""
    flat = shapes.reshape(len(shapes), -1, shapes.shape[-1])
    return np.asarray((values.reshape(len(shapes), 1, -1) @ flat)[:, 0])


def products(left: Floats, right: Floats) -> Floats:
    """Sums over points of the products of functions, (n, f, g)."""
    return np.swapaxes(left, 1, 2) @ right


@final
class Momentum:
    """Matrices and integrals.

    Attributes:
        basis: functions.
        stuck, open, flux, wall: whether facets of patches are walls without slip, outlets, given fluxes, walls, (F, 1).
        drag: friction coefficient of walls with slip, (F, 1).
    """

    def __init__(self, basis: Basis) -> None:
        self.basis, domain = basis, basis.domain
        self.density, self.viscosity = float(domain.fluid.density), float(domain.fluid.viscosity)  # type: ignore[arg-type]
        kinds = {name: type(c) for name, c in domain.conditions.items()}
        self.wall, self.open, self.flux = (
            self._where({n: float(k is t) for n, k in kinds.items()}) for t in (Wall, Outlet, Flux)
        )
        walls = {name: c for name, c in domain.conditions.items() if isinstance(c, Wall)}
        self.stuck = self._where({name: float(c.slip_length == 0.0) for name, c in walls.items()})
        self.drag = self._where({n: self.viscosity / c.slip_length for n, c in walls.items() if c.slip_length})
        one, two = basis.inner
        self.inside = np.maximum(basis.penalty[one.element], basis.penalty[two.element])[:, None]
        self.edge = 2.0 * basis.penalty[basis.outer.element][:, None]
        _, self.normal, self.length = domain.geometry(domain.boundary)
        _, self.inner_normal, self.inner_length = domain.geometry(domain.inner)
        self.tangent, self.inner_tangent = (
            np.stack([-n[..., 1], n[..., 0]], -1) for n in (self.normal, self.inner_normal)
        )

    def _where(self, values: dict[str, float]) -> Floats:
        """A number for each facet of the patches, (F, 1)."""
        domain = self.basis.domain
        result = np.zeros((len(domain.boundary), 1))
        for name, value in values.items():
            result[domain.members[name]] = value
        return result

    # matrices on the broken space, (E N, E N)

    @cached_property
    def _numbers(self) -> Any:
        e, n = self.basis.dofs[0].shape
        return np.arange(e * n).reshape(e, n)

    @cached_property
    def mass(self) -> Any:
        """Density times scalar product."""
        v = self.basis.volume
        flat = v.velocity.reshape(len(v.velocity), -1, v.velocity.shape[-1])
        weights = self.density * np.repeat(v.weights, 2, axis=1)[..., None]
        return self._matrix(products(weights * flat, flat), self._numbers)

    def _matrix(self, blocks: Floats, numbers: Any) -> Any:
        size = self._numbers.size
        return block_matrix(blocks, numbers, numbers, (size, size))

    @cached_property
    def friction(self) -> Any:
        """Viscous form."""
        v, mu, (one, two) = self.basis.volume, self.viscosity, self.basis.inner
        rate = 0.5 * (v.gradient + np.swapaxes(v.gradient, 2, 3))
        flat = rate.reshape(len(rate), -1, rate.shape[-1])
        result = self._matrix(
            products(2.0 * mu * np.repeat(v.weights, 4, axis=1)[..., None] * flat, flat), self._numbers
        )
        jump = np.concatenate([one.along, -two.along], axis=2)
        pull = 0.5 * mu * np.concatenate([one.shear, two.shear], axis=2)
        weight = self.inner_length[..., None]
        cross = products(weight * pull, jump)
        blocks = products(2.0 * mu * self.inside[..., None] * weight * jump, jump) - cross - np.swapaxes(cross, 1, 2)
        result = result + self._matrix(blocks, np.hstack([self._numbers[one.element], self._numbers[two.element]]))
        outer, weight = self.basis.outer, self.length[..., None]
        grip = (2.0 * mu * self.edge * self.stuck + self.drag)[..., None]
        cross = products(mu * self.stuck[..., None] * weight * outer.shear, outer.along)
        blocks = products(grip * weight * outer.along, outer.along) - cross - np.swapaxes(cross, 1, 2)
        # at an open end the velocity along it stays as it is: what the symmetric gradient has too much
        blocks = blocks - products(mu * self.open[..., None] * weight * outer.along, outer.turn)
        return result + self._matrix(blocks, self._numbers[outer.element])

    @cached_property
    def divergence(self) -> Any:
        """What the pressure is tested with, (pressures, E N)."""
        v, pressures = self.basis.volume, self.basis.dofs[2]
        blocks = products(v.weights[..., None] * v.pressure, v.divergence)
        return block_matrix(blocks, pressures, self._numbers, (pressures.size, self._numbers.size))

    # integrals on the broken space, (E, N)

    def _spread(self, result: Floats, side: Side, through: Floats, along: Floats) -> None:
        """Add facet integrals of a vector, given by its components times weights, (F, Q)."""
        np.add.at(result, side.element, tested(through, side.through) + tested(along, side.along))

    def given(self, values: EndValues, body: Floats) -> Floats:
        """Rate of momentum by boundary values and by a body force per mass at all points (E, P, 3)."""
        v, outer, mu = self.basis.volume, self.basis.outer, self.viscosity
        result = tested(self.density * v.weights[..., None] * body[..., :2], v.velocity)
        wall, shear = self._tangential(values.velocity), self._tangential(values.momentum)
        pull = (2.0 * mu * self.edge * self.stuck + self.drag) * wall + self.flux * shear
        pressure = self.open * values.pressure.reshape(self.length.shape)
        self._spread(result, outer, -self.length * pressure, self.length * pull)
        np.add.at(result, outer.element, tested(-mu * self.stuck * self.length * wall, outer.shear))
        return result

    def _tangential(self, vector: Floats) -> Floats:
        """Component along facets of patches of vectors at Gauss points (F Q, 3)."""
        plane = vector[:, :2].reshape(*self.length.shape, 2)
        return np.asarray((plane * self.tangent).sum(axis=-1))

    def swept(self, u: Floats, values: EndValues) -> Floats:
        """Rate of momentum by convection of a velocity (E, N)."""
        v, (one, two) = self.basis.volume, self.basis.inner
        inside = at(v.velocity, u)
        result = tested(
            self.density * v.weights[..., None, None] * inside[..., :, None] * inside[..., None, :], v.gradient
        )
        through, along = self.carried(u)
        weight = self.inner_length
        self._spread(result, one, -weight * through, -weight * along)
        self._spread(result, two, weight * through, weight * along)
        through, along = self.carried_out(u, values)
        self._spread(result, self.basis.outer, -self.length * through, -self.length * along)
        return result

    # numerical fluxes at Gauss points: components along normal and tangent, (F, Q)

    def carried(self, u: Floats) -> tuple[Floats, Floats]:
        """Momentum carried through inner facets, along their normal."""
        one, two = self.basis.inner
        speed = at(one.through, u[one.element])
        there = np.where(speed > 0.0, at(one.along, u[one.element]), at(two.along, u[two.element]))
        return self.density * speed * speed, self.density * speed * there

    def carried_out(self, u: Floats, values: EndValues) -> tuple[Floats, Floats]:
        """Momentum that leaves through patches; on `Flux` it is part of what is given."""
        outer = self.basis.outer
        speed, along = at(outer.through, u[outer.element]), at(outer.along, u[outer.element])
        enters = self.wall * (speed < 0.0) > 0.0
        along = np.where(enters, self._tangential(values.velocity), along)
        mass = self.density * (1.0 - self.flux) * speed
        return mass * speed, mass * along

    def pulled(self, u: Floats) -> Floats:
        """Friction along inner facets, on their first side."""
        one, two = self.basis.inner
        u1, u2, mu = u[one.element], u[two.element], self.viscosity
        jump = at(one.along, u1) - at(two.along, u2)
        return 0.5 * mu * (at(one.shear, u1) + at(two.shear, u2)) - 2.0 * mu * self.inside * jump

    def pushed_in(self, u: Floats, values: EndValues) -> tuple[Floats, Floats]:
        """Force of patches on the fluid, but that which holds the normal velocity."""
        outer, mu = self.basis.outer, self.viscosity
        there = u[outer.element]
        slip = at(outer.along, there) - self._tangential(values.velocity)
        along = self.stuck * (mu * at(outer.shear, there) - 2.0 * mu * self.edge * slip) - self.drag * slip
        along = along + self.flux * self._tangential(values.momentum) + self.open * mu * at(outer.turn, there)
        return -self.open * values.pressure.reshape(along.shape), along

    def heating(self, u: Floats, values: EndValues) -> tuple[Floats, Floats, Floats]:
        """Power that friction, and upwinding, take from the motion, at points of elements, inner facets and patches."""
        v, (one, two), outer, mu = self.basis.volume, self.basis.inner, self.basis.outer, self.viscosity
        gradient = at(v.gradient, u)
        rate = gradient + np.swapaxes(gradient, -1, -2)
        volume = 0.5 * mu * np.einsum("epij,epij->ep", rate, rate)
        u1, u2 = u[one.element], u[two.element]
        jump = at(one.along, u1) - at(two.along, u2)
        shear = mu * (at(one.shear, u1) + at(two.shear, u2))
        lost = 0.5 * self.density * np.abs(at(one.through, u1)) * jump
        inner = (2.0 * mu * self.inside * jump - shear + lost) * jump
        there = u[outer.element]
        slip = at(outer.along, there) - self._tangential(values.velocity)
        patches = (2.0 * mu * self.edge * self.stuck + self.drag) * slip - 2.0 * mu * self.stuck * at(
            outer.shear, there
        )
        entering = self.wall * np.maximum(-at(outer.through, there), 0.0)
        return volume, inner, (patches + 0.5 * self.density * entering * slip) * slip

    def work(self, u: Floats, values: EndValues) -> Floats:
        """Power per area of the shear given on `Flux` patches, at their points (F, Q)."""
        outer = self.basis.outer
        return np.asarray(self.flux * self._tangential(values.momentum) * at(outer.along, u[outer.element]))
