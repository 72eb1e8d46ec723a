"""The study of a hybrid fluid: its template, its mistakes."""

from __future__ import annotations

import tomllib

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings

from scalebridge.errors import StudyError
from scalebridge.study import load_study, run
from scalebridge.study.hybrid_fluid import HybridFluidStudy
from support.mutations import mutated_studies, read_and_build


def changed(folder, **tables):
    data = tomllib.loads(HybridFluidStudy.template()["study.toml"].decode())
    for table, values in tables.items():
        data[table] = {**data[table], **values}
    path = folder / "study.toml"
    path.write_text(tomli_w.dumps(data))
    return path


def test_template_runs_and_keeps_its_books(tmp_path):
    coupling = {"cycles": 4, "cycles_per_window": 2, "steps_per_cycle": 10, "equilibration": 200}
    result = run(changed(tmp_path, coupling=coupling), tmp_path / "run", workers=0)
    assert result.summary.headlines["rms"].value < 0.5
    assert result.summary.certificate.verdict.value != "fails"
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"geometry": {"constraint": [12.0, 14.0, 18.0]}}, "where the buffer begins"),
        ({"geometry": {"height": 15.0}}, "end of the constraint region"),
        ({"coupling": {"energy": True}}, "conductivity"),
        ({"drive": {"heat": 0.1}}, "only with coupling.energy"),
        ({"fluid": {"density": 3.0}}, "density"),
    ],
)
def test_mistakes_are_named(tmp_path, tables, says):
    with pytest.raises(StudyError, match=says):
        load_study(changed(tmp_path, **tables)).build()


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(files=mutated_studies(dict(HybridFluidStudy.template())))
def test_broken_studies_end_in_sentences(files, tmp_path_factory):
    read_and_build(files, tmp_path_factory.mktemp("mutated"))
