"""The past of a few quantities, for delays."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class History:
    """Samples in time, interpolated linearly between close samples; before the first, the first value holds."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.times: list[float] = []
        self.values: list[Floats] = []

    def add(self, t: float, values: Floats) -> None:
        """One more sample; two at one time are a jump."""
        self.times.append(t)
        self.values.append(np.array(values, dtype=float))

    def at(self, k: int, t: float) -> float:
        """Quantity `k` at time `t`."""
        i = bisect_right(self.times, t)
        if i == 0:
            return float(self.values[0][k])
        if i == len(self.times):
            return float(self.values[-1][k])
        t0, t1 = self.times[i - 1], self.times[i]
        u = (t - t0) / (t1 - t0)
        return float((1.0 - u) * self.values[i - 1][k] + u * self.values[i][k])
