"""What is fast along a run: time scales, exhausted modes, pointers, participation and importance indices.

At each time the Jacobian, with conserved moieties removed, is split by an ordered real Schur form into a fast and a
slow invariant subspace. M modes are exhausted when the contribution of their amplitudes during the time scale of the
next mode is below the tolerance in every component, |tau_(M+1) P_f g| < rtol |N| + atol. What a fast amplitude follows
without lag is no part of it (`_amplitude`), and what is left of it decays with the fast modes: an amplitude seen r
times too large is spent after a time t with r exp(-t / tau_M) < 1, while the gap stays open. Without this a manifold
that bends quickly would count as not reached long after it has been.
Sources: Lam & Goussis, Int. J. Chem. Kinet. 26 (1994) 461, doi 10.1002/kin.550260408; Maas & Pope, Combust. Flame 88
(1992) 239, doi 10.1016/0010-2180(92)90034-M.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.kinetics._rational import split
from scalebridge.kinetics.network import Network

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Split:
    """The fast and the slow subspace at one state, in scaled variables.

    Attributes:
        fast: orthonormal basis of the fast right subspace, shape (states, M).
        projector: onto the fast subspace along the slow one, shape (states, states).
        left: rows that read the fast amplitudes, shape (M, states).
        slow_left: rows that read the slow amplitudes, shape (slow, states).
        block: the Jacobian in the fast subspace, shape (M, M).
        right: what a unit fast amplitude does, shape (states, M).
    """

    fast: Floats
    projector: Floats
    left: Floats
    slow_left: Floats
    block: Floats
    right: Floats


@dataclass(frozen=True)
class TimeScales:
    """Time scales and fast parts along a run.

    Attributes:
        network: the network looked at.
        times: shape (times,).
        tau: time scales 1 / |Re lambda| from slow to fast, moieties left out, shape (times, modes).
        growing: which of them grow, same shape.
        exhausted: largest number of exhausted modes under the tolerance, shape (times,).
        fast: number of exhausted modes up to the widest gap, shape (times,); 0 where no gap is wide enough.
        gap: ratio of time scales at that gap, shape (times,); NaN where there is none.
        pointers: how much each state points into the fast subspace, shape (times, states).
        participation: share of each reaction in the fast amplitudes, shape (times, reactions).
        importance: share of each reaction in the slow motion of each state, shape (times, states, reactions).
        slowness: share of each reaction in what moves the slow amplitudes (a leverage, 0 to 1), shape (times,
            reactions); NaN where nothing is fast.
        subspaces: orthonormal bases of the fast subspace in scaled amounts, one per time, shape (states, fast).
    """

    network: Network
    times: Floats
    tau: Floats
    growing: npt.NDArray[np.bool_]
    exhausted: npt.NDArray[np.int64]
    fast: npt.NDArray[np.int64]
    gap: Floats
    pointers: Floats
    participation: Floats
    importance: Floats
    slowness: Floats
    subspaces: tuple[Floats, ...]

    @property
    def slow(self) -> npt.NDArray[np.int64]:
        """Number of modes that are not fast, shape (times,)."""
        return np.asarray(self.tau.shape[1] - self.fast, dtype=np.int64)

    def proposal(self) -> list[str]:
        """Fast species over most of the run: as many as there are fast modes, and together a good coordinate of the
        fast subspace; empty where nothing is fast."""
        if not np.any(self.fast > 0):
            return []
        number = int(np.argmax(np.bincount(self.fast[self.fast > 0])))
        rows = np.flatnonzero(self.fast == number)
        bases = [self.subspaces[k] for k in rows]
        stacked = np.hstack(bases).T / np.sqrt(len(bases))
        return [self.network.state_names[i] for i in _pivots(stacked * _preference(self.network), number)]

    def ranking(self) -> list[tuple[str, float, float]]:
        """Every state with its mean pointer, and the part of the run in which this is above one half."""
        mean = self.pointers.mean(0)
        part = (self.pointers > 0.5).mean(0)
        order = np.argsort(-mean)
        return [(self.network.state_names[i], float(mean[i]), float(part[i])) for i in order]


def timescales(
    network: Network, times: Floats, *, rtol: float = 1e-2, atol: float | None = None, gap: float = 5.0,
) -> TimeScales:  # fmt: skip
    """See `Network.timescales`.

    Args:
        network: the full network.
        times: where to look; the run starts at the first.
        rtol: what a fast mode may still do to a state, relative.
        atol: the same, absolute; None for `rtol` times 1e-3 of the largest amount of the state along the run.
        gap: smallest ratio of neighbouring time scales that counts as a gap.
    """
    if rtol <= 0.0 or gap <= 1.0:
        raise InputError(f"rtol must be positive and gap above 1; found {rtol} and {gap}.")
    states, p = network.states(times)
    size = np.maximum(np.abs(states).max(0), 1e-6 * max(float(np.abs(states).max()), 1e-300))
    frame = _frame(network, size)
    floor = rtol * 1e-3 * size if atol is None else np.full(len(size), atol)
    out = _Tables(times, len(frame.independent), len(size), network.stoichiometry.shape[1])
    left: dict[int, tuple[float, float]] = {}
    for k, t in enumerate(times.tolist()):
        n = np.ascontiguousarray(states[k])
        rate = network.regime.evaluate("f", t, n, p)
        ahead = 1e-4 / max(float(np.abs(rate / size).max()), 1e-300)
        jacobians = [_scaled(network, x, y, p, size, frame) for x, y in ((t, n), (t + ahead, n + ahead * rate))]
        point = _Point(jacobians[0], jacobians[1], ahead, rate / size, (rtol * np.abs(n) + floor) / size)
        left = _look(out, k, point, frame, _velocities(network, t, n, p), gap, left)
    return TimeScales(network, times, out.tau, out.growing, out.exhausted, out.fast, out.gap, out.pointers,
                      out.participation, out.importance, out.slowness, tuple(out.subspaces))  # fmt: skip


def _scaled(network: Network, t: float, n: Floats, p: Floats, size: Floats, frame: _Frame) -> Floats:
    j = network.regime.jacobian(t, np.ascontiguousarray(n), p) * size / size[:, None]
    return np.asarray(j[frame.independent] @ frame.link)


class _Tables:
    def __init__(self, grid: Floats, modes: int, states: int, reactions: int) -> None:
        self.times, times = grid, len(grid)
        self.tau = np.zeros((times, modes))
        self.growing = np.zeros((times, modes), dtype=bool)
        self.exhausted = np.zeros(times, dtype=np.int64)
        self.fast = np.zeros(times, dtype=np.int64)
        self.gap = np.full(times, np.nan)
        self.pointers = np.zeros((times, states))
        self.participation = np.zeros((times, reactions))
        self.importance = np.zeros((times, states, reactions))
        self.slowness = np.full((times, reactions), np.nan)
        self.subspaces = [np.zeros((states, 0)) for _ in range(times)]


@dataclass(frozen=True)
class _Frame:
    """Scaled amounts of all states from changes of independent ones, and back; scaled stoichiometry."""

    independent: list[int]
    link: Floats
    read: Floats
    stoichiometry: Floats


def _frame(network: Network, size: Floats) -> _Frame:
    free = [i for i, n in enumerate(network.state_names) if n in network.system.builder.changed]  # type: ignore[attr-defined]
    others = [i for i in range(len(network.state_names)) if i not in free]
    spanning, dependent, c = split(network.stoichiometry[free], range(len(free)))
    independent = [*(free[i] for i in spanning), *others]
    link = np.zeros((len(size), len(independent)))
    link[independent, range(len(independent))] = 1.0
    for row, i in zip(c, dependent, strict=True):
        link[free[i], : len(spanning)] = row
    read = np.zeros((len(independent), len(size)))
    read[range(len(independent)), independent] = 1.0
    return _Frame(independent, link * size[independent] / size[:, None], read, network.stoichiometry / size[:, None])


def _velocities(network: Network, t: float, n: Floats, p: Floats) -> Floats:
    regime = network.regime
    values = regime.outputs(np.array([t]), n[None], p)[0]
    return np.array([values[regime.index[r]] for r in network.reactions])


@dataclass(frozen=True)
class _Point:
    """One state in scaled variables, and the Jacobian a little later."""

    jacobian: Floats
    later: Floats
    ahead: float
    rate: Floats
    allowed: Floats


def _look(
    out: _Tables, k: int, at: _Point, frame: _Frame, v: Floats, gap: float, before: dict[int, tuple[float, float]]
) -> dict[int, tuple[float, float]]:
    """Fill row `k`; how many times too large the amplitudes of M modes are at most, and their speed, by M.

    `before` is what the time before gave.
    """
    values = np.linalg.eigvals(at.jacobian)
    order = np.argsort(np.abs(values.real))
    speed = np.abs(values.real)[order]
    out.tau[k] = 1.0 / np.maximum(speed, 1e-300)
    out.growing[k] = values.real[order] > 0.0
    m = len(speed)
    best: tuple[float, int, Split | None] = (0.0, 0, None)
    left: dict[int, tuple[float, float]] = {}
    standing = 4.0 * np.finfo(float).eps * speed.max(initial=0.0)  # eigenvalues below this are rounding
    for slow in range(m - 1, -1, -1):
        ratio = speed[slow] / max(speed[slow - 1], 1e-300) if slow else np.nan
        if (slow and ratio < 1.0000001) or out.growing[k, slow:].any() or speed[slow] <= standing:
            continue  # a complex pair is not taken apart; what grows, or does not decay, is never exhausted
        threshold = float(np.sqrt(speed[slow] * speed[slow - 1])) if slow else -1.0
        found = split_modes(at.jacobian, threshold, frame)
        amplitude = _amplitude(found, at, threshold, frame)
        excess = float((np.abs(amplitude) / (at.allowed * max(speed[max(slow - 1, 0)], 1e-300))).max())
        if slow and ratio >= gap:
            if m - slow in before and k:
                seen, pace = before[m - slow]
                passed = out.times[k] - out.times[k - 1]
                excess = min(excess, seen * float(np.exp(-min(pace, speed[slow]) * passed)))
            left[m - slow] = excess, float(speed[slow])
        if excess >= 1.0:
            continue
        out.exhausted[k] = max(out.exhausted[k], m - slow)
        if slow and ratio >= gap and ratio > best[0]:
            best = (ratio, m - slow, found)
    if best[2] is not None:
        out.gap[k], out.fast[k] = best[0], best[1]
        _indices(out, k, best[2], frame, v)
    return left


def _amplitude(found: Split, at: _Point, threshold: float, frame: _Frame) -> Floats:
    """What the fast modes still do beyond following the slow ones.

    A fast amplitude a = P g obeys a' = J a + P' g; what it settles to, -(J_f)^-1 P' g, belongs to the slow motion and
    is left out: the first refinement of the CSP basis.
    """
    rows = found.left @ at.rate
    later = split_modes(at.later, threshold, frame)
    if len(later.left) == len(found.left):
        turned = (later.projector - found.projector) @ at.rate / at.ahead
        rows = rows + np.linalg.solve(found.block, found.left @ turned)
    return np.asarray(found.right @ rows)


def split_modes(j: Floats, threshold: float, frame: _Frame) -> Split:
    """Fast subspace of a Jacobian: the modes faster than a threshold."""
    from scipy.linalg import schur, solve_sylvester

    t, q, count = schur(j, output="real", sort=lambda re, im: abs(re) > threshold)
    q1, q2 = q[:, :count], q[:, count:]
    left = q1.T
    if count < len(j):
        left = q1.T - solve_sylvester(t[:count, :count], -t[count:, count:], -t[:count, count:]) @ q2.T
    read = frame.read
    basis, _ = np.linalg.qr(frame.link @ q1)
    return Split(basis, frame.link @ q1 @ left @ read, left @ read, q2.T @ read, t[:count, :count], frame.link @ q1)


def _indices(out: _Tables, k: int, found: Split, frame: _Frame, v: Floats) -> None:
    s = frame.stoichiometry
    out.pointers[k] = np.clip(np.abs(np.diag(found.projector)), 0.0, 1.0)
    amplitude = np.abs(found.left @ (s * v))
    out.participation[k] = (amplitude / np.maximum(amplitude.sum(1, keepdims=True), 1e-300)).mean(0)
    motion = np.abs((s - found.projector @ s) * v)
    out.importance[k] = motion / np.maximum(motion.sum(1, keepdims=True), 1e-300)
    out.subspaces[k] = found.fast
    out.slowness[k] = _leverage(found.slow_left @ s)


def _leverage(m: Floats) -> Floats:
    """Share of each column in the row space of a matrix, whatever basis its rows are written in."""
    _, size, vt = np.linalg.svd(m, full_matrices=False)
    return np.asarray((vt[size > 1e-12 * size.max(initial=0.0)] ** 2).sum(0))


def _pivots(a: Floats, number: int) -> list[int]:
    """Columns of a matrix that are the most independent, by pivoted QR."""
    from scipy.linalg import qr

    pivots = qr(a, mode="r", pivoting=True)[1]
    return [int(i) for i in pivots[:number]]


def _preference(network: Network) -> Floats:
    """Of an enzyme and its complex, which are the same coordinate, the complex is preferred: it stands alone."""
    out = np.ones(len(network.state_names))
    for i, name in enumerate(network.state_names):
        sides = [
            len(side) for r in network.definition.reactions for side in (r.reactants, r.products)
            if any(x == name for x, _ in side)
        ]  # fmt: skip
        out[i] = (
            1.0
            if sides and min(sides) == 1 and max(sides) <= 2 and network.definition.variables[name].value == 0.0
            else 0.9
        )
    return out
