from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings

from scalebridge.errors import StudyError
from scalebridge.ledger import Verdict
from scalebridge.molecules.adaptive import Calibration, Sphere
from scalebridge.study import check_bridge, dump_study, model_of, run
from scalebridge.study._read import parse_study
from scalebridge.study.adaptive_resolution import AdaptiveResolutionStudy
from support.mutations import mutated_studies, read_and_build

SMALL: dict[str, Any] = {
    "liquid": {
        "molecules": 200, "repeats": [2, 1, 1], "cutoff": "0.5 nm", "equilibration": "0.4 ps", "structure": "0.1 ps",
    },
    "region": {"shape": "slab", "atomistic": "0.4 nm", "hybrid": "0.6 nm"},
    "calibration": {"kirkwood": "0.06 ps", "density_length": "0.1 ps", "rounds": 2},
    "production": {"duration": "0.2 ps"},
}  # fmt: skip


def template(**changes: Any) -> str:
    data = tomllib.loads(AdaptiveResolutionStudy.template()["study.toml"].decode())
    return tomli_w.dumps({**data, **changes})


def mistakes(text: str, folder: Path = Path()) -> dict[str, str]:
    with pytest.raises(StudyError) as caught:
        parse_study(text, folder).build()
    return {problem.key: str(problem) for problem in caught.value.problems}


def test_the_template_is_valid(tmp_path: Path) -> None:
    assert read_and_build(dict(AdaptiveResolutionStudy.template()), tmp_path) == ""
    assert model_of("adaptive-resolution") is AdaptiveResolutionStudy
    study = parse_study(template(), Path())
    assert parse_study(dump_study(study), Path()) == study


def test_what_does_not_fit_is_named() -> None:
    region = {"shape": "sphere", "atomistic": "0.5 nm", "hybrid": "1.0 nm"}
    assert "would meet its own image" in mistakes(template(region=region))["region"]
    thin = {"shape": "slab", "atomistic": "0.5 nm", "hybrid": "0.6 nm"}
    assert "less than the cutoff of 0.9 nm" in mistakes(template(region=thin))["region"]
    small = {"molecules": 250, "repeats": [3, 1, 1]}
    assert "liquid.molecules" in mistakes(template(liquid=small))


def test_potentials_come_from_tables(tmp_path: Path) -> None:
    r = np.linspace(0.2, 0.9, 71)
    np.savetxt(tmp_path / "water.dat", np.stack([r, 0.1 * (0.9 - r) ** 2 + (0.25 / r) ** 12], axis=1))
    study = parse_study(template(coarse={"potential": "table", "file": "water.dat"}), tmp_path)
    assert isinstance(study, AdaptiveResolutionStudy)
    (potential,) = study.build().coarse.values()
    assert potential.domain[1] == pytest.approx(0.9)
    (tmp_path / "water.dat").write_text("no numbers")
    assert "coarse" in mistakes(template(coarse={"potential": "table", "file": "water.dat"}), tmp_path)
    big = {"molecules": 530, "repeats": [2, 2, 2]}
    ball = {"shape": "sphere", "atomistic": "1 nm", "hybrid": "1 nm"}
    built = parse_study(template(liquid=big, region=ball, coarse={"potential": "none"}), tmp_path).build()
    assert isinstance(built.region, Sphere)


def test_no_mistake_in_a_study_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory) -> None:
    messages: list[str] = []

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(files=mutated_studies(dict(AdaptiveResolutionStudy.template())))
    def check(files: dict[str, bytes]) -> None:
        messages.append(read_and_build(files, tmp_path_factory.mktemp("study")))
        assert "Traceback" not in messages[-1]
        assert "pydantic" not in messages[-1]

    check()
    assert sum(map(bool, messages)) > 12, "most mutations should be mistakes"


@pytest.mark.verify
def test_the_rules_of_a_bridge_are_kept() -> None:
    study = parse_study(template(**SMALL), Path())
    outcome = check_bridge(study.build())
    assert {picture.name for picture in outcome.pictures} >= {"box", "density", "resolution", "structure", "energy"}
    assert "[3]" in outcome.methods


@pytest.mark.verify
def test_a_run_from_the_command_line_on(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(template(**SMALL))
    found = run(tmp_path / "study.toml", tmp_path / "run", workers=0).summary
    assert found.certificate.verdict is not Verdict.FAILS
    assert found.headlines["density"].value < 1.0
    assert len(Calibration.read(tmp_path / "run" / "calibration.npz").history) == 2
    assert (tmp_path / "run" / "report.html").stat().st_size > 20_000
