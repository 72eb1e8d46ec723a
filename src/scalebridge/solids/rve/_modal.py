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
    i, p = np.divmod(voxels, n1 * n2)
    j, k = np.divmod(p, n2)
    pieces = -(-n2 // step)
    tiles = -(-n1 // group) * pieces
    tile = (j // group) * pieces + k // step
    return (i * tiles + tile) * group * step + (j % group) * step + k % step, tiles, group * step


@compiled(parallel=True, **OPTIONS)
def assemble(tangent, start, moment, term, factor, signs, places, stiffness):  # type: ignore[no-untyped-def]
    """Upper triangles of S from tangents (K', T, nq, M), to `places` (M) of `stiffness` (T, n0, tiles, K, W)."""
    terms, sets, nq, count = tangent.shape
    entries, width = stiffness.shape[3], stiffness.shape[4]
    patterns = signs.shape[0]
    blocks = (count + WIDTH - 1) // WIDTH
    for block in prange(sets * blocks):
        t, v0 = block // blocks, (block % blocks) * WIDTH
        n = min(WIDTH, count - v0)
        m = np.zeros((patterns * terms, WIDTH))
        for a in range(terms):
            for q in range(nq):
                source = tangent[a, t, q, v0 : v0 + n]
                for p in range(patterns):
                    row = m[p * terms + a]
                    s = signs[p, q]
                    for k in range(n):
                        row[k] += s * source[k]
        flat = stiffness[t].ravel()
        corner = np.empty(WIDTH, np.int64)
        for k in range(n):
            tile = places[v0 + k] // width
            corner[k] = tile * entries * width + places[v0 + k] - tile * width
        acc = np.zeros(WIDTH)
        for e in range(start.size - 1):
            acc[:] = 0.0
            for z in range(start[e], start[e + 1]):
                row = m[moment[z] * terms + term[z]]
                x = factor[z]
                for k in range(n):
                    acc[k] += x * row[k]
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
def _multiply(w, n, s, rows, position):  # type: ignore[no-untyped-def]
    """Force modes = S times gradient modes; long loops of few terms, so that sums stay in registers."""
    count = rows.size
    for a in range(count):
        h = FORCE + rows[a]
        if count == 21:
            s0, s1, s2 = s[position[a, 0]], s[position[a, 1]], s[position[a, 2]]
            s3, s4, s5 = s[position[a, 3]], s[position[a, 4]], s[position[a, 5]]
            s6, s7, s8 = s[position[a, 6]], s[position[a, 7]], s[position[a, 8]]
            g = GRADIENT
            for k in range(n):
                w[h, k] = (
                    (s0[k] * w[g, k] + s1[k] * w[g + 1, k] + s2[k] * w[g + 2, k])
                    + (s3[k] * w[g + 3, k] + s4[k] * w[g + 4, k] + s5[k] * w[g + 5, k])
                    + (s6[k] * w[g + 6, k] + s7[k] * w[g + 7, k] + s8[k] * w[g + 8, k])
                )
            s0, s1, s2 = s[position[a, 9]], s[position[a, 10]], s[position[a, 11]]
            s3, s4, s5 = s[position[a, 12]], s[position[a, 13]], s[position[a, 14]]
            s6, s7, s8 = s[position[a, 15]], s[position[a, 16]], s[position[a, 17]]
            s9, s10, s11 = s[position[a, 18]], s[position[a, 19]], s[position[a, 20]]
            for k in range(n):
                w[h, k] += (
                    (s0[k] * w[g + 9, k] + s1[k] * w[g + 10, k] + s2[k] * w[g + 11, k])
                    + (s3[k] * w[g + 12, k] + s4[k] * w[g + 13, k] + s5[k] * w[g + 14, k])
                    + (s6[k] * w[g + 15, k] + s7[k] * w[g + 16, k] + s8[k] * w[g + 17, k])
                    + (s9[k] * w[g + 18, k] + s10[k] * w[g + 19, k] + s11[k] * w[g + 20, k])
                )
        else:
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


@compiled(**OPTIONS)
def _stored_slab(u, macro, stiffness, n1, n2, rows, position, rh, begin, end, f, total):  # type: ignore[no-untyped-def]
    loads, m0 = u.shape[0], u.shape[2]
    shared = stiffness.shape[0]
    size, step = max(1, WIDTH // n2), min(WIDTH, n2)
    w = np.zeros((ROWS, STRIDE), u.dtype)
    for i in range(begin, end):
        i1 = (i + 1) % m0
        tile = 0
        for j0 in range(0, n1, size):
            group = min(size, n1 - j0)
            for k0 in range(0, n2, step):
                n = min(step, n2 - k0)
                for b in range(loads):
                    s = stiffness[b if shared > 1 else 0, i, tile]
                    _tile(u, b, i, i1, j0, group, k0, n, macro, s, rows, position, rh, w, f, total)
                tile += 1


@compiled(parallel=True, **OPTIONS)
def apply_stored(u, macro, stiffness, n1, n2, rows, position, rh, edges, f, mean):  # type: ignore[no-untyped-def]
    """Forces `f` and summed stresses `mean` for one stiffness per voxel."""
    slabs = edges.size - 1
    totals = np.zeros((2, slabs, u.shape[0], 3 * u.shape[1]))
    for s in prange(slabs):
        zero_planes(f, edges[s], edges[s + 1], s == slabs - 1)
    for s in prange(slabs):
        _stored_slab(u, macro, stiffness, n1, n2, rows, position, rh, edges[s], edges[s + 1] - 1, f, totals[0, s])
    for s in prange(slabs):
        _stored_slab(u, macro, stiffness, n1, n2, rows, position, rh, edges[s + 1] - 1, edges[s + 1], f, totals[1, s])
    mean[:] = totals.sum(axis=0).sum(axis=0)


@compiled(**OPTIONS)
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
    for s in prange(slabs):
        _table_slab(u, macro, phase, table, rows, position, rh, edges[s], edges[s + 1] - 1, f, totals[0, s])
    for s in prange(slabs):
        _table_slab(u, macro, phase, table, rows, position, rh, edges[s + 1] - 1, edges[s + 1], f, totals[1, s])
    mean[:] = totals.sum(axis=0).sum(axis=0)
