"""Blocks of voxel elements along a row: nodal values to gradient modes and back.

Trilinear shape functions on a box of edges h, with coordinates xi, eta, zeta in [-1/2, 1/2] along the three array axes,
hold seven gradient modes per displacement component: X, Y, Z (mean differences), XY, XZ, YZ, XYZ. They give

    h0 du/dx0 = X + eta XY + zeta XZ + eta zeta XYZ
    h1 du/dx1 = Y + xi XY + zeta YZ + xi zeta XYZ
    h2 du/dx2 = Z + xi XZ + eta YZ + xi eta XYZ

The monomials are orthogonal on the box, with mean squares 1/12 (linear) and 1/144 (bilinear). A constant stiffness
is therefore integrated exactly, mode by mode, with a fraction of the work of a dense 24x24 matrix; two-point Gauss
quadrature is the same evaluation at xi, eta, zeta = +-1/(2 sqrt 3).

Arrays (B loads, n0 x n1 x n2 elements, m0 x m1 x m2 nodes; m = n on periodic axes, n + 1 otherwise):

    u      (B, C, m0, m1, m2)   nodal displacement fluctuation (C = 3) or temperature fluctuation (C = 1)
    f      (B, C, m0, m1, m2)   nodal force, or heat flow, per voxel volume
    macro  (B, 3 C)             prescribed mean gradient, row-major, component before direction
    mean   (B, 3 C)             sum over the voxels of the mean stress of each element

Tensor components refer to array axes. Work is cut into a number of slabs that does not depend on the number of
threads, and each slab adds in a fixed order: results are the same bits for any number of threads. The last element
plane of each slab touches the nodes of the next slab; it is done in a second sweep.

Elements are treated in tiles of up to `WIDTH`: several whole rows of a plane, or a piece of a long row. Everything
between load and store lives in one buffer whose shape is a compile-time constant: only then can the compiler prove
that rows do not overlap, and use vector instructions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

OPTIONS: dict[str, Any] = {"fastmath": {"contract", "nsz", "arcp", "reassoc"}, "nogil": True}
# A function that others call is there twice, by itself and, optimised once more, with its caller; which of the two runs
# depends on whether they were compiled or found in the cache, and their sums are not in the same order.
INLINE: dict[str, Any] = {**OPTIONS, "forceinline": True}
SLABS = 8

MODES = 7
WIDTH = 128
STRIDE = WIDTH + 8
PLANE = 0
GRADIENT = 4
FORCE = GRADIENT + 3 * MODES
LOCAL = FORCE + 3 * MODES
ROWS = LOCAL + 24


def tile_shape(n2: int) -> tuple[int, int]:
    """Rows in a tile and elements taken from each, for rows of `n2` elements."""
    return max(1, WIDTH // n2), min(n2, WIDTH)


def slab_edges(n0: int) -> npt.NDArray[np.int64]:
    """First element plane of each slab, with `n0` at the end; slabs are at least two planes thick where possible."""
    count = max(1, min(SLABS, n0 // 2))
    return np.linspace(0, n0, count + 1).round().astype(np.int64)


@njit(inline="always")
def load_modes(u, b, c, i, j, i1, j1, k0, n, w):  # type: ignore[no-untyped-def]
    """Gradient modes of component `c` for elements k0 .. k0 + n of row (i, j).

    They go to rows `GRADIENT` + 7 c of `w`.
    """
    m2 = u.shape[4]
    half = w.dtype.type(0.5)
    quarter = w.dtype.type(0.25)
    inner = min(n + 1, m2 - k0)
    stop = k0 + inner
    u00 = u[b, c, i, j, k0:stop]
    u01 = u[b, c, i, j1, k0:stop]
    u10 = u[b, c, i1, j, k0:stop]
    u11 = u[b, c, i1, j1, k0:stop]
    for k in range(inner):
        a00 = u00[k]
        a01 = u01[k]
        a10 = u10[k]
        a11 = u11[k]
        w[0, k] = quarter * ((a00 + a01) + (a10 + a11))
        w[1, k] = half * ((a10 + a11) - (a00 + a01))
        w[2, k] = half * ((a01 - a00) + (a11 - a10))
        w[3, k] = (a11 - a10) - (a01 - a00)
    if inner == n:
        a00 = u[b, c, i, j, 0]
        a01 = u[b, c, i, j1, 0]
        a10 = u[b, c, i1, j, 0]
        a11 = u[b, c, i1, j1, 0]
        w[0, n] = quarter * ((a00 + a01) + (a10 + a11))
        w[1, n] = half * ((a10 + a11) - (a00 + a01))
        w[2, n] = half * ((a01 - a00) + (a11 - a10))
        w[3, n] = (a11 - a10) - (a01 - a00)
    g = GRADIENT + MODES * c
    for k in range(n):
        w[g, k] = half * (w[1, k] + w[1, k + 1])
        w[g + 1, k] = half * (w[2, k] + w[2, k + 1])
        w[g + 2, k] = w[0, k + 1] - w[0, k]
        w[g + 3, k] = half * (w[3, k] + w[3, k + 1])
        w[g + 4, k] = w[1, k + 1] - w[1, k]
        w[g + 5, k] = w[2, k + 1] - w[2, k]
        w[g + 6, k] = w[3, k + 1] - w[3, k]


@njit(inline="always")
def add_modes(f, b, c, i, j, i1, j1, k0, n, w):  # type: ignore[no-untyped-def]
    """Transpose of `load_modes`: add nodal forces from the mode forces in rows `FORCE` + 7 c of `w`."""
    m2 = f.shape[4]
    half = w.dtype.type(0.5)
    quarter = w.dtype.type(0.25)
    h = FORCE + MODES * c
    w[0, 0] = -w[h + 2, 0]
    w[1, 0] = half * w[h, 0] - w[h + 4, 0]
    w[2, 0] = half * w[h + 1, 0] - w[h + 5, 0]
    w[3, 0] = half * w[h + 3, 0] - w[h + 6, 0]
    for k in range(1, n):
        w[0, k] = w[h + 2, k - 1] - w[h + 2, k]
        w[1, k] = half * (w[h, k] + w[h, k - 1]) + (w[h + 4, k - 1] - w[h + 4, k])
        w[2, k] = half * (w[h + 1, k] + w[h + 1, k - 1]) + (w[h + 5, k - 1] - w[h + 5, k])
        w[3, k] = half * (w[h + 3, k] + w[h + 3, k - 1]) + (w[h + 6, k - 1] - w[h + 6, k])
    w[0, n] = w[h + 2, n - 1]
    w[1, n] = half * w[h, n - 1] + w[h + 4, n - 1]
    w[2, n] = half * w[h + 1, n - 1] + w[h + 5, n - 1]
    w[3, n] = half * w[h + 3, n - 1] + w[h + 6, n - 1]
    inner = min(n + 1, m2 - k0)
    stop = k0 + inner
    f00 = f[b, c, i, j, k0:stop]
    f01 = f[b, c, i, j1, k0:stop]
    f10 = f[b, c, i1, j, k0:stop]
    f11 = f[b, c, i1, j1, k0:stop]
    for k in range(inner):
        f00[k] += (quarter * w[0, k] - half * w[1, k]) - (half * w[2, k] - w[3, k])
    for k in range(inner):
        f01[k] += (quarter * w[0, k] - half * w[1, k]) + (half * w[2, k] - w[3, k])
    for k in range(inner):
        f10[k] += (quarter * w[0, k] + half * w[1, k]) - (half * w[2, k] + w[3, k])
    for k in range(inner):
        f11[k] += (quarter * w[0, k] + half * w[1, k]) + (half * w[2, k] + w[3, k])
    if inner == n:
        p0 = quarter * w[0, n]
        p1 = half * w[1, n]
        p2 = half * w[2, n]
        p3 = w[3, n]
        f[b, c, i, j, 0] += p0 - p1 - p2 + p3
        f[b, c, i, j1, 0] += p0 - p1 + p2 - p3
        f[b, c, i1, j, 0] += p0 + p1 - p2 - p3
        f[b, c, i1, j1, 0] += p0 + p1 + p2 + p3


@njit(inline="always")
def close_mean_modes(w, n, rh, total):  # type: ignore[no-untyped-def]
    """Add the element mean stresses held in the first three force modes to `total` (9), then make them mode forces."""
    for c in range(total.size // 3):
        for d in range(3):
            row = FORCE + MODES * c + d
            s = 0.0
            for k in range(n):
                s += w[row, k]
                w[row, k] *= rh[d]
            total[3 * c + d] += s


@njit(inline="always")
def zero_planes(f, begin, end, last):  # type: ignore[no-untyped-def]
    """Clear the nodal planes that belong to a slab; the last slab owns the closing plane too."""
    stop = f.shape[2] if last else end
    for b in range(f.shape[0]):
        for c in range(f.shape[1]):
            f[b, c, begin:stop] = 0.0
