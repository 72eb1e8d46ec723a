"""Relative entropy between the mapped and the coarse ensemble: slope, curvature, Newton's step (Shell 2008)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.potentials import Potential

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EntropySlope:
    """First and second derivatives of the relative entropy by the coefficients.

    Attributes:
        gradient: shape (k,).
        hessian: shape (k, k).
    """

    gradient: Floats
    hessian: Floats


def entropy_slope(
    fine: Floats, coarse: Floats, beta: float, *, curved: Floats | None = None, weights: Floats | None = None
) -> EntropySlope:
    """dS/dl = beta (<dU/dl>_fine - <dU/dl>_coarse) and its derivative (Chaimovich and Shell 2011).

    d2S = beta (<d2U>_fine - <d2U>_coarse) + beta^2 cov_coarse(dU, dU).

    Args:
        fine: mean of dU/dl over the mapped ensemble, shape (k,).
        coarse: dU/dl of each frame of the coarse ensemble, shape (frames, k).
        beta: 1/kT, mol/kJ.
        curved: <d2U>_fine - <d2U>_coarse where U is not linear in its coefficients, shape (k, k).
        weights: of the frames, of sum one, where they come from another potential; shape (frames,).
    """
    shares = np.full(len(coarse), 1.0 / len(coarse)) if weights is None else weights
    mean = shares @ coarse
    away = coarse - mean
    hessian = beta**2 * (away.T * shares) @ away
    if curved is not None:
        hessian = hessian + beta * curved
    return EntropySlope(beta * (fine - mean), hessian)


def pair_entropy_slope(
    potential: Potential, r: Floats, expected: Floats, target: Floats, current: Floats, beta: float
) -> EntropySlope:
    """Slope of a pair potential from distributions alone, pairs taken as independent in the curvature.

    Exact for a dilute gas, where cov(dU, dU) is the sum over pairs; elsewhere the gradient is exact all the same.

    Args:
        potential: of the pair.
        r: middles of the bins, shape (b,), nm.
        expected: pairs per frame where g is one, shape (b,).
        target: g(r) wanted, shape (b,).
        current: g(r) of the model, shape (b,).
        beta: 1/kT, mol/kJ.
    """
    seen = (target > 0.0) | (current > 0.0)
    slope, bend = potential.gradient(r[seen]), potential.curvature(r[seen])
    excess = (expected * (target - current))[seen]
    gradient = beta * (excess @ slope)
    hessian = beta * np.einsum("b,bij->ij", excess, bend)
    return EntropySlope(
        gradient, hessian + beta**2 * np.einsum("b,bi,bj->ij", (expected * current)[seen], slope, slope)
    )


def newton_step(slope: EntropySlope, *, scale: float = 1.0, ridge: float = 0.0) -> Floats:
    """-scale (H + ridge max(H) I)^-1 gradient; where H is not positive definite, -scale gradient.

    Args:
        slope: derivatives.
        scale: share of the step.
        ridge: added to the diagonal, relative to the largest eigenvalue.

    Returns:
        Change of the coefficients, shape (k,).
    """
    hessian = 0.5 * (slope.hessian + slope.hessian.T)
    values, vectors = np.linalg.eigh(hessian)
    values = values + ridge * max(float(values[-1]), 0.0)
    if values[0] <= 1e-10 * abs(values[-1]) or values[-1] <= 0.0:
        return -scale * slope.gradient
    return np.asarray(-scale * vectors @ ((vectors.T @ slope.gradient) / values))
