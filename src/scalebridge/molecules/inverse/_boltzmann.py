"""Boltzmann inversion, once and iterated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def boltzmann_inversion(kind: str, x: Floats, distribution: Floats, kt: float) -> tuple[Floats, Mask]:
    """Potential of mean force U = -kT ln(p / J), J = 1 for g(r), r^2 for bonds, sin(theta) for angles.

    Args:
        kind: "pair", "bond", "angle" or "dihedral".
        x: coordinates, shape (b,).
        distribution: g(r) or a probability density, shape (b,).
        kt: thermal energy, kJ/mol.

    Returns:
        Potential, zero where nothing was sampled and at the minimum of bonded terms; and where it was sampled.

    Raises:
        InputError: nothing was sampled.
    """
    measure = {"pair": np.ones_like(x), "bond": x**2, "angle": np.sin(x), "dihedral": np.ones_like(x)}[kind]
    density = np.divide(distribution, measure, out=np.zeros_like(x), where=measure > 1e-9)
    sampled = well_sampled(density)
    if not sampled.any():
        raise InputError(f"The distribution of a {kind} is zero everywhere; check grid, mapping and bonds")
    energy = np.zeros_like(x)
    energy[sampled] = -kt * np.log(density[sampled])
    if kind != "pair":
        energy[sampled] -= energy[sampled].min()
    return energy, sampled


def well_sampled(density: Floats, threshold: float = 1e-3) -> Mask:
    """Points between the first and the last at which a distribution exceeds a share of its maximum."""
    high = np.flatnonzero(density > threshold * max(float(density.max()), 1e-300))
    mask = np.zeros(len(density), dtype=np.bool_)
    if len(high):
        mask[high[0] : high[-1] + 1] = density[high[0] : high[-1] + 1] > 0.0
    return mask


def ibi_update(current: Floats, target: Floats, kt: float, *, scale: float = 1.0) -> tuple[Floats, Mask]:
    """Change of the potential, a kT ln(g / g_target) (Reith, Puetz, Mueller-Plathe 2003).

    Args:
        current: distribution of the model, shape (b,).
        target: distribution wanted, shape (b,).
        kt: thermal energy, kJ/mol.
        scale: a, between 0 and 1.

    Returns:
        Change, zero where either was not sampled; and where both were.
    """
    both = well_sampled(current) & well_sampled(target)
    change = np.zeros_like(target)
    change[both] = scale * kt * np.log(current[both] / target[both])
    return change, both


def multistate_update(changes: Sequence[Floats], weights: Sequence[Floats | float]) -> Floats:
    """Mean of the changes asked by several states, (1/N) sum_s alpha_s(r) dU_s(r) (Moore, Iacovella, McCabe 2014).

    Args:
        changes: of each state, from `ibi_update` with the state's temperature, each of shape (b,).
        weights: alpha of each state, numbers or of shape (b,).
    """
    if len(changes) != len(weights) or not changes:
        raise InputError(f"{len(changes)} states and {len(weights)} weights; give one weight for each state")
    return np.asarray(sum(w * change for w, change in zip(weights, changes, strict=True)) / len(changes))


def similarity(current: Floats, target: Floats) -> float:
    """1 - sum |g - g*| / sum (|g| + |g*|): one where both agree."""
    return float(1.0 - np.abs(current - target).sum() / max((np.abs(current) + np.abs(target)).sum(), 1e-300))
