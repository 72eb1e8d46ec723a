from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from scalebridge.solids import laws


@pytest.fixture
def respond() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Stress, (3, 3), and state of one point at a strain, (3, 3), after a history of strains."""

    def function(law, *strains, dt=1.0):
        state = None
        for strain in strains:
            rows = laws.to_mandel(np.asarray(strain))[:, None]
            answer = laws.evaluate(law, rows, state, dt, tangent=False)
            assert answer.ok.all()
            state = answer.state
        return laws.from_mandel(answer.stress[:, 0]), answer.state[:, 0]

    return function


@pytest.fixture
def piola() -> Callable[..., np.ndarray]:
    """First Piola-Kirchhoff stress, (3, 3), of one deformation gradient."""

    def function(law, gradient):
        answer = laws.evaluate(law, np.asarray(gradient, dtype=float).reshape(9, 1), tangent=False)
        assert answer.ok.all()
        return answer.stress[:, 0].reshape(3, 3)

    return function
