"""Tables of potentials on grids that other programs like."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.potentials import Potential

Floats = npt.NDArray[np.float64]

CEILING = 1.0e7
"""Energies above are cut, kJ/mol: programs read them in fixed columns."""


def pair_rows(potential: Potential, start: float, points: int) -> tuple[Floats, Floats, Floats]:
    """Distances from `start` to the cutoff, energies and forces."""
    cutoff = potential.domain[1]
    r = np.linspace(start, cutoff, points)
    inside = np.minimum(r, cutoff * (1.0 - 1e-12))
    energy, force = potential.energy(inside), potential.force(inside)
    high = energy > CEILING
    return r, np.where(high, CEILING, energy), np.where(high, 0.0, force)


def bonded_rows(potential: Potential, width: int, points: int) -> tuple[Floats, Floats, Floats]:
    """Coordinates, energies and forces of a bonded term: bonds as far as they may stretch, angles everywhere."""
    start, stop = potential.domain
    if width == 2:
        low = 1e-3
        high = stop + 0.5 * (stop - start) if np.isfinite(stop) else 2.5 * abs(float(potential.coefficients[1]))
    else:
        low, high = (0.0, np.pi) if width == 3 else (-np.pi, np.pi)
    x = np.linspace(low, high, points)
    return x, potential.energy(x), potential.force(x)
