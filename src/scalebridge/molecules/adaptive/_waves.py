"""Densities as waves: what rounds of a calibration know of each, and what a potential must be against it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.adaptive._regions import Region
from scalebridge.molecules.adaptive._shells import Shells

Floats = npt.NDArray[np.float64]

MISMATCH = 0.3  # of a correction that may be wrong because the response is not known exactly
UNKNOWN = 0.5  # standard deviation of the response over what is expected, before any is seen
WEAKEST, STRONGEST = 0.3, 4.0  # response, over the expected one, that is believed
NEAR = 9  # waves whose deviations together say whether a response was misjudged
ALIKE = 5  # waves whose responses are taken for alike
SMOOTH, SHORT = 0.40, 0.4  # inverse of a liquid's response to waves, see `answers`
PAD = 8  # points on each side of the knots, half a smoothing width apart, at which the density is that beyond
MARGIN = 0.4  # of the hybrid zone's width, over which the thermodynamic force fades out on both its sides


def points(where: Shells, region: Region, width: float) -> tuple[Floats, npt.NDArray[np.int64], Floats, Floats]:
    """Knots of a thermodynamic force, and points with some more on both sides, at which densities are seen.

    Args:
        where: shells, b of them.
        region: around whose hybrid zone, and `MARGIN` of its width on both sides, the force acts.
        width: half of it lies between points beyond the ends, nm.

    Returns:
        Knots, (k,) nm: the ends, and the middle of every shell between them. Which of the points they are, (k,).
        Densities at points as sums over those of shells, (p, b): beyond the ends, at `PAD` points, that of all that
        lies there; rows add up to 1. Where no shell lies beyond an end, or within it less than half of what these
        points take up, there are none, and waves begin at the last shell, as at a mirror. What each point takes up,
        (p,) nm.
    """
    margin = MARGIN * region.hybrid
    low, high = region.atomistic - margin, min(region.outer + margin, float(where.edges[-1]))
    # points within would show the noise of a layer thinner than what they stand for
    low = low if low >= 0.25 * PAD * width else 0.0
    within, beyond = where.middle <= low, where.middle >= high
    inside = np.flatnonzero(~within & ~beyond)
    before, after = (PAD if side.any() else 0 for side in (within, beyond))
    sides = [where.volume * side / max(where.volume[side].sum(), 1e-300) for side in (within, beyond)]
    seen = np.concatenate(
        [np.tile(sides[0], (before, 1)), np.eye(len(where.volume))[inside], np.tile(sides[1], (after, 1))]
    )
    steps = np.concatenate([np.full(before, 0.5 * width), np.diff(where.edges)[inside], np.full(after, 0.5 * width)])
    at_knots = np.array([0, *range(before, before + len(inside)), len(steps) - 1])
    return np.array([low, *where.middle[inside], high]), at_knots, seen, steps


def waves(steps: Floats) -> tuple[Floats, Floats, Floats]:
    """Cosine waves over a row of cells, made orthogonal where these are uneven.

    Args:
        steps: lengths of the cells, (p,) nm.

    Returns:
        Wave numbers, (p,) 1/nm; amplitudes of waves from values in cells, (p, p), and the way back.
    """
    ends = np.cumsum(steps)
    numbers = np.pi * np.arange(len(steps)) / ends[-1]
    weight = np.sqrt(steps)
    basis, _ = np.linalg.qr(weight[:, None] * np.cos((ends - 0.5 * steps)[:, None] * numbers))
    return numbers, basis.T * weight, basis / weight[:, None]


def answers(number: Floats, structure: float) -> Floats:
    """About S(0) / S(k) of a liquid: what a potential against a wave is, over that against a long one as high.

    exp(-(0.40 k a)^2 / 2), a the distance between molecules, takes off about as much as the response is larger, down to
    waves as long as a (water: 0.7 to 1.1 of the response to long waves). To shorter ones it answers as a gas does,
    S = 1; of that two fifths are taken, since S has maxima.

    Args:
        number: k a.
        structure: S(0).
    """
    return np.maximum(np.exp(-0.5 * (SMOOTH * number) ** 2), min(SHORT * structure, 1.0))


def corrected(blocks: Floats, prior: Floats, gain: float) -> tuple[Floats, Floats]:
    """What to correct of deviations that were measured with noise, and the variance of what that leaves.

    Args:
        blocks: deviations by wave in independent pieces of the trajectory, (B, k).
        prior: their variance before they were measured, P, (k,).
        gain: share of the correction that is made.

    Returns:
        The correction and the variance after it, (k,) both.
    """
    seen = blocks.mean(axis=0)
    noise = noise_of(blocks)
    # deviations beyond what was thought possible: the response was not what it was taken for
    prior = np.maximum(prior, around(seen**2 - noise))
    share = prior / np.maximum(prior + noise, 1e-300)
    change = share * seen
    return gain * change, share * noise + ((1.0 - gain) ** 2 + MISMATCH**2) * around(change**2)


def unknown(count: int) -> Floats:
    """Responses of waves, and one over their variance, before any was seen, (2, k)."""
    return np.stack([np.ones(count), np.full(count, UNKNOWN**-2)])


def learnt(before: Floats, asked: Floats, blocks: Floats) -> Floats:
    """Responses to what was corrected, over those expected, as one more round shows them.

    A wave that was seen as s, of which a was taken, is seen as s' = s - r a the next time. Noise in s is in a as well,
    which looks like a response, and is taken off. Waves about as long answer alike, but for `MISMATCH`;
    others need not. Of what is corrected in water half arrives (8,480 molecules and a slab): waves as long as a cutoff
    show 1 / (rho kappa_T) too low.

    Args:
        before: response and one over its variance as known before, (2, k).
        asked: s, the variance of its noise, and a, (3, k).
        blocks: s' in independent pieces of the trajectory, (B, k).

    Returns:
        Response and one over its variance, (2, k).
    """
    seen, noise, change = asked
    weight = 1.0 / np.maximum(noise + noise_of(blocks) + MISMATCH**2 * around(change**2), 1e-300)
    share = np.divide(change, seen, out=np.zeros_like(seen), where=seen != 0.0)
    window = np.ones(min(ALIKE, len(seen)))
    shown = np.convolve(weight * (change * (seen - blocks.mean(axis=0)) - share * noise), window, "same")
    precision = before[1] + np.convolve(weight * change**2, window, "same")
    return np.stack([(before[0] * before[1] + shown) / precision, precision])


def noise_of(blocks: Floats) -> Floats:
    """Variance of the mean over blocks, of which there are few: that of neighbours is much the same."""
    return around(blocks.var(axis=0, ddof=1)) / len(blocks) if len(blocks) > 1 else np.ones(blocks.shape[1])


def around(values: Floats) -> Floats:
    """Means over neighbours."""
    window = np.ones(min(NEAR, len(values)))
    return np.asarray(np.convolve(values, window, "same") / np.convolve(np.ones_like(values), window, "same"))


def faded(energy: Floats, distance: Floats, region: Region) -> Floats:
    """Energies at knots that turn into those of the first and the last one, smoothly, on both sides of a hybrid zone.

    Args:
        energy: at the knots, (k,) kJ/mol.
        distance: of the knots from the middle of the region, (k,) nm.
        region: outside whose hybrid zone they fade out.
    """
    low, high = distance[0], distance[-1]
    # around the middle of a region, and at the walls of the box, there is nothing to fade into
    within, beyond = low > 0.0, high - region.outer >= 0.999 * MARGIN * region.hybrid
    ends = ((energy[0], low, region.atomistic, within), (energy[-1], high, region.outer, beyond))
    result = energy
    for level, end, zone, fades in ends:
        if fades:
            t = np.clip((distance - end) / (zone - end), 0.0, 1.0)
            result = level + t**2 * (3.0 - 2.0 * t) * (result - level)
    return result
