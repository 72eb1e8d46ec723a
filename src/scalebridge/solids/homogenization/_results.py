"""Results of a homogenization as one xarray dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.solids.homogenization._state import PathRecord

if TYPE_CHECKING:
    import xarray as xr

    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._state import HomogenizationState

MANDEL = ("11", "22", "33", "23", "13", "12")
_SHORT = "a path that ended early has no further increments"
_STUDY = "realisations that failed, and statistics that need more of them; bounds of anisotropic phases"


def dataset(bridge: Homogenization, state: HomogenizationState) -> xr.Dataset:
    """Tensors, paths and RVE study with named dimensions; units in the attribute ``units``."""
    import xarray as xr

    fractions = bridge.microstructure.volume_fractions()
    data: dict[str, Any] = {"volume_fraction": ("phase", list(fractions.values()), {"units": "1"})}
    coords: dict[str, Any] = {"phase": list(fractions)}
    if "stiffness" in state.effective:
        found = state.effective["stiffness"]
        notes = {"units": "Pa", "notation": "Mandel, order 11, 22, 33, 23, 13, 12"}
        data["stiffness"] = (("mandel", "mandel_column"), found.tensor, notes)
        data["stiffness_iterations"] = ("mandel", found.iterations, {"units": "1"})
        coords |= {"mandel": list(MANDEL), "mandel_column": list(MANDEL)}
    if "conductivity" in state.effective:
        found = state.effective["conductivity"]
        data["conductivity"] = (("axis", "axis_column"), found.tensor, {"units": "W/(m K)"})
        data["conductivity_iterations"] = ("axis", found.iterations, {"units": "1"})
        coords |= {"axis": [1, 2, 3], "axis_column": [1, 2, 3]}
    if state.paths:
        more, where = _paths(bridge, state.paths)
        data |= more
        coords |= where
    whole = xr.Dataset(data, coords, {"microstructure": bridge.microstructure.origin})
    if state.study is not None:
        whole = whole.merge(_study(state.study.to_xarray()))
    return _storable(whole)


def _storable(data: xr.Dataset) -> xr.Dataset:
    """Texts of any length, which Zarr has a lasting format for, instead of texts of one length."""
    texts = {name: c.astype(object) for name, c in data.coords.items() if c.dtype.kind == "U"}
    return data.assign_coords(texts)


def _paths(bridge: Homogenization, paths: tuple[PathRecord, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    count = max(len(load.path) for load in bridge.loads)
    rows = {"small": 6, "finite": 9}[bridge.numerics.kinematics]
    finite = rows == 9
    tensors = {"strain": "1", "stress": "Pa"}
    numbers = {"time": "s", "newton": "1", "linear": "1", "substeps": "1"}
    names = {"newton": "newton_iterations", "linear": "linear_iterations", "time": "path_time"}
    head = ("load", "increment")
    data: dict[str, Any] = {}
    for field, unit in tensors.items():
        table = _table(paths, field, count, (3, 3))
        data[f"path_{field}"] = ((*head, "i", "j"), table, {"units": unit, "missing": _SHORT})
    if finite:
        data["path_strain"][2]["meaning"] = "deformation gradient F"
        data["path_stress"][2]["meaning"] = "first Piola-Kirchhoff stress"
    side = "gradient" if finite else "mandel"
    notation = "dP/dF, row by row" if finite else "Mandel, order 11, 22, 33, 23, 13, 12"
    attributes = {"units": "Pa", "missing": _SHORT, "notation": notation}
    data["path_tangent"] = ((*head, side, f"{side}_column"), _table(paths, "tangent", count, (rows, rows)), attributes)
    for field, unit in numbers.items():
        name = names.get(field, field)
        data[name] = (head, _table(paths, field, count, ()), {"units": unit, "missing": _SHORT})
    coords = {"load": [load.name for load in bridge.loads], "increment": np.arange(1, count + 1), "i": [1, 2, 3]}
    return data, {**coords, "j": [1, 2, 3]}


def _table(paths: tuple[PathRecord, ...], field: str, count: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    table = np.full((len(paths), count, *shape), np.nan)
    for p, record in enumerate(paths):
        for n, increment in enumerate(record.increments):
            table[p, n] = getattr(increment, field)
    return table


def _study(study: xr.Dataset) -> xr.Dataset:
    """The RVE study under names that do not meet those of the other results."""
    renamed = study.rename({str(name): f"rve_{name}" for name in [*study.data_vars, *study.dims]})
    for variable in renamed.variables.values():
        variable.attrs.setdefault("units", "1")
        variable.attrs.setdefault("missing", _STUDY)
    # Attributes that do not exist are told by leaving them out.
    renamed.attrs = {f"rve_{k}": v for k, v in study.attrs.items() if v == v}
    return renamed
