"""The movie of a hybrid run: what is drawn, and that it moves in a browser and stands still where that is wished."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from report.example_run import make_example_run
from scalebridge.fluids.hybrid._movie import SHOWN, frame_of
from scalebridge.parallel import SerialExecutor
from scalebridge.report import write_report
from support.small_hybrid import small_hybrid

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def movie():
    """Of three steps in which the continuum begins to move."""
    bridge = small_hybrid(cycles=3, cycles_per_step=1, velocity=(0.5, 0.0, 0.0))
    state = bridge.init(np.random.SeedSequence(1))
    with SerialExecutor() as executor:
        while not bridge.done(state):
            state = bridge.step(state, executor).state
    return next(p for p in bridge.finish(state).pictures if p.name == "movie")


def test_frames_hold_atoms_and_stripes(movie):
    page = ElementTree.fromstring(movie.data)
    frames = page.findall(f"{SVG}g")
    assert len(frames) == 3
    for frame in frames:
        dots = sum(path.get("d").count("h0") for path in frame.findall(f"{SVG}path"))
        assert SHOWN - 20 < dots <= SHOWN
        assert len(frame.findall(f"{SVG}rect")) == 41
    words = {text.text for text in page.iter(f"{SVG}text")}
    assert {"sample", "constraint", "buffer", "to 0.3 tau"} <= words
    assert page.find(f".//{SVG}script") is None
    assert len(movie.data) < 60_000


def test_a_frame_has_as_many_places_however_few_atoms_there_are():
    bridge = small_hybrid()
    atoms = bridge.atomistic.equilibrate(np.random.SeedSequence(0), 0)
    few = replace(atoms, types=np.where(np.arange(len(atoms.tags)) < 30, atoms.types, 2).astype(np.int32))
    assert frame_of(atoms).shape == frame_of(few).shape == (SHOWN, 2)
    np.testing.assert_array_equal(frame_of(few)[:30], few.positions[:30, :2].astype(np.float32))
    assert np.all(frame_of(few)[29:] == frame_of(few)[29])
    # of all fluid atoms those are shown that are nearest to the plane
    depth = np.abs(atoms.positions[:, 2] - atoms.box[2].mean())
    nearest = np.sort(depth[atoms.fluid])[:SHOWN].max()
    shown = {tuple(place) for place in frame_of(atoms).tolist()}
    deep = atoms.fluid & (depth > nearest)
    assert deep.any()
    far = {tuple(p) for p in atoms.positions[deep, :2].astype(np.float32).tolist()}
    close = {tuple(p) for p in atoms.positions[atoms.fluid & (depth < nearest), :2].astype(np.float32).tolist()}
    assert close <= shown
    assert not shown & (far - close)


@pytest.mark.browser
@pytest.mark.parametrize(("motion", "frames"), [("no-preference", 3), ("reduce", 1)])
def test_it_plays_in_the_report_and_stands_by_itself_where_no_motion_is_wished(movie, tmp_path, motion, frames):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium found (looked for chromium and google-chrome): the movie was not opened in a browser")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    home = make_example_run(tmp_path / "run")
    drawing = home / "pictures" / "movie.svg"
    drawing.write_bytes(movie.data)
    told = {"name": "movie", "title": movie.title, "caption": movie.caption, "kind": "svg", "file": "movie.svg"}
    (home / "pictures" / "pictures.json").write_text(json.dumps([told]))
    with playwright.sync_playwright() as driver:
        instance = driver.chromium.launch(executable_path=browser, args=["--headless", "--no-sandbox", "--disable-gpu"])
        page = instance.new_context(reduced_motion=motion).new_page()
        page.goto((write_report(home) if frames > 1 else drawing).as_uri())
        image = page.locator("figure.picture img" if frames > 1 else "svg")
        seen = set()
        for _ in range(frames + 1):
            seen.add(image.screenshot())
            time.sleep(8.0 / 3.0)  # of a frame
        instance.close()
    assert len(seen) == frames
