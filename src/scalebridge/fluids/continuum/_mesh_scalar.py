"""A quantity that the flow carries and that diffuses: temperature, and the velocity along z.

Discontinuous Galerkin with upwind convection and symmetric interior penalty, as for the momentum.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import numpy as np

from scalebridge.fluids.continuum._interface import Floats
from scalebridge.fluids.continuum._mesh_basis import block_matrix
from scalebridge.fluids.continuum._mesh_momentum import Momentum, at, products, tested


@final
class Carried:
    """Matrices and integrals of one quantity, per unit of thickness.

    Args:
        flow: what carries it.
        capacity: content per volume and unit of the quantity.
        conductivity: of its diffusion.
        held: 1 on facets of patches that hold it at an outer value, (F, 1).
        transfer: coefficient of patches that exchange it with an outer value, (F, 1).
    """

    def __init__(self, flow: Momentum, capacity: float, conductivity: float, held: Floats, transfer: Floats) -> None:
        self.flow, self.basis = flow, flow.basis
        self.capacity, self.conductivity = capacity, conductivity
        self.held, self.transfer = held, transfer
        self._numbers = np.arange(self.basis.dofs[1].size).reshape(self.basis.dofs[1].shape)

    @cached_property
    def mass(self) -> Any:
        """Capacity times product."""
        v = self.basis.volume
        blocks = products(self.capacity * v.weights[..., None] * v.scalar, v.scalar)
        return self._matrix(blocks, self._numbers)

    def _matrix(self, blocks: Floats, numbers: Any) -> Any:
        size = self._numbers.size
        return block_matrix(blocks, numbers, numbers, (size, size))

    @cached_property
    def conduction(self) -> Any:
        """Form of the diffusion."""
        v, k, (one, two), outer = self.basis.volume, self.conductivity, self.basis.inner, self.basis.outer
        numbers, flow = self._numbers, self.flow
        flat = v.slope.reshape(len(v.slope), -1, v.slope.shape[-1])
        result = self._matrix(products(k * np.repeat(v.weights, 2, axis=1)[..., None] * flat, flat), numbers)
        jump = np.concatenate([one.scalar, -two.scalar], axis=2)
        weight = flow.inner_length[..., None]
        cross = products(0.5 * k * weight * np.concatenate([one.slope, two.slope], axis=2), jump)
        blocks = products(k * flow.inside[..., None] * weight * jump, jump) - cross - np.swapaxes(cross, 1, 2)
        result = result + self._matrix(blocks, np.hstack([numbers[one.element], numbers[two.element]]))
        weight = flow.length[..., None]
        cross = products(k * self.held[..., None] * weight * outer.slope, outer.scalar)
        grip = (k * flow.edge * self.held + self.transfer)[..., None]
        blocks = products(grip * weight * outer.scalar, outer.scalar) - cross - np.swapaxes(cross, 1, 2)
        return result + self._matrix(blocks, numbers[outer.element])

    def given(self, outside: Floats, flux: Floats, source: Floats) -> Floats:
        """Rate by values outside and fluxes into the fluid, at points of patches (F, Q), and sources (E, P); (E, S)."""
        v, outer, flow, k = self.basis.volume, self.basis.outer, self.flow, self.conductivity
        result = tested(v.weights * source, v.scalar)
        into = (k * flow.edge * self.held + self.transfer) * outside + flux
        np.add.at(result, outer.element, tested(flow.length * into, outer.scalar))
        np.add.at(result, outer.element, tested(-k * flow.length * self.held * outside, outer.slope))
        return result

    def swept(self, t: Floats, u: Floats, outside: Floats, known: Floats) -> Floats:
        """Rate by convection of t (E, S) with a velocity (E, N); `known` says where what enters has a value, (F, Q)."""
        v, (one, two), outer, flow = self.basis.volume, self.basis.inner, self.basis.outer, self.flow
        moved = at(v.scalar, t)[..., None] * at(v.velocity, u)
        result = tested(self.capacity * v.weights[..., None] * moved, v.slope)
        through = flow.inner_length * self.carried(t, u)
        np.add.at(result, one.element, tested(-through, one.scalar))
        np.add.at(result, two.element, tested(through, two.scalar))
        out = flow.length * self.carried_out(t, u, outside, known)
        np.add.at(result, outer.element, tested(-out, outer.scalar))
        return result

    def carried(self, t: Floats, u: Floats) -> Floats:
        """What goes through inner facets, along their normal, (F, Q)."""
        one, two = self.basis.inner
        speed = at(one.through, u[one.element])
        there = np.where(speed > 0.0, at(one.scalar, t[one.element]), at(two.scalar, t[two.element]))
        return self.capacity * speed * there

    def carried_out(self, t: Floats, u: Floats, outside: Floats, known: Floats) -> Floats:
        """What leaves through patches; on `Flux` it is part of what is given."""
        outer = self.basis.outer
        speed, inside = at(outer.through, u[outer.element]), at(outer.scalar, t[outer.element])
        there = np.where((speed < 0.0) & (known > 0.0), outside, inside)
        return np.asarray(self.capacity * (1.0 - self.flow.flux) * speed * there)

    def conducted(self, t: Floats) -> Floats:
        """What is conducted into the first side of inner facets, (F, Q)."""
        (one, two), k = self.basis.inner, self.conductivity
        t1, t2 = t[one.element], t[two.element]
        jump = at(one.scalar, t1) - at(two.scalar, t2)
        return 0.5 * k * (at(one.slope, t1) + at(two.slope, t2)) - k * self.flow.inside * jump

    def conducted_in(self, t: Floats, outside: Floats, flux: Floats) -> Floats:
        """What is conducted, or given, into the fluid at patches, (F, Q)."""
        outer, k = self.basis.outer, self.conductivity
        there = t[outer.element]
        miss = at(outer.scalar, there) - outside
        held = self.held * (k * at(outer.slope, there) - k * self.flow.edge * miss)
        return np.asarray(held - self.transfer * miss + flux)

    def heating(self, w: Floats, u: Floats, outside: Floats) -> tuple[Floats, Floats, Floats]:
        """Power that friction and upwinding take from this motion (of the velocity along z), as for the momentum."""
        v, (one, two), outer, flow = self.basis.volume, self.basis.inner, self.basis.outer, self.flow
        k = self.conductivity
        volume = k * (at(v.slope, w) ** 2).sum(axis=-1)
        w1, w2 = w[one.element], w[two.element]
        jump = at(one.scalar, w1) - at(two.scalar, w2)
        pull = k * (at(one.slope, w1) + at(two.slope, w2))
        lost = 0.5 * self.capacity * np.abs(at(one.through, u[one.element])) * jump
        inner = (k * flow.inside * jump - pull + lost) * jump
        there = w[outer.element]
        slip = at(outer.scalar, there) - outside
        patches = (k * flow.edge * self.held + self.transfer) * slip - 2.0 * k * self.held * at(outer.slope, there)
        entering = flow.wall * np.maximum(-at(outer.through, u[outer.element]), 0.0)
        return volume, inner, (patches + 0.5 * self.capacity * entering * slip) * slip
