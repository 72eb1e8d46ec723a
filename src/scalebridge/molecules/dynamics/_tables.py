"""Potentials as tables for compiled loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.potentials import Potential

Floats = npt.NDArray[np.float64]

PAIR_INTERVALS = 2048  # 32 kB: what a first-level cache holds
BONDED_INTERVALS = 2000
HIGH = 2000.0  # kJ/mol; cores are continued linearly in r^2 above


@dataclass(frozen=True, eq=False)
class PairTables:
    """Cubic splines in s = r^2, one for each pair of types.

    Attributes:
        values: a0..a3 in each interval, shape (tables, intervals, 4), float32.
        low: lower ends in s, nm^2, float32.
        per_width: intervals per nm^2, float32.
        cut2: squared cutoffs, nm^2, float32.
        cutoff: the largest, nm.
    """

    values: npt.NDArray[np.float32]
    low: npt.NDArray[np.float32]
    per_width: npt.NDArray[np.float32]
    cut2: npt.NDArray[np.float32]
    cutoff: float


def pair_tables(potentials: list[Potential | None], intervals: int = PAIR_INTERVALS) -> PairTables:
    """Tables of pair potentials, each up to the end of its domain; None makes a table of negative squared cutoff."""
    from scipy.interpolate import CubicSpline

    values = np.zeros((len(potentials), intervals, 4), np.float32)
    low, per_width, cuts = (np.zeros(len(potentials), np.float64) for _ in range(3))
    cuts[:] = -1.0
    for number, potential in enumerate(potentials):
        if potential is None:
            continue
        cut = potential.domain[1]
        start = _core_end(potential, cut)
        s = np.linspace(start**2, cut**2, intervals + 1)
        r = np.sqrt(s)
        # just inside the cutoff: the energy beyond it is zero by definition
        r[-1] = cut * (1.0 - 1e-12)
        slope = -0.5 * potential.force(r[[0, -1]]) / r[[0, -1]]
        spline = CubicSpline(s, potential.energy(r), bc_type=((1, float(slope[0])), (1, float(slope[1]))))
        width = s[1] - s[0]
        values[number] = spline.c[::-1].T * width ** np.arange(4)
        low[number], per_width[number], cuts[number] = s[0], 1.0 / width, cut**2
    to32 = np.float32
    return PairTables(values, low.astype(to32), per_width.astype(to32), cuts.astype(to32), float(np.sqrt(cuts.max())))


def force_tables(tables: PairTables) -> npt.NDArray[np.float32]:
    """Force over distance, -2 dU/ds, at the start of each interval and its change to the end.

    Linear where that of the energy is quadratic: with thousands of intervals they differ by some millionths.

    Returns:
        Shape (tables, intervals, 2).
    """
    a = tables.values.astype(np.float64)
    per = tables.per_width.astype(np.float64)[:, None]
    start = -2.0 * per * a[..., 1]
    change = -2.0 * per * (2.0 * a[..., 2] + 3.0 * a[..., 3])
    return np.stack([start, change], axis=-1).astype(np.float32)


def _core_end(potential: Potential, cut: float) -> float:
    """Distance below which a table need not resolve the core: its energy is high, or it is very short."""
    r = np.linspace(0.02 * cut, cut, 400)
    high = np.flatnonzero(potential.energy(r) > HIGH)
    return float(r[high[-1]]) if len(high) else float(r[0])


def bonded_tables(potentials: list[Potential], width: int) -> tuple[Floats, Floats, Floats]:
    """Tables of bonds (width 2), angles (3) or dihedral angles (4).

    Returns:
        Cubic polynomials, shape (tables, intervals, 4); lower ends, shape (tables,); intervals per unit, shape
        (tables,).
    """
    from scipy.interpolate import CubicSpline

    values = np.zeros((len(potentials), BONDED_INTERVALS, 4))
    low, per_width = np.zeros(len(potentials)), np.zeros(len(potentials))
    for number, potential in enumerate(potentials):
        start, stop = {2: (0.0, _longest(potential)), 3: (0.0, np.pi), 4: (-np.pi, np.pi)}[width]
        x = np.linspace(start, stop, BONDED_INTERVALS + 1)
        slopes = -potential.force(x[[0, -1]])
        spline = CubicSpline(x, potential.energy(x), bc_type=((1, float(slopes[0])), (1, float(slopes[1]))))
        step = x[1] - x[0]
        values[number] = spline.c[::-1].T * step ** np.arange(4)
        low[number], per_width[number] = start, 1.0 / step
    return values, low, per_width


def _longest(potential: Potential) -> float:
    """Bond length that a table should reach; longer ones follow the last polynomial."""
    start, stop = potential.domain
    if np.isfinite(stop):
        return stop + 0.5 * (stop - start)
    return 2.5 * abs(float(potential.coefficients[1]))
