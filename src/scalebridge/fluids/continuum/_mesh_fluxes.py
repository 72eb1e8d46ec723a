"""What crossed every facet of patches and surfaces during a step on a mesh: what the scheme used, and nothing else."""

from __future__ import annotations

from functools import cached_property
from typing import final

import numpy as np

from scalebridge.fluids.continuum._domain import EndValues
from scalebridge.fluids.continuum._interface import Contents, FaceFluxes, Floats, Fluxes
from scalebridge.fluids.continuum._mesh_domain import Facets, Ints
from scalebridge.fluids.continuum._mesh_scheme import EXPLICIT, Leg, Scheme, Stage


@final
class Crossings:
    """Numerical fluxes, integrated facet by facet, into the element on a facet's inner side.

    The momentum through a facet is the sum of two parts: the numerical fluxes of friction and convection, and the force
    that keeps normal velocities equal on both sides, or at their given values: what the equation of the element, tested
    with the facet's normal functions, is off without it.
    """

    def __init__(self, scheme: Scheme) -> None:
        self.scheme, self.domain = scheme, scheme.domain

    def of(self, leg: Leg) -> tuple[dict[str, FaceFluxes], dict[str, FaceFluxes]]:
        """Amounts through patches (into the fluid) and surfaces (along the normal) in a substep."""
        whole = self._faces(self.domain.boundary, self._patches(leg), leg)
        patches = {name: _part(whole, here) for name, here in self.domain.members.items()}
        surfaces: dict[str, FaceFluxes] = {}
        if self.domain.groups[1]:
            found = self._inside(leg)
            for name, here in self._surfaces.items():
                chosen = tuple(x[here] for x in found)
                into = self._faces(self.domain.groups[1][name], chosen, leg)
                surfaces[name] = FaceFluxes(-into.mass, -into.momentum, -into.energy)
        return patches, surfaces

    @cached_property
    def _surfaces(self) -> dict[str, Ints]:
        """Facets of each surface, indices into all inner ones."""
        places = {
            (e, k): i for i, (e, k) in enumerate(zip(self.domain.inner.element, self.domain.inner.edge, strict=True))
        }
        return {
            name: np.array([places[key] for key in zip(facets.element, facets.edge, strict=True)])
            for name, facets in self.domain.groups[1].items()
        }

    def _patches(self, leg: Leg) -> tuple[Floats, Floats, Floats, Floats]:
        """Densities of momentum along normal, tangent and z, and of energy, times dt, at points of patches (F, Q)."""
        s, dt = self.scheme, leg.dt
        flow, lateral, heat = s.flow, s.lateral, s.heat
        values, u = leg.values[0].towards(leg.values[2], 0.5), s.broken(leg.mean.velocity)
        given = s.outside(values)
        result = [*flow.pushed_in(u, values), lateral.conducted_in(leg.mean.along, given["z"], given["shear"])]
        energy = np.zeros_like(result[0])
        if heat is not None:
            energy = heat.conducted_in(leg.mean.temperature, given["warm"], given["heat"])
        result = [dt * x for x in (*result, energy)]
        for weight, stage, then in zip(EXPLICIT[1], leg.stages, leg.values, strict=False):
            for total, part in zip(result, self._carried_out(stage, then), strict=True):
                total -= dt * weight * part
        return result[0], result[1], result[2], result[3]

    def _carried_out(self, stage: Stage, values: EndValues) -> list[Floats]:
        s = self.scheme
        u, given = s.broken(stage.velocity), s.outside(values)
        parts = [*s.flow.carried_out(u, values), s.lateral.carried_out(stage.along, u, given["z"], given["enters"])]
        if s.heat is None:
            return [*parts, np.zeros_like(parts[0])]
        return [*parts, s.heat.carried_out(stage.temperature, u, given["warm"], given["known"])]

    def _inside(self, leg: Leg) -> tuple[Floats, Floats, Floats, Floats]:
        """The same at inner facets, into the first side."""
        s, dt, u = self.scheme, leg.dt, self.scheme.broken(leg.mean.velocity)
        along = dt * s.flow.pulled(u)
        result = [np.zeros_like(along), along, dt * s.lateral.conducted(leg.mean.along), np.zeros_like(along)]
        if s.heat is not None:
            result[3] = dt * s.heat.conducted(leg.mean.temperature)
        for weight, stage in zip(EXPLICIT[1], leg.stages, strict=False):
            then = s.broken(stage.velocity)
            parts = [*s.flow.carried(then), s.lateral.carried(stage.along, then)]
            if s.heat is not None:
                parts.append(s.heat.carried(stage.temperature, then))
            for total, part in zip(result, parts, strict=False):
                total -= dt * weight * part
        return result[0], result[1], result[2], result[3]

    def _faces(self, facets: Facets, density: tuple[Floats, ...], leg: Leg) -> FaceFluxes:
        _, normal, length = self.domain.geometry(facets)
        tangent = np.stack([-normal[..., 1], normal[..., 0]], axis=-1)
        through, along, across, energy = (length * x for x in density)
        plane = np.einsum("fq,fqi->fi", through, normal) + np.einsum("fq,fqi->fi", along, tangent)
        places, dofs, shapes = self.scheme.normal_functions(facets)
        held = np.take_along_axis(leg.residual[facets.element], places, axis=1)
        plane += np.einsum("fk,fkq,fqi->fi", held, np.linalg.pinv(shapes), normal)
        volume = np.einsum("fq,fqk,fk->f", length, shapes, leg.mean.velocity[dofs])
        momentum = np.column_stack([plane, across.sum(axis=1)])
        thick = self.domain.thickness
        mass = -self.scheme.flow.density * leg.dt * thick * volume
        return FaceFluxes(mass, thick * momentum, thick * energy.sum(axis=1))


def _part(fluxes: FaceFluxes, here: Ints) -> FaceFluxes:
    return FaceFluxes(fluxes.mass[here], fluxes.momentum[here], fluxes.energy[here])


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
        thick = self._crossings.domain.thickness
        self._pushed += thick * leg.pushed
        self._made += thick * leg.made
        self._count += 1

    def fluxes(self, dt: float, correction: float) -> Fluxes:
        """All that was added."""
        sources = Contents(0.0, self._pushed, float(self._made.sum()))
        return Fluxes(self._patches, self._surfaces, sources, dt, self._count, correction, self._made)


def _sum(one: FaceFluxes, other: FaceFluxes) -> FaceFluxes:
    return FaceFluxes(one.mass + other.mass, one.momentum + other.momentum, one.energy + other.energy)
