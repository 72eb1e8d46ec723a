"""The ordering Reuss <= SUBC <= periodic <= KUBC <= Voigt, as entries of the ledger."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from scalebridge.ledger import Entry

FloatArray = NDArray[np.float64]

_CHAIN = ("reuss", "subc", "periodic", "kubc", "voigt")
_LABEL = {"reuss": "Reuss", "subc": "SUBC", "periodic": "PBC", "kubc": "KUBC", "voigt": "Voigt"}


def ordering_entries(
    tensors: Mapping[str, FloatArray], *, unit: str, where: str, when: float = 0.0, allowed: float = 1e-6
) -> tuple[Entry, ...]:
    """Entries that say whether the tensors of one realisation are ordered as theory demands.

    A <= B means that B - A is positive semidefinite: no load finds B softer than A. Each entry compares two neighbours
    of the chain for the load under which they come closest, the eigenvector of the smallest eigenvalue of B - A.
    Hill 1952, doi 10.1088/0370-1298/65/5/307, for the outer bounds; Huet 1990, doi 10.1016/0022-5096(90)90041-2, for
    the boundary conditions.

    Args:
        tensors: any of ``"reuss"``, ``"subc"``, ``"periodic"``, ``"kubc"``, ``"voigt"``, shape (m, m).
        unit: unit of the tensors.
        where: the realisation.
        when: its number in the study.
        allowed: largest violation relative to the stiffest eigenvalue that still counts as ordered.

    Returns:
        One entry per pair of neighbours among the tensors given.
    """
    present = [name for name in _CHAIN if name in tensors]
    return tuple(_entry(tensors, pair, unit, where, when, allowed) for pair in itertools.pairwise(present))


def _entry(
    tensors: Mapping[str, FloatArray], pair: tuple[str, str], unit: str, where: str, when: float, allowed: float
) -> Entry:
    lower, upper = (0.5 * (tensors[name] + tensors[name].T) for name in pair)
    load = np.linalg.eigh(upper - lower)[1][:, 0]
    return Entry(
        quantity=f"ordering {_LABEL[pair[0]]} <= {_LABEL[pair[1]]}",
        unit=unit,
        fine=float(load @ lower @ load),
        coarse=float(load @ upper @ load),
        scale=float(np.linalg.norm(upper, 2)),
        allowed=allowed,
        where=where,
        when=when,
        relation="<=",
    )
