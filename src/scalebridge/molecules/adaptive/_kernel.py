"""Compiled pair loops of adaptive resolution: all sites of one type around a molecule side by side.

For two molecules a, b with resolutions lambda_a, lambda_b and w the weight of their atomistic interaction,

    E_ab = w V^AT_ab + (1 - w) V^CG_ab,

V^AT over all pairs of sites, V^CG between the centres of mass. `w` is (lambda_a + lambda_b) / 2 where energies are
interpolated (H-AdResS) and lambda_a lambda_b where forces are (AdResS). V^AT is not computed where w = 0, nor V^CG
where w = 1: there lies the gain.

    place   (M, 4)   centres of mass, nm, and resolutions
    site    (N, 3)   positions of sites relative to the centre of their molecule, nm
    first   (M + 1)  first site of each molecule
    kind    (M)      species of each molecule; a species has `counts[s]` sites of types `types[s, :]`
    groups  (S, g, 3) of each species: the sites order[s, begin : end] are of one type; (type, begin, end), -1 for none
    rows    (M)      molecules in the order of the lists: what lies near in space is treated together
    starts  (M, S + 1), partners: molecules within reach of molecule rows[a] of species t are
            partners[starts[a, t] : starts[a, t + 1]], each pair once
    whole   (M, 3)   centres with 2^32 to a period, for pairs of beads

Pair parameters of site types (T, T): Lennard-Jones as A r^-12 - B r^-6 - shift within `lj2`; charges as
qq (1/r + krf r^2 - crf) within `coulomb2` (reaction field; krf = 0 and crf = 1/rc is a shifted cutoff). Below `cap`
the energy continues linearly, for pairs of molecules of which one is not fully atomistic: two molecules may overlap
where they enter the hybrid zone. Energies stay continuous and forces remain their gradient.

Loops over the sites around a molecule run in the precision of `site`; what is summed over pairs is double.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from scalebridge._cache import compiled

ROOM = 384  # sites that are treated side by side
LANES = 16  # loops over them run to a multiple of this
CHUNKS = 4  # pieces of work at most; their number does not depend on that of the threads
WEIGHT, ENERGY, Q, G, ROWS = 0, 1, 2, 5, 8
X, Y, Z, SHARE, R2, V, K, COLUMNS = 0, 1, 2, 3, 4, 5, 6, 7
E, T, WORDS = 4, 5, 8  # of a molecule, after X, Y, Z and SHARE
FAR = 1e4  # nm, where what fills a loop up is put
# a division that could raise would keep loops from being vectorised
OPTIONS = {"fastmath": {"contract", "nsz", "arcp", "reassoc", "ninf", "nnan"}, "nogil": True, "error_model": "numpy"}
INLINE = {**OPTIONS, "forceinline": True}


@njit(**INLINE)
def _interaction(lj, coulomb, capped, r2, cap, a, b, shift, lj2, qq, krf, crf, coulomb2):  # type: ignore[no-untyped-def]
    """Two sites at a squared distance: energy, force over distance, and 1 where the cap acts.

    `lj`, `coulomb` and `capped` are constants where this is called.
    """
    t = type(r2)
    one, none = t(1.0), t(0.0)
    r2 = max(r2, t(1e-12))
    inverse = one / np.sqrt(r2)
    s, s2, i1 = none, r2, inverse
    if capped:
        s = max(r2 * inverse, cap)
        s2 = s * s
        i1 = one / s
    i2 = i1 * i1
    energy, force, count = none, none, none
    if lj:
        i6 = i2 * i2 * i2
        energy = (a * i6 - b) * i6 - shift if s2 < lj2 else none
        force = (t(12.0) * a * i6 - t(6.0) * b) * i6 * i2 if s2 < lj2 else none
    if coulomb:
        energy += qq * (i1 + krf * s2 - crf) if s2 < coulomb2 else none
        force += qq * (i1 * i2 - t(2.0) * krf) if s2 < coulomb2 else none
    if capped:
        r = r2 * inverse
        energy += force * s * (s - r)
        force *= s * inverse
        count = one if r < s else none
    return energy, force, count


@njit(**INLINE)
def _sites(lj, coulomb, capped, n, w, x, y, z, cap, a, b, shift, lj2, qq, krf, crf, coulomb2):  # type: ignore[no-untyped-def]
    """A site at (x, y, z) and `n` others of one type: force on the former, and capped pairs.

    `lj`, `coulomb` and `capped` are constants where this is called. Everything lives in one buffer whose shape is a
    compile-time constant: only then can the compiler prove that rows do not overlap, and use vector instructions.
    """
    none = w.dtype.type(0.0)
    fx, fy, fz, count = none, none, none, none
    for m in range(n):
        dx = w[Q, m] - x
        dy = w[Q + 1, m] - y
        dz = w[Q + 2, m] - z
        energy, force, more = _interaction(
            lj, coulomb, capped, dx * dx + dy * dy + dz * dz, cap, a, b, shift, lj2, qq, krf, crf, coulomb2
        )
        count += more
        w[ENERGY, m] += energy
        force *= w[WEIGHT, m]
        dx *= force
        dy *= force
        dz *= force
        w[G, m] += dx
        w[G + 1, m] += dy
        w[G + 2, m] += dz
        fx -= dx
        fy -= dy
        fz -= dz
    return fx, fy, fz, count


@njit(**INLINE)
def _some_sites(soft, n, w, x, y, z, cap, a, b, shift, lj2, qq, krf, crf, coulomb2):  # type: ignore[no-untyped-def]
    """`_sites` with nothing in it that these types of sites do not need."""
    none = w.dtype.type(0.0)
    charged = qq != none
    if a == none and b == none:
        if soft:
            return _sites(False, True, True, n, w, x, y, z, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
        return _sites(False, True, False, n, w, x, y, z, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
    if charged:
        if soft:
            return _sites(True, True, True, n, w, x, y, z, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
        return _sites(True, True, False, n, w, x, y, z, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
    if soft:
        return _sites(True, False, True, n, w, x, y, z, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
    return _sites(True, False, False, n, w, x, y, z, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)


@njit(**INLINE)
def _gather(n, origin, u, order, begin, end, site, w):  # type: ignore[no-untyped-def]
    """Sites begin .. end of `n` molecules into rows, site by site, and sites far away up to a multiple of `LANES`.

    Returns:
        How many sites these are.
    """
    t = site.dtype.type
    lanes = 0
    for k in range(begin, end):
        own = order[k]
        for m in range(n):
            i = origin[m] + own
            w[Q, lanes + m] = site[i, 0]
            w[Q + 1, lanes + m] = site[i, 1]
            w[Q + 2, lanes + m] = site[i, 2]
        for c in range(3):
            for m in range(n):
                w[Q + c, lanes + m] += u[c, m]
        for m in range(n):
            w[WEIGHT, lanes + m] = u[SHARE, m]
        lanes += n
    whole = (lanes + LANES - 1) // LANES * LANES
    for m in range(lanes, whole):
        w[WEIGHT, m] = t(0.0)
        for c in range(3):
            w[Q + c, m] = t(FAR)
    for m in range(whole):
        w[ENERGY, m] = t(0.0)
    for c in range(3):
        for m in range(whole):
            w[G + c, m] = t(0.0)
    return whole


@njit(**INLINE)
def _scatter(n, origin, u, order, begin, end, w, force):  # type: ignore[no-untyped-def]
    """Forces on sites begin .. end of `n` molecules, and what they and their energies sum to for each."""
    lanes = 0
    for k in range(begin, end):
        own = order[k]
        for m in range(n):
            i = origin[m] + own
            force[i, 0] += w[G, lanes + m]
            force[i, 1] += w[G + 1, lanes + m]
            force[i, 2] += w[G + 2, lanes + m]
        for c in range(3):
            for m in range(n):
                u[T + c, m] += w[G + c, lanes + m]
        for m in range(n):
            u[E, m] += w[ENERGY, lanes + m]
        lanes += n


@njit(**INLINE)
def _atomistic(  # type: ignore[no-untyped-def]
    m1, n, soft, cap, s1, s2, who, origin, u, w, site, first, counts, types, groups, order, a, b, shift, lj2, qq, krf, crf,
    coulomb2, force, atomistic,
):  # fmt: skip
    """Molecule `m1` with `n` others of species s2: energy, virial, capped pairs of sites."""
    t = site.dtype.type
    for m in range(n):
        origin[m] = first[who[m]]
    for row in range(E, WORDS):
        for m in range(n):
            u[row, m] = t(0.0)
    overlaps = 0.0
    for g in range(groups.shape[1]):
        t2, begin, end = groups[s2, g, 0], groups[s2, g, 1], groups[s2, g, 2]
        if t2 < 0:
            break
        whole = _gather(n, origin, u, order[s2], begin, end, site, w)
        for i in range(counts[s1]):
            t1, at = types[s1, i], first[m1] + i
            if a[t1, t2] == 0.0 and b[t1, t2] == 0.0 and qq[t1, t2] == 0.0:
                continue
            fx, fy, fz, more = _some_sites(
                soft, whole, w, site[at, 0], site[at, 1], site[at, 2], cap, a[t1, t2], b[t1, t2], shift[t1, t2],
                lj2[t1, t2], qq[t1, t2], krf, crf, coulomb2,
            )  # fmt: skip
            force[at, 0] += fx
            force[at, 1] += fy
            force[at, 2] += fz
            overlaps += more
        _scatter(n, origin, u, order[s2], begin, end, w, force)
    virial, energy, half = 0.0, 0.0, 0.0
    for m in range(n):
        virial += u[T, m] * u[X, m] + u[T + 1, m] * u[Y, m] + u[T + 2, m] * u[Z, m]
        energy += u[SHARE, m] * u[E, m]
        half += u[E, m]
    for m in range(n):
        atomistic[who[m]] += 0.5 * u[E, m]
    atomistic[m1] += 0.5 * half
    return energy, virial, overlaps


@njit(**INLINE)
def _listed(  # type: ignore[no-untyped-def]
    m1, n, who, which, u, cap, site_ends, site_pairs, site_types, site, a, b, shift, lj2, qq, krf, crf, coulomb2,
    force, atomistic,
):  # fmt: skip
    """Molecule `m1` with `n` others, pairs `which` of the list, by the pairs of sites listed for these.

    Returns:
        As `_atomistic`.
    """
    t = site.dtype.type
    none = t(0.0)
    energy, virial, overlaps, half = 0.0, 0.0, none, 0.0
    for m in range(n):
        x, y, z, share = u[X, m], u[Y, m], u[Z, m], u[SHARE, m]
        gx, gy, gz, own = none, none, none, none
        for k in range(site_ends[which[m]], site_ends[which[m] + 1]):
            i, j = site_pairs[k, 0], site_pairs[k, 1]
            t1, t2 = site_types[i], site_types[j]
            dx = site[j, 0] - site[i, 0] + x
            dy = site[j, 1] - site[i, 1] + y
            dz = site[j, 2] - site[i, 2] + z
            r2 = dx * dx + dy * dy + dz * dz
            if r2 >= lj2[t1, t2] and r2 >= coulomb2:
                continue
            e, f, more = _interaction(
                True, True, True, r2, cap, a[t1, t2], b[t1, t2], shift[t1, t2], lj2[t1, t2], qq[t1, t2], krf, crf,
                coulomb2,
            )  # fmt: skip
            own += e
            overlaps += more
            f *= share
            dx, dy, dz = dx * f, dy * f, dz * f
            force[i, 0] -= dx
            force[i, 1] -= dy
            force[i, 2] -= dz
            force[j, 0] += dx
            force[j, 1] += dy
            force[j, 2] += dz
            gx, gy, gz = gx + dx, gy + dy, gz + dz
        virial += gx * x + gy * y + gz * z
        energy += share * own
        half += own
        atomistic[who[m]] += 0.5 * own
    atomistic[m1] += 0.5 * half
    return energy, virial, overlaps


@njit(**INLINE)
def _looked_up(n, squares, table, start, scale, last, energies, slopes):  # type: ignore[no-untyped-def]
    """Energies and forces over distances, -2 dU/ds, of `n` pairs from a table that is cubic in s = r^2."""
    t = squares.dtype.type
    two, three, none = t(2.0), t(3.0), t(0.0)
    for m in range(n):
        # closer than the table reaches, energy and force stay those of its end
        place = min(max((squares[m] - start) * scale, none), last)
        interval = np.int32(place)
        u = place - t(interval)
        a1, a2, a3 = table[interval, 1], table[interval, 2], table[interval, 3]
        energies[m] = table[interval, 0] + u * (a1 + u * (a2 + u * a3))
        slopes[m] = -two * scale * (a1 + u * (two * a2 + u * three * a3))


@njit(**INLINE)
def _coarse(m1, n, who, h, number, values, low, per_width, pull, coarse):  # type: ignore[no-untyped-def]
    """Centre of mass of `m1` with `n` others: energy and virial."""
    last = values.shape[1] - 1e-9
    _looked_up(n, h[R2], values[number], low[number], per_width[number], last, h[V], h[K])
    energy, virial, half, fx, fy, fz = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for m in range(n):
        j = who[m]
        v, k = h[V, m], h[K, m] * (1.0 - h[SHARE, m])
        energy += (1.0 - h[SHARE, m]) * v
        virial += k * h[R2, m]
        half += 0.5 * v
        coarse[j] += 0.5 * v
        x, y, z = k * h[X, m], k * h[Y, m], k * h[Z, m]
        pull[j, 0] += x
        pull[j, 1] += y
        pull[j, 2] += z
        fx += x
        fy += y
        fz += z
    coarse[m1] += half
    pull[m1, 0] -= fx
    pull[m1, 1] -= fy
    pull[m1, 2] -= fz
    return energy, virial


@njit(**INLINE)
def _separations(n, h, lx, ly, lz, weight, product):  # type: ignore[no-untyped-def]
    """Nearest images, squared distances and weights of `n` pairs, in place."""
    ix, iy, iz = 1.0 / lx, 1.0 / ly, 1.0 / lz
    for m in range(n):
        dx, dy, dz = h[X, m], h[Y, m], h[Z, m]
        dx -= lx * np.rint(dx * ix)
        dy -= ly * np.rint(dy * iy)
        dz -= lz * np.rint(dz * iz)
        h[X, m], h[Y, m], h[Z, m] = dx, dy, dz
        h[R2, m] = dx * dx + dy * dy + dz * dz
        h[SHARE, m] = weight * h[SHARE, m] if product else 0.5 * (weight + h[SHARE, m])


@compiled(**INLINE)
def _chunk(  # type: ignore[no-untyped-def]
    begin, end, rows, place, site, first, kind, product, box, starts, partners, by_sites, site_ends, site_pairs,
    site_types, counts, types, groups, order, reach2, close2, a, b, shift, lj2, qq, krf, crf, coulomb2, cap, table, values,
    low, per_width, cut2, force, pull, atomistic, coarse, totals,
):  # fmt: skip
    """Pairs whose first molecule is in begin .. end."""
    t = site.dtype.type
    who, which, others = np.empty(ROOM, np.int64), np.empty(ROOM, np.int64), np.empty(ROOM, np.int64)
    origin, place_of = np.empty(ROOM, np.int64), np.empty(ROOM, np.int64)
    w, u = np.zeros((ROWS, ROOM), site.dtype), np.empty((WORDS, ROOM), site.dtype)
    h, c = np.empty((COLUMNS, ROOM)), np.empty((COLUMNS, ROOM), site.dtype)
    energy, virial, overlaps, none = 0.0, 0.0, 0.0, t(0.0)
    lx, ly, lz = box[0], box[1], box[2]
    for row in range(begin, end):
        m1 = rows[row]
        s1 = kind[m1]
        x, y, z, weight = place[m1, 0], place[m1, 1], place[m1, 2], place[m1, 3]
        for s2 in range(counts.size):
            number, reach, close = table[s1, s2], reach2[s1, s2], close2[s1, s2]
            near = cut2[number] if number >= 0 else -1.0
            last = starts[row, s2 + 1]
            block = ROOM
            for g in range(groups.shape[1]):
                if groups[s2, g, 0] >= 0:
                    block = min(block, ROOM // (groups[s2, g, 2] - groups[s2, g, 1]))
            for base in range(starts[row, s2], last, block):
                pairs = min(block, last - base)
                for m in range(pairs):
                    j = partners[base + m]
                    h[X, m] = place[j, 0] - x
                    h[Y, m] = place[j, 1] - y
                    h[Z, m] = place[j, 2] - z
                    h[SHARE, m] = place[j, 3]
                _separations(pairs, h, lx, ly, lz, weight, product)
                n, softs, crude = 0, 0, 0
                for m in range(pairs):
                    share, r2 = h[SHARE, m], h[R2, m]
                    if share < 1.0 and r2 < near:
                        others[crude] = partners[base + m]
                        c[X, crude], c[Y, crude], c[Z, crude] = h[X, m], h[Y, m], h[Z, m]
                        c[SHARE, crude], c[R2, crude] = share, r2
                        crude += 1
                    if share > 0.0 and r2 < reach:
                        if share < 1.0 and r2 < close:
                            place_of[softs] = m
                            softs += 1
                        else:
                            who[n], which[n] = partners[base + m], base + m
                            u[X, n], u[Y, n], u[Z, n], u[SHARE, n] = h[X, m], h[Y, m], h[Z, m], share
                            n += 1
                if crude > 0:
                    e, v = _coarse(m1, crude, others, c, number, values, low, per_width, pull, coarse)
                    energy, virial = energy + e, virial + v
                # first those whose sites are farther apart than the cap, then those that may be closer
                for part in range(2):
                    if part == 1:
                        n = softs
                        for k in range(n):
                            m = place_of[k]
                            who[k], which[k] = partners[base + m], base + m
                            u[X, k], u[Y, k], u[Z, k], u[SHARE, k] = h[X, m], h[Y, m], h[Z, m], h[SHARE, m]
                    if n > 0 and by_sites[s1, s2]:
                        e, v, more = _listed(
                            m1, n, who, which, u, cap if part == 1 else none, site_ends, site_pairs, site_types, site,
                            a, b, shift, lj2, qq, krf, crf, coulomb2, force, atomistic,
                        )  # fmt: skip
                        energy, virial, overlaps = energy + e, virial + v, overlaps + more
                    elif n > 0:
                        e, v, more = _atomistic(
                            m1, n, part == 1, cap, s1, s2, who, origin, u, w, site, first, counts, types, groups, order,
                            a, b, shift, lj2, qq, krf, crf, coulomb2, force, atomistic,
                        )  # fmt: skip
                        energy, virial, overlaps = energy + e, virial + v, overlaps + more
    totals[0] = energy
    totals[1] = virial
    totals[2] = overlaps


@compiled(**INLINE)
def _beads(  # type: ignore[no-untyped-def]
    begin, end, rows, whole, scale, kind, starts, partners, table, values, low, per_width, cut2, pull, totals
):  # fmt: skip
    """Pairs of which both molecules are coarse and stay so until neighbours are listed anew.

    In three passes over the partners of a molecule, distances and choice, table, sums, of which the processor runs the
    second several at a time; a pair in single precision, sums in double. Differences of whole coordinates wrap around:
    they are those of nearest images.
    """
    t = np.float32
    # one place more: what is not chosen is written there as well
    dx, dy, dz = np.empty(ROOM + 1, t), np.empty(ROOM + 1, t), np.empty(ROOM + 1, t)
    squares, slopes, energies = np.empty(ROOM + 1, t), np.empty(ROOM + 1, t), np.empty(ROOM + 1, t)
    chosen, numbers = np.empty(ROOM + 1, np.int32), np.empty(ROOM + 1, np.int32)
    sx, sy, sz, none = scale[0], scale[1], scale[2], t(0.0)
    last = t(values.shape[1] - 1e-3)
    several = table.size > 1
    energy, virial = 0.0, 0.0
    for row in range(begin, end):
        m1 = rows[row]
        x, y, z = whole[m1, 0], whole[m1, 1], whole[m1, 2]
        number = table[0, 0]
        limit = cut2[number] if number >= 0 else t(-1.0)
        fx, fy, fz = 0.0, 0.0, 0.0
        for base in range(starts[row], starts[row + 1], ROOM):
            n = min(ROOM, starts[row + 1] - base)
            inside = 0
            for m in range(n):
                j = partners[base + m]
                ax = t(np.int32(x - whole[j, 0])) * sx
                ay = t(np.int32(y - whole[j, 1])) * sy
                az = t(np.int32(z - whole[j, 2])) * sz
                s = ax * ax + ay * ay + az * az
                dx[inside], dy[inside], dz[inside], squares[inside], chosen[inside] = ax, ay, az, s, j
                if several:
                    number = table[kind[m1], kind[j]]
                    numbers[inside] = number
                    limit = cut2[number] if number >= 0 else t(-1.0)
                inside += 1 if s < limit else 0
            if not several and inside > 0:
                _looked_up(inside, squares, values[number], low[number], per_width[number], last, energies, slopes)
            elif inside > 0:
                for m in range(inside):
                    k = numbers[m]
                    one = slice(m, m + 1)
                    _looked_up(1, squares[one], values[k], low[k], per_width[k], last, energies[one], slopes[one])
            here, there = none, none
            for m in range(inside):
                here += energies[m]
                there += slopes[m] * squares[m]
            energy += here
            virial += there
            for m in range(inside):
                j = chosen[m]
                gx, gy, gz = np.float64(slopes[m] * dx[m]), np.float64(slopes[m] * dy[m]), np.float64(slopes[m] * dz[m])
                fx += gx
                fy += gy
                fz += gz
                pull[j, 0] -= gx
                pull[j, 1] -= gy
                pull[j, 2] -= gz
        pull[m1, 0] += fx
        pull[m1, 1] += fy
        pull[m1, 2] += fz
    totals[0] += energy
    totals[1] += virial


@compiled(parallel=True, **OPTIONS)
def pairs(  # type: ignore[no-untyped-def]
    edges, rows, place, site, first, kind, product, box, starts, partners, by_sites, site_ends, site_pairs, site_types,
    bead_edges, bead_starts, bead_partners, whole, scale, counts, types, groups, order, reach2, close2,
    a, b, shift, lj2, qq, krf, crf, coulomb2, cap, table, values, low, per_width, cut2,
    force, pull, atomistic, coarse,
):  # fmt: skip
    """All pairs of molecules.

    Args:
        edges: first row of each piece of work, (pieces + 1,).
        by_sites: pairs of species whose pairs of sites are listed, (S, S); those of pair p of molecules are
            site_pairs[site_ends[p] : site_ends[p + 1]].
        site_types: type of each site, (N,).
        bead_edges, bead_starts, bead_partners: the same, and a list of neighbours, for pairs of beads.
        scale: nm per unit of `whole`, (3,) float32.
        force, pull, atomistic, coarse: scratch of each piece, (pieces, N, 3), (pieces, M, 3), (pieces, M) twice; on
            return the first of each holds the sums: forces on sites, on centres of mass, V^AT_a and V^CG_a.

    Returns:
        Energy, virial of the centres of mass (sum over pairs of r_ab . F_ab), and number of capped pairs of sites.
    """
    pieces = edges.size - 1
    totals = np.zeros((pieces, 3))
    for piece in prange(pieces):
        force[piece] = 0.0
        pull[piece] = 0.0
        atomistic[piece] = 0.0
        coarse[piece] = 0.0
        _chunk(
            edges[piece], edges[piece + 1], rows, place, site, first, kind, product, box, starts, partners, by_sites,
            site_ends, site_pairs, site_types, counts, types, groups, order, reach2, close2, a, b, shift, lj2, qq, krf, crf, coulomb2, cap, table, values, low,
            per_width, cut2, force[piece], pull[piece], atomistic[piece], coarse[piece], totals[piece],
        )  # fmt: skip
    # a loop of its own: in one, the compiler gives up on vector instructions
    for piece in prange(pieces):
        _beads(
            bead_edges[piece], bead_edges[piece + 1], rows, whole, scale, kind, bead_starts, bead_partners, table,
            values, low, per_width, cut2, pull[piece], totals[piece],
        )  # fmt: skip
    if pieces > 1:
        for m in prange(kind.size):
            for piece in range(1, pieces):
                for i in range(first[m], first[m + 1]):
                    for k in range(3):
                        force[0, i, k] += force[piece, i, k]
                for k in range(3):
                    pull[0, m, k] += pull[piece, m, k]
                atomistic[0, m] += atomistic[piece, m]
                coarse[0, m] += coarse[piece, m]
    energy, virial, overlaps = 0.0, 0.0, 0.0
    for piece in range(pieces):
        energy += totals[piece, 0]
        virial += totals[piece, 1]
        overlaps += totals[piece, 2]
    return energy, virial, overlaps
