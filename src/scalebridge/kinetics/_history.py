"""The past of a few quantities, for delays."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class History:
    """Samples in time, interpolated by cubics within smooth pieces; before the first sample its value holds.

    Attributes:
        breaks: times at which the quantities or their rates may jump.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.times: list[float] = []
        self.values: list[Floats] = []
        self.breaks: list[float] = []

    def add(self, t: float, values: Floats) -> None:
        """One more sample; two at one time are a jump."""
        if not self.times or t <= self.times[-1]:
            self.breaks.append(t)
        self.times.append(t)
        self.values.append(np.array(values, dtype=float))

    def at(self, k: int, t: float) -> float:
        """Quantity `k` at time `t`."""
        i = bisect_right(self.times, t)
        if i == 0:
            return float(self.values[0][k])
        if i == len(self.times):
            return float(self.values[-1][k])
        low, high = i - 1, i
        while high - low < 3:  # more points on both sides, as far as the piece goes
            before = low > 0 and self.times[low - 1] < self.times[low]
            after = high + 1 < len(self.times) and self.times[high] < self.times[high + 1]
            if not before and not after:
                break
            low, high = (low - 1, high) if before and (not after or i - low <= high - i + 1) else (low, high + 1)
        x = np.array(self.times[low : high + 1])
        weights = [np.prod((t - np.delete(x, m)) / (x[m] - np.delete(x, m))) for m in range(len(x))]
        return float(sum(w * self.values[low + m][k] for m, w in enumerate(weights)))

    def next_break(self, t: float, lags: Floats) -> float:
        """The first time after `t` at which a jump of the past arrives; infinity where there is none."""
        ahead = [b + h for b in self.breaks for h in lags.tolist() if h > 0.0 and b + h > t + 1e-9 * max(abs(t), h)]
        return min(ahead, default=np.inf)
