"""Potentials in the making: energies on the points of the distributions' grids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.coarse._target import Target
from scalebridge.molecules.inverse import boltzmann_inversion
from scalebridge.molecules.potentials import Basis, Potential, Spline, extend_core

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Table:
    """Energies of a term.

    Attributes:
        x: points, uniform, nm or radians; those of a pair end at the cutoff.
        energy: kJ/mol.
        sampled: where the energy is known from data; elsewhere it is continued.
    """

    x: Floats
    energy: Floats
    sampled: Mask

    def changed(self, change: Floats, seen: Mask, kind: str) -> Table:
        """Energies after a change at the points that were seen; elsewhere continued again."""
        known = self.sampled | seen
        energy = np.where(seen, self.energy + change, self.energy)
        if kind == "pair":
            energy = energy - energy[-1]
            energy = extend_core(self.x, energy, known) if known.sum() >= 4 else energy
        elif known.sum() >= 4 and not known.all():
            # a point that is seen later begins at the energy that the beads felt there
            energy = np.where(known, energy, potential_of(kind, Table(self.x, energy, known)).energy(self.x))
        return Table(self.x, energy, known)


def first_tables(targets: tuple[Target, ...], cutoff: float) -> dict[str, Table]:
    """Boltzmann inversion of all terms, the mean over state points."""
    tables = {}
    for name, distribution in targets[0].distributions.items():
        if name in targets[0].watched:
            continue
        x = distribution.grid.centers
        inside = x <= cutoff + 1e-9 if distribution.kind == "pair" else np.ones(len(x), bool)
        parts = [
            boltzmann_inversion(distribution.kind, x, target.distributions[name].mean, target.kt) for target in targets
        ]
        known = np.all([part[1] for part in parts], axis=0)[inside]
        energy = np.mean([part[0] for part in parts], axis=0)[inside]
        start = Table(x[inside], energy, np.zeros_like(known))
        tables[name] = start.changed(np.zeros_like(energy), known, distribution.kind)
    return tables


def mean_tables(kept: tuple[Mapping[str, Table], ...]) -> dict[str, Table]:
    """Mean of the tables of several iterations."""
    result = {}
    for name, table in kept[-1].items():
        known = np.any([tables[name].sampled for tables in kept], axis=0)
        result[name] = Table(table.x, np.mean([tables[name].energy for tables in kept], axis=0), known)
    return result


def potentials_of(tables: Mapping[str, Table]) -> dict[str, Potential]:
    """Potentials of all tables: pairs by interpolation, bonded terms by a smooth fit of what was sampled."""
    return {name: potential_of(name, table) for name, table in tables.items()}


def potential_of(name: str, table: Table) -> Potential:
    """The potential of one table."""
    kind = name.split(" ", 1)[0]
    if kind == "pair":
        return Spline.through(table.x, table.energy, cut=True)
    x, energy = table.x[table.sampled], table.energy[table.sampled]
    if kind != "dihedral":
        x, energy = _with_walls(x, energy, (0.0, np.pi) if kind == "angle" else (1e-3, np.inf))
    weights = np.maximum(np.exp(-(energy - energy.min()) / 2.5), 1e-3)
    if kind == "dihedral":
        basis = Basis(-np.pi, np.pi, 24, 3, True)
        space = np.eye(basis.size)
    else:
        basis = Basis(float(x[0]), float(x[-1]), max(min(16, len(x) // 3), 2), 3)
        # beyond the walls the energy goes on with its slope
        space = basis.natural()
    rows = basis.matrix(x) @ space
    bends = np.diff(space, 2, axis=0) * 1e-2
    left = np.concatenate([rows * np.sqrt(weights)[:, None], bends])
    right = np.concatenate([energy * np.sqrt(weights), np.zeros(len(bends))])
    return Spline(basis, space @ np.linalg.lstsq(left, right, rcond=None)[0])


def _with_walls(x: Floats, energy: Floats, limits: tuple[float, float]) -> tuple[Floats, Floats]:
    """Points of a bonded term with parabolas at both ends, as stiff as the distribution is narrow.

    The last sampled points are noisy: followed as they are, they may lead a bond out of its well, to where no data hold
    it back.
    """
    share = np.exp(-(energy - energy.min()) / 2.5)
    share /= share.sum()
    mean = float(share @ x)
    stiffness = 2.5 / max(float(share @ (x - mean) ** 2), 1e-12)
    count = max(len(x) // 4, 3)
    step = float(np.ptp(x)) / max(len(x) - 1, 1) if len(x) > 1 else 1e-3
    away = step * np.arange(1, count + 1)
    parts = []
    for end, side in ((0, -1.0), (-1, 1.0)):
        # from the mean of the last points on, lest one of them sets the height of the wall
        last = slice(None, 3) if end == 0 else slice(-3, None)
        level, edge = float(np.mean(energy[last])), float(np.mean(x[last]))
        slope = stiffness * max(side * (edge - mean), 0.0)
        at = float(x[end]) + side * away
        inside = (at >= limits[0]) & (at <= limits[1])
        far = np.abs(at - edge)
        parts.append((at[inside], (level + slope * far + 0.5 * stiffness * far**2)[inside]))
    (left, left_energy), (right, right_energy) = parts
    return (
        np.concatenate([left[::-1], x, right]),
        np.concatenate([left_energy[::-1], energy, right_energy]),
    )
