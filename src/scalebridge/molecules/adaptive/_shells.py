"""Shells around the middle of a region: volumes, and what molecules do in them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.adaptive._regions import Region

Floats = npt.NDArray[np.float64]

POINTS = 100  # along an edge, where volumes are counted


@dataclass(frozen=True, eq=False)
class Shells:
    """Pieces of a box by distance from the middle of its region.

    Attributes:
        edges: distances, (b + 1,) nm, from 0 to beyond the farthest corner.
        volume: of the box between them, (b,) nm^3.
    """

    edges: Floats
    volume: Floats

    @property
    def middle(self) -> Floats:
        """Half-way between the edges, (b,) nm."""
        return 0.5 * (self.edges[1:] + self.edges[:-1])

    def count(self, distance: Floats) -> Floats:
        """Molecules in each shell, (b,)."""
        return np.histogram(distance, self.edges)[0].astype(np.float64)

    def joined(self, counts: Floats, whole: Shells) -> Floats:
        """Counts in wider shells, (..., B), of counts in these, (..., b), which the wider ones were split into."""
        begins = np.searchsorted(self.edges, whole.edges[:-1] - 1e-9)
        return np.asarray(np.add.reduceat(counts, begins, axis=-1))


def opened(where: Shells, counts: Floats, least: float) -> Shells:
    """Shells with the volume that is open to molecules where a solute takes some.

    Args:
        where: shells.
        counts: mean number of molecules in each with all atoms, (b,): what the density is compared with.
        least: smallest number of molecules of a shell; others are joined.
    """
    whole = float(where.volume.sum())
    share = counts / counts.sum()
    return _joined(where.edges, share * whole, least / float(counts.sum()) * whole)


def shells(region: Region, box: Floats, width: float, least: float) -> Shells:
    """Shells of about a width; edges lie where the atomistic part and the hybrid zone end.

    Args:
        region: the region.
        box: three edges, nm.
        width: of a shell, nm, about.
        least: smallest volume of a shell, nm^3; thinner ones are joined inwards, where a ball has little room.
    """
    box = np.asarray(box, float)
    farthest = 0.5 * float(np.linalg.norm(box[region.directions]))
    marks = [0.0, region.atomistic, region.outer, farthest * (1.0 + 1e-9)]
    parts = [np.zeros(1)]
    for low, high in pairwise(marks):
        if high > low:
            parts.append(np.linspace(low, high, max(round((high - low) / width), 1) + 1)[1:])
    edges = np.concatenate(parts)
    volume = np.diff(_within(region, box, edges))
    return _joined(edges, volume, least)


def split(where: Shells, region: Region, box: Floats, width: float, least: float) -> Shells:
    """Shells split into thinner ones.

    Args:
        where: shells of all of a box.
        region: around whose middle they lie.
        box: three edges, nm.
        width: of the thinner ones, nm, at least.
        least: their smallest volume, nm^3.
    """
    edges = [where.edges[:1]]
    for low, high, volume in zip(where.edges[:-1], where.edges[1:], where.volume, strict=True):
        parts = max(min(int((high - low) / width + 1e-9), int(volume / least)), 1)
        edges.append(np.linspace(low, high, parts + 1)[1:])
    found = np.concatenate(edges)
    return Shells(found, np.diff(_within(region, np.asarray(box, float), found)))


def _within(region: Region, box: Floats, edges: Floats) -> Floats:
    """Volume of the box within each distance: by formula up to the walls, counted on a lattice beyond."""
    wall = 0.5 * float(box[region.directions].min())
    found = np.array([region._content(min(d, wall), box) for d in edges])
    axes = np.flatnonzero(region.directions)
    if len(axes) > 1 and edges[-1] > wall:
        lattice = [(np.arange(POINTS) + 0.5) / POINTS * 0.5 * box[a] for a in axes]
        squares = sum(np.meshgrid(*[x**2 for x in lattice], indexing="ij", sparse=True))
        distance = np.sort(np.sqrt(np.asarray(squares)).ravel())
        share = np.searchsorted(distance, edges) / distance.size
        # continuous at the wall, the whole box at the end
        at_wall = region._content(wall, box) / float(np.prod(box))
        counted = np.searchsorted(distance, wall) / distance.size
        beyond = edges > wall
        found[beyond] = np.prod(box) * (at_wall + (share[beyond] - counted) * (1.0 - at_wall) / (1.0 - counted))
    return found


def _joined(edges: Floats, volume: Floats, least: float) -> Shells:
    kept, sizes, size = [edges[0]], [], 0.0
    for edge, v in zip(edges[1:], volume, strict=True):
        size += float(v)
        if size >= least:
            kept.append(edge)
            sizes.append(size)
            size = 0.0
    if size > 0.0:
        # what remains in the corners belongs to the last shell
        kept[-1] = edges[-1]
        sizes[-1] += size
    return Shells(np.array(kept), np.array(sizes))
