"""Lists of who may meet whom before the next list: molecules and blocks, and pairs of sites."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from scalebridge._cache import compiled
from scalebridge.molecules.adaptive._blocks import BLOCK, arrange
from scalebridge.molecules.adaptive._sites import INLINE, OPTIONS
from scalebridge.molecules.adaptive._vectors import apart, fill, less, load, some, store, where

Ints = npt.NDArray[np.int64]


def rows_of(places: npt.NDArray[np.float64], box: npt.NDArray[np.float64], kind: Ints, species: int) -> Ints:
    """Molecules by species, near ones one after another, filled up to whole blocks by -1.

    They stand in columns as wide as a block is high, up one and down the next.

    Args:
        places: of molecules, (M, 3) nm.
        box: three edges, nm.
        kind: species of each, (M,).
        species: their number.
    """
    rows = []
    part = places / box
    part -= np.floor(part)
    for s in range(species):
        own = np.flatnonzero(kind == s)
        side = (BLOCK * box.prod() / max(len(own), 1)) ** (1.0 / 3.0)
        nx, ny = (max(int(np.rint(edge / side)), 1) for edge in box[:2])
        x, y, z = part[own].T
        i, j = np.minimum((nx * x).astype(np.int64), nx - 1), np.minimum((ny * y).astype(np.int64), ny - 1)
        column = ny * i + np.where(i % 2 == 0, j, ny - 1 - j)
        order = np.argsort(column + np.where(column % 2 == 0, z, 1.0 - z), kind="stable")
        rows.append(np.pad(own[order], (0, -len(own) % BLOCK), constant_values=-1))
    return np.concatenate(rows)


@njit(**INLINE)
def _bounds(rows, centre, unit, middle, half):  # type: ignore[no-untyped-def]
    """Middle, in whole numbers, and half width, nm, of what a block's molecules take up."""
    whole = centre.dtype.type
    for block in range(rows.size // BLOCK):
        begin = block * BLOCK
        for c in range(3):
            start = centre[c, begin]
            low, high = whole(0), whole(0)
            for r in range(begin, begin + BLOCK):
                if rows[r] >= 0:
                    away = whole(centre[c, r] - start)
                    low, high = min(low, away), max(high, away)
            middle[c, block] = start + low + (high - low) // 2
            half[c, block] = 0.5 * unit[c] * (np.float64(high) - np.float64(low)) * (1.0 + 1e-5)


@njit(**INLINE)
def _candidates(block, far, middle, half, unit, species_of, rank, distances, found):  # type: ignore[no-untyped-def]
    """Blocks that the molecules of a block may meet, each pair of blocks once; how many."""
    t = half.dtype.type
    zero, limit, count = fill(t(0.0)), fill(t(far * far)), 0
    for begin in range(0, len(species_of), BLOCK):
        square = zero
        for c in range(3):
            d = apart(middle[c], begin, middle[c, block], t(0.0)) * fill(t(unit[c]))
            d = where(less(d, zero), zero - d, d) - load(half[c], begin) - fill(half[c, block])
            d = where(less(d, zero), zero, d)
            square += d * d
        if not some(less(square, limit)):
            continue
        store(distances, 0, square)
        for k in range(min(BLOCK, len(species_of) - begin)):
            s1, s2 = species_of[block], species_of[begin + k]
            later = begin + k >= block if s1 == s2 else rank[s1] < rank[s2]
            found[count] = begin + k
            count += 1 if later and distances[k] < far * far else 0
    return count


@njit(**INLINE)
def _bare(rows, detailed):  # type: ignore[no-untyped-def]
    """Blocks none of whose molecules may have atoms."""
    found = np.ones(rows.size // BLOCK, np.bool_)
    for row in range(rows.size):
        if rows[row] >= 0 and detailed[row] > 0:
            found[row // BLOCK] = False
    return found


@njit(**INLINE)
def _bare_first(bare, near, room):  # type: ignore[no-untyped-def]
    """Put those of some blocks that are bare before the others, in place."""
    count, others = 0, 0
    for k in range(near.size):
        block = near[k]
        if bare[block]:
            near[count] = block
            count += 1
        else:
            room[others] = block
            others += 1
    for k in range(others):
        near[count + k] = room[k]


@compiled(**OPTIONS)
def list_blocks(  # type: ignore[no-untyped-def]
    rows, kind, species_of, rank, place, places, first, box, origin, centre, resolution, site, absent, detailed,
    by_sites, fine, crude,
):  # fmt: skip
    """Who may meet whom before the next list.

    Args:
        rows: molecules by `rows_of`, (R,).
        kind: species of each molecule; species_of: of each block.
        rank: of species: in a pair of two, the molecule of lower rank meets the block of the other.
        place, places, first, box, origin, centre, resolution, site: see `arrange`.
        absent: see `_blocks`.
        detailed: 1 for rows of molecules that may be hybrid or atomistic by then, else 0.
        by_sites: pairs of species whose pairs of sites are listed, (S, S).
        fine, crude: reach of pairs of which one is, and of those of which none is, (S, S) nm; none: negative.

    Returns:
        Segments, those of which no molecule may have atoms by then, and blocks, see `_blocks`; ends of the rows of
        pairs by sites, (R + 1,), and the other molecules.
    """
    t = site.dtype.type
    arrange(0, rows.size, rows, first, place, places, box, origin, centre, resolution, site)
    unit = box / 2.0 ** (8 * centre.itemsize)
    ux, uy, uz = fill(t(unit[0])), fill(t(unit[1])), fill(t(unit[2]))
    blocks = species_of.size
    room = (blocks + BLOCK - 1) // BLOCK * BLOCK
    middle, half = np.zeros((3, room), centre.dtype), np.zeros((3, room), site.dtype)
    _bounds(rows, centre, unit, middle, half)
    near, distances = np.empty(room, np.int64), np.empty(BLOCK, site.dtype)
    ends, listed, number = np.zeros(rows.size + 1, np.int64), np.empty(rows.size, np.int32), 0
    ids, count = np.empty(32 * rows.size, np.int32), 0
    segments, pieces = np.empty((2 * rows.size, 5), np.int64), 0
    bare, later = _bare(rows, detailed), np.empty(room, np.int64)
    far = max(fine.max(), crude.max())
    for row in range(rows.size):
        block = row // BLOCK
        if row % BLOCK == 0:
            candidates = _candidates(block, far, middle, half, unit, species_of, rank, distances, near)
            _bare_first(bare, near[:candidates], later)
        s1, last = species_of[block], -1
        for k in range(candidates if rows[row] >= 0 else 0):
            base, s2 = near[k] * BLOCK, species_of[near[k]]
            if fine[s1, s2] <= 0.0 and crude[s1, s2] <= 0.0:
                continue
            x = apart(centre[0], base, centre[0, row], t(0.0)) * ux
            y = apart(centre[1], base, centre[1, row], t(0.0)) * uy
            z = apart(centre[2], base, centre[2, row], t(0.0)) * uz
            square = x * x + y * y + z * z + load(absent, base)
            less_far, full = fill(t(crude[s1, s2] * abs(crude[s1, s2]))), fill(t(fine[s1, s2] * abs(fine[s1, s2])))
            limit = full if detailed[row] > 0 else where(less(fill(t(0.0)), load(detailed, base)), full, less_far)
            reached = less(square, limit)
            if not some(reached):
                continue
            if by_sites[s1, s2]:
                store(distances, 0, where(reached, fill(t(0.0)), fill(t(1.0))))
                if number + BLOCK > listed.size:
                    listed = np.concatenate((listed, np.empty_like(listed)))
                for m in range(BLOCK):
                    if distances[m] == 0.0 and (near[k] != block or base + m > row):
                        listed[number] = rows[base + m]
                        number += 1
                continue
            if count == ids.size:
                ids = np.concatenate((ids, np.empty_like(ids)))
            simple = detailed[row] == 0 and bare[near[k]]
            if 2 * s2 + simple != last:
                if pieces == len(segments):
                    segments = np.concatenate((segments, np.empty_like(segments)))
                segments[pieces, 0], segments[pieces, 1], segments[pieces, 2] = row, s2, count
                segments[pieces, 4] = simple
                pieces += 1
                last = 2 * s2 + simple
            ids[count] = near[k]
            count += 1
            segments[pieces - 1, 3] = count
        ends[row + 1] = number
    segments, simple = segments[:pieces, :4], segments[:pieces, 4] == 1
    return segments[~simple], segments[simple], ids[:count].copy(), ends, listed[:number].copy()


@compiled(**OPTIONS)
def met_by(edges, segments, bead_edges, beads, ids, blocks):  # type: ignore[no-untyped-def]
    """What each piece of work leaves in each block: 0 nothing, 1 forces between beads, 2 those of atoms as well.

    Args:
        edges, bead_edges: first segment of each piece, (pieces + 1,).
        segments, beads, ids: by `list_blocks`; blocks: their number.
    """
    met = np.zeros((edges.size - 1, blocks), np.int8)
    for listed, ends, left in ((beads, bead_edges, 1), (segments, edges, 2)):
        for piece in range(edges.size - 1):
            for k in range(ends[piece], ends[piece + 1]):
                met[piece, listed[k, 0] // BLOCK] = left
                for i in range(listed[k, 2], listed[k, 3]):
                    met[piece, ids[i]] = left
    return met


@njit(**INLINE)
def _near_sites(  # type: ignore[no-untyped-def]
    begin, end, other, other_end, x, y, z, site, site_types, farthest, size, far2, found, number
):  # fmt: skip
    """Add the near pairs of sites of two molecules (x, y, z) apart to `found`; how many there are then."""
    t = site.dtype.type
    sx, sy, sz = t(x), t(y), t(z)
    for i in range(begin, end):
        ax, ay, az = site[i, 0] - sx, site[i, 1] - sy, site[i, 2] - sz
        reach = farthest[site_types[i]] + size
        if ax * ax + ay * ay + az * az > reach * reach:
            continue
        for k in range(other, other_end):
            dx, dy, dz = site[k, 0] - ax, site[k, 1] - ay, site[k, 2] - az
            found[number, 0], found[number, 1] = i, k
            number += 1 if dx * dx + dy * dy + dz * dz < far2[site_types[i], site_types[k]] else 0
    return number


@compiled(**OPTIONS)
def select_sites(  # type: ignore[no-untyped-def]
    starts, partners, rows, place, site, first, kind, site_types, box, far2, crude, size, detailed
):  # fmt: skip
    """Pairs of sites that may interact before the next list, and the pairs of molecules that may.

    Args:
        starts, partners: pairs of molecules, made by `list_blocks`; rows: molecules of the rows.
        far2: squared reach of types of sites, (T, T) nm^2; none: negative.
        crude: reach of beads, by species, (S, S) nm; none: negative.
        detailed: molecules that may be hybrid or atomistic by then, (M,); pairs of others have no pairs of sites.
        size: largest distance of a site from the centre of its molecule, by species, (S,) nm.

    Returns:
        Of the pairs of molecules, ends of rows (R + 1,) and partners (P,); ends of the pairs of sites of each,
        (P + 1,), and the sites, (Q, 2).
    """
    kept_starts, kept, count = np.zeros(starts.size, np.int64), np.empty_like(partners), 0
    ends, number = np.zeros(partners.size + 1, np.int64), 0
    found = np.empty((4 * partners.size + 1, 2), np.int32)
    farthest = np.empty(len(far2), site.dtype)
    for k in range(len(far2)):
        farthest[k] = np.sqrt(max(far2[k].max(), 0.0))
    widest = farthest.max()
    for row in range(rows.size):
        m = rows[row]
        for p in range(starts[row], starts[row + 1]):
            j = partners[p]
            s1, s2 = kind[m], kind[j]
            x, y, z = place[j, 0] - place[m, 0], place[j, 1] - place[m, 1], place[j, 2] - place[m, 2]
            x -= box[0] * np.rint(x / box[0])
            y -= box[1] * np.rint(y / box[1])
            z -= box[2] * np.rint(z / box[2])
            apart2, before = x * x + y * y + z * z, number
            if (detailed[m] or detailed[j]) and apart2 < (widest + size[s1] + size[s2]) ** 2:
                most = number + (first[m + 1] - first[m]) * (first[j + 1] - first[j])
                # one place more: what is not chosen is written there as well
                if most >= len(found):
                    found = np.concatenate((found, np.empty((most, 2), np.int32)))
                number = _near_sites(
                    first[m], first[m + 1], first[j], first[j + 1], x, y, z, site, site_types, farthest, size[s2], far2,
                    found, number,
                )  # fmt: skip
            if number > before or (crude[s1, s2] > 0.0 and apart2 < crude[s1, s2] ** 2):
                kept[count] = j
                count += 1
                ends[count] = number
        kept_starts[row + 1] = count
    return kept_starts, kept[:count].copy(), ends[: count + 1].copy(), found[:number].copy()
