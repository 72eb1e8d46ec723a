"""Compiled pair loops of adaptive resolution.

For two molecules a, b with resolutions lambda_a, lambda_b and w the weight of their atomistic interaction,

    E_ab = w V^AT_ab + (1 - w) V^CG_ab,

V^AT over all pairs of sites, V^CG between the centres of mass. `w` is (lambda_a + lambda_b) / 2 where energies are
interpolated (H-AdResS) and lambda_a lambda_b where forces are (AdResS). V^AT is not computed where w = 0, nor V^CG
where w = 1: there lies the gain. Molecules meet in blocks (`_blocks`); where they are much larger than the reach of
their sites, pairs of sites are listed one by one.

    place   (M, 4)   centres of mass, nm, and resolutions
    site    (N, 3)   positions of sites relative to the centre of their molecule, nm
    first   (M + 1)  first site of each molecule
    kind    (M)      species of each molecule; a species has `counts[s]` sites of types `types[s, :]`
    starts  (R + 1), partners: molecules near that of row r are partners[starts[r] : starts[r + 1]], each pair once

Pairs of which one molecule is not fully atomistic have energies of sites that continue linearly below `cap`: two
molecules may overlap where they enter the hybrid zone. A pair is computed in the precision of `site`, sums are double.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from scalebridge._cache import compiled
from scalebridge.molecules.adaptive._blocks import BLOCK, arrange, clear, meet, meet_as_beads
from scalebridge.molecules.adaptive._places import finish
from scalebridge.molecules.adaptive._sites import INLINE, OPTIONS, REACH2, ROOM, U, interaction_of

PHASES = 5  # of `pairs`
CHUNKS = 4  # pieces of work at most; their number does not depend on that of the threads


@njit(**INLINE)
def _sites(  # type: ignore[no-untyped-def]
    capped, begin, end, x, y, z, share, cap, pairs, site_types, site, sorts, acting, numbers, krf, crf, coulomb2, force
):  # fmt: skip
    """Listed pairs of sites of two molecules (x, y, z) apart: energy, capped pairs, force on the second molecule.

    `capped` is a constant where this is called.
    """
    t = site.dtype.type
    energy, gx, gy, gz, count = t(0.0), t(0.0), t(0.0), t(0.0), t(0.0)
    for k in range(begin, end):
        i, j = pairs[k, 0], pairs[k, 1]
        pair = U(site_types[i]) * U(sorts) + U(site_types[j])
        dx = site[j, 0] - site[i, 0] + x
        dy = site[j, 1] - site[i, 1] + y
        dz = site[j, 2] - site[i, 2] + z
        r2 = dx * dx + dy * dy + dz * dz
        if r2 >= numbers[pair * ROOM + REACH2]:
            continue
        e, f, more = interaction_of(acting[pair], capped, r2, cap, numbers, pair, krf, crf, coulomb2)
        energy += e
        count += more
        f *= share
        dx, dy, dz = dx * f, dy * f, dz * f
        force[i, 0] -= dx
        force[i, 1] -= dy
        force[i, 2] -= dz
        force[j, 0] += dx
        force[j, 1] += dy
        force[j, 2] += dz
        gx, gy, gz = gx + dx, gy + dy, gz + dz
    return energy, count, gx, gy, gz


@njit(**INLINE)
def _looked_up(square, table, start, scale, last):  # type: ignore[no-untyped-def]
    """Energy and force over distance, -2 dU/ds, from a table that is cubic in s = r^2."""
    t = type(square)
    # closer than the table reaches, energy and force stay those of its end
    place = min(max((square - start) * scale, t(0.0)), last)
    interval = np.int32(place)
    u = place - t(interval)
    a1, a2, a3 = table[interval, 1], table[interval, 2], table[interval, 3]
    slope = a1 + u * (t(2.0) * a2 + u * t(3.0) * a3)
    return table[interval, 0] + u * (a1 + u * (a2 + u * a3)), -t(2.0) * scale * slope


@njit(**INLINE)
def _listed(  # type: ignore[no-untyped-def]
    begin, end, rows, place, site, kind, product, box, starts, partners, site_ends, site_pairs, site_types, reach2,
    sorts, acting, numbers, krf, crf, coulomb2, cap, table, values, low, per_width, cut2, force, pull, fine, crude,
    totals,
):  # fmt: skip
    """Pairs of molecules, of rows begin .. end, whose pairs of sites are listed; sums are added to `totals`."""
    t = site.dtype.type
    one, none = t(1.0), t(0.0)
    lx, ly, lz = box[0], box[1], box[2]
    ix, iy, iz = 1.0 / lx, 1.0 / ly, 1.0 / lz
    last = np.nextafter(t(values.shape[1]), none)
    for row in range(begin, end):
        m1 = rows[row]
        for p in range(starts[row], starts[row + 1]):
            m2 = partners[p]
            own, other = place[m1, 3], place[m2, 3]
            share = t(own * other if product else 0.5 * (own + other))
            if share == one and site_ends[p] == site_ends[p + 1]:
                continue
            dx, dy, dz = place[m2, 0] - place[m1, 0], place[m2, 1] - place[m1, 1], place[m2, 2] - place[m1, 2]
            x, y, z = t(dx - lx * np.rint(dx * ix)), t(dy - ly * np.rint(dy * iy)), t(dz - lz * np.rint(dz * iz))
            square = x * x + y * y + z * z
            number = table[kind[m1], kind[m2]]
            if share < one and number >= 0 and square < cut2[number]:
                value, slope = _looked_up(square, values[number], low[number], per_width[number], last)
                k = (one - share) * slope
                totals[0] += (one - share) * value
                totals[1] += k * square
                crude[m1] += 0.5 * value
                crude[m2] += 0.5 * value
                pull[m1, 0] -= k * x
                pull[m1, 1] -= k * y
                pull[m1, 2] -= k * z
                pull[m2, 0] += k * x
                pull[m2, 1] += k * y
                pull[m2, 2] += k * z
            if share > none and square < reach2[kind[m1], kind[m2]]:
                if share < one and cap > none:
                    energy, count, gx, gy, gz = _sites(
                        True, site_ends[p], site_ends[p + 1], x, y, z, share, cap, site_pairs, site_types, site, sorts,
                        acting, numbers, krf, crf, coulomb2, force,
                    )  # fmt: skip
                else:
                    energy, count, gx, gy, gz = _sites(
                        False, site_ends[p], site_ends[p + 1], x, y, z, share, cap, site_pairs, site_types, site, sorts,
                        acting, numbers, krf, crf, coulomb2, force,
                    )  # fmt: skip
                totals[0] += share * energy
                totals[1] += gx * x + gy * y + gz * z
                totals[2] += count
                fine[m1] += 0.5 * energy
                fine[m2] += 0.5 * energy


@njit(**INLINE)
def _gather(  # type: ignore[no-untyped-def]
    begin, end, rows, origin, first, met, blocks, lists, lane_force, lane_pull, lane_fine, lane_crude, force, pull,
    fine, crude,
):  # fmt: skip
    """Of the molecules of rows begin .. end, add to the first scratch of listed pairs what all others hold."""
    for r in range(begin, end):
        m, at = rows[r], origin[r // BLOCK] + r % BLOCK
        if m < 0:
            continue
        for piece in range(1, lists):
            fine[0, m] += fine[piece, m]
            crude[0, m] += crude[piece, m]
            for c in range(3):
                pull[0, m, c] += pull[piece, m, c]
                for i in range(first[m], first[m + 1]):
                    force[0, i, c] += force[piece, i, c]
        for piece in range(blocks):
            left = met[piece, r // BLOCK]
            if left == 0:
                continue
            crude[0, m] += lane_crude[piece, r]
            for c in range(3):
                pull[0, m, c] += lane_pull[piece, c, r]
            if left == 1:
                continue
            fine[0, m] += lane_fine[piece, r]
            for c in range(3):
                for i in range(first[m], first[m + 1]):
                    force[0, i, c] += lane_force[piece, at + (3 * (i - first[m]) + c) * BLOCK]


@njit(**INLINE)
def _share(  # type: ignore[no-untyped-def]
    begins, ends, piece,
    edges, bead_edges, segments, beads, ids, met, rows, origin, absent, centre, resolution, lanes, list_edges, starts,
    partners, site_ends, site_pairs, site_types, place, site, first, kind, product, box, counts, types, reach2, close2,
    sorts, acting, numbers, krf, crf, coulomb2, cap, table, values, low, per_width, cut2, lane_force, lane_pull,
    lane_fine, lane_crude, force, pull, fine, crude, gradient, outward, knots, polynomials, distances, fields,
    mass_share, gap, result, totals, sums,
):  # fmt: skip
    """A piece of phases begins .. ends of `pairs`: lay out in blocks, meet in blocks, meet by lists, gather, finish.

    All pieces of a phase are done before one of the next begins.
    """
    pieces, molecules, listed = edges.size - 1, first.size - 1, partners.size > 0
    row, last_row = rows.size * piece // pieces, rows.size * (piece + 1) // pieces
    begin, end = molecules * piece // pieces, molecules * (piece + 1) // pieces
    blocks, lists = pieces * int(len(segments) + len(beads) > 0), max(pieces * int(listed), 1)
    if begins <= 0 < ends and blocks > 0:
        arrange(row, last_row, rows, first, place, site, box, origin, centre, resolution, lanes)
    if begins <= 1 < ends and blocks > 0:
        unit = box / 2.0 ** (8 * centre.itemsize)
        clear(met[piece], origin, lane_force[piece], lane_pull[piece], lane_fine[piece], lane_crude[piece])
        meet_as_beads(
            bead_edges[piece], bead_edges[piece + 1], beads, ids, rows, kind, centre, absent, unit, table, values, low,
            per_width, cut2, lane_pull[piece], totals[piece],
        )  # fmt: skip
        meet(
            edges[piece], edges[piece + 1], segments, ids, rows, kind, origin, centre, resolution, absent, lanes,
            product, unit, counts, types, reach2, close2, sorts, acting, numbers, krf, crf, coulomb2, cap, table,
            values, low, per_width, cut2, lane_force[piece], lane_pull[piece], lane_fine[piece], lane_crude[piece],
            totals[piece],
        )  # fmt: skip
    if begins <= 2 < ends:
        # where no pairs are listed, one scratch holds all sums, and each piece begins a part of it
        own, low_end, high_end = (piece, 0, molecules) if listed else (0, begin, end)
        force[own, first[low_end] : first[high_end]] = 0.0
        pull[own, low_end:high_end] = 0.0
        fine[own, low_end:high_end] = 0.0
        crude[own, low_end:high_end] = 0.0
        if listed:
            _listed(
                list_edges[piece], list_edges[piece + 1], rows, place, site, kind, product, box, starts, partners,
                site_ends, site_pairs, site_types, reach2, sorts, acting, numbers, krf, crf, coulomb2, cap, table,
                values, low, per_width, cut2, force[own], pull[own], fine[own], crude[own], totals[piece],
            )  # fmt: skip
    if begins <= 3 < ends:
        _gather(
            row, last_row, rows, origin, first, met, blocks, lists, lane_force, lane_pull, lane_fine, lane_crude, force,
            pull, fine, crude,
        )  # fmt: skip
    if begins <= 4 < ends:
        finish(
            begin, end, force[0], pull[0], fine[0], crude[0], gap, place, gradient, outward, not product, kind, knots,
            polynomials, distances, fields, mass_share, first, result, sums[piece],
        )  # fmt: skip


@compiled(parallel=True, **OPTIONS)
def pairs(  # type: ignore[no-untyped-def]
    edges, bead_edges, segments, beads, ids, met, rows, origin, absent, centre, resolution, lanes, list_edges, starts,
    partners, site_ends, site_pairs, site_types, place, site, first, kind, product, box, counts, types, reach2, close2,
    sorts, acting, numbers, krf, crf, coulomb2, cap, table, values, low, per_width, cut2, lane_force, lane_pull,
    lane_fine, lane_crude, force, pull, fine, crude, gradient, outward, knots, polynomials, distances, fields,
    mass_share, solute, solute_share, gap, result, drift,
):  # fmt: skip
    """All pairs of molecules, the drift force, and what compensates it.

    Args:
        edges, bead_edges, list_edges: first segment, or row of the list, of each piece of work, (pieces + 1,).
        segments, ids, rows, origin, absent: of molecules in blocks, see `_blocks`; beads: segments without atoms.
        met: what each piece leaves in each block, see `met_by`.
        centre, resolution, lanes: room for these molecules and their sites.
        starts, partners: molecules whose pairs of sites are listed; those of pair p are
            site_pairs[site_ends[p] : site_ends[p + 1]].
        site_types: type of each site, (N,); sorts: number of types. acting, numbers: see `_sites`.
        lane_force, lane_pull, lane_fine, lane_crude: scratch of each piece for molecules in blocks.
        force, pull, fine, crude: scratch of each piece for listed ones, (pieces, N, 3), (pieces, M, 3), (pieces, M)
            twice: forces on sites, on centres of mass, V^AT_a and V^CG_a; the first of each then holds all sums.
        gradient, outward: see `prepare`.
        knots, polynomials: compensation by species: resolutions (S, K) and cubic polynomials (S, K - 1, 4), highest
            power first.
        distances, fields: the same for the potential of the thermodynamic force, by distance from the middle.
        solute, solute_share: atoms that the region follows; they take up what it exerts.
        gap: written: V^AT_a - V^CG_a (M,).
        result: written: forces on atoms, (N, 3).
        drift: written: sum of what the resolution field and the thermodynamic force exert, (3,).

    Returns:
        Energy, virial of the centres of mass (sum over pairs of r_ab . F_ab), and number of capped pairs of sites.
    """
    pieces = edges.size - 1
    totals, sums = np.zeros((pieces, 3)), np.zeros((pieces, 4))
    # where one piece is all, nothing waits
    launches = PHASES if pieces > 1 else 1
    for launch in range(launches):
        begins, ends = PHASES * launch // launches, PHASES * (launch + 1) // launches
        for piece in prange(pieces):
            _share(
                begins, ends, np.int64(piece), edges, bead_edges, segments, beads, ids, met, rows, origin,
                absent, centre, resolution, lanes, list_edges, starts, partners, site_ends, site_pairs,
                site_types, place, site, first, kind, product, box, counts, types, reach2, close2, sorts, acting,
                numbers, krf, crf, coulomb2, cap, table, values, low, per_width, cut2, lane_force, lane_pull,
                lane_fine, lane_crude, force, pull, fine, crude, gradient, outward, knots, polynomials,
                distances, fields, mass_share, gap, result, totals, sums,
            )  # fmt: skip
    drift[:] = 0.0
    energy, virial, overlaps = 0.0, 0.0, 0.0
    for piece in range(pieces):
        energy += totals[piece, 0] + sums[piece, 3]
        virial += totals[piece, 1]
        overlaps += totals[piece, 2]
        for c in range(3):
            drift[c] += sums[piece, c]
    for k in range(solute.size):
        for c in range(3):
            result[solute[k], c] -= solute_share[k] * drift[c]
    return energy, virial, overlaps
