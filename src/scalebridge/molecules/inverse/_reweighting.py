"""Averages of a potential from frames of another one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def reweight(change: Floats, beta: float) -> tuple[Floats, float]:
    """Weights of frames after the potential has changed, and how many frames they are worth.

    w_f ~ exp(-beta dU_f) and N_eff = exp(-sum w ln w) (Thaler and Zavadlav 2021): where N_eff falls below a share of
    the number of frames, averages can no longer be trusted and a new simulation is due.

    Args:
        change: new minus old energy of each frame, shape (f,), kJ/mol.
        beta: 1/kT, mol/kJ.

    Returns:
        Weights of sum one, shape (f,), and the effective number of frames, between 1 and f.
    """
    exponent = -beta * (change - change.min())
    weights = np.exp(exponent - exponent.max())
    weights /= weights.sum()
    used = weights[weights > 0.0]
    return weights, float(np.exp(-np.sum(used * np.log(used))))
