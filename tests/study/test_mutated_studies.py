from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from typer.testing import CliRunner

from scalebridge.cli import Exit, app
from support.diffusion import DiffusionStudy
from support.mutations import mutated_studies, read_and_build

FILES = dict(DiffusionStudy.template())


def test_the_unbroken_study_is_valid(tmp_path: Path) -> None:
    assert read_and_build(FILES, tmp_path) == ""


def test_no_mistake_in_a_study_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory) -> None:
    messages: list[str] = []

    @settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(files=mutated_studies(FILES))
    def check(files: dict[str, bytes]) -> None:
        folder = tmp_path_factory.mktemp("study")
        messages.append(read_and_build(files, folder))
        result = CliRunner().invoke(app, ["check", str(folder / "study.toml")])
        assert result.exit_code == (Exit.BAD_INPUT if messages[-1] else Exit.DONE), result.output
        assert "Traceback" not in messages[-1]
        assert "pydantic" not in messages[-1]

    check()
    assert len(messages) >= 200
    assert sum(map(bool, messages)) > 120, "most mutations should be mistakes"
