"""Quantities that follow from distributions: pressure by the virial, compressibility by Kirkwood and Buff."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

R = 8.31446261815324e-3
"""Gas constant, kJ/mol/K."""

BAR = 16.605390671738466
"""One kJ/mol/nm^3 in bar."""


def virial_pressure(r: Floats, g: Floats, force: Floats, density: float, kt: float) -> float:
    """Pressure of a liquid of one kind of bead, p = rho kT + (2 pi / 3) rho^2 int r^3 F(r) g(r) dr.

    Args:
        r: uniform distances up to the cutoff, nm.
        g: radial distribution.
        force: pair force -dU/dr, kJ/mol/nm.
        density: beads per nm^3.
        kt: thermal energy, kJ/mol.

    Returns:
        Pressure, bar.
    """
    integral = float(np.sum(r**3 * force * g) * (r[1] - r[0]))
    return BAR * (density * kt + 2.0 * np.pi / 3.0 * density**2 * integral)


def compressibility(r: Floats, g: Floats, density: float, kt: float) -> float:
    """Isothermal compressibility from rho kT kappa = 1 + rho G, G the Kirkwood-Buff integral of a finite volume.

    The integral is extrapolated with the weight 1 - (23/8) x^3 + (3/4) x^4 + (9/8) x^5, x = r/r_max (Krueger and Vlugt
    2018), and g is first scaled to reach one: in a closed box it tends to 1 - kappa/V.

    Args:
        r: uniform distances up to half the box, nm.
        g: radial distribution.
        density: molecules per nm^3.
        kt: thermal energy, kJ/mol.

    Returns:
        Compressibility, 1/bar.
    """
    x = r / (r[-1] + 0.5 * (r[1] - r[0]))
    weight = 1.0 - 23.0 / 8.0 * x**3 + 0.75 * x**4 + 9.0 / 8.0 * x**5
    tail = g[x > 0.75].mean()
    integral = float(np.sum(4.0 * np.pi * r**2 * (g / tail - 1.0) * weight) * (r[1] - r[0]))
    return (1.0 + density * integral) / (density * kt) / BAR
