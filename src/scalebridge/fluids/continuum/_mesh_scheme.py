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

from scalebridge.fluids.continuum._conditions import Flux, Wall
from scalebridge.fluids.continuum._domain import EndValues
from scalebridge.fluids.continuum._interface import Contents, Floats
from scalebridge.fluids.continuum._mesh_data import Data
from scalebridge.fluids.continuum._mesh_input import ngsolve
from scalebridge.fluids.continuum._mesh_momentum import Momentum, along
from scalebridge.fluids.continuum._mesh_scalar import Carried
from scalebridge.fluids.continuum._mesh_spaces import Spaces
from scalebridge.fluids.continuum._mesh_state import MeshState

GAMMA = 1.0 - 0.5**0.5
DELTA = 1.0 - 0.5 / GAMMA
IMPLICIT = ((GAMMA,), (1.0 - GAMMA, GAMMA))
EXPLICIT = ((GAMMA,), (DELTA, 1.0 - DELTA))
_COURANT = 0.5  # of a polynomial of degree zero; divided by 2 order + 1
_KEPT = 9  # factors of matrices


@dataclass(frozen=True)
class Stage:
    """Fields at one time within a step; velocities in the plane and pressure as in `MeshState`."""

    velocity: Floats
    along: Floats
    temperature: Floats
    pressure: Floats


@dataclass(frozen=True)
class Leg:
    """What a substep did.

    Attributes:
        stages: beginning, middle and end.
        values: on the boundary at these times.
        mean: velocity, temperature and pressure as the implicit terms saw them in the mean.
        residual: momentum, by broken coefficient, that neither forms nor data gave: what keeps normal velocities.
        made: energy made, by coefficient of the temperature.
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
    """Substeps on a mesh; everything is per unit of thickness.

    Attributes:
        flow, lateral, heat: forms of the velocity in the plane, of that along z, of the temperature (None without).
    """

    def __init__(self, spaces: Spaces, data: Data) -> None:
        self.spaces, self.data = spaces, data
        domain, on = spaces.domain, data.on
        fluid, conditions = domain.fluid, domain.conditions
        self.flow = flow = Momentum(spaces, data)
        walls, fluxes = domain.named(Wall), domain.named(Flux)
        stuck = [name for name in walls if name not in flow.slips]
        inflow = spaces.constant_on(dict.fromkeys(walls, 1.0))
        rho, mu = flow.density, flow.viscosity
        body = rho * data.body[2]
        self.lateral = Carried(flow, rho, mu, stuck, flow.slips, fluxes, on["z"], inflow, on["shear_z"], body)
        self.heat: Carried | None = None
        if fluid.conductivity is not None:
            warm = {n: c for n in walls if (c := conditions[n]).temperature is not None}  # type: ignore[union-attr]
            jumps = {n: fluid.conductivity / c.jump_length for n, c in warm.items() if c.jump_length}  # type: ignore[union-attr]
            held = [name for name in warm if name not in jumps]
            pushed = [name for name in (*walls, *fluxes) if name not in warm]
            capacity = rho * fluid.heat_capacity
            given = (on["temperature"], on["known"], on["heat"], ngsolve().CF(0.0))
            self.heat = Carried(flow, capacity, fluid.conductivity, held, jumps, pushed, *given)
            self.made = self._made_form()
        self._factors: dict[tuple[str, float], Any] = {}

    def _made_form(self) -> Any:
        """Energy that friction and sources make, less the work that came in with a total energy."""
        ng = ngsolve()
        flow, q = self.flow, self.spaces.scalar.TestFunction()
        form = ng.LinearForm(self.spaces.scalar)
        for term in (*flow.heating(q), *self.lateral.heating(q)):
            form += term
        form += self.data.source * q * ng.dx(bonus_intorder=flow.bonus)
        work = along(flow.shear, flow.normal) * flow.velocity + self.data.on["shear_z"] * self.lateral.function
        form += -self.data.on["worked"] * work * q * ng.ds(skeleton=True, definedon=flow.flux, bonus_intorder=flow.bonus)
        return form

    # what does not change

    @cached_property
    def held(self) -> tuple[Any, Floats]:
        """Coefficients (F, Q) of given normal velocities, and the matrices that make them of values at Gauss points."""
        spaces, here = self.spaces, self.spaces.domain.held
        boundary = spaces.domain.boundary
        dofs, values = spaces.normal_dofs(boundary), spaces.normal_values(boundary)
        return dofs[here], np.linalg.inv(values[here])

    @cached_property
    def free(self) -> Any:
        """Coefficients of the velocity that are solved for."""
        mask = np.ones(self.spaces.velocity.ndof, bool)
        mask[self.held[0].ravel()] = False
        return np.flatnonzero(mask)

    @cached_property
    def closed(self) -> bool:
        """Whether no end is open, so that the pressure is known up to a constant."""
        return bool(self.spaces.domain.held.all())

    @cached_property
    def _joined(self) -> tuple[Any, Any, Any]:
        """Mass, friction and divergence on the space of the velocity."""
        e = self.spaces.embedding
        return tuple(x.tocsr() for x in (e.T @ self.flow.mass @ e, e.T @ self.flow.friction @ e, self.flow.divergence @ e))  # type: ignore[return-value]

    @cached_property
    def constant(self) -> Floats:
        """Coefficients of the number one in the space of the temperature."""
        return self.spaces.projected(np.ones(len(self.spaces.volume_points)))

    @cached_property
    def pressure_mean(self) -> Floats:
        """What takes coefficients of the pressure to its mean."""
        ng = ngsolve()
        form = ng.LinearForm(self.spaces.pressure)
        form += self.spaces.pressure.TestFunction() * ng.dx
        form.Assemble()
        weights = form.vec.FV().NumPy().copy()
        return np.asarray(weights / float(ng.Integrate(1.0, self.spaces.domain.mesh)))

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
        tested = -divergence[int(self.closed) :][:, self.free]
        return sparse.block_array([[block, tested.T], [tested, None]])

    def solve_flow(self, right: Floats, values: EndValues, alpha: float) -> tuple[Floats, Floats]:
        """Velocity without divergence, and impulse of the pressure: (mass + alpha friction) u - grad = right.

        Args:
            right: on the broken space.
            values: on the boundary.
            alpha: time.
        """
        mass, friction, divergence = self._joined
        u = self._imposed(np.zeros(self.spaces.velocity.ndof), values)
        load = (self.spaces.embedding.T @ right - mass @ u - alpha * (friction @ u))[self.free]
        flow = (divergence @ u)[int(self.closed) :]
        found = _solved(*self._factor("flow", alpha, lambda: self._saddle(alpha)), np.concatenate([load, flow]))
        u[self.free] = found[: len(self.free)]
        impulse = np.zeros(self.spaces.pressure.ndof)
        impulse[int(self.closed) :] = found[len(self.free) :]
        return u, impulse

    def _imposed(self, u: Floats, values: EndValues) -> Floats:
        domain = self.spaces.domain
        dofs, inverse = self.held
        normal = domain.normal_velocity(values)[domain.held]
        u[dofs] = np.einsum("fij,fj->fi", inverse, normal)
        return u

    def _solve_carried(self, kind: str, what: Carried, right: Floats, alpha: float) -> Floats:
        return _solved(*self._factor(kind, alpha, lambda: what.mass + alpha * what.conduction), right)

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
        implicit: list[tuple[Floats, ...]] = []
        explicit: list[tuple[Floats, ...]] = []
        made: list[Floats] = []
        pushed: list[Floats] = []
        start = self._contents(stages[0])
        for i in (0, 1):
            explicit.append(self._convection(stages[i], values[i], state.time + times[i] * dt))
            rights = [x.copy() for x in start]
            for weight, rates in zip(EXPLICIT[i], explicit, strict=True):
                rights = [r + dt * weight * x for r, x in zip(rights, rates, strict=True)]
            for weight, rates in zip(IMPLICIT[i], implicit, strict=False):
                rights = [r + dt * weight * x for r, x in zip(rights, rates, strict=True)]
            stage, rates, heat = self._stage(rights, values[i + 1], state.time + times[i + 1] * dt, GAMMA * dt)
            stages.append(stage)
            implicit.append(rates)
            made.append(heat)
            pushed.append(self._body())
        residual = self.spaces.embedding @ stages[2].velocity - self.spaces.embedding @ stages[0].velocity
        residual = self.flow.mass @ residual
        for weight, rates in (*zip(EXPLICIT[1], explicit, strict=True), *zip(IMPLICIT[1], implicit, strict=True)):
            residual = residual - dt * weight * rates[0]
        early, late = IMPLICIT[1]
        mean = Stage(*(early * getattr(stages[1], k) + late * getattr(stages[2], k) for k in Stage.__dataclass_fields__))
        pressure = mean.pressure
        if self.closed:
            pressure = pressure - self._shift(pressure)
        end = stages[2]
        new = MeshState(state.time + dt, end.velocity, end.along, end.temperature, pressure)
        heat, push = (dt * (early * x[0] + late * x[1]) for x in (made, pushed))
        return new, Leg((stages[0], stages[1], end), values, mean, residual, heat, push, dt)  # type: ignore[arg-type]

    def _body(self) -> Floats:
        """Body force on the whole fluid, (3,)."""
        weight = self.lateral.mass @ self.constant
        return np.array([weight @ f.vec.FV().NumPy() for f in self.data.body])

    def _shift(self, pressure: Floats) -> Floats:
        """The mean of a pressure as a pressure."""
        degree = self.spaces.domain.order - 1
        result = np.zeros_like(pressure)
        result[:: (degree + 1) * (degree + 2) // 2] = self.pressure_mean @ pressure
        return result

    def read(self, stage: Stage, values: EndValues, time: float) -> None:
        """Let the forms see a stage and the data of its time."""
        self.data.fill(values, time)
        self.flow.velocity.vec.FV().NumPy()[:] = self.spaces.embedding @ stage.velocity
        self.lateral.function.vec.FV().NumPy()[:] = stage.along
        if self.heat is not None:
            self.heat.function.vec.FV().NumPy()[:] = stage.temperature

    def _contents(self, stage: Stage) -> list[Floats]:
        contents = [self.flow.mass @ (self.spaces.embedding @ stage.velocity), self.lateral.mass @ stage.along]
        return contents if self.heat is None else [*contents, self.heat.mass @ stage.temperature]

    def _convection(self, stage: Stage, values: EndValues, time: float) -> tuple[Floats, ...]:
        self.read(stage, values, time)
        forms = [self.flow.swept, self.lateral.swept] + ([] if self.heat is None else [self.heat.swept])
        return tuple(assembled(form) for form in forms)

    def _stage(
        self, rights: list[Floats], values: EndValues, time: float, alpha: float
    ) -> tuple[Stage, tuple[Floats, ...], Floats]:
        """Fields of a stage, the rates of the implicit terms there, and the power that is made."""
        self.data.fill(values, time)
        given = assembled(self.flow.given)
        u, impulse = self.solve_flow(rights[0] + alpha * given, values, alpha)
        pressure, broken = impulse / alpha, self.spaces.embedding @ u
        rate = given - self.flow.friction @ broken + self.flow.divergence.T @ pressure
        pushed = assembled(self.lateral.given)
        w = self._solve_carried("lateral", self.lateral, rights[1] + alpha * pushed, alpha)
        rates: tuple[Floats, ...] = (rate, pushed - self.lateral.conduction @ w)
        temperature, made = np.zeros(0), np.zeros(0)
        if self.heat is not None:
            self.flow.velocity.vec.FV().NumPy()[:] = broken
            self.lateral.function.vec.FV().NumPy()[:] = w
            made = assembled(self.made)
            warmed = assembled(self.heat.given) + made
            temperature = self._solve_carried("heat", self.heat, rights[2] + alpha * warmed, alpha)
            rates = (*rates, warmed - self.heat.conduction @ temperature)
        return Stage(u, w, temperature, pressure), rates, made

    def first(self, velocity: Floats, temperature: Floats, values: EndValues) -> MeshState:
        """First state: the velocity without divergence next to a given one.

        Args:
            velocity, temperature: at the points of all elements, (n, 3) and (n,).
            values: on the boundary.
        """
        ng, spaces = ngsolve(), self.spaces
        parts = [ng.GridFunction(spaces.scalar) for _ in range(3)]
        for part, column in zip(parts, velocity.T, strict=True):
            part.vec.FV().NumPy()[:] = spaces.projected(column)
        form = ng.LinearForm(spaces.broken)
        form += self.flow.density * ng.CF(tuple(parts[:2])) * spaces.broken.TestFunction() * ng.dx
        u, _ = self.solve_flow(assembled(form), values, 0.0)
        self._factors.clear()
        along_z = np.array(parts[2].vec.FV().NumPy())
        warmth = np.zeros(0) if self.heat is None else spaces.projected(temperature)
        return MeshState(0.0, u, along_z, warmth, np.zeros(spaces.pressure.ndof))

    def stable_step(self, state: MeshState, values: EndValues) -> float:
        """Largest substep for which convection is stable."""
        domain = self.spaces.domain
        function = ngsolve().GridFunction(self.spaces.velocity)
        function.vec.FV().NumPy()[:] = state.velocity
        u = np.asarray(function(self.spaces.volume_places)).reshape(domain.mesh.ne, -1, 2)
        speed = np.linalg.norm(u, axis=2).max(axis=1)
        outside = np.linalg.norm(values.velocity[:, :2], axis=1).reshape(-1, domain.per_facet).max(axis=1)
        outside = np.maximum(outside, np.abs(domain.normal_velocity(values)).max(axis=1))
        np.maximum.at(speed, domain.boundary.element, outside)
        frequency = float(np.max(speed / self.spaces.width))
        return _COURANT / (2 * domain.order + 1) / max(frequency, 1e-300)

    @cached_property
    def _constants(self) -> Floats:
        """Coefficients of unit vectors in the broken space, (2, n)."""
        ng, v = ngsolve(), self.spaces.broken.TestFunction()
        factor = splu(self.flow.mass.tocsc())
        result = []
        for unit in ((1.0, 0.0), (0.0, 1.0)):
            form = ng.LinearForm(self.spaces.broken)
            form += self.flow.density * ng.CF(unit) * v * ng.dx(bonus_intorder=self.flow.bonus)
            result.append(_solved(self.flow.mass, factor, assembled(form)))
        return np.array(result)

    def contents(self, state: MeshState, material: str = "") -> Contents:
        """Mass, momentum and energy of the fluid, or of one material's elements."""
        elements = self.spaces.domain.mesh.ne
        momentum = self._constants * (self.flow.mass @ (self.spaces.embedding @ state.velocity))
        parts = [x.reshape(elements, -1) for x in (self.constant * (self.lateral.mass @ self.constant), *momentum)]
        parts.append((self.constant * (self.lateral.mass @ state.along)).reshape(elements, -1))
        if self.heat is not None:
            parts.append((self.constant * (self.heat.mass @ state.temperature)).reshape(elements, -1))
        mask = np.ones(elements, bool)
        if material:
            mask = np.array([e.mat == material for e in self.spaces.domain.mesh.Elements(ngsolve().VOL)])
        mass, x, y, z, *energy = (self.spaces.domain.thickness * float(part[mask].sum()) for part in parts)
        return Contents(mass, np.array([x, y, z]), energy[0] if energy else 0.0)


def assembled(form: Any) -> Floats:
    """Coefficients of a linear form with what its functions are now."""
    form.Assemble()
    return np.array(form.vec.FV().NumPy())


def _solved(matrix: Any, factor: Any, right: Floats) -> Floats:
    """Solution of a linear system, refined once so that books close to rounding."""
    x = factor.solve(right)
    return np.asarray(x + factor.solve(right - matrix @ x))
