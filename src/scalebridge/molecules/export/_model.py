"""Coarse models as plain files: model.toml, configuration.csv, and one CSV with errors for each potential."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.molecules.dynamics import Phase
from scalebridge.molecules.export._tabulate import bonded_rows, pair_rows
from scalebridge.molecules.mapping import Beads
from scalebridge.molecules.potentials import potential_from_table, potential_table

if TYPE_CHECKING:
    from scalebridge.molecules.coarse import CoarseModel


def write_model(model: CoarseModel, folder: Path) -> tuple[Path, ...]:
    """See `CoarseModel.write`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = model_files(model)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in files)


def model_files(model: CoarseModel) -> dict[str, str]:
    """Texts of the files by name."""
    import tomli_w

    beads = model.beads
    content: dict[str, Any] = {
        "temperature": float(model.temperature),
        "box": [float(edge) for edge in model.start.box],
        "beads": {
            "names": list(beads.names),
            "types": list(beads.kinds),
            "masses": [float(mass) for mass in beads.masses],
            "molecules": beads.molecules.tolist(),
            "bonds": beads.bonds.tolist(),
            "excluded_bonds": beads.excluded_bonds,
            "extra": {name: np.asarray(members).tolist() for name, members in beads.extra.items()},
        },
        "potential": {name: potential_table(potential) for name, potential in model.potentials.items()},
        "standard_error": {
            name: {"x": at.tolist(), "energy": error.tolist()} for name, (at, error) in model.errors.items()
        },
    }
    rows = (",".join(f"{value:.9g}" for value in row) for row in model.start.positions.tolist())
    files = {"model.toml": tomli_w.dumps(content), "configuration.csv": "\n".join(["x_nm,y_nm,z_nm", *rows]) + "\n"}
    for name in model.potentials:
        files[f"{name.replace(' ', '_')}.csv"] = _table(model, name)
    return files


def _table(model: CoarseModel, name: str) -> str:
    potential = model.potentials[name]
    kind = name.split(" ", 1)[0]
    if kind == "pair":
        start = 0.02 * potential.domain[1]
        x, energy, force = pair_rows(potential, start, 491)
    else:
        x, energy, force = bonded_rows(potential, {"bond": 2, "angle": 3, "dihedral": 4}[kind], 361)
    unit = "nm" if kind in ("pair", "bond") else "rad"
    header = f"x_{unit},energy_kJ_per_mol,force_kJ_per_mol_{unit}"
    columns = [x, energy, force]
    if name in model.errors:
        header += ",standard_error_kJ_per_mol"
        at, error = model.errors[name]
        columns.append(np.interp(x, at, error, left=0.0, right=0.0))
    rows = (",".join(f"{value:.9g}" for value in row) for row in np.transpose(columns).tolist())
    return "\n".join([header, *rows]) + "\n"


def read_model(folder: Path) -> CoarseModel:
    """See `CoarseModel.read`."""
    from scalebridge.molecules.coarse import CoarseModel

    try:
        content = tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))
        positions = np.loadtxt(folder / "configuration.csv", delimiter=",", skiprows=1, ndmin=2)
    except OSError as error:
        raise InputError(f"No coarse model in {folder}: {error.filename} cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise InputError(f"The coarse model in {folder} is damaged: {error}") from error
    try:
        table = content["beads"]
        beads = Beads(
            tuple(table["names"]),
            tuple(table["types"]),
            np.array(table["masses"], dtype=np.float64),
            np.array(table["molecules"], dtype=np.int32),
            np.array(table["bonds"], dtype=np.int32).reshape(-1, 2),
            int(table["excluded_bonds"]),
            {name: np.array(members, dtype=np.int32) for name, members in table["extra"].items()},
        )
        potentials = {name: potential_from_table(part) for name, part in content["potential"].items()}
        start = Phase(positions, np.array(content["box"], dtype=np.float64))
        errors = {
            name: np.array([part["x"], part["energy"]]) for name, part in content.get("standard_error", {}).items()
        }
        return CoarseModel(beads, potentials, float(content["temperature"]), start, errors=errors)
    except KeyError as error:
        raise InputError(f"The file {folder / 'model.toml'} lacks the key {error.args[0]!r}") from error
