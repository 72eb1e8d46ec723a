"""A body that the reader can turn: numbers in the page, drawn by the page's own script."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from report.example_run import make_example_run
from scalebridge.report import write_report


def packed(values, kind):
    return base64.b64encode(np.asarray(values, kind).tobytes()).decode()


def numbers() -> dict[str, object]:
    corners = np.indices((2, 2, 2)).reshape(3, -1).T
    faces = [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]]
    values = np.arange(64) * 4
    field = {"title": "Micro-stress", "name": "stress / MPa", "low": 0.0, "high": 9.0, "values": packed(values, "u1")}
    marks = [{"at": at, "text": text, "shape": [4, 4, 4], "fields": [field]}
             for at, text in (([0.0, 0.0, 1.0], "first"), ([1.0, 1.0, 0.0], "second"))]  # fmt: skip
    stress = {"title": "Stress", "name": "stress / MPa", "low": 0.0, "high": 5.0, "values": packed(range(6), "f4")}
    return {"points": packed(corners, "f4"), "faces": packed(faces, "u4"), "fields": [stress], "marks": marks}


def with_scene(folder: Path, data: dict[str, object]) -> Path:
    """A run whose only picture is a scene."""
    home = make_example_run(folder)
    (home / "pictures" / "body.scene").write_text(json.dumps(data))
    told = {"name": "body", "title": "The body", "caption": "Turn it.", "kind": "scene", "file": "body.scene"}
    (home / "pictures" / "pictures.json").write_text(json.dumps([told]))
    return home


def test_a_scene_is_in_the_page_with_the_script_that_draws_it(tmp_path: Path):
    page = write_report(with_scene(tmp_path / "run", numbers())).read_text()
    assert page.count("<canvas") == 2
    assert "class View" in page
    plain = write_report(make_example_run(tmp_path / "plain")).read_text()
    assert "class View" not in plain


def test_no_text_in_a_scene_can_end_the_element_that_holds_it(tmp_path: Path):
    data = {**numbers(), "marks": [], "note": "</script><script>alert(1)</script>"}
    page = write_report(with_scene(tmp_path / "run", data)).read_text()
    assert "alert(1)" in page
    assert "<script>alert(1)" not in page


@pytest.mark.browser
def test_a_click_on_a_mark_shows_its_cell(tmp_path: Path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium found (looked for chromium and google-chrome): the scene was not opened in a browser")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = write_report(with_scene(tmp_path / "run", numbers()))
    with playwright.sync_playwright() as driver:
        instance = driver.chromium.launch(executable_path=browser, args=["--headless", "--no-sandbox", "--disable-gpu"])
        page = instance.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.goto(path.as_uri())
        told = page.locator("figure.scene p.told")
        assert told.text_content() == "1: first"
        before = page.locator("canvas.cell").screenshot()
        # where the second mark is: on the canvas the body fills, lower right of the middle
        for x in np.linspace(0.55, 0.85, 9):
            for y in np.linspace(0.5, 0.85, 9):
                box = page.locator("canvas.body").bounding_box()
                assert box is not None
                page.locator("canvas.body").click(position={"x": x * box["width"], "y": y * box["height"]})
                if told.text_content() == "2: second":
                    break
            if told.text_content() == "2: second":
                break
        assert told.text_content() == "2: second"
        assert len(before) > 1000
        instance.close()
    assert complaints == []
