"""One reduced model for many macroscopic points: Newton's method on the mode amplitudes.

With z = (E, a) the reduced forces are F(z) = L z + sum_q w_q B_q^T s(B_q z), where L is the elastic stiffness of the
volume element less that of the points. The first six entries of F are the mean stress S, the others vanish in
equilibrium, so F . dz = S : dE for every discrete solution: Hill and Mandel's condition holds without further measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scalebridge.solids.laws import evaluate
from scalebridge.solids.reduced._cubature import Rule
from scalebridge.solids.reduced._kernels import add_points, condense, local_strains

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TOLERANCE = 1e-7
"""Newton step relative to the elastic energy norm of the unknowns, at which amplitudes count as found."""

ITERATIONS = 25


@dataclass(frozen=True)
class Solution:
    """Answer of one reduced model for N macroscopic points.

    Attributes:
        amplitude: (N, m).
        internal: internal variables at the generalised points, (N, K).
        response: derivative of the amplitudes by the mean strain, (N, m, 6).
        stress: (N, 6) Mandel, Pa.
        tangent: (N, 6, 6) Mandel, Pa.
        converged: (N,).
        iterations: (N,).
    """

    amplitude: Floats
    internal: Floats
    response: Floats
    stress: Floats
    tangent: Floats
    converged: Bools
    iterations: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reduced:
    """One reduced model.

    Attributes:
        rules: generalised points of the nonlinear phases.
        linear: elastic stiffness in mean strain and amplitudes that the points lack, (M, M), Pa.
        elastic: stiffness of all undeformed phases in the same, (M, M), Pa.
    """

    rules: tuple[Rule, ...]
    linear: Floats
    elastic: Floats

    @property
    def modes(self) -> int:
        """Number of modes m."""
        return len(self.linear) - 6

    @property
    def points(self) -> int:
        """Number of generalised points, of all phases."""
        return sum(r.weight.size for r in self.rules)

    @cached_property
    def _matrices(self) -> tuple[Floats, ...]:
        """Strain at the generalised points for unit mean strains and amplitudes, per rule (q, 6, M)."""
        unit = [np.broadcast_to(np.eye(6), (r.weight.size, 6, 6)) for r in self.rules]
        return tuple(np.concatenate([e, r.strain], axis=2) for e, r in zip(unit, self.rules, strict=True))

    @cached_property
    def _rows(self) -> tuple[int, ...]:
        """Internal variables of one point, per rule."""
        return tuple(sum(r.law.internal_variables().values()) for r in self.rules)

    @cached_property
    def internal_size(self) -> int:
        """Internal variables of all generalised points, K."""
        return sum(n * r.weight.size for n, r in zip(self._rows, self.rules, strict=True))

    def solve(
        self, strain: Floats, before: Floats, amplitude: Floats, internal: Floats, response: Floats, dt: float
    ) -> Solution:
        """Equilibrium of N points at the mean strains `strain` (N, 6), from the state at the mean strains `before`."""
        count, m = amplitude.shape
        z = np.concatenate([strain, amplitude + np.einsum("nki,ni->nk", response, strain - before)], axis=1)
        out = Solution(
            amplitude.copy(),
            internal.copy(),
            response.copy(),
            np.full((count, 6), np.nan),
            np.full((count, 6, 6), np.nan),
            np.zeros(count, bool),
            np.zeros(count, np.int64),
        )
        active, last = np.arange(count), np.full(count, np.inf)
        move, length = np.zeros((count, m)), np.ones(count)
        for _ in range(ITERATIONS):
            f, k, after, ok = self._respond(z[active], internal[active], dt)
            step, size = np.empty((active.size, m)), np.empty(active.size)
            slope, tangent = np.empty((active.size, m, 6)), np.empty((active.size, 6, 6))
            condense(f, k, step, size, slope, tangent)
            size[~ok] = np.nan
            scale = np.sqrt(np.einsum("ni,ij,nj->n", z[active], self.elastic, z[active]))
            done = size <= TOLERANCE * scale
            self._keep(out, active[done], z, f[done], after[done], slope[done], tangent[done])
            # a step that did not lower the residual is taken back by half
            worse = ~done & ~(size < 2.0 * last[active]) & (length[active] > 0.1)
            length[active] = np.where(worse, 0.5 * length[active], 1.0)
            z[active[worse], 6:] -= length[active[worse], None] * move[active[worse]]
            go = ~done & ~worse & np.isfinite(size)
            z[active[go], 6:] += step[go]
            move[active[go]], last[active[go]] = step[go], size[go]
            active = active[go | worse]
            out.iterations[active] += 1
            if not active.size:
                break
        return out

    @staticmethod
    def _keep(
        out: Solution, where: npt.NDArray[np.int64], z: Floats, f: Floats, after: Floats, slope: Floats, tangent: Floats
    ) -> None:
        out.amplitude[where], out.internal[where], out.response[where] = z[where, 6:], after, slope
        out.stress[where], out.tangent[where], out.converged[where] = f[:, :6], tangent, True

    def _respond(self, z: Floats, internal: Floats, dt: float) -> tuple[Floats, Floats, Floats, Bools]:
        """Forces (N, M), stiffnesses (N, M, M; lower triangles), new internal variables, where all laws answered."""
        count = len(z)
        force = np.einsum("ij,nj->ni", self.linear, z)
        stiffness = np.repeat(self.linear[None], count, axis=0)
        after, ok, start = np.empty_like(internal), np.ones(count, bool), 0
        for rule, matrix, rows in zip(self.rules, self._matrices, self._rows, strict=True):
            q = rule.weight.size
            stop = start + rows * q
            strain = np.empty((6, count * q))
            local_strains(z, matrix, strain)
            # internal variables lie as (N, rows, q) here and as (rows, N q) there
            state = internal[:, start:stop].reshape(count, rows, q).transpose(1, 0, 2).reshape(rows, -1)
            answer = evaluate(rule.law, strain, np.ascontiguousarray(state), dt, tangent=True)
            after[:, start:stop] = answer.state.reshape(rows, count, q).transpose(1, 0, 2).reshape(count, -1)
            ok &= answer.ok.reshape(count, q).all(axis=1)
            add_points(matrix, rule.weight, answer.stress, answer.tangent, force, stiffness)
            start = stop
        return force, stiffness, after, ok
