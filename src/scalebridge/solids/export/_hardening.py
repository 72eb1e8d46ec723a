"""Yield stress against plastic strain from a uniaxial stress-strain curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

_Array = npt.NDArray[np.float64]


def plastic_table(
    strain: npt.ArrayLike, stress: npt.ArrayLike, *, youngs_modulus: float, onset: float = 1e-5
) -> _Array:
    """Hardening table of a uniaxial tension curve: plastic strain = strain - stress / E from the onset of yield on.

    Card and table are meant for finite elements at small strain, where nominal and true stress agree. A table
    describes isotropic hardening; an effective material that yields differently along different axes does not fit.

    Args:
        strain: uniaxial strain along the load, ascending from 0, shape (n,).
        stress: stress along the load in Pa, shape (n,).
        youngs_modulus: in Pa, along the load.
        onset: plastic strain that counts as yield; the table starts at the first point beyond it.

    Returns:
        Rows of yield stress in Pa and plastic strain, shape (m, 2); the first plastic strain is 0.

    Raises:
        InputError: arrays do not match, nothing yields, or the curve softens.
    """
    total, load = np.asarray(strain, dtype=float), np.asarray(stress, dtype=float)
    if total.ndim != 1 or total.shape != load.shape or not np.all(np.isfinite(total) & np.isfinite(load)):
        raise InputError(f"Strain and stress are finite and equally long; found shapes {total.shape}, {load.shape}.")
    if not youngs_modulus > 0:
        raise InputError(f"Young's modulus is positive, in Pa; found {youngs_modulus!r}.")
    plastic = total - load / youngs_modulus
    beyond = np.flatnonzero(plastic > onset)
    if beyond.size == 0:
        raise InputError(
            f"The curve does not yield: its plastic strain reaches {plastic.max(initial=0.0):.2e}, onset {onset:.2e}."
        )
    # The point before the first one beyond is the last elastic one: there the table starts, at plastic strain 0.
    start = max(int(beyond[0]) - 1, 0)
    if load[start] <= 0:
        raise InputError("The curve yields within its first increment: record it with smaller increments.")
    table = np.column_stack([load[start:], np.maximum(plastic[start:], 0.0)])
    table[0, 1] = 0.0
    return checked_table(table)


def checked_table(table: npt.ArrayLike) -> _Array:
    """A hardening table that finite element codes accept.

    Args:
        table: rows of yield stress in Pa and plastic strain.

    Returns:
        The table, shape (m, 2).

    Raises:
        InputError: wrong shape, first plastic strain not 0, plastic strain not ascending, or softening.
    """
    rows = np.asarray(table, dtype=float)
    if rows.ndim != 2 or rows.shape[1] != 2 or len(rows) == 0 or not np.all(np.isfinite(rows)):
        raise InputError(f"A hardening table has rows of (yield stress in Pa, plastic strain); found {rows.shape}.")
    if rows[0, 1] != 0 or np.any(np.diff(rows[:, 1]) <= 0):
        raise InputError("The plastic strain of a hardening table starts at 0 and ascends strictly.")
    if rows[0, 0] <= 0 or np.any(np.diff(rows[:, 0]) < 0):
        raise InputError(
            "The yield stress of a hardening table is positive and does not fall: softening cannot be written as "
            "isotropic hardening. Cut the curve at its largest stress."
        )
    return rows
