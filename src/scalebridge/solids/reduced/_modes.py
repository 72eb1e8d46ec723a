"""Modes of the displacement fluctuation: the elastic ones exactly, then the principal ones of what plasticity adds.

Modes are orthonormal in the energy of the undeformed material, (u, v) = <grad u : C0 : grad v>. The first six span the
fluctuations of the undeformed, linear volume element, so a reduced model starts with its exact stiffness; the others
are a proper orthogonal decomposition of what the snapshots hold beyond them.

Source: L. Sirovich (1987), Turbulence and the dynamics of coherent structures, Quart. Appl. Math. 45, 561-571, for
principal modes from snapshots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.laws import Law, LinearElastic, evaluate
from scalebridge.solids.reduced._sibling import sibling
from scalebridge.solids.rve import RVE
from scalebridge.solids.rve._grid import symmetric_directions
from scalebridge.solids.rve._linear import Operator
from scalebridge.solids.rve._material import full_matrix
from scalebridge.solids.rve._newton import point_strains

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

BLOCK = 8
"""Fluctuations treated together: their strains at all points are held at once."""


@dataclass(frozen=True)
class Modes:
    """Modes of the fluctuation.

    Attributes:
        fluctuation: (m, 3, nodes), m.
        forces: nodal forces of the modes in the undeformed material per volume, (m, 3 nodes): amplitudes are their
            products with a fluctuation.
        stiffness: of the undeformed volume element in mean strain and amplitudes, (6 + m, 6 + m), Pa.
        energy: energies of all principal modes found, descending; the kept ones are the first m - 6.
    """

    fluctuation: Array
    forces: Floats
    stiffness: Floats
    energy: Floats

    def amplitudes(self, fluctuation: Array) -> Floats:
        """Amplitudes (T, m) of the nearest combinations of modes to fluctuations (T, 3, nodes)."""
        found: Floats = fluctuation.reshape(len(fluctuation), -1) @ self.forces.T
        return found


def initial_stiffnesses(rve: RVE) -> dict[int, Floats]:
    """Tangents of the undeformed phases, (6, 6) Mandel, Pa."""
    found: dict[int, Floats] = {}
    for phase, law in rve.laws.items():
        if not isinstance(law, Law):
            raise InputError(f"phase {phase} conducts heat; a reduced model needs mechanical laws.")
        tangent = evaluate(law, np.zeros((6, 1)), tangent=True).tangent
        assert tangent is not None
        found[phase] = full_matrix(tangent[:, 0])
    return found


def fluctuation_modes(rve: RVE, snapshots: Array, count: int) -> Modes:
    """The six elastic modes and up to `count` - 6 principal ones of snapshots (K, 3, nodes)."""
    stiffness = initial_stiffnesses(rve)
    body = sibling(rve, {p: LinearElastic(c) for p, c in stiffness.items()}, min(rve.tolerance, 1e-6))
    operator, voxels = body.material.linear_operator(), rve.grid.voxels
    elastic = body.homogenize().fluctuation
    forces = _forces(operator, elastic) / voxels
    factor = np.linalg.cholesky(elastic.reshape(6, -1) @ forces.T)
    elastic = np.linalg.solve(factor, elastic.reshape(6, -1))
    forces = np.linalg.solve(factor, forces)
    if count <= 6 or not len(snapshots):
        return _collected(rve, operator, elastic.reshape(6, 3, *rve.grid.nodes), stiffness, np.zeros(0))
    flat = snapshots.reshape(len(snapshots), -1)
    rest = flat - (flat @ forces.T) @ elastic
    gram = rest @ (_forces(operator, rest.reshape(snapshots.shape)) / voxels).T
    energy, vectors = np.linalg.eigh(0.5 * (gram + gram.T))
    energy, vectors = energy[::-1], vectors[:, ::-1]
    kept = min(count - 6, int(np.sum(energy > 1e-12 * energy[0])))
    principal = (vectors[:, :kept] / np.sqrt(energy[:kept])).T @ rest
    modes = np.concatenate([elastic, principal]).reshape(6 + kept, *snapshots.shape[1:])
    return _collected(rve, operator, modes, stiffness, energy)


def _collected(rve: RVE, operator: Operator, modes: Array, stiffness: Mapping[int, Floats], energy: Floats) -> Modes:
    """Modes with all that belongs to them."""
    voxels = rve.grid.voxels
    mean = sum((c * (rve.material.voxels[p].size / voxels) for p, c in stiffness.items()), np.zeros((6, 6)))
    return Modes(modes, _forces(operator, modes) / voxels, _whole(operator, modes, mean, rve), np.maximum(energy, 0.0))


def _forces(operator: Operator, fluctuation: Array) -> Floats:
    """Nodal forces (K, 3 nodes) of fluctuations (K, 3, nodes), block by block."""
    none = np.zeros((BLOCK, 9))
    parts = [fluctuation[k : k + BLOCK] for k in range(0, len(fluctuation), BLOCK)]
    forces = [operator.apply(np.ascontiguousarray(u), none[: len(u)])[0].reshape(len(u), -1) for u in parts]
    joined: Floats = np.concatenate(forces)
    return joined


def _whole(operator: Operator, modes: Array, mean: Floats, rve: RVE) -> Floats:
    """Stiffness of the undeformed volume element in mean strain and mode amplitudes."""
    coupling = np.empty((len(modes), 9))
    for k in range(0, len(modes), BLOCK):
        part = np.ascontiguousarray(modes[k : k + BLOCK])
        coupling[k : k + BLOCK] = operator.apply(part, np.zeros((len(part), 9)))[1]
    whole = np.eye(6 + len(modes))
    whole[:6, :6] = mean
    whole[6:, :6] = coupling @ symmetric_directions()
    whole[:6, 6:] = whole[6:, :6].T
    return whole


def mode_strains(rve: RVE, modes: Array, voxels: Mapping[int, npt.NDArray[np.int64]]) -> dict[int, Floats]:
    """Strains of modes (m, 3, nodes) at the integration points of some phases, by phase: (m, 6, nq M) Mandel."""
    grid = rve.grid
    found = {p: np.empty((len(modes), 6, len(grid.points) * v.size)) for p, v in voxels.items()}
    for k in range(len(modes)):
        strain = point_strains(rve.material, modes[k : k + 1], np.zeros((1, 9)))
        flat = strain.reshape(6, len(grid.points), -1)
        for p, v in voxels.items():
            found[p][k, grid.mandel_order] = flat[:, :, v].reshape(6, -1)
    return found
