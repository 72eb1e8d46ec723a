"""Compiled interaction of two sites, of one pair or of as many as a vector holds.

Lennard-Jones as A r^-12 - B r^-6 - shift within `lj2`; charges as qq (1/r + krf r^2 - crf) within `coulomb2` (reaction
field; krf = 0 and crf = 1/rc is a shifted cutoff). Below `cap` the energy continues linearly, so that it stays
continuous and forces remain its gradient.

What a pair of types needs lies together: types t1 and t2 of T have place t1 T + t2 in

    acting  (T T)    0 where they do not act on each other, 1 for Lennard-Jones, 2 for charges, 3 for both
    numbers (T T 8)  A, B, shift, lj2, qq, 12 A, 6 B, and the squared distance beyond which there is nothing
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from scalebridge.molecules.adaptive._model import SitePairs
from scalebridge.molecules.adaptive._vectors import alike, inverse, inverse_root, less, where

FAR = 1e4  # nm, where sites are put that shall not act
# a division that could raise would keep loops from being vectorised
OPTIONS = {"fastmath": {"contract", "nsz", "arcp", "reassoc", "ninf", "nnan"}, "nogil": True, "error_model": "numpy"}
INLINE = {**OPTIONS, "forceinline": True}
# unsigned: no index is counted from the end, which costs as much as the load itself
U = np.uint64
ROOM, REACH2 = U(8), U(7)
_B, _SHIFT, _LJ2, _QQ, _12A, _6B = U(1), U(2), U(3), U(4), U(5), U(6)


def packed(sites: SitePairs, dtype: npt.DTypeLike) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.floating]]:
    """`acting` and `numbers`."""
    lj, charged = (sites.a != 0.0) | (sites.b != 0.0), sites.qq != 0.0
    lj2 = sites.cutoff**2
    reach2 = np.maximum(np.where(lj, lj2, 0.0), np.where(charged, sites.coulomb_cutoff**2, 0.0))
    columns = np.stack([sites.a, sites.b, sites.shift, lj2, sites.qq, 12.0 * sites.a, 6.0 * sites.b, reach2], axis=-1)
    return (lj + 2 * charged).ravel().astype(np.uint8), np.ascontiguousarray(columns.ravel(), dtype)


@njit(**INLINE)
def _interaction(lj, coulomb, capped, r2, cap, numbers, at, krf, crf, coulomb2):  # type: ignore[no-untyped-def]
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
        inside = less(s2, alike(r2, numbers[at + _LJ2]))
        i6 = i2 * i2 * i2
        attraction, shift = alike(r2, numbers[at + _B]), alike(r2, numbers[at + _SHIFT])
        energy = where(inside, (alike(r2, numbers[at]) * i6 - attraction) * i6 - shift, zero)
        force = where(inside, (alike(r2, numbers[at + _12A]) * i6 - alike(r2, numbers[at + _6B])) * i6 * i2, zero)
    if coulomb:
        inside, qq = less(s2, alike(r2, coulomb2)), alike(r2, numbers[at + _QQ])
        energy += where(inside, qq * (i1 + alike(r2, krf) * s2 - alike(r2, crf)), zero)
        force += where(inside, qq * (i1 * i2 - alike(r2, t(2.0) * krf)), zero)
    if capped:
        energy += force * s * (s - r)
        force *= s * per_r
        count = where(less(r, s), one, zero)
    return energy, force, count


@njit(**INLINE)
def interaction_of(acts, capped, r2, cap, numbers, place, krf, crf, coulomb2):  # type: ignore[no-untyped-def]
    """`_interaction` of types at a place, with nothing in it that `acts` does not ask for."""
    at = place * ROOM
    if acts == 2:
        return _interaction(False, True, capped, r2, cap, numbers, at, krf, crf, coulomb2)
    if acts == 3:
        return _interaction(True, True, capped, r2, cap, numbers, at, krf, crf, coulomb2)
    return _interaction(True, False, capped, r2, cap, numbers, at, krf, crf, coulomb2)
