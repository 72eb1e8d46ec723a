"""Half neighbour lists from linked cells; the list is shared by histograms, forces and force matching."""

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
    """All pairs of a periodic box within reach.

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
    cells = np.clip((edges / reach).astype(np.int64), 1, 64)
    if np.any(cells < 3):
        cells = np.ones(3, dtype=np.int64)
    guess = 64 + int(2.6 * len(wrapped) ** 2 * reach**3 / edges.prod())
    while True:
        starts, partners, found = _list_pairs(
            wrapped, edges, cells, reach * reach, exclusions.starts, exclusions.partners, guess
        )
        if found <= guess:
            return Neighbours(starts, partners[:found].copy())
        guess = found


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
def _excluded(i, j, starts, partners):
    for k in range(starts[i], starts[i + 1]):
        if partners[k] == j:
            return True
    return False


@compiled()
def _list_pairs(positions, edges, cells, reach2, ex_starts, ex_partners, size):
    """Half list; where `size` is too small, only the number of pairs found is right."""
    n = positions.shape[0]
    _, order, cell_starts = _cell_order(positions, edges, cells)
    # particles side by side as their cells are: the inner loop reads memory in order
    sorted_positions = positions[order]
    starts = np.zeros(n + 1, np.int32)
    partners = np.empty(size, np.int32)
    row_of = np.empty(n, np.int64)
    for place in range(n):
        row_of[order[place]] = place
    found = 0
    nx, ny, nz = cells[0], cells[1], cells[2]
    whole = nx == 1 and ny == 1 and nz == 1
    for i in range(n):
        place = row_of[i]
        x, y, z = positions[i, 0], positions[i, 1], positions[i, 2]
        cx = min(int(x / edges[0] * nx), nx - 1)
        cy = min(int(y / edges[1] * ny), ny - 1)
        cz = min(int(z / edges[2] * nz), nz - 1)
        for number in range(1 if whole else 14):
            # the 14 cells of a half stencil: (0,0,0), (0,0,1), (0,1,-1..1), (1,-1..1,-1..1)
            code = number + 13
            ox, oy, oz = code // 9 - 1, (code // 3) % 3 - 1, code % 3 - 1
            ax, ay, az = cx + ox, cy + oy, cz + oz
            sx, sy, sz = 0.0, 0.0, 0.0
            if ax >= nx:
                ax, sx = ax - nx, edges[0]
            elif ax < 0:
                ax, sx = ax + nx, -edges[0]
            if ay >= ny:
                ay, sy = ay - ny, edges[1]
            elif ay < 0:
                ay, sy = ay + ny, -edges[1]
            if az >= nz:
                az, sz = az - nz, edges[2]
            elif az < 0:
                az, sz = az + nz, -edges[2]
            cell = (ax * ny + ay) * nz + az
            first = place + 1 if number == 0 else cell_starts[cell]
            for other in range(first, cell_starts[cell + 1]):
                dx = sorted_positions[other, 0] + sx - x
                dy = sorted_positions[other, 1] + sy - y
                dz = sorted_positions[other, 2] + sz - z
                if whole:
                    dx -= edges[0] * np.floor(dx / edges[0] + 0.5)
                    dy -= edges[1] * np.floor(dy / edges[1] + 0.5)
                    dz -= edges[2] * np.floor(dz / edges[2] + 0.5)
                if dx * dx + dy * dy + dz * dz < reach2:
                    j = order[other]
                    if not _excluded(i, j, ex_starts, ex_partners):
                        if found < size:
                            partners[found] = j
                        found += 1
        starts[i + 1] = found
    return starts, partners, found
