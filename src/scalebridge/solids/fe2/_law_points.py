"""Points with an ordinary law: no microstructure, one formula."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from scalebridge.solids.fe2._points import RUNG_LAW, Answer, Floats, MaterialPoints
from scalebridge.solids.laws import Law, evaluate, from_mandel, initial_state, to_mandel


@dataclass(frozen=True)
class LawPoints(MaterialPoints):
    """`number` points that follow one law. The state is the law's, (n_state, n)."""

    law: Law
    number: int
    finite_strain: bool

    @property
    def count(self) -> int:
        """Number of points."""
        return self.number

    @property
    def finite(self) -> bool:
        """Whether the points take deformation gradients instead of strains."""
        return self.finite_strain

    def initial(self) -> Floats:
        """State of the undeformed material."""
        return initial_state(self.law, self.number)

    def evaluate(self, strain: Floats, state: Floats, dt: float) -> Answer:
        """Stress and tangent of the law."""
        start = time.process_time()
        n = self.number
        rows = strain.reshape(n, 9).T if self.finite_strain else to_mandel(strain).T
        found = evaluate(self.law, np.ascontiguousarray(rows), state, dt, tangent=True)
        assert found.tangent is not None
        size = len(rows)
        stress = found.stress.T.reshape(n, 3, 3).copy() if self.finite_strain else from_mandel(found.stress.T)
        tangent = _square(found.tangent, size)
        seconds = (time.process_time() - start) / n
        return Answer(
            stress,
            tangent,
            np.zeros(n),
            found.ok.copy(),
            np.full(n, RUNG_LAW),
            found.state.copy(),
            "" if found.ok.all() else f"{type(self.law).__name__} had no answer at {int((~found.ok).sum())} points.",
            cost=np.full(n, seconds),
        )


def _square(rows: Floats, size: int) -> Floats:
    """Tangents (n, size, size) from rows that hold the upper triangle or the whole matrix."""
    if len(rows) == size * size:
        whole: Floats = np.ascontiguousarray(rows.T).reshape(-1, size, size)
        return whole
    i, j = np.triu_indices(size)
    tangent = np.empty((rows.shape[1], size, size))
    tangent[:, i, j] = rows.T
    tangent[:, j, i] = rows.T
    return tangent
