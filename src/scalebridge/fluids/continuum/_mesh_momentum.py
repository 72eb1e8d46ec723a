"""Forms of the momentum equation in the plane: discontinuous Galerkin for velocities whose normal part is continuous.

Convection is upwind and in conservative form, friction that of the symmetric gradient with symmetric interior penalty,
both on velocities without divergence at every point (Cockburn, Kanschat, Schoetzau 2007, doi 10.1007/s10915-006-9107-7;
Lehrenfeld, Schoeberl 2016, doi 10.1016/j.cma.2016.04.025). A constant test function sees boundary terms alone, so that
momentum changes by nothing else.
"""

from __future__ import annotations

from typing import Any, final

from scalebridge.fluids.continuum._conditions import Flux, Outlet, Wall
from scalebridge.fluids.continuum._mesh_data import Data
from scalebridge.fluids.continuum._mesh_input import ngsolve
from scalebridge.fluids.continuum._mesh_spaces import Spaces, csr, region


def along(vector: Any, normal: Any) -> Any:
    """Part of a vector along a face."""
    return vector - (vector * normal) * normal


def strain_rate(gradient: Any) -> Any:
    """Symmetric part."""
    return 0.5 * (gradient + gradient.trans)


def larger(value: Any) -> Any:
    """The larger one of the values on both sides of a facet."""
    return ngsolve().IfPos(value - value.Other(), value, value.Other())


@final
class Momentum:
    """Matrices and forms on the broken space; all for a unit of thickness.

    Attributes:
        mass: density times scalar product.
        friction: viscous form.
        divergence: what the pressure is tested with.
        given: rate of momentum that data give, a linear form.
        swept: rate of momentum by convection, a linear form of `velocity`.
        velocity: of the broken space, which `swept` and the fluxes read.
    """

    def __init__(self, spaces: Spaces, data: Data) -> None:
        ng = ngsolve()
        self.spaces, self.data, domain = spaces, data, spaces.domain
        fluid = domain.fluid
        self.density, self.viscosity = float(fluid.density), float(fluid.viscosity)  # type: ignore[arg-type]
        walls = [name for name in domain.named(Wall)]
        self.slips = {n: self.viscosity / c.slip_length for n in walls if (c := domain.conditions[n]).slip_length}  # type: ignore[union-attr]
        self.stuck = region(domain, [name for name in walls if name not in self.slips])
        self.sliding = region(domain, list(self.slips))
        self.walls, self.open = region(domain, walls), region(domain, domain.named(Outlet))
        self.flux = region(domain, domain.named(Flux))
        self.drag = spaces.constant_on(self.slips)
        self.normal = ng.specialcf.normal(2)
        self.velocity = ng.GridFunction(spaces.broken)
        self.wall_velocity = ng.CF((data.on["x"], data.on["y"]))
        self.shear = ng.CF((data.on["shear_x"], data.on["shear_y"]))
        self.inside, self.edge = 2.0 * self.viscosity * larger(spaces.penalty), 4.0 * self.viscosity * spaces.penalty
        self.bonus = 2 * domain.order
        self._matrices()
        self._linear_forms()

    def _matrices(self) -> None:
        ng, n, mu = ngsolve(), self.normal, self.viscosity
        order = self.bonus  # points on facets must be the same in matrices and fluxes: books close on curved ones too
        u, v = self.spaces.broken.TnT()
        mass = ng.BilinearForm(self.spaces.broken)
        mass += self.density * u * v * ng.dx
        friction = ng.BilinearForm(self.spaces.broken)
        du, dv = strain_rate(ng.Grad(u)), strain_rate(ng.Grad(v))
        friction += 2.0 * mu * ng.InnerProduct(du, dv) * ng.dx
        ju, jv = along(u - u.Other(), n), along(v - v.Other(), n)
        mu_du = mu * (du + strain_rate(ng.Grad(u.Other()))) * n
        mu_dv = mu * (dv + strain_rate(ng.Grad(v.Other()))) * n
        friction += (self.inside * ju * jv - mu_du * jv - mu_dv * ju) * ng.dx(skeleton=True, bonus_intorder=order)
        tu, tv = along(u, n), along(v, n)
        stuck, sliding, ends = (
            ng.ds(skeleton=True, definedon=x, bonus_intorder=order) for x in (self.stuck, self.sliding, self.open)
        )
        friction += (self.edge * tu * tv - 2.0 * mu * (du * n) * tv - 2.0 * mu * (dv * n) * tu) * stuck
        friction += self.drag * tu * tv * sliding
        # at an open end the velocity along it stays as it is: what the symmetric gradient has too much
        friction += -mu * along(ng.Grad(u).trans * n, n) * tv * ends
        divergence = ng.BilinearForm(trialspace=self.spaces.broken, testspace=self.spaces.pressure)
        divergence += ng.div(u) * self.spaces.pressure.TestFunction() * ng.dx
        for form in (mass, friction, divergence):
            form.Assemble()
        self.mass, self.friction, self.divergence = csr(mass.mat), csr(friction.mat), csr(divergence.mat)

    def _linear_forms(self) -> None:
        ng, n, mu, rho = ngsolve(), self.normal, self.viscosity, self.density
        v, g, u = self.spaces.broken.TestFunction(), self.wall_velocity, self.velocity
        tv, order = along(v, n), self.bonus
        given = ng.LinearForm(self.spaces.broken)
        dv = strain_rate(ng.Grad(v))
        stuck = ng.ds(skeleton=True, definedon=self.stuck, bonus_intorder=order)
        given += (self.edge * along(g, n) * tv - 2.0 * mu * (dv * n) * along(g, n)) * stuck
        given += self.drag * along(g, n) * tv * ng.ds(skeleton=True, definedon=self.sliding, bonus_intorder=order)
        given += along(self.shear, n) * tv * ng.ds(skeleton=True, definedon=self.flux, bonus_intorder=order)
        given += -self.data.on["pressure"] * (v * n) * ng.ds(skeleton=True, definedon=self.open, bonus_intorder=order)
        given += rho * ng.CF(tuple(self.data.body[:2])) * v * ng.dx(bonus_intorder=order)
        swept = ng.LinearForm(self.spaces.broken)
        swept += rho * ng.InnerProduct(ng.Grad(v) * u, u) * ng.dx(bonus_intorder=order)
        swept += -self.carried() * (v - v.Other()) * ng.dx(skeleton=True, bonus_intorder=order)
        swept += -self.carried_in() * v * ng.ds(skeleton=True, definedon=self.walls, bonus_intorder=order)
        swept += -rho * (u * n) * u * v * ng.ds(skeleton=True, definedon=self.open, bonus_intorder=order)
        self.given, self.swept = given, swept

    def carried(self) -> Any:
        """Momentum that goes through inner facets, along their normal."""
        u, n = self.velocity, self.normal
        return self.density * (u * n) * ngsolve().IfPos(u * n, u, u.Other())

    def carried_in(self) -> Any:
        """Momentum that leaves through walls; what enters has the wall's velocity."""
        u, n = self.velocity, self.normal
        return self.density * (u * n) * ngsolve().IfPos(u * n, u, self.wall_velocity)

    def pulled(self) -> Any:
        """Viscous force on the lower side of inner facets, along their normal."""
        ng, n, u = ngsolve(), self.normal, self.velocity
        rate = strain_rate(ng.Grad(u))
        mean = self.viscosity * (rate + rate.Other()) * n
        return along(mean - self.inside * (u - u.Other()), n)

    def dragged(self) -> Any:
        """Viscous force on the fluid at walls where it sticks."""
        ng, n, u = ngsolve(), self.normal, self.velocity
        rate = strain_rate(ng.Grad(u))
        return along(2.0 * self.viscosity * rate * n - self.edge * (u - self.wall_velocity), n)

    def heating(self, test: Any) -> list[Any]:
        """Terms of what friction, and upwinding, take from the motion in the plane: heat.

        Args:
            test: function that it is tested with.
        """
        ng, n, u, rho = ngsolve(), self.normal, self.velocity, self.density
        rate, order, mu = strain_rate(ng.Grad(u)), self.bonus, self.viscosity
        jump, both = u - u.Other(), 0.5 * (test + test.Other())
        pull = mu * (rate + rate.Other()) * n
        lost = 0.5 * rho * ng.IfPos(u * n, u * n, -(u * n)) * (jump * jump)
        inside = (self.inside * along(jump, n) * along(jump, n) - 2.0 * pull * along(jump, n) + lost) * both
        slip = along(u - self.wall_velocity, n)
        stuck = (self.edge * slip * slip - 4.0 * mu * (rate * n) * slip) * test
        enters = ng.IfPos(u * n, 0.0, -0.5 * rho * (u * n) * (slip * slip)) * test
        terms = [2.0 * mu * ng.InnerProduct(rate, rate) * test * ng.dx(bonus_intorder=order)]
        terms.append(inside * ng.dx(skeleton=True, bonus_intorder=order))
        terms.append(stuck * ng.ds(skeleton=True, definedon=self.stuck, bonus_intorder=order))
        terms.append(self.drag * slip * slip * test * ng.ds(skeleton=True, definedon=self.sliding, bonus_intorder=order))
        terms.append(enters * ng.ds(skeleton=True, definedon=self.walls, bonus_intorder=order))
        return terms
