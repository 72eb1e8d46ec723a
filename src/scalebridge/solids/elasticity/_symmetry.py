"""Which symmetry class a stiffness has, along which axes, and how far it is from each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from scalebridge.errors import InputError
from scalebridge.solids.elasticity._constants import engineering_constants
from scalebridge.solids.elasticity._mandel import (
    FloatArray,
    check_stiffness,
    tensor_from_mandel,
    unchecked_mandel_rotation,
)
from scalebridge.solids.elasticity._symmetry_groups import SymmetryClass, group, projector, rotation_about

_SPREAD = 600
_REFINED = 5

# A class found gives a first guess for those it contains: as it is, with the first axis as the third (the two-fold
# axis of a trigonal material), and along the cube's diagonal (the three-fold axis of a cubic material).
_RELATED = np.stack(
    [
        np.eye(3),
        np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        np.stack([[1, -1, 0] / np.sqrt(2), [1, 1, -2] / np.sqrt(6), [1, 1, 1] / np.sqrt(3)], axis=1),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Symmetry:
    """The symmetry class found for a stiffness.

    Attributes:
        symmetry_class: the class with the fewest constants whose distance is within the tolerance.
        axes: columns are the class's own axes in the coordinates of the stiffness, shape (3, 3). The axis of highest
            order (the fibre direction of a transversely isotropic composite) is the third.
        nearest: nearest stiffness of the class, Mandel (6, 6), same unit and coordinates as the stiffness.
        distances: relative Frobenius distance to every class, over all orientations of the class.
        tolerance: relative distance up to which a class was accepted.
    """

    symmetry_class: SymmetryClass
    axes: FloatArray
    nearest: FloatArray
    distances: Mapping[SymmetryClass, float]
    tolerance: float

    def constants(self) -> dict[str, float]:
        """The class's engineering constants by their usual names, from the nearest stiffness; moduli in its unit.

        Isotropic: E, nu, G, K. Cubic: also A, Zener's ratio. Transversely isotropic: E_L, E_T, nu_LT, nu_TT, G_LT,
        G_TT, K with L the axis of symmetry. Other classes: E_1 ... G_12 and K along `axes`.
        """
        c = engineering_constants(self.nearest, self.axes)
        e, nu, g = c.youngs_moduli, c.poisson_ratios, c.shear_moduli
        match self.symmetry_class:
            case SymmetryClass.ISOTROPIC | SymmetryClass.CUBIC:
                named = {"E": e[0], "nu": nu[0, 1], "G": g[0, 1]}
                if self.symmetry_class is SymmetryClass.CUBIC:
                    named["A"] = 2.0 * g[0, 1] * (1.0 + nu[0, 1]) / e[0]
            case SymmetryClass.TRANSVERSELY_ISOTROPIC:
                named = {"E_L": e[2], "E_T": e[0], "nu_LT": nu[2, 0], "nu_TT": nu[0, 1], "G_LT": g[0, 2]}
                named["G_TT"] = g[0, 1]
            case _:
                pairs = ((0, 1), (0, 2), (1, 2))
                named = {f"E_{i + 1}": e[i] for i in range(3)}
                named |= {f"nu_{i + 1}{j + 1}": nu[i, j] for i, j in pairs}
                named |= {f"G_{i + 1}{j + 1}": g[i, j] for i, j in pairs}
        return {name: float(value) for name, value in named.items()} | {"K": c.bulk_modulus}


def find_symmetry(stiffness: ArrayLike, *, tolerance: float = 0.01) -> Symmetry:
    """The symmetry class of a stiffness, with its axes found wherever they point.

    For each of the eight classes the distance to the nearest stiffness of that class is minimised over all
    orientations: from the eigenvectors of the contractions C_ijkk and C_ikjk, which are symmetry axes of an exactly
    symmetric stiffness (Cowin and Mehrabadi 1987, doi 10.1093/qjmam/40.4.451), from orientations spread evenly, and
    from the axes of the classes found before; the best are refined by least squares.

    Args:
        stiffness: Mandel matrix (6, 6).
        tolerance: relative Frobenius distance up to which a class is accepted.

    Raises:
        InputError: not a symmetric positive definite stiffness, or a tolerance outside (0, 1).
    """
    if not 0.0 < tolerance < 1.0:
        raise InputError(f"the tolerance is {tolerance}; give a relative distance between 0 and 1, e.g. 0.01")
    c = check_stiffness(stiffness)
    unit = c / np.linalg.norm(c)
    frames: dict[SymmetryClass, FloatArray] = {}
    guesses = np.concatenate([_contraction_frames(unit), _spread_rotations(_SPREAD)])
    for symmetry in SymmetryClass:
        if symmetry in (SymmetryClass.ISOTROPIC, SymmetryClass.TRICLINIC):
            frames[symmetry] = np.eye(3)
            continue
        related = [frame @ _RELATED for frame in frames.values()]
        frames[symmetry] = _best_frame(unit, symmetry, np.concatenate([*related, guesses]))
    distances = {s: float(_distances(unit, s, frame[None])[0]) for s, frame in frames.items()}
    found = next(s for s in SymmetryClass if distances[s] <= tolerance)
    m = unchecked_mandel_rotation(frames[found])
    own = (projector(found) @ (m.T @ c @ m).ravel()).reshape(6, 6)
    return Symmetry(found, frames[found], m @ own @ m.T, distances, tolerance)


def _residuals(unit: FloatArray, symmetry: SymmetryClass, frames: FloatArray) -> FloatArray:
    """What the class cannot represent when its axes are `frames` (n, 3, 3); shape (n, 36)."""
    m = unchecked_mandel_rotation(frames)
    own = (np.swapaxes(m, -1, -2) @ unit @ m).reshape(-1, 36)
    return own - own @ projector(symmetry)


def _distances(unit: FloatArray, symmetry: SymmetryClass, frames: FloatArray) -> FloatArray:
    norms: FloatArray = np.linalg.norm(_residuals(unit, symmetry, frames), axis=1)
    return norms


def _best_frame(unit: FloatArray, symmetry: SymmetryClass, guesses: FloatArray) -> FloatArray:
    distances = _distances(unit, symmetry, guesses)
    order = np.argsort(distances, kind="stable")[:_REFINED]
    refined = np.stack([_refine(unit, symmetry, guesses[i]) for i in order])
    best = refined[int(np.argmin(_distances(unit, symmetry, refined)))]
    tidy = _tidy(best, symmetry)
    # Axes along the coordinates are what a reader expects wherever they fit as well as any others.
    straight = _tidy(_nearest_straight(tidy), symmetry)
    reached = _distances(unit, symmetry, np.stack([tidy, straight]))
    return straight if reached[1] <= reached[0] * (1.0 + 1e-6) + 1e-9 else tidy


def _refine(unit: FloatArray, symmetry: SymmetryClass, start: FloatArray) -> FloatArray:
    from scipy.optimize import least_squares
    from scipy.spatial.transform import Rotation

    def frame(turn: FloatArray) -> FloatArray:
        rotated: FloatArray = Rotation.from_rotvec(turn).as_matrix() @ start
        return rotated

    fit = least_squares(lambda turn: _residuals(unit, symmetry, frame(turn)[None])[0], np.zeros(3), xtol=1e-12)
    return frame(fit.x)


def _contraction_frames(unit: FloatArray) -> FloatArray:
    tensor = tensor_from_mandel(unit)
    frames = [np.eye(3)]
    for contraction in (np.einsum("ijkk->ij", tensor), np.einsum("ikjk->ij", tensor)):
        vectors = np.linalg.eigh(contraction)[1]
        frames.append(vectors * np.sign(np.linalg.det(vectors)))
    # Each eigenvector in turn as the third axis; the contractions leave the angle about it open, so it is swept.
    permuted = (np.eye(3), _RELATED[1], _RELATED[1] @ _RELATED[1])
    swept = (rotation_about((0, 0, 1), angle) for angle in np.linspace(0.0, np.pi, 18, endpoint=False))
    turns = np.stack([p @ r for r in swept for p in permuted])
    return np.concatenate([frame @ turns for frame in frames])


def _spread_rotations(count: int) -> FloatArray:
    """Evenly spread rotations (super-Fibonacci spiral, Alexa 2022, doi 10.1109/CVPR52688.2022.00811)."""
    from scipy.spatial.transform import Rotation

    s = np.arange(count) + 0.5
    inner, outer = np.sqrt(s / count), np.sqrt(1.0 - s / count)
    alpha, beta = 2.0 * np.pi * s / np.sqrt(2.0), 2.0 * np.pi * s / 1.533751168755204288118041
    quaternions = [inner * np.sin(alpha), inner * np.cos(alpha), outer * np.sin(beta), outer * np.cos(beta)]
    rotations: FloatArray = Rotation.from_quat(np.stack(quaternions, axis=1)).as_matrix()
    return rotations


def _tidy(frame: FloatArray, symmetry: SymmetryClass) -> FloatArray:
    """The equivalent frame that lies nearest to the coordinate axes."""
    if symmetry in (SymmetryClass.TRANSVERSELY_ISOTROPIC, SymmetryClass.MONOCLINIC):
        return _frame_of_axis(frame[:, 2])
    equivalent = group(symmetry)
    if symmetry is SymmetryClass.ORTHOTROPIC:
        equivalent = group(SymmetryClass.CUBIC)
    return max((frame @ g for g in equivalent), key=lambda f: float(np.trace(f)))


def _frame_of_axis(axis: FloatArray) -> FloatArray:
    """Frame whose third axis is `axis`, the others as near to the next coordinate axes as they can be."""
    third = axis * np.sign(axis[np.argmax(np.abs(axis))])
    first = np.eye(3)[(int(np.argmax(np.abs(axis))) + 1) % 3]
    first = first - (first @ third) * third
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(third, first), third], axis=1)


def _nearest_straight(frame: FloatArray) -> FloatArray:
    """The frame along coordinate axes that lies nearest to `frame`."""
    return max(group(SymmetryClass.CUBIC), key=lambda g: float(np.sum(g * frame))).round()
