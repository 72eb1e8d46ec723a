"""What a body is made of: materials by region, placed in directions, as one field of material points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.fe2._law_points import LawPoints
from scalebridge.solids.fe2._placed import PlacedPoints, frames
from scalebridge.solids.fe2._points import MaterialPoints
from scalebridge.solids.fe2._regions import RegionPoints
from scalebridge.solids.fe2._space import Space
from scalebridge.solids.laws import Law
from scalebridge.solids.rve import RVE


@final
@dataclass(frozen=True)
class Oriented:
    """A material whose axes are not those of the body.

    Args:
        material: a law or an RVE.
        orientation: rotation (3, 3) whose columns are the material's axes, or one per element of the region
            (elements, 3, 3); or fibre directions (3,), (elements, 3).
        fibre_axis: axis of the material that fibre directions are: 1, 2, or 3 as for a cross-section of fibres.
    """

    material: Law | RVE
    orientation: Any
    fibre_axis: int = 1


Material: TypeAlias = "Law | RVE | Oriented"


def material_points(
    space: Space, material: Material | Mapping[str, Material], finite: bool, ladder: Any, workers: int, tangent: float
) -> MaterialPoints:
    """The material points of a body.

    Raises:
        InputError: a region is unknown, has no material or two, or a material does not suit the kinematics.
    """
    per_element = space.weights.shape[1]
    parts, indices = [], []
    for same in _alike(_assignment(space, material)):
        name, _, first = same[0]
        points = [(elements[:, None] * per_element + np.arange(per_element)).ravel() for _, elements, _ in same]
        count = sum(p.size for p in points)
        made = _points_of(_inner(first), name, count, finite, ladder, workers, tangent)
        if any(isinstance(chosen, Oriented) for _, _, chosen in same):
            turns = [_frames(chosen, len(elements), region) for region, elements, chosen in same]
            made = PlacedPoints(made, np.repeat(np.concatenate(turns), per_element, axis=0))
        parts.append(made)
        indices.append(np.concatenate(points))
    if len(parts) == 1 and (np.diff(indices[0]) == 1).all():
        return parts[0]
    return RegionPoints(tuple(parts), tuple(indices))


Region = tuple[str, npt.NDArray[np.int64], "Material"]


def _inner(material: Material) -> Law | RVE:
    return material.material if isinstance(material, Oriented) else material


def _alike(regions: list[Region]) -> list[list[Region]]:
    """Regions with one and the same volume element together: they share what is learned about it."""
    groups: dict[int, list[Region]] = {}
    for number, region in enumerate(regions):
        inner = _inner(region[2])
        groups.setdefault(id(inner) if isinstance(inner, RVE) else -number, []).append(region)
    return list(groups.values())


def _frames(material: Material, elements: int, region: str) -> Any:
    if isinstance(material, Oriented):
        return frames(material.orientation, elements, region, material.fibre_axis)
    return np.broadcast_to(np.eye(3), (elements, 3, 3))


def _assignment(
    space: Space, material: Material | Mapping[str, Material]
) -> list[tuple[str, npt.NDArray[np.int64], Material]]:
    """Name, elements and material of each region."""
    count = len(space.connectivity)
    if not isinstance(material, Mapping):
        return [("body", np.arange(count), material)]
    known = space.mesh.subdomains or {}
    unknown = sorted(set(material) - set(known))
    if unknown:
        names = ", ".join(sorted(known)) or "none"
        raise InputError(f"the mesh has no region {unknown[0]!r}; it has: {names}.")
    owner = np.full(count, -1)
    found = []
    for number, (name, chosen) in enumerate(material.items()):
        elements = np.sort(np.asarray(known[name], np.int64))
        if not elements.size:
            raise InputError(f"region {name!r} of the mesh has no elements.")
        if (owner[elements] >= 0).any():
            other = list(material)[int(owner[elements].max())]
            raise InputError(f"regions {other!r} and {name!r} share elements; give a material to only one of them.")
        owner[elements] = number
        found.append((name, elements, chosen))
    if (owner < 0).any():
        raise InputError(
            f"{int((owner < 0).sum())} elements are in no region that has a material; regions with a material: "
            f"{', '.join(material)}; regions of the mesh: {', '.join(sorted(known))}."
        )
    return found


def _points_of(
    material: Any, region: str, count: int, finite: bool, ladder: Any, workers: int, tangent: float
) -> MaterialPoints:
    kind = "finite" if finite else "small"
    if isinstance(material, RVE):
        from scalebridge.solids.fe2._rve_points import rve_points

        if material.kinematics != kind:
            raise InputError(
                f"the RVE of region {region!r} is made for {material.kinematics} strain, the body for {kind} strain; "
                f"make it with kinematics={kind!r}."
            )
        return rve_points(material, count, ladder, workers, tangent)
    if not isinstance(material, Law):
        raise InputError(
            f"the material of region {region!r} is a {type(material).__name__}; allowed are laws, RVE, and Oriented "
            "with one of them."
        )
    if kind not in material.kinematics:
        raise InputError(
            f"{type(material).__name__} in region {region!r} is for {' and '.join(material.kinematics)} strain; the "
            f"body is set up with kinematics={kind!r}."
        )
    return LawPoints(material, count, finite)
