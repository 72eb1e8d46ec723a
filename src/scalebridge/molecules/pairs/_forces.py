"""The pair force of coarse models: a spline table in the squared distance, no square root.

U(s) is a cubic spline in s = r^2, so that F_ij = -2 U'(s) r_ij is the exact derivative of the energy. Arithmetic of a pair
is in single precision, sums are in double precision.
"""

from __future__ import annotations

import numpy as np

from scalebridge._cache import compiled


@compiled(fastmath={"contract", "nsz", "arcp"})
def pair_forces(positions, box, starts, partners, types, kinds, tables, low, per_width, cut2, forces):
    """Add the pair forces; energy and virial.

    Args:
        positions: shape (n, 3), float32, nm.
        box: three edges, float32, nm.
        starts, partners: half neighbour list.
        types: type of each particle.
        kinds: table of a pair of types, shape (t, t); -1 for no interaction.
        tables: U = a0 + a1 t + a2 t^2 + a3 t^3 in each interval, shape (tables, intervals, 4), float32.
        low: lower end of the tables in s, for each, shape (tables,), float32.
        per_width: intervals per nm^2, shape (tables,), float32.
        cut2: squared cutoffs, shape (tables,), float32.
        forces: shape (n, 3), float64, kJ/mol/nm; changed.

    Returns:
        Energy (kJ/mol) and virial, the sum of r_ij . F_ij (kJ/mol).
    """
    energy = 0.0
    virial = 0.0
    bx, by, bz = box[0], box[1], box[2]
    ix, iy, iz = np.float32(1.0) / bx, np.float32(1.0) / by, np.float32(1.0) / bz
    half = np.float32(0.5)
    two = np.float32(2.0)
    three = np.float32(3.0)
    zero = np.float32(0.0)
    one = np.float32(1.0)
    for i in range(positions.shape[0]):
        x, y, z = positions[i, 0], positions[i, 1], positions[i, 2]
        fx, fy, fz = 0.0, 0.0, 0.0
        row_energy, row_virial = zero, zero
        row = kinds[types[i]]
        for k in range(starts[i], starts[i + 1]):
            j = partners[k]
            kind = row[types[j]]
            if kind < 0:
                continue
            dx = x - positions[j, 0]
            dy = y - positions[j, 1]
            dz = z - positions[j, 2]
            dx -= bx * np.floor(dx * ix + half)
            dy -= by * np.floor(dy * iy + half)
            dz -= bz * np.floor(dz * iz + half)
            s = dx * dx + dy * dy + dz * dz
            if s >= cut2[kind]:
                continue
            place = (s - low[kind]) * per_width[kind]
            interval = int(place)
            t = place - np.float32(interval)
            if place < zero:
                interval = 0
                t = place
            a0 = tables[kind, interval, 0]
            a1 = tables[kind, interval, 1]
            a2 = tables[kind, interval, 2]
            a3 = tables[kind, interval, 3]
            if t < zero:
                a2 = zero
                a3 = zero
            row_energy += a0 + t * (a1 + t * (a2 + t * a3))
            f = -two * per_width[kind] * (a1 + t * (two * a2 + t * three * a3))
            row_virial += f * s * one
            gx = np.float64(f * dx)
            gy = np.float64(f * dy)
            gz = np.float64(f * dz)
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
