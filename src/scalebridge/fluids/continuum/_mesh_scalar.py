"""Forms of a quantity that is carried and conducted: temperature, and the velocity along z."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from scalebridge.fluids.continuum._mesh_input import ngsolve
from scalebridge.fluids.continuum._mesh_momentum import Momentum, larger
from scalebridge.fluids.continuum._mesh_spaces import csr, region


@final
class Carried:
    """Matrices and forms of one quantity, for a unit of thickness.

    Args:
        flow: what carries it.
        capacity: content per volume and unit of the quantity.
        conductivity: of its diffusion.
        held: patches that hold it at `outside`.
        transfer: patches that exchange it with `outside`, with their coefficients.
        pushed: patches through which `flux` goes.
        outside: value of the outside.
        known: 1 where what enters has the value of the outside, 0 where it has that of the inside.
        flux: into the fluid.
        source: per volume.

    Attributes:
        function: the quantity, which the forms read.
        mass, conduction: matrices.
        given, swept: rates by data and by convection, linear forms.
    """

    def __init__(
        self,
        flow: Momentum,
        capacity: float,
        conductivity: float,
        held: list[str],
        transfer: Mapping[str, float],
        pushed: list[str],
        outside: Any,
        known: Any,
        flux: Any,
        source: Any,
    ) -> None:
        ng, spaces = ngsolve(), flow.spaces
        self.flow, self.spaces, self.capacity, self.conductivity = flow, spaces, capacity, conductivity
        self.held, self.exchanging, self.pushed = (region(spaces.domain, x) for x in (held, list(transfer), pushed))
        self.transfer = spaces.constant_on(transfer)
        self.outside, self.known, self.flux, self.source = outside, known, flux, source
        self.function = ng.GridFunction(spaces.scalar)
        self.inside = conductivity * larger(spaces.penalty)
        self.edge = 2.0 * conductivity * spaces.penalty
        self._matrices()
        self._linear_forms()

    def _matrices(self) -> None:
        ng, n, k = ngsolve(), self.flow.normal, self.conductivity
        order = self.flow.bonus  # as for the momentum
        t, q = self.spaces.scalar.TnT()
        mass = ng.BilinearForm(self.spaces.scalar)
        mass += self.capacity * t * q * ng.dx
        conduction = ng.BilinearForm(self.spaces.scalar)
        dt, dq = ng.grad(t), ng.grad(q)
        conduction += k * dt * dq * ng.dx
        jt, jq = t - t.Other(), q - q.Other()
        mean_t, mean_q = (0.5 * k * (ng.grad(x) + ng.grad(x.Other())) * n for x in (t, q))
        conduction += (self.inside * jt * jq - mean_t * jq - mean_q * jt) * ng.dx(skeleton=True, bonus_intorder=order)
        held = ng.ds(skeleton=True, definedon=self.held, bonus_intorder=order)
        conduction += (self.edge * t * q - k * (dt * n) * q - k * (dq * n) * t) * held
        conduction += self.transfer * t * q * ng.ds(
            skeleton=True, definedon=self.exchanging, bonus_intorder=order
        )
        mass.Assemble()
        conduction.Assemble()
        self.mass, self.conduction = csr(mass.mat), csr(conduction.mat)

    def _linear_forms(self) -> None:
        ng, n, k, order = ngsolve(), self.flow.normal, self.conductivity, self.flow.bonus
        q, u, t = self.spaces.scalar.TestFunction(), self.flow.velocity, self.function
        given = ng.LinearForm(self.spaces.scalar)
        held = ng.ds(skeleton=True, definedon=self.held, bonus_intorder=order)
        given += (self.edge * self.outside * q - k * (ng.grad(q) * n) * self.outside) * held
        exchanging = ng.ds(skeleton=True, definedon=self.exchanging, bonus_intorder=order)
        given += self.transfer * self.outside * q * exchanging
        given += self.flux * q * ng.ds(skeleton=True, definedon=self.pushed, bonus_intorder=order)
        given += self.source * q * ng.dx(bonus_intorder=order)
        swept = ng.LinearForm(self.spaces.scalar)
        swept += self.capacity * t * (u * ng.grad(q)) * ng.dx(bonus_intorder=order)
        swept += -self.carried() * (q - q.Other()) * ng.dx(skeleton=True, bonus_intorder=order)
        for part in (self.flow.walls, self.flow.open):
            swept += -self.carried_out() * q * ng.ds(skeleton=True, definedon=part, bonus_intorder=order)
        self.given, self.swept = given, swept

    def carried(self) -> Any:
        """What goes through inner facets, along their normal."""
        speed, t = self.flow.velocity * self.flow.normal, self.function
        return self.capacity * speed * ngsolve().IfPos(speed, t, t.Other())

    def carried_out(self) -> Any:
        """What leaves through walls and open ends."""
        speed, t = self.flow.velocity * self.flow.normal, self.function
        enters = self.known * self.outside + (1.0 - self.known) * t
        return self.capacity * speed * ngsolve().IfPos(speed, t, enters)

    def conducted(self) -> Any:
        """What is conducted against the normal of inner facets."""
        ng, n, t = ngsolve(), self.flow.normal, self.function
        slope = ng.grad(t)
        return 0.5 * self.conductivity * (slope + slope.Other()) * n - self.inside * (t - t.Other())

    def conducted_in(self) -> Any:
        """What is conducted into the fluid where the value is held."""
        slope = ngsolve().grad(self.function) * self.flow.normal
        return self.conductivity * slope - self.edge * (self.function - self.outside)

    def heating(self, test: Any) -> list[Any]:
        """Terms of what friction, and upwinding, take from this motion (of the velocity along z)."""
        ng, n, w, k = ngsolve(), self.flow.normal, self.function, self.conductivity
        slope, order, speed = ng.grad(w), self.flow.bonus, self.flow.velocity * self.flow.normal
        jump, both, fast = w - w.Other(), 0.5 * (test + test.Other()), ng.IfPos(speed, speed, -speed)
        pull = k * (slope + slope.Other()) * n
        inside = (self.inside * jump - pull + 0.5 * self.capacity * fast * jump) * jump * both
        slip = w - self.outside
        held = (self.edge * slip - 2.0 * k * (slope * n)) * slip * test
        enters = self.known * ng.IfPos(speed, 0.0, -0.5 * self.capacity * speed * slip * slip) * test
        terms = [k * (slope * slope) * test * ng.dx(bonus_intorder=order)]
        terms.append(inside * ng.dx(skeleton=True, bonus_intorder=order))
        terms.append(held * ng.ds(skeleton=True, definedon=self.held, bonus_intorder=order))
        exchanging = ng.ds(skeleton=True, definedon=self.exchanging, bonus_intorder=order)
        terms.append(self.transfer * slip * slip * test * exchanging)
        terms.append(enters * ng.ds(skeleton=True, definedon=self.flow.walls, bonus_intorder=order))
        return terms
