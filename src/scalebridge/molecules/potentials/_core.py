"""Continuation of a table into the core that was never sampled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

LEAST = 1.0
"""Smallest rise of a core in its first bin, kJ/mol."""

Floats = npt.NDArray[np.float64]


def extend_core(x: Floats, energy: Floats, sampled: npt.NDArray[np.bool_], *, ceiling: float = 1000.0) -> Floats:
    """Replace the values before the first sampled point by a repulsion that joins smoothly and grows.

    With U0 and F0 at the first sampled points, U = U0 + F0/k (exp(k d) - 1) at the depth d, where k is the relative
    growth of the sampled force. Value and slope join; where the sampled part hardly repels, the core begins with
    `LEAST` per bin.

    Args:
        x: uniform grid, shape (n,).
        energy: table, shape (n,); values at points that are not sampled are not used.
        sampled: which points are sampled, shape (n,).
        ceiling: the energy grows linearly above this value (kJ/mol), so that tables stay finite.

    Returns:
        The whole table; gaps behind the first sampled point are bridged linearly.

    Raises:
        InputError: fewer than four points are sampled.
    """
    if int(sampled.sum()) < 4:
        raise InputError(
            f"Only {int(sampled.sum())} points of the table are sampled, 4 are needed; sample longer or use wider bins"
        )
    table = np.interp(x, x[sampled], energy[sampled])
    first = int(np.flatnonzero(sampled)[0])
    width = float(x[1] - x[0])
    force = -np.diff(table[first : first + 3]) / width
    f0 = 1.5 * force[0] - 0.5 * force[1]
    f0 = max(f0, LEAST / width)
    growth = np.clip(
        np.log(max(force[0] / force[1], 1.0)) / width if force[1] > 0.0 else 0.0, 0.05 / width, 1.0 / width
    )
    depth = x[first] - x[:first]
    # where the exponential meets the ceiling it goes on along its tangent
    knee = np.log1p(max(ceiling - table[first], f0 / growth) * growth / f0) / growth
    near = np.minimum(depth, knee)
    grown = f0 / growth * np.expm1(growth * near) + f0 * np.exp(growth * knee) * (depth - near)
    table[:first] = table[first] + grown
    return table
