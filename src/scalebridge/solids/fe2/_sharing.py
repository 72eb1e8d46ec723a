"""Rung 2: points with nearly the same history share one cell.

Two bodies of a standard generalised material that begin alike and follow strains E_i(t), E_j(t) have stresses that
differ, in the norm of the compliance, by no more than the length of the path of the difference of their strains in the
norm of the stiffness (contractivity; Simo and Hughes 1998, section 1.4): this length is the indicator.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from scalebridge.solids.fe2._points import Floats


def path_lengths(path: Floats, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Floats:
    """Length of the path of the difference of two points' strains; `path` (T, n, 6) begins at zero strain."""
    difference = path[:, first] - path[:, second]
    steps = np.diff(np.concatenate([np.zeros_like(difference[:1]), difference]), axis=0)
    lengths: Floats = np.linalg.norm(steps, axis=2).sum(axis=0)
    return lengths


def representatives(
    path: Floats, seekers: npt.NDArray[np.int64], known: npt.NDArray[np.int64], radius: float
) -> npt.NDArray[np.int64]:
    """For each seeker a point to follow: a known one, an earlier seeker that follows none, or itself.

    Args:
        path: scaled strains so far, (T, n, 6).
        seekers: points that look for one to follow.
        known: points that have their own cells.
        radius: largest length of the path of the difference.
    """
    leader = seekers.copy()
    heads = list(known)
    waiting = np.ones(len(seekers), bool)
    # what two strains differ by now is a lower bound of the length of the path, and can be searched in a tree
    tree = cKDTree(path[-1][seekers])
    for head in heads:
        _follow(path, seekers, leader, waiting, tree, int(head), radius)
    for place, seeker in enumerate(seekers):
        if waiting[place]:
            waiting[place] = False
            _follow(path, seekers, leader, waiting, tree, int(seeker), radius)
    return leader


def _follow(
    path: Floats,
    seekers: npt.NDArray[np.int64],
    leader: npt.NDArray[np.int64],
    waiting: npt.NDArray[np.bool_],
    tree: cKDTree,
    head: int,
    radius: float,
) -> None:
    """Let all seekers that are close enough to a point follow it."""
    near = np.array(tree.query_ball_point(path[-1][head], radius), np.int64)
    near = near[waiting[near]] if near.size else near
    if not near.size:
        return
    close = near[path_lengths(path, seekers[near], np.full(near.size, head)) <= radius]
    leader[close] = head
    waiting[close] = False
