"""What the next step of points on the ladder depends on."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.solids.fe2._points import Floats


@dataclass(frozen=True)
class Judged:
    """A point of rung 1 that was judged on the full grid.

    Attributes:
        step: number of the load step, from 0.
        point: number of the point.
        indicator: error that the reduced model itself estimated, relative to the allowance.
        error: error that the full grid estimates, relative to the allowance.
    """

    step: int
    point: int
    indicator: float
    error: float


@dataclass(frozen=True)
class LadderState:
    """What the next step of all points depends on.

    Attributes:
        rung: of each point, (n,).
        leader: point whose cell each point on rung 2 shares, (n,).
        path: Mandel strains after each step, scaled by the root of the stiffness, (T, n, 6).
        strains: the same as tensors, (T, n, 3, 3).
        steps: lengths of the steps, (T,), s.
        reduced: state of the reduced model.
        full: states of the cells.
        peak: largest stress of each point so far in the norm of the compliance, (n,), root of J/m^3.
        model: reduced model that was made on the fly; None before.
        solved: full solutions that went into it.
        audits: what audits found.
        audited: number of the step that was audited last.
        rehearsal: whether points stay with the reduced model, however wrong it is.
        foreseen: strains that a rehearsal saw, (T, n, 3, 3), and the lengths of its steps, (T,), s; empty without one.
    """

    rung: npt.NDArray[np.int64]
    leader: npt.NDArray[np.int64]
    path: Floats
    strains: Floats
    steps: Floats
    reduced: Any = field(repr=False)
    full: Any = field(repr=False)
    peak: Floats = field(default_factory=lambda: np.zeros(0))
    model: Any = field(default=None, repr=False)
    solved: int = 0
    audits: tuple[Judged, ...] = ()
    audited: int = -1
    rehearsal: bool = False
    foreseen: tuple[Floats, Floats] = field(default=(np.zeros((0, 0, 3, 3)), np.zeros(0)), repr=False)

    @property
    def scale(self) -> float:
        """Largest stress in the body so far, root of J/m^3."""
        return float(self.peak.max(initial=0.0))


def ladder_states(micro: Any) -> tuple[LadderState, ...]:
    """States of all points on the ladder, from the state of a body's points."""
    if isinstance(micro, LadderState):
        return (micro,)
    return tuple(s for part in micro for s in ladder_states(part)) if isinstance(micro, tuple) else ()


def rows_of(state: Any, points: npt.NDArray[np.int64]) -> Any:
    """State of a reduced model at some points."""
    if is_dataclass(state):
        return replace(state, **{f.name: getattr(state, f.name)[points] for f in fields(state)})  # type: ignore[type-var]
    return tuple(x[points] for x in state)


def with_rows(state: Any, points: npt.NDArray[np.int64], rows: Any) -> Any:
    """A state of a reduced model with that of some points replaced."""
    if is_dataclass(state):
        changed = {f.name: _put(getattr(state, f.name), points, getattr(rows, f.name)) for f in fields(state)}
        return replace(state, **changed)  # type: ignore[type-var]
    return tuple(_put(x, points, y) for x, y in zip(state, rows, strict=True))


def _put(array: Any, points: npt.NDArray[np.int64], rows: Any) -> Any:
    new = array.copy()
    new[points] = rows
    return new
