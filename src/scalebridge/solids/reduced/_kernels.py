"""Compiled loops over macroscopic points: strains at the generalised points, reduced forces, one Newton step.

Every macroscopic point is treated by itself in a fixed order, so its numbers do not depend on which others are in the
batch. Arrays: N macroscopic points, q generalised points, M = 6 + m unknowns (mean strain, then amplitudes).

    unknowns  (N, M)           strain  (6, N q)           stress  (6, N q)           tangent  (21, N q)
    modes     (q, 6, M)        strain at the generalised points for unit unknowns; the first six columns are the unit
    matrix
"""

from __future__ import annotations

import numpy as np
from numba import njit

from scalebridge._cache import compiled

OPTIONS = {"fastmath": {"contract", "nsz", "arcp", "reassoc"}, "nogil": True}


@compiled(**OPTIONS)
def local_strains(unknowns, modes, strain):  # type: ignore[no-untyped-def]
    """Strains at the generalised points of all macroscopic points, written to `strain`."""
    count, size = unknowns.shape
    points = modes.shape[0]
    for n in range(count):
        z = unknowns[n]
        for p in range(points):
            for i in range(6):
                row = modes[p, i]
                total = z[i]
                for c in range(6, size):
                    total += row[c] * z[c]
                strain[i, n * points + p] = total


@njit(inline="always")
def _tangent_times(modes, weight, tangent, at, work):  # type: ignore[no-untyped-def]
    """`work` (6, M) = weight C B at one point."""
    size = modes.shape[1]
    for c in range(size):
        b0, b1, b2 = weight * modes[0, c], weight * modes[1, c], weight * modes[2, c]
        b3, b4, b5 = weight * modes[3, c], weight * modes[4, c], weight * modes[5, c]
        t = tangent
        a = at
        work[0, c] = t[0, a] * b0 + t[1, a] * b1 + t[2, a] * b2 + t[3, a] * b3 + t[4, a] * b4 + t[5, a] * b5
        work[1, c] = t[1, a] * b0 + t[6, a] * b1 + t[7, a] * b2 + t[8, a] * b3 + t[9, a] * b4 + t[10, a] * b5
        work[2, c] = t[2, a] * b0 + t[7, a] * b1 + t[11, a] * b2 + t[12, a] * b3 + t[13, a] * b4 + t[14, a] * b5
        work[3, c] = t[3, a] * b0 + t[8, a] * b1 + t[12, a] * b2 + t[15, a] * b3 + t[16, a] * b4 + t[17, a] * b5
        work[4, c] = t[4, a] * b0 + t[9, a] * b1 + t[13, a] * b2 + t[16, a] * b3 + t[18, a] * b4 + t[19, a] * b5
        work[5, c] = t[5, a] * b0 + t[10, a] * b1 + t[14, a] * b2 + t[17, a] * b3 + t[19, a] * b4 + t[20, a] * b5


@compiled(**OPTIONS)
def add_points(modes, weight, stress, tangent, force, stiffness):  # type: ignore[no-untyped-def]
    """Add the points of one phase to reduced forces (N, M) and the lower triangles of stiffnesses (N, M, M)."""
    count, size = force.shape
    points = modes.shape[0]
    work = np.empty((6, size))
    for n in range(count):
        f, k = force[n], stiffness[n]
        for p in range(points):
            at = n * points + p
            b = modes[p]
            for i in range(6):
                s = weight[p] * stress[i, at]
                row = b[i]
                for c in range(size):
                    f[c] += s * row[c]
            _tangent_times(b, weight[p], tangent, at, work)
            b0, b1, b2, b3, b4, b5 = b[0], b[1], b[2], b[3], b[4], b[5]
            w0, w1, w2, w3, w4, w5 = work[0], work[1], work[2], work[3], work[4], work[5]
            for r in range(size):
                x0, x1, x2, x3, x4, x5 = b0[r], b1[r], b2[r], b3[r], b4[r], b5[r]
                row = k[r]
                for c in range(r + 1):
                    row[c] += (x0 * w0[c] + x1 * w1[c] + x2 * w2[c]) + (x3 * w3[c] + x4 * w4[c] + x5 * w5[c])


@compiled(**OPTIONS)
def condense(force, stiffness, step, size, response, tangent):  # type: ignore[no-untyped-def]
    """Newton step of the amplitudes, its size in energy, their derivative by the mean strain, condensed tangent.

    Args:
        force: (N, M), residual of the amplitudes from column 6 on.
        stiffness: (N, M, M), lower triangle; overwritten.
        step: (N, m), what to add to the amplitudes.
        size: (N,), root of residual times step; NaN where the stiffness is not positive definite.
        response: (N, m, 6), derivative of the amplitudes by the mean strain.
        tangent: (N, 6, 6), derivative of the mean stress by the mean strain.
    """
    count, full = force.shape
    m = full - 6
    right = np.empty((m, 7))
    for n in range(count):
        k = stiffness[n]
        for i in range(m):
            for j in range(6):
                right[i, j] = -k[6 + i, j]
            right[i, 6] = -force[n, 6 + i]
        good = True
        for i in range(m):
            for j in range(i + 1):
                x = k[6 + i, 6 + j]
                for c in range(j):
                    x -= k[6 + i, 6 + c] * k[6 + j, 6 + c]
                if i == j:
                    if not x > 0.0:
                        good = False
                        x = 1.0
                    k[6 + i, 6 + i] = np.sqrt(x)
                else:
                    k[6 + i, 6 + j] = x / k[6 + j, 6 + j]
        energy = 0.0
        for i in range(m):
            for j in range(7):
                x = right[i, j]
                for c in range(i):
                    x -= k[6 + i, 6 + c] * right[c, j]
                right[i, j] = x / k[6 + i, 6 + i]
            energy += right[i, 6] ** 2
        for a in range(6):
            for b in range(6):
                x = k[max(a, b), min(a, b)]
                for i in range(m):
                    x -= right[i, a] * right[i, b]
                tangent[n, a, b] = x
        for back in range(m):
            i = m - 1 - back
            for j in range(7):
                x = right[i, j]
                for c in range(i + 1, m):
                    x -= k[6 + c, 6 + i] * right[c, j]
                right[i, j] = x / k[6 + i, 6 + i]
        for i in range(m):
            step[n, i] = right[i, 6]
            for j in range(6):
                response[n, i, j] = right[i, j]
        size[n] = np.sqrt(energy) if good else np.nan
