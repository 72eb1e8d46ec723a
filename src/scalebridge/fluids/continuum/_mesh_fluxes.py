"""What crossed every facet of patches and surfaces during a step on a mesh: what the scheme used, and nothing else."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import numpy as np

from scalebridge.fluids.continuum._interface import Contents, FaceFluxes, Floats, Fluxes
from scalebridge.fluids.continuum._mesh_domain import Ints
from scalebridge.fluids.continuum._mesh_input import ngsolve
from scalebridge.fluids.continuum._mesh_scheme import EXPLICIT, Leg, Scheme, assembled


@final
class Crossings:
    """Forms that integrate numerical fluxes facet by facet; all into the element on a facet's inner side.

    The momentum through a facet is the sum of two parts: the numerical fluxes of friction and convection along it, and
    the force that keeps normal velocities equal on both sides, or at their given values: what the equation of the
    element, tested with the facet's normal functions, is off without it.
    """

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.domain, self.spaces = scheme.spaces.domain, scheme.spaces
        self._surfaces = self.domain.groups[1]
        self._implicit, self._explicit = self._forms()

    @cached_property
    def _side(self) -> Any:
        """Plus one where the normal of a facet leaves the material of the lower index, minus one, or zero."""
        ng = ngsolve()
        index = ng.GridFunction(ng.L2(self.domain.mesh, order=0))
        index.vec.FV().NumPy()[:] = [e.index for e in self.domain.mesh.Elements(ng.VOL)]
        step = index.Other() - index
        return ng.IfPos(step - 0.5, 1.0, ng.IfPos(-0.5 - step, -1.0, 0.0))

    def _forms(self) -> tuple[list[Any], list[Any]]:
        s, flow = self.scheme, self.scheme.flow
        shear = self.scheme.data.on
        parts: list[tuple[dict[str, Any], dict[str, Any]]] = []
        n = flow.normal
        gradient = ngsolve().Grad(flow.velocity).trans * n
        ends = flow.viscosity * (gradient - (gradient * n) * n) - shear["pressure"] * n
        pushed = flow.shear - (flow.shear * n) * n
        slip = flow.drag * (flow.wall_velocity - flow.velocity)
        slip = slip - (slip * n) * n
        speed = flow.velocity * n
        for i in range(2):
            held = {"stuck": flow.dragged()[i], "sliding": slip[i], "flux": pushed[i], "open": ends[i]}
            carried = {"walls": flow.carried_in()[i], "open": flow.density * speed * flow.velocity[i]}
            parts.append(({**held, "inside": flow.pulled()[i]}, {**carried, "inside": flow.carried()[i]}))
        for what in (s.lateral, s.heat):
            if what is None:
                continue
            into = {"held": what.conducted_in(), "exchanging": what.transfer * (what.outside - what.function)}
            out = dict.fromkeys(("walls", "open"), what.carried_out())
            parts.append(({**into, "pushed": what.flux, "inside": what.conducted()}, {**out, "inside": what.carried()}))
        owners = [flow, flow, s.lateral, s.heat]
        implicit = [self._form(owner, terms, 1.0) for owner, (terms, _) in zip(owners, parts, strict=False)]
        explicit = [self._form(flow, terms, -1.0) for _, terms in parts]
        return implicit, explicit

    def _form(self, owner: Any, terms: dict[str, Any], sign: float) -> Any:
        ng, order = ngsolve(), self.scheme.flow.bonus
        q = self.spaces.facet.TestFunction()
        form = ng.LinearForm(self.spaces.facet)
        for where, term in terms.items():
            if where != "inside":
                place = getattr(owner, where)
                form += sign * term * q * ng.ds(skeleton=True, definedon=place, bonus_intorder=order)
            elif self._surfaces:
                form += sign * self._side * term * q * ng.dx(skeleton=True, bonus_intorder=order)
        return form

    @cached_property
    def _geometry(self) -> dict[str, tuple[Ints, Ints, Ints, Floats, Floats]]:
        """Of all patches (named "") and of each surface: places of sums, of normal functions in the broken and in the
        joined space; unit vectors by normal functions (F, Q, 2); volume that these let through (F, Q).
        """
        result = {}
        for name, facets in {"": self.domain.boundary, **self._surfaces}.items():
            _, normal, area = self.domain.facet_geometry(facets)
            values = self.spaces.normal_values(facets)
            constants = np.linalg.solve(values, normal)
            through = np.einsum("fq,fqj->fj", area, values)
            dofs = self.spaces.sums(facets), self.spaces.broken_dofs(facets), self.spaces.normal_dofs(facets)
            result[name] = (*dofs, constants, through)
        return result

    def of(self, leg: Leg) -> tuple[dict[str, FaceFluxes], dict[str, FaceFluxes]]:
        """Amounts through patches (into the fluid) and surfaces (along the normal) in a substep."""
        s, dt = self.scheme, leg.dt
        s.read(leg.mean, leg.values[0].towards(leg.values[2], 0.5), 0.0)
        amounts = [dt * assembled(form) for form in self._implicit]
        for weight, stage, values in zip(EXPLICIT[1], leg.stages, leg.values, strict=False):
            s.read(stage, values, 0.0)
            for amount, form in zip(amounts, self._explicit, strict=True):
                amount += dt * weight * assembled(form)
        found = {name: self._through(name, amounts, leg) for name in self._geometry}
        whole = found.pop("")
        patches = {
            name: FaceFluxes(whole.mass[here], whole.momentum[here], whole.energy[here])
            for name, here in self.domain.members.items()
        }
        return patches, {name: FaceFluxes(-f.mass, -f.momentum, -f.energy) for name, f in found.items()}

    def _through(self, name: str, amounts: list[Floats], leg: Leg) -> FaceFluxes:
        sums, broken, joined, constants, through = self._geometry[name]
        thick = self.domain.thickness
        momentum = np.column_stack([amount[sums] for amount in amounts[:3]])
        momentum[:, :2] += np.einsum("fj,fji->fi", leg.residual[broken], constants)
        out = np.einsum("fj,fj->f", through, leg.mean.velocity[joined])
        energy = amounts[3][sums] if len(amounts) > 3 else np.zeros(len(out))
        return FaceFluxes(-self.scheme.flow.density * leg.dt * out, thick * momentum, thick * energy)


@final
class Tally:
    """Fluxes and sources of a step, summed while it goes."""

    def __init__(self, crossings: Crossings) -> None:
        self._crossings = crossings
        self._patches: dict[str, FaceFluxes] = {}
        self._surfaces: dict[str, FaceFluxes] = {}
        self._pushed = np.zeros(3)
        self._made = np.zeros(crossings.domain.mesh.ne)
        self._count = 0

    def add(self, leg: Leg) -> None:
        """Add a substep."""
        for total, part in zip((self._patches, self._surfaces), self._crossings.of(leg), strict=True):
            for name, fluxes in part.items():
                total[name] = _sum(total[name], fluxes) if name in total else fluxes
        thick, scheme = self._crossings.domain.thickness, self._crossings.scheme
        self._pushed += thick * leg.pushed
        if scheme.heat is not None:
            self._made += thick * (scheme.constant * leg.made).reshape(len(self._made), -1).sum(axis=1)
        self._count += 1

    def fluxes(self, dt: float, correction: float) -> Fluxes:
        """All that was added."""
        sources = Contents(0.0, self._pushed, float(self._made.sum()))
        return Fluxes(self._patches, self._surfaces, sources, dt, self._count, correction, self._made)


def _sum(one: FaceFluxes, other: FaceFluxes) -> FaceFluxes:
    return FaceFluxes(one.mass + other.mass, one.momentum + other.momentum, one.energy + other.energy)
