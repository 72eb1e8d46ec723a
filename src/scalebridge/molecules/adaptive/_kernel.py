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

Loops over the partners of a block run in the precision of `site`; what is summed over blocks is double.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from scalebridge._cache import compiled

ROOM = 512  # partners of one molecule that are treated at a time
CHUNKS = 8  # pieces of work; their number does not depend on that of the threads
OPTIONS = {"fastmath": {"contract", "nsz", "arcp", "reassoc", "ninf", "nnan"}, "nogil": True}


@njit(inline="always")
def _coarse(r2, table, values, low, per_width, cut2):  # type: ignore[no-untyped-def]
    """Energy and -2 dE/d(r^2) of a tabulated pair potential."""
    if table < 0 or r2 >= cut2[table]:
        return 0.0, 0.0
    last = values.shape[1] - 1
    place = (r2 - low[table]) * per_width[table]
    interval = min(max(int(place), 0), last)
    t = place - interval
    a = values[table, interval]
    energy = a[0] + t * (a[1] + t * (a[2] + t * a[3]))
    slope = a[1] + t * (2.0 * a[2] + t * 3.0 * a[3])
    return energy, -2.0 * per_width[table] * slope


@njit(inline="always")
def _sites(n, x, y, z, px, py, pz, weight, cap, a, b, shift, lj2, qq, krf, crf, coulomb2, gx, gy, gz, e):  # type: ignore[no-untyped-def]
    """One site at (x, y, z) against `n` sites at p: adds to forces g on them and energies e; its own force and capped pairs."""
    t = px.dtype.type
    one = t(1.0)
    fx, fy, fz = t(0.0), t(0.0), t(0.0)
    capped = 0
    for m in range(n):
        dx = px[m] - x
        dy = py[m] - y
        dz = pz[m] - z
        r2 = dx * dx + dy * dy + dz * dz
        r = np.sqrt(r2)
        s = max(r, cap[m])
        i1 = one / s
        i2 = i1 * i1
        i6 = i2 * i2 * i2
        energy = (a * i6 - b) * i6 - shift
        force = (t(12.0) * a * i6 - t(6.0) * b) * i6 * i1
        inside = s * s < lj2
        energy = energy if inside else t(0.0)
        force = force if inside else t(0.0)
        if qq != t(0.0):
            near = s * s < coulomb2
            energy += qq * (i1 + krf * s * s - crf) if near else t(0.0)
            force += qq * (i2 - t(2.0) * krf * s) if near else t(0.0)
        capped += 1 if r < s else 0
        energy += force * (s - r)
        e[m] += energy
        f = weight[m] * force / max(r, t(1e-12))
        gx[m] += f * dx
        gy[m] += f * dy
        gz[m] += f * dz
        fx -= f * dx
        fy -= f * dy
        fz -= f * dz
    return fx, fy, fz, capped


@compiled(**OPTIONS)
def _chunk(  # type: ignore[no-untyped-def]
    begin, end, centre, site, first, kind, weight, product, box, starts, partners, counts, types, reach2,
    a, b, shift, lj2, qq, krf, crf, coulomb2, cap, table, values, low, per_width, cut2,
    force, pull, atomistic, coarse, totals,
):  # fmt: skip
    """Pairs whose first molecule is in begin .. end."""
    t = site.dtype.type
    most = types.shape[1]
    index = np.empty(ROOM, np.int64)
    w = np.empty(ROOM, site.dtype)
    d = np.empty((3, ROOM), site.dtype)
    caps = np.empty(ROOM, site.dtype)
    e = np.empty(ROOM, site.dtype)
    p = np.empty((most, 3, ROOM), site.dtype)
    g = np.empty((most, 3, ROOM), site.dtype)
    species = counts.size
    energy = 0.0
    virial = 0.0
    overlaps = 0
    for m1 in range(begin, end):
        s1 = kind[m1]
        for s2 in range(species):
            number = table[s1, s2]
            reach = reach2[s1, s2]
            start = starts[m1, s2]
            stop = starts[m1, s2 + 1]
            while start < stop:
                n = 0
                while start < stop and n < ROOM:
                    m2 = partners[start]
                    start += 1
                    dx = centre[0, m2] - centre[0, m1]
                    dy = centre[1, m2] - centre[1, m1]
                    dz = centre[2, m2] - centre[2, m1]
                    dx -= box[0] * np.rint(dx / box[0])
                    dy -= box[1] * np.rint(dy / box[1])
                    dz -= box[2] * np.rint(dz / box[2])
                    r2 = dx * dx + dy * dy + dz * dz
                    share = weight[m1] * weight[m2] if product else 0.5 * (weight[m1] + weight[m2])
                    if share < 1.0:
                        v, f = _coarse(r2, number, values, low, per_width, cut2)
                        coarse[m1] += 0.5 * v
                        coarse[m2] += 0.5 * v
                        energy += (1.0 - share) * v
                        f *= 1.0 - share
                        virial += f * r2
                        pull[0, m1] -= f * dx
                        pull[1, m1] -= f * dy
                        pull[2, m1] -= f * dz
                        pull[0, m2] += f * dx
                        pull[1, m2] += f * dy
                        pull[2, m2] += f * dz
                    if share > 0.0 and r2 < reach:
                        index[n] = m2
                        w[n] = share
                        caps[n] = cap if share < 1.0 else 0.0
                        d[0, n] = dx
                        d[1, n] = dy
                        d[2, n] = dz
                        n += 1
                if n == 0:
                    continue
                for k in range(counts[s2]):
                    for c in range(3):
                        row = p[k, c]
                        origin = d[c]
                        source = site[c]
                        for m in range(n):
                            row[m] = origin[m] + source[first[index[m]] + k]
                            g[k, c, m] = t(0.0)
                for m in range(n):
                    e[m] = t(0.0)
                for i in range(counts[s1]):
                    at = first[m1] + i
                    t1 = types[s1, i]
                    for k in range(counts[s2]):
                        t2 = types[s2, k]
                        if a[t1, t2] == 0.0 and b[t1, t2] == 0.0 and qq[t1, t2] == 0.0:
                            continue
                        fx, fy, fz, more = _sites(
                            n, site[0, at], site[1, at], site[2, at], p[k, 0], p[k, 1], p[k, 2], w, caps,
                            a[t1, t2], b[t1, t2], shift[t1, t2], lj2[t1, t2], qq[t1, t2], krf, crf, coulomb2,
                            g[k, 0], g[k, 1], g[k, 2], e,
                        )  # fmt: skip
                        force[0, at] += fx
                        force[1, at] += fy
                        force[2, at] += fz
                        overlaps += more
                for k in range(counts[s2]):
                    for c in range(3):
                        row = g[k, c]
                        for m in range(n):
                            force[c, first[index[m]] + k] += row[m]
                            virial += row[m] * d[c, m]
                for m in range(n):
                    v = float(e[m])
                    energy += w[m] * v
                    atomistic[m1] += 0.5 * v
                    atomistic[index[m]] += 0.5 * v
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
def gather(positions, mass_share, first, centre, site):  # type: ignore[no-untyped-def]
    """Centres of mass and positions relative to them, from positions (N, 3) of whole molecules."""
    for m in range(first.size - 1):
        x, y, z = 0.0, 0.0, 0.0
        for i in range(first[m], first[m + 1]):
            x += mass_share[i] * positions[i, 0]
            y += mass_share[i] * positions[i, 1]
            z += mass_share[i] * positions[i, 2]
        centre[0, m] = x
        centre[1, m] = y
        centre[2, m] = z
        for i in range(first[m], first[m + 1]):
            site[0, i] = positions[i, 0] - x
            site[1, i] = positions[i, 1] - y
            site[2, i] = positions[i, 2] - z


@compiled(**OPTIONS)
def scatter(force, pull, mass_share, first, result):  # type: ignore[no-untyped-def]
    """Forces on sites plus those on centres of mass, shared by mass, to (N, 3)."""
    for m in range(first.size - 1):
        for i in range(first[m], first[m + 1]):
            for c in range(3):
                result[i, c] = force[c, i] + mass_share[i] * pull[c, m]
