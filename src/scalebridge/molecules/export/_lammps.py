"""Coarse models for LAMMPS, in real units: data file, tables, and an input that reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.errors import InputError
from scalebridge.molecules.export._tabulate import bonded_rows, pair_rows
from scalebridge.molecules.potentials import Potential

if TYPE_CHECKING:
    from scalebridge.molecules.coarse import CoarseModel

KCAL = 4.184
PAIR_POINTS = 4000
BONDED_POINTS = 2001
_SECTION = {2: "Bonds", 3: "Angles", 4: "Dihedrals"}
_WORD = {2: "bond", 3: "angle", 4: "dihedral"}


def write_lammps(model: CoarseModel, folder: Path) -> tuple[Path, ...]:
    """See `CoarseModel.to_lammps`.

    Raises:
        InputError: a term has no potential, or the model has bonded terms beside those of its bonds, whose exclusions
            LAMMPS would derive differently.
    """
    beads = model.beads
    if beads.extra:
        raise InputError(
            "This model has bonded terms beside those of its bonds (an elastic network); LAMMPS would leave out "
            "further pairs for them. Export to OpenMM instead"
        )
    lacking = [name for name in (*beads.pairs, *beads.bonded) if name not in model.potentials]
    if lacking:
        raise InputError(f"LAMMPS needs a potential for every term; {lacking[0]} has none")
    folder.mkdir(parents=True, exist_ok=True)
    files = {"model.data": _data(model), "pairs.table": _pair_tables(model), "in.model": _input(model)}
    for width, word in _WORD.items():
        terms = _terms(model, width)
        if terms:
            files[f"{word}s.table"] = "\n".join(_bonded_table(name, p, width) for name, p in terms)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in files)


def _terms(model: CoarseModel, width: int) -> list[tuple[str, Potential]]:
    return [(name, model.potentials[name]) for name, members in model.beads.bonded.items() if members.shape[1] == width]


def _data(model: CoarseModel) -> str:
    beads, box = model.beads, 10.0 * model.start.box
    positions = (10.0 * model.start.positions) % box
    lines = ["coarse model written by scalebridge", "", f"{len(beads)} atoms", f"{len(beads.types)} atom types"]
    groups = {width: [m for m in beads.bonded.values() if m.shape[1] == width] for width in (2, 3, 4)}
    for width, members in groups.items():
        if members:
            lines += [f"{sum(map(len, members))} {_WORD[width]}s", f"{len(members)} {_WORD[width]} types"]
    lines += [
        "",
        *(f"0.0 {edge:.8f} {axis}lo {axis}hi" for axis, edge in zip("xyz", box, strict=True)),
        "",
        "Masses",
        "",
    ]
    first = {kind: beads.kinds.index(kind) for kind in beads.types}
    lines += [f"{i + 1} {beads.masses[first[kind]]:.6f}  # {kind}" for i, kind in enumerate(beads.types)]
    lines += ["", "Atoms  # molecular", ""]
    lines += [
        f"{i + 1} {molecule + 1} {kind + 1} {x:.8f} {y:.8f} {z:.8f}"
        for i, (molecule, kind, (x, y, z)) in enumerate(
            zip(beads.molecules.tolist(), beads.type_numbers.tolist(), positions.tolist(), strict=True)
        )
    ]
    for width, members in groups.items():
        if members:
            rows = [(t + 1, row) for t, part in enumerate(members) for row in part.tolist()]
            lines += ["", _SECTION[width], ""]
            lines += [f"{n + 1} {t} {' '.join(str(i + 1) for i in row)}" for n, (t, row) in enumerate(rows)]
    return "\n".join(lines) + "\n"


def _pair_tables(model: CoarseModel) -> str:
    text = []
    for name in model.beads.pairs:
        potential = model.potentials[name]
        r, energy, force = pair_rows(potential, 0.02 * potential.domain[1], PAIR_POINTS)
        rows = "\n".join(
            f"{i + 1} {x:.10g} {e:.10g} {f:.10g}"
            for i, (x, e, f) in enumerate(zip(10.0 * r, energy / KCAL, force / KCAL / 10.0, strict=True))
        )
        text.append(f"{keyword(name)}\nN {len(r)} R {10.0 * r[0]:.10g} {10.0 * r[-1]:.10g}\n\n{rows}\n")
    return "\n".join(text)


def _bonded_table(name: str, potential: Potential, width: int) -> str:
    x, energy, force = bonded_rows(potential, width, BONDED_POINTS)
    if width == 2:
        x, force = 10.0 * x, force / 10.0
        header = f"N {len(x)}"
    else:
        # angles in degrees, forces per degree
        x, force = np.rad2deg(x), np.deg2rad(force)
        header = f"N {len(x)}"
        if width == 4:
            x, energy, force = x[:-1], energy[:-1], force[:-1]
            header = f"N {len(x)} DEGREES"
    rows = "\n".join(
        f"{i + 1} {a:.10g} {e:.10g} {f:.10g}"
        for i, (a, e, f) in enumerate(zip(x, energy / KCAL, force / KCAL, strict=True))
    )
    return f"{keyword(name)}\n{header}\n\n{rows}\n"


def _input(model: CoarseModel) -> str:
    beads = model.beads
    lines = ["units real", "atom_style molecular", "boundary p p p"]
    for width, word in _WORD.items():
        if _terms(model, width):
            lines.append(f"{word}_style table linear {BONDED_POINTS - (1 if width == 4 else 0)}")
    lines.append(f"special_bonds lj {' '.join('0.0' if k <= beads.excluded_bonds else '1.0' for k in (1, 2, 3))}")
    lines += ["read_data model.data", f"pair_style table spline {PAIR_POINTS}"]
    for i, a in enumerate(beads.types):
        for j, b in enumerate(beads.types[i:], start=i):
            name = f"pair {a}-{b}"
            cutoff = 10.0 * model.potentials[name].domain[1]
            lines.append(f"pair_coeff {i + 1} {j + 1} pairs.table {keyword(name)} {cutoff:.10g}")
    for width, word in _WORD.items():
        for number, (name, _) in enumerate(_terms(model, width)):
            lines.append(f"{word}_coeff {number + 1} {word}s.table {keyword(name)}")
    lines += [
        "neighbor 1.5 bin",
        "neigh_modify delay 0 every 1 check yes",
        "timestep 4.0",
        "thermo 100",
        f"# velocity all create {model.temperature:g} 1",
        f"# fix thermostat all langevin {model.temperature:g} {model.temperature:g} 1000 1",
        "# fix integrate all nve",
        "# run 10000",
    ]
    return "\n".join(lines) + "\n"


def keyword(name: str) -> str:
    """Name of a table in a file."""
    return name.replace(" ", "_").replace("-", "_").upper()
