"""Distributions of a trajectory of beads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scalebridge.errors import InputError
from scalebridge.molecules.mapping import Beads, Frames
from scalebridge.molecules.pairs import internal_coordinates, pair_histogram
from scalebridge.molecules.statistics._distribution import Distribution, Grid, shells


def collect(frames: Frames, beads: Beads, grids: Mapping[str, Grid]) -> dict[str, Distribution]:
    """Distributions of the terms that have a grid.

    Args:
        frames: trajectory of beads.
        beads: the coarse topology.
        grids: grid of each term by name; all pairs share one grid.

    Raises:
        InputError: numbers of beads differ, a term is unknown, pairs have several grids, or the box is too small.
    """
    if frames.count != len(beads):
        raise InputError(f"The trajectory has {frames.count} beads and the topology {len(beads)}")
    unknown = set(grids) - set(beads.pairs) - set(beads.bonded)
    if unknown:
        known = ", ".join([*beads.pairs, *beads.bonded])
        raise InputError(f"No term named {sorted(unknown)[0]!r}; this topology has {known}")
    pairs = [name for name in beads.pairs if name in grids]
    found = _pairs(frames, beads, pairs, grids) if pairs else {}
    for name, members in beads.bonded.items():
        if name in grids:
            grid = grids[name]
            counts = np.stack(
                [
                    _counts(internal_coordinates(positions, box, members)[0], grid, name)
                    for positions, box in zip(frames.positions, frames.boxes, strict=True)
                ]
            )
            expected = np.full(len(grid.centers), len(members) * grid.step)
            found[name] = Distribution(name, grid, counts, expected)
    return found


def _pairs(frames: Frames, beads: Beads, names: list[str], grids: Mapping[str, Grid]) -> dict[str, Distribution]:
    grid = grids[names[0]]
    if any(grids[name] != grid for name in names):
        raise InputError("All pairs share one grid; give each the same start, stop and step")
    counts = np.stack(
        [
            pair_histogram(r, box, beads.type_numbers, beads.pair_numbers, grid.edges, beads.exclusions)
            for r, box in zip(frames.positions, frames.boxes, strict=True)
        ]
    )
    ideal = np.outer(beads.pair_counts() / frames.volume, shells(grid))
    return {
        name: Distribution(name, grid, counts[:, number], ideal[number])
        for number, name in enumerate(beads.pairs)
        if name in names
    }


def _counts(values: np.ndarray, grid: Grid, name: str) -> np.ndarray:
    edges = grid.edges
    if name.startswith("dihedral"):
        # the grid covers one turn; what lies half a bin before its start is at its end
        turn = grid.step * len(grid.centers)
        values = (values - edges[0]) % turn + edges[0]
    return np.histogram(values, bins=edges)[0].astype(np.float64)
