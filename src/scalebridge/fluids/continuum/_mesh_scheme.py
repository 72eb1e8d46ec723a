"""One step in time on a mesh: friction, conduction and pressure implicit, convection explicit.

The two-stage method of second order of Ascher, Ruuth and Spiteri (1997), doi 10.1016/S0168-9274(97)00056-1, section
2.6: L-stable, both stages with the same matrix, the last of them being the new state, whose velocity has therefore no
divergence. Temperature and the velocity along z follow the velocity stage by stage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from scalebridge.fluids.continuum._conditions import Wall
from scalebridge.fluids.continuum._domain import EndValues
from scalebridge.fluids.continuum._interface import Contents, Floats
from scalebridge.fluids.continuum._mesh_basis import Basis
from scalebridge.fluids.continuum._mesh_momentum import Momentum, at, tested
from scalebridge.fluids.continuum._mesh_scalar import Carried
from scalebridge.fluids.continuum._mesh_sources import MeshSources
from scalebridge.fluids.continuum._mesh_state import MeshState

GAMMA = 1.0 - 0.5**0.5
DELTA = 1.0 - 0.5 / GAMMA
IMPLICIT = ((GAMMA,), (1.0 - GAMMA, GAMMA))
EXPLICIT = ((GAMMA,), (DELTA, 1.0 - DELTA))
_COURANT = 1.0  # of a polynomial of degree zero; divided by 2 order + 1
_DAMPED = 0.8  # of diffusivity over squared speed: below 1 diffusion holds what convection would let grow
_KEPT = 9  # factors of matrices


@dataclass(frozen=True)
class Stage:
    """Fields at one time within a step; as in `MeshState`."""

    velocity: Floats
    along: Floats
    temperature: Floats
    pressure: Floats


@dataclass(frozen=True)
class Leg:
    """What a substep did; per unit of thickness.

    Attributes:
        stages: beginning, middle and end.
        values: on the boundary at these times.
        mean: fields as the implicit terms saw them in the mean.
        residual: momentum (E, N) that neither forms nor data gave: what keeps normal velocities.
        made: energy made in every element, (E,).
        pushed: impulse of the body force, (3,).
        dt: duration.
    """

    stages: tuple[Stage, Stage, Stage]
    values: tuple[EndValues, EndValues, EndValues]
    mean: Stage
    residual: Floats
    made: Floats
    pushed: Floats
    dt: float


@final
class Scheme:
    """Substeps on a mesh.

    Attributes:
        flow, lateral, heat: integrals of the velocity in the plane, of that along z, of the temperature (None without).
    """

    def __init__(self, basis: Basis, sources: MeshSources) -> None:
        self.basis, self.sources, self.domain = basis, sources, basis.domain
        fluid = self.domain.fluid
        self.flow = flow = Momentum(basis)
        self.lateral = Carried(flow, flow.density, flow.viscosity, flow.stuck, flow.drag)
        self.heat: Carried | None = None
        if fluid.conductivity is not None:
            held, transfer = np.zeros_like(flow.stuck), np.zeros_like(flow.stuck)
            for name, wall in self.domain.conditions.items():
                if isinstance(wall, Wall) and wall.temperature is not None:
                    here = self.domain.members[name]
                    held[here] = float(wall.jump_length == 0.0)
                    transfer[here] = fluid.conductivity / wall.jump_length if wall.jump_length else 0.0
            capacity = flow.density * fluid.heat_capacity
            self.heat = Carried(flow, capacity, fluid.conductivity, held, transfer)
        self._factors: dict[tuple[str, float], Any] = {}

    # what does not change

    @cached_property
    def held(self) -> tuple[Any, Floats]:
        """Coefficients (F, K) of given normal velocities, and the matrices that make them of values at Gauss points."""
        domain, here = self.domain, self.domain.held
        _, dofs, shapes = self.normal_functions(domain.boundary)
        _, _, length = domain.geometry(domain.boundary)
        # lengths times normal components are polynomials: a fit to them conserves the volume that goes through
        size = length[here] / domain.rule[1]
        root = np.sqrt(domain.rule[1])[:, None]
        fit = np.linalg.pinv(root * size[..., None] * shapes[here]) * (root.T * size[:, None, :])
        return dofs[here], fit

    def normal_functions(self, facets: Any) -> tuple[Any, Any, Floats]:
        """Of the functions that make the normal velocity on facets: places in the inner element (F, K), coefficients
        of the velocity, and normal components (F, Q, K).
        """
        table, edge_functions = self.basis.dofs[0], self.domain.order + 1
        side = self.basis.side(facets)
        size = np.abs(side.through).max(axis=1)
        places = np.sort(np.argsort(size, axis=1)[:, -edge_functions:], axis=1)
        dofs = np.take_along_axis(table[facets.element], places, axis=1)
        return places, dofs, np.take_along_axis(side.through, places[:, None, :], axis=2)

    @cached_property
    def free(self) -> Any:
        """Coefficients of the velocity that are solved for."""
        mask = np.ones(self.basis.velocity.ndof, bool)
        mask[self.held[0].ravel()] = False
        mask[np.setdiff1d(np.arange(len(mask)), self.basis.dofs[0])] = False
        return np.flatnonzero(mask)

    @cached_property
    def closed(self) -> bool:
        """Whether no end is open, so that the pressure is known up to a constant."""
        return bool(self.domain.held.all())

    @cached_property
    def _joined(self) -> tuple[Any, Any, Any]:
        """Mass, friction and divergence on the space of the velocity."""
        e, flow = self.basis.embedding, self.flow
        return (e.T @ flow.mass @ e).tocsr(), (e.T @ flow.friction @ e).tocsr(), (flow.divergence @ e).tocsr()

    # linear systems

    def _factor(self, kind: str, alpha: float, matrix: Callable[[], Any]) -> tuple[Any, Any]:
        key = (kind, alpha)
        if key not in self._factors:
            while len(self._factors) >= _KEPT:
                self._factors.pop(next(iter(self._factors)))
            built = matrix().tocsc()
            # the matrix is symmetric but for open ends: its diagonal mostly serves as pivot
            self._factors[key] = (built, splu(built, diag_pivot_thresh=0.1))
        return self._factors[key]  # type: ignore[no-any-return]

    def _saddle(self, alpha: float) -> Any:
        mass, friction, divergence = self._joined
        block = (mass + alpha * friction)[self.free][:, self.free]
        tested_by = -divergence[int(self.closed) :][:, self.free]
        return sparse.block_array([[block, tested_by.T], [tested_by, None]])

    def solve_flow(self, right: Floats, values: EndValues, alpha: float) -> tuple[Floats, Floats]:
        """Velocity without divergence, and impulse of the pressure: (mass + alpha friction) u - grad = right.

        Args:
            right: on the broken space, (E, N).
            values: on the boundary.
            alpha: time.
        """
        mass, friction, divergence = self._joined
        u, (dofs, fit) = np.zeros(self.basis.velocity.ndof), self.held
        u[dofs] = np.einsum("fkq,fq->fk", fit, self.domain.normal_velocity(values)[self.domain.held])
        load = (self.basis.embedding.T @ right.ravel() - mass @ u - alpha * (friction @ u))[self.free]
        flow = (divergence @ u)[int(self.closed) :]
        found = _solved(*self._factor("flow", alpha, lambda: self._saddle(alpha)), np.concatenate([load, flow]))
        u[self.free] = found[: len(self.free)]
        impulse = np.zeros(self.basis.pressure.ndof)
        impulse[int(self.closed) :] = found[len(self.free) :]
        return u, impulse

    def _solve_carried(self, kind: str, what: Carried, right: Floats, alpha: float) -> Floats:
        if not right.any():
            return np.zeros_like(right)  # nothing moves along z
        _, factor = self._factor(kind, alpha, lambda: what.mass + alpha * what.conduction)
        return np.asarray(factor.solve(right.ravel()).reshape(right.shape))

    def broken(self, u: Floats) -> Floats:
        """Coefficients of a velocity by element, (E, N)."""
        return u[self.basis.dofs[0]]

    # a substep

    def substep(self, state: MeshState, before: EndValues, after: EndValues, dt: float) -> tuple[MeshState, Leg]:
        """State after `dt`, and what happened.

        Args:
            state: at the beginning.
            before, after: values on the boundary; in between they change linearly.
            dt: duration.
        """
        times = (0.0, GAMMA, 1.0)
        values = tuple(before.towards(after, c) for c in times)
        stages = [Stage(state.velocity, state.along, state.temperature, state.pressure)]
        start = self._amounts(stages[0])
        explicit: list[list[Floats]] = []
        implicit: list[list[Floats]] = []
        extras: list[tuple[Floats, Floats]] = []
        for i in (0, 1):
            explicit.append(self._convection(stages[i], values[i]))
            weights = zip((*EXPLICIT[i], *IMPLICIT[i][:i]), (*explicit, *implicit), strict=True)
            rights = _combined(start, [(dt * weight, rates) for weight, rates in weights])
            stage, rates, extra = self._stage(rights, values[i + 1], state.time + times[i + 1] * dt, GAMMA * dt)
            stages.append(stage)
            implicit.append(rates)
            extras.append(extra)
        weights = zip((*EXPLICIT[1], *IMPLICIT[1]), (*explicit, *implicit), strict=True)
        kept = _combined(start, [(dt * weight, rates) for weight, rates in weights])
        residual = self._amounts(stages[2])[0] - kept[0]
        early, late = IMPLICIT[1]
        mean = Stage(
            *(early * getattr(stages[1], k) + late * getattr(stages[2], k) for k in Stage.__dataclass_fields__)
        )
        made, pushed = (dt * (early * one + late * two) for one, two in zip(*extras, strict=True))
        end, pressure = stages[2], mean.pressure - (self._shift(mean.pressure) if self.closed else 0.0)
        new = MeshState(state.time + dt, end.velocity, end.along, end.temperature, pressure)
        return new, Leg((stages[0], stages[1], end), values, mean, residual, made, pushed, dt)  # type: ignore[arg-type]

    def _shift(self, pressure: Floats) -> Floats:
        """The mean of a pressure as a pressure."""
        v, dofs = self.basis.volume, self.basis.dofs[2]
        result = np.zeros_like(pressure)
        result[dofs[:, 0]] = (v.weights * at(v.pressure, pressure[dofs])).sum() / v.weights.sum()
        return result

    def _amounts(self, stage: Stage) -> list[Floats]:
        """Momentum in the plane (E, N) and along z, and heat (E, S), as tested by the functions."""
        broken = self.broken(stage.velocity)
        amounts = [(self.flow.mass @ broken.ravel()).reshape(broken.shape), self._tested(self.lateral, stage.along)]
        return amounts if self.heat is None else [*amounts, self._tested(self.heat, stage.temperature)]

    @staticmethod
    def _tested(what: Carried, coefficients: Floats) -> Floats:
        return np.asarray((what.mass @ coefficients.ravel()).reshape(coefficients.shape))

    def outside(self, values: EndValues) -> dict[str, Floats]:
        """Values outside as temperature and velocity along z see them, at Gauss points (F, Q)."""
        shape = self.flow.length.shape
        known = np.isfinite(values.temperature)
        return {
            "z": values.velocity[:, 2].reshape(shape),
            "shear": self.flow.flux * values.momentum[:, 2].reshape(shape),
            "enters": np.broadcast_to(self.flow.wall, shape),
            "warm": np.where(known, values.temperature, 0.0).reshape(shape),
            "known": known.astype(np.float64).reshape(shape),
            "heat": (values.heat_flux + values.energy).reshape(shape),
        }

    def _convection(self, stage: Stage, values: EndValues) -> list[Floats]:
        u, given = self.broken(stage.velocity), self.outside(values)
        rates = [self.flow.swept(u, values), self.lateral.swept(stage.along, u, given["z"], given["enters"])]
        if self.heat is not None:
            rates.append(self.heat.swept(stage.temperature, u, given["warm"], given["known"]))
        return rates

    def _stage(
        self, rights: list[Floats], values: EndValues, time: float, alpha: float
    ) -> tuple[Stage, list[Floats], tuple[Floats, Floats]]:
        """Fields of a stage, the rates of the implicit terms there, the power made by element and the body force."""
        flow, lateral, given, body = self.flow, self.lateral, self.outside(values), self.sources.body(time)
        pushed = flow.given(values, body)
        velocity, impulse = self.solve_flow(rights[0] + alpha * pushed, values, alpha)
        pressure, u = impulse / alpha, self.broken(velocity)
        inner = flow.divergence.T @ pressure - flow.friction @ u.ravel()
        across = lateral.given(given["z"], given["shear"], flow.density * body[..., 2])
        w = self._solve_carried("lateral", lateral, rights[1] + alpha * across, alpha)
        rates = [pushed + inner.reshape(u.shape), across - self._conducted(lateral, w)]
        warmth, power = np.zeros((0, 0)), np.zeros(len(u))
        if self.heat is not None:
            made, power = self._made(u, w, values, time)
            warmed = made + self.heat.given(given["warm"], given["heat"], np.zeros_like(body[..., 0]))
            warmth = self._solve_carried("heat", self.heat, rights[2] + alpha * warmed, alpha)
            rates.append(warmed - self._conducted(self.heat, warmth))
        force = flow.density * np.einsum("ep,epi->i", self.basis.volume.weights, body)
        return Stage(velocity, w, warmth, pressure), rates, (power, force)

    @staticmethod
    def _conducted(what: Carried, coefficients: Floats) -> Floats:
        return np.asarray((what.conduction @ coefficients.ravel()).reshape(coefficients.shape))

    def _made(self, u: Floats, w: Floats, values: EndValues, time: float) -> tuple[Floats, Floats]:
        """Power that friction and sources make, less the work that came in with a total energy: tested, by element."""
        flow, given = self.flow, self.outside(values)
        volume, inner, patches = (
            one + two for one, two in zip(flow.heating(u, values), self.lateral.heating(w, u, given["z"]), strict=True)
        )
        volume = volume + self.sources.heat(time)
        outer, (one, two) = self.basis.outer, self.basis.inner
        work = flow.work(u, values) + given["shear"] * at(outer.scalar, w[outer.element])
        patches = patches - values.worked.reshape(work.shape) * work
        v = self.basis.volume
        made, power = tested(v.weights * volume, v.scalar), (v.weights * volume).sum(axis=1)
        for side, values_there in ((one, 0.5 * flow.inner_length * inner), (two, 0.5 * flow.inner_length * inner)):
            np.add.at(made, side.element, tested(values_there, side.scalar))
            np.add.at(power, side.element, values_there.sum(axis=1))
        np.add.at(made, outer.element, tested(flow.length * patches, outer.scalar))
        np.add.at(power, outer.element, (flow.length * patches).sum(axis=1))
        return made, power

    def first(self, velocity: Floats, temperature: Floats, values: EndValues) -> MeshState:
        """First state: the velocity without divergence next to a given one.

        Args:
            velocity, temperature: at the points of all elements, (E, P, 3) and (E, P).
            values: on the boundary.
        """
        v, basis = self.basis.volume, self.basis
        load = tested(self.flow.density * v.weights[..., None] * velocity[..., :2], v.velocity)
        u, _ = self.solve_flow(load, values, 0.0)
        self._factors.clear()
        warmth = np.zeros((0, 0)) if self.heat is None else basis.projected(temperature)
        return MeshState(0.0, u, basis.projected(velocity[..., 2]), warmth, np.zeros(basis.pressure.ndof))

    def stable_step(self, state: MeshState, values: EndValues) -> float:
        """Largest substep for which convection is stable."""
        domain = self.domain
        speed = np.linalg.norm(at(self.basis.volume.velocity, self.broken(state.velocity)), axis=2).max(axis=1)
        outside = np.linalg.norm(values.velocity[:, :2], axis=1).reshape(-1, domain.per_facet).max(axis=1)
        outside = np.maximum(outside, np.abs(domain.normal_velocity(values)).max(axis=1))
        np.maximum.at(speed, domain.boundary.element, outside)
        fastest = np.maximum(speed, 1e-150)
        times = _COURANT / (2 * domain.order + 1) * self.basis.width / fastest
        return float(np.min(np.maximum(times, _DAMPED * self._diffusivity / fastest**2)))

    @cached_property
    def _diffusivity(self) -> float:
        """The smaller one of those of momentum and heat."""
        found = self.flow.viscosity / self.flow.density
        return found if self.heat is None else min(found, self.heat.conductivity / self.heat.capacity)

    def contents(self, state: MeshState, chosen: Any = slice(None)) -> Contents:
        """Mass, momentum and energy of the fluid, or of chosen elements."""
        v, rho = self.basis.volume, self.flow.density
        weights = (self.domain.thickness * v.weights)[chosen]
        plane = at(v.velocity[chosen], self.broken(state.velocity)[chosen])
        w = at(v.scalar[chosen], state.along[chosen])
        momentum = rho * np.array([(weights * x).sum() for x in (plane[..., 0], plane[..., 1], w)])
        energy = 0.0
        if self.heat is not None:
            energy = self.heat.capacity * float((weights * at(v.scalar[chosen], state.temperature[chosen])).sum())
        return Contents(rho * float(weights.sum()), momentum, energy)


def _combined(start: list[Floats], parts: list[tuple[float, list[Floats]]]) -> list[Floats]:
    """Amounts with rates that lasted for some time."""
    return [x + sum(weight * rates[i] for weight, rates in parts) for i, x in enumerate(start)]


def _solved(matrix: Any, factor: Any, right: Floats) -> Floats:
    """Solution of a linear system, refined once so that no divergence is left but rounding."""
    x = factor.solve(right)
    return np.asarray(x + factor.solve(right - matrix @ x))
