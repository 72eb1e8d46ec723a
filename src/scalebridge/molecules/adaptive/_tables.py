"""Compiled look-up of energies between centres of mass."""

from __future__ import annotations

import numpy as np
from numba import njit

from scalebridge.molecules.adaptive._sites import INLINE


@njit(**INLINE)
def looked_up(n, squares, table, start, scale, last, energies, slopes):  # type: ignore[no-untyped-def]
    """Energies and forces over distances, -2 dU/ds, of `n` pairs from a table that is cubic in s = r^2."""
    t = squares.dtype.type
    two, three, none = t(2.0), t(3.0), t(0.0)
    for m in range(n):
        # closer than the table reaches, energy and force stay those of its end
        place = min(max((squares[m] - start) * scale, none), last)
        interval = np.int32(place)
        u = place - t(interval)
        a1, a2, a3 = table[interval, 1], table[interval, 2], table[interval, 3]
        energies[m] = table[interval, 0] + u * (a1 + u * (a2 + u * a3))
        slopes[m] = -two * scale * (a1 + u * (two * a2 + u * three * a3))
