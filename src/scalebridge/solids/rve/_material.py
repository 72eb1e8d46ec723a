"""The phases of a voxel grid: which law acts where, its linear operator, or its response at all integration points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.solids.laws import Conduction, Law, LinearElastic, evaluate, initial_state, output_rows
from scalebridge.solids.rve._grid import Grid, symmetric_directions
from scalebridge.solids.rve._linear import Operator
from scalebridge.solids.rve._modal import triangle
from scalebridge.solids.rve._operators import IsotropicOperator, StoredOperator, TableOperator
from scalebridge.solids.rve._points import gather, spread

Array = npt.NDArray[Any]
Internal = Mapping[int, npt.NDArray[np.float64]]


def lame_parameters(stiffness: Array) -> tuple[float, float] | None:
    """Lambda and mu of a 6x6 Mandel stiffness, or None where it is not isotropic."""
    lam, mu = stiffness[0, 1], stiffness[3, 3] / 2
    isotropic = 2 * mu * np.eye(6)
    isotropic[:3, :3] += lam
    same = np.allclose(stiffness, isotropic, rtol=0.0, atol=1e-13 * np.abs(stiffness).max())
    return (float(lam), float(mu)) if same else None


def fourth_order(stiffness: Array) -> Array:
    """(3, 3, 3, 3) tensor of a 6x6 Mandel or 9x9 row-major stiffness."""
    if stiffness.shape == (6, 6):
        directions = symmetric_directions()
        stiffness = directions @ stiffness @ directions.T
    tensor: Array = stiffness.reshape(3, 3, 3, 3)
    return tensor


def full_matrix(upper: Array) -> Array:
    """Symmetric matrix from its row-major upper triangle."""
    size = round((np.sqrt(8 * upper.shape[0] + 1) - 1) / 2)
    matrix: Array = upper[triangle(size)]
    return matrix


@dataclass(frozen=True)
class PointResponse:
    """Answer of all laws at all integration points.

    Attributes:
        stress: (D, B, nq, n0, n1, n2) in array axes, Pa.
        internal: internal variables of each phase, (n_state, B nq M).
        ok: whether every point of a load had an answer, (B,).
        mean_tangent: mean tangent over points and loads, in coordinates, 6x6 or 9x9, Pa.
    """

    stress: Array
    internal: Internal
    ok: npt.NDArray[np.bool_]
    mean_tangent: Array


@dataclass(frozen=True)
class Material:
    """Laws on a grid.

    Attributes:
        grid: the grid.
        phase: phase of each voxel, flattened, (V,).
        laws: law of each phase, in coordinates, orientations applied.
        finite: whether the laws get deformation gradients.
        threads: threads among which law evaluations are shared.
    """

    grid: Grid
    phase: npt.NDArray[np.int64]
    laws: Mapping[int, Law | Conduction]
    finite: bool
    threads: int = 1
    _memory: dict[int, Array] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def voxels(self) -> Mapping[int, npt.NDArray[np.int64]]:
        """Flat voxel indices of each phase."""
        return {p: np.flatnonzero(self.phase == p) for p in self.laws}

    @cached_property
    def linear(self) -> bool:
        """Whether strain gives stress by constant matrices."""
        return not self.finite and all(isinstance(law, LinearElastic | Conduction) for law in self.laws.values())

    @cached_property
    def mean_stiffness(self) -> Array:
        """Volume average of the linear stiffnesses (6x6 Mandel) or conductivities (3x3), in coordinates."""
        return sum((constants(self.laws[p]) * (v.size / self.phase.size) for p, v in self.voxels.items()), np.zeros(1))

    def reference(self, mean: Array) -> Array:
        """Tangent of the homogeneous preconditioning body in array axes, (C, 3, C, 3)."""
        axes = np.array(self.grid.axes)
        if mean.shape == (3, 3):
            conductivity: Array = mean[np.ix_(axes, axes)][None, :, None, :]
            return conductivity
        tensor: Array = fourth_order(mean)[np.ix_(axes, axes, axes, axes)]
        return tensor

    def linear_operator(self) -> Operator:
        """The operator of linear phases."""
        matrices = {p: constants(law) for p, law in self.laws.items()}
        lame = {p: lame_parameters(m) if m.shape == (6, 6) else None for p, m in matrices.items()}
        if all(v is not None for v in lame.values()):
            values = np.empty((2, self.phase.size))
            for p, where in self.voxels.items():
                values[:, where] = np.array(lame[p])[:, None]
            return IsotropicOperator(self.grid, values.reshape(2, *self.grid.shape))
        numbers = {p: i for i, p in enumerate(self.laws)}
        rows = np.stack([self._upper_in_array_axes(m) for m in matrices.values()])
        place = np.vectorize(numbers.__getitem__, otypes=[np.int64])(self.phase)
        return TableOperator(self.grid, place.reshape(self.grid.shape), rows)

    def _upper_in_array_axes(self, matrix: Array) -> Array:
        order = np.array(self.grid.axes) if matrix.shape == (3, 3) else self.grid.mandel_order
        size = len(matrix)
        upper: Array = matrix[np.ix_(order, order)][np.triu_indices(size)]
        return upper

    def initial(self, loads: int) -> Internal:
        """Internal variables of the undeformed material for `loads` loads."""
        points = loads * len(self.grid.points)
        return {
            p: initial_state(law, points * self.voxels[p].size)
            for p, law in self.laws.items()
            if isinstance(law, Law) and law.internal_variables()
        }

    @cached_property
    def _order(self) -> npt.NDArray[np.int64]:
        return self.grid.gradient_order if self.finite else self.grid.mandel_order

    def respond(self, strain: Array, internal: Internal, dt: float, operator: StoredOperator) -> PointResponse:
        """Stress everywhere; the tangents go to `operator`.

        Args:
            strain: (D, B, nq, n0, n1, n2) in array axes: strain, or displacement gradient in finite strain.
            internal: internal variables at the start of the increment.
            dt: length of the increment, s.
            operator: receives the tangents.
        """
        size, loads, nq = strain.shape[:3]
        flat = strain.reshape(size, loads, nq, -1)
        stress = np.empty_like(flat)
        ok = np.ones(loads, bool)
        mean = np.zeros(size * (size + 1) // 2)
        after = {}
        for p, law in self.laws.items():
            where = self.voxels[p]
            local = np.empty((size, loads * nq * where.size))
            gather(flat, where, self._order, local)
            if self.finite:
                local[[0, 4, 8]] += 1.0
            elif isinstance(law, LinearElastic):
                matrix = np.asarray(law.stiffness)
                # einsum, not a matrix product, whose threads would wait for each other
                spread(np.einsum("ij,jn->in", matrix, local), where, self._order, stress)
                mean += matrix[np.triu_indices(6)] * local.shape[1]
                continue
            assert isinstance(law, Law)
            memory = self._memory_for(p, law, local.shape[1])
            answer = evaluate(law, local, internal.get(p), dt, tangent=True, threads=self.threads, out=memory)
            spread(answer.stress, where, self._order, stress)
            ok &= answer.ok.reshape(loads, -1).all(axis=1)
            if answer.state.size:
                after[p] = answer.state.copy()
            assert answer.tangent is not None
            mean += answer.tangent.sum(axis=1)
            operator.store(answer.tangent[self._upper_order].reshape(-1, loads, nq, where.size), where)
        mean /= loads * nq * self.phase.size
        return PointResponse(stress.reshape(strain.shape), after, ok, full_matrix(mean))

    def _memory_for(self, phase: int, law: Law, points: int) -> Array:
        """Memory for a law's answer, used again from evaluation to evaluation: fresh pages cost more than the law."""
        rows = output_rows(law, "finite" if self.finite else "small", tangent=True)
        known = self._memory.get(phase)
        if known is None or known.shape != (rows, points):
            known = self._memory[phase] = np.empty((rows, points))
        return known

    def tangent_storage(self, loads: int) -> StoredOperator:
        """Operator for the tangents of `loads` loads; those of linear phases are in it for good."""
        operator = StoredOperator(self.grid, 45 if self.finite else 21, loads)
        for p, law in self.laws.items():
            if isinstance(law, LinearElastic) and not self.finite:
                upper = self._upper_in_array_axes(np.asarray(law.stiffness))
                shape = (upper.size, loads, len(self.grid.points), self.voxels[p].size)
                operator.store(np.broadcast_to(upper[:, None, None, None], shape), self.voxels[p])
        return operator

    @cached_property
    def _upper_order(self) -> npt.NDArray[np.int64] | slice:
        if not self.grid.flat:
            return slice(None)
        order = self._order
        upper: npt.NDArray[np.int64] = triangle(len(order))[np.ix_(order, order)][np.triu_indices(len(order))]
        return upper


def constants(law: Law | Conduction) -> Array:
    """Stiffness (6, 6) or conductivity (3, 3) of a linear law."""
    if isinstance(law, Conduction):
        return np.asarray(law.conductivity)
    assert isinstance(law, LinearElastic)
    return np.asarray(law.stiffness)
