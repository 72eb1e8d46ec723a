"""Second step of a homogenization: one increment of a load path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scalebridge.bridge import Failure, Step
from scalebridge.ledger import Entry, Verdict
from scalebridge.solids.homogenization._local import local_fields
from scalebridge.solids.homogenization._settings import Load
from scalebridge.solids.homogenization._state import HomogenizationState, Increment, PathRecord
from scalebridge.solids.rve import RVE, Drive, IncrementResult, RVEState

_TANGENT = "The macroscopic tangent did not converge; what follows would rest on a wrong prediction."


def increment_step(rve: RVE, loads: tuple[Load, ...], state: HomogenizationState) -> Step[HomogenizationState]:
    """The next increment of the path under way, or the first of the next path.

    An increment that fails becomes a `Failure` and ends its path; the other paths go on.
    """
    under_way = bool(state.paths) and not state.paths[-1].ended
    record = state.paths[-1] if under_way else PathRecord()
    before = state.paths[:-1] if under_way else state.paths
    load, n = loads[len(before)], len(record.increments)
    drive, result = _drive(rve, load, n, state.current)
    reason = _why_not(drive)
    posted = tuple(replace(e, where=load.name, when=float(n + 1)) for e in drive.entries)
    posted += (_converged(load.name, n, not reason),)
    failures: tuple[Failure, ...] = ()
    current: RVEState | None = None
    if reason:
        failures = (Failure(f"{load.name}, increment {n + 1}", reason, _inputs(load, n)),)
        record = replace(record, ended=True)
    else:
        ended = n + 1 == len(load.path)
        fields = local_fields(rve, drive) if load.fields else {}
        record = PathRecord((*record.increments, _increment(load, n, drive, result)), ended, fields)
        current = None if ended else drive.state
    return Step(replace(state, paths=(*before, record), current=current), posted, failures)


def _drive(rve: RVE, load: Load, n: int, start: RVEState | None) -> tuple[Drive, IncrementResult]:
    results: list[IncrementResult] = []
    drive = rve.drive(
        load.increment(n),
        state=start,
        fields="last" if load.fields else None,
        on_increment=lambda _, result: results.append(result),
    )
    return drive, results[-1]


def _why_not(drive: Drive) -> str:
    """Why the increment cannot be used; empty where it can."""
    if not drive.converged[0]:
        return drive.status[0].value
    return "" if np.isfinite(drive.tangent[0]).all() else _TANGENT


def _increment(load: Load, n: int, drive: Drive, result: IncrementResult) -> Increment:
    return Increment(
        time=float(load.path.time[n]),
        strain=drive.strain[0],
        stress=drive.stress[0],
        tangent=drive.tangent[0],
        newton=result.newton,
        linear=result.linear + result.linear_tangent,
        substeps=result.substeps,
        history=np.asarray(result.history, dtype=np.float64),
    )


def _converged(name: str, n: int, converged: bool) -> Entry:
    return Entry(
        "increments that converged", "1", float(converged), 1.0, 1.0, 0.0, name, float(n + 1), severity=Verdict.WARNS
    )


def _inputs(load: Load, n: int) -> dict[str, object]:
    return {
        "increment": n + 1,
        "strain": _listed(load.path.strain[n]),
        "stress": _listed(load.path.stress[n]),
        "time": float(load.path.time[n]),
    }


def _listed(tensor: NDArray[Any]) -> list[list[float | str]]:
    return [["free" if np.isnan(x) else float(x) for x in row] for row in tensor]
