"""Examples carried out in a notebook, in a kernel of their own."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

EXAMPLES = Path(__file__).parents[2] / "examples"
WATER: dict[str, Any] = {
    "reference": {"source": "water", "molecules": 220, "duration": "2 ps", "equilibration": "0.4 ps",
                  "every": "0.05 ps"},
    "fit": {"method": "re", "cutoff": "0.8 nm", "iterations": 4,
            "iteration": {"steps": 1200, "timestep": "4 fs", "every": 8, "equilibration": 100}},
    "production": {"steps": 1500, "timestep": "4 fs", "every": 10, "equilibration": 100},
}  # fmt: skip
PROTEIN: dict[str, Any] = {
    "reference": {"source": "protein", "duration": "0.1 ps", "equilibration": "0.05 ps", "every": "0.01 ps",
                  "network": "0.9 nm"},
    "fit": {"method": "ibi", "cutoff": "0.9 nm", "iterations": 1, "average": 1,
            "iteration": {"steps": 100, "timestep": "2 fs", "every": 10, "equilibration": 30}},
    "production": {"steps": 500, "timestep": "2 fs", "every": 25, "equilibration": 30},
}  # fmt: skip
RUN = """
from scalebridge import study
with study.show_progress() as progress:
    result = study.run("study.toml", "run", on_progress=progress, replace=True)
result
"""


def shortened(name: str, changes: dict[str, Any], folder: Path) -> None:
    """The study of an example, with some of its tables exchanged, in `folder`."""
    data = {**tomllib.loads((EXAMPLES / name / "study.toml").read_text()), **changes}
    (folder / "study.toml").write_text(tomli_w.dumps(data))


def executed(notebook: Any, folder: Path) -> list[Any]:
    """Code cells of a notebook after they ran in `folder`."""
    client = pytest.importorskip("nbclient").NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_notebook_of_water(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    shortened("water_bead", WATER, tmp_path)
    cells = executed(nbformat.read(EXAMPLES / "water_bead" / "water_bead.ipynb", as_version=4), tmp_path)
    shown = cells[0].outputs[-1].data["text/html"]
    assert "Water as single beads" in shown
    assert "similarity" in shown
    assert "report.html" in shown
    assert any("image/png" in output.get("data", {}) for output in cells[1].outputs)
    similarity = float(cells[2].outputs[-1].data["text/plain"])
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert similarity == pytest.approx(summary["headlines"]["similarity"]["value"], abs=1e-4)
    # the engine's threads do not add up forces in the same order twice: twelve runs gave 0.973 to 0.993
    assert similarity > 0.9, "two picoseconds of 220 molecules are rough"


def test_a_protein_in_a_notebook(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    shortened("protein_residues", PROTEIN, tmp_path)
    cells = executed(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(RUN)]), tmp_path)
    assert "Villin headpiece, one bead per residue" in cells[0].outputs[-1].data["text/html"]
    headlines = json.loads((tmp_path / "run/summary.json").read_text())["headlines"]
    assert headlines["temperature"]["value"] == pytest.approx(300.0, rel=0.05)
    assert headlines["similarity"]["value"] > 0.7, "a tenth of a picosecond says little"
    assert headlines["speed_up"]["value"] > 2.0
