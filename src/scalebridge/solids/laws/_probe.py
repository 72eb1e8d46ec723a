"""Random strain paths on which laws are tested, and what a law answers along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalebridge.solids.laws._evaluate import evaluate
from scalebridge.solids.laws._law import Kinematics, Law, initial_state

POINTS = 16
STEPS = 8


@dataclass(frozen=True, slots=True)
class Probe:
    """Answers of a law along paths; all points of all steps side by side, M = STEPS x POINTS.

    Attributes:
        strain: (n, M), strain or deformation gradient at the end of each step.
        before: (n_state, M), internal variables at the start of each step.
        stress: (n, M), at the end of each step.
        after: (n_state, M), internal variables at the end of each step.
        ok: (M,)
        scale: size of the strains.
        dt: length of a step, s.
    """

    strain: np.ndarray
    before: np.ndarray
    stress: np.ndarray
    after: np.ndarray
    ok: np.ndarray
    scale: float
    dt: float


def drive(law: Law, path: np.ndarray, scale: float, dt: float) -> Probe:
    """Follow strain paths, shape (STEPS, n, POINTS), from the undeformed state."""
    state = initial_state(law, path.shape[2])
    before, stress, after, ok = [], [], [], []
    for strain in path:
        answer = evaluate(law, strain, state, dt, tangent=False)
        before.append(state)
        stress.append(answer.stress)
        after.append(answer.state)
        ok.append(answer.ok)
        state = answer.state
    return Probe(_joined(path), _joined(before), _joined(stress), _joined(after), _joined(ok), scale, dt)


def _joined(parts: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    return np.concatenate(list(parts), axis=-1)


def random_path(kinematics: Kinematics, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Paths of independent random strains: loading, unloading and turning. Shape (STEPS, n, POINTS).

    Deformation gradients are 1 + H with |H| <= scale; scale < 1 keeps their determinant positive.
    """
    if kinematics == "small":
        return scale * rng.normal(size=(STEPS, 6, POINTS))
    displacement = rng.normal(size=(STEPS, 9, POINTS))
    displacement *= scale * rng.uniform(size=(STEPS, 1, POINTS)) / np.linalg.norm(displacement, axis=1, keepdims=True)
    return displacement + np.eye(3).reshape(1, 9, 1)


def finite_differences(law: Law, probe: Probe, step: float) -> np.ndarray:
    """Tangents by central differences, shape (M, n, n)."""
    n, m = probe.strain.shape
    shifts = step * np.concatenate([np.eye(n), -np.eye(n)])
    strains = (probe.strain[None] + shifts[:, :, None]).transpose(1, 0, 2).reshape(n, -1)
    states = np.tile(probe.before, 2 * n)
    stress = evaluate(law, strains, states, probe.dt, tangent=False).stress.reshape(n, 2 * n, m)
    slopes: np.ndarray = (stress[:, :n] - stress[:, n:]) / (2.0 * step)
    return slopes.transpose(2, 0, 1)


def full_tangent(law: Law, probe: Probe) -> np.ndarray:
    """The law's own tangents, shape (M, n, n)."""
    n, m = probe.strain.shape
    rows = evaluate(law, probe.strain, probe.before, probe.dt, tangent=True).tangent
    assert rows is not None
    if not law.symmetric_tangent:
        return rows.T.reshape(m, n, n)
    matrix = np.empty((m, n, n))
    i, j = np.triu_indices(n)
    matrix[:, i, j] = matrix[:, j, i] = rows.T
    return matrix


def random_rotations(count: int, rng: np.random.Generator) -> np.ndarray:
    """Rotations, uniformly distributed, shape (count, 3, 3)."""
    q: np.ndarray
    q, r = np.linalg.qr(rng.normal(size=(count, 3, 3)))
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    q[:, :, 0] *= np.linalg.det(q)[:, None]
    return q
