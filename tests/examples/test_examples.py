"""Every example in a short form, with a number of it pinned."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from scalebridge.ledger import Verdict
from scalebridge.solids.elasticity import hashin_shtrikman_conductivity
from scalebridge.study import RunResult, load_study, run

EXAMPLES = Path(__file__).parents[2] / "examples"


def shortened(name: str, folder: Path, changes: dict[str, Any]) -> RunResult:
    """An example carried out with some of its tables exchanged, or left out where None."""
    home = EXAMPLES / name
    data = {**tomllib.loads((home / "study.toml").read_text()), **changes}
    for file in home.iterdir():
        if file.suffix in (".png", ".npy", ".ant", ".pdb", ".dat"):
            (folder / file.name).write_bytes(file.read_bytes())
    study = folder / "study.toml"
    study.write_text(tomli_w.dumps({key: value for key, value in data.items() if value is not None}))
    return run(study, folder / "run", workers=0)


@pytest.mark.parametrize("name", sorted(p.name for p in EXAMPLES.iterdir() if (p / "study.toml").is_file()))
def test_examples_are_valid_and_explained(name: str):
    load_study(EXAMPLES / name / "study.toml").build().scales()
    assert "scalebridge run" in (EXAMPLES / name / "README.md").read_text()


def test_fibre_composite(tmp_path: Path):
    load = {"name": "tension", "strain": {"11": "0.2 %"}, "increments": 1}
    found = shortened("fibre_composite", tmp_path, {"load": [load], "representative": None}).summary
    assert found.certificate.verdict is Verdict.HOLDS
    assert found.headlines["fraction_fibre"].value == pytest.approx(0.544312, abs=1e-6)
    assert found.headlines["E_L"].value == pytest.approx(126.816e9, rel=1e-5)
    assert found.headlines["E_T"].value == pytest.approx(7.53754e9, rel=1e-5)
    assert found.headlines["tension_stress"].value == pytest.approx(0.002 * 7.6e9, rel=0.02)


def test_sphere_composite(tmp_path: Path):
    found = shortened("sphere_composite", tmp_path, {"representative": None}).summary
    assert found.certificate.verdict is Verdict.WARNS, "ten voxels across a bead are few"
    assert found.headlines["K"].value == pytest.approx(6.40217e9, rel=1e-5)
    assert found.headlines["k_1"].value == pytest.approx(0.345636, rel=1e-5)
    low, high = hashin_shtrikman_conductivity([0.2, 1.1], [1 - 0.299713, 0.299713])
    assert low < found.headlines["k_2"].value < high


def test_polycrystal(tmp_path: Path):
    found = shortened("polycrystal", tmp_path, {}).summary
    assert found.headlines["K"].value == pytest.approx((168.4e9 + 2 * 121.4e9) / 3, rel=1e-4), "exact for cubic grains"
    assert found.headlines["E"].value == pytest.approx(125.215e9, rel=1e-5)


def test_virus_entry(tmp_path: Path):
    found = shortened("virus_entry", tmp_path, {"outputs": 40}).summary
    assert found.certificate.verdict is Verdict.HOLDS
    assert found.headlines["slow_variables"].value == 5.0
    assert found.headlines["worst_bar"].value == pytest.approx(0.0121, abs=5e-4)
    assert found.headlines["worst_error"].value < found.headlines["worst_bar"].value


def test_wing(tmp_path: Path):
    """Fewer elements, coarser cells, two load steps; the reduced model is made from what it needs at least."""
    data = tomllib.loads((EXAMPLES / "wing" / "study.toml").read_text())
    body = {**data["body"], "chordwise": 3, "spanwise": 2, "skin_angles": [0.0]}
    changes = {
        "body": body,
        "microstructure": {**data["microstructure"], "voxel_size": "2.64 um"},
        "loading": {"steps": 2, "unload": 0.5},
        "ladder": {"allowance": 0.05, "reduced": {"paths": 4, "more": 2, "limit": 8, "modes": 9, "points": 9}},
    }
    found = shortened("wing", tmp_path, changes).summary
    assert found.headlines["points"].value == 144.0
    assert found.headlines["largest_motion"].value == pytest.approx(0.16349, rel=2e-3)
    assert found.headlines["responses"].value > 0.0
    assert "canvas" in (tmp_path / "run" / "report.html").read_text()


def test_hexane_beads(tmp_path: Path):
    reference = {"source": "chains", "molecules": 80, "carbons": 6, "duration": "3 ps", "equilibration": "0.6 ps",
                 "every": "0.05 ps"}  # fmt: skip
    iteration = {"steps": 1000, "timestep": "2 fs", "every": 15, "equilibration": 60}
    changes = {
        "reference": reference,
        "fit": {"method": "ibi", "cutoff": "1.1 nm", "iterations": 3, "average": 1, "iteration": iteration},
        "production": {"steps": 4000, "timestep": "2 fs", "every": 40, "equilibration": 500},
    }
    found = shortened("hexane_beads", tmp_path, changes).summary
    assert found.headlines["temperature"].value == pytest.approx(300.0, rel=0.05)
    assert found.headlines["similarity"].value > 0.7, "three picoseconds of 80 chains are rough"
    assert found.headlines["speed_up"].value > 2.0


@pytest.mark.verify
def test_protein_in_water(tmp_path: Path):
    short = {
        "protein": {"file": "chignolin.pdb", "edge": "4.6 nm", "relaxation": "0.4 ps"},
        "control": {"duration": "0.2 ps"},
        "calibration": {"kirkwood": "0.04 ps", "density_length": "0.2 ps", "rounds": 1},
        "production": {"duration": "0.2 ps", "every": 10, "friction": 20.0},
    }
    found = shortened("protein_in_water", tmp_path, short).summary
    assert found.certificate.verdict is not Verdict.FAILS
    assert found.headlines["gyration_all"].value == pytest.approx(0.5256, rel=0.05), "as in the PDB file"


def test_start_up_couette(tmp_path: Path):
    """One tau in place of 400, after a short equilibration: too early for chaos to make rounding grow."""
    coupling = {"exchange": "state", "cycles": 4, "cycles_per_window": 2, "equilibration": 200}
    found = shortened("start_up_couette", tmp_path, {"coupling": coupling}).summary
    assert found.certificate.verdict is Verdict.HOLDS
    assert found.headlines["rms"].value == pytest.approx(0.055163, rel=1e-4)


def test_water_couette(tmp_path: Path):
    """A twelfth of a picosecond in place of thirty: velocities are thermal still, and chaos has not begun."""
    coupling = {"cycles": 4, "cycles_per_window": 2, "steps_per_cycle": 10, "equilibration": 100}
    found = shortened("water_couette", tmp_path, {"coupling": coupling}).summary
    assert found.certificate.verdict is Verdict.WARNS  # cells of the constraint are thinner than the cut-off
    assert found.headlines["rms"].value == pytest.approx(0.0907767, rel=1e-4)
