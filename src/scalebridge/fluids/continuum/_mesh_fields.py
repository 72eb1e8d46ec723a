"""Fields of a mesh at any points."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from scalebridge.fluids.continuum._interface import Fields, Floats
from scalebridge.fluids.continuum._mesh_domain import MeshDomain
from scalebridge.fluids.continuum._mesh_input import ngsolve
from scalebridge.fluids.continuum._mesh_scheme import Scheme
from scalebridge.fluids.continuum._mesh_state import MeshState

_INWARD = (1e-9, 1e-6)  # of a facet's length, by which points that were not found are moved


@final
class Locator:
    """Finds points in the mesh; those on the boundary, which rounding may have put outside, too."""

    def __init__(self, domain: MeshDomain) -> None:
        self.domain = domain

    @cached_property
    def _beside(self) -> tuple[Any, Floats, Floats]:
        """Search tree of points on the boundary, and there normals and lengths of facets."""
        domain = self.domain
        point, normal, weights = domain.geometry(domain.boundary)
        faces, length = domain.faces(domain.boundary), weights.sum(axis=1)
        places = np.concatenate([point.reshape(-1, 2), faces.centre[:, :2]])
        normals = np.concatenate([normal.reshape(-1, 2), faces.normal[:, :2]])
        return cKDTree(places), normals, np.concatenate([np.repeat(length, point.shape[1]), length])

    def __call__(self, points: Floats) -> tuple[Any, npt.NDArray[np.bool_]]:
        """Points of the mesh for those of points (n, 2) that lie in it, and which these are, (n,)."""
        mesh = self.domain.mesh
        places = np.where(np.isfinite(points), points, 1e300)
        found = mesh(places[:, 0], places[:, 1])
        missed = np.flatnonzero(found["nr"] < 0)
        for inward in _INWARD:
            if len(missed) == 0:
                break
            tree, normals, lengths = self._beside
            _, nearest = tree.query(places[missed])
            moved = places[missed] - inward * lengths[nearest, None] * normals[nearest]
            again = mesh(moved[:, 0], moved[:, 1])
            hit = again["nr"] >= 0
            found[missed[hit]] = again[hit]
            missed = missed[~hit]
        inside = found["nr"] >= 0
        return found[inside], inside


def fields_on_mesh(
    scheme: Scheme, locator: Locator, state: MeshState, points: Floats, wanted: Collection[str]
) -> Fields:
    """Fields at points (n, 3); NaN outside, and for fields that are not wanted."""
    n = len(points)
    result = {
        "velocity": np.full((n, 3), np.nan),
        "temperature": np.full(n, np.nan),
        "pressure": np.full(n, np.nan),
        "density": np.full(n, np.nan),
        "stress": np.full((n, 3, 3), np.nan),
    }
    there, inside = locator(points[:, :2])
    if inside.any():
        for name, values in _evaluated(scheme, state, there, wanted).items():
            result[name][inside] = values
    return Fields(**result)


def _evaluated(scheme: Scheme, state: MeshState, there: Any, wanted: Collection[str]) -> dict[str, Floats]:
    ng, basis, fluid = ngsolve(), scheme.basis, scheme.domain.fluid

    def function(space: Any, coefficients: Floats, dofs: Any = slice(None)) -> Any:
        made = ng.GridFunction(space)
        made.vec.FV().NumPy()[dofs] = coefficients
        return made

    count = len(there)
    u, w = function(basis.velocity, state.velocity), function(basis.scalar, state.along, basis.dofs[1])
    found: dict[str, Floats] = {}
    if "velocity" in wanted:
        found["velocity"] = np.column_stack([np.asarray(u(there)).reshape(count, 2), np.asarray(w(there)).ravel()])
    if "temperature" in wanted:
        found["temperature"] = np.full(count, float(fluid.temperature))
        if scheme.heat is not None:
            found["temperature"] = np.asarray(function(basis.scalar, state.temperature, basis.dofs[1])(there)).ravel()
    if "density" in wanted:
        found["density"] = np.full(count, float(fluid.density))
    if {"pressure", "stress"}.intersection(wanted):
        pressure = np.asarray(function(basis.pressure, state.pressure)(there)).ravel()
        if "pressure" in wanted:
            found["pressure"] = pressure
        if "stress" in wanted:
            gradient = np.zeros((count, 3, 3))
            gradient[:, :2, :2] = np.asarray(ng.Grad(u)(there)).reshape(count, 2, 2)
            gradient[:, 2, :2] = np.asarray(ng.grad(w)(there)).reshape(count, 2)
            stress = scheme.flow.viscosity * (gradient + gradient.transpose(0, 2, 1))
            found["stress"] = stress - pressure[:, None, None] * np.eye(3)
    return found
