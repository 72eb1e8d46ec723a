"""Quasi-steady equations solved in closed form where there is one, in a form without cancellation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from sympy.solvers.solveset import NonlinearError

from scalebridge.kinetics._evaluate import evaluate

_LARGEST_LINEAR = 6


def solve(
    equations: Sequence[Any], unknowns: Sequence[Any], at: Mapping[Any, float]
) -> tuple[dict[Any, Any], list[tuple[Any, Any]]]:
    """Solve what can be solved.

    Args:
        equations: expressions that are zero.
        unknowns: symbols, one per equation.
        at: a point on the solution; it chooses the root of a quadratic.

    Returns:
        Solutions by unknown, free of solved unknowns, and (equation, unknown) pairs that are left.
    """
    left = [sp.numer(sp.together(e)) if e.is_rational_function(*unknowns) else e for e in equations]
    open_ = list(unknowns)
    solved: dict[Any, Any] = {}
    progress = True
    while progress and open_:
        progress = False
        for k, e in enumerate(left):
            inside = [u for u in open_ if u in e.free_symbols]
            if len(inside) != 1:
                continue
            root = _root(e, inside[0], at)
            if root is not None:
                _take(solved, left, open_, k, inside[0], root)
                progress = True
                break
        if not progress:
            progress = _linear_block(solved, left, open_, at)
    return solved, _paired(left, open_)


def _take(solved: dict[Any, Any], left: list[Any], open_: list[Any], k: int, u: Any, root: Any) -> None:
    del left[k]
    open_.remove(u)
    for v in solved:
        solved[v] = solved[v].xreplace({u: root})
    left[:] = [e.xreplace({u: root}) for e in left]
    solved[u] = root


def _root(e: Any, u: Any, at: Mapping[Any, float]) -> Any:
    """The root of an equation of degree one or two that passes through a point; None where there is none."""
    if not e.is_polynomial(u):
        return None
    coefficients = sp.Poly(e, u).all_coeffs()
    if len(coefficients) == 2:
        a, b = coefficients
        return None if evaluate(a, at) == 0.0 else sp.factor_terms(-b / a)
    if len(coefficients) != 3:
        return None
    a, b, c = (sp.factor_terms(x) for x in coefficients)
    if evaluate(b, at) > 0.0:
        a, b, c = -a, -b, -c
    s = -b + sp.sqrt(b**2 - 4 * a * c)  # both terms positive: nothing cancels
    candidates = [2 * c / s, s / (2 * a)]
    sizes = [abs(evaluate(r, at) - at[u]) for r in candidates]
    sizes = [x if np.isfinite(x) else np.inf for x in sizes]
    best = int(np.argmin(sizes))
    scale = max(abs(at[u]), abs(evaluate(candidates[0], at)), 1e-300)
    return candidates[best] if sizes[best] <= 1e-4 * scale else None


def _linear_block(solved: dict[Any, Any], left: list[Any], open_: list[Any], at: Mapping[Any, float]) -> bool:
    """Solve a small set of equations that is linear in its unknowns."""
    if not 1 < len(open_) <= _LARGEST_LINEAR:
        return False
    try:
        matrix, rhs = sp.linear_eq_to_matrix(left, open_)
    except (NonlinearError, ValueError):
        return False
    if matrix.shape[0] != matrix.shape[1]:
        return False
    numbers = np.array([[evaluate(x, at) for x in matrix.row(i)] for i in range(matrix.shape[0])])
    if not np.isfinite(numbers).all() or np.linalg.cond(numbers) > 1e14:
        return False
    answer = matrix.LUsolve(rhs)
    for u, x in zip(list(open_), answer, strict=True):
        solved[u] = sp.cancel(x) if x.count_ops() < 500 else x
    left.clear()
    open_.clear()
    return True


def _paired(left: list[Any], open_: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(left, open_, strict=True))
