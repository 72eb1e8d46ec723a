"""Generalised integration points: clusters of points whose mode strains are alike.

A point of the reduced model has a weight and its own strain per unit amplitude of each mode; it lies nowhere in the
microstructure. It starts as the mean of a cluster of integration points and is corrected afterwards (see `_fit`).

Source: S. Wulfinghoff, J. Hauck (2025), E3C for computational homogenization in nonlinear mechanics, arXiv:2501.13631.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

from scalebridge.solids.laws import Law

Floats = npt.NDArray[np.float64]

CANDIDATES = 4000
"""Integration points of each phase among which clusters are sought."""


@dataclass(frozen=True)
class Rule:
    """Generalised integration points of one phase.

    Attributes:
        law: law of the phase.
        stiffness: its tangent in the undeformed material, (6, 6) Mandel, Pa.
        strain: Mandel strain at each point for unit amplitudes, (q, 6, m).
        weight: share of the volume that each point stands for, (q,).
    """

    law: Law
    stiffness: Floats
    strain: Floats
    weight: Floats


def cluster_rule(
    law: Law,
    stiffness: Floats,
    strains: Floats,
    share: float,
    count: int,
    size: Floats,
    seed: np.random.SeedSequence,
) -> Rule:
    """`count` clusters of the integration points of a phase.

    Args:
        law: law of the phase.
        stiffness: its tangent in the undeformed material, (6, 6) Mandel, Pa.
        strains: mode strains at the integration points, (m, 6, P).
        share: volume fraction of the phase.
        count: number of clusters; empty ones are left out.
        size: root mean square amplitudes of the modes, which weigh their strains, (m,).
        seed: of the choice of candidates and the starts of the clusters.
    """
    rng = np.random.default_rng(seed)
    points = strains.shape[2]
    chosen = np.sort(rng.choice(points, min(points, CANDIDATES), replace=False))
    weighted = (strains[:, :, chosen] * size[:, None, None]).transpose(2, 1, 0).reshape(chosen.size, -1)
    centres, label = kmeans2(weighted, min(count, chosen.size), minit="++", iter=20, seed=rng)
    members = np.bincount(label, minlength=len(centres))
    kept = members > 0
    strain = centres[kept].reshape(-1, 6, len(size)) / size
    return Rule(law, stiffness, strain, members[kept] / chosen.size * share)


def shared_points(shares: Mapping[int, float], count: int) -> dict[int, int]:
    """Points of each phase: in proportion to its volume, at least four."""
    whole = sum(shares.values())
    return {p: max(4, round(count * s / whole)) for p, s in shares.items()}
