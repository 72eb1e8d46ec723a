"""Points that see the strain in their own frame: fibres that follow a direction, laminae with an angle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.solids.fe2._points import Answer, CanClimb, CanTrain, Floats, MaterialPoints, climbed
from scalebridge.solids.laws import mandel_rotation


@dataclass(frozen=True)
class PlacedPoints(MaterialPoints, CanClimb, CanTrain):
    """Points whose material axes are the columns of `rotation`, (n, 3, 3), in coordinates of the body."""

    inner: MaterialPoints
    rotation: Floats

    @property
    def count(self) -> int:
        """Number of points."""
        return self.inner.count

    @property
    def finite(self) -> bool:
        """Whether the points take deformation gradients instead of strains."""
        return self.inner.finite

    def initial(self) -> Any:
        """State of the undeformed material."""
        return self.inner.initial()

    def evaluate(self, strain: Floats, state: Any, dt: float) -> Answer:
        """R^T strain R down, R stress R^T and the rotated tangent up."""
        r = self.rotation
        found = self.inner.evaluate(self._down(strain), state, dt)
        stress = r @ found.stress @ r.transpose(0, 2, 1)
        q = _change(r, self.finite)
        return replace(found, stress=stress, tangent=q @ found.tangent @ q.transpose(0, 2, 1))

    def climb(self, answer: Answer, strain: Floats, state: Any, dt: float) -> Any | None:
        """What the points themselves say."""
        return climbed(self.inner, answer, self._down(strain), state, dt)

    def untrained(self, state: Any) -> bool:
        """Whether a rehearsal would be of use."""
        return isinstance(self.inner, CanTrain) and self.inner.untrained(state)

    def rehearsing(self, state: Any) -> Any:
        """State in which the points answer cheaply."""
        return self.inner.rehearsing(state) if isinstance(self.inner, CanTrain) else state

    def trained(self, state: Any, after: Any) -> Any:
        """The state before a rehearsal, with what can be learned from it."""
        return self.inner.trained(state, after) if isinstance(self.inner, CanTrain) else state

    def _down(self, strain: Floats) -> Floats:
        r = self.rotation
        down: Floats = r.transpose(0, 2, 1) @ strain @ r
        return down if self.finite else 0.5 * (down + down.transpose(0, 2, 1))


def _change(rotation: Floats, finite: bool) -> Floats:
    """Matrices that turn rows of a tensor as R a R^T turns the tensor, (n, 9, 9) or (n, 6, 6)."""
    if finite:
        n = len(rotation)
        product: Floats = np.einsum("nik,njl->nijkl", rotation, rotation).reshape(n, 9, 9)
        return product
    different, which = np.unique(rotation.reshape(-1, 9), axis=0, return_inverse=True)
    matrices: Floats = np.stack([mandel_rotation(r.reshape(3, 3)) for r in different])
    return matrices[which.ravel()]


def frames(orientation: Any, elements: int, region: str, fibre_axis: int = 1) -> Floats:
    """One rotation per element, (elements, 3, 3), from what a user gives.

    Args:
        orientation: a rotation (3, 3), one per element (elements, 3, 3), or fibre directions (3,), (elements, 3): the
            material's fibre axis, completed to a frame by the body's axis that is least parallel to it.
        elements: number of elements of the region.
        region: name of the region, for messages.
        fibre_axis: axis of the material that directions are, 1, 2 or 3.

    Raises:
        InputError: the field has another length, a matrix is no rotation, or a direction is zero.
    """
    given = np.asarray(orientation, np.float64)
    if given.shape in ((3, 3), (3,)) and not (elements == 3 and given.shape == (3, 3) and _are_not_rotations(given)):
        given = np.broadcast_to(given, (elements, *given.shape))
    if given.shape not in ((elements, 3, 3), (elements, 3)):
        raise InputError(
            f"the orientation field of region {region!r} has shape {given.shape}; the region has {elements} elements, "
            f"so it must be ({elements}, 3) for fibre directions or ({elements}, 3, 3) for rotations, in the order of "
            "the region's elements (or one direction or rotation for all of them)."
        )
    if not np.isfinite(given).all():
        raise InputError(f"the orientation field of region {region!r} holds NaN or infinity.")
    matrices = given if given.ndim == 3 else _frames_of_directions(given, region, fibre_axis)
    wrong = np.flatnonzero(
        (np.abs(matrices @ matrices.transpose(0, 2, 1) - np.eye(3)).max(axis=(1, 2)) > 1e-8)
        | (np.linalg.det(matrices) < 0.0)
    )
    if wrong.size:
        raise InputError(
            f"the orientation of element {wrong[0]} of region {region!r} is not a rotation (orthonormal columns, "
            "determinant +1)."
        )
    return matrices


def _are_not_rotations(given: Floats) -> bool:
    return bool(np.abs(given @ given.T - np.eye(3)).max() > 1e-8)


def _frames_of_directions(directions: Floats, region: str, fibre_axis: int) -> Floats:
    if fibre_axis not in (1, 2, 3):
        raise InputError(f"the fibre axis of region {region!r} is {fibre_axis}; it must be 1, 2 or 3.")
    length = np.linalg.norm(directions, axis=1)
    if (length == 0.0).any():
        raise InputError(f"fibre direction {int(np.argmin(length))} of region {region!r} is zero; give a unit vector.")
    first = directions / length[:, None]
    helper = np.eye(3)[np.argmin(np.abs(first), axis=1)]
    third = np.cross(first, helper)
    third /= np.linalg.norm(third, axis=1)[:, None]
    columns = [first, np.cross(third, first), third]
    turned = [columns[(k - fibre_axis + 1) % 3] for k in range(3)]
    matrices: Floats = np.stack(turned, axis=2)
    return matrices
