"""Action of stiffnesses that differ from point to point, as one small symmetric matrix per voxel.

With the gradient modes of `_rows` a voxel's stiffness is a symmetric matrix S of order 3 x (active modes): 21 for
fully integrated hexahedra, 12 for quadrilaterals, 9 at one point. It follows from the tangents C_q at the
integration points by

    S[(c, m), (c', m')] = mean_q sum_{d, d'} phi_md(x_q) phi_m'd'(x_q) C_q[(c, d), (c', d')] / (h_d h_d'),

where phi_md is the monomial that multiplies mode m in direction d (left without 1 / h for the three mean modes, whose
force is the mean stress itself). Elements with a mean dilatation (B-bar) take the trace out of every monomial that is
not constant, which gives modes entries beyond their own (c, d). Points lie at +-a on each axis, so products of
monomials are sign patterns: a Walsh-Hadamard transform over the points leaves a few terms for each entry.

    stiffness (T, n0, tiles, K, W)   upper triangle of S, row-major, in the tiles of `_rows`; T = B, or 1 when shared
    tangent   (K', T, nq, M)         upper triangle of the tangents of M voxels; K' = 21 (Mandel), 45 (finite strain),
                                     or 6 (conductivity)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt
from numba import njit, prange

from scalebridge._cache import compiled
from scalebridge.solids.rve._rows import (
    FORCE,
    GRADIENT,
    INLINE,
    MODES,
    OPTIONS,
    ROWS,
    STRIDE,
    WIDTH,
    add_modes,
    close_mean_modes,
    load_modes,
    tile_shape,
    zero_planes,
)

# exponents of (xi, eta, zeta) of the monomial that multiplies mode m in direction d; absent where it does not act
MONOMIALS: dict[tuple[int, int], tuple[int, int, int]] = {
    (0, 0): (0, 0, 0), (1, 1): (0, 0, 0), (2, 2): (0, 0, 0),
    (3, 0): (0, 1, 0), (3, 1): (1, 0, 0),
    (4, 0): (0, 0, 1), (4, 2): (1, 0, 0),
    (5, 1): (0, 0, 1), (5, 2): (0, 1, 0),
    (6, 0): (0, 1, 1), (6, 1): (1, 0, 1), (6, 2): (1, 1, 0),
}  # fmt: skip


def triangle(size: int) -> npt.NDArray[np.int64]:
    """Position of entry (i, j) of a symmetric matrix in its row-major upper triangle, (size, size)."""
    i, j = np.indices((size, size))
    low, high = np.minimum(i, j), np.maximum(i, j)
    position: npt.NDArray[np.int64] = low * size - low * (low - 1) // 2 + high - low
    return position


@dataclass(frozen=True)
class Assembly:
    """How entries of S are summed from Walsh-Hadamard moments of the tangent.

    Attributes:
        rows: position 7 c + m of each active (component, mode), (R,).
        start: first term of each entry of the upper triangle, (R (R + 1) / 2 + 1,).
        moment: sign pattern of each term.
        term: tangent component of each term.
        factor: monomial values, Mandel factors and edge lengths of each term.
        signs: sign of each pattern at each point, divided by the number of points, (patterns, nq).
    """

    rows: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    moment: npt.NDArray[np.int64]
    term: npt.NDArray[np.int64]
    factor: npt.NDArray[np.float64]
    signs: npt.NDArray[np.float64]


_MANDEL = {(0, 0): 0, (1, 1): 1, (2, 2): 2, (1, 2): 3, (2, 1): 3, (0, 2): 4, (2, 0): 4, (0, 1): 5, (1, 0): 5}


def _component(c: int, d: int, terms: int) -> tuple[int, float]:
    """Row of the tangent for gradient component (c, d), and its factor."""
    if terms == 6:
        return d, 1.0
    if terms == 45:
        return 3 * c + d, 1.0
    return _MANDEL[c, d], 1.0 if c == d else float(np.sqrt(0.5))


@cache
def assembly(
    spread: tuple[float, float, float], rh: tuple[float, float, float], terms: int, mean_dilatation: bool = False
) -> Assembly:
    """How stiffness matrices are summed from tangents.

    Args:
        spread: distance of the points from the middle on each axis; 0: one point.
        rh: 1 / h on each axis.
        terms: entries of a tangent.
        mean_dilatation: whether the volumetric strain of an element is constant (B-bar); for 21 entries.
    """
    axes = [(s, -s) if s else (0.0,) for s in spread]
    points = np.array(list(product(*axes)))
    patterns = [p for p in product((0, 1), repeat=3) if all(s or not e for s, e in zip(spread, p, strict=True))]
    signs = np.array([[np.prod(np.sign(x) ** np.array(p)) for x in points] for p in patterns]) / len(points)
    active = [m for m in range(MODES) if any(_acts(m, d, spread) for d in range(3))]
    pairs = [(c, m) for c in range(1 if terms == 6 else 3) for m in active]
    position = triangle({6: 3, 21: 6, 45: 9}[terms])
    start, moment, term, factor = [0], [], [], []
    for a, (c1, m1) in enumerate(pairs):
        for c2, m2 in pairs[a:]:
            first = _strains(c1, m1, spread, rh, terms, mean_dilatation)
            for (i1, p1, f1), (i2, p2, f2) in product(first, _strains(c2, m2, spread, rh, terms, mean_dilatation)):
                exponent = np.array(p1) + np.array(p2)
                moment.append(patterns.index(tuple(int(e) % 2 for e in exponent)))
                term.append(position[i1, i2])
                factor.append(np.prod(np.array(spread) ** exponent) * f1 * f2)
            start.append(len(moment))
    rows = np.array([MODES * c + m for c, m in pairs])
    return Assembly(rows, np.array(start), np.array(moment), np.array(term), np.array(factor), signs)


_Strain = tuple[int, tuple[int, int, int], float]


def _strains(
    c: int, m: int, spread: tuple[float, float, float], rh: tuple[float, float, float], terms: int, bar: bool
) -> list[_Strain]:
    """What mode m of component c gives: rows of the tangent, exponents of the monomial, factors."""
    found: list[_Strain] = []
    for d in (d for d in range(3) if _acts(m, d, spread)):
        row, factor = _component(c, d, terms)
        scale = rh[d] if m > 2 else 1.0
        found.append((row, MONOMIALS[m, d], factor * scale))
        if bar and c == d and m > 2:
            found.extend((e, MONOMIALS[m, d], -scale / 3.0) for e in range(3))
    return found


def _acts(m: int, d: int, spread: tuple[float, float, float]) -> bool:
    """Whether mode m gives a strain in direction d at points that may spread along some axes only."""
    return (m, d) in MONOMIALS and all(s or not e for s, e in zip(spread, MONOMIALS[m, d], strict=True))


def tile_places(voxels: npt.NDArray[np.int64], shape: tuple[int, int, int]) -> tuple[npt.NDArray[np.int64], int, int]:
    """Place of voxels in a flattened (n0, tiles, W) array, with the number of tiles per plane and W."""
    _, n1, n2 = shape
    group, step = tile_shape(n2)
    width = WIDTH if 4 * group * step > 3 * WIDTH else group * step
    i, p = np.divmod(voxels, n1 * n2)
    j, k = np.divmod(p, n2)
    pieces = -(-n2 // step)
    tiles = -(-n1 // group) * pieces
    tile = (j // group) * pieces + k // step
    return (i * tiles + tile) * width + (j % group) * step + k % step, tiles, width


@njit(inline="always")
def _signed_sum(values, signs, v0, n, out):  # type: ignore[no-untyped-def]
    """Sum over the points of `values` (nq, M) times `signs`, for the voxels v0 .. v0 + n."""
    if signs.size == 8:
        s0, s1, s2, s3 = signs[0], signs[1], signs[2], signs[3]
        s4, s5, s6, s7 = signs[4], signs[5], signs[6], signs[7]
        x0, x1, x2, x3 = values[0, v0 : v0 + n], values[1, v0 : v0 + n], values[2, v0 : v0 + n], values[3, v0 : v0 + n]
        x4, x5, x6, x7 = values[4, v0 : v0 + n], values[5, v0 : v0 + n], values[6, v0 : v0 + n], values[7, v0 : v0 + n]
        for k in range(n):
            first = (s0 * x0[k] + s1 * x1[k]) + (s2 * x2[k] + s3 * x3[k])
            out[k] = first + ((s4 * x4[k] + s5 * x5[k]) + (s6 * x6[k] + s7 * x7[k]))
        return
    out[:n] = 0.0
    for q in range(signs.size):
        s, x = signs[q], values[q, v0 : v0 + n]
        for k in range(n):
            out[k] += s * x[k]


@compiled(parallel=True, **OPTIONS)
def assemble(tangent, start, moment, term, factor, signs, places, stiffness):  # type: ignore[no-untyped-def]
    """Upper triangles of S from tangents (K', T, nq, M), to `places` (M) of `stiffness` (T, n0, tiles, K, W)."""
    terms, sets, _, count = tangent.shape
    entries, width = stiffness.shape[3], stiffness.shape[4]
    patterns = signs.shape[0]
    blocks = (count + WIDTH - 1) // WIDTH
    for block in prange(sets * blocks):
        t, v0 = block // blocks, (block % blocks) * WIDTH
        n = min(WIDTH, count - v0)
        m = np.zeros((patterns * terms, WIDTH))
        for a in range(terms):
            for p in range(patterns):
                _signed_sum(tangent[a, t], signs[p], v0, n, m[p * terms + a])
        flat = stiffness[t].ravel()
        corner = np.empty(WIDTH, np.int64)
        for k in range(n):
            tile = places[v0 + k] // width
            corner[k] = tile * entries * width + places[v0 + k] - tile * width
        acc = np.zeros(WIDTH)
        for e in range(start.size - 1):
            begin, stop = start[e], start[e + 1]
            acc[:] = 0.0
            if (stop - begin) % 2:
                row, x = m[moment[begin] * terms + term[begin]], factor[begin]
                for k in range(n):
                    acc[k] = x * row[k]
            for z in range(begin + (stop - begin) % 2, stop, 2):
                row, x = m[moment[z] * terms + term[z]], factor[z]
                other, y = m[moment[z + 1] * terms + term[z + 1]], factor[z + 1]
                for k in range(n):
                    acc[k] += x * row[k] + y * other[k]
            for k in range(n):
                flat[corner[k] + e * width] = acc[k]


@njit(inline="always")
def _mean_modes_with_macro(w, n, rh, e):  # type: ignore[no-untyped-def]
    """Turn the three mean modes of each component into gradients and add the macro gradient."""
    for c in range(e.size // 3):
        for d in range(3):
            row = GRADIENT + MODES * c + d
            r = rh[d]
            x = e[3 * c + d]
            for k in range(n):
                w[row, k] = w[row, k] * r + x


@njit(inline="always")
def _whole(n, s):  # type: ignore[no-untyped-def]
    """Whether the whole buffer is multiplied: a length known to the compiler leaves no remainders.

    Idle lanes hold zeros or what an earlier tile left, and nobody reads them.
    """
    return s.shape[1] == WIDTH and 4 * n > 3 * WIDTH


@njit(inline="always")
def _multiply_full(w, n, s, position):  # type: ignore[no-untyped-def]
    """Force modes = S times gradient modes for all 21 of them, three rows by three columns at a time."""
    for a in range(0, 21, 3):
        h = FORCE + a
        for k in range(n):
            w[h, k] = 0.0
            w[h + 1, k] = 0.0
            w[h + 2, k] = 0.0
        for b in range(0, 21, 3):
            g = GRADIENT + b
            s00, s01, s02 = s[position[a, b]], s[position[a, b + 1]], s[position[a, b + 2]]
            s10, s11, s12 = s[position[a + 1, b]], s[position[a + 1, b + 1]], s[position[a + 1, b + 2]]
            s20, s21, s22 = s[position[a + 2, b]], s[position[a + 2, b + 1]], s[position[a + 2, b + 2]]
            for k in range(n):
                x0, x1, x2 = w[g, k], w[g + 1, k], w[g + 2, k]
                w[h, k] += s00[k] * x0 + s01[k] * x1 + s02[k] * x2
                w[h + 1, k] += s10[k] * x0 + s11[k] * x1 + s12[k] * x2
                w[h + 2, k] += s20[k] * x0 + s21[k] * x1 + s22[k] * x2


@njit(inline="always")
def _multiply_pair(w, n, s, position):  # type: ignore[no-untyped-def]
    """As `_multiply_full` for two loads, the second one `ROWS` further down: S is read once for both."""
    for a in range(0, 21, 3):
        h = FORCE + a
        for k in range(n):
            for row in (0, 1, 2, ROWS, ROWS + 1, ROWS + 2):
                w[h + row, k] = 0.0
        for b in range(0, 21, 3):
            g = GRADIENT + b
            s00, s01, s02 = s[position[a, b]], s[position[a, b + 1]], s[position[a, b + 2]]
            s10, s11, s12 = s[position[a + 1, b]], s[position[a + 1, b + 1]], s[position[a + 1, b + 2]]
            s20, s21, s22 = s[position[a + 2, b]], s[position[a + 2, b + 1]], s[position[a + 2, b + 2]]
            for k in range(n):
                x0, x1, x2 = w[g, k], w[g + 1, k], w[g + 2, k]
                y0, y1, y2 = w[ROWS + g, k], w[ROWS + g + 1, k], w[ROWS + g + 2, k]
                c0, c1, c2 = s00[k], s01[k], s02[k]
                w[h, k] += c0 * x0 + c1 * x1 + c2 * x2
                w[ROWS + h, k] += c0 * y0 + c1 * y1 + c2 * y2
                d0, d1, d2 = s10[k], s11[k], s12[k]
                w[h + 1, k] += d0 * x0 + d1 * x1 + d2 * x2
                w[ROWS + h + 1, k] += d0 * y0 + d1 * y1 + d2 * y2
                e0, e1, e2 = s20[k], s21[k], s22[k]
                w[h + 2, k] += e0 * x0 + e1 * x1 + e2 * x2
                w[ROWS + h + 2, k] += e0 * y0 + e1 * y1 + e2 * y2


@njit(inline="always")
def _multiply(w, n, s, rows, position):  # type: ignore[no-untyped-def]
    """Force modes = S times gradient modes; long loops of few terms, so that sums stay in registers."""
    count = rows.size
    if count == 21:
        if _whole(n, s):
            _multiply_full(w, WIDTH, s, position)
        else:
            _multiply_full(w, n, s, position)
        return
    for a in range(count):
        h = FORCE + rows[a]
        for k in range(n):
            w[h, k] = 0.0
        for b in range(count % 3):
            s0 = s[position[a, b]]
            g0 = GRADIENT + rows[b]
            for k in range(n):
                w[h, k] += s0[k] * w[g0, k]
        for b in range(count % 3, count, 3):
            s0, s1, s2 = s[position[a, b]], s[position[a, b + 1]], s[position[a, b + 2]]
            g0, g1, g2 = GRADIENT + rows[b], GRADIENT + rows[b + 1], GRADIENT + rows[b + 2]
            for k in range(n):
                w[h, k] += s0[k] * w[g0, k] + s1[k] * w[g1, k] + s2[k] * w[g2, k]


@njit(inline="always")
def _tile(u, b, i, i1, j0, group, k0, n, macro, s, rows, position, rh, w, f, total):  # type: ignore[no-untyped-def]
    m1 = u.shape[3]
    for j in range(group):
        for c in range(u.shape[1]):
            load_modes(u, b, c, i, j0 + j, i1, (j0 + j + 1) % m1, k0, n, w[:, j * n :])
    _mean_modes_with_macro(w, group * n, rh, macro[b])
    _multiply(w, group * n, s, rows, position)
    close_mean_modes(w, group * n, rh, total[b])
    for j in range(group):
        for c in range(u.shape[1]):
            add_modes(f, b, c, i, j0 + j, i1, (j0 + j + 1) % m1, k0, n, w[:, j * n :])


@njit(inline="always")
def _tile_pair(u, b, i, i1, j0, group, k0, n, macro, s, position, rh, w, f, total):  # type: ignore[no-untyped-def]
    m1 = u.shape[3]
    for j in range(group):
        for c in range(3):
            load_modes(u, b, c, i, j0 + j, i1, (j0 + j + 1) % m1, k0, n, w[:, j * n :])
            load_modes(u, b + 1, c, i, j0 + j, i1, (j0 + j + 1) % m1, k0, n, w[ROWS:, j * n :])
    _mean_modes_with_macro(w, group * n, rh, macro[b])
    _mean_modes_with_macro(w[ROWS:], group * n, rh, macro[b + 1])
    if _whole(group * n, s):
        _multiply_pair(w, WIDTH, s, position)
    else:
        _multiply_pair(w, group * n, s, position)
    close_mean_modes(w, group * n, rh, total[b])
    close_mean_modes(w[ROWS:], group * n, rh, total[b + 1])
    for j in range(group):
        for c in range(3):
            add_modes(f, b, c, i, j0 + j, i1, (j0 + j + 1) % m1, k0, n, w[:, j * n :])
            add_modes(f, b + 1, c, i, j0 + j, i1, (j0 + j + 1) % m1, k0, n, w[ROWS:, j * n :])


@compiled(**INLINE)
def _stored_slab(u, macro, stiffness, n1, n2, rows, position, rh, begin, end, f, total):  # type: ignore[no-untyped-def]
    loads, m0 = u.shape[0], u.shape[2]
    shared = stiffness.shape[0] == 1
    paired = loads - loads % 2 if shared and rows.size == 21 else 0
    size, step = max(1, WIDTH // n2), min(WIDTH, n2)
    w = np.zeros((2 * ROWS, STRIDE), u.dtype)
    for i in range(begin, end):
        i1 = (i + 1) % m0
        tile = 0
        for j0 in range(0, n1, size):
            group = min(size, n1 - j0)
            for k0 in range(0, n2, step):
                n = min(step, n2 - k0)
                for b in range(0, paired, 2):
                    _tile_pair(u, b, i, i1, j0, group, k0, n, macro, stiffness[0, i, tile], position, rh, w, f, total)
                for b in range(paired, loads):
                    s = stiffness[0 if shared else b, i, tile]
                    _tile(u, b, i, i1, j0, group, k0, n, macro, s, rows, position, rh, w, f, total)
                tile += 1


@compiled(parallel=True, **OPTIONS)
def apply_stored(u, macro, stiffness, n1, n2, rows, position, rh, edges, f, mean):  # type: ignore[no-untyped-def]
    """Forces `f` and summed stresses `mean` for one stiffness per voxel."""
    slabs = edges.size - 1
    totals = np.zeros((2, slabs, u.shape[0], 3 * u.shape[1]))
    for s in prange(slabs):
        zero_planes(f, edges[s], edges[s + 1], s == slabs - 1)
    # one loop for both turns: the compiler takes it apart once
    for turn in range(2):
        for s in prange(slabs):
            begin, end = edges[s] + turn * (edges[s + 1] - 1 - edges[s]), edges[s + 1] - 1 + turn
            _stored_slab(u, macro, stiffness, n1, n2, rows, position, rh, begin, end, f, totals[turn, s])
    mean[:] = totals.sum(axis=0).sum(axis=0)


@compiled(**INLINE)
def _table_slab(u, macro, phase, table, rows, position, rh, begin, end, f, total):  # type: ignore[no-untyped-def]
    loads, m0 = u.shape[0], u.shape[2]
    n1, n2 = phase.shape[1], phase.shape[2]
    size, step = max(1, WIDTH // n2), min(WIDTH, n2)
    w = np.zeros((ROWS, STRIDE), u.dtype)
    s = np.zeros((table.shape[0], WIDTH), u.dtype)
    for i in range(begin, end):
        i1 = (i + 1) % m0
        flat = phase[i].ravel()
        for j0 in range(0, n1, size):
            group = min(size, n1 - j0)
            for k0 in range(0, n2, step):
                n = min(step, n2 - k0)
                at = flat[j0 * n2 + k0 : j0 * n2 + k0 + group * n]
                for e in range(table.shape[0]):
                    for k in range(group * n):
                        s[e, k] = table[e, at[k]]
                for b in range(loads):
                    _tile(u, b, i, i1, j0, group, k0, n, macro, s, rows, position, rh, w, f, total)


@compiled(parallel=True, **OPTIONS)
def apply_table(u, macro, phase, table, rows, position, rh, edges, f, mean):  # type: ignore[no-untyped-def]
    """Forces and summed stresses for one stiffness per phase: `phase` (n0, n1, n2), `table` (K, phases)."""
    slabs = edges.size - 1
    totals = np.zeros((2, slabs, u.shape[0], 3 * u.shape[1]))
    for s in prange(slabs):
        zero_planes(f, edges[s], edges[s + 1], s == slabs - 1)
    # one loop for both turns: the compiler takes it apart once
    for turn in range(2):
        for s in prange(slabs):
            begin, end = edges[s] + turn * (edges[s + 1] - 1 - edges[s]), edges[s + 1] - 1 + turn
            _table_slab(u, macro, phase, table, rows, position, rh, begin, end, f, totals[turn, s])
    mean[:] = totals.sum(axis=0).sum(axis=0)
