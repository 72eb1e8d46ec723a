"""Gauss-Newton steps with the response that the hypernetted-chain equation predicts, for one kind of bead.

h = g - 1, c_k = h_k / (1 + rho h_k), u = kT (h - ln g - c) (Delbary, Hanke, Ivanizki 2020; Bernhardt et al. 2021).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]


def _transform(r: Floats) -> tuple[Floats, Floats]:
    """Matrices of the three-dimensional Fourier transform of radial functions and of its inverse.

    The grid is r_i = i dr, i = 1..n, so that the sine transform is its own inverse.
    """
    n, width = len(r), float(r[1] - r[0])
    if not np.allclose(r, width * np.arange(1, n + 1), rtol=1e-6):
        raise InputError("Integral equations need distances i dr, i = 1..n; start the grid at its step")
    k = np.pi / ((n + 1) * width) * np.arange(1, n + 1)
    sine = np.sin(np.outer(k, r))
    forward = 4.0 * np.pi * width * sine * r[None, :] / k[:, None]
    back = (k[1] - k[0]) / (2.0 * np.pi**2) * sine.T * k[None, :] / r[:, None]
    return forward, back


def hnc_potential(r: Floats, g: Floats, density: float, kt: float) -> Floats:
    """The pair potential whose hypernetted-chain g(r) is the given one; zero where g is zero.

    Args:
        r: distances i dr, i = 1..n, nm.
        g: radial distribution, shape (n,).
        density: beads per nm^3.
        kt: thermal energy, kJ/mol.
    """
    forward, back = _transform(r)
    h = g - 1.0
    hk = forward @ h
    direct = back @ (hk / (1.0 + density * hk))
    there = g > 1e-10
    result = np.zeros_like(g)
    result[there] = kt * (h[there] - np.log(g[there]) - direct[there])
    return result


def hnc_response(r: Floats, g: Floats, density: float, kt: float) -> Floats:
    """du/dg, shape (n, n), at distances with g > 0; rows and columns where g is zero are those of the identity."""
    forward, back = _transform(r)
    hk = forward @ (g - 1.0)
    slope = back @ (forward / (1.0 + density * hk)[:, None] ** 2)
    there = g > 1e-10
    matrix = np.eye(len(r)) - slope
    matrix[there, there] -= 1.0 / g[there]
    matrix *= kt
    matrix[~there, :] = 0.0
    matrix[:, ~there] = 0.0
    matrix[~there, ~there] = 1.0
    return matrix


def gauss_newton_update(
    r: Floats,
    g: Floats,
    target: Floats,
    density: float,
    kt: float,
    cutoff: float,
    *,
    pressure: tuple[float, float] | None = None,
) -> Floats:
    """Change of a potential that ends at a cutoff, in the least-squares sense of the distributions.

    The change of the force, piecewise constant up to the cutoff, minimises |g + (dg/du) du - target|; with pressures
    given the virial of the change is constrained to make up their difference.

    Args:
        r: distances i dr, i = 1..n, nm; beyond the cutoff as far as g is known.
        g: distribution of the model, shape (n,).
        target: distribution wanted, shape (n,).
        density: beads per nm^3.
        kt: thermal energy, kJ/mol.
        cutoff: of the potential, nm.
        pressure: that of the model and the one wanted, kJ/mol/nm^3.

    Returns:
        Change of the potential, shape (n,), zero from the cutoff on and before the first sampled point.
    """
    width = float(r[1] - r[0])
    both = (g > 1e-3) & (target > 1e-3)
    first = int(np.flatnonzero(both)[0])
    last = int(np.flatnonzero(r <= cutoff + 1e-9)[-1])
    response = np.linalg.inv(hnc_response(r, np.where(both, g, 0.0), density, kt))
    # u_i = sum_(j >= i) f_j dr: the last value is zero by construction
    count = last - first
    integral = np.zeros((len(r), count))
    integral[first:last] = width * np.triu(np.ones((count, count)))
    rows = (response @ integral)[both]
    wanted = (target - g)[both]
    if pressure is None:
        force = np.linalg.lstsq(rows, wanted, rcond=1e-8)[0]
    else:
        mean = 0.25 * (g + target)[first:last] + 0.25 * (g + target)[first + 1 : last + 1]
        edges = r[first : last + 1] ** 4
        virial = 2.0 / 3.0 * np.pi * density**2 * mean * np.diff(edges) / 4.0
        force = _constrained(rows, wanted, virial, pressure[1] - pressure[0])
    change: Floats = integral @ force
    change[:first] = change[first]
    return change


def _constrained(rows: Floats, wanted: Floats, constraint: Floats, value: float) -> Floats:
    """Least squares under one linear equation."""
    special = constraint * value / (constraint @ constraint)
    free = np.linalg.svd(constraint[None, :])[2][1:].T
    part = np.linalg.lstsq(rows @ free, wanted - rows @ special, rcond=1e-8)[0]
    return np.asarray(special + free @ part)
