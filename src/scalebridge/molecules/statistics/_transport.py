"""Diffusion from a trajectory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.molecules.mapping import Frames


def diffusion(frames: Frames, molecules: npt.NDArray[np.int32], masses: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Self-diffusion coefficient of molecules, from the slope of their mean-square displacement.

    Positions are unwrapped from frame to frame; the slope is taken between a tenth and a half of the longest lag. No
    correction for the size of the box is made.

    Args:
        frames: equidistant frames, close enough that nothing moves by half a box between two.
        molecules: number of each bead's molecule.
        masses: of the beads.

    Returns:
        Coefficient and its standard error from four groups of molecules, nm^2/ps.

    Raises:
        InputError: fewer than 20 frames, or frames without times.
    """
    if len(frames) < 20 or frames.times is None:
        raise InputError(f"Diffusion needs 20 frames with times or more; found {len(frames)}")
    moves = np.diff(frames.positions.astype(np.float64), axis=0)
    moves -= frames.boxes[1:, None, :] * np.round(moves / frames.boxes[1:, None, :])
    share = masses / np.bincount(molecules, weights=masses)[molecules]
    centres = np.zeros((len(moves), int(molecules.max()) + 1, 3))
    for axis in range(3):
        for frame, move in zip(centres, moves, strict=True):
            frame[:, axis] = np.bincount(molecules, weights=move[:, axis] * share, minlength=centres.shape[1])
    path = np.concatenate([np.zeros_like(centres[:1]), np.cumsum(centres, axis=0)])
    path -= path.mean(axis=1, keepdims=True)
    lags = np.unique(np.linspace(len(path) // 10, len(path) // 2, 8).astype(int))
    squares = np.stack([((path[lag:] - path[:-lag]) ** 2).sum(axis=2).mean(axis=0) for lag in lags])
    time = lags * float(frames.times[1] - frames.times[0])
    groups = min(4, squares.shape[1])
    slopes = [np.polyfit(time, part.mean(axis=1), 1)[0] / 6.0 for part in np.array_split(squares, groups, axis=1)]
    return float(np.mean(slopes)), float(np.std(slopes, ddof=1) / np.sqrt(groups)) if groups > 1 else 0.0
