"""Files that a homogenization hands over: material cards, curves, local fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scalebridge.solids.export import ansys_card, calculix_card, vti, xdmf
from scalebridge.solids.homogenization._curves import curve_table
from scalebridge.solids.homogenization._headlines import slug
from scalebridge.solids.homogenization._local import UNITS
from scalebridge.solids.homogenization._state import FloatArray

if TYPE_CHECKING:
    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._state import HomogenizationState, PathRecord


def files(bridge: Homogenization, state: HomogenizationState) -> dict[str, bytes]:
    """By name in the run folder."""
    written = _cards(bridge, state)
    for load, record in zip(bridge.loads, state.paths, strict=True):
        if record.increments:
            written[f"curves/{slug(load.name)}.csv"] = curve_table(load, record)
        if record.fields:
            written |= _fields(bridge, slug(load.name), record)
    return written


def _cards(bridge: Homogenization, state: HomogenizationState) -> dict[str, bytes]:
    if "stiffness" not in state.effective:
        return {}
    stiffness = state.effective["stiffness"].tensor
    heat = state.effective.get("conductivity")
    k = None if heat is None else heat.tensor
    name, density = bridge.material, bridge.density
    calculix = calculix_card(stiffness, name, density=density, conductivity=k)
    abaqus = calculix_card(stiffness, name, density=density, conductivity=k, dialect="abaqus")
    ansys = ansys_card(stiffness, 1, density=density, conductivity=None if k is None else np.diag(np.diag(k)))
    cards = {f"cards/{name}.calculix.inp": calculix, f"cards/{name}.abaqus.inp": abaqus}
    cards[f"cards/{name}.ansys.mac"] = f"! {name}\n{'' if k is None else _left_out(k)}{ansys}"
    return {file: text.encode() for file, text in cards.items()}


def _left_out(k: FloatArray) -> str:
    """Ansys takes conductivities along the axes only."""
    rest = float(np.abs(k - np.diag(np.diag(k))).max() / np.abs(k).max())
    return f"! conductivity: terms off the diagonal, at most {rest:.1e} of the largest, are left out\n"


def _fields(bridge: Homogenization, name: str, record: PathRecord) -> dict[str, bytes]:
    units = {field: UNITS[field] for field in record.fields}
    cell = bridge.microstructure
    written = {f"fields/{name}.vti": vti(cell, record.fields, units=units)}
    if bridge.xdmf:
        text, heavy = xdmf(cell, [record.fields], heavy_name=f"{name}.h5", units=units)
        written |= {f"fields/{name}.xdmf": text.encode(), f"fields/{name}.h5": heavy}
    return written
