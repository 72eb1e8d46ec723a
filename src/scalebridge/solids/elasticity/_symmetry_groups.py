"""The eight symmetry classes of linear elasticity and the projections onto them in their own axes.

There are exactly eight (Forte and Vianello 1996, doi 10.1007/BF00042505). The nearest stiffness of a class in given
axes is the average over the class's rotations (Moakher and Norris 2006, doi 10.1007/s10659-006-9082-0).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from enum import Enum

import numpy as np

from scalebridge.solids.elasticity._isotropy import DEVIATORIC, VOLUMETRIC
from scalebridge.solids.elasticity._mandel import FloatArray, mandel_rotation


class SymmetryClass(Enum):
    """A symmetry class of linear elasticity; the order is that of fewer to more independent constants."""

    ISOTROPIC = "isotropic"
    CUBIC = "cubic"
    TRANSVERSELY_ISOTROPIC = "transversely isotropic"
    TETRAGONAL = "tetragonal"
    TRIGONAL = "trigonal"
    ORTHOTROPIC = "orthotropic"
    MONOCLINIC = "monoclinic"
    TRICLINIC = "triclinic"

    @property
    def constants(self) -> int:
        """Number of independent elastic constants in the class's own axes."""
        return _CONSTANTS[self]


_CONSTANTS = dict(zip(SymmetryClass, (2, 3, 5, 6, 6, 9, 13, 21), strict=True))


def rotation_about(axis: Sequence[float], angle: float) -> FloatArray:
    """Rotation matrix (3, 3) about `axis` by `angle` in radians (Rodrigues)."""
    n = np.asarray(axis, dtype=np.float64) / np.linalg.norm(axis)
    cross = np.array([[0.0, -n[2], n[1]], [n[2], 0.0, -n[0]], [-n[1], n[0], 0.0]])
    rotation: FloatArray = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
    return rotation


_HALF_X = rotation_about((1, 0, 0), np.pi)
_HALF_Z = rotation_about((0, 0, 1), np.pi)
_QUARTER_Z = rotation_about((0, 0, 1), np.pi / 2)

# Five-fold symmetry about an axis already is transverse isotropy: a stiffness has no harmonic beyond the fourth.
_GENERATORS: dict[SymmetryClass, tuple[FloatArray, ...]] = {
    SymmetryClass.CUBIC: (_QUARTER_Z, rotation_about((1, 1, 1), 2 * np.pi / 3)),
    SymmetryClass.TRANSVERSELY_ISOTROPIC: (rotation_about((0, 0, 1), 2 * np.pi / 5),),
    SymmetryClass.TETRAGONAL: (_QUARTER_Z, _HALF_X),
    SymmetryClass.TRIGONAL: (rotation_about((0, 0, 1), 2 * np.pi / 3), _HALF_X),
    SymmetryClass.ORTHOTROPIC: (_HALF_X, _HALF_Z),
    SymmetryClass.MONOCLINIC: (_HALF_Z,),
}


def group(symmetry: SymmetryClass) -> tuple[FloatArray, ...]:
    """All rotations of a finite class (neither isotropic nor triclinic), in its own axes.

    The axis of highest order is the third; a second two-fold axis, where there is one, is the first.
    """
    elements = [np.eye(3)]
    for element in elements:
        for generator in _GENERATORS[symmetry]:
            product = generator @ element
            if not any(np.allclose(product, known, atol=1e-8) for known in elements):
                elements.append(product)
    return tuple(elements)


@functools.cache
def projector(symmetry: SymmetryClass) -> FloatArray:
    """Orthogonal projection (36, 36) of flattened Mandel stiffnesses onto a class in its own axes."""
    if symmetry is SymmetryClass.TRICLINIC:
        return np.eye(36)
    if symmetry is SymmetryClass.ISOTROPIC:
        j, k = VOLUMETRIC.ravel(), DEVIATORIC.ravel()
        return np.outer(j, j) + np.outer(k, k) / 5.0
    matrices = [mandel_rotation(r) for r in group(symmetry)]
    average: FloatArray = sum((np.kron(m, m) for m in matrices), np.zeros((36, 36))) / len(matrices)
    return average
