"""The study of a long channel: its example, its mistakes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings

from scalebridge.errors import StudyError
from scalebridge.study import load_study, run
from scalebridge.study.long_channel import LongChannelStudy
from support.mutations import mutated_studies, read_and_build

EXAMPLE = Path(__file__).parents[3] / "examples" / "long_channel" / "study.toml"


def changed(folder, **tables):
    data = tomllib.loads(EXAMPLE.read_text())
    for table, values in tables.items():
        data[table] = {**data[table], **values}
    path = folder / "study.toml"
    path.write_text(tomli_w.dumps(data))
    return path


def test_example_runs_in_a_short_form(tmp_path):
    passes = {"most": 2, "blocks": 2, "steps_per_block": 20, "settle": 20, "equilibration": 200}
    study = changed(tmp_path, passes=passes, channel={"stations": 2})
    result = run(study, tmp_path / "run", workers=0)
    assert result.summary.headlines["theory"].value == pytest.approx(0.0273127, abs=1e-6)
    assert result.summary.certificate.verdict.value != "fails"
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000


def test_the_example_is_the_template_and_builds():
    assert LongChannelStudy.template()["study.toml"] == EXAMPLE.read_bytes()
    assert load_study(EXAMPLE).build().channel.stations == 4


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"channel": {"positions": [0.0, 5.0, 4.0], "heights": [9.0, 9.0, 9.0]}}, "rise from 0"),
        ({"channel": {"heights": [9.0, 9.0]}}, "one for each position"),
        ({"channel": {"heights": [7.0] * 9}}, "at least 8"),
        ({"drive": {"rate": 1.0}}, "rate"),
    ],
)
def test_mistakes_are_named(tmp_path, tables, says):
    with pytest.raises(StudyError, match=says):
        load_study(changed(tmp_path, **tables)).build()


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(files=mutated_studies(dict(LongChannelStudy.template())))
def test_broken_studies_end_in_sentences(files, tmp_path_factory):
    read_and_build(files, tmp_path_factory.mktemp("mutated"))
