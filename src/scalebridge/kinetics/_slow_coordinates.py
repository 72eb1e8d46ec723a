"""Slow and fast coordinates of a network: N_I = z_I + C_ID N_D + C_IK N_K, with D fast, K kept, I expressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.kinetics._rational import split

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Coordinates:
    """A linear change of variables between amounts N and (z, w).

    Attributes:
        fast: indices D of the states that follow, w = N_D.
        slow: indices of the states whose coordinates z are integrated, K and I.
        mixing: N = from_slow z + from_fast w; `from_fast` has shape (states, fast).
        to_slow: z = to_slow N, shape (slow, states).
    """

    fast: tuple[int, ...]
    slow: tuple[int, ...]
    from_slow: Floats
    from_fast: Floats
    to_slow: Floats

    def amounts(self, z: Floats, w: Floats) -> Floats:
        """N of z and w."""
        return self.from_slow @ z + self.from_fast @ w


def total_coordinates(size: int, stoichiometry: Floats, order: Sequence[int]) -> Coordinates:
    """Totals that the fast reactions conserve: z = N_I - C N_D.

    Args:
        size: number of states.
        stoichiometry: of the fast reactions, shape (states, reactions).
        order: states in order of preference as D.
    """
    touched = [i for i in order if np.any(stoichiometry[i])]
    spanning, others, c = split(stoichiometry[touched], range(len(touched)))
    fast = [touched[i] for i in spanning]
    rows = np.zeros((size, len(fast)))
    for k, i in enumerate(others):
        rows[touched[i]] = c[k]
    return _coordinates(size, fast, rows)


def kept_coordinates(size: int, stoichiometry: Floats, fast: Sequence[int]) -> Coordinates:
    """Fast states; the others keep their own rates, but for those that mirror fast ones (an enzyme and its complexes).

    What a conserved sum of fast states and one other state fixes is expressed. Sums of more states are not kept, as in
    the classical approximation: substrate and product add up to their start without what is bound.

    Args:
        size: number of states.
        stoichiometry: of the whole network, shape (states, reactions).
        fast: indices D.
    """
    fast = list(fast)
    touched = [i for i in range(size) if np.any(stoichiometry[i])]
    inside = [i for i in fast if i in touched]
    spanning, _, _ = split(stoichiometry[inside], range(len(inside)))
    if len(spanning) < len(inside):
        raise InputError("The fast species are tied to each other by a conserved sum: name fewer of them.")
    to_slow = np.eye(size)
    for i in touched:
        if i in fast:
            continue
        span, others, c = split(stoichiometry[[*inside, i]], range(len(inside) + 1))
        if others:
            to_slow[i, inside] -= c[0][np.argsort(span)]
    return _from_rows(size, fast, to_slow)


def without_conserved(c: Coordinates, stoichiometry: Floats, start: Floats) -> Coordinates:
    """The same fast states, and slow coordinates of which as many as possible are constant; small ones are kept."""
    rows = c.to_slow @ stoichiometry
    rows[np.abs(rows) < 1e-12] = 0.0
    size = np.abs(c.to_slow @ start)  # what is small must not be the difference of large ones
    moving = [k for k in range(len(rows)) if np.any(rows[k])]
    if not moving:
        return c
    spanning, others, mix = split(rows[moving], sorted(range(len(moving)), key=lambda k: size[moving[k]]))
    to_slow = c.to_slow.copy()
    for row, k in zip(mix, others, strict=True):
        to_slow[moving[k]] = c.to_slow[moving[k]] - row @ c.to_slow[[moving[i] for i in spanning]]
    size = c.to_slow.shape[1]
    whole = np.zeros((size, size))
    whole[list(c.slow)] = to_slow
    return _from_rows(size, list(c.fast), whole)


def _coordinates(size: int, fast: list[int], rows: Floats) -> Coordinates:
    to_slow = np.eye(size)
    for i in range(size):
        if i not in fast:
            to_slow[i, fast] -= rows[i]
    return _from_rows(size, fast, to_slow)


def _from_rows(size: int, fast: list[int], to_slow: Floats) -> Coordinates:
    slow = [i for i in range(size) if i not in fast]
    whole = np.vstack([to_slow[slow], np.eye(size)[fast]])
    inverse: Floats = np.asarray(np.linalg.inv(whole), dtype=np.float64)
    inverse[np.abs(inverse - np.round(inverse)) < 1e-12] = np.round(inverse)[
        np.abs(inverse - np.round(inverse)) < 1e-12
    ]
    return Coordinates(tuple(fast), tuple(slow), inverse[:, : len(slow)], inverse[:, len(slow) :], to_slow[slow])


def settle(
    field: Callable[[Floats], tuple[Floats, Floats]], c: Coordinates, n: Floats, t: float,
    fibre: Coordinates | None = None,
) -> Floats:  # fmt: skip
    """State on the slow manifold, reached along the fast fibres with z held.

    Args:
        field: rates and Jacobian of all states at given amounts.
        c: which states are fast; their rates vanish on the manifold.
        n: state to start from.
        t: time.
        fibre: coordinates whose z is held; `c` where None.

    Raises:
        ConvergenceError: the fast part has no stable equilibrium there.
    """
    hold = c if fibre is None else fibre
    if not c.fast:
        return n
    fast = list(c.fast)
    directions = hold.from_fast
    if fibre is not None and fibre.fast != c.fast:
        # the same directions, measured by the fast states themselves
        directions = directions @ np.linalg.pinv(directions[fast])
    w = n[fast].copy()
    base = n - directions @ w

    def rate(_: float, w: Floats) -> Floats:
        return field(np.ascontiguousarray(base + directions @ w))[0][fast]

    def slope(_: float, w: Floats) -> Floats:
        return np.asarray(field(np.ascontiguousarray(base + directions @ w))[1][fast] @ directions)

    w = _fall(rate, slope, w, max(float(np.abs(n).max()), 1e-300), t)
    settled = np.ascontiguousarray(base + directions @ w)
    # a little below zero is the first-order error of the fibre, as in Robertson's problem
    if np.any((settled < -1e-3 * float(np.abs(settled).max())) & (n >= 0.0)):
        raise ConvergenceError(
            f"At the equilibrium of the fast part at t = {t:g} an amount is negative: the fast reactions would use up "
            "more than there is, and cannot be taken as fast."
        )
    return settled


def _fall(
    rate: Callable[[float, Floats], Floats], slope: Callable[[float, Floats], Floats], w: Floats, size: float, t: float
) -> Floats:
    """Equilibrium of w' = rate: by time, since time finds the stable one, then by Newton's method."""
    from scipy.integrate import solve_ivp

    scale = max(float(np.abs(w).max(initial=0.0)), 1e-300)
    # where a fast species starts at zero its rate may not depend on it at first order: look a little further, too
    speed = max(float(np.abs(slope(0.0, x)).max()) for x in (w, w + 1e-3 * size))
    if not np.isfinite(speed) or speed == 0.0:
        raise ConvergenceError(f"The fast part does not depend on the fast species at t = {t:g}: it is singular.")
    scale = max(scale, float(np.abs(rate(0.0, w)).max()) / speed)
    end = 30.0 / speed
    for _ in range(10):
        if np.abs(rate(0.0, w)).max() <= 1e-9 * speed * scale:
            break
        run = solve_ivp(rate, (0.0, end), w, method="LSODA", jac=slope, rtol=1e-8, atol=1e-12 * scale)
        w = run.y[:, -1]
        if not np.isfinite(w).all() or np.abs(w).max() > 1e6 * size:
            raise ConvergenceError(f"The fast part is unstable at t = {t:g}: it grows without end and follows nothing.")
        scale = max(scale, float(np.abs(w).max()))
        end *= 10.0
    for _ in range(30):
        try:
            step = np.linalg.solve(slope(0.0, w), rate(0.0, w))
        except np.linalg.LinAlgError:
            raise ConvergenceError(f"The fast part is singular on its equilibrium at t = {t:g}.") from None
        w = w - step
        if not np.isfinite(w).all() or np.abs(step).max() <= 1e-14 * max(float(np.abs(w).max()), 1e-300):
            break
    if not np.isfinite(w).all():
        raise ConvergenceError(f"The fast part has no equilibrium at t = {t:g}.")
    growth = np.linalg.eigvals(slope(0.0, w)).real.max()
    if growth > 1e-12 * speed:
        raise ConvergenceError(
            f"The fast part is unstable at its equilibrium at t = {t:g} (it grows at the rate {growth:.3g}): it does "
            "not follow the slow part and cannot be taken as quasi-steady."
        )
    return w


def refine(field: Callable[[Floats], tuple[Floats, Floats]], c: Coordinates, n: Floats, t: float) -> Floats:
    """State near `n`, z held, at which the fast rates do not change: the first CSP refinement of the manifold.

    Raises:
        ConvergenceError: Newton's method fails.
    """
    fast = list(c.fast)
    n = n.copy()
    first = np.inf
    for k in range(40):
        step = np.linalg.solve(turning(field, c, n, c.from_fast), _drift(field, fast, n))
        if not np.isfinite(step).all():
            break
        n -= c.from_fast @ step
        first = min(first, float(np.abs(step).max())) if k else float(np.abs(step).max())
        if np.abs(step).max() <= 1e-12 * max(float(np.abs(n[fast]).max()), 1e-300):
            return np.ascontiguousarray(n)
    if np.isfinite(n).all() and np.abs(step).max() <= 1e-8 * max(float(np.abs(n[fast]).max()), 1e-300):
        return np.ascontiguousarray(n)
    raise ConvergenceError(
        f"The refined manifold was not found at t = {t:g}: the fast and slow parts are too close there."
    )


def _drift(field: Callable[[Floats], tuple[Floats, Floats]], fast: list[int], n: Floats) -> Floats:
    rate, j = field(np.ascontiguousarray(n))
    return np.asarray(j[fast] @ rate)


def turning(field: Callable[[Floats], tuple[Floats, Floats]], c: Coordinates, n: Floats, directions: Floats) -> Floats:
    """Derivative of dG/dt = G_N f along directions, shape (fast, directions)."""
    size = max(float(np.abs(n).max()), 1e-300)
    out = np.empty((len(c.fast), directions.shape[1]))
    for k, d in enumerate(directions.T):
        h = 1e-5 * size / max(float(np.abs(d).max()), 1e-300)
        out[:, k] = (_drift(field, list(c.fast), n + h * d) - _drift(field, list(c.fast), n - h * d)) / (2.0 * h)
    return out
