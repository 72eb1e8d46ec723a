"""Small random microstructures and materials for tests of the volume element."""

from __future__ import annotations

import numpy as np

from scalebridge import solids

SOFT = solids.LinearElastic.isotropic(1.0e9, 0.35)
STIFF = solids.LinearElastic.isotropic(12.0e9, 0.2)
J2 = solids.J2Plasticity(70e9, 0.33, solids.SaturationHardening(200e6, 400e6, 40.0, 1e9), kinematic_modulus=2e9)
VISCOELASTIC = solids.Viscoelastic(1.0e9, 0.35, (solids.MaxwellArm(0.8e9, 0.5, 1.0e9), solids.MaxwellArm(0.3e9, 20.0)))
NEO_HOOKEAN = solids.NeoHookean(2.0e6, 0.4)


def random_cell(shape: tuple[int, ...], size: tuple[float, ...] | None = None, phases: int = 2, seed: int = 1):
    """Independent phases in every voxel, all present."""
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    phase = rng.integers(0, phases, shape)
    phase.ravel()[:phases] = np.arange(phases)
    return solids.Microstructure(phase, size or tuple(float(n) for n in shape))


def random_stiffness(rng: np.random.Generator, size: int = 6) -> np.ndarray:
    """Symmetric positive definite without any symmetry, eigenvalues 1 to 5."""
    q, _ = np.linalg.qr(rng.normal(size=(size, size)))
    return q @ np.diag(np.linspace(1.0, 5.0, size)) @ q.T


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q


def symmetric(rng: np.random.Generator, scale: float = 1.0) -> np.ndarray:
    a = rng.normal(size=(3, 3))
    return scale * 0.5 * (a + a.T)
