"""Compiled interaction of two sites, and of a site with many others side by side.

Lennard-Jones as A r^-12 - B r^-6 - shift within `lj2`; charges as qq (1/r + krf r^2 - crf) within `coulomb2` (reaction
field; krf = 0 and crf = 1/rc is a shifted cutoff). Below `cap` the energy continues linearly, so that it stays
continuous and forces remain its gradient.
"""

from __future__ import annotations

import numpy as np
from numba import njit

ROOM = 384  # sites that are treated side by side
FAR = 1e4  # nm, where sites are put that shall not act
WEIGHT, ENERGY, Q, G, ROWS = 0, 1, 2, 5, 8  # rows of sites: weight, energy, place, force
# a division that could raise would keep loops from being vectorised
OPTIONS = {"fastmath": {"contract", "nsz", "arcp", "reassoc", "ninf", "nnan"}, "nogil": True, "error_model": "numpy"}
INLINE = {**OPTIONS, "forceinline": True}


@njit(**INLINE)
def interaction(lj, coulomb, capped, r2, cap, a, b, shift, lj2, qq, krf, crf, coulomb2):  # type: ignore[no-untyped-def]
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
        energy, force, more = interaction(
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
def some_sites(soft, n, w, x, y, z, cap, a, b, shift, lj2, qq, krf, crf, coulomb2):  # type: ignore[no-untyped-def]
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
