"""The page in a real browser: nothing is fetched, everything is visible, at the width of a desk and of a hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scalebridge.report import write_report

pytestmark = pytest.mark.browser
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
SECTIONS = [
    "What was asked",
    "Scale map",
    "Certificate",
    "Ledger",
    "Pictures",
    "Failures",
    "Costs",
    "Methods",
    "Provenance",
]


@dataclass
class Visit:
    """A page with what it asked for and complained about."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    if BROWSER is None:
        pytest.skip("no Chromium found (looked for chromium and google-chrome): the report was not opened in a browser")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        instance = driver.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield instance
        instance.close()


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def go(folder: Path, width: int = 1280, scheme: str = "light") -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        seen = Visit(context.new_page())

        def dismiss(dialog: Any) -> None:
            seen.complaints.append(dialog.message)
            dialog.dismiss()

        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("console", lambda message: seen.complaints.append(message.text))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("dialog", dismiss)
        seen.page.goto(write_report(folder).as_uri())
        return seen

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [1280, 420])
@pytest.mark.parametrize("kind", ["finished", "killed", "with time"])
def test_readable_without_network(visit, example_run, tmp_path: Path, width: int, kind: str):
    folder = example_run(tmp_path, finished=kind != "killed", with_time=kind == "with time")
    seen = visit(folder, width)
    page = seen.page
    # Pictures inside the page are no requests to anyone.
    assert [url for url in seen.requests if not url.startswith("data:")] == [(folder / "report.html").as_uri()]
    assert seen.complaints == []
    headings = page.locator("h2")
    assert headings.all_inner_texts() == SECTIONS
    assert all(headings.nth(i).is_visible() for i in range(len(SECTIONS)))
    assert page.locator("nav a").count() == len(SECTIONS) + 1
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(TOO_WIDE) == []
    widths = page.evaluate("[...document.images].filter(i => i.closest('figure')).map(i => i.naturalWidth)")
    assert len(widths) == (0 if kind == "killed" else 2)
    assert all(natural > 0 for natural in widths)


# Elements with text that stick out of the page or lie outside of a box that scrolls.
TOO_WIDE = """[...document.querySelectorAll('main *')]
  .filter(e => !e.closest('pre') && !e.closest('.unseen') && e.getClientRects().length
               && !e.closest('thead') && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.tagName + ' ' + e.textContent.slice(0, 40))"""


@pytest.mark.parametrize("width", [1280, 420])
def test_text_in_diagrams_is_large_enough_and_inside(visit, example_run, tmp_path: Path, width: int):
    page = visit(example_run(tmp_path, with_time=True), width).page
    assert page.locator("svg.drawing:visible").count() == 5
    sizes = page.evaluate(
        """[...document.querySelectorAll('svg.drawing')].filter(s => s.getClientRects().length).flatMap(s => {
             const frame = s.getBoundingClientRect(), scale = frame.width / s.viewBox.baseVal.width;
             return [...s.querySelectorAll('text')].map(t => {
               const box = t.getBoundingClientRect();
               return [parseFloat(getComputedStyle(t).fontSize) * scale,
                       Math.max(frame.left - box.left, box.right - frame.right), t.textContent];
             });
           })"""
    )
    assert len(sizes) > 30
    assert [item for item in sizes if item[0] < 9.5] == []
    assert [item for item in sizes if item[1] > 2.0] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("verdict", ["holds", "warns", "fails"])
def test_contrast_of_text_meets_wcag_aa(visit, example_run, tmp_path: Path, scheme: str, verdict: str):
    page = visit(example_run(tmp_path, verdict=verdict), 1280, scheme).page
    colours = page.evaluate(
        """[...document.querySelectorAll('main *')].filter(e => e.innerText && e.getClientRects().length).map(e => {
             let b = e;
             while (b && getComputedStyle(b).backgroundColor === 'rgba(0, 0, 0, 0)') b = b.parentElement;
             const ground = getComputedStyle(b ?? document.body).backgroundColor;
             return [getComputedStyle(e).color, ground, e.textContent.slice(0, 30)];
           })"""
    )
    assert len(colours) > 100
    assert [item for item in colours if contrast(item[0], item[1]) < 4.5] == []


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [float(x) / 255.0 for x in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_pictures_are_enlarged_from_the_keyboard(visit, example_run, tmp_path: Path):
    seen = visit(example_run(tmp_path))
    page = seen.page
    buttons = page.locator("button.enlarge")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('button.enlarge')"):
            break
    small = buttons.first.locator("img").bounding_box()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog#enlarged")
    assert dialog.is_visible()
    assert dialog.locator("img").bounding_box()["width"] > 1.5 * small["width"]
    assert dialog.locator("img").evaluate("image => image.naturalWidth") > 0
    assert dialog.locator("p").inner_text() == "Segmented section"
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.matches('button.enlarge')")
    assert seen.complaints == []


def test_bibtex_is_copied_or_selected(visit, example_run, tmp_path: Path):
    page = visit(example_run(tmp_path)).page
    page.locator("details", has=page.locator("#bibtex")).locator("summary").click()
    page.locator("button.copy").click()
    page.wait_for_function("document.querySelector('button.copy').textContent !== 'Copy'")
    assert "@misc{hill1963," in page.evaluate("getSelection().toString()")


def test_everything_is_printed_unfolded_and_in_light(visit, example_run, tmp_path: Path):
    page = visit(example_run(tmp_path), 1280, "dark").page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(34, 38, 43)"
    assert not page.locator("nav").is_visible()
    assert page.locator("summary").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(2)></style></title><svg onload=alert(3)>"


def attacked(value: object) -> object:
    """The same with the attack in every text and every key of free choice."""
    if isinstance(value, dict):
        return {
            key: item if key in ("kind", "file", "state", "verdict", "side") else attacked(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [attacked(item) for item in value]
    return value + ATTACK if isinstance(value, str) else value


def test_hostile_text_stays_text(visit, example_run, tmp_path: Path):
    folder = example_run(tmp_path)
    for path in [*folder.glob("*.json"), folder / "pictures" / "pictures.json"]:
        content = attacked(json.loads(path.read_text(encoding="utf-8")))
        if path.name == "failures.json":
            content[0]["inputs"][ATTACK] = 1
        path.write_text(json.dumps(content), encoding="utf-8")
    study = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(study + f"[{json.dumps(ATTACK)}]\n{json.dumps(ATTACK)} = {json.dumps(ATTACK)}\n")
    ledger = (folder / "ledger.csv").read_text(encoding="utf-8")
    (folder / "ledger.csv").write_text(ledger.replace("transverse tension", '"' + ATTACK.replace('"', '""') + '"'))
    frame = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"'
    (folder / "pictures" / "response.svg").write_text(f'{frame} onload="alert(4)"><script>alert(5)</script></svg>')
    seen = visit(folder)
    seen.page.wait_for_timeout(200)
    assert seen.complaints == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [(folder / "report.html").as_uri()]
    assert seen.page.locator("script").count() == 1
    assert seen.page.locator("main img").count() == 2
    assert seen.page.locator("[onerror], [onload]").count() == 0
    assert ATTACK in seen.page.locator("h1").inner_text()
