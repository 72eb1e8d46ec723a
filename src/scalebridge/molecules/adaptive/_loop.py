"""Compiled steps of molecular dynamics around the forces of adaptive resolution: no engine, no Python in between.

Langevin dynamics by the middle scheme in leapfrog form (Zhang et al., J. Phys. Chem. A 123 (2019) 6056), as OpenMM does
it: velocities v at half steps,

    v <- v + dt F / m,   x <- x + dt v / 2,   v <- c v + sqrt((1 - c^2) kT / m) noise,   x <- x + dt v / 2,

with c = exp(-friction dt); c = 1 is plain leapfrog. Rigid triangles (three sites, three distances: water) are kept by
solving for their three multipliers together (Kraeutler et al., J. Comput. Chem. 22 (2001) 501).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from scalebridge._cache import compiled
from scalebridge.molecules.adaptive._kernel import INLINE, OPTIONS, pairs
from scalebridge.molecules.adaptive._places import finish, prepare

ITERATIONS = 30
TOLERANCE = 1e-11  # of squared lengths, relative


@njit(**INLINE)
def _solved(m, b):  # type: ignore[no-untyped-def]
    """Three linear equations, by Cramer's rule."""
    c0 = m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]
    c1 = m[1, 2] * m[2, 0] - m[1, 0] * m[2, 2]
    c2 = m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0]
    inverse = 1.0 / (m[0, 0] * c0 + m[0, 1] * c1 + m[0, 2] * c2)
    x = b[0] * c0 + m[0, 1] * (m[1, 2] * b[2] - b[1] * m[2, 2]) + m[0, 2] * (b[1] * m[2, 1] - m[1, 1] * b[2])
    y = m[0, 0] * (b[1] * m[2, 2] - m[1, 2] * b[2]) + b[0] * c1 + m[0, 2] * (m[1, 0] * b[2] - b[1] * m[2, 0])
    z = m[0, 0] * (m[1, 1] * b[2] - b[1] * m[2, 1]) + m[0, 1] * (b[1] * m[2, 0] - m[1, 0] * b[2]) + b[0] * c2
    return x * inverse, y * inverse, z * inverse


@njit(**INLINE)
def _sides(x, i, j, k, out):  # type: ignore[no-untyped-def]
    """Sides ij, ik and jk of a triangle, (3, 3)."""
    for c in range(3):
        out[0, c] = x[i, c] - x[j, c]
        out[1, c] = x[i, c] - x[k, c]
        out[2, c] = x[j, c] - x[k, c]


@njit(**INLINE)
def _coupling(wi, wj, wk, s, r, out):  # type: ignore[no-untyped-def]
    """By how much each multiplier along the sides r stretches the sides s."""
    for c in range(3):
        for d in range(3):
            out[c, d] = s[c, 0] * r[d, 0] + s[c, 1] * r[d, 1] + s[c, 2] * r[d, 2]
    out[0, 0] *= wi + wj
    out[1, 1] *= wi + wk
    out[2, 2] *= wj + wk
    out[0, 1] *= wi
    out[1, 0] *= wi
    out[0, 2] *= -wj
    out[2, 0] *= -wj
    out[1, 2] *= wk
    out[2, 1] *= wk


@njit(**INLINE)
def _moved(x, i, j, k, wi, wj, wk, r, p, q, s):  # type: ignore[no-untyped-def]
    """Multipliers p, q, s along the sides r, on three rows of x."""
    for c in range(3):
        x[i, c] += wi * (p * r[0, c] + q * r[1, c])
        x[j, c] += wj * (s * r[2, c] - p * r[0, c])
        x[k, c] -= wk * (q * r[1, c] + s * r[2, c])


@compiled(**OPTIONS)
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
    r, s, m, b = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3)), np.empty(3)
    good = True
    for t in range(len(triangles)):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        wi, wj, wk = inverse[i], inverse[j], inverse[k]
        _sides(old, i, j, k, r)
        worst = 1.0
        for _ in range(ITERATIONS):
            _sides(new, i, j, k, s)
            worst = 0.0
            for c in range(3):
                b[c] = 0.5 * (lengths2[t, c] - (s[c, 0] ** 2 + s[c, 1] ** 2 + s[c, 2] ** 2))
                worst = max(worst, abs(b[c]) / lengths2[t, c])
            if worst < TOLERANCE:
                break
            _coupling(wi, wj, wk, s, r, m)
            p, q, u = _solved(m, b)
            _moved(new, i, j, k, wi, wj, wk, r, p, q, u)
        good = good and worst < TOLERANCE
    return good


@compiled(**OPTIONS)
def hold_velocities(x, v, triangles, inverse):  # type: ignore[no-untyped-def]
    """Take from velocities (N, 3) what would stretch the triangles at positions x."""
    r, m, b = np.empty((3, 3)), np.empty((3, 3)), np.empty(3)
    s = np.empty((3, 3))
    for t in range(len(triangles)):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        wi, wj, wk = inverse[i], inverse[j], inverse[k]
        _sides(x, i, j, k, r)
        _sides(v, i, j, k, s)
        for c in range(3):
            b[c] = -(r[c, 0] * s[c, 0] + r[c, 1] * s[c, 1] + r[c, 2] * s[c, 2])
        _coupling(wi, wj, wk, r, r, m)
        p, q, u = _solved(m, b)
        _moved(v, i, j, k, wi, wj, wk, r, p, q, u)


@compiled(**OPTIONS)
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
def _step(x, v, force, inverse, dt, keep, kt, noise, owner, place, local, rigid, triangles, lengths2, old):  # type: ignore[no-untyped-def]
    """Positions and velocities one step on; whether rigid molecules stayed so."""
    half = 0.5 * dt
    spread = np.sqrt((1.0 - keep * keep) * kt)
    for i in range(len(x)):
        w = inverse[i] * dt
        for c in range(3):
            v[i, c] += w * force[i, c]
    if rigid:
        hold_velocities(x, v, triangles, inverse)
    thermal = len(noise) > 0
    for i in range(len(x)):
        own = np.sqrt(inverse[i]) * spread
        acts = thermal and not (local and place[owner[i], 3] == 1.0)
        for c in range(3):
            if rigid:
                old[i, c] = x[i, c]
            u = v[i, c]
            x[i, c] += half * u
            if acts:
                u = keep * u + own * noise[i, c]
            x[i, c] += half * u
            v[i, c] = u
    if not rigid:
        return True
    # what the constraints move, they move in this step: force is used as room for where sites were going
    for i in range(len(x)):
        for c in range(3):
            force[i, c] = x[i, c]
    good = hold_lengths(old, x, triangles, lengths2, inverse)
    per = 1.0 / dt
    for i in range(len(x)):
        for c in range(3):
            v[i, c] += (x[i, c] - force[i, c]) * per
    return good


@compiled(**OPTIONS)
def advance(  # type: ignore[no-untyped-def]
    count, x, v, force, inverse, dt, keep, kt, noise, owner, local, triangles, lengths2, old, bonds, length2, stiffness,
    limit, allowed, before, middle, after, energies,
):  # fmt: skip
    """Steps until all are done, or neighbours must be listed anew.

    Args:
        count: steps at most.
        x, v, force: positions, velocities half a step behind, and forces there, (N, 3); changed.
        inverse: inverse masses, (N,).
        dt, keep, kt: time step, what friction leaves of a velocity in it, and kT.
        noise: normal numbers, (count, N, 3); (count, 0, 3) where nothing is thermostatted.
        owner: molecule of each atom, (N,).
        local: whether fully atomistic molecules are left alone.
        triangles, lengths2, old: rigid molecules, their squared sides, and room for positions, (N, 3).
        bonds, length2, stiffness: see `bond_forces`.
        limit, allowed: squared displacement and extents of species, up to which neighbours may be kept.
        before, middle, after: what `prepare`, `pairs` and `finish` take.
        energies: written: potential energy, virial and capped pairs, (3,).

    Returns:
        Steps done; how far it got: 0 all is well, 1 lists are old and the forces of the last step are missing, 2 rigid
        molecules could not be kept.
    """
    rigid = len(triangles) > 0
    place = before[9]
    extent = before[11]
    for step in range(count):
        good = _step(
            x, v, force, inverse, dt, keep, kt, noise[step], owner, place, local, rigid, triangles, lengths2, old
        )
        if not good:
            return step, 2
        if not (prepare(x, *before) <= limit) or (extent > allowed).any():
            return step + 1, 1
        energy, virial, capped = pairs(*middle)
        energy += finish(*after)
        energy += bond_forces(x, bonds, length2, stiffness, force)
        energies[0], energies[1], energies[2] = energy, virial, capped
    return count, 0
