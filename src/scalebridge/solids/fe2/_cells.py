"""Volume elements at points, as a kernel for owners: each point has its own state, and is solved on its own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from scalebridge.parallel import Kernel
from scalebridge.solids.fe2._points import Floats
from scalebridge.solids.laws import Law
from scalebridge.solids.microstructure import Microstructure
from scalebridge.solids.rve import RVE, RVEState, Status, Target
from scalebridge.solids.rve._advance import Solver
from scalebridge.solids.rve._newton import Tolerance

SKIP, ADVANCE = 0.0, 1.0
"""What to do at a point: nothing, or an increment."""

HALVINGS = 2
"""How often an increment of a volume element may be halved before the macroscopic step is."""

INFO = 6
"""Numbers per point besides stress and tangent: answered, CPU seconds, Hill-Mandel work (fine, coarse, scale), work
done in conjugate-gradient iterations."""


@dataclass(frozen=True)
class CellKernel(Kernel):
    """The volume element of a material; the state of a unit is a tuple with an `RVEState` (or None) per point.

    Attributes:
        microstructure, laws, boundary, element, finite, force: those of the `RVE`.
        tangent: residual of the unit responses that give the tangent, relative to the one without fluctuation.
    """

    microstructure: Microstructure
    laws: tuple[tuple[int, Law], ...]
    boundary: Any
    element: Any
    finite: bool
    force: float
    iterations: int
    tangent: float

    @property
    def outputs(self) -> tuple[tuple[int, ...], ...]:
        """Stress, tangent, and the numbers of `INFO`."""
        size = 9 if self.finite else 6
        return (3, 3), (size, size), (INFO,)

    @cached_property
    def solver(self) -> Solver:
        """The volume element; one thread, since points are what is done side by side."""
        rve = RVE(
            self.microstructure, dict(self.laws), self.boundary, self.element, "finite" if self.finite else "small",
            tolerance=self.force, max_iterations=self.iterations, threads=1,
        )  # fmt: skip
        tolerance = Tolerance(force=self.force, linear=self.iterations)
        return Solver(rve.material, tolerance, tangent_tolerance=self.tangent, halvings=HALVINGS)

    def __getstate__(self) -> Mapping[str, Any]:
        """What defines the kernel, without what was made of it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __call__(self, state: Any, inputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any, str]:
        """Increments of a unit's points.

        Args:
            state: tuple with a state per point; None at first.
            inputs: strain (m, 3, 3), what to do (m,), length of the increment (m,), strains to pass through before
                (m, T, 3, 3), and the lengths of these increments (m, T).

        Returns:
            Outputs, states, and a sentence where a point had no answer.
        """
        strain, task, dt, before, steps = inputs
        outputs = tuple(np.zeros((len(strain), *shape)) for shape in self.outputs)
        states: list[RVEState | None] = list(state) if state is not None else [None] * len(strain)
        for i in np.flatnonzero(task == ADVANCE).tolist():
            started = time.process_time()
            with _one_thread():
                states[i], sentence = self._point(states[i], strain[i], float(dt[i]), (before[i], steps[i]), outputs, i)
            outputs[2][i, 1] = time.process_time() - started
            if sentence:
                # one point without an answer makes the step smaller: the others need not try
                outputs[0][i:], outputs[1][i:] = np.nan, np.nan
                return outputs, tuple(states), sentence
        return outputs, tuple(states), ""

    def _point(
        self,
        state: RVEState | None,
        strain: Floats,
        dt: float,
        before: tuple[Floats, Floats],
        outputs: tuple[Any, ...],
        i: int,
    ) -> tuple[RVEState | None, str]:
        now = self.solver.initial(1) if state is None else state
        for passed, length in zip(*before, strict=True):
            now, result, _ = self.solver.advance(now, self._target(passed, now.time + float(length)), tangent=False)
            if not result.converged:
                return self._nothing(state, outputs, i, result.status[0])
        after, result, _ = self.solver.advance(now, self._target(strain, now.time + dt))
        if not result.converged or result.tangent is None or not np.isfinite(result.tangent).all():
            return self._nothing(state, outputs, i, result.status[0])
        work = [e for e in result.entries if e.quantity == "Hill-Mandel work"]
        outputs[0][i] = result.stress[0]
        outputs[1][i] = result.tangent[0]
        outputs[2][i] = (
            1.0, 0.0, sum(e.fine for e in work), sum(e.coarse for e in work), sum(e.scale for e in work),
            result.linear + result.linear_tangent,
        )  # fmt: skip
        return after, ""

    def _target(self, strain: Floats, when: float) -> Target:
        gradient = (strain - (np.eye(3) if self.finite else 0.0)).reshape(1, 9)
        return Target(gradient, np.full((1, 9), np.nan), when)

    @staticmethod
    def _nothing(
        state: RVEState | None, outputs: tuple[Any, ...], i: int, status: Status
    ) -> tuple[RVEState | None, str]:
        outputs[0][i], outputs[1][i] = np.nan, np.nan
        return state, f"The volume element of a point did not converge: {status.value}"


def cell_kernel(rve: RVE, tangent: float) -> CellKernel:
    """Kernel of a volume element."""
    laws = tuple((p, law) for p, law in rve.laws.items() if isinstance(law, Law))
    return CellKernel(
        rve.microstructure, laws, rve.boundary, rve.element, rve.kinematics == "finite", rve.tolerance,
        rve.max_iterations, tangent,
    )  # fmt: skip


def _one_thread() -> Any:
    from scalebridge.solids.rve._rve import _threads

    return _threads(1)
