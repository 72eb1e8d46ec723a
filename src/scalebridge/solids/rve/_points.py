"""Strains at the integration points, and forces from the stresses there.

Further arrays (nq integration points per element):

    points   (nq, 3)                  coordinates in [-1/2, 1/2]; all points weigh 1 / nq
    bar      bool                     whether all points of a voxel share its mean volumetric strain (B-bar)
    strain   (D, B, nq, n0, n1, n2)   small: Mandel strain 11, 22, 33, 23, 13, 12 (D = 6);
                                      finite: displacement gradient, row-major (D = 9)
    stress   (D, B, nq, n0, n1, n2)   Mandel stress; or first Piola-Kirchhoff stress
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from scalebridge._cache import compiled
from scalebridge.solids.rve._rows import (
    FORCE,
    GRADIENT,
    INLINE,
    LOCAL,
    MODES,
    OPTIONS,
    ROWS,
    STRIDE,
    WIDTH,
    add_modes,
    close_mean_modes,
    load_modes,
    zero_planes,
)


@njit(inline="always")
def _point_gradient(w, n, x, rh, e, bar):  # type: ignore[no-untyped-def]
    """Gradient at point `x` into rows `LOCAL` .. `LOCAL` + 8 of `w`, row-major, macro gradient `e` included.

    `bar` replaces its trace by that of the element's mean gradient.
    """
    t = w.dtype.type
    xi, eta, zeta = t(x[0]), t(x[1]), t(x[2])
    for c in range(3):
        g = GRADIENT + MODES * c
        o = LOCAL + 3 * c
        e0, e1, e2 = e[3 * c], e[3 * c + 1], e[3 * c + 2]
        for k in range(n):
            xyz = w[g + 6, k]
            w[o, k] = e0 + rh[0] * (w[g, k] + eta * w[g + 3, k] + zeta * (w[g + 4, k] + eta * xyz))
            w[o + 1, k] = e1 + rh[1] * (w[g + 1, k] + xi * w[g + 3, k] + zeta * (w[g + 5, k] + xi * xyz))
            w[o + 2, k] = e2 + rh[2] * (w[g + 2, k] + xi * w[g + 4, k] + eta * (w[g + 5, k] + xi * xyz))
    if bar:
        mean = e[0] + e[4] + e[8]
        third = t(1.0 / 3.0)
        g, h = GRADIENT + MODES, GRADIENT + 2 * MODES
        for k in range(n):
            trace = mean + rh[0] * w[GRADIENT, k] + rh[1] * w[g + 1, k] + rh[2] * w[h + 2, k]
            change = third * (trace - w[LOCAL, k] - w[LOCAL + 4, k] - w[LOCAL + 8, k])
            w[LOCAL, k] += change
            w[LOCAL + 4, k] += change
            w[LOCAL + 8, k] += change


@njit(inline="always")
def _add_point_stress(w, n, x, weight, rh, bar):  # type: ignore[no-untyped-def]
    """Transpose of `_point_gradient`: add weighted stresses in rows `LOCAL` .. `LOCAL` + 8 to the mode forces.

    The first three modes receive the plain stress; `close_mean_modes` scales them afterwards.
    """
    t = w.dtype.type
    xi, eta, zeta = t(x[0]), t(x[1]), t(x[2])
    wt = t(weight)
    for c in range(3):
        h = FORCE + MODES * c
        o = LOCAL + 3 * c
        for k in range(n):
            w[h, k] += wt * w[o, k]
            w[h + 1, k] += wt * w[o + 1, k]
            w[h + 2, k] += wt * w[o + 2, k]
    if bar:
        third = t(1.0 / 3.0)
        for k in range(n):
            pressure = third * (w[LOCAL, k] + w[LOCAL + 4, k] + w[LOCAL + 8, k])
            w[LOCAL, k] -= pressure
            w[LOCAL + 4, k] -= pressure
            w[LOCAL + 8, k] -= pressure
    for c in range(3):
        h = FORCE + MODES * c
        o = LOCAL + 3 * c
        for k in range(n):
            s0 = wt * w[o, k]
            s1 = wt * w[o + 1, k]
            s2 = wt * w[o + 2, k]
            s0 *= rh[0]
            s1 *= rh[1]
            s2 *= rh[2]
            w[h + 3, k] += eta * s0 + xi * s1
            w[h + 4, k] += zeta * s0 + xi * s2
            w[h + 5, k] += zeta * s1 + eta * s2
            w[h + 6, k] += eta * zeta * s0 + xi * zeta * s1 + xi * eta * s2


@njit(inline="always")
def _gradient_to_mandel(w, n):  # type: ignore[no-untyped-def]
    """Mandel strain in rows `LOCAL` .. + 5 from the gradient in rows `LOCAL` .. + 8."""
    r = w.dtype.type(np.sqrt(0.5))
    for k in range(n):
        yy = w[LOCAL + 4, k]
        zz = w[LOCAL + 8, k]
        yz = r * (w[LOCAL + 5, k] + w[LOCAL + 7, k])
        xz = r * (w[LOCAL + 2, k] + w[LOCAL + 6, k])
        xy = r * (w[LOCAL + 1, k] + w[LOCAL + 3, k])
        w[LOCAL + 1, k] = yy
        w[LOCAL + 2, k] = zz
        w[LOCAL + 3, k] = yz
        w[LOCAL + 4, k] = xz
        w[LOCAL + 5, k] = xy


@njit(inline="always")
def _mandel_to_stress(w, n, source):  # type: ignore[no-untyped-def]
    """Stress, row-major in rows `LOCAL` .. + 8, from Mandel stress in rows `source` .. + 5."""
    r = w.dtype.type(np.sqrt(0.5))
    for k in range(n):
        xx = w[source, k]
        yy = w[source + 1, k]
        zz = w[source + 2, k]
        yz = r * w[source + 3, k]
        xz = r * w[source + 4, k]
        xy = r * w[source + 5, k]
        w[LOCAL, k] = xx
        w[LOCAL + 1, k] = xy
        w[LOCAL + 2, k] = xz
        w[LOCAL + 3, k] = xy
        w[LOCAL + 4, k] = yy
        w[LOCAL + 5, k] = yz
        w[LOCAL + 6, k] = xz
        w[LOCAL + 7, k] = yz
        w[LOCAL + 8, k] = zz


@njit(inline="always")
def _clear_forces(w, n):  # type: ignore[no-untyped-def]
    for r in range(FORCE, FORCE + 3 * MODES):
        for k in range(n):
            w[r, k] = 0.0


@compiled(parallel=True, **OPTIONS)
def strains(u, macro, points, rh, bar, edges, strain):  # type: ignore[no-untyped-def]
    """Strain (6 rows, Mandel) or displacement gradient (9 rows) at all integration points, written to `strain`."""
    slabs = edges.size - 1
    for s in prange(slabs):
        _strain_slab(u, macro, points, rh, bar, edges[s], edges[s + 1], strain)


@compiled(**INLINE)
def _strain_slab(u, macro, points, rh, bar, begin, end, strain):  # type: ignore[no-untyped-def]
    loads, m0, m1 = u.shape[0], u.shape[2], u.shape[3]
    rows, nq, n1, n2 = strain.shape[0], strain.shape[2], strain.shape[4], strain.shape[5]
    w = np.zeros((ROWS, STRIDE), u.dtype)
    for i in range(begin, end):
        i1 = (i + 1) % m0
        for j in range(n1):
            j1 = (j + 1) % m1
            for k0 in range(0, n2, WIDTH):
                n = min(WIDTH, n2 - k0)
                for b in range(loads):
                    for c in range(3):
                        load_modes(u, b, c, i, j, i1, j1, k0, n, w)
                    for q in range(nq):
                        _point_gradient(w, n, points[q], rh, macro[b], bar)
                        if rows == 6:
                            _gradient_to_mandel(w, n)
                        for r in range(rows):
                            out = strain[r, b, q, i, j, k0 : k0 + n]
                            for k in range(n):
                                out[k] = w[LOCAL + r, k]


@compiled(**INLINE)
def _force_slab(stress, points, rh, bar, m0, begin, end, f, total):  # type: ignore[no-untyped-def]
    m1 = f.shape[3]
    rows, loads, nq, n1, n2 = stress.shape[0], stress.shape[1], stress.shape[2], stress.shape[4], stress.shape[5]
    w = np.zeros((ROWS, STRIDE), f.dtype)
    for i in range(begin, end):
        i1 = (i + 1) % m0
        for j in range(n1):
            j1 = (j + 1) % m1
            for k0 in range(0, n2, WIDTH):
                n = min(WIDTH, n2 - k0)
                for b in range(loads):
                    _clear_forces(w, n)
                    for q in range(nq):
                        for r in range(rows):
                            row = stress[r, b, q, i, j, k0 : k0 + n]
                            for k in range(n):
                                w[LOCAL + r, k] = row[k]
                        if rows == 6:
                            _mandel_to_stress(w, n, LOCAL)
                        _add_point_stress(w, n, points[q], 1.0 / nq, rh, bar)
                    close_mean_modes(w, n, rh, total[b])
                    for c in range(3):
                        add_modes(f, b, c, i, j, i1, j1, k0, n, w)


@compiled(parallel=True, **OPTIONS)
def forces(stress, points, rh, bar, edges, f, mean):  # type: ignore[no-untyped-def]
    """Internal forces `f` and summed stresses `mean` from stresses (D, B, nq, n0, n1, n2) at the integration points."""
    slabs = edges.size - 1
    totals = np.zeros((2, slabs, f.shape[0], 9))
    m0 = f.shape[2]
    for s in prange(slabs):
        zero_planes(f, edges[s], edges[s + 1], s == slabs - 1)
    # one loop for both turns: the compiler takes it apart once
    for turn in range(2):
        for s in prange(slabs):
            begin, end = edges[s] + turn * (edges[s + 1] - 1 - edges[s]), edges[s + 1] - 1 + turn
            _force_slab(stress, points, rh, bar, m0, begin, end, f, totals[turn, s])
    mean[:] = totals.sum(axis=0).sum(axis=0)


@compiled(parallel=True, **OPTIONS)
def gather(field, voxels, order, out):  # type: ignore[no-untyped-def]
    """Columns `voxels` (M) of `field` (D, B, nq, V) to `out` (D, B nq M), its rows put at positions `order`."""
    rows, loads, nq, _ = field.shape
    count = voxels.size
    for job in prange(rows * loads):
        d, b = job // loads, job % loads
        for q in range(nq):
            source = field[d, b, q]
            target = out[order[d], (b * nq + q) * count : (b * nq + q + 1) * count]
            for v in range(count):
                target[v] = source[voxels[v]]


@compiled(parallel=True, **OPTIONS)
def spread(values, voxels, order, field):  # type: ignore[no-untyped-def]
    """Inverse of `gather`: rows `order` of `values` (D, B nq M) to columns `voxels` of `field` (D, B, nq, V)."""
    rows, loads, nq, _ = field.shape
    count = voxels.size
    for job in prange(rows * loads):
        d, b = job // loads, job % loads
        for q in range(nq):
            source = values[order[d], (b * nq + q) * count : (b * nq + q + 1) * count]
            target = field[d, b, q]
            for v in range(count):
                target[voxels[v]] = source[v]
