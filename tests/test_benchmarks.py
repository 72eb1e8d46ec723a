from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_a_benchmark_prints_its_table_and_leaves_its_figure_with_the_machine(tmp_path: Path) -> None:
    ran = call("parallel", "--results", str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    figure = json.loads((tmp_path / "parallel.json").read_text())
    assert set(figure["machine"]) >= {"processor", "cores", "python", "packages"}
    assert {len(row) for row in figure["rows"]} == {len(figure["columns"])}
    assert all(ratio > 0.0 for ratio in figure["ratios"].values())
    for name, value in figure["ratios"].items():
        assert f"{name}: {value:.3g}" in ran.stdout


def test_an_unknown_benchmark_is_named_with_the_known_ones() -> None:
    ran = call("paralel")
    assert ran.returncode == 2
    assert "no benchmark is called paralel; there are" in ran.stderr
    assert "parallel" in ran.stderr
