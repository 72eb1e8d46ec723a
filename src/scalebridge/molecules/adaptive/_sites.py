"""Compiled interaction of two sites, of one pair or of as many as a vector holds.

Lennard-Jones as A r^-12 - B r^-6 - shift within `lj2`; charges as qq (1/r + krf r^2 - crf) within `coulomb2` (reaction
field; krf = 0 and crf = 1/rc is a shifted cutoff). Below `cap` the energy continues linearly, so that it stays
continuous and forces remain its gradient.
"""

from __future__ import annotations

from numba import njit

from scalebridge.molecules.adaptive._vectors import alike, inverse, inverse_root, less, where

FAR = 1e4  # nm, where sites are put that shall not act
# a division that could raise would keep loops from being vectorised
OPTIONS = {"fastmath": {"contract", "nsz", "arcp", "reassoc", "ninf", "nnan"}, "nogil": True, "error_model": "numpy"}
INLINE = {**OPTIONS, "forceinline": True}


@njit(**INLINE)
def _interaction(lj, coulomb, capped, r2, cap, a, b, shift, lj2, qq, krf, crf, coulomb2):  # type: ignore[no-untyped-def]
    """Sites at squared distances: energy, force over distance, and 1 where the cap acts.

    `lj`, `coulomb` and `capped` are constants where this is called; `r2` is a vector or a number, the rest are numbers.
    """
    t = type(cap)
    zero, one, tiny = alike(r2, t(0.0)), alike(r2, t(1.0)), alike(r2, t(1e-12))
    r2 = where(less(r2, tiny), tiny, r2)
    i1 = inverse_root(r2)
    s, s2, r, per_r = zero, r2, zero, i1
    if capped:
        r, limit = r2 * i1, alike(r2, cap)
        s = where(less(r, limit), limit, r)
        s2 = s * s
        i1 = inverse(s)
    i2 = i1 * i1
    energy, force, count = zero, zero, zero
    if lj:
        inside = less(s2, alike(r2, lj2))
        i6 = i2 * i2 * i2
        energy = where(inside, (alike(r2, a) * i6 - alike(r2, b)) * i6 - alike(r2, shift), zero)
        force = where(inside, (alike(r2, t(12.0) * a) * i6 - alike(r2, t(6.0) * b)) * i6 * i2, zero)
    if coulomb:
        inside = less(s2, alike(r2, coulomb2))
        energy += where(inside, alike(r2, qq) * (i1 + alike(r2, krf) * s2 - alike(r2, crf)), zero)
        force += where(inside, alike(r2, qq) * (i1 * i2 - alike(r2, t(2.0) * krf)), zero)
    if capped:
        energy += force * s * (s - r)
        force *= s * per_r
        count = where(less(r, s), one, zero)
    return energy, force, count


@njit(**INLINE)
def interaction_of(soft, r2, cap, a, b, shift, lj2, qq, krf, crf, coulomb2):  # type: ignore[no-untyped-def]
    """`_interaction` with nothing in it that these types of sites do not need."""
    t = type(cap)
    if a == t(0.0) and b == t(0.0):
        if soft:
            return _interaction(False, True, True, r2, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
        return _interaction(False, True, False, r2, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
    if qq != t(0.0):
        if soft:
            return _interaction(True, True, True, r2, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
        return _interaction(True, True, False, r2, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
    if soft:
        return _interaction(True, False, True, r2, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
    return _interaction(True, False, False, r2, cap, a, b, shift, lj2, qq, krf, crf, coulomb2)
