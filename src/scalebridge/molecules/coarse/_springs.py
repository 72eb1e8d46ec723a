"""Springs whose lengths and stiffnesses follow the fluctuations of the atoms.

The relative entropy of a spring U = k (r - r0)^2 / 2 is stationary in k and r0 where variance and mean of its length
are those of the mapped atoms. All springs of a network act together, so that this is iterated (fluctuation matching of
heterogeneous elastic networks: Lyman, Pfaendtner, Voth, Biophys. J. 95, 4183 (2008), doi:10.1529/biophysj.108.139733).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.mapping import Beads, Frames
from scalebridge.molecules.pairs import internal_coordinates
from scalebridge.molecules.potentials import Harmonic, Potential

Floats = npt.NDArray[np.float64]

SOFTEST, STIFFEST = 1.0, 2e5
"""Bounds of a stiffness, kJ/mol/nm^2."""


def spring_lengths(frames: Frames, members: npt.NDArray[np.int32]) -> Floats:
    """Lengths of pairs in all frames, shape (frames, pairs), nm."""
    return np.stack(
        [internal_coordinates(r, box, members)[0] for r, box in zip(frames.positions, frames.boxes, strict=True)]
    )


def first_springs(names: Sequence[str], lengths: Floats, kt: float) -> dict[str, Potential]:
    """Springs to begin with: mean lengths, and a third of the stiffness that each would need alone.

    Args:
        names: of the springs.
        lengths: in the mapped frames, shape (frames, springs), nm.
        kt: thermal energy, kJ/mol.
    """
    stiffness = np.clip(kt / 3.0 / np.maximum(lengths.var(axis=0), 1e-8), SOFTEST, STIFFEST)
    return {
        name: Harmonic(float(k), float(x0)) for name, k, x0 in zip(names, stiffness, lengths.mean(axis=0), strict=True)
    }


def matched_springs(
    names: Sequence[str],
    springs: Mapping[str, Potential],
    beads: Beads,
    fine: Frames,
    coarse: Frames,
    iteration: int,
) -> dict[str, Potential]:
    """The springs after an iteration.

    Steps shrink with the number of the iteration, so that noise averages out (Robbins and Monro 1951).

    Args:
        names: of the springs to change.
        springs: as they were.
        beads: the coarse topology.
        fine: mapped frames.
        coarse: frames of the coarse simulation.
        iteration: number of iterations before.
    """
    members = np.concatenate([beads.bonded[name] for name in names])
    wanted, found = spring_lengths(fine, members), spring_lengths(coarse, members)
    share = 0.7 / (1.0 + iteration / 3.0)
    factors = np.clip((found.var(axis=0) / np.maximum(wanted.var(axis=0), 1e-8)) ** share, 0.25, 4.0)
    shifts = share * (wanted.mean(axis=0) - found.mean(axis=0))
    changed: dict[str, Potential] = {}
    for name, factor, shift in zip(names, factors, shifts, strict=True):
        k, x0 = springs[name].coefficients
        changed[name] = Harmonic(float(np.clip(k * factor, SOFTEST, STIFFEST)), float(max(x0 + shift, 0.05)))
    return changed
