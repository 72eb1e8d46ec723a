"""One load step: Newton's method with line search, in smaller sub-steps where it fails."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scalebridge.solids.fe2._assembly import Assembler
from scalebridge.solids.fe2._linear import SingularError, solve_sparse
from scalebridge.solids.fe2._loading import Loading
from scalebridge.solids.fe2._points import Answer, Floats, MaterialPoints, climbed, whole
from scalebridge.solids.fe2._records import FE2State, StepStatus

ROUNDING = 1e-13
"""Residual, relative to all element forces without cancellation, below which only rounding is left."""
NEARLY = 1e-3
"""Residual below which strains are good enough to judge which points must climb the ladder."""
CLIMBS = 10
"""Evaluations per sub-step that climbing may cost besides."""
EASY = 5
"""Newton iterations up to which the next sub-step may be longer."""


@dataclass(frozen=True)
class Settings:
    """When Newton's method stops.

    Attributes:
        tolerance: residual relative to the largest of external forces and reactions.
        iterations: limit per sub-step.
        halvings: how often a step may be halved.
        searches: how often a Newton correction may be halved.
    """

    tolerance: float = 1e-8
    iterations: int = 25
    halvings: int = 8
    searches: int = 4


@dataclass(frozen=True)
class Problem:
    """A macroscopic problem: space, loads and material points."""

    assembler: Assembler
    loading: Loading
    points: MaterialPoints
    settings: Settings

    def start(self) -> FE2State:
        """Undeformed state."""
        nodes = len(self.assembler.space.nodes)
        u = np.zeros((nodes, 3))
        micro = self.points.initial()
        strain = whole(np.zeros((self.points.count, 3, 3)), self.points.finite)
        answer = self.points.evaluate(strain, micro, 1.0)
        # of the answer only the tangent is kept: nothing has happened yet, not even a step of zero strain
        return FE2State(0.0, u, strain, np.zeros_like(answer.stress), answer.tangent, micro)


@dataclass(frozen=True)
class Iterate:
    """Displacements with all that follows from them."""

    u: Floats
    strain: Floats
    answer: Answer
    residual: Floats
    size: float
    scale: float


@dataclass(frozen=True)
class SubStep:
    """One sub-step: how it ended, its state, and the history of its residual."""

    status: StepStatus
    state: FE2State
    last: Iterate | None
    residuals: tuple[float, ...]
    reason: str = ""


def advance(problem: Problem, state: FE2State, time: float) -> SubStep:
    """Newton's method from a converged state to `time`."""
    settings, free = problem.settings, ~problem.loading.held
    dt = time - state.time
    history: list[float] = []
    try:
        now = _first(problem, state, time, dt, free)
        while True:
            if not now.answer.valid:
                return SubStep(StepStatus.MATERIAL, state, now, tuple(history), now.answer.reason)
            history.append(now.size)
            if now.size <= max(settings.tolerance, NEARLY):
                better = climbed(problem.points, now.answer, now.strain, state.micro, dt)
                if better is not None:
                    state = replace(state, micro=better)
                    now = _iterate(problem, state, now.u, time, dt, free)
                    continue
            if now.size <= settings.tolerance or _rounding(problem, now, free):
                return SubStep(StepStatus.CONVERGED, _accept(state, now, time), now, tuple(history))
            if len(history) > settings.iterations + CLIMBS:
                return SubStep(StepStatus.ITERATIONS, state, now, tuple(history))
            following = _correct(problem, state, now, time, dt, free)
            if following is None:
                return SubStep(StepStatus.STALLED, state, now, tuple(history))
            now = following
    except SingularError as error:
        return SubStep(StepStatus.SINGULAR, state, None, tuple(history), str(error))


def _first(problem: Problem, state: FE2State, time: float, dt: float, free: npt.NDArray[np.bool_]) -> Iterate:
    """Prescribed displacements to their new values, everything else after the last tangent."""
    loading, u = problem.loading, state.displacement
    matrix = _matrix(problem, u, state.stress, state.tangent, time)
    forces = problem.assembler.internal_forces(u, state.stress)
    step = np.where(free, 0.0, loading.prescribed(time) - u.ravel())
    residual = loading.external(u, time) - forces - matrix @ step
    step[free] = solve_sparse(matrix[free][:, free], residual[free], problem.assembler.space.nodes, free)
    return _iterate(problem, state, u + step.reshape(u.shape), time, dt, free)


def _correct(
    problem: Problem, state: FE2State, now: Iterate, time: float, dt: float, free: npt.NDArray[np.bool_]
) -> Iterate | None:
    """A Newton correction, halved while it neither lowers the residual nor its work; None where none helps."""
    matrix = _matrix(problem, now.u, now.answer.stress, now.answer.tangent, time)
    step = np.zeros(now.u.size)
    step[free] = solve_sparse(matrix[free][:, free], now.residual[free], problem.assembler.space.nodes, free)
    work = abs(float(step @ now.residual))
    length = 1.0
    for _ in range(problem.settings.searches + 1):
        trial = _iterate(problem, state, now.u + length * step.reshape(now.u.shape), time, dt, free)
        if trial.answer.valid and (trial.size < now.size or abs(float(step @ trial.residual)) < 0.8 * work):
            return trial
        length *= 0.5
    return None


def _matrix(problem: Problem, u: Floats, stress: Floats, tangent: Floats, time: float) -> sparse.csr_matrix:
    matrix = problem.assembler.stiffness(u, stress, tangent)
    external = problem.loading.external_stiffness(u, time)
    return matrix if external is None else (matrix - external).tocsr()


def _iterate(
    problem: Problem, state: FE2State, u: Floats, time: float, dt: float, free: npt.NDArray[np.bool_]
) -> Iterate:
    gradient = problem.assembler.gradients(u)
    if not np.isfinite(gradient).all():
        return Iterate(u, gradient, _no_answer(problem.points), np.full(u.size, np.nan), np.inf, 1.0)
    strain = whole(gradient, problem.points.finite)
    answer = problem.points.evaluate(strain, state.micro, dt)
    if not answer.valid:
        return Iterate(u, strain, answer, np.full(u.size, np.nan), np.inf, 1.0)
    forces = problem.assembler.internal_forces(u, answer.stress)
    external = problem.loading.external(u, time)
    residual = np.where(free, external - forces, 0.0)
    reaction = float(np.linalg.norm((forces - external)[~free]))
    scale = max(float(np.linalg.norm(external)), reaction, state.force_scale)
    missing = float(np.linalg.norm(residual))
    return Iterate(u, strain, answer, residual, missing / scale if scale > 0.0 else 0.0, scale)


def _no_answer(points: MaterialPoints) -> Answer:
    n, size = points.count, 9 if points.finite else 6
    nothing = np.full((n, 3, 3), np.nan)
    reason = "an element turned inside out."
    zero, rung = np.zeros(n), np.zeros(n, np.int64)
    return Answer(nothing, np.full((n, size, size), np.nan), zero, np.zeros(n, bool), rung, None, reason, cost=zero)


def _rounding(problem: Problem, now: Iterate, free: npt.NDArray[np.bool_]) -> bool:
    """Whether the residual is what rounding leaves of forces that cancel."""
    space = problem.assembler.space
    steep = np.abs(space.gradient).max(axis=(2, 3))
    # a rigid motion leaves strains of rounding, and these leave stresses
    lost = np.linalg.norm(now.answer.tangent, axis=(1, 2)).reshape(steep.shape) * steep * np.abs(now.u).max()
    local = np.linalg.norm(now.answer.stress, axis=(1, 2)).reshape(steep.shape) + lost
    typical = float(np.linalg.norm(local * space.weights * steep))
    return float(np.linalg.norm(now.residual[free])) <= ROUNDING * typical


def _accept(state: FE2State, now: Iterate, time: float) -> FE2State:
    return replace(
        state,
        time=time,
        displacement=now.u,
        strain=now.strain,
        stress=now.answer.stress,
        tangent=now.answer.tangent,
        micro=now.answer.state,
        force_scale=now.scale,
    )
