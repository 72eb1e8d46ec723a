"""From snapshots to a committee of reduced models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.laws import Law
from scalebridge.solids.reduced._cubature import cluster_rule, shared_points
from scalebridge.solids.reduced._fit import Fit, Targets, fit_rules, unfitted
from scalebridge.solids.reduced._modes import Modes, fluctuation_modes, initial_stiffnesses, mode_strains
from scalebridge.solids.reduced._newton import Reduced
from scalebridge.solids.reduced._snapshots import Size, Snapshots
from scalebridge.solids.rve import RVE

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

PADDING = 16, 8
"""Numbers of paths and increments are padded to multiples of these."""


@dataclass(frozen=True)
class Trained:
    """Committee and what it stands on.

    Attributes:
        members: reduced models; the first `modes` of all modes belong to each.
        modes: fluctuation modes, as many as the largest member has.
        fits: how well each member was fitted.
    """

    members: tuple[Reduced, ...]
    modes: Modes
    fits: tuple[Fit, ...]


def train(rve: RVE, snapshots: Sequence[Snapshots], sizes: Sequence[Size], seed: np.random.SeedSequence) -> Trained:
    """Modes, generalised points and their correction for every member of a committee.

    Without snapshots there are the six elastic modes and uncorrected points: a transformation field analysis.

    Raises:
        InputError: the volume element has finite strain, conducts heat or has linear phases only.
    """
    nonlinear = check_reducible(rve)
    fields = _fields(rve, snapshots)
    modes = fluctuation_modes(rve, fields, min(max(s.modes for s in sizes), 6 + len(fields)))
    stiffness = initial_stiffnesses(rve)
    voxels = {p: rve.material.voxels[p] for p in nonlinear}
    strains = mode_strains(rve, modes.fluctuation, voxels)
    shares = {p: v.size / rve.grid.voxels for p, v in voxels.items()}
    linear = modes.stiffness.copy()
    for p, e in strains.items():
        linear -= _stiffness_of(e, stiffness[p], shares[p])
    amplitudes = [modes.amplitudes(s.fluctuation) for s in snapshots]
    rms = np.ones(len(modes.fluctuation))
    if snapshots:
        rms = np.sqrt(np.mean(np.concatenate(amplitudes) ** 2, axis=0))
        rms = np.maximum(rms, 1e-6 * rms.max())
    modulus = float(np.trace(modes.stiffness[:6, :6]) / 6)
    members, fits = [], []
    for size, own in zip(sizes, seed.spawn(len(sizes)), strict=True):
        m = min(size.modes, len(rms))
        share = shared_points(shares, size.points)
        rules = [
            cluster_rule(nonlinear[p], stiffness[p], e[:m], shares[p], share[p], rms[:m], s)
            for (p, e), s in zip(strains.items(), own.spawn(len(strains)), strict=True)
        ]
        block = slice(0, 6 + m)
        elastic = modes.stiffness[block, block].copy()
        if snapshots:
            targets = _targets(snapshots, amplitudes, m)
            fit = fit_rules(rules, linear[block, block], elastic, modulus, targets, iterations=size.iterations)
        else:
            fit = unfitted(rules, elastic)
        members.append(Reduced(fit.rules, fit.rest, elastic))
        fits.append(fit)
    return Trained(tuple(members), modes, tuple(fits))


def check_reducible(rve: RVE) -> dict[int, Law]:
    """Laws of the nonlinear phases, or InputError where there is nothing to reduce."""
    if rve.kinematics == "finite":
        raise InputError("reduced models exist for small strain; use the full RVE in finite strain.")
    laws = {p: law for p, law in rve.laws.items() if isinstance(law, Law)}
    if len(laws) < len(rve.laws):
        raise InputError("phases conduct heat and have no stress; a reduced model needs mechanical laws.")
    nonlinear = {p: law for p, law in laws.items() if not law.is_linear}
    if not nonlinear:
        raise InputError("all phases are linear; their effective_stiffness() is exact and costs nothing to apply.")
    return nonlinear


def _stiffness_of(strain: Floats, stiffness: Floats, share: float) -> Floats:
    """Stiffness of one phase in mean strain and amplitudes, from mode strains (m, 6, P) at its integration points."""
    count, points = len(strain), strain.shape[2]
    stress = np.stack([stiffness @ e for e in strain])
    whole = np.empty((6 + count, 6 + count))
    whole[:6, :6] = share * stiffness
    whole[6:, :6] = stress.mean(axis=2) * share
    whole[:6, 6:] = whole[6:, :6].T
    whole[6:, 6:] = strain.reshape(count, -1) @ stress.reshape(count, -1).T * (share / points)
    return whole


def _fields(rve: RVE, snapshots: Sequence[Snapshots]) -> Array:
    """Fluctuations of all snapshots, (K, 3, nodes)."""
    if not snapshots:
        return np.zeros((0, 3, *rve.grid.nodes))
    return np.concatenate([s.fluctuation for s in snapshots]).astype(np.float64)


def _targets(snapshots: Sequence[Snapshots], amplitudes: Sequence[Floats], m: int) -> Targets:
    # sizes are rounded up, so that a model that is enriched mostly finds the fit compiled
    longest = _rounded(max(len(s.strain) for s in snapshots), PADDING[1])
    paths = _rounded(len(snapshots), PADDING[0])
    unknowns = np.zeros((paths, longest, 6 + m))
    stress, weight = np.zeros((paths, longest, 6)), np.zeros((paths, longest))
    for k, (s, a) in enumerate(zip(snapshots, amplitudes, strict=True)):
        steps = len(s.strain)
        unknowns[k, :steps] = np.concatenate([s.strain, a[:, :m]], axis=1)
        unknowns[k, steps:] = unknowns[k, steps - 1]
        stress[k, :steps] = s.stress
        weight[k, :steps] = 1.0 / np.linalg.norm(s.stress, axis=1).max()
    dt = np.ones(paths)
    dt[: len(snapshots)] = [s.dt for s in snapshots]
    return Targets(unknowns, stress, weight, dt)


def _rounded(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple
