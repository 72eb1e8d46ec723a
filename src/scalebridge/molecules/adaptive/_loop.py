"""Compiled steps of molecular dynamics around the forces of adaptive resolution: no engine, no Python in between.

Langevin dynamics by the middle scheme in leapfrog form (Zhang et al., J. Phys. Chem. A 123 (2019) 6056), as OpenMM does
it: velocities v at half steps,

    v <- v + dt F / m,   x <- x + dt v / 2,   v <- c v + sqrt((1 - c^2) kT / m) noise,   x <- x + dt v / 2,

with c = exp(-friction dt); c = 1 is plain leapfrog. Rigid triangles (three sites, three distances: water) are kept by
solving for their three multipliers together (Kraeutler et al., J. Comput. Chem. 22 (2001) 501).
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from scalebridge._cache import compiled
from scalebridge.molecules.adaptive._kernel import pairs
from scalebridge.molecules.adaptive._places import prepare
from scalebridge.molecules.adaptive._sites import INLINE, OPTIONS

ITERATIONS = 12
TOLERANCE = 1e-11  # of squared lengths, relative
LANES = 32  # triangles side by side
# rows of a block of triangles: sides before, sides now, squared lengths, inverse masses, right sides, multipliers
R, S, D, W, B, P, ROWS = 0, 9, 18, 21, 24, 27, 30


@njit(**INLINE)
def _sides(h, row, n, x, triangles, begin):  # type: ignore[no-untyped-def]
    """Sides ij, ik and jk of `n` triangles, into nine rows."""
    for c in range(3):
        for m in range(n):
            i, j, k = triangles[begin + m, 0], triangles[begin + m, 1], triangles[begin + m, 2]
            h[row + c, m] = x[i, c] - x[j, c]
            h[row + 3 + c, m] = x[i, c] - x[k, c]
            h[row + 6 + c, m] = x[j, c] - x[k, c]


@njit(**INLINE)
def _weights(h, n, triangles, begin, inverse):  # type: ignore[no-untyped-def]
    for c in range(3):
        for m in range(n):
            h[W + c, m] = inverse[triangles[begin + m, c]]
            h[P + c, m] = 0.0


@njit(**INLINE)
def _multipliers(h, n, s):  # type: ignore[no-untyped-def]
    """Multipliers along the sides in rows `R` that stretch those in rows `s` by B, added to P.

    Three linear equations for each triangle, by Cramer's rule; the sides in rows `S` follow. One straight piece of code
    over rows of one buffer whose shape is known: only then does the compiler use vector instructions.
    """
    for m in range(n):
        ax, ay, az, bx, by, bz, cx, cy, cz = (
            h[R, m], h[R + 1, m], h[R + 2, m], h[R + 3, m], h[R + 4, m], h[R + 5, m], h[R + 6, m], h[R + 7, m],
            h[R + 8, m],
        )  # fmt: skip
        dx, dy, dz, ex, ey, ez, fx, fy, fz = (
            h[s, m], h[s + 1, m], h[s + 2, m], h[s + 3, m], h[s + 4, m], h[s + 5, m], h[s + 6, m], h[s + 7, m],
            h[s + 8, m],
        )  # fmt: skip
        wi, wj, wk = h[W, m], h[W + 1, m], h[W + 2, m]
        m00, m01, m02 = (
            (wi + wj) * (dx * ax + dy * ay + dz * az), wi * (dx * bx + dy * by + dz * bz),
            -wj * (dx * cx + dy * cy + dz * cz),
        )  # fmt: skip
        m10, m11, m12 = (
            wi * (ex * ax + ey * ay + ez * az), (wi + wk) * (ex * bx + ey * by + ez * bz),
            wk * (ex * cx + ey * cy + ez * cz),
        )  # fmt: skip
        m20, m21, m22 = (
            -wj * (fx * ax + fy * ay + fz * az), wk * (fx * bx + fy * by + fz * bz),
            (wj + wk) * (fx * cx + fy * cy + fz * cz),
        )  # fmt: skip
        b0, b1, b2 = h[B, m], h[B + 1, m], h[B + 2, m]
        c0, c1, c2 = m11 * m22 - m12 * m21, m12 * m20 - m10 * m22, m10 * m21 - m11 * m20
        per = 1.0 / (m00 * c0 + m01 * c1 + m02 * c2)
        p = per * (b0 * c0 + m01 * (m12 * b2 - b1 * m22) + m02 * (b1 * m21 - m11 * b2))
        q = per * (m00 * (b1 * m22 - m12 * b2) + b0 * c1 + m02 * (m10 * b2 - b1 * m20))
        u = per * (m00 * (m11 * b2 - b1 * m21) + m01 * (b1 * m20 - m10 * b2) + b0 * c2)
        h[P, m] += p
        h[P + 1, m] += q
        h[P + 2, m] += u
        # what the three atoms move by, and with them the sides
        ix, iy, iz = wi * (p * ax + q * bx), wi * (p * ay + q * by), wi * (p * az + q * bz)
        jx, jy, jz = wj * (u * cx - p * ax), wj * (u * cy - p * ay), wj * (u * cz - p * az)
        kx, ky, kz = -wk * (q * bx + u * cx), -wk * (q * by + u * cy), -wk * (q * bz + u * cz)
        h[S, m] += ix - jx
        h[S + 1, m] += iy - jy
        h[S + 2, m] += iz - jz
        h[S + 3, m] += ix - kx
        h[S + 4, m] += iy - ky
        h[S + 5, m] += iz - kz
        h[S + 6, m] += jx - kx
        h[S + 7, m] += jy - ky
        h[S + 8, m] += jz - kz


@njit(**INLINE)
def _apply(h, n, x, triangles, begin):  # type: ignore[no-untyped-def]
    """Multipliers along the sides, on rows of x."""
    for m in range(n):
        i, j, k = triangles[begin + m, 0], triangles[begin + m, 1], triangles[begin + m, 2]
        p, q, u = h[P, m], h[P + 1, m], h[P + 2, m]
        wi, wj, wk = h[W, m], h[W + 1, m], h[W + 2, m]
        for c in range(3):
            x[i, c] += wi * (p * h[R + c, m] + q * h[R + 3 + c, m])
            x[j, c] += wj * (u * h[R + 6 + c, m] - p * h[R + c, m])
            x[k, c] -= wk * (q * h[R + 3 + c, m] + u * h[R + 6 + c, m])


@compiled(**INLINE)
def hold_lengths(old, new, triangles, lengths2, inverse):  # type: ignore[no-untyped-def]
    """Move sites along the sides that their triangles had, until lengths are right.

    Args:
        old, new: positions, (N, 3) nm; the latter are changed.
        triangles: three atoms each, (T, 3).
        lengths2: squared sides ij, ik, jk, (T, 3) nm^2.
        inverse: inverse masses, (N,).

    Returns:
        Whether all are.
    """
    h = np.zeros((ROWS, LANES))
    good = True
    for begin in range(0, len(triangles), LANES):
        n = min(LANES, len(triangles) - begin)
        _sides(h, R, n, old, triangles, begin)
        _sides(h, S, n, new, triangles, begin)
        _weights(h, n, triangles, begin, inverse)
        for c in range(3):
            for m in range(n):
                h[D + c, m] = lengths2[begin + m, c]
        worst = 1.0
        for _ in range(ITERATIONS):
            worst = 0.0
            for c in range(3):
                for m in range(n):
                    sx, sy, sz = h[S + 3 * c, m], h[S + 3 * c + 1, m], h[S + 3 * c + 2, m]
                    off = h[D + c, m] - (sx * sx + sy * sy + sz * sz)
                    h[B + c, m] = 0.5 * off
                    worst = max(worst, abs(off) / h[D + c, m])
            if worst < TOLERANCE:
                break
            _multipliers(h, n, S)
        _apply(h, n, new, triangles, begin)
        good = good and worst < TOLERANCE
    return good


@compiled(**INLINE)
def hold_velocities(x, v, triangles, inverse):  # type: ignore[no-untyped-def]
    """Take from velocities (N, 3) what would stretch the triangles at positions x."""
    h = np.zeros((ROWS, LANES))
    for begin in range(0, len(triangles), LANES):
        n = min(LANES, len(triangles) - begin)
        _sides(h, R, n, x, triangles, begin)
        _sides(h, S, n, v, triangles, begin)
        _weights(h, n, triangles, begin, inverse)
        for c in range(3):
            r, s = R + 3 * c, S + 3 * c
            for m in range(n):
                h[B + c, m] = -(h[r, m] * h[s, m] + h[r + 1, m] * h[s + 1, m] + h[r + 2, m] * h[s + 2, m])
        _multipliers(h, n, R)
        _apply(h, n, v, triangles, begin)


@compiled(**INLINE)
def bond_forces(x, bonds, length2, stiffness, force):  # type: ignore[no-untyped-def]
    """Add bonds k/4 (r^2 - b^2)^2: their energy.

    Args:
        x: positions, (N, 3) nm.
        bonds: (B, 2); length2: b^2, (B,) nm^2; stiffness: k, (B,) kJ/mol/nm^4.
        force: (N, 3), added to.
    """
    energy = 0.0
    for m in range(len(bonds)):
        i, j = bonds[m, 0], bonds[m, 1]
        dx, dy, dz = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1], x[i, 2] - x[j, 2]
        away = dx * dx + dy * dy + dz * dz - length2[m]
        pull = stiffness[m] * away
        energy += 0.25 * pull * away
        force[i, 0] -= pull * dx
        force[i, 1] -= pull * dy
        force[i, 2] -= pull * dz
        force[j, 0] += pull * dx
        force[j, 1] += pull * dy
        force[j, 2] += pull * dz
    return energy


@njit(**INLINE)
def _step(  # type: ignore[no-untyped-def]
    begin, end, x, v, force, inverse, dt, keep, spread, noise, owner, place, local, triangles, lengths2, old
):
    """Positions and velocities of atoms begin .. end one step on, and whether their triangles could be kept."""
    half, rigid = 0.5 * dt, len(triangles) > 0
    for i in range(begin, end):
        w = inverse[i] * dt
        for c in range(3):
            v[i, c] += w * force[i, c]
    if rigid:
        hold_velocities(x, v, triangles, inverse)
        old[begin:end] = x[begin:end]
    if len(noise) == 0:
        for i in range(begin, end):
            for c in range(3):
                x[i, c] += dt * v[i, c]
    else:
        for i in range(begin, end):
            acts = not (local and place[owner[i], 3] == 1.0)
            for c in range(3):
                u = v[i, c]
                x[i, c] += half * u
                if acts:
                    u = keep * u + spread[i] * noise[i, c]
                x[i, c] += half * u
                v[i, c] = u
    if not rigid:
        return True
    # what the constraints move, they move in this step: force is used as room for where sites were going
    for i in range(begin, end):
        for c in range(3):
            force[i, c] = x[i, c]
    good = hold_lengths(old, x, triangles, lengths2, inverse)
    per = 1.0 / dt
    for i in range(begin, end):
        for c in range(3):
            v[i, c] += (x[i, c] - force[i, c]) * per
    return good


@compiled(parallel=True, **OPTIONS)
def advance(  # type: ignore[no-untyped-def]
    count, pieces, x, v, force, inverse, dt, keep, spread, noise, owner, local, triangles, lengths2, old, bonds,
    length2, stiffness, limits, allowed, before, during, energies,
):  # fmt: skip
    """Steps until all are done, or neighbours must be listed anew.

    Args:
        count: steps at most.
        pieces: first atom, triangle and bond of each piece of work, and their ends, (pieces + 1, 3); triangles and
            bonds are within the atoms of their piece.
        x, v, force: positions, velocities half a step behind, and forces there, (N, 3); changed.
        inverse: inverse masses, (N,).
        dt, keep: time step, and what friction leaves of a velocity in it.
        spread: what noise gives to a velocity in it, (N,).
        noise: normal numbers, (count, N, 3); (count, 0, 3) where nothing is thermostatted.
        owner: molecule of each atom, (N,).
        local: whether fully atomistic molecules are left alone.
        triangles, lengths2, old: rigid molecules, their squared sides, and room for positions, (N, 3).
        bonds, length2, stiffness: see `bond_forces`.
        limits, allowed: squared displacements of molecules and of sites, and extents of species, up to which neighbours
            may be kept.
        before, during: what `prepare` and `pairs` take.
        energies: written: potential energy, virial and capped pairs, (3,).

    Returns:
        Steps done; how far it got: 0 all is well, 1 lists are old and the forces of the last step are missing, 2 rigid
        molecules could not be kept.
    """
    place, extent, all_pieces = before[10], before[13], len(pieces) - 1
    good, bonded = np.zeros(all_pieces, np.bool_), np.zeros(all_pieces)
    for step in range(count):
        if all_pieces > 1:
            for piece in prange(all_pieces):
                a, b = pieces[piece, 1], pieces[piece + 1, 1]
                good[piece] = _step(
                    pieces[piece, 0], pieces[piece + 1, 0], x, v, force, inverse, dt, keep, spread, noise[step], owner,
                    place, local, triangles[a:b], lengths2[a:b], old,
                )  # fmt: skip
        else:
            good[0] = _step(
                0, len(x), x, v, force, inverse, dt, keep, spread, noise[step], owner, place, local, triangles,
                lengths2, old,
            )  # fmt: skip
        if not good.all():
            return step, 2
        moved, strayed = prepare(x, *before)
        if not (moved <= limits[0] and strayed <= limits[1]) or (extent > allowed).any():
            return step + 1, 1
        energy, virial, capped = pairs(*during)
        if all_pieces > 1 and len(bonds) > 0:
            for piece in prange(all_pieces):
                a, b = pieces[piece, 2], pieces[piece + 1, 2]
                bonded[piece] = bond_forces(x, bonds[a:b], length2[a:b], stiffness[a:b], force)
        elif len(bonds) > 0:
            bonded[0] = bond_forces(x, bonds, length2, stiffness, force)
        energies[0], energies[1], energies[2] = energy + bonded.sum(), virial, capped
    return count, 0
