"""Compiled pair loops over blocks of molecules: what is near in space lies side by side in memory.

Molecules of a species are sorted in space and stand in rows, `BLOCK` rows to a block; the last block of a species is
filled up with rows of no molecule, number -1. A molecule meets all molecules of a block at once: their sites are loaded,
and forces on them added, without an index. What is beyond the cutoffs is computed in vain, and costs less than to look.

    rows       (R)        molecule of each row, -1 for none
    centre     (3, R)     centres of mass, nm
    resolution (R)        lambda
    detail     (2, R)     0 where a molecule is, 1e6 where none is; the same where it has atoms or may soon have some
    site                  places of sites relative to the centre of their molecule, nm: site k of row r, coordinate c, is
                          site[origin[r // BLOCK] + (3 k + c) BLOCK + r % BLOCK]; forces on sites stand likewise
    segments   (Z, 4)     row of a molecule, species of the blocks, and their range in `ids`; each pair once: of the
                          molecules in the block of the first, those in later rows are meant
"""

from __future__ import annotations

import numpy as np
from numba import njit

from scalebridge.molecules.adaptive._sites import ENERGY, FAR, INLINE, ROOM, ROWS, WEIGHT, G, Q, some_sites
from scalebridge.molecules.adaptive._tables import looked_up

BLOCK = 8
X, Y, Z, SHARE, R2, V, K, E, T, WORDS = 0, 1, 2, 3, 4, 5, 6, 7, 8, 11  # rows of molecules


@njit(**INLINE)
def _separations(h, at, base, centre, resolution, mask, place, box, weight, product):  # type: ignore[no-untyped-def]
    """Nearest images of a block's molecules, squared distances (far ones where `mask` is) and weights of the pairs."""
    lx, ly, lz = box[0], box[1], box[2]
    ix, iy, iz = 1.0 / lx, 1.0 / ly, 1.0 / lz
    x, y, z = place[0], place[1], place[2]
    for m in range(BLOCK):
        dx, dy, dz = centre[0, base + m] - x, centre[1, base + m] - y, centre[2, base + m] - z
        dx -= lx * np.rint(dx * ix)
        dy -= ly * np.rint(dy * iy)
        dz -= lz * np.rint(dz * iz)
        h[X, at + m], h[Y, at + m], h[Z, at + m] = dx, dy, dz
        h[R2, at + m] = dx * dx + dy * dy + dz * dz + mask[base + m]
        own = resolution[base + m]
        h[SHARE, at + m] = weight * own if product else 0.5 * (weight + own)


@njit(**INLINE)
def _gather(bases, n, begin, end, order, origin, site, u, w):  # type: ignore[no-untyped-def]
    """Sites begin .. end of the molecules of `n` blocks into rows, site by site: how many."""
    t = site.dtype.type
    lanes = 0
    for k in range(begin, end):
        own = order[k]
        for b in range(n):
            place, at = origin[bases[b] // BLOCK] + 3 * own * BLOCK, b * BLOCK
            for c in range(3):
                for m in range(BLOCK):
                    w[Q + c, lanes + at + m] = site[place + c * BLOCK + m] + u[X + c, at + m]
            for m in range(BLOCK):
                w[WEIGHT, lanes + at + m] = u[SHARE, at + m]
        lanes += n * BLOCK
    for m in range(lanes):
        w[ENERGY, m] = t(0.0)
    for c in range(3):
        for m in range(lanes):
            w[G + c, m] = t(0.0)
    return lanes


@njit(**INLINE)
def _scatter(bases, n, begin, end, order, origin, w, u, force):  # type: ignore[no-untyped-def]
    """Forces on sites begin .. end of the molecules of `n` blocks, and what they and energies sum to for each."""
    lanes = 0
    for k in range(begin, end):
        own = order[k]
        for b in range(n):
            place, at = origin[bases[b] // BLOCK] + 3 * own * BLOCK, b * BLOCK
            for c in range(3):
                for m in range(BLOCK):
                    force[place + c * BLOCK + m] += w[G + c, lanes + at + m]
        for c in range(3):
            for m in range(n * BLOCK):
                u[T + c, m] += w[G + c, lanes + m]
        for m in range(n * BLOCK):
            u[E, m] += w[ENERGY, lanes + m]
        lanes += n * BLOCK


@njit(**INLINE)
def _atomistic(  # type: ignore[no-untyped-def]
    row, bases, n, soft, cap, s1, s2, u, w, origin, site, counts, types, groups, order, a, b, shift, lj2, qq, krf, crf,
    coulomb2, force, fine,
):  # fmt: skip
    """The molecule of a row with those of `n` blocks: energy, virial, capped pairs of sites."""
    t = site.dtype.type
    for c in range(E, WORDS):
        for m in range(n * BLOCK):
            u[c, m] = t(0.0)
    overlaps = 0.0
    for g in range(groups.shape[1]):
        t2, begin, end = groups[s2, g, 0], groups[s2, g, 1], groups[s2, g, 2]
        if t2 < 0:
            break
        lanes = _gather(bases, n, begin, end, order[s2], origin, site, u, w)
        for i in range(counts[s1]):
            t1, at = types[s1, i], origin[row // BLOCK] + 3 * i * BLOCK + row % BLOCK
            if a[t1, t2] == 0.0 and b[t1, t2] == 0.0 and qq[t1, t2] == 0.0:
                continue
            fx, fy, fz, more = some_sites(
                soft, lanes, w, site[at], site[at + BLOCK], site[at + 2 * BLOCK], cap, a[t1, t2], b[t1, t2], shift[t1, t2],
                lj2[t1, t2], qq[t1, t2], krf, crf, coulomb2,
            )  # fmt: skip
            force[at] += fx
            force[at + BLOCK] += fy
            force[at + 2 * BLOCK] += fz
            overlaps += more
        _scatter(bases, n, begin, end, order[s2], origin, w, u, force)
    virial, energy, half = 0.0, 0.0, 0.0
    for m in range(n * BLOCK):
        virial += u[T, m] * u[X, m] + u[T + 1, m] * u[Y, m] + u[T + 2, m] * u[Z, m]
        energy += u[SHARE, m] * u[E, m]
        half += u[E, m]
    for k in range(n):
        for m in range(BLOCK):
            fine[bases[k] + m] += 0.5 * u[E, k * BLOCK + m]
    fine[row] += 0.5 * half
    return energy, virial, overlaps


@njit(**INLINE)
def _coarse(row, bases, n, h, near, values, low, per_width, pull, crude):  # type: ignore[no-untyped-def]
    """The centre of the molecule of a row with those of `n` blocks: energy and virial."""
    t = h.dtype.type
    one, none = t(1.0), t(0.0)
    last = np.nextafter(t(values.shape[0]), none)
    looked_up(n * BLOCK, h[R2], values, low, per_width, last, h[V], h[K])
    energy, virial, half, fx, fy, fz = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for m in range(n * BLOCK):
        inside = h[R2, m] < near
        share = one - h[SHARE, m]
        v, k = (h[V, m], h[K, m] * share) if inside else (none, none)
        h[V, m] = v
        energy += share * v
        virial += k * h[R2, m]
        half += v
        h[X, m] *= k
        h[Y, m] *= k
        h[Z, m] *= k
        fx += h[X, m]
        fy += h[Y, m]
        fz += h[Z, m]
    for k in range(n):
        base, at = bases[k], k * BLOCK
        for c in range(3):
            for m in range(BLOCK):
                pull[c, base + m] += h[X + c, at + m]
        for m in range(BLOCK):
            crude[base + m] += 0.5 * h[V, at + m]
    crude[row] += 0.5 * half
    pull[0, row] -= fx
    pull[1, row] -= fy
    pull[2, row] -= fz
    return energy, virial


@njit(**INLINE)
def _choose(at, bt, base, row, detail, u, h, reach, close, near):  # type: ignore[no-untyped-def]
    """Which pairs of a block act with atoms, may have sites closer than the cap, and act with beads: their numbers.

    Pairs are in u from lane `at` on; those of beads are written to h from lane `bt` on.
    """
    t = u.dtype.type
    one, none, far = t(1.0), t(0.0), t(FAR)
    # two that have no atoms for a while are in the list of beads
    bare = one if detail[1, row] > none else none
    atoms, overlapping, coarse = none, none, none
    for m in range(BLOCK):
        later = row // BLOCK != base // BLOCK or base + m > row
        share, r2 = u[SHARE, at + m], u[R2, at + m] if later else far
        crude = r2 + bare * detail[1, base + m]
        for c in range(4):
            h[X + c, bt + m] = u[X + c, at + m]
        h[R2, bt + m] = crude
        acts = share > none and r2 < reach
        # what does not act is put where it cannot
        u[X, at + m] = u[X, at + m] if acts else far
        atoms += one if acts else none
        overlapping += one if acts and share < one and r2 < close else none
        coarse += one if share < one and crude < near else none
    return atoms, overlapping, coarse


@njit(**INLINE)
def meet(  # type: ignore[no-untyped-def]
    begin, end, segments, ids, rows, kind, origin, centre, resolution, detail, site, product, box, counts, types, groups,
    order, reach2, close2, a, b, shift, lj2, qq, krf, crf, coulomb2, cap, table, values, low, per_width, cut2, force,
    pull, fine, crude, totals,
):  # fmt: skip
    """Pairs of segments begin .. end; their energy, virial and capped pairs of sites are added to `totals`."""
    t = site.dtype.type
    bases, bead_bases, soft_bases = np.empty(ROOM, np.int64), np.empty(ROOM, np.int64), np.empty(ROOM, np.int64)
    u, h, w = np.empty((WORDS, ROOM), t), np.empty((WORDS, ROOM), t), np.zeros((ROWS, ROOM), t)
    for z in range(begin, end):
        row, s2, k, stop = segments[z, 0], segments[z, 1], segments[z, 2], segments[z, 3]
        s1, place, weight = kind[rows[row]], centre[:, row], resolution[row]
        number, reach, close = table[s1, s2], t(reach2[s1, s2]), t(close2[s1, s2])
        near = t(cut2[number]) if number >= 0 else t(-1.0)
        largest = 1
        for g in range(groups.shape[1]):
            largest = max(largest, groups[s2, g, 2] - groups[s2, g, 1])
        most = ROOM // BLOCK // largest
        while k < stop:
            n, beads, softs = 0, 0, 0
            while k < stop and max(n, beads, softs) < most:
                base, at = ids[k] * BLOCK, n * BLOCK
                k += 1
                _separations(u, at, base, centre, resolution, detail[0], place, box, weight, product)
                atoms, overlapping, coarse = _choose(at, beads * BLOCK, base, row, detail, u, h, reach, close, near)
                bead_bases[beads] = base
                beads += 1 if coarse > 0 else 0
                soft_bases[softs] = base
                softs += 1 if overlapping > 0 else 0
                bases[n] = base
                n += 1 if atoms > 0 and not overlapping > 0 else 0
            if beads > 0:
                e, v = _coarse(
                    row, bead_bases, beads, h, near, values[number], low[number], per_width[number], pull, crude
                )
                totals[0] += e
                totals[1] += v
            # first blocks whose sites are farther away than the cap, then those that may have closer ones
            for part in range(2):
                if part == 1:
                    n = softs
                    for m in range(n):
                        bases[m] = soft_bases[m]
                        _separations(
                            u, m * BLOCK, bases[m], centre, resolution, detail[0], place, box, weight, product
                        )
                        _choose(m * BLOCK, 0, bases[m], row, detail, u, h, reach, close, near)
                if n > 0:
                    e, v, more = _atomistic(
                        row, bases, n, part == 1, cap, s1, s2, u, w, origin, site, counts, types, groups, order, a, b,
                        shift, lj2, qq, krf, crf, coulomb2, force, fine,
                    )  # fmt: skip
                    totals[0] += e
                    totals[1] += v
                    totals[2] += more


@njit(**INLINE)
def arrange(rows, first, place, places, origin, centre, resolution, site):  # type: ignore[no-untyped-def]
    """Write molecules, (M, 4) centres and resolutions and (N, 3) sites, to their rows."""
    for r in range(rows.size):
        m = rows[r]
        if m >= 0:
            for c in range(3):
                centre[c, r] = place[m, c]
            resolution[r] = place[m, 3]
            at = origin[r // BLOCK] + r % BLOCK
            for i in range(first[m], first[m + 1]):
                for c in range(3):
                    site[at] = places[i, c]
                    at += BLOCK
