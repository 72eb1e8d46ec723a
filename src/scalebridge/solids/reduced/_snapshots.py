"""What the full volume element does along strain paths: the data of every reduced model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.solids.laws import to_mandel
from scalebridge.solids.rve import RVE

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Snapshots:
    """Full solutions along one path of T increments.

    Attributes:
        strain: mean strain, (T, 6) Mandel.
        stress: mean stress, (T, 6) Mandel, Pa.
        fluctuation: (T, 3, nodes), m; in single precision, which is finer than the solutions are.
        dt: length of every increment, s.
        cpu: processor time that the full solution took, s.
    """

    strain: Floats
    stress: Floats
    fluctuation: Array
    dt: float
    cpu: float


@dataclass(frozen=True)
class Size:
    """Size of a reduced model, and how hard its points are fitted.

    Attributes:
        modes: fluctuation modes, the six elastic ones included.
        points: generalised integration points.
        iterations: of the correction of the points.
    """

    modes: int = 24
    points: int = 40
    iterations: int = 300

    def __post_init__(self) -> None:
        if self.modes < 6 or self.points < 1 or self.iterations < 0:
            raise InputError(
                f"a reduced model of {self.modes} modes, {self.points} points and {self.iterations} iterations does "
                "not exist; it needs at least 6 modes, 1 point and 0 iterations."
            )


@dataclass(frozen=True)
class Training:
    """Full solutions that a reduced model stands on.

    Attributes:
        fitted: those it was fitted to.
        kept: those kept for validation, which it has never seen.
        sizes: sizes of the committee's members.
        seed: from which all random choices came.
        cpu: processor time of everything, full solutions included, s.
    """

    fitted: tuple[Snapshots, ...]
    kept: tuple[Snapshots, ...]
    sizes: tuple[Size, ...]
    seed: int
    cpu: float


def solve_path(rve: RVE, strains: Floats, dt: float = 1.0) -> Snapshots:
    """Full solution along one strain path (T, 3, 3); it ends before the first increment that does not converge.

    Raises:
        ConvergenceError: already the first increment did not converge.
        InputError: the strains have a wrong shape, are not symmetric or not finite.
    """
    start = time.process_time()
    state, stress, fluctuation = None, [], []
    for strain in np.asarray(strains, np.float64):
        state, answer = rve.respond(strain[None], state, dt=dt, tangent=False)
        if not answer.converged:
            break
        stress.append(to_mandel(answer.stress[0]))
        fluctuation.append(state.fluctuation[0].astype(np.float32))
    if not stress:
        raise ConvergenceError(f"the first increment of a training path did not converge. {answer.status[0].value}")
    known = to_mandel(np.asarray(strains)[: len(stress)])
    return Snapshots(known, np.array(stress), np.array(fluctuation), dt, time.process_time() - start)


def solve_paths(
    rve: RVE, paths: Iterable[Floats], dt: float = 1.0, on_path: Callable[[int], None] | None = None
) -> tuple[Snapshots, ...]:
    """`solve_path` for each of several paths."""
    solved = []
    for number, path in enumerate(paths):
        solved.append(solve_path(rve, checked_path(path), dt))
        if on_path is not None:
            on_path(number)
    return tuple(solved)


def checked_path(path: Any) -> Floats:
    """A strain path (T, 3, 3), or InputError."""
    strains = np.asarray(path, np.float64)
    if strains.ndim != 3 or strains.shape[1:] != (3, 3) or not len(strains):
        raise InputError(f"a strain path has shape {strains.shape}; it must be (T, 3, 3) with T >= 1 increments.")
    return strains
