"""Linear corrections of pair potentials that move the pressure: dU = A (1 - r/rc)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.statistics import BAR

Floats = npt.NDArray[np.float64]


def simple_amplitude(pressure: float, target: float, kt: float, *, scale: float = 3e-4) -> float:
    """A = -sgn(p - p*) 0.1 kT min(1, scale |p - p*|), pressures in bar, scale in 1/bar."""
    excess = pressure - target
    return float(-np.sign(excess) * 0.1 * kt * min(1.0, scale * abs(excess)))


def wjk_amplitude(
    pressure: float,
    target: float,
    r: Floats,
    g: Floats,
    cutoff: float,
    density: float,
    kt: float,
    *,
    scale: float = 1.0,
) -> float:
    """Amplitude that the virial asks for, -3 rc (p - p*) / (2 pi rho^2 int r^3 g dr), at most 0.1 kT.

    Wang, Junghans, Kremer, Eur. Phys. J. E 28, 221 (2009).

    Args:
        pressure: of the model, bar.
        target: pressure wanted, bar.
        r: uniform distances, nm; those up to the cutoff are used.
        g: radial distribution.
        cutoff: rc, nm.
        density: beads per nm^3.
        kt: thermal energy, kJ/mol.
        scale: share of the correction that is applied.
    """
    inside = r <= cutoff
    integral = float(np.sum(r[inside] ** 3 * g[inside]) * (r[1] - r[0]))
    amplitude = -3.0 * cutoff * (pressure - target) / BAR / (2.0 * np.pi * density**2 * integral)
    return scale * float(np.clip(amplitude, -0.1 * kt, 0.1 * kt))
