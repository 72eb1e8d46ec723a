"""Columns of the force-matching equations that belong to a spline of the pair force."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge._cache import compiled
from scalebridge.molecules.pairs._neighbours import Neighbours

Floats = npt.NDArray[np.float64]


def add_pair_columns(
    design: Floats,
    column: int,
    positions: Floats,
    box: Floats,
    near: Neighbours,
    chosen: npt.NDArray[np.bool_],
    types: npt.NDArray[np.int32],
    start: float,
    width: float,
    intervals: int,
    degree: int,
    cutoff: float,
) -> None:
    """Add the forces that unit coefficients of a B-spline pair force exert, G of F = G phi.

    Args:
        design: shape (3 n, columns); rows 3 i + c; changed.
        column: first column of this spline.
        positions: shape (n, 3), nm.
        box: three edges, nm.
        near: pairs within reach.
        chosen: pairs of types that the spline acts between, shape (t, t).
        types: type of each particle.
        start: lower end of the spline, nm.
        width: length of an interval, nm.
        intervals: number of intervals.
        degree: degree of the spline of the force.
        cutoff: largest distance, nm.
    """
    _fill(design, column, positions, box, near.starts, near.partners, chosen, types, start, width, intervals, degree, cutoff)


@compiled()
def bspline_weights(t, degree, weights):
    """The degree + 1 uniform B-splines that do not vanish in an interval, at its local coordinate t in [0, 1]."""
    weights[0] = 1.0
    for k in range(1, degree + 1):
        above = 0.0
        for j in range(k + 1):
            own = weights[j] if j < k else 0.0
            value = (t + k - j) / k * above + (j + 1 - t) / k * own
            above = own
            weights[j] = value


@compiled()
def _fill(design, column, positions, box, starts, partners, chosen, types, start, width, intervals, degree, cutoff):
    weights = np.zeros(degree + 1)
    d = np.zeros(3)
    for i in range(positions.shape[0]):
        for k in range(starts[i], starts[i + 1]):
            j = partners[k]
            if not chosen[types[i], types[j]]:
                continue
            s = 0.0
            for c in range(3):
                d[c] = positions[i, c] - positions[j, c]
                d[c] -= box[c] * np.floor(d[c] / box[c] + 0.5)
                s += d[c] * d[c]
            r = np.sqrt(s)
            place = (r - start) / width
            if place < 0.0 or place > intervals or r > cutoff:
                continue
            interval = min(int(place), intervals - 1)
            bspline_weights(place - interval, degree, weights)
            for c in range(3):
                e = d[c] / r
                for m in range(degree + 1):
                    value = weights[m] * e
                    design[3 * i + c, column + interval + m] += value
                    design[3 * j + c, column + interval + m] -= value
