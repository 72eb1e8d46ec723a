"""Exact stochastic simulation: Gillespie's direct method in one compiled loop.

Source: Gillespie, J. Phys. Chem. 81 (1977) 2340, doi 10.1021/j100540a008. Averages over a fast reversible reaction are
those of its birth-death chain: Cao, Gillespie & Petzold, J. Chem. Phys. 122 (2005) 014116, doi 10.1063/1.1824902.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numba
import numba.experimental.function_type  # registers functions given by their address
import numpy as np

from scalebridge._cache import compiled


@compiled(inline="always")
def _uniform(dice):
    """A number in [0, 1); SplitMix64 (Steele, Lea & Flood, 2014, doi 10.1145/2714064.2660195), one stream per run."""
    dice[0] += np.uint64(0x9E3779B97F4A7C15)
    z = dice[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled(error_model="numpy")
def _direct(f, times, start, p, change, out, dice):
    """One run of counts, or of slow coordinates whose propensities `f` writes as exact functions of them."""
    n, m = change.shape
    state = start.copy()
    a = np.empty(m)
    t = times[0]
    k = 0
    events = 0
    while k < times.size:
        f(t, state.ctypes.data, p.ctypes.data, a.ctypes.data)
        total = a.sum()
        ahead = t + -np.log(1.0 - _uniform(dice)) / total if total > 0.0 else np.inf
        while k < times.size and times[k] < ahead:
            out[k] = state
            k += 1
        if k == times.size:
            break
        pick = _uniform(dice) * total
        j = 0
        run = a[0]
        while run < pick and j < m - 1:
            j += 1
            run += a[j]
        for i in range(n):
            state[i] += change[i, j]
        t = ahead
        events += 1
    return events


@compiled(parallel=True, error_model="numpy")
def direct_runs(f, times, start, p, change, seeds):
    """Counts, shape (runs, times, species), and numbers of events."""
    out = np.empty((seeds.size, times.size, start.size))
    events = np.zeros(seeds.size, dtype=np.int64)
    for r in numba.prange(seeds.size):
        dice = seeds[r : r + 1].copy()
        events[r] = _direct(f, times, start, p, change, out[r], dice)
    return out, events


@compiled(error_model="numpy")
def _average(f, t, state, p, step, fast, slow, a, mean, spread, trial):
    """Conditional averages over the birth-death chain of one fast reversible reaction.

    `state` is moved to the end of the chain, `mean` are the averaged slow propensities and `spread` the averaged state.
    """
    n = state.size
    while True:  # to the lower end of the chain
        for i in range(n):
            trial[i] = state[i] - step[i]
            if trial[i] < -0.5:
                break
        else:
            state[:] = trial
            continue
        break
    mean[:] = 0.0
    spread[:] = 0.0
    log_weight = 0.0
    best = 0.0
    norm = 0.0
    trial[:] = state
    f(t, trial.ctypes.data, p.ctypes.data, a.ctypes.data)
    while True:
        weight = np.exp(log_weight - best)
        if weight > 1e30:
            norm /= weight
            mean /= weight
            spread /= weight
            best = log_weight
            weight = 1.0
        norm += weight
        for q in range(slow.size):
            mean[q] += weight * a[slow[q]]
        for i in range(n):
            spread[i] += weight * trial[i]
        up = a[fast[0]]
        stop = up <= 0.0
        for i in range(n):
            trial[i] += step[i]
            stop = stop or trial[i] < -0.5
        if stop:
            break
        f(t, trial.ctypes.data, p.ctypes.data, a.ctypes.data)
        down = a[fast[1]]
        if down <= 0.0:
            break
        log_weight += np.log(up / down)
        if log_weight < best - 60.0 and norm > 0.0 and up < down:
            break
    mean /= norm
    spread /= norm


@compiled(error_model="numpy")
def _slow_run(f, times, start, p, change, step, fast, slow, out, dice):
    n = start.size
    state = start.copy()
    a = np.empty(change.shape[1])
    mean = np.empty(slow.size)
    spread = np.empty(n)
    trial = np.empty(n)
    t = times[0]
    k = 0
    events = 0
    while k < times.size:
        _average(f, t, state, p, step, fast, slow, a, mean, spread, trial)
        total = mean.sum()
        ahead = t + -np.log(1.0 - _uniform(dice)) / total if total > 0.0 else np.inf
        while k < times.size and times[k] < ahead:
            out[k] = spread
            k += 1
        if k == times.size:
            break
        pick = _uniform(dice) * total
        q = 0
        run = mean[0]
        while run < pick and q < slow.size - 1:
            q += 1
            run += mean[q]
        # the slow reaction may need a molecule that the end of the chain does not have: move along the chain first
        for i in range(n):
            state[i] += change[i, slow[q]]
        for _ in range(1000000):
            short = False
            for i in range(n):
                if state[i] < -0.5:
                    short = True
            if not short:
                break
            for i in range(n):
                state[i] += step[i]
        t = ahead
        events += 1
    return events


@compiled(parallel=True, error_model="numpy")
def slow_runs(f, times, start, p, change, step, fast, slow, seeds):
    """Averaged counts, shape (runs, times, species), and numbers of slow events."""
    out = np.empty((seeds.size, times.size, start.size))
    events = np.zeros(seeds.size, dtype=np.int64)
    for r in numba.prange(seeds.size):
        dice = seeds[r : r + 1].copy()
        events[r] = _slow_run(f, times, start, p, change, step, fast, slow, out[r], dice)
    return out, events
