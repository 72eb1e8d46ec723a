"""Two-point statistics of a phase by the fast Fourier transform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

_FALLEN = 0.1


@dataclass(frozen=True, eq=False)
class TwoPointCorrelation:
    """S2(h): probability that two points h apart both lie in the phase.

    Attributes:
        values: S2 at shift (i, j[, k]) voxels, modulo the grid, shape of the grid; ``values[0, 0]`` is the fraction.
        spacing: voxel edges in m.
        distance: distances in m of the average over directions, up to half the shortest edge, shape (m,).
        radial: S2 averaged over the shifts of about that length, shape (m,).
        fraction: volume fraction c of the phase; S2 falls from c to about c^2.
    """

    values: npt.NDArray[np.float64]
    spacing: tuple[float, ...]
    distance: npt.NDArray[np.float64]
    radial: npt.NDArray[np.float64]
    fraction: float

    def integral_range(self, reach: float | None = None) -> float:
        """Integral range A of the indicator of the phase: var(c) = c (1 - c) A / V for volumes V >> A.

        The covariance S2 - c^2 of a periodic cell sums to zero over all shifts, because c is measured on the same
        cell. It is therefore summed over shifts shorter than `reach` only, and the bias -c (1 - c) A / V that the
        measured c puts on every shift is taken back. One cell gives a rough value; average over realisations.

        Args:
            reach: distance in m beyond which nothing is correlated; default twice the distance at which the
                covariance has fallen to a tenth.

        Returns:
            A in m^2 (sections) or m^3.

        Raises:
            InputError: the phase fills the cell, or the cell is too small for the reach.

        Source:
            Kanit et al. 2003, Int J Solids Struct 40, 3647, doi:10.1016/S0020-7683(03)00143-4.
        """
        variance = self.fraction * (1 - self.fraction)
        if variance == 0:
            raise InputError("The phase fills the whole cell: it has no integral range.")
        if reach is None:
            low = np.flatnonzero(self.radial - self.fraction**2 <= _FALLEN * variance)
            reach = 2 * float(self.distance[low[0]]) if low.size else np.inf
        if not 0 < reach <= self.distance[-1]:
            raise InputError(
                f"Correlations reach over {reach:.3g} m, more than half the cell ({self.distance[-1]:.3g} m): the "
                "integral range cannot be estimated. Take a larger cell."
            )
        near = _lengths(self.values.shape, self.spacing) < reach
        total = float(np.sum(self.values[near] - self.fraction**2)) * float(np.prod(self.spacing))
        covered = np.count_nonzero(near) / self.values.size
        return total / variance / (1 - covered)


def correlate(indicator: npt.NDArray[np.bool_], spacing: tuple[float, ...]) -> TwoPointCorrelation:
    """Periodic autocorrelation of an indicator by the Wiener-Khinchin theorem.

    Args:
        indicator: True inside the phase, shape of the grid.
        spacing: voxel edges in m.

    Returns:
        S2 and its average over directions.
    """
    from scipy import fft

    spectrum = fft.rfftn(indicator.astype(float))
    raw = fft.irfftn(np.abs(spectrum) ** 2, s=indicator.shape) / indicator.size
    # S2 counts voxel pairs: rounding restores the integer that the transform blurs.
    values = np.round(raw * indicator.size) / indicator.size
    distance, radial = _average_over_directions(values, spacing)
    return TwoPointCorrelation(values, spacing, distance, radial, float(values.flat[0]))


def _lengths(shape: tuple[int, ...], spacing: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Length in m of the shortest periodic image of every shift."""
    squares = np.zeros(shape)
    for axis, (n, step) in enumerate(zip(shape, spacing, strict=True)):
        index = np.arange(n)
        shift = np.minimum(index, n - index) * step
        squares += (shift**2).reshape([-1 if a == axis else 1 for a in range(len(shape))])
    return np.sqrt(squares)


def _average_over_directions(
    values: npt.NDArray[np.float64], spacing: tuple[float, ...]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    width = max(spacing)
    length = _lengths(values.shape, spacing)
    reach = min(n * step for n, step in zip(values.shape, spacing, strict=True)) / 2
    # The zero shift keeps a shell to itself, also where one voxel edge is much shorter than the other.
    shell = np.where(length > 0, np.maximum(np.rint(length / width), 1), 0).astype(int)
    inside = length <= reach
    count = np.bincount(shell[inside])
    filled = count > 0
    distance = np.bincount(shell[inside], length[inside])[filled] / count[filled]
    radial = np.bincount(shell[inside], values[inside])[filled] / count[filled]
    return distance, radial
