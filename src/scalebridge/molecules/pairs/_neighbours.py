"""Half neighbour lists from linked cells; the list is shared by histograms, forces and force matching."""

# mypy: allow-untyped-defs
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge._cache import compiled
from scalebridge.molecules.pairs._box import check_box

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Exclusions:
    """Pairs that are left out, as rows: particle i leaves out ``partners[starts[i]:starts[i + 1]]``, both ways.

    Attributes:
        starts: shape (n + 1,).
        partners: particle numbers, sorted in each row.
    """

    starts: Ints
    partners: Ints

    @classmethod
    def of(cls, count: int, pairs: Iterable[tuple[int, int]] = ()) -> Exclusions:
        """Rows from pairs.

        Args:
            count: number of particles.
            pairs: pairs to leave out, in any order.
        """
        rows: list[set[int]] = [set() for _ in range(count)]
        for i, j in pairs:
            rows[i].add(j)
            rows[j].add(i)
        starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int32)
        partners = np.array([j for row in rows for j in sorted(row)], dtype=np.int32)
        return cls(starts, partners)


@dataclass(frozen=True)
class Neighbours:
    """Every pair within reach once: particle i has the partners ``partners[starts[i]:starts[i + 1]]``.

    Attributes:
        starts: shape (n + 1,).
        partners: particle numbers.
    """

    starts: Ints
    partners: Ints


def neighbours(
    positions: npt.NDArray[np.floating], box: npt.ArrayLike, reach: float, exclusions: Exclusions
) -> Neighbours:
    """All pairs of a periodic box within reach; a few may be farther apart by some millionths of it.

    Args:
        positions: shape (n, 3), nm; wrapped or not.
        box: three edges, nm.
        reach: largest distance, nm.
        exclusions: pairs to leave out.

    Raises:
        InputError: the box is smaller than twice the reach.
    """
    edges = check_box(box, reach)
    wrapped = np.ascontiguousarray(positions, dtype=np.float64) % edges
    # cells of half the reach; below five along an edge, a cell would meet its own image
    cells = np.clip((2.0 * edges / reach / (1.0 + 1e-5)).astype(np.int64), 1, 128)
    if np.any(cells < 5):
        cells = np.ones(3, dtype=np.int64)
    # half of all pairs of a uniform system, and a fifth more
    size = 256 + int(2.5 * len(wrapped) ** 2 * reach**3 / edges.prod())
    # distances are compared in single precision: the margin keeps every pair within reach
    limit = (reach * (1.0 + 1e-5)) ** 2
    while True:
        starts, partners, found = _list_pairs(
            wrapped, edges, cells, limit, exclusions.starts, exclusions.partners, size
        )
        if found < size:
            return Neighbours(starts, partners[:found].copy())
        size = found + len(wrapped)


@compiled()
def _cell_order(positions, edges, cells):
    """Cell of each particle, particles ordered by cell, and where each cell starts."""
    n = positions.shape[0]
    total = cells[0] * cells[1] * cells[2]
    cell = np.empty(n, np.int64)
    starts = np.zeros(total + 1, np.int64)
    for i in range(n):
        number = 0
        for c in range(3):
            k = int(positions[i, c] / edges[c] * cells[c])
            number = number * cells[c] + min(max(k, 0), cells[c] - 1)
        cell[i] = number
        starts[number + 1] += 1
    for k in range(total):
        starts[k + 1] += starts[k]
    order = np.empty(n, np.int64)
    fill = starts[:-1].copy()
    for i in range(n):
        order[fill[cell[i]]] = i
        fill[cell[i]] += 1
    return cell, order, starts


@compiled()
def without(row, count, partners, first, ex_starts, ex_partners):
    """Drop the excluded partners of a particle from the end of the list; the new end."""
    kept = first
    for k in range(first, count):
        allowed = True
        for e in range(ex_starts[row], ex_starts[row + 1]):
            allowed = allowed and ex_partners[e] != partners[k]
        partners[kept] = partners[k]
        kept += 1 if allowed else 0
    return kept


@compiled(fastmath=True, forceinline=True)
def _squares(x, y, z, first, last, ax, ay, az, squares):
    """Squared distances of consecutive particles from a point."""
    for k in range(first, last):
        dx, dy, dz = x[k] - ax, y[k] - ay, z[k] - az
        squares[k - first] = dx * dx + dy * dy + dz * dz


@compiled(fastmath=True, forceinline=True)
def _nearest_squares(x, y, z, first, last, ax, ay, az, edges, squares):
    """The same with nearest images."""
    half = np.float32(0.5)
    lx, ly, lz = edges[0], edges[1], edges[2]
    for k in range(first, last):
        dx, dy, dz = x[k] - ax, y[k] - ay, z[k] - az
        dx -= lx * np.floor(dx / lx + half)
        dy -= ly * np.floor(dy / ly + half)
        dz -= lz * np.floor(dz / lz + half)
        squares[k - first] = dx * dx + dy * dy + dz * dz


@compiled()
def _list_pairs(positions, edges, cells, reach2, ex_starts, ex_partners, size):
    """Half list; where `size` is too small, only the number of places needed is right."""
    n = positions.shape[0]
    cell_of, order, cell_starts = _cell_order(positions, edges, cells)
    # particles side by side as their cells are: the inner loop reads memory in order
    x, y, z = np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32)
    place_of = np.empty(n, np.int64)
    for place in range(n):
        i = order[place]
        place_of[i] = place
        x[place], y[place], z[place] = positions[i, 0], positions[i, 1], positions[i, 2]
    squares = np.empty(n, np.float32)
    limit = np.float32(reach2)
    short_edges = edges.astype(np.float32)
    starts = np.zeros(n + 1, np.int32)
    partners = np.empty(size, np.int32)
    found = 0
    nx, ny, nz = cells[0], cells[1], cells[2]
    whole = nx * ny * nz == 1
    for i in range(n):
        place = place_of[i]
        begin = found
        cz = cell_of[i] % nz
        cy = (cell_of[i] // nz) % ny
        cx = cell_of[i] // (nz * ny)
        for number in range(1 if whole else 13):
            # columns of cells in half a plane: (0, 0..2), (1..2, -2..2); each in up to three pieces along z
            ox, oy = (0, number) if number < 3 else ((number - 3) // 5 + 1, (number - 3) % 5 - 2)
            ax, ay = cx + ox, cy + oy
            hx, hy = x[place], y[place]
            # a cell beyond the box is the one at its other side, seen from a point moved by one period
            if ax >= nx:
                ax, hx = ax - nx, hx - short_edges[0]
            if ay >= ny:
                ay, hy = ay - ny, hy - short_edges[1]
            elif ay < 0:
                ay, hy = ay + ny, hy + short_edges[1]
            for piece in range(-1, 2):
                low = max(cz if number == 0 else cz - 2, piece * nz)
                high = min(cz + 2, piece * nz + nz - 1)
                if low > high or (whole and piece != 0):
                    continue
                column = (ax * ny + ay) * nz - piece * nz
                first, last = cell_starts[column + low], cell_starts[column + high + 1]
                if number == 0 and piece == 0:
                    first = place + 1
                hz = z[place] - np.float32(piece) * short_edges[2]
                if whole:
                    _nearest_squares(x, y, z, first, last, hx, hy, hz, short_edges, squares)
                else:
                    _squares(x, y, z, first, last, hx, hy, hz, squares)
                if found + last - first >= size:
                    found += last - first
                    continue
                for k in range(last - first):
                    partners[found] = order[first + k]
                    found += 1 if squares[k] < limit else 0
        if ex_starts[i + 1] > ex_starts[i] and found < size:
            found = without(i, found, partners, begin, ex_starts, ex_partners)
        starts[i + 1] = found
    return starts, partners, found
