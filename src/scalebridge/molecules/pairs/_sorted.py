"""Half lists of sorted particles: what lies near in space lies near in memory.

Particles are sorted by columns of the box and by height within a column, so that four consecutive ones, a block, are
near each other; blocks are what is searched for. Coordinates are whole numbers, 2^32 to a period: differences wrap
around by themselves, which makes them those of nearest images, and they are exact to a billionth of the box.
"""

# mypy: allow-untyped-defs, disable-error-code="assignment"
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge._cache import compiled
from scalebridge.molecules.pairs._box import check_box
from scalebridge.molecules.pairs._neighbours import Exclusions, without

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SortedPairs:
    """Every pair within reach once: sorted particle i has the partners ``partners[starts[i]:starts[i + 1]]``.

    Attributes:
        order: number of each sorted particle, shape (n,).
        starts: shape (n + 1,).
        partners: sorted particles, each after the one in whose row it is.
    """

    order: npt.NDArray[np.int64]
    starts: Ints
    partners: Ints


def whole_coordinates(positions: npt.NDArray[np.floating], box: npt.ArrayLike) -> Ints:
    """Coordinates with 2^32 to a period, shape (n, 3), from positions in nm, wrapped or not, shape (n, 3)."""
    result = np.empty((len(positions), 3), np.int32)
    _whole(np.asarray(positions, dtype=np.float64), np.asarray(box, dtype=np.float64), result)
    return result


def sorted_pairs(whole: Ints, box: npt.ArrayLike, reach: float, exclusions: Exclusions) -> SortedPairs:
    """All pairs of a periodic box within reach; a few may be farther apart by some millionths of it.

    Args:
        whole: coordinates with 2^32 to a period, shape (n, 3).
        box: three edges, nm.
        reach: largest distance, nm.
        exclusions: pairs to leave out.

    Raises:
        InputError: the box is smaller than twice the reach.
    """
    edges = check_box(box, reach)
    # columns of half the reach, bins of an eighth along them
    columns = np.clip((2.0 * edges[:2] / reach).astype(np.int64), 1, 256)
    bins = int(np.clip(8.0 * edges[2] / reach, 1, 1024))
    order, bin_starts = _sorted(whole, columns, bins)
    n = len(order)
    place = np.empty(n, np.int32)
    place[order] = np.arange(n)
    ordered = np.zeros((3, -(-n // 4) * 4), np.int32)
    ordered[:, :n] = whole[order].T
    ex_starts, ex_partners = _renumbered(exclusions.starts, exclusions.partners, order, place)
    # half of all pairs of a uniform system, and a fifth more
    size = 256 + int(2.5 * n**2 * reach**3 / edges.prod())
    # distances are compared in single precision: the margin keeps every pair within reach
    limit = (reach * (1.0 + 1e-5)) ** 2
    while True:
        starts, partners, found = _list(
            ordered, edges, columns, bin_starts, bins, limit, n, ex_starts, ex_partners, size
        )
        if found <= size:
            return SortedPairs(order, starts, partners[:found].copy())
        size = found + n


@compiled()
def _whole(positions, box, result):
    for i in range(positions.shape[0]):
        for c in range(3):
            # the low 32 bits: whole periods fall away
            result[i, c] = np.int32(np.int64(np.floor(positions[i, c] * (4294967296.0 / box[c]))))


@compiled()
def _renumbered(starts, partners, order, place):
    """Exclusions of sorted particles by their sorted numbers."""
    new_starts, new_partners = np.zeros_like(starts), np.empty_like(partners)
    count = 0
    for k in range(len(order)):
        for e in range(starts[order[k]], starts[order[k] + 1]):
            new_partners[count] = place[partners[e]]
            count += 1
        new_starts[k + 1] = count
    return new_starts, new_partners


@compiled()
def _share(whole, parts):
    """Which of equal parts of a period a coordinate lies in."""
    return (np.int64(np.uint32(whole)) * parts) >> 32


@compiled()
def _sorted(whole, columns, bins):
    """Particles by column and bin, and where each bin starts."""
    n = whole.shape[0]
    keys = np.empty(n, np.int64)
    starts = np.zeros(columns[0] * columns[1] * bins + 1, np.int64)
    for i in range(n):
        column = _share(whole[i, 0], columns[0]) * columns[1] + _share(whole[i, 1], columns[1])
        keys[i] = column * bins + _share(whole[i, 2], bins)
        starts[keys[i] + 1] += 1
    for k in range(len(starts) - 1):
        starts[k + 1] += starts[k]
    order = np.empty(n, np.int64)
    fill = starts[:-1].copy()
    for i in range(n):
        order[fill[keys[i]]] = i
        fill[keys[i]] += 1
    return order, starts


@compiled(error_model="numpy")
def _bounds(x, first, last):
    """Middle and half width, as shares of the period, of coordinates that lie near each other."""
    low = high = np.int32(0)
    for k in range(first + 1, last):
        away = np.int32(x[k] - x[first])
        low, high = min(low, away), max(high, away)
    start = np.float64(np.uint32(x[first]))
    return (start + 0.5 * (low + high)) / 4294967296.0, 0.5 * (np.float64(high) - low) / 4294967296.0


@compiled(error_model="numpy")
def _gap(a, half_a, b, half_b, edge):
    """Distance between two intervals of a period; nm."""
    away = a - b
    away -= np.floor(away + 0.5)
    return max(abs(away) - half_a - half_b, 0.0) * edge


@compiled(error_model="numpy")
def _candidates(own, x, y, z, n, edges, columns, bin_starts, bins, limit, seen, result):
    """Blocks from the own one on whose bins are within reach of a block; how many."""
    first, last = 4 * own, min(4 * own + 4, n)
    mx, wx = _bounds(x, first, last)
    my, wy = _bounds(y, first, last)
    mz, wz = _bounds(z, first, last)
    seen[own] = own
    result[0] = own
    count = 1
    for cx in range(columns[0]):
        ax = _gap(mx, wx, (cx + 0.5) / columns[0], 0.5 / columns[0], edges[0])
        if ax * ax > limit:
            continue
        for cy in range(columns[1]):
            column = (cx * columns[1] + cy) * bins
            if bin_starts[column + bins] <= first:
                continue
            ay = _gap(my, wy, (cy + 0.5) / columns[1], 0.5 / columns[1], edges[1])
            left = limit - ax * ax - ay * ay
            if left < 0.0:
                continue
            # heights within reach, in bins; a run beyond the box goes on at its other end
            half = np.sqrt(left) / edges[2] + wz
            low, high = int(np.floor((mz - half) * bins)), int(np.floor((mz + half) * bins))
            if high - low >= bins - 1:
                low, high = 0, bins - 1
            for turn in range(-1, 3):
                a, b = max(low - turn * bins, 0), min(high - turn * bins, bins - 1)
                if a > b:
                    continue
                begin, end = bin_starts[column + a], bin_starts[column + b + 1]
                if end <= begin:
                    continue
                for block in range(max(begin // 4, own + 1), (end + 3) // 4):
                    if seen[block] != own:
                        seen[block] = own
                        result[count] = block
                        count += 1
    return count


@compiled(fastmath=True, error_model="numpy", forceinline=True)
def _squares(hx, hy, hz, count, ax, ay, az, sx, sy, sz, squares):
    """Squared distances of particles from a point."""
    for k in range(count):
        dx = np.float32(np.int32(hx[k] - ax)) * sx
        dy = np.float32(np.int32(hy[k] - ay)) * sy
        dz = np.float32(np.int32(hz[k] - az)) * sz
        squares[k] = dx * dx + dy * dy + dz * dz


@compiled(error_model="numpy")
def _list(ordered, edges, columns, bin_starts, bins, limit, n, ex_starts, ex_partners, size):
    """Half list; where `size` is too small, only the number of places needed is right, or somewhat too large."""
    x, y, z = ordered[0], ordered[1], ordered[2]
    period = 4294967296.0
    sx, sy, sz = np.float32(edges[0] / period), np.float32(edges[1] / period), np.float32(edges[2] / period)
    reach2, far = np.float32(limit), np.float32(1e30)
    total = len(x) // 4
    squares = np.empty(len(x), np.float32)
    hx, hy, hz = np.empty(len(x), np.int32), np.empty(len(x), np.int32), np.empty(len(x), np.int32)
    numbers = np.empty(len(x), np.int32)
    seen = np.full(total, -1, np.int64)
    near, hit = np.empty(total, np.int32), np.empty(total, np.int32)
    padding = len(x) - n
    starts = np.zeros(n + 1, np.int32)
    partners = np.empty(size + len(x), np.int32)
    found = 0
    for own in range(total):
        last = -1
        count = _candidates(own, x, y, z, n, edges, columns, bin_starts, bins, limit, seen, near)
        for k in range(count):
            j = 4 * near[k]
            for lane in range(4):
                hx[4 * k + lane], hy[4 * k + lane], hz[4 * k + lane] = x[j + lane], y[j + lane], z[j + lane]
                numbers[4 * k + lane] = j + lane
            last = k if near[k] == total - 1 else last
        for i in range(4 * own, min(4 * own + 4, n)):
            if found > size:
                found += 4 * count
                continue
            _squares(hx, hy, hz, 4 * count, x[i], y[i], z[i], sx, sy, sz, squares)
            # the own block comes first: what lies before, and the particle itself, is no partner
            squares[: i % 4 + 1] = far
            if last >= 0:
                # nor is what fills up the last block
                squares[4 * last + 4 - padding : 4 * last + 4] = far
            begin, hits = found, 0
            for k in range(count):
                four = squares[4 * k : 4 * k + 4]
                hit[hits] = 4 * k
                hits += 1 if min(min(four[0], four[1]), min(four[2], four[3])) < reach2 else 0
            for h in range(hits):
                for k in range(hit[h], hit[h] + 4):
                    partners[found] = numbers[k]
                    found += 1 if squares[k] < reach2 else 0
            if ex_starts[i + 1] > ex_starts[i]:
                found = without(i, found, partners, begin, ex_starts, ex_partners)
            starts[i + 1] = found
    return starts, partners, found
