"""Local fields of a volume element after an increment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scalebridge.solids.laws import Law, state_rows
from scalebridge.solids.rve import RVE, Drive

Field = NDArray[np.float32]

PLASTIC = "equivalent plastic strain"
UNITS = {
    "displacement": "m",
    "strain": "1",
    "deformation gradient": "1",
    "stress": "Pa",
    "von Mises stress": "Pa",
    PLASTIC: "1",
}


def local_fields(rve: RVE, drive: Drive) -> dict[str, Field]:
    """Fields after the last increment of `drive`, in single precision, which is enough to look at.

    Returns:
        ``"stress"`` (first Piola-Kirchhoff in finite strain), ``"strain"`` or ``"deformation gradient"``,
        (*grid, 3, 3), voxel averages; ``"von Mises stress"`` (*grid); ``"displacement"`` of the node with which each
        voxel begins, without the mean strain, (*grid, 3); ``"equivalent plastic strain"`` (*grid) where a law has it.
    """
    raw = drive.fields[len(drive.time) - 1]
    local = {name: np.moveaxis(values, (0, 1), (-2, -1)) for name, values in raw.items()}
    strain = local["fluctuation strain"] + drive.strain[-1]
    stress = local["stress"]
    name = "strain" if rve.kinematics == "small" else "deformation gradient"
    cauchy = stress if rve.kinematics == "small" else _cauchy(stress, strain)
    fields = {
        "stress": stress,
        name: strain,
        "von Mises stress": von_mises(cauchy),
        "displacement": _displacement(rve, drive),
        **_plastic_strain(rve, drive),
    }
    return {name: values.astype(np.float32) for name, values in fields.items()}


def von_mises(stress: NDArray[np.float64]) -> NDArray[np.float64]:
    """Von Mises stress of stresses (..., 3, 3)."""
    deviator = stress - np.trace(stress, axis1=-2, axis2=-1)[..., None, None] / 3.0 * np.eye(3)
    result: NDArray[np.float64] = np.sqrt(1.5 * np.einsum("...ij,...ij->...", deviator, deviator))
    return result


def _cauchy(piola: NDArray[np.float64], gradient: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cauchy stress P F^T / J."""
    turned = np.einsum("...ik,...jk->...ij", piola, gradient)
    result: NDArray[np.float64] = turned / np.linalg.det(gradient)[..., None, None]
    return result


def _displacement(rve: RVE, drive: Drive) -> NDArray[np.float64]:
    grid = rve.grid
    u = drive.state.fluctuation[0]
    at_voxels = u[(slice(None), *(slice(n) for n in grid.shape))]
    coordinates = np.empty_like(at_voxels)
    coordinates[list(grid.axes)] = at_voxels
    result: NDArray[np.float64] = np.moveaxis(coordinates, 0, -1).reshape(*rve.microstructure.shape, 3)
    return result


def _plastic_strain(rve: RVE, drive: Drive) -> dict[str, NDArray[np.float64]]:
    """Voxel averages of the equivalent plastic strain; zero in phases that do not yield."""
    field = np.zeros(rve.microstructure.phase.size)
    found = False
    for phase, law in rve.laws.items():
        rows = state_rows(law) if isinstance(law, Law) else {}
        row = rows.get("equivalent_plastic_strain")
        if row is not None:
            voxels = rve.material.voxels[phase]
            field[voxels] = drive.state.internal[phase][row].reshape(-1, voxels.size).mean(axis=0)
            found = True
    return {PLASTIC: field.reshape(rve.microstructure.shape)} if found else {}
