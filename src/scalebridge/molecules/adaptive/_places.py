"""Compiled loops over molecules: where they are, and what drives them beside pair interactions."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from scalebridge._cache import compiled
from scalebridge.molecules.adaptive._sites import INLINE, OPTIONS


@njit(**INLINE)
def _place(  # type: ignore[no-untyped-def]
    begin, end, positions, mass_share, first, kind, fixed, middle, box, region, listed, place, site, extent, gradient,
    outward,
):  # fmt: skip
    """Molecules begin .. end of `prepare`; the largest squared displacement of their centres."""
    axes, inner, width, switching = region[3:6], region[6], region[7], region[8]
    per_box = 1.0 / box
    d = np.zeros(3)
    extent[:] = 0.0
    most = 0.0
    for m in range(begin, end):
        x, y, z = 0.0, 0.0, 0.0
        for i in range(first[m], first[m + 1]):
            x += mass_share[i] * positions[i, 0]
            y += mass_share[i] * positions[i, 1]
            z += mass_share[i] * positions[i, 2]
        place[m, 0] = x
        place[m, 1] = y
        place[m, 2] = z
        most = max(most, (x - listed[m, 0]) ** 2 + (y - listed[m, 1]) ** 2 + (z - listed[m, 2]) ** 2)
        far = extent[kind[m]]
        for i in range(first[m], first[m + 1]):
            dx, dy, dz = positions[i, 0] - x, positions[i, 1] - y, positions[i, 2] - z
            site[i, 0] = dx
            site[i, 1] = dy
            site[i, 2] = dz
            far = max(far, dx * dx + dy * dy + dz * dz)
        extent[kind[m]] = far
        gradient[m] = 0.0
        if switching == 2.0:
            place[m, 3] = inner
            outward[m] = 0.0
            continue
        r2 = 0.0
        for c in range(3):
            d[c] = axes[c] * (place[m, c] - middle[c])
            d[c] -= box[c] * np.rint(d[c] * per_box[c])
            r2 += d[c] * d[c]
        r = np.sqrt(r2)
        per_r = 1.0 / max(r, 1e-300)
        for c in range(3):
            outward[m, c] = d[c] * per_r
        outward[m, 3] = r
        if fixed[kind[m]]:
            outward[m, :3] = 0.0
            place[m, 3] = 1.0
        elif r <= inner:
            place[m, 3] = 1.0
        elif r >= inner + width:
            place[m, 3] = 0.0
        else:
            s = (r - inner) / width
            if switching == 0.0:
                place[m, 3] = np.cos(0.5 * np.pi * s) ** 2
                slope = -0.5 * np.pi * np.sin(np.pi * s)
            else:
                place[m, 3] = 1.0 - s**3 * (10.0 - 15.0 * s + 6.0 * s**2)
                slope = -30.0 * s**2 * (1.0 - s) ** 2
            for c in range(3):
                gradient[m, c] = slope / width * outward[m, c]
    return most


@compiled(parallel=True, **OPTIONS)
def prepare(  # type: ignore[no-untyped-def]
    positions, mass_share, first, kind, fixed, solute, solute_share, box, region, listed, sites_listed, place, site,
    extents, extent, gradient, outward,
):  # fmt: skip
    """Centres of mass, places of sites relative to them, resolutions and their gradients.

    Args:
        positions: (N, 3) of whole molecules.
        region: (9,) middle, which axes count (3), end of the atomistic part, width of the hybrid zone, and the
            switching function: 0 cos2, 1 c2, 2 the same resolution everywhere, the seventh number.
        fixed: species that are atomistic wherever they are, (S,).
        solute, solute_share: atoms whose centre of mass the region follows, and their shares of its mass; none: empty.
        listed: centres when neighbours were listed, (M, 3).
        sites_listed: sites when their pairs were, (N, 3); none are: empty.
        extents: scratch, (pieces, S).
        place, site, extent, gradient, outward: written; `extent` is the largest
            distance of a site from the centre by species, `outward` (M, 4) the direction away from the middle of the
            region and the distance from it.

    Returns:
        The largest squared displacements of centres and of sites since.
    """
    pieces, molecules, middle = len(extents), first.size - 1, region[:3].copy()
    if solute.size > 0:
        middle[:] = 0.0
        for k in range(solute.size):
            for c in range(3):
                middle[c] += solute_share[k] * positions[solute[k], c]
    moved = np.zeros(pieces)
    if pieces > 1:
        for piece in prange(pieces):
            moved[piece] = _place(
                molecules * piece // pieces, molecules * (piece + 1) // pieces, positions, mass_share, first, kind,
                fixed, middle, box, region, listed, place, site, extents[piece], gradient, outward,
            )  # fmt: skip
    else:
        moved[0] = _place(
            0, molecules, positions, mass_share, first, kind, fixed, middle, box, region, listed, place, site,
            extents[0], gradient, outward,
        )  # fmt: skip
    extent[:] = 0.0
    for piece in range(pieces):
        for s in range(extent.size):
            extent[s] = max(extent[s], np.sqrt(extents[piece, s]))
    farthest = 0.0
    for i in range(len(sites_listed)):
        dx, dy, dz = (
            positions[i, 0] - sites_listed[i, 0], positions[i, 1] - sites_listed[i, 1],
            positions[i, 2] - sites_listed[i, 2],
        )  # fmt: skip
        farthest = max(farthest, dx * dx + dy * dy + dz * dz)
    return moved.max(), farthest


@njit(**INLINE)
def _cubic(knots, polynomials, x):  # type: ignore[no-untyped-def]
    """A piecewise cubic, highest power first, constant beyond its ends: value and slope."""
    last = knots.size - 2
    inside = min(max(x, knots[0]), knots[last + 1])
    at = min(max(np.searchsorted(knots, inside, side="right") - 1, 0), last)
    u = inside - knots[at]
    p = polynomials[at]
    slope = p[2] + u * (2.0 * p[1] + u * 3.0 * p[0])
    return p[3] + u * (p[2] + u * (p[1] + u * p[0])), slope if inside == x else 0.0


@njit(**INLINE)
def finish(  # type: ignore[no-untyped-def]
    begin, end, force, pull, fine, crude, gap, place, gradient, outward, drifts, kind, knots, polynomials, distances,
    fields, mass_share, first, result, sums,
):  # fmt: skip
    """Add the drift force and what compensates it, and share what acts on molecules begin .. end among their sites.

    Args:
        force, pull, fine, crude: forces on sites (N, 3) and centres (M, 3), V^AT_a and V^CG_a (M,).
        drifts: whether the gap drifts molecules (energies are interpolated).
        others: see `pairs`.
        sums: (4,) added to: what the resolution field and the thermodynamic force exert, and the energy of the
            compensation.
    """
    some = distances.size > 0
    for m in range(begin, end):
        s, weight, slope, out = kind[m], place[m, 3], 0.0, 0.0
        if weight > 0.0:
            v, slope = _cubic(knots[s], polynomials[s], weight)
            sums[3] += v
        if some:
            v, out = _cubic(distances[s], fields[s], outward[m, 3])
            sums[3] += v
        gap[m] = fine[m] - crude[m]
        if drifts:
            slope += gap[m]
        kx = -slope * gradient[m, 0] - out * outward[m, 0]
        ky = -slope * gradient[m, 1] - out * outward[m, 1]
        kz = -slope * gradient[m, 2] - out * outward[m, 2]
        sums[0] += kx
        sums[1] += ky
        sums[2] += kz
        kx += pull[m, 0]
        ky += pull[m, 1]
        kz += pull[m, 2]
        for i in range(first[m], first[m + 1]):
            share = mass_share[i]
            result[i, 0] = force[i, 0] + share * kx
            result[i, 1] = force[i, 1] + share * ky
            result[i, 2] = force[i, 2] + share * kz
