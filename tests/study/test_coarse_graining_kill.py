"""A coarse-graining that is killed between two iterations continues from the last potential to the same numbers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import scalebridge
from scalebridge.molecules.dynamics import Protocol, simulate
from scalebridge.molecules.potentials import LennardJones
from scalebridge.study import list_runs, resume, run
from support.liquids import liquid

SOURCES = os.pathsep.join([str(Path(scalebridge.__file__).parents[1]), str(Path(__file__).parents[1])])
CHILD = """
import sys
from scalebridge.study import run
run(sys.argv[1], sys.argv[2], workers=0, checkpoint_interval=0.0)
"""
STUDY = """
bridge = "coarse-graining"
title = "Beads from a trajectory"
seed = 4

[reference]
source = "files"
topology = "liquid.pdb"
trajectory = "liquid.dcd"
temperature = "300 K"

[[mapping.molecule]]
name = "W"
select = "all"

[[mapping.molecule.bead]]
name = "W"
atoms = "all"

[fit]
method = "ibi"
cutoff = "0.9 nm"
iterations = 6
average = 2

[fit.iteration]
steps = 600
every = 20
equilibration = 40

[production]
steps = 200
every = 20
equilibration = 20
"""
SAME = ("ledger.csv", "failures.json", "model/model.toml", "model/pair_W-W.csv")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Study and folder of the undisturbed run."""
    import MDAnalysis as mda

    home = tmp_path_factory.mktemp("beads")
    beads, start = liquid()
    atoms = simulate(beads, {"pair W-W": LennardJones(0.31, 0.65, 0.9, "force")}, start, 300.0, Protocol(800), seed=5)
    universe = mda.Universe.empty(216, 216, atom_resindex=range(216), trajectory=True)
    universe.add_TopologyAttr("names", ["O"] * 216)
    universe.add_TopologyAttr("elements", ["O"] * 216)
    universe.add_TopologyAttr("resnames", ["SOL"] * 216)
    universe.add_TopologyAttr("resids", range(1, 217))
    with mda.Writer(str(home / "liquid.dcd"), 216) as writer:
        for positions in atoms.frames.positions:
            universe.atoms.positions = 10.0 * positions
            universe.dimensions = [24.0, 24.0, 24.0, 90.0, 90.0, 90.0]
            writer.write(universe.atoms)
    universe.atoms.write(str(home / "liquid.pdb"))
    (home / "study.toml").write_text(STUDY)
    return home / "study.toml", run(home / "study.toml", home / "whole", workers=0).folder


@pytest.mark.parametrize("share", [0.3, pytest.param(0.7, marks=pytest.mark.verify)])
def test_killed_and_resumed(undisturbed: tuple[Path, Path], tmp_path: Path, share: float) -> None:
    study, whole = undisturbed
    total = (whole / "ledger.csv").read_bytes().count(b"\n") - 1
    folder, ledger = tmp_path / "run", tmp_path / "run" / "ledger.csv"
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(study), str(folder)],
        env={**os.environ, "PYTHONPATH": SOURCES},
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and (not ledger.exists() or ledger.read_bytes().count(b"\n") <= share * total):
        time.sleep(0.002)
    process.kill()  # SIGKILL: nothing can be tidied up
    process.wait(timeout=10)
    assert list_runs(tmp_path)[0].state == "killed"
    found = resume(folder, workers=0).folder
    for name in SAME:
        assert (found / name).read_bytes() == (whole / name).read_bytes(), name
