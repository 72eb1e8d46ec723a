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
        low: lower end of the tables in s, shape (tables,), float32; below, the first interval is continued linearly.
        per_width: intervals per nm^2, shape (tables,), float32.
        cut2: squared cutoffs, shape (tables,), float32.
        forces: shape (3, n), float64, kJ/mol/nm; changed.

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
    last = tables.shape[1] - 1
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
        if kinds.shape[0] == 1:
            limit = cut2[row[0]]
            for k in range(count):
                chosen[inside] = k
                inside += 1 if squares[k] < limit else 0
        else:
            for k in range(count):
                chosen[inside] = k
                inside += 1 if squares[k] < cut2[row[types[near[k]]]] else 0
        row_energy, row_virial = zero, zero
        # in double precision, as the partners' sums are: the total stays zero to its last digits
        fx, fy, fz = 0.0, 0.0, 0.0
        for c in range(inside):
            k = chosen[c]
            j = np.uint32(near[k])
            kind = np.uint32(row[types[j]])
            s = squares[k]
            place = (s - low[kind]) * per_width[kind]
            interval = min(np.uint32(max(place, zero)), np.uint32(last))
            t = place - np.float32(interval)
            a = tables[kind, interval]
            bend = one if t >= zero else zero
            a0, a1, a2, a3 = a[0], a[1], a[2] * bend, a[3] * bend
            row_energy += a0 + t * (a1 + t * (a2 + t * a3))
            f = -two * per_width[kind] * (a1 + t * (two * a2 + three * t * a3))
            row_virial += f * s
            gx, gy, gz = f * dx[k], f * dy[k], f * dz[k]
            fx += gx
            fy += gy
            fz += gz
            forces[0, j] -= gx
            forces[1, j] -= gy
            forces[2, j] -= gz
        forces[0, i] += fx
        forces[1, i] += fy
        forces[2, i] += fz
        energy += row_energy
        virial += row_virial
    return energy, virial
