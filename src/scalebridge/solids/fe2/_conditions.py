"""What is done to a body: displacements, tractions, pressure, body forces, each with its course in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]
Where: TypeAlias = "str | Callable[[Floats], npt.NDArray[np.bool_]] | npt.NDArray[np.int64]"
"""A boundary by name; or a function of coordinates (3, n) in m that says which facets (for displacements: nodes) are
meant; or their indices."""

RAMP = ((0.0, 0.0), (1.0, 1.0))
"""From nothing at time 0 to everything at time 1."""


@dataclass(frozen=True)
class Displacement:
    """Displacement prescribed in some directions.

    Args:
        where: boundary, or function that picks nodes.
        value: displacement in each direction, m, at factor one; None leaves a direction free. Or a function from
            positions (3, n) to (3, n), NaN leaving a direction free.
        course: (time, factor) pairs, linear in between.
    """

    where: Where
    value: tuple[float | None, float | None, float | None] | Callable[[Floats], Floats] = (0.0, 0.0, 0.0)
    course: tuple[tuple[float, float], ...] = RAMP


@dataclass(frozen=True)
class Traction:
    """Force per undeformed area.

    Args:
        where: boundary, or function that picks facets by their midpoints.
        value: (3,) in Pa, or a function from positions (3, n) to (3, n).
        course: (time, factor) pairs, linear in between.
    """

    where: Where
    value: tuple[float, float, float] | Callable[[Floats], Floats]
    course: tuple[tuple[float, float], ...] = RAMP


@dataclass(frozen=True)
class Pressure:
    """Pressure against a boundary; in finite strain it follows the deformed surface.

    Args:
        where: boundary, or function that picks facets by their midpoints.
        value: Pa, positive where it pushes on the body.
        course: (time, factor) pairs, linear in between.
    """

    where: Where
    value: float
    course: tuple[tuple[float, float], ...] = RAMP


@dataclass(frozen=True)
class BodyForce:
    """Force per undeformed volume.

    Args:
        value: (3,) in N/m^3, or a function from positions (3, n) to (3, n).
        region: the region it acts on; None for the whole body.
        course: (time, factor) pairs, linear in between.
    """

    value: tuple[float, float, float] | Callable[[Floats], Floats]
    region: str | None = None
    course: tuple[tuple[float, float], ...] = RAMP


Condition: TypeAlias = "Displacement | Traction | Pressure | BodyForce"


def factor(course: tuple[tuple[float, float], ...], time: float) -> float:
    """Factor of a load at a time, linear between the given ones and constant outside."""
    times, factors = np.transpose(course)
    return float(np.interp(time, times, factors))


def check_course(condition: Condition) -> None:
    """InputError where the times of a load do not grow or a number is not finite."""
    given = np.asarray(condition.course, np.float64)
    if given.ndim != 2 or given.shape[1] != 2 or not np.isfinite(given).all() or (np.diff(given[:, 0]) <= 0.0).any():
        raise InputError(
            f"the course of a {type(condition).__name__} is {condition.course}; it must be pairs (time, factor) with "
            "growing times."
        )


def facets_of(mesh: Any, where: Where, what: str) -> npt.NDArray[np.int64]:
    """Boundary facets that a condition means.

    Raises:
        InputError: the mesh has no such boundary, or nothing was picked.
    """
    if isinstance(where, str):
        known = mesh.boundaries or {}
        if where not in known:
            names = ", ".join(sorted(known)) or "none"
            raise InputError(f"{what}: the mesh has no boundary {where!r}; it has: {names}.")
        found = np.asarray(known[where])
    elif callable(where):
        found = np.asarray(mesh.facets_satisfying(where, boundaries_only=True))
    else:
        found = np.asarray(where)
        if found.size and (found.min() < 0 or found.max() >= mesh.facets.shape[1]):
            raise InputError(f"{what}: facet {found.max()} is not in the mesh, which has {mesh.facets.shape[1]}.")
    if not found.size:
        raise InputError(f"{what}: no facet of the boundary was picked; check the coordinates (m) in its function.")
    return found.astype(np.int64)
