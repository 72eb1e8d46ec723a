"""Random packings of discs and balls that do not overlap, in a periodic box.

Random sequential addition jams near an area fraction of 0.547, below what fibre composites reach. Here points are
thrown at random, overlaps are pushed apart until none is left, and a hard-particle Monte Carlo walk then forgets the
way they were pushed: what comes out samples the equilibrium hard-disc (hard-sphere) fluid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError

_Array = npt.NDArray[np.float64]

# Densest packings of equal particles (hexagonal, face-centred cubic) and what random ones reach in practice.
_DENSEST = {2: math.pi / math.sqrt(12), 3: math.pi / math.sqrt(18)}
_REACHED = {2: 0.78, 3: 0.56}
_PUSHES = 4000
_STARTS = 5
_SWEEPS = 150
# Pushed to a little more than touching, so that rounding leaves no overlap.
_MARGIN = 1e-6


@dataclass(frozen=True, eq=False)
class Packing:
    """Discs or balls in a periodic box.

    Attributes:
        centres: positions in m, shape (n, d), in [0, box).
        diameters: in m, shape (n,).
        box: edge lengths in m, length d.
    """

    centres: _Array
    diameters: _Array
    box: tuple[float, ...]

    @property
    def volume_fraction(self) -> float:
        """Exact share of the box that the particles fill."""
        return float(np.sum(particle_volumes(self.diameters, len(self.box))) / math.prod(self.box))


def particle_volumes(diameters: _Array, ndim: int) -> _Array:
    """Areas of discs or volumes of balls.

    Args:
        diameters: in m, shape (n,).
        ndim: 2 or 3.

    Returns:
        m^2 or m^3, shape (n,).
    """
    return math.pi / 4 * diameters**2 if ndim == 2 else math.pi / 6 * diameters**3


def pack(
    volume_fraction: float, diameters: _Array, ndim: int, *, rng: np.random.Generator, minimum_gap: float = 0.0
) -> Packing:
    """Pack discs (`ndim` 2) or balls (3) at random into a periodic square or cube that gives the volume fraction.

    Args:
        volume_fraction: share to fill, exact.
        diameters: in m, shape (n,).
        ndim: 2 or 3.
        rng: source of randomness.
        minimum_gap: smallest distance between two surfaces in m.

    Returns:
        The packing.

    Raises:
        InputError: the volume fraction is impossible or denser than random packings get, with the number.

    Source:
        Pushing overlaps apart: after Jodrey and Tory 1985, Phys Rev A 32, 2347, doi:10.1103/PhysRevA.32.2347; Monte
        Carlo of hard discs: Metropolis et al. 1953, J Chem Phys 21, 1087, doi:10.1063/1.1699114.
    """
    edge = float((np.sum(particle_volumes(diameters, ndim)) / volume_fraction) ** (1 / ndim))
    cores = diameters + minimum_gap
    _check_density(volume_fraction, cores, diameters, ndim, edge, minimum_gap)
    box = np.full(ndim, edge)
    for _ in range(_STARTS):
        centres = _push_apart(rng.random((len(cores), ndim)) * box, cores, box)
        if centres is not None:
            return Packing(_shake(centres, cores, box, rng), diameters, (edge,) * ndim)
    raise InputError(
        f"{len(cores)} particles at a volume fraction of {volume_fraction:g} (minimum gap {minimum_gap:.3g} m) could "
        f"not be placed in {_STARTS} attempts. Take more particles, a smaller gap or a lower volume fraction."
    )


def _check_density(
    volume_fraction: float, cores: _Array, diameters: _Array, ndim: int, edge: float, gap: float
) -> None:
    with_gaps = float(np.sum(particle_volumes(cores, ndim))) / edge**ndim
    of_gaps = f", {with_gaps:.3f} with the gap of {gap:.3g} m around each particle" if gap > 0 else ""
    equal = bool(np.all(diameters == diameters[0]))
    if equal and with_gaps > _DENSEST[ndim]:
        raise InputError(
            f"A volume fraction of {volume_fraction:g}{of_gaps} is impossible: equal "
            f"{'discs' if ndim == 2 else 'spheres'} fill at most {_DENSEST[ndim]:.4f}."
        )
    if with_gaps > _REACHED[ndim]:
        raise InputError(
            f"A volume fraction of {volume_fraction:g}{of_gaps} is denser than random packings are made here (at most "
            f"{_REACHED[ndim]:g}){'; a square or hexagonal arrangement reaches more' if ndim == 2 else ''}."
        )
    if float(cores.max()) > edge:
        raise InputError(
            f"A particle of diameter {float(diameters.max()):.3g} m touches its own periodic image in a cell of "
            f"{edge:.3g} m; take more particles or a lower volume fraction."
        )


def _push_apart(centres: _Array, cores: _Array, box: _Array) -> _Array | None:
    """Move overlapping pairs apart, each by half of its overlap, until none is left; None when that does not end."""
    from scipy.spatial import cKDTree

    n = len(cores)
    wanted = cores * (1 + _MARGIN)
    reach = float(wanted.max())
    for _ in range(_PUSHES):
        pairs = cKDTree(centres, boxsize=box).query_pairs(reach, output_type="ndarray")
        first, second = pairs[:, 0], pairs[:, 1]
        apart = _nearest_image(centres[first] - centres[second], box)
        distance = np.linalg.norm(apart, axis=1)
        contact = 0.5 * (cores[first] + cores[second])
        if not np.any(distance < contact):
            return centres
        overlap = np.maximum(0.5 * (wanted[first] + wanted[second]) - distance, 0.0)
        push = apart * (0.5 * overlap / np.maximum(distance, 1e-300))[:, None]
        moves = [np.bincount(first, p, n) - np.bincount(second, p, n) for p in push.T]
        centres = _into(centres + np.stack(moves, axis=1), box)
    return None


def _shake(centres: _Array, cores: _Array, box: _Array, rng: np.random.Generator) -> _Array:
    """Metropolis walk of hard particles: each sweep tries one move per particle and keeps those without overlap."""
    length = float(cores.mean())
    for _ in range(_SWEEPS):
        centres, accepted = _sweep(centres, cores, box, rng.uniform(-length, length, centres.shape))
        # Towards a third of the moves being accepted, where the walk forgets fastest.
        length *= 1.15 if accepted > len(cores) / 3 else 0.85
        length = float(np.clip(length, 1e-4 * cores.mean(), box[0] / 2))
    return centres


def _sweep(centres: _Array, cores: _Array, box: _Array, steps: _Array) -> tuple[_Array, int]:
    from scipy.spatial import cKDTree

    # Whatever a particle can meet during the sweep, in which each particle moves once at most.
    reach = float(cores.max()) + 2 * float(np.linalg.norm(steps, axis=1).max())
    near = cKDTree(centres, boxsize=box).query_ball_point(centres, reach)
    trials = _into(centres + steps, box)
    centres, accepted = centres.copy(), 0
    for i, (trial, around) in enumerate(zip(trials, near, strict=True)):
        others = np.array(around)
        apart = _nearest_image(centres[others] - trial, box)
        overlap = np.einsum("nd,nd->n", apart, apart) < (0.5 * (cores[others] + cores[i])) ** 2
        if not np.any(overlap & (others != i)):
            centres[i] = trial
            accepted += 1
    return centres, accepted


def _nearest_image(apart: _Array, box: _Array) -> _Array:
    return apart - box * np.rint(apart / box)


def _into(centres: _Array, box: _Array) -> _Array:
    wrapped = centres % box
    # A tiny negative coordinate wraps to the edge itself, which the k-d tree refuses.
    return np.where(wrapped >= box, 0.0, wrapped)
