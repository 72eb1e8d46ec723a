"""Many cells at once: Dormand-Prince 5(4) in one compiled loop over the cells, with the model called by its address.

Source: Dormand & Prince, J. Comput. Appl. Math. 6 (1980) 19, doi 10.1016/0771-050X(80)90013-3.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

import numba
import numba.experimental.function_type  # registers functions given by their address
import numpy as np

from scalebridge._cache import compiled

_C = np.array([0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0])
_A = np.zeros((7, 7))
_A[1, 0] = 1 / 5
_A[2, :2] = 3 / 40, 9 / 40
_A[3, :3] = 44 / 45, -56 / 15, 32 / 9
_A[4, :4] = 19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729
_A[5, :5] = 9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656
_A[6, :6] = 35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84
_E = np.array([71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])

MODEL = numba.types.FunctionType(
    numba.types.void(numba.types.float64, numba.types.uintp, numba.types.uintp, numba.types.uintp)
)


class Pointer(numba.types.WrapperAddressProtocol):
    """A compiled function f(t, y*, p*, out*) for Numba."""

    def __init__(self, address: int, owner: object) -> None:
        self._address = address
        self._owner = owner  # keeps the machine code alive

    def __wrapper_address__(self) -> int:
        return self._address

    def signature(self) -> Any:
        """Its type."""
        return MODEL.signature


@compiled(inline="never", error_model="numpy")
def _cell(f, times, y, p, rtol, atol, out, max_calls):
    n = y.size
    k = np.zeros((7, n))
    trial = np.empty(n)
    t = times[0]
    calls = 0
    out[0] = y
    f(t, y.ctypes.data, p.ctypes.data, k[0].ctypes.data)
    calls += 1
    size = 0.0
    for i in range(n):
        size = max(size, abs(k[0, i]) / (atol[i] + rtol * abs(y[i])))
    h = min(0.01 / size if size > 0.0 else times[-1] - t, times[-1] - t)
    for m in range(1, times.size):
        end = times[m]
        while t < end:
            last = h >= end - t
            step = end - t if last else h
            for s in range(1, 7):
                for i in range(n):
                    total = 0.0
                    for r in range(s):
                        total += _A[s, r] * k[r, i]
                    trial[i] = y[i] + step * total
                f(t + _C[s] * step, trial.ctypes.data, p.ctypes.data, k[s].ctypes.data)
            calls += 6
            error = 0.0
            for i in range(n):
                total = 0.0
                for r in range(7):
                    total += _E[r] * k[r, i]
                scale = atol[i] + rtol * max(abs(y[i]), abs(trial[i]))
                error += (step * total / scale) ** 2
            error = np.sqrt(error / n)
            if error <= 1.0:
                t = end if last else t + step
                y[:] = trial
                k[0] = k[6]
            elif not error < np.inf:
                error = 1e5
            factor = 0.9 * error ** (-0.2) if error > 0.0 else 5.0
            h = step * min(5.0, max(0.2, factor)) if not (last and error <= 1.0 and factor >= 1.0) else max(h, step)
            if calls > max_calls or h < 1e-14 * abs(t):
                out[m:] = np.nan
                return -calls
        out[m] = y
    return calls


@compiled(parallel=True, error_model="numpy")
def run_cells(f, times, starts, parameters, rtol, atol, max_calls):
    """States at the times, shape (cells, times, states), and calls of the right-hand side (negative: gave up)."""
    cells, n = starts.shape
    out = np.empty((cells, times.size, n))
    calls = np.zeros(cells, dtype=np.int64)
    for c in numba.prange(cells):
        calls[c] = _cell(f, times, starts[c].copy(), parameters[c], rtol, atol, out[c], max_calls)
    return out, calls


@compiled(parallel=True)
def read_cells(f, times, states, parameters, count, keep):
    """Chosen outputs, shape (cells, times, kept)."""
    cells = states.shape[0]
    out = np.empty((cells, times.size, keep.size))
    for c in numba.prange(cells):
        values = np.empty(count)
        for m in range(times.size):
            f(times[m], states[c, m].ctypes.data, parameters[c].ctypes.data, values.ctypes.data)
            for i in range(keep.size):
                out[c, m, i] = values[keep[i]]
    return out
