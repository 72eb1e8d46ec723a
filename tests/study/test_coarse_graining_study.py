from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings

from scalebridge.errors import StudyError
from scalebridge.ledger import Verdict
from scalebridge.study import dump_study, model_of, run
from scalebridge.study._read import parse_study
from scalebridge.study.coarse_graining import CoarseGrainingStudy
from support.mutations import mutated_studies, read_and_build

SMALL: dict[str, Any] = {
    "reference": {"source": "water", "molecules": 250, "duration": "2 ps", "equilibration": "1 ps", "every": "0.1 ps"},
    "fit": {"cutoff": "0.8 nm", "iterations": 2, "iteration": {"steps": 300, "every": 20, "equilibration": 30}},
    "production": {"steps": 500, "every": 20, "equilibration": 50},
}


def template(**changes: Any) -> str:
    data = tomllib.loads(CoarseGrainingStudy.template()["study.toml"].decode())
    return tomli_w.dumps({**data, **changes})


def mistakes(text: str, folder: Path = Path()) -> dict[str, str]:
    with pytest.raises(StudyError) as caught:
        parse_study(text, folder)
    return {problem.key: str(problem) for problem in caught.value.problems}


def test_the_template_is_valid(tmp_path: Path) -> None:
    assert read_and_build(dict(CoarseGrainingStudy.template()), tmp_path) == ""
    assert model_of("coarse-graining") is CoarseGrainingStudy
    study = parse_study(template(), Path())
    assert parse_study(dump_study(study), Path()) == study


def test_a_run_from_the_command_line_on(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(template(**SMALL))
    found = run(tmp_path / "study.toml", tmp_path / "run", workers=0).summary
    assert found.certificate.verdict is not Verdict.FAILS
    assert found.headlines["similarity"].value > 0.9
    assert found.headlines["speed_up"].value > 1.0
    assert (tmp_path / "run" / "model" / "model.toml").is_file()
    assert (tmp_path / "run" / "report.html").stat().st_size > 20_000


def test_mistakes_between_keys_are_named() -> None:
    reference = {**SMALL["reference"], "every": "1 ps"}
    assert "duration" in mistakes(template(reference=reference))["reference.every"]
    assert "half the box" in mistakes(template(fit={"cutoff": "1.4 nm"}))["fit.cutoff"]
    assert "fit.iteration.every" in mistakes(template(fit={"iteration": {"steps": 100, "every": 50}}))
    assert "fit.bins" in mistakes(template(fit={"bins": "0.3 nm"}))
    twice = {"molecule": [{"name": "A", "select": "all"}, {"name": "A", "select": "all"}]}
    assert "names of their own" in mistakes(template(mapping=twice))["mapping"]


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "wrong.gro").write_text("nothing\n")
    reference = {"source": "files", "topology": "wrong.gro", "temperature": "300 K"}
    assert "cannot read" in mistakes(template(reference=reference), tmp_path)["reference"]


def test_broken_studies_never_break_the_reader(tmp_path_factory: pytest.TempPathFactory) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(files=mutated_studies(dict(CoarseGrainingStudy.template())))
    def check(files: dict[str, bytes]) -> None:
        read_and_build(files, tmp_path_factory.mktemp("broken"))

    check()
