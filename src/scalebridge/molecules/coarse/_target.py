"""What a coarse model is to reproduce."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.dynamics import Phase
from scalebridge.molecules.mapping import Beads, Frames, Mapping
from scalebridge.molecules.pairs import internal_coordinates
from scalebridge.molecules.statistics import Distribution, Grid, R, collect
from scalebridge.molecules.statistics._distribution import shells

Floats = npt.NDArray[np.float64]

ANGLES = 90
"""Bins of half a turn (angles) and of a turn (dihedrals)."""


@dataclass(frozen=True, eq=False)
class Target:
    """Distributions of one state point, and where to start simulations of it.

    Attributes:
        beads: the coarse topology.
        distributions: of all terms that are fitted.
        temperature: K.
        start: a configuration of the beads.
        pressure: that of the fine system, bar; None where not known.
        frames: the mapped trajectory, with forces where there are any; None where only distributions are known.
        weight: of this state point among several.
        watched: distributions that are compared, not fitted: other terms hold them.
    """

    beads: Beads
    distributions: MappingABC[str, Distribution]
    temperature: float
    start: Phase
    pressure: float | None = None
    frames: Frames | None = field(default=None)
    weight: float = 1.0
    watched: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (np.isfinite(self.temperature) and self.temperature > 0.0):
            raise InputError(f"A temperature in K must be positive; found {self.temperature}")
        if len(self.start.positions) != len(self.beads):
            raise InputError(f"{len(self.start.positions)} positions for {len(self.beads)} beads")

    @property
    def kt(self) -> float:
        """Thermal energy, kJ/mol."""
        return R * self.temperature

    @property
    def density(self) -> float:
        """Beads per nm^3."""
        return len(self.beads) / float(self.start.box.prod())

    @classmethod
    def of_rdf(
        cls,
        beads: Beads,
        r: npt.ArrayLike,
        g: npt.ArrayLike,
        temperature: float,
        positions: npt.ArrayLike,
        box: npt.ArrayLike,
        *,
        pressure: float | None = None,
    ) -> Target:
        """A liquid of one kind of bead whose g(r) is known as a table, e.g. from a scattering experiment.

        Args:
            beads: the coarse topology.
            r: uniform distances, multiples of their step, nm.
            g: radial distribution; zero is assumed below the first distance.
            temperature: K.
            positions: a configuration, shape (n, 3), nm.
            box: edges, nm.
            pressure: bar.

        Raises:
            InputError: several types, or distances that are no multiples of a step.
        """
        if len(beads.pairs) != 1:
            raise InputError(f"A single g(r) belongs to one kind of bead; this topology has {', '.join(beads.types)}")
        table = np.asarray([r, g], dtype=np.float64)
        step = float(table[0, 1] - table[0, 0])
        grid = Grid(step, float(np.round(table[0, -1] / step) * step), step)
        first = round(table[0, 0] / step)
        if not np.allclose(table[0], step * (first + np.arange(table.shape[1])), atol=1e-3 * step):
            raise InputError("Distances of g(r) must be multiples of their step; interpolate the table first")
        values = np.concatenate([np.zeros(first - 1), table[1]])
        edges = np.asarray(box, dtype=np.float64)
        expected = beads.pair_counts()[0] / edges.prod() * shells(grid)
        name = beads.pairs[0]
        start = Phase(np.array(positions, dtype=np.float64), edges)
        return cls(beads, {name: Distribution.of_table(name, grid, values, expected)}, temperature, start, pressure)

    @classmethod
    def of_frames(
        cls,
        frames: Frames,
        beads: Beads,
        temperature: float,
        *,
        step: float = 0.01,
        pressure: float | None = None,
        fixed: tuple[str, ...] = (),
    ) -> Target:
        """Distributions of a mapped trajectory.

        Args:
            frames: trajectory of beads.
            beads: the coarse topology.
            temperature: K.
            step: width of the bins of distances, nm.
            pressure: of the fine system, bar.
            fixed: terms that are not fitted.
        """
        grids = {name: grid for name, grid in grids_of(frames, beads, step).items() if name not in fixed}
        if pressure is None and frames.pressures is not None:
            pressure = float(frames.pressures.mean())
        last = len(frames) - 1
        # the mean box: all state points are compared at constant volume
        box = frames.boxes.mean(axis=0)
        start = Phase(np.asarray(frames.positions[last], dtype=np.float64) * (box / frames.boxes[last]), box)
        return cls(beads, collect(frames, beads, grids), temperature, start, pressure, frames)


def target_of(
    reference: Any, mapping: Mapping | None, *, step: float, fixed: tuple[str, ...], forces: bool = False
) -> Target:
    """The target that a reference and a mapping make."""
    if isinstance(reference, Target):
        return reference
    if mapping is None:
        raise InputError("Coarse-graining of an all-atom reference needs a mapping; see molecules.Mapping")
    mapped = mapping.of(reference.universe)
    if forces:
        reference.frames.needed_forces("Force matching")
    frames = mapped.frames(reference.frames)
    beads = reference.extended(mapped.beads)
    return Target.of_frames(frames, beads, reference.temperature, step=step, pressure=reference.pressure, fixed=fixed)


def grids_of(frames: Frames, beads: Beads, step: float) -> dict[str, Grid]:
    """Bins of all terms: pairs up to half the smallest box edge, bonds where they were seen, angles everywhere."""
    half = 0.5 * float(frames.boxes.min())
    # half a bin less: the outer edge of the last bin must lie within half the box
    reach = step * int((half - 0.5 * step) / step + 1e-9)
    grids = dict.fromkeys(beads.pairs, Grid(step, reach, step))
    for name, members in beads.bonded.items():
        if members.shape[1] == 2:
            few = np.linspace(0, len(frames) - 1, min(len(frames), 20)).astype(int)
            seen = np.concatenate([internal_coordinates(frames.positions[i], frames.boxes[i], members)[0] for i in few])
            width = max(float(np.ptp(seen)) / 40.0, 2e-4)
            low = max(float(seen.min()) - 10.0 * width, width)
            grids[name] = Grid(low, low + 60.0 * width, width)
        else:
            turn = np.pi if members.shape[1] == 3 else 2.0 * np.pi
            width = turn / ANGLES
            start = 0.5 * width - (0.0 if members.shape[1] == 3 else np.pi)
            grids[name] = Grid(start, start + (ANGLES - 1) * width, width)
    return grids
