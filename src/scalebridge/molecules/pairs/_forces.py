"""The pair force of coarse models: a spline table in the squared distance, no square root.

U(s) is a cubic spline in s = r^2, so that F_ij = -2 U'(s) r_ij is the exact derivative of the energy. The partners of a
particle are treated in three passes (distances and choice, table, sums), of which the processor runs the second several
at a time. Arithmetic of a pair is in single precision, sums over particles are in double precision.
"""

# mypy: allow-untyped-defs, disable-error-code="assignment"
from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge._cache import compiled

Ints = npt.NDArray[np.int32]
Singles = npt.NDArray[np.float32]


@compiled()
def longest_row(starts):
    """Largest number of partners."""
    most = 1
    for i in range(starts.shape[0] - 1):
        most = max(most, starts[i + 1] - starts[i])
    return most


def pair_forces(
    places: Ints,
    scale: Singles,
    starts: Ints,
    partners: Ints,
    types: Ints,
    kinds: Ints,
    tables: Singles,
    low: Singles,
    per_width: Singles,
    cut2: Singles,
    forces: npt.NDArray[np.float64],
) -> tuple[float, float]:
    """Add the pair forces; energy and virial.

    Args:
        places: sorted coordinates with 2^32 to a period, shape (n, 3), int32.
        scale: nm per unit of the coordinates, shape (3,), float32.
        starts, partners: half list of sorted particles.
        types: type of each sorted particle.
        kinds: table of a pair of types, shape (t, t); a table with a negative `cut2` is no interaction.
        tables: U = a0 + a1 t + a2 t^2 + a3 t^3 in each interval, shape (tables, intervals, 4), float32; or the force
            over the distance, -2 dU/ds = b0 + b1 t, shape (tables, intervals, 2): then there is no energy, and it is
            faster.
        low: lower end of the tables in s, shape (tables,), float32; below, energy and force stay.
        per_width: intervals per nm^2, shape (tables,), float32.
        cut2: squared cutoffs, shape (tables,), float32.
        forces: of the sorted particles, shape (n, 3), float64, kJ/mol/nm; changed.

    Returns:
        Energy (kJ/mol; zero where only forces are asked for) and virial, the sum of r_ij . F_ij (kJ/mol).
    """
    loop = _LOOPS[len(kinds) > 1, tables.shape[2] == 4]
    energy, virial = loop(places, scale, starts, partners, types, kinds, tables, low, per_width, cut2, forces)
    return float(energy), float(virial)


@compiled(inline="always")
def _push(i, inside, chosen, slopes, dx, dy, dz, forces):
    """Forces of particle i and its chosen partners on each other.

    In double precision, as the partners' sums are: the total stays zero to its last digits.
    """
    fx, fy, fz = 0.0, 0.0, 0.0
    for k in range(inside):
        j = np.uint32(chosen[k])
        f = slopes[k]
        gx, gy, gz = np.float64(f * dx[k]), np.float64(f * dy[k]), np.float64(f * dz[k])
        fx += gx
        fy += gy
        fz += gz
        forces[j, 0] -= gx
        forces[j, 1] -= gy
        forces[j, 2] -= gz
    forces[i, 0] += fx
    forces[i, 1] += fy
    forces[i, 2] += fz


def _loop(several: bool, energies: bool) -> Any:
    """The loop for one table or several, of energies or forces: what is not needed is not compiled."""

    @compiled(fastmath=True, error_model="numpy")
    def loop(places, scale, starts, partners, types, kinds, tables, low, per_width, cut2, forces):
        energy = 0.0
        virial = 0.0
        n = len(starts) - 1
        two, three, zero = np.float32(2.0), np.float32(3.0), np.float32(0.0)
        sx, sy, sz = scale[0], scale[1], scale[2]
        # one place more: what is not chosen is written there as well
        size = longest_row(starts) + 1
        dx, dy, dz = np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32)
        squares, slopes = np.empty(size, np.float32), np.empty(size, np.float32)
        chosen = np.empty(size, np.int32)
        last = np.float32(tables.shape[1] - 1e-3)
        kind = kinds[0, 0]
        table, begin, per, limit = tables[kind], low[kind], per_width[kind], cut2[kind]
        for i in range(n):
            xi, yi, zi = places[i, 0], places[i, 1], places[i, 2]
            near = partners[starts[i] : starts[i + 1]]
            if several:
                row = kinds[types[i]]
            inside = 0
            for k in range(len(near)):
                j = np.uint32(near[k])
                # differences of whole coordinates wrap around: they are those of nearest images
                ax = np.float32(np.int32(xi - places[j, 0])) * sx
                ay = np.float32(np.int32(yi - places[j, 1])) * sy
                az = np.float32(np.int32(zi - places[j, 2])) * sz
                s = ax * ax + ay * ay + az * az
                dx[inside], dy[inside], dz[inside] = ax, ay, az
                squares[inside] = s
                chosen[inside] = j
                if several:
                    limit = cut2[row[types[j]]]
                inside += 1 if s < limit else 0
            row_energy, row_virial = zero, zero
            for k in range(inside):
                if several:
                    kind = row[types[chosen[k]]]
                    table, begin, per = tables[kind], low[kind], per_width[kind]
                s = squares[k]
                # closer than the table reaches, energy and force stay those of its end
                place = min(max((s - begin) * per, zero), last)
                interval = np.int32(place)
                t = place - np.float32(interval)
                if energies:
                    a1, a2, a3 = table[interval, 1], table[interval, 2], table[interval, 3]
                    row_energy += table[interval, 0] + t * (a1 + t * (a2 + t * a3))
                    f = -two * per * (a1 + t * (two * a2 + three * t * a3))
                else:
                    f = table[interval, 0] + t * table[interval, 1]
                slopes[k] = f
                row_virial += f * s
            _push(i, inside, chosen, slopes, dx, dy, dz, forces)
            energy += row_energy
            virial += row_virial
        return energy, virial

    return loop


_LOOPS = {(several, energies): _loop(several, energies) for several in (False, True) for energies in (False, True)}
