"""Compiled pair loops of adaptive resolution: molecules in blocks, sites of a block side by side.

For two molecules a, b with resolutions lambda_a, lambda_b and w the weight of their atomistic interaction,

    E_ab = w V^AT_ab + (1 - w) V^CG_ab,

V^AT over all pairs of sites, V^CG between the centres of mass. `w` is (lambda_a + lambda_b) / 2 where energies are
interpolated (H-AdResS) and lambda_a lambda_b where forces are (AdResS). V^AT is not computed where w = 0, nor V^CG
where w = 1: there lies the gain.

    centre  (3, M)   centres of mass, nm
    site    (3, N)   positions of sites relative to the centre of their molecule, nm
    first   (M + 1)  first site of each molecule
    kind    (M)      species of each molecule; a species has `counts[s]` sites of types `types[s, :]`
    starts  (M, S + 1), partners: molecules within reach of molecule a of species t are
            partners[starts[a, t] : starts[a, t + 1]], each pair once

Pair parameters of site types (T, T): Lennard-Jones as A r^-12 - B r^-6 - shift within `lj2`; charges as
qq (1/r + krf r^2 - crf) within `coulomb2` (reaction field; krf = 0 and crf = 1/rc is a shifted cutoff). Below `cap`
the energy continues linearly, for pairs of molecules of which one is not fully atomistic: two molecules may overlap
where they enter the hybrid zone. Energies stay continuous and forces remain their gradient.

Pairs of molecules of the same two species are treated side by side, site pair after site pair, in long loops in the
precision of `site`; what is summed over pairs is double.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from scalebridge._cache import compiled

ROOM = 256  # pairs of molecules that are treated side by side
CHUNKS = 8  # pieces of work at most; their number does not depend on that of the threads
WEIGHT, CAP, ENERGY, D, ROWS = 0, 1, 2, 3, 6
# a division that could raise would keep loops from being vectorised
OPTIONS = {"fastmath": {"contract", "nsz", "arcp", "reassoc", "ninf", "nnan"}, "nogil": True, "error_model": "numpy"}


@njit(inline="always")
def _coarse(r2, table, values, low, per_width):  # type: ignore[no-untyped-def]
    """Energy and -2 dE/d(r^2) of a tabulated pair potential."""
    last = values.shape[1] - 1
    place = (r2 - low[table]) * per_width[table]
    interval = min(max(int(place), 0), last)
    t = place - interval
    a = values[table, interval]
    energy = a[0] + t * (a[1] + t * (a[2] + t * a[3]))
    slope = a[1] + t * (2.0 * a[2] + t * 3.0 * a[3])
    return energy, -2.0 * per_width[table] * slope


@njit(inline="always")
def _sites(n, w, a, b, shift, lj2, qq, krf, crf, coulomb2):  # type: ignore[no-untyped-def]
    """One pair of sites in `n` pairs of molecules: forces over the separations in rows `D` of `w`; capped pairs.

    Everything lives in one buffer whose shape is a compile-time constant: only then can the compiler prove that rows do
    not overlap, and use vector instructions.
    """
    t = w.dtype.type
    one, none, tiny = t(1.0), t(0.0), t(1e-12)
    twelve, six, two = t(12.0) * a, t(6.0) * b, t(2.0) * krf
    capped = none
    for m in range(n):
        dx = w[D, m]
        dy = w[D + 1, m]
        dz = w[D + 2, m]
        r = np.sqrt(dx * dx + dy * dy + dz * dz)
        s = max(r, w[CAP, m])
        i1 = one / s
        i2 = i1 * i1
        i6 = i2 * i2 * i2
        s2 = s * s
        energy = (a * i6 - b) * i6 - shift
        force = (twelve * i6 - six) * i6 * i1
        energy = energy if s2 < lj2 else none
        force = force if s2 < lj2 else none
        if qq != none:
            energy += qq * (i1 + krf * s2 - crf) if s2 < coulomb2 else none
            force += qq * (i2 - two * s) if s2 < coulomb2 else none
        capped += one if r < s else none
        w[ENERGY, m] += energy + force * (s - r)
        k = w[WEIGHT, m] * force / max(r, tiny)
        w[D, m] = k * dx
        w[D + 1, m] = k * dy
        w[D + 2, m] = k * dz
    return capped


@njit(inline="always")
def _difference(n, w, row, q, p):  # type: ignore[no-untyped-def]
    for m in range(n):
        w[row, m] = q[m] - p[m]


@njit(inline="always")
def _add(n, w, row, g, f):  # type: ignore[no-untyped-def]
    for m in range(n):
        g[m] += w[row, m]
    for m in range(n):
        f[m] -= w[row, m]


@njit(inline="always")
def _batch(  # type: ignore[no-untyped-def]
    n, s1, s2, index1, index2, w, d, site, first, counts, types, a, b, shift, lj2, qq, krf, crf, coulomb2,
    p, q, f, g, force, atomistic,
):  # fmt: skip
    """Atomistic interactions of `n` pairs of molecules of species s1 and s2: energy, virial, capped pairs of sites."""
    t = site.dtype.type
    for c in range(3):
        source = site[c]
        for i in range(counts[s1]):
            row, other = p[i, c], f[i, c]
            for m in range(n):
                row[m] = source[index1[m] + i]
            for m in range(n):
                other[m] = t(0.0)
        origin = d[c]
        for k in range(counts[s2]):
            row, other = q[k, c], g[k, c]
            for m in range(n):
                row[m] = origin[m] + source[index2[m] + k]
            for m in range(n):
                other[m] = t(0.0)
    for m in range(n):
        w[ENERGY, m] = t(0.0)
    capped = t(0.0)
    for i in range(counts[s1]):
        t1 = types[s1, i]
        for k in range(counts[s2]):
            t2 = types[s2, k]
            if a[t1, t2] == 0.0 and b[t1, t2] == 0.0 and qq[t1, t2] == 0.0:
                continue
            _difference(n, w, D, q[k, 0], p[i, 0])
            _difference(n, w, D + 1, q[k, 1], p[i, 1])
            _difference(n, w, D + 2, q[k, 2], p[i, 2])
            capped += _sites(
                n, w, a[t1, t2], b[t1, t2], shift[t1, t2], lj2[t1, t2], qq[t1, t2], krf, crf, coulomb2
            )  # fmt: skip
            _add(n, w, D, g[k, 0], f[i, 0])
            _add(n, w, D + 1, g[k, 1], f[i, 1])
            _add(n, w, D + 2, g[k, 2], f[i, 2])
    virial = 0.0
    for c in range(3):
        target, origin = force[c], d[c]
        for i in range(counts[s1]):
            row = f[i, c]
            for m in range(n):
                target[index1[m] + i] += row[m]
        for k in range(counts[s2]):
            row = g[k, c]
            for m in range(n):
                target[index2[m] + k] += row[m]
            more = t(0.0)
            for m in range(n):
                more += row[m] * origin[m]
            virial += more
    return virial, capped


@njit(inline="always")
def _sum_energies(n, w, molecule1, molecule2, atomistic):  # type: ignore[no-untyped-def]
    energy = 0.0
    for m in range(n):
        v = float(w[ENERGY, m])
        energy += w[WEIGHT, m] * v
        atomistic[molecule1[m]] += 0.5 * v
        atomistic[molecule2[m]] += 0.5 * v
    return energy


@compiled(**OPTIONS)
def _chunk(  # type: ignore[no-untyped-def]
    begin, end, centre, site, first, kind, weight, product, box, starts, partners, counts, types, reach2,
    a, b, shift, lj2, qq, krf, crf, coulomb2, cap, table, values, low, per_width, cut2,
    force, pull, atomistic, coarse, totals,
):  # fmt: skip
    """Pairs whose first molecule is in begin .. end."""
    t = site.dtype.type
    most, species = types.shape[1], counts.size
    index1, index2 = np.empty(ROOM, np.int64), np.empty(ROOM, np.int64)
    molecule1, molecule2 = np.empty(ROOM, np.int64), np.empty(ROOM, np.int64)
    w = np.zeros((ROWS, ROOM), site.dtype)
    d = np.empty((3, ROOM), site.dtype)
    p, q = np.empty((most, 3, ROOM), site.dtype), np.empty((most, 3, ROOM), site.dtype)
    f, g = np.empty((most, 3, ROOM), site.dtype), np.empty((most, 3, ROOM), site.dtype)
    energy, virial, overlaps = 0.0, 0.0, 0.0
    half = 0.5 * box
    for s1 in range(species):
        for s2 in range(species):
            number, reach = table[s1, s2], reach2[s1, s2]
            n = 0
            for m1 in range(begin, end):
                if kind[m1] != s1:
                    continue
                w1 = weight[m1]
                x, y, z = centre[0, m1], centre[1, m1], centre[2, m1]
                for at in range(starts[m1, s2], starts[m1, s2 + 1]):
                    m2 = partners[at]
                    dx = centre[0, m2] - x
                    dy = centre[1, m2] - y
                    dz = centre[2, m2] - z
                    if abs(dx) > half[0]:
                        dx -= box[0] * np.rint(dx / box[0])
                    if abs(dy) > half[1]:
                        dy -= box[1] * np.rint(dy / box[1])
                    if abs(dz) > half[2]:
                        dz -= box[2] * np.rint(dz / box[2])
                    r2 = dx * dx + dy * dy + dz * dz
                    share = w1 * weight[m2] if product else 0.5 * (w1 + weight[m2])
                    if share < 1.0 and number >= 0 and r2 < cut2[number]:
                        v, k = _coarse(r2, number, values, low, per_width)
                        coarse[m1] += 0.5 * v
                        coarse[m2] += 0.5 * v
                        energy += (1.0 - share) * v
                        k *= 1.0 - share
                        virial += k * r2
                        pull[0, m1] -= k * dx
                        pull[1, m1] -= k * dy
                        pull[2, m1] -= k * dz
                        pull[0, m2] += k * dx
                        pull[1, m2] += k * dy
                        pull[2, m2] += k * dz
                    if share > 0.0 and r2 < reach:
                        molecule1[n] = m1
                        molecule2[n] = m2
                        index1[n] = first[m1]
                        index2[n] = first[m2]
                        w[WEIGHT, n] = share
                        w[CAP, n] = cap if share < 1.0 else t(0.0)
                        d[0, n] = dx
                        d[1, n] = dy
                        d[2, n] = dz
                        n += 1
                        if n == ROOM:
                            k, more = _batch(
                                n, s1, s2, index1, index2, w, d, site, first, counts, types, a, b, shift, lj2,
                                qq, krf, crf, coulomb2, p, q, f, g, force, atomistic,
                            )  # fmt: skip
                            energy += _sum_energies(n, w, molecule1, molecule2, atomistic)
                            virial, overlaps, n = virial + k, overlaps + more, 0
            if n > 0:
                k, more = _batch(
                    n, s1, s2, index1, index2, w, d, site, first, counts, types, a, b, shift, lj2, qq, krf, crf,
                    coulomb2, p, q, f, g, force, atomistic,
                )  # fmt: skip
                energy += _sum_energies(n, w, molecule1, molecule2, atomistic)
                virial, overlaps = virial + k, overlaps + more
    totals[0] = energy
    totals[1] = virial
    totals[2] = overlaps


@compiled(parallel=True, **OPTIONS)
def pairs(  # type: ignore[no-untyped-def]
    edges, centre, site, first, kind, weight, product, box, starts, partners, counts, types, reach2,
    a, b, shift, lj2, qq, krf, crf, coulomb2, cap, table, values, low, per_width, cut2,
    force, pull, atomistic, coarse,
):  # fmt: skip
    """All pairs of molecules.

    Args:
        edges: first molecule of each piece of work, (CHUNKS + 1,).
        force, pull, atomistic, coarse: scratch of each piece, (CHUNKS, 3, N), (CHUNKS, 3, M), (CHUNKS, M) twice; on
            return the first of each holds the sums: forces on sites, on centres of mass, V^AT_a and V^CG_a.

    Returns:
        Energy, virial of the centres of mass (sum over pairs of r_ab . F_ab), and number of capped pairs of sites.
    """
    chunks = edges.size - 1
    totals = np.zeros((chunks, 3))
    for piece in prange(chunks):
        force[piece] = 0.0
        pull[piece] = 0.0
        atomistic[piece] = 0.0
        coarse[piece] = 0.0
        _chunk(
            edges[piece], edges[piece + 1], centre, site, first, kind, weight, product, box, starts, partners,
            counts, types, reach2, a, b, shift, lj2, qq, krf, crf, coulomb2, cap, table, values, low, per_width, cut2,
            force[piece], pull[piece], atomistic[piece], coarse[piece], totals[piece],
        )  # fmt: skip
    for k in prange(3):
        for piece in range(1, chunks):
            force[0, k] += force[piece, k]
            pull[0, k] += pull[piece, k]
    for piece in range(1, chunks):
        atomistic[0] += atomistic[piece]
        coarse[0] += coarse[piece]
    energy, virial, overlaps = 0.0, 0.0, 0.0
    for piece in range(chunks):
        energy += totals[piece, 0]
        virial += totals[piece, 1]
        overlaps += totals[piece, 2]
    return energy, virial, overlaps


@compiled()
def by_species(starts, partners, kind, species):  # type: ignore[no-untyped-def]
    """Neighbours of each molecule, ordered by species; row ends by species, (M, S + 1)."""
    molecules = kind.size
    ends = np.zeros((molecules, species + 1), np.int64)
    ordered = np.empty_like(partners)
    for m in range(molecules):
        at = starts[m]
        for s in range(species):
            ends[m, s] = at
            for k in range(starts[m], starts[m + 1]):
                if kind[partners[k]] == s:
                    ordered[at] = partners[k]
                    at += 1
        ends[m, species] = at
    return ends, ordered


@compiled(**OPTIONS)
def prepare(positions, mass_share, first, kind, box, region, listed, centre, site, extent, weight, gradient):  # type: ignore[no-untyped-def]
    """Centres of mass, places of sites relative to them, resolutions and their gradients.

    Args:
        positions: (N, 3) of whole molecules.
        region: (9,) middle, which axes count (3), end of the atomistic part, width of the hybrid zone, and the
            switching function: 0 cos2, 1 c2, 2 the same resolution everywhere, the seventh number.
        listed: centres where the neighbour list was made, (3, M).
        centre, site, extent, weight, gradient: results: (3, M), (3, N), largest distance of a site from its centre by
            species, lambda (M,), its gradient (3, M).

    Returns:
        Largest squared distance from `listed`.
    """
    most = 0.0
    extent[:] = 0.0
    middle, axes = region[:3], region[3:6]
    inner, width, switching = region[6], region[7], region[8]
    d = np.empty(3)
    for m in range(first.size - 1):
        x, y, z = 0.0, 0.0, 0.0
        for i in range(first[m], first[m + 1]):
            x += mass_share[i] * positions[i, 0]
            y += mass_share[i] * positions[i, 1]
            z += mass_share[i] * positions[i, 2]
        centre[0, m] = x
        centre[1, m] = y
        centre[2, m] = z
        most = max(most, (x - listed[0, m]) ** 2 + (y - listed[1, m]) ** 2 + (z - listed[2, m]) ** 2)
        for i in range(first[m], first[m + 1]):
            dx, dy, dz = positions[i, 0] - x, positions[i, 1] - y, positions[i, 2] - z
            site[0, i] = dx
            site[1, i] = dy
            site[2, i] = dz
            extent[kind[m]] = max(extent[kind[m]], dx * dx + dy * dy + dz * dz)
        gradient[:, m] = 0.0
        if switching == 2.0:
            weight[m] = inner
            continue
        r2 = 0.0
        for c in range(3):
            d[c] = axes[c] * (centre[c, m] - middle[c])
            d[c] -= box[c] * np.rint(d[c] / box[c])
            r2 += d[c] * d[c]
        r = np.sqrt(r2)
        s = (r - inner) / width
        if s <= 0.0:
            weight[m] = 1.0
        elif s >= 1.0:
            weight[m] = 0.0
        else:
            if switching == 0.0:
                weight[m] = np.cos(0.5 * np.pi * s) ** 2
                slope = -0.5 * np.pi * np.sin(np.pi * s)
            else:
                weight[m] = 1.0 - s**3 * (10.0 - 15.0 * s + 6.0 * s**2)
                slope = -30.0 * s**2 * (1.0 - s) ** 2
            for c in range(3):
                gradient[c, m] = slope / width * d[c] / r
    extent[:] = np.sqrt(extent)
    return most


@compiled(**OPTIONS)
def finish(  # type: ignore[no-untyped-def]
    force, pull, gap, weight, gradient, drifts, kind, knots, polynomials, mass_share, first, result, drift
):
    """Add the drift force and the compensation, and share what acts on centres of mass among sites.

    Args:
        force, pull, gap: forces on sites (3, N) and centres (3, M), V^AT_a - V^CG_a (M,).
        drifts: whether the gap drifts molecules (energies are interpolated).
        knots, polynomials: compensation by species: resolutions (S, K) and cubic polynomials (S, K - 1, 4), highest
            power first.
        result: forces on atoms, (N, 3).
        drift: sum of what is added, (3,).

    Returns:
        Energy of the compensation.
    """
    energy = 0.0
    drift[:] = 0.0
    last = knots.shape[1] - 2
    for m in range(first.size - 1):
        s = kind[m]
        at = min(max(np.searchsorted(knots[s], weight[m], side="right") - 1, 0), last)
        x = weight[m] - knots[s, at]
        a = polynomials[s, at]
        energy += a[3] + x * (a[2] + x * (a[1] + x * a[0]))
        slope = a[2] + x * (2.0 * a[1] + x * 3.0 * a[0])
        if drifts:
            slope += gap[m]
        for c in range(3):
            k = pull[c, m] - slope * gradient[c, m]
            drift[c] -= slope * gradient[c, m]
            for i in range(first[m], first[m + 1]):
                result[i, c] = force[c, i] + mass_share[i] * k
    return energy
