"""Inverse Monte Carlo: the linear response of all histograms to all potentials (Lyubartsev and Laaksonen 1995)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

Floats = npt.NDArray[np.float64]


def covariance(counts: Floats) -> Floats:
    """<S S^T> - <S><S>^T over frames.

    Args:
        counts: histograms of each frame, shape (frames, b).

    Returns:
        Shape (b, b).
    """
    away = counts - counts.mean(axis=0)
    return np.asarray(away.T @ away / len(counts))


def imc_update(counts: Floats, target: Floats, kt: float, *, ridge: float = 0.0) -> Floats:
    """Change of all potentials that brings the mean histograms to the target, to first order.

    d<S_a>/dU_b = -beta cov(S_a, S_b). The equations are scaled by the square roots of the mean counts, in which the
    covariance of independent pairs is the identity; bins that were never visited keep their potential.

    The inverse of a covariance of b bins from f frames is too large by f / (f - b - 1) in the mean (Hartlap, Simon,
    Schneider 2007, doi:10.1051/0004-6361:20066170), by which the step is shortened. Where f is not larger than b there
    is no inverse: the covariance is mixed with that of independent pairs by the share (b / 2 f)^4, small as soon as
    there are twice as many frames. Independent pairs alone would give a step of iterative Boltzmann inversion.

    Args:
        counts: histograms of each frame, shape (frames, b).
        target: counts wanted, shape (b,).
        kt: thermal energy, kJ/mol.
        ridge: regularisation of the scaled equations, as of `tikhonov`; independent pairs have singular values of one.

    Returns:
        Change of the potentials, shape (b,), kJ/mol.
    """
    response = covariance(counts)
    mean = counts.mean(axis=0)
    seen = (np.diag(response) > 0.0) & (mean > 0.0)
    root = np.sqrt(mean[seen])
    change = np.zeros(len(target))
    unknowns = int(seen.sum())
    share = mixing(unknowns, len(counts)) ** 2
    matrix = (1.0 - share) * response[np.ix_(seen, seen)] / np.outer(root, root) + share * np.eye(len(root))
    scaled = tikhonov(matrix, (mean - target)[seen] / root, ridge)
    change[seen] = max(1.0 - (unknowns + 1) / len(counts), 0.25) * kt * scaled / root
    return change


@dataclass(frozen=True, eq=False)
class Response:
    """What histograms say about potentials, to first order, and how surely.

    Attributes:
        change: of the potentials that brings the mean histograms to the target, shape (b,), kJ/mol.
        error: its standard error from the length of the simulation, shape (b,), kJ/mol.
        seen: bins that were visited; elsewhere change and error are zero.
        stiffness: eigenvalues of the scaled covariance, ascending, shape (k,). Independent pairs have ones; along a
            direction with a small one, histograms hardly feel the potential.
        directions: these directions as potentials, shape (b, k); each column in units of kT.
        amplitudes: of the change along them, and their standard errors, shape (2, k).
    """

    change: Floats
    error: Floats
    seen: npt.NDArray[np.bool_]
    stiffness: Floats
    directions: Floats
    amplitudes: Floats


def linear_response(counts: Floats, target: Floats, kt: float, *, blocks: int = 20) -> Response:
    """The full step of inverse Monte Carlo, unregularised, with its error bar.

    With S scaled by the square roots of its mean, M = cov(S) has the eigenvectors v_k and eigenvalues m_k; a difference
    of the means asks for the amplitude kT v_k . (S - S*) / m_k, whose variance after f frames of statistical
    inefficiency tau_k is kT^2 tau_k / (m_k f): along a soft direction the data determine little.

    Args:
        counts: histograms of each frame, shape (frames, b); many more frames than bins.
        target: counts wanted, shape (b,).
        kt: thermal energy, kJ/mol.
        blocks: of frames, whose means tell the statistical inefficiency.

    Raises:
        InputError: fewer than two frames for each bin and block.
    """
    mean, response = counts.mean(axis=0), covariance(counts)
    # a bin that is visited in few frames has no Gaussian statistics
    seen = mean > 0.5
    frames = len(counts) // blocks * blocks
    if frames < 2 * max(int(seen.sum()), blocks):
        raise InputError(f"{len(counts)} frames for {int(seen.sum())} bins; a response needs twice as many or more")
    root = np.sqrt(mean[seen])
    stiffness, vectors = np.linalg.eigh(response[np.ix_(seen, seen)] / np.outer(root, root))
    along = ((counts[:frames, seen] - mean[seen]) / root) @ vectors
    means = along.reshape(blocks, -1, len(root)).mean(axis=1)
    inefficiency = np.maximum(means.var(axis=0, ddof=1) * (frames // blocks) / along.var(axis=0), 1.0)
    stiffness = np.maximum(stiffness, 1e-12)
    amplitude = kt * (vectors.T @ ((mean - target)[seen] / root)) / stiffness
    spread = kt * np.sqrt(inefficiency / stiffness / len(counts))
    directions = np.zeros((len(mean), len(root)))
    directions[seen] = vectors / root[:, None]
    return Response(
        directions @ amplitude, np.sqrt(directions**2 @ spread**2), seen, stiffness, directions,
        np.stack([amplitude, spread]),
    )  # fmt: skip


def mixing(unknowns: int, frames: int) -> float:
    """Share of independent pairs that is mixed into a covariance from a number of frames."""
    return min((unknowns / (2.0 * frames)) ** 2, 1.0)


def tikhonov(matrix: Floats, right: Floats, ridge: float = 0.0) -> Floats:
    """The x of least |A x - b|^2 + ridge |x|^2, for a symmetric or any other matrix.

    Directions whose squared singular value plus ridge is below 1e-12 of the largest are left out.

    Raises:
        InputError: the ridge is negative, or a number is not finite.
    """
    if ridge < 0.0 or not np.isfinite(ridge):
        raise InputError(f"A regularisation is zero or positive; found {ridge}")
    if not (np.isfinite(matrix).all() and np.isfinite(right).all()):
        raise InputError("The equations hold numbers that are not finite; check the trajectory")
    left, values, rows = np.linalg.svd(matrix, full_matrices=False)
    squares = values**2 + ridge
    kept = squares > 1e-12 * max(float(values[0]) ** 2 if len(values) else 0.0, 1e-300)
    factors = np.divide(values, squares, out=np.zeros_like(values), where=kept)
    return np.asarray(rows.T @ (factors * (left.T @ right)))
