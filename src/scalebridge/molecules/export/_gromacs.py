"""Coarse models for GROMACS: topology, configuration, and tables.

Tables of pairs are read by releases up to 2019 (``cutoff-scheme = group``); tables of bonds, angles and dihedral angles by
all. Energies in kJ/mol, lengths in nm, angles in degrees.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.errors import InputError
from scalebridge.molecules.export._tabulate import bonded_rows, pair_rows

if TYPE_CHECKING:
    from scalebridge.molecules.coarse import CoarseModel

_LETTER = {2: "b", 3: "a", 4: "d"}
_SECTION = {2: ("bonds", 8), 3: ("angles", 8), 4: ("dihedrals", 8)}
STEP = 0.002


def write_gromacs(model: CoarseModel, folder: Path) -> tuple[Path, ...]:
    """See `CoarseModel.to_gromacs`.

    Raises:
        InputError: a term has no potential.
    """
    beads = model.beads
    lacking = [name for name in (*beads.pairs, *beads.bonded) if name not in model.potentials]
    if lacking:
        raise InputError(f"GROMACS needs a potential for every term; {lacking[0]} has none")
    folder.mkdir(parents=True, exist_ok=True)
    files = {"topol.top": _topology(model), "conf.gro": _configuration(model), "grompp.mdp": _options(model)}
    for name in beads.pairs:
        a, b = name.split(" ", 1)[1].split("-")
        files[f"table_{a}_{b}.xvg"] = _pair_table(model, name)
    files["table.xvg"] = files[f"table_{beads.types[0]}_{beads.types[0]}.xvg"]
    for width, number, name in _numbered(model):
        files[f"table_{_LETTER[width]}{number}.xvg"] = _bonded_table(model, name, width)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    return tuple(folder / file for file in files)


def _numbered(model: CoarseModel) -> Iterator[tuple[int, int, str]]:
    """Number of members, number of the table and name of each bonded term."""
    counts = {2: 0, 3: 0, 4: 0}
    for name, members in model.beads.bonded.items():
        width = members.shape[1]
        yield width, counts[width], name
        counts[width] += 1


def _pair_table(model: CoarseModel, name: str) -> str:
    potential = model.potentials[name]
    reach = potential.domain[1] + 1.0
    # the repulsion column holds the whole potential; tables reach beyond the cutoff by table-extension
    inner, energy, force = pair_rows(potential, STEP, round(potential.domain[1] / STEP))
    r = STEP * np.arange(round(reach / STEP) + 1)
    values = np.interp(r, inner, energy, right=0.0)
    slopes = np.interp(r, inner, force, right=0.0)
    beyond = r >= potential.domain[1]
    values[beyond], slopes[beyond], values[0], slopes[0] = 0.0, 0.0, energy[0], 0.0
    rows = (f"{x:.6f} 0 0 0 0 {e:.10e} {f:.10e}" for x, e, f in zip(r, values, slopes, strict=True))
    return "\n".join([f"# {name}: r, Coulomb (unused), dispersion (unused), potential and force", *rows]) + "\n"


def _bonded_table(model: CoarseModel, name: str, width: int) -> str:
    x, energy, force = bonded_rows(model.potentials[name], width, 1001 if width == 2 else 1801)
    if width > 2:
        x, force = np.rad2deg(x), np.deg2rad(force)
    rows = (f"{a:.8f} {e:.10e} {f:.10e}" for a, e, f in zip(x, energy, force, strict=True))
    return "\n".join([f"# {name}: coordinate, energy, force", *rows]) + "\n"


def _topology(model: CoarseModel) -> str:
    beads = model.beads
    first = {kind: beads.kinds.index(kind) for kind in beads.types}
    lines = ["; coarse model written by scalebridge", "[ defaults ]", "1 1 no 1.0 1.0", "", "[ atomtypes ]"]
    lines += [f"{kind} {beads.masses[first[kind]]:.6f} 0.0 A 0.0 1.0" for kind in beads.types]
    lines += ["", "[ nonbond_params ]"]
    lines += [f"{a} {b} 1 0.0 1.0" for i, a in enumerate(beads.types) for b in beads.types[i:]]
    lines += ["", "[ moleculetype ]", f"ALL {beads.excluded_bonds}", "", "[ atoms ]"]
    lines += [
        f"{i + 1} {kind} {molecule + 1} MOL {name[:5]} {i + 1} 0.0 {mass:.6f}"
        for i, (kind, molecule, name, mass) in enumerate(
            zip(beads.kinds, beads.molecules.tolist(), beads.names, beads.masses, strict=True)
        )
    ]
    sections: dict[int, list[str]] = {2: [], 3: [], 4: []}
    for width, number, name in _numbered(model):
        function = _SECTION[width][1]
        sections[width] += [
            f"{' '.join(str(i + 1) for i in row)} {function} {number} 1.0" for row in beads.bonded[name].tolist()
        ]
    for width, rows in sections.items():
        if rows:
            lines += ["", f"[ {_SECTION[width][0]} ]", *rows]
    lines += ["", "[ system ]", "coarse model", "", "[ molecules ]", "ALL 1"]
    return "\n".join(lines) + "\n"


def _configuration(model: CoarseModel) -> str:
    beads, box = model.beads, model.start.box
    lines = ["coarse model", f"{len(beads)}"]
    for i, (name, molecule, (x, y, z)) in enumerate(
        zip(beads.names, beads.molecules.tolist(), (model.start.positions % box).tolist(), strict=True)
    ):
        number = (molecule + 1) % 100000
        lines.append(f"{number:5d}{'MOL':<5s}{name[:5]:>5s}{(i + 1) % 100000:5d}{x:8.3f}{y:8.3f}{z:8.3f}")
    lines.append(" ".join(f"{edge:.5f}" for edge in box))
    return "\n".join(lines) + "\n"


def _options(model: CoarseModel) -> str:
    beads = model.beads
    cutoff = max(model.potentials[name].domain[1] for name in beads.pairs)
    pairs = "  ".join(f"{a} {b}" for i, a in enumerate(beads.types) for b in beads.types[i:])
    return "\n".join(
        [
            "; for GROMACS up to 2019",
            "integrator = sd",
            "dt = 0.004",
            "nsteps = 10000",
            "cutoff-scheme = group",
            "vdwtype = user",
            "coulombtype = user",
            f"rvdw = {cutoff:g}",
            f"rcoulomb = {cutoff:g}",
            f"rlist = {cutoff:g}",
            "table-extension = 1.0",
            f"energygrps = {' '.join(beads.types)}",
            f"energygrp-table = {pairs}",
            "tc-grps = System",
            "tau-t = 0.2",
            f"ref-t = {model.temperature:g}",
            "",
        ]
    )
