"""Distances of pairs: all of them, or counted in bins for each pair of types."""

# mypy: allow-untyped-defs
from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge._cache import compiled
from scalebridge.molecules.pairs._neighbours import Exclusions, neighbours
from scalebridge.molecules.pairs._sorted import sorted_pairs, whole_coordinates

Floats = npt.NDArray[np.float64]


def pair_histogram(
    positions: npt.NDArray[np.floating],
    box: npt.ArrayLike,
    types: npt.NDArray[np.int32],
    kinds: npt.NDArray[np.int32],
    edges: Floats,
    exclusions: Exclusions,
) -> Floats:
    """Number of pairs in each bin of distance.

    Args:
        positions: shape (n, 3), nm.
        box: three edges, nm.
        types: type of each particle, shape (n,).
        kinds: which histogram a pair of types belongs to, shape (t, t), symmetric; -1 for none.
        edges: uniform edges of the bins, shape (b + 1,), nm.
        exclusions: pairs to leave out.

    Returns:
        Counts, shape (histograms, b).

    Raises:
        InputError: the box is smaller than twice the last edge.
    """
    near = sorted_pairs(whole_coordinates(positions, box), box, float(edges[-1]), exclusions)
    counts = np.zeros((int(kinds.max()) + 1, len(edges) - 1))
    width = (edges[-1] - edges[0]) / (len(edges) - 1)
    places = np.asarray(positions, dtype=np.float64)[near.order]
    box_edges = np.asarray(box, dtype=np.float64)
    _count(places, box_edges, near.starts, near.partners, types[near.order], kinds, edges[0], 1.0 / width, counts)
    return counts


def pair_distances(
    positions: npt.NDArray[np.floating], box: npt.ArrayLike, cutoff: float, exclusions: Exclusions
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Floats]:
    """Pairs within a cutoff and their distances.

    Args:
        positions: shape (n, 3), nm.
        box: three edges, nm.
        cutoff: largest distance, nm.
        exclusions: pairs to leave out.

    Returns:
        First particles, second particles, distances (nm), each of shape (pairs,).

    Raises:
        InputError: the box is smaller than twice the cutoff.
    """
    near = neighbours(positions, box, cutoff, exclusions)
    first = np.repeat(np.arange(len(positions), dtype=np.int32), np.diff(near.starts))
    apart = np.asarray(positions, dtype=np.float64)[near.partners] - np.asarray(positions, dtype=np.float64)[first]
    edges = np.asarray(box, dtype=np.float64)
    apart -= edges * np.floor(apart / edges + 0.5)
    distances = np.sqrt(np.einsum("pc,pc->p", apart, apart))
    inside = distances <= cutoff
    return first[inside], near.partners[inside], distances[inside]


@compiled()
def _count(positions, box, starts, partners, types, kinds, low, per_width, counts):
    bins = counts.shape[1]
    for i in range(positions.shape[0]):
        for k in range(starts[i], starts[i + 1]):
            j = partners[k]
            kind = kinds[types[i], types[j]]
            if kind < 0:
                continue
            s = 0.0
            for c in range(3):
                d = positions[j, c] - positions[i, c]
                d -= box[c] * np.floor(d / box[c] + 0.5)
                s += d * d
            place = (np.sqrt(s) - low) * per_width
            if 0.0 <= place < bins:
                counts[kind, int(place)] += 1.0
