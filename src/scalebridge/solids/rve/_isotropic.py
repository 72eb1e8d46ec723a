"""Action of the stiffness of isotropic voxels: exactly integrated, with a mean dilatation, or at one point."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from scalebridge._cache import compiled
from scalebridge.solids.rve._rows import (
    FORCE,
    GRADIENT,
    INLINE,
    OPTIONS,
    ROWS,
    STRIDE,
    WIDTH,
    add_modes,
    close_mean_modes,
    load_modes,
    zero_planes,
)

INTEGRATION = {"reduced": 0, "full": 1, "bbar": 2}


@njit(inline="always")
def _isotropic_modes(w, lam, mu, n, rh, e, integration):  # type: ignore[no-untyped-def]
    """Mode forces of `n` elements with Lame parameters `lam`, `mu` from gradient modes and the macro gradient `e`.

    Each monomial has its own strain, so its stress is Hooke's law once; no quadrature points are visited. With a mean
    dilatation only the deviator of the other monomials counts: Hooke's law with lambda = -2/3 mu.
    """
    t = w.dtype.type
    w1 = t(1.0 / 12.0)
    w2 = t(1.0 / 144.0)
    r0 = rh[0]
    r1 = rh[1]
    r2 = rh[2]
    for k in range(n):
        la = lam[k]
        m = mu[k]
        m2 = m + m
        xx = w[GRADIENT + 0, k] * r0 + e[0]
        xy = w[GRADIENT + 1, k] * r1 + e[1]
        xz = w[GRADIENT + 2, k] * r2 + e[2]
        yx = w[GRADIENT + 7, k] * r0 + e[3]
        yy = w[GRADIENT + 8, k] * r1 + e[4]
        yz = w[GRADIENT + 9, k] * r2 + e[5]
        zx = w[GRADIENT + 14, k] * r0 + e[6]
        zy = w[GRADIENT + 15, k] * r1 + e[7]
        zz = w[GRADIENT + 16, k] * r2 + e[8]
        p = la * (xx + yy + zz)
        sxy = m * (xy + yx)
        sxz = m * (xz + zx)
        syz = m * (yz + zy)
        w[FORCE + 0, k] = p + m2 * xx
        w[FORCE + 8, k] = p + m2 * yy
        w[FORCE + 16, k] = p + m2 * zz
        w[FORCE + 1, k] = sxy
        w[FORCE + 7, k] = sxy
        w[FORCE + 2, k] = sxz
        w[FORCE + 14, k] = sxz
        w[FORCE + 9, k] = syz
        w[FORCE + 15, k] = syz
    if integration == 0:
        return
    bar = integration == 2
    deviator = t(-2.0 / 3.0)
    for k in range(n):
        m = mu[k] * w1
        la = deviator * m if bar else lam[k] * w1
        m2 = m + m
        # xi: d/dx1 of XY, d/dx2 of XZ
        xy = w[GRADIENT + 3, k] * r1
        xz = w[GRADIENT + 4, k] * r2
        yy = w[GRADIENT + 10, k] * r1
        yz = w[GRADIENT + 11, k] * r2
        zy = w[GRADIENT + 17, k] * r1
        zz = w[GRADIENT + 18, k] * r2
        p = la * (yy + zz)
        s = m * (yz + zy)
        f03 = m * xy * r1
        f04 = m * xz * r2
        f13 = (p + m2 * yy) * r1
        f14 = s * r2
        f23 = s * r1
        f24 = (p + m2 * zz) * r2
        # eta: d/dx0 of XY, d/dx2 of YZ
        xx = w[GRADIENT + 3, k] * r0
        xz = w[GRADIENT + 5, k] * r2
        yx = w[GRADIENT + 10, k] * r0
        yz = w[GRADIENT + 12, k] * r2
        zx = w[GRADIENT + 17, k] * r0
        zz = w[GRADIENT + 19, k] * r2
        p = la * (xx + zz)
        s = m * (xz + zx)
        w[FORCE + 3, k] = f03 + (p + m2 * xx) * r0
        f05 = s * r2
        w[FORCE + 10, k] = f13 + m * yx * r0
        f15 = m * yz * r2
        w[FORCE + 17, k] = f23 + s * r0
        f25 = (p + m2 * zz) * r2
        # zeta: d/dx0 of XZ, d/dx1 of YZ
        xx = w[GRADIENT + 4, k] * r0
        xy = w[GRADIENT + 5, k] * r1
        yx = w[GRADIENT + 11, k] * r0
        yy = w[GRADIENT + 12, k] * r1
        zx = w[GRADIENT + 18, k] * r0
        zy = w[GRADIENT + 19, k] * r1
        p = la * (xx + yy)
        s = m * (xy + yx)
        w[FORCE + 4, k] = f04 + (p + m2 * xx) * r0
        w[FORCE + 5, k] = f05 + s * r1
        w[FORCE + 11, k] = f14 + s * r0
        w[FORCE + 12, k] = f15 + (p + m2 * yy) * r1
        w[FORCE + 18, k] = f24 + m * zx * r0
        w[FORCE + 19, k] = f25 + m * zy * r1
        # eta zeta, xi zeta, xi eta: one direction each, of XYZ
        q = w2 * mu[k] * (r0 * r0 + r1 * r1 + r2 * r2)
        o = w2 * (mu[k] + (deviator * mu[k] if bar else lam[k]))
        w[FORCE + 6, k] = (q + o * r0 * r0) * w[GRADIENT + 6, k]
        w[FORCE + 13, k] = (q + o * r1 * r1) * w[GRADIENT + 13, k]
        w[FORCE + 20, k] = (q + o * r2 * r2) * w[GRADIENT + 20, k]


@compiled(**INLINE)
def _isotropic_slab(u, macro, lam, mu, rh, integration, begin, end, f, total):  # type: ignore[no-untyped-def]
    loads, m0, m1 = u.shape[0], u.shape[2], u.shape[3]
    n1, n2 = lam.shape[1], lam.shape[2]
    group, step = max(1, WIDTH // n2), min(WIDTH, n2)
    w = np.zeros((ROWS, STRIDE), u.dtype)
    for i in range(begin, end):
        i1 = (i + 1) % m0
        la, m = lam[i].ravel(), mu[i].ravel()
        for j0 in range(0, n1, group):
            rows = min(group, n1 - j0)
            for k0 in range(0, n2, step):
                n = min(step, n2 - k0)
                p = j0 * n2 + k0
                for b in range(loads):
                    for j in range(rows):
                        for c in range(3):
                            load_modes(u, b, c, i, j0 + j, i1, (j0 + j + 1) % m1, k0, n, w[:, j * n :])
                    _isotropic_modes(w, la[p : p + rows * n], m[p : p + rows * n], rows * n, rh, macro[b], integration)
                    close_mean_modes(w, rows * n, rh, total[b])
                    for j in range(rows):
                        for c in range(3):
                            add_modes(f, b, c, i, j0 + j, i1, (j0 + j + 1) % m1, k0, n, w[:, j * n :])


@compiled(parallel=True, **OPTIONS)
def apply_isotropic(u, macro, lam, mu, rh, integration, edges, f, mean):  # type: ignore[no-untyped-def]
    """Forces `f` and summed stresses `mean` of elements with Lame parameters `lam`, `mu` (n0, n1, n2).

    `integration` is a value of `INTEGRATION`: one point in the middle, exact (two Gauss points per axis), or exact with
    the mean dilatation of the element.
    """
    slabs = edges.size - 1
    totals = np.zeros((2, slabs, u.shape[0], 9))
    for s in prange(slabs):
        zero_planes(f, edges[s], edges[s + 1], s == slabs - 1)
    # one loop for both turns: the compiler takes it apart once
    for turn in range(2):
        for s in prange(slabs):
            begin, end = edges[s] + turn * (edges[s + 1] - 1 - edges[s]), edges[s + 1] - 1 + turn
            _isotropic_slab(u, macro, lam, mu, rh, integration, begin, end, f, totals[turn, s])
    mean[:] = totals.sum(axis=0).sum(axis=0)
