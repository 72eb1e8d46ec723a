"""The study of a nanochannel: its template, its mistakes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings

from scalebridge.study import load_study, run
from scalebridge.study.nanochannel import NanochannelStudy
from support.mutations import mutated_studies, read_and_build

EXAMPLE = Path(__file__).parents[3] / "examples" / "nanochannel" / "study.toml"


def test_example_runs_in_a_short_form(tmp_path):
    data = tomllib.loads(EXAMPLE.read_text())
    data["passes"] = {"most": 2, "blocks": 2, "steps_per_block": 20, "settle": 20, "equilibration": 200}
    data["reservoir"] = {"deep": 8.0, "high": 20.0, "spacing": 1.0}
    path = tmp_path / "study.toml"
    path.write_text(tomli_w.dumps(data))
    result = run(path, tmp_path / "run", workers=0)
    assert result.summary.headlines["theory"].value == pytest.approx(0.8627, abs=1e-4)
    assert result.summary.certificate.verdict.value != "fails"
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(files=mutated_studies(dict(NanochannelStudy.template())))
def test_broken_studies_end_in_sentences(files, tmp_path_factory):
    read_and_build(files, tmp_path_factory.mktemp("mutated"))


def test_the_example_builds():
    assert load_study(EXAMPLE).build().reservoirs.core == 12.0
