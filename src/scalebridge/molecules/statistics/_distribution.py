"""Histograms of a coordinate, kept for every frame: all methods work on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Bins around equidistant points: the first around `start`, the last around `stop`.

    Attributes:
        start: centre of the first bin.
        stop: centre of the last bin.
        step: distance of centres, width of bins.

    Raises:
        InputError: not start < stop, or a step that does not fit.
    """

    start: float
    stop: float
    step: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.start, self.stop, self.step]).all() and self.start < self.stop and self.step > 0.0):
            raise InputError(f"A grid needs start < stop and step > 0; found {self.start}, {self.stop}, {self.step}")
        intervals = (self.stop - self.start) / self.step
        if abs(intervals - round(intervals)) > 1e-6 * max(intervals, 1.0):
            raise InputError(
                f"The range {self.start} to {self.stop} is no multiple of the step {self.step}; change one"
            )

    @property
    def centers(self) -> Floats:
        """Middle of each bin, shape (b,)."""
        count = round((self.stop - self.start) / self.step) + 1
        return np.asarray(self.start + self.step * np.arange(count), dtype=np.float64)

    @property
    def edges(self) -> Floats:
        """Ends of the bins, shape (b + 1,)."""
        return np.asarray(self.start + self.step * (np.arange(len(self.centers) + 1) - 0.5), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Distribution:
    """Counts of a coordinate in each frame.

    Attributes:
        name: of the term, e.g. ``"pair A-A"``, ``"bond A-B"``.
        grid: the bins.
        counts: shape (frames, b).
        expected: counts of a frame where the distribution is one, shape (b,): an ideal gas for pairs, one per unit of
            the coordinate for bonds and angles.
    """

    name: str
    grid: Grid
    counts: Floats
    expected: Floats

    @property
    def kind(self) -> str:
        """Which coordinate: "pair", "bond", "angle" or "dihedral"."""
        return self.name.split(" ", 1)[0]

    @property
    def mean(self) -> Floats:
        """The distribution: g(r) of a pair, probability density of other coordinates; shape (b,)."""
        return self.normalised(self.counts.mean(axis=0))

    def normalised(self, counts: Floats) -> Floats:
        """Counts over expected counts; zero where none are expected."""
        return np.divide(counts, self.expected, out=np.zeros_like(self.expected), where=self.expected > 0.0)

    def weighted(self, weights: Floats) -> Floats:
        """The distribution with a weight for each frame; weights of sum one, shape (frames,)."""
        return self.normalised(weights @ self.counts)

    def error(self, blocks: int = 5) -> Floats:
        """Standard error from the scatter of blocks of frames, shape (b,); zero for a single frame."""
        blocks = min(blocks, len(self.counts))
        if blocks < 2:
            return np.zeros_like(self.expected)
        means = np.stack([part.mean(axis=0) for part in np.array_split(self.counts, blocks)])
        return np.asarray(self.normalised(means.std(axis=0, ddof=1)) / np.sqrt(blocks))

    def select(self, frames: slice) -> Distribution:
        """Some of the frames."""
        return replace(self, counts=self.counts[frames])

    @classmethod
    def of_table(cls, name: str, grid: Grid, values: npt.ArrayLike, expected: npt.ArrayLike) -> Distribution:
        """A distribution known as a table, e.g. a g(r) from a paper, as a single frame."""
        table, base = np.asarray(values, dtype=np.float64), np.asarray(expected, dtype=np.float64)
        if table.shape != grid.centers.shape or base.shape != table.shape:
            raise InputError(f"The table of {name} has {table.shape[0]} rows, its grid {len(grid.centers)}")
        if not np.all(np.isfinite(table)) or np.any(table < 0.0):
            raise InputError(f"The table of {name} has values that are negative or not finite")
        return cls(name, grid, (table * base)[None, :], base)


def shells(grid: Grid) -> Floats:
    """Volumes of the spherical shells of the bins, nm^3, shape (b,)."""
    edges = np.maximum(grid.edges, 0.0)
    return np.asarray(4.0 / 3.0 * np.pi * np.diff(edges**3))
