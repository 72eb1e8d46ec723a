"""The pair force of coarse models: a spline table in the squared distance, no square root.

U(s) is a cubic spline in s = r^2, so that F_ij = -2 U'(s) r_ij is the exact derivative of the energy. The partners of a
particle are treated in four passes (distances, choice, table, sums), of which the processor runs the first and the
third several at a time. Arithmetic of a pair is in single precision, sums over particles are in double precision.
"""

# mypy: allow-untyped-defs, disable-error-code="assignment"
from __future__ import annotations

import numpy as np

from scalebridge._cache import compiled


@compiled()
def longest_row(starts):
    """Largest number of partners."""
    most = 1
    for i in range(starts.shape[0] - 1):
        most = max(most, starts[i + 1] - starts[i])
    return most


@compiled(fastmath=True, error_model="numpy")
def pair_forces(x, y, z, box, starts, partners, types, kinds, tables, low, per_width, cut2, forces):
    """Add the pair forces; energy and virial.

    Args:
        x, y, z: coordinates, shape (n,), float32, nm.
        box: three edges, float32, nm.
        starts, partners: half neighbour list.
        types: type of each particle.
        kinds: table of a pair of types, shape (t, t); a table with a negative `cut2` is no interaction.
        tables: U = a0 + a1 t + a2 t^2 + a3 t^3 in each interval, shape (tables, intervals, 4), float32.
        low: lower end of the tables in s, shape (tables,), float32; below, energy and force stay.
        per_width: intervals per nm^2, shape (tables,), float32.
        cut2: squared cutoffs, shape (tables,), float32.
        forces: shape (n, 3), float64, kJ/mol/nm; changed.

    Returns:
        Energy (kJ/mol) and virial, the sum of r_ij . F_ij (kJ/mol).
    """
    energy = 0.0
    virial = 0.0
    lx, ly, lz = box[0], box[1], box[2]
    one, half, two, three, zero = np.float32(1.0), np.float32(0.5), np.float32(2.0), np.float32(3.0), np.float32(0.0)
    ix, iy, iz = one / lx, one / ly, one / lz
    size = longest_row(starts)
    dx, dy, dz = np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32)
    squares = np.empty(size, np.float32)
    chosen = np.empty(size, np.uint32)
    last = np.int32(tables.shape[1] - 1)
    several = kinds.shape[0] > 1
    table, begin, per, limit = tables[kinds[0, 0]], low[kinds[0, 0]], per_width[kinds[0, 0]], cut2[kinds[0, 0]]
    for i in range(x.shape[0]):
        near = partners[starts[i] : starts[i + 1]]
        count = near.shape[0]
        xi, yi, zi = x[i], y[i], z[i]
        for k in range(count):
            j = np.uint32(near[k])
            ax, ay, az = xi - x[j], yi - y[j], zi - z[j]
            ax -= lx * np.floor(ax * ix + half)
            ay -= ly * np.floor(ay * iy + half)
            az -= lz * np.floor(az * iz + half)
            dx[k], dy[k], dz[k] = ax, ay, az
            squares[k] = ax * ax + ay * ay + az * az
        row = kinds[types[i]]
        inside = 0
        for k in range(count):
            chosen[inside] = k
            if several:
                limit = cut2[row[types[near[k]]]]
            inside += 1 if squares[k] < limit else 0
        row_energy, row_virial = zero, zero
        # in double precision, as the partners' sums are: the total stays zero to its last digits
        fx, fy, fz = 0.0, 0.0, 0.0
        for c in range(inside):
            k = chosen[c]
            j = np.uint32(near[k])
            if several:
                kind = row[types[j]]
                table, begin, per = tables[kind], low[kind], per_width[kind]
            s = squares[k]
            place = (s - begin) * per
            interval = min(max(np.int32(place), np.int32(0)), last)
            # closer than the table reaches, energy and force stay those of its end
            t = max(place - np.float32(interval), zero)
            a = table[interval]
            a1, a2, a3 = a[1], a[2], a[3]
            row_energy += a[0] + t * (a1 + t * (a2 + t * a3))
            f = -two * per * (a1 + t * (two * a2 + three * t * a3))
            row_virial += f * s
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
        energy += row_energy
        virial += row_virial
    return energy, virial
