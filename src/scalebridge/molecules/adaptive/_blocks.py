"""Compiled pair loops over blocks of molecules: what is near in space lies side by side in memory.

Molecules of a species are sorted in space and stand in rows, `BLOCK` rows to a block; the last block of a species is
filled up with rows of no molecule, number -1. A molecule meets all molecules of a block at once, a lane of a vector for
each. What is beyond the cutoffs is computed in vain, and costs less than to look.

    rows       (R)     molecule of each row, -1 for none
    centre     (3, R)  centres of mass as whole numbers, all of them to a period: differences wrap around and are those
                       of nearest images; `unit` is what one is in nm
    resolution (R)     lambda
    absent     (R)     0 where a molecule is, 1e8 where none is, nm^2
    site               places of sites relative to the centre of their molecule, nm: site k of row r, coordinate c, is
                       site[origin[r // BLOCK] + (3 k + c) BLOCK + r % BLOCK]; forces on sites stand likewise
    segments   (Z, 4)  row of a molecule, species of the blocks, and their range in `ids`; each pair once: of the
                       molecules in the block of the first, those in later rows are meant
"""

from __future__ import annotations

import numpy as np
from numba import njit

from scalebridge.molecules.adaptive._sites import FAR, INLINE, U, interaction_of
from scalebridge.molecules.adaptive._vectors import (
    LANES,
    add_to,
    apart,
    both,
    cubic,
    fill,
    lanes,
    less,
    load,
    some,
    total,
    where,
    wide,
)  # fmt: skip

BLOCK = LANES


@njit(**INLINE)
def _atomistic(  # type: ignore[no-untyped-def]
    capped, base, row, s1, s2, cap, x, y, z, share, origin, site, counts, types, sorts, acting, numbers, krf, crf,
    coulomb2, force, sums,
):  # fmt: skip
    """Sites of the molecule of a row with those of a block: energies and forces of its molecules, capped pairs.

    Forces on the sites of the row are added to `sums`, a vector for each. `capped` is a constant where this is called.
    """
    none = fill(site.dtype.type(0.0))
    energy, tx, ty, tz, count = none, none, none, none, none
    here, there = origin[row // BLOCK] + row % BLOCK, origin[base // BLOCK]
    for j in range(counts[s2]):
        t2, at = U(types[s2, j]), there + 3 * j * BLOCK
        px, py, pz = load(site, at) + x, load(site, at + BLOCK) + y, load(site, at + 2 * BLOCK) + z
        gx, gy, gz = none, none, none
        for i in range(counts[s1]):
            pair, own = U(types[s1, i]) * U(sorts) + t2, U(here + 3 * i * BLOCK)
            acts = acting[pair]
            if acts == 0:
                continue
            dx, dy, dz = px - fill(site[own]), py - fill(site[own + U(BLOCK)]), pz - fill(site[own + U(2 * BLOCK)])
            e, f, more = interaction_of(
                acts, capped, dx * dx + dy * dy + dz * dz, cap, numbers, pair, krf, crf, coulomb2
            )
            energy += e
            count += more
            f *= share
            dx, dy, dz = dx * f, dy * f, dz * f
            gx, gy, gz = gx + dx, gy + dy, gz + dz
            add_to(sums, 3 * i * BLOCK, dx)
            add_to(sums, (3 * i + 1) * BLOCK, dy)
            add_to(sums, (3 * i + 2) * BLOCK, dz)
        add_to(force, at, gx)
        add_to(force, at + BLOCK, gy)
        add_to(force, at + 2 * BLOCK, gz)
        tx, ty, tz = tx + gx, ty + gy, tz + gz
    return energy, tx, ty, tz, count


@njit(**INLINE)
def _looked_up(r2, start, scale, last, zero, grid):  # type: ignore[no-untyped-def]
    """Energy and -dU/dp of beads at squared distances, p = (r^2 - start) scale, from a table that is cubic in p."""
    # closer than the table reaches, energy and force stay those of its end
    first = r2 - start
    place = where(less(first, zero), zero, first) * scale
    a0, a1, a2, a3, u = cubic(grid, where(less(place, last), place, last))
    return a0 + u * (a1 + u * (a2 + u * a3)), zero - a1 - u * (a2 + a2 + u * (a3 + a3 + a3))


@njit(**INLINE)
def meet_as_beads(  # type: ignore[no-untyped-def]
    begin, end, segments, ids, rows, kind, centre, absent, unit, table, values, low, per_width, cut2, pull, totals
):  # fmt: skip
    """Pairs of segments begin .. end, none of whose molecules has atoms; see `meet`."""
    t = absent.dtype.type
    zero, far = fill(t(0.0)), fill(t(FAR**2))
    ux, uy, uz = fill(t(unit[0])), fill(t(unit[1])), fill(t(unit[2]))
    cx, cy, cz, px, py, pz = centre[0], centre[1], centre[2], pull[0], pull[1], pull[2]
    last = fill(np.nextafter(t(values.shape[1]), t(0.0)))
    energy, virial = fill(0.0), fill(0.0)
    for segment in range(begin, end):
        row = segments[segment, 0]
        number, own = table[kind[rows[row]], segments[segment, 1]], row // BLOCK
        near, start, scale = fill(t(cut2[number])), fill(t(low[number])), fill(t(per_width[number]))
        grid, twice = values[number], scale + scale
        part, work, fx, fy, fz = zero, zero, zero, zero, zero
        for k in range(segments[segment, 2], segments[segment, 3]):
            base = ids[k] * BLOCK
            x = apart(cx, base, cx[row], t(0.0)) * ux
            y = apart(cy, base, cy[row], t(0.0)) * uy
            z = apart(cz, base, cz[row], t(0.0)) * uz
            r2 = x * x + y * y + z * z + load(absent, base)
            if ids[k] == own:
                r2 = where(less(fill(t(row - base)), lanes(t(0.0))), r2, far)
            inside = less(r2, near)
            if some(inside):
                v, f = _looked_up(r2, start, scale, last, zero, grid)
                part += where(inside, v, zero)
                f = where(inside, twice * f, zero)
                gx, gy, gz = f * x, f * y, f * z
                work += f * r2
                fx, fy, fz = fx + gx, fy + gy, fz + gz
                add_to(px, base, gx)
                add_to(py, base, gy)
                add_to(pz, base, gz)
        energy += wide(part)
        virial += wide(work)
        px[row] -= total(fx)
        py[row] -= total(fy)
        pz[row] -= total(fz)
    totals[0] += total(energy)
    totals[1] += total(virial)


@njit(**INLINE)
def meet(  # type: ignore[no-untyped-def]
    begin, end, segments, ids, rows, kind, origin, centre, resolution, absent, site, product, unit, counts, types,
    reach2, close2, sorts, acting, numbers, krf, crf, coulomb2, cap, table, values, low, per_width, cut2, force, pull,
    fine, crude, totals,
):  # fmt: skip
    """Pairs of segments begin .. end; their energy, virial and capped pairs of sites are added to `totals`."""
    t = site.dtype.type
    zero, one, half, far = fill(t(0.0)), fill(t(1.0)), fill(t(0.5)), fill(t(FAR**2))
    ux, uy, uz = fill(t(unit[0])), fill(t(unit[1])), fill(t(unit[2]))
    sums = np.zeros(3 * counts.max() * BLOCK, site.dtype)
    cx, cy, cz, px, py, pz = centre[0], centre[1], centre[2], pull[0], pull[1], pull[2]
    last = fill(np.nextafter(t(values.shape[1]), t(0.0)))
    energy, virial, overlaps = fill(0.0), fill(0.0), 0.0
    for segment in range(begin, end):
        row, s2 = segments[segment, 0], segments[segment, 1]
        s1, weight, own = kind[rows[row]], fill(resolution[row]), row // BLOCK
        number, reach, close = table[s1, s2], fill(t(reach2[s1, s2])), fill(t(close2[s1, s2]))
        beads = number >= 0
        number = max(number, 0)
        near, start, scale, grid = (
            fill(t(cut2[number])),
            fill(t(low[number])),
            fill(t(per_width[number])),
            values[number],
        )
        work, fine_half, crude_half, fx, fy, fz = zero, zero, zero, zero, zero, zero
        sums[:] = t(0.0)
        for k in range(segments[segment, 2], segments[segment, 3]):
            base = ids[k] * BLOCK
            x = apart(cx, base, cx[row], t(0.0)) * ux
            y = apart(cy, base, cy[row], t(0.0)) * uy
            z = apart(cz, base, cz[row], t(0.0)) * uz
            r2 = x * x + y * y + z * z + load(absent, base)
            if ids[k] == own:
                r2 = where(less(fill(t(row - base)), lanes(t(0.0))), r2, far)
            share = weight * load(resolution, base) if product else half * (weight + load(resolution, base))
            mixed = less(share, one)
            inside = both(mixed, less(r2, near))
            if beads and some(inside):
                rest = one - share
                v, f = _looked_up(r2, start, scale, last, zero, grid)
                v, f = where(inside, v, zero), where(inside, (scale + scale) * rest * f, zero)
                gx, gy, gz = f * x, f * y, f * z
                energy += wide(rest * v)
                work += f * r2
                crude_half += v
                fx, fy, fz = fx + gx, fy + gy, fz + gz
                add_to(crude, base, half * v)
                add_to(px, base, gx)
                add_to(py, base, gy)
                add_to(pz, base, gz)
            acts = both(less(zero, share), less(r2, reach))
            if some(acts):
                # what does not act is put where it cannot
                away = where(acts, x, fill(t(FAR)))
                # of loops that differ in one thing LLVM makes one that computes roots in the long way
                if some(both(both(acts, mixed), less(r2, close))):
                    e, tx, ty, tz, count = _atomistic(
                        True, base, row, s1, s2, cap, away, y, z, share, origin, site, counts, types, sorts, acting,
                        numbers, krf, crf, coulomb2, force, sums,
                    )  # fmt: skip
                    overlaps += total(count)
                else:
                    e, tx, ty, tz, count = _atomistic(
                        False, base, row, s1, s2, cap, away, y, z, share, origin, site, counts, types, sorts, acting,
                        numbers, krf, crf, coulomb2, force, sums,
                    )  # fmt: skip
                energy += wide(share * e)
                work += tx * x + ty * y + tz * z
                fine_half += e
                add_to(fine, base, half * e)
        virial += wide(work)
        at = origin[own] + row % BLOCK
        for i in range(3 * counts[s1]):
            force[at + i * BLOCK] -= total(load(sums, i * BLOCK))
        fine[row] += 0.5 * total(fine_half)
        crude[row] += 0.5 * total(crude_half)
        px[row] -= total(fx)
        py[row] -= total(fy)
        pz[row] -= total(fz)
    totals[0] += total(energy)
    totals[1] += total(virial)
    totals[2] += overlaps


@njit(**INLINE)
def arrange(begin, end, rows, first, place, places, box, origin, centre, resolution, site):  # type: ignore[no-untyped-def]
    """Write molecules, (M, 4) centres and resolutions and (N, 3) sites, to their rows begin .. end."""
    # the last number that can be told from half a period on the other side
    most = np.nextafter(0.5, 0.0)
    period = 2.0 ** (8 * centre.itemsize)
    for r in range(begin, end):
        m = rows[r]
        if m >= 0:
            for c in range(3):
                part = place[m, c] / box[c]
                centre[c, r] = np.int64(min(part - np.rint(part), most) * period)
            resolution[r] = place[m, 3]
            at = origin[r // BLOCK] + r % BLOCK
            for i in range(first[m], first[m + 1]):
                for c in range(3):
                    site[at] = places[i, c]
                    at += BLOCK


@njit(**INLINE)
def clear(met, origin, force, pull, fine, crude):  # type: ignore[no-untyped-def]
    """Begin sums in the blocks that a piece of work meets, see `met_by`."""
    for block in range(met.size):
        if met[block] == 0:
            continue
        begin, end = block * BLOCK, (block + 1) * BLOCK
        pull[:, begin:end] = 0.0
        crude[begin:end] = 0.0
        if met[block] == 2:
            force[origin[block] : origin[block + 1]] = 0.0
            fine[begin:end] = 0.0
