"""Compiled search for a place where an atom can be put into a dense fluid."""

# mypy: allow-untyped-defs
from __future__ import annotations

import math

import numpy as np

from scalebridge._cache import compiled

OVERLAP = 1.0e4  # energies above this come from a single neighbour that sits on top


@compiled()
def cell_list(positions, box, counts):
    """First atom of each cell and next atom of each atom, -1 for none; cells of the whole box."""
    heads = np.full(counts[0] * counts[1] * counts[2], -1, dtype=np.int64)
    following = np.full(len(positions), -1, dtype=np.int64)
    for i in range(len(positions)):
        index = 0
        for k in range(3):
            length = box[k, 1] - box[k, 0]
            c = math.floor((positions[i, k] - box[k, 0]) / length * counts[k])
            index = index * counts[k] + min(max(c, 0), counts[k] - 1)
        following[i] = heads[index]
        heads[index] = i
    return heads, following


@compiled()
def energy_at(place, skip, positions, scales, heads, following, counts, box, periodic, cutoff, force):
    """Potential energy of an atom at a place among the others; the force on it into `force`, (3,).

    scales: (n, 2) depth and length of the Lennard-Jones potential with each atom; cut at `cutoff` lengths, shifted.
    skip: an atom that does not count, or -1.
    """
    energy = 0.0
    force[:] = 0.0
    low = np.empty(3, dtype=np.int64)
    lengths = box[:, 1] - box[:, 0]
    for k in range(3):
        low[k] = math.floor((place[k] - box[k, 0]) / lengths[k] * counts[k]) - 1
    away = np.empty(3)
    tail = 4.0 * (cutoff**-12 - cutoff**-6)
    for a in range(3):
        for b in range(3):
            for c in range(3):
                index, outside = 0, False
                for k in range(3):
                    n = low[k] + (a if k == 0 else b if k == 1 else c)
                    if periodic[k]:
                        n %= counts[k]
                    elif n < 0 or n >= counts[k]:
                        outside = True
                    index = index * counts[k] + n
                j = -1 if outside else heads[index]
                while j >= 0:
                    if j != skip:
                        r2 = 0.0
                        for k in range(3):
                            d = place[k] - positions[j, k]
                            if periodic[k]:
                                d -= lengths[k] * np.round(d / lengths[k])
                            away[k] = d
                            r2 += d * d
                        r2 = max(r2 / scales[j, 1] ** 2, 1e-6)
                        if r2 < cutoff * cutoff:
                            s6 = 1.0 / (r2 * r2 * r2)
                            energy += scales[j, 0] * (4.0 * (s6 * s6 - s6) - tail)
                            strength = scales[j, 0] * 24.0 * (2.0 * s6 * s6 - s6) / (r2 * scales[j, 1] ** 2)
                            for k in range(3):
                                force[k] += strength * away[k]
                    j = following[j]
    return energy


@compiled()
def search(
    region, target, tolerance, step, iterations, restarts, positions, scales, heads, following, counts, box, periodic,
    cutoff, rng,
):  # fmt: skip
    """USHER: walk along the force from random places of `region`, (3, 2), to the energy `target`.

    Returns place, its energy, number of energies computed and whether it was found.
    """
    place, force, computed, energy = np.empty(3), np.empty(3), 0, 0.0
    for _ in range(restarts):
        for k in range(3):
            place[k] = region[k, 0] + (region[k, 1] - region[k, 0]) * rng.random()
        before = math.inf
        for _ in range(iterations):
            energy = energy_at(place, -1, positions, scales, heads, following, counts, box, periodic, cutoff, force)
            computed += 1
            error = abs(energy - target)
            if error <= tolerance:
                return place, energy, computed, True
            strength = math.sqrt(force[0] ** 2 + force[1] ** 2 + force[2] ** 2)
            if error > before or strength == 0.0:
                break
            before = error
            if energy > OVERLAP:
                length = 0.9 - (4.0 / energy) ** (1.0 / 12.0)
                before = math.inf
            else:
                length = min(step, error / strength)
            towards = 1.0 if energy > target else -1.0
            inside = True
            for k in range(3):
                place[k] += towards * length * force[k] / strength
                inside = inside and region[k, 0] <= place[k] < region[k, 1]
            if not inside:
                break
    return place, energy, computed, False
