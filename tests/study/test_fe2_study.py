"""The study of FE²: its template runs and resumes, and every way to get it wrong is a sentence."""

from __future__ import annotations

import json
import tomllib

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from typer.testing import CliRunner

from scalebridge.cli import app
from scalebridge.errors import StudyError
from scalebridge.study import load_study
from scalebridge.study.fe2 import FE2Study
from support.mutations import mutated_studies, read_and_build

TEXT = FE2Study.template()["study.toml"].decode()
SMALL = {
    "body": {"shape": "box", "size": ["2 m", "1 m", "1 m"], "elements": [2, 1, 1], "fibres": [1.0, 0.0, 0.0]},
    "displacement": [
        {"boundary": "left", "value": {"x": "0 m", "y": "0 m", "z": "0 m"}},
        {"boundary": "right", "value": {"x": "2 cm", "z": "2 cm"}},
    ],
    "traction": [],
    "watch": "right",
    "solver": {"element": "hex8", "tolerance": 1e-5},
}


def study(**changes):
    return tomli_w.dumps({**tomllib.loads(TEXT), **SMALL, **changes})


def mistakes(text, tmp_path):
    (tmp_path / "study.toml").write_text(text)
    with pytest.raises(StudyError) as caught:
        load_study(tmp_path / "study.toml").build()
    return {p.key: str(p) for p in caught.value.problems}


def test_template_is_a_wing_and_builds(tmp_path):
    (tmp_path / "study.toml").write_text(TEXT)
    bridge = load_study(tmp_path / "study.toml").build()
    assert bridge.model.space.points > 300
    assert {s.side for s in bridge.scales().scales} == {"fine", "coarse"}


def test_a_small_study_runs_from_the_command_line(tmp_path):
    (tmp_path / "study.toml").write_text(study())
    ran = CliRunner().invoke(
        app, ["run", str(tmp_path / "study.toml"), "--folder", str(tmp_path / "run"), "--workers", "0"]
    )
    assert ran.exit_code == 0, ran.output
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["headlines"]["largest_force"]["value"] > 0.0
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
    assert (tmp_path / "run" / "body.vtu").exists()


@pytest.mark.verify
def test_a_study_whose_ladder_learns_shows_cells_in_its_report(tmp_path):
    reduced = {"paths": 6, "more": 2, "limit": 12, "modes": 12, "points": 12}
    (tmp_path / "study.toml").write_text(study(ladder={"allowance": 0.02, "reduced": reduced}))
    ran = CliRunner().invoke(
        app, ["run", str(tmp_path / "study.toml"), "--folder", str(tmp_path / "run"), "--workers", "0"]
    )
    assert ran.exit_code == 0, ran.output
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["headlines"]["cells_in_full"]["value"] == 0.0
    assert "canvas" in (tmp_path / "run" / "report.html").read_text()


def test_mistakes_are_named(tmp_path):
    assert "left" in mistakes(study(watch="tip"), tmp_path)["watch"]
    found = mistakes(
        study(traction=[{"boundary": "rght", "value": {"z": "1 MPa"}, "distribution": "elliptic"}]), tmp_path
    )
    assert set(found) == {"traction.0.boundary", "traction.0.distribution"}
    assert "body" in mistakes(TEXT.replace('profile = "2418"', 'profile = "wing"'), tmp_path)
    finite = study(solver={"kinematics": "finite"})
    assert {"laws.matrix.law", "ladder"} <= set(mistakes(finite, tmp_path))
    few = study(ladder={"reduced": {"paths": 12, "limit": 8}})
    assert "at least as many as paths, 12" in mistakes(few, tmp_path)["ladder.reduced.limit"]
    glass = {"phase": "all", "law": "linear-elastic", "youngs_modulus": "72 GPa", "poisson_ratio": 0.22}
    assert "rung 0" in mistakes(study(laws={"glass": glass}, ladder={"reduced": {}}), tmp_path)["ladder.reduced"]
    ball = {**tomllib.loads(TEXT)["microstructure"], "particle": "3 um"}
    assert "microstructure.particle" in mistakes(study(microstructure=ball), tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(files=mutated_studies({"study.toml": study().encode()}))
def test_mutated_studies_end_in_words(files, tmp_path_factory):
    read_and_build(files, tmp_path_factory.mktemp("study"))
