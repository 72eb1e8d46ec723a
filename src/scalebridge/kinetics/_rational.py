"""Exact linear algebra of small stoichiometric matrices: what is conserved is a matter of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Matrix = list[list[Fraction]]


def exact(matrix: npt.ArrayLike) -> Matrix:
    """The same matrix in fractions; decimals become the simplest fraction near them."""
    return [[Fraction(float(v)).limit_denominator(10**9) for v in row] for row in np.atleast_2d(np.asarray(matrix))]


def echelon(matrix: Matrix) -> tuple[Matrix, list[int]]:
    """Reduced row echelon form (its rows that are not zero) and its pivot columns."""
    rows = [list(row) for row in matrix]
    pivots: list[int] = []
    columns = len(rows[0]) if rows else 0
    for c in range(columns):
        k = len(pivots)
        best = next((i for i in range(k, len(rows)) if rows[i][c] != 0), None)
        if best is None:
            continue
        rows[k], rows[best] = rows[best], rows[k]
        head = rows[k][c]
        rows[k] = [v / head if v else v for v in rows[k]]
        for i, row in enumerate(rows):
            if i != k and row[c] != 0:
                factor = row[c]
                rows[i] = [a - factor * b if b else a for a, b in zip(row, rows[k], strict=True)]
        pivots.append(c)
        if len(pivots) == len(rows):
            break
    return rows[: len(pivots)], pivots


def split(stoichiometry: npt.ArrayLike, order: Sequence[int]) -> tuple[list[int], list[int], npt.NDArray[np.float64]]:
    """Rows that span a stoichiometric matrix, the other rows, and how these follow.

    Args:
        stoichiometry: shape (species, reactions).
        order: rows in order of preference as spanning rows.

    Returns:
        Spanning rows D, other rows I and C with S[I] = C S[D]; N[I] - C N[D] is what the reactions conserve.
    """
    s = np.asarray(stoichiometry, dtype=float)
    order = list(order)
    rows, pivots = echelon(exact(s[order].T)) if s.size else ([], [])
    spanning = [order[p] for p in pivots]
    others = [i for i in order if i not in set(spanning)]
    place = {species: k for k, species in enumerate(order)}
    c = np.array([[float(row[place[i]]) for row in rows] for i in others]).reshape(len(others), len(rows))
    return spanning, others, c


def conserved(stoichiometry: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Left null space: rows b with b S = 0, shape (moieties, species), whole numbers where there are such."""
    s = np.asarray(stoichiometry, dtype=float)
    spanning, others, c = split(s, range(s.shape[0]))
    basis = np.zeros((len(others), s.shape[0]))
    for k, i in enumerate(others):
        basis[k, i] = 1.0
        basis[k, spanning] = -c[k]
    return basis
