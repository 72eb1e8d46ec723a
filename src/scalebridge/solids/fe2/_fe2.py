"""The macroscopic problem: what a user builds and runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, final

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.fe2._assembly import Assembler
from scalebridge.solids.fe2._conditions import Condition
from scalebridge.solids.fe2._loading import compile_loading
from scalebridge.solids.fe2._materials import Material, material_points
from scalebridge.solids.fe2._mesh import read_mesh
from scalebridge.solids.fe2._newton import Problem, Settings
from scalebridge.solids.fe2._points import CanTrain, MaterialPoints
from scalebridge.solids.fe2._records import FE2Result, FE2State, StepResult
from scalebridge.solids.fe2._space import MacroElement, Space, macro_space
from scalebridge.solids.fe2._step import load_step

Kinematics = Literal["small", "finite"]

REHEARSAL = 1e-3
"""Residual that is good enough for a rehearsal."""


@final
class FE2:
    """A body whose material is an ordinary law or a volume element at every integration point.

    Args:
        mesh: scikit-fem mesh of tetrahedra or hexahedra, or a file that meshio reads.
        material: one for the whole body, or one per region of the mesh (`mesh.subdomains`): a law, an `RVE`, or
            `Oriented` with one of them.
        boundary_conditions: `Displacement`, `Traction`, `Pressure`, `BodyForce`.
        kinematics: ``"small"`` or ``"finite"`` strain.
        ladder: how volume elements are simplified where that is proved to be harmless; None solves all in full.
        element: see `macro_space`.
        workers: processes that own the volume elements; 0 for the calling process.
        tolerance: residual relative to the largest of external forces and reactions.
        max_iterations: Newton iterations per sub-step.
        tangent_tolerance: relative residual of the unit responses that give the tangents of volume elements; Newton's
            method is quadratic down to about this factor per iteration.

    Raises:
        InputError: something does not fit: what, and what would.

    Examples:
        >>> import skfem
        >>> from scalebridge import solids
        >>> from scalebridge.solids.fe2 import FE2, Displacement
        >>> cube = skfem.MeshHex().with_boundaries({"left": lambda x: x[0] == 0, "right": lambda x: x[0] == 1})
        >>> steel = solids.LinearElastic.isotropic(210e9, 0.3)
        >>> hold, pull = Displacement("left"), Displacement("right", (1e-3, 0.0, 0.0))
        >>> FE2(cube, steel, [hold, pull], element="hex8").run(1).converged
        True
    """

    def __init__(
        self,
        mesh: Any,
        material: Material | Mapping[str, Material],
        boundary_conditions: Sequence[Condition],
        kinematics: Kinematics = "small",
        ladder: Any = None,
        *,
        element: MacroElement = "auto",
        workers: int = 0,
        tolerance: float = 1e-8,
        max_iterations: int = 25,
        tangent_tolerance: float = 1e-4,
    ) -> None:
        if kinematics not in ("small", "finite"):
            raise InputError(f"kinematics is {kinematics!r}; allowed are 'small' and 'finite'.")
        if not 1e-14 <= tolerance <= 1e-2:
            raise InputError(f"tolerance is {tolerance}; it must lie between 1e-14 and 0.01.")
        self.mesh = read_mesh(mesh) if isinstance(mesh, str | Path) else mesh
        self.space: Space = macro_space(self.mesh, element)
        self.kinematics = kinematics
        finite = kinematics == "finite"
        self.points: MaterialPoints = material_points(self.space, material, finite, ladder, workers, tangent_tolerance)
        loading = compile_loading(self.space, boundary_conditions, finite)
        settings = Settings(tolerance=tolerance, iterations=max_iterations)
        self.problem = Problem(Assembler(self.space, finite), loading, self.points, settings)

    def __repr__(self) -> str:
        space = self.space
        return (
            f"FE2({len(space.connectivity)} {space.element}, {len(space.nodes)} nodes, {space.points} points, "
            f"{self.kinematics} strain)"
        )

    @cached_property
    def initial_state(self) -> FE2State:
        """The undeformed body."""
        return self.problem.start()

    def step(self, state: FE2State, time: float) -> tuple[FE2State, StepResult]:
        """Load step from a state to a later time, in sub-steps where that is needed.

        Returns:
            The new state (the old one where the step failed), and what was found.

        Raises:
            InputError: the time is not later than the state's.
        """
        if not (np.isfinite(time) and time > state.time):
            raise InputError(f"the step leads to time {time}; it must be later than the state's, {state.time} s.")
        return load_step(self.problem, state, float(time))

    def prepared(self, state: FE2State, times: Sequence[float]) -> FE2State:
        """The state with reduced models that are trained on the strains which a rehearsal of the load steps shows.

        Args:
            state: state from which the load steps go on.
            times: their ends.
        """
        points = self.points
        if not isinstance(points, CanTrain) or not points.untrained(state.micro):
            return state
        loose = replace(self.problem, settings=replace(self.problem.settings, tolerance=REHEARSAL))
        now = replace(state, micro=points.rehearsing(state.micro))
        for time in times:
            now, found = load_step(loose, now, float(time))
            if not found.converged:
                break
        return replace(state, micro=points.trained(state.micro, now.micro))

    def run(
        self,
        steps: int | Sequence[float],
        *,
        state: FE2State | None = None,
        on_step: Callable[[StepResult], None] | None = None,
    ) -> FE2Result:
        """Run load steps; a step that fails ends the run, and everything before it is kept.

        Args:
            steps: number of equal steps from the state's time to time 1, or the times at their ends.
            state: state to go on from; None for the undeformed body.
            on_step: called after each step.

        Raises:
            InputError: the times do not grow.
        """
        now = self.initial_state if state is None else state
        results: list[StepResult] = []
        times = _times(steps, now.time)
        now = self.prepared(now, times)
        for time in times:
            now, found = self.step(now, time)
            results.append(found)
            if on_step is not None:
                on_step(found)
            if not found.converged:
                break
        return FE2Result(tuple(results), now)


def _times(steps: int | Sequence[float], since: float) -> list[float]:
    if isinstance(steps, int):
        if steps < 1 or since >= 1.0:
            raise InputError(f"steps is {steps} from time {since} s on; it must be 1 or more, and end at time 1.")
        return list(np.linspace(since, 1.0, steps + 1)[1:])
    times = [float(t) for t in steps]
    if not times or not np.isfinite(times).all() or (np.diff([since, *times]) <= 0.0).any():
        raise InputError(f"the times of the steps are {times} from {since} s on; they must grow and be finite.")
    return times
