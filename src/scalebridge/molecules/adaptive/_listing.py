"""Compiled loops that list who may meet whom before the next list."""

from __future__ import annotations

import numpy as np

from scalebridge._cache import compiled
from scalebridge.molecules.adaptive._blocks import BLOCK
from scalebridge.molecules.adaptive._sites import OPTIONS


@compiled(**OPTIONS)
def select(  # type: ignore[no-untyped-def]
    starts, partners, sorted_, kind, row_of, rank, whole, scale, detailed, by_sites, fine2, crude2
):  # fmt: skip
    """Pairs that may interact before the next list: molecules and blocks, and molecules by sites.

    Args:
        starts, partners, sorted_: sorted half list, and the molecule of each of its rows.
        row_of: row of each molecule in its block, (M,).
        rank: of species, (S,): in a pair of two, the molecule of lower rank meets the block of the other.
        whole, scale: centres with 2^32 to a period, (M, 3), and nm per unit, (3,) float32.
        detailed: molecules that may be hybrid or atomistic by then, (M,).
        by_sites: pairs of species whose pairs of sites are listed, (S, S).
        fine2, crude2: squared reach of pairs of which one is, and of those of which none is, (S, S) nm^2, float32.

    Returns:
        Rows and blocks of pairs, not yet distinct; ends of the rows of the pairs by sites, (M + 1,), and the partners.
    """
    t = np.float32
    molecules = kind.size
    ends = np.zeros(molecules + 1, np.int64)
    # one place more: what is not chosen is written there as well
    first, second = np.empty(partners.size + 1, np.int32), np.empty(partners.size + 1, np.int32)
    listed = np.empty(partners.size + 1, np.int32)
    sx, sy, sz = scale[0], scale[1], scale[2]
    pairs, number = 0, 0
    for row in range(molecules):
        m = sorted_[row]
        x, y, z = whole[m, 0], whole[m, 1], whole[m, 2]
        for k in range(starts[row], starts[row + 1]):
            j = sorted_[partners[k]]
            # differences of whole coordinates wrap around: they are those of nearest images
            dx = t(np.int32(x - whole[j, 0])) * sx
            dy = t(np.int32(y - whole[j, 1])) * sy
            dz = t(np.int32(z - whole[j, 2])) * sz
            r2 = dx * dx + dy * dy + dz * dz
            s1, s2 = kind[m], kind[j]
            far = fine2[s1, s2] if detailed[m] or detailed[j] else crude2[s1, s2]
            sparse = by_sites[s1, s2]
            turned = rank[s1] > rank[s2]
            first[pairs] = row_of[j] if turned else row_of[m]
            second[pairs] = (row_of[m] if turned else row_of[j]) // BLOCK
            pairs += 1 if not sparse and r2 < far else 0
            listed[number] = j
            number += 1 if sparse and r2 < far else 0
        ends[row + 1] = number
    return first[:pairs], second[:pairs], ends, listed[:number].copy()


@compiled(**OPTIONS)
def distinct(first, second, rows, blocks, species_of):  # type: ignore[no-untyped-def]
    """Pairs of a row and a block, each once, in segments of one row and one species of blocks.

    Args:
        first, second: row and block of each pair, (P,).
        rows, blocks: numbers of these.
        species_of: of each block.

    Returns:
        Segments (row, species, begin, end), (Z, 4), and blocks, by segment.
    """
    ends = np.zeros(rows + 1, np.int64)
    for p in range(first.size):
        ends[first[p] + 1] += 1
    for r in range(rows):
        ends[r + 1] += ends[r]
    fill, ordered = ends[:-1].copy(), np.empty(first.size, np.int32)
    for p in range(first.size):
        ordered[fill[first[p]]] = second[p]
        fill[first[p]] += 1
    seen, ids = np.full(blocks, -1, np.int32), np.empty(first.size, np.int32)
    segments, count, number = np.empty((first.size, 4), np.int64), 0, 0
    for r in range(rows):
        left = ends[r]
        stop = ends[r + 1]
        while left < stop:
            # the blocks of one species; those of others are kept for the next round
            s, begin, kept = species_of[ordered[left]], number, left
            for p in range(left, stop):
                block = ordered[p]
                if species_of[block] == s:
                    if seen[block] != r:
                        ids[number] = block
                        number += 1
                    seen[block] = r
                else:
                    ordered[kept] = block
                    kept += 1
            stop = kept
            segments[count, 0], segments[count, 1], segments[count, 2], segments[count, 3] = r, s, begin, number
            count += 1
    return segments[:count].copy(), ids[:number].copy()


@compiled(**OPTIONS)
def select_sites(starts, partners, sorted_, place, site, first, kind, site_types, box, far2, size, detailed):  # type: ignore[no-untyped-def]
    """Pairs of sites that may interact before the next list, of each pair of molecules.

    Args:
        starts, partners, sorted_: pairs of molecules, made by `select`.
        far2: squared reach of types of sites, (T, T) nm^2; none: negative.
        detailed: molecules that may be hybrid or atomistic by then, (M,); pairs of others have none.
        size: largest distance of a site from the centre of its molecule, by species, (S,) nm.

    Returns:
        Ends of the pairs of sites of each pair of molecules, (P + 1,), and the sites, (Q, 2).
    """
    ends, most = np.zeros(partners.size + 1, np.int64), 0
    for row in range(sorted_.size):
        m = sorted_[row]
        for p in range(starts[row], starts[row + 1]):
            j = partners[p]
            most += (first[m + 1] - first[m]) * (first[j + 1] - first[j])
    # one place more: what is not chosen is written there as well
    found = np.empty((most + 1, 2), np.int32)
    number = 0
    shift = np.zeros(3, site.dtype)
    farthest = np.empty(len(far2), site.dtype)
    for k in range(len(far2)):
        farthest[k] = np.sqrt(max(far2[k].max(), 0.0))
    for row in range(sorted_.size):
        m = sorted_[row]
        for p in range(starts[row], starts[row + 1]):
            j = partners[p]
            if not (detailed[m] or detailed[j]):
                ends[p + 1] = number
                continue
            for c in range(3):
                d = place[j, c] - place[m, c]
                shift[c] = d - box[c] * np.rint(d / box[c])
            for i in range(first[m], first[m + 1]):
                ax, ay, az = site[i, 0] - shift[0], site[i, 1] - shift[1], site[i, 2] - shift[2]
                reach = farthest[site_types[i]] + size[kind[j]]
                if ax * ax + ay * ay + az * az > reach * reach:
                    continue
                for k in range(first[j], first[j + 1]):
                    dx, dy, dz = site[k, 0] - ax, site[k, 1] - ay, site[k, 2] - az
                    found[number, 0], found[number, 1] = i, k
                    number += 1 if dx * dx + dy * dy + dz * dz < far2[site_types[i], site_types[k]] else 0
            ends[p + 1] = number
    return ends, found[:number].copy()
