from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scalebridge.errors import RunError
from scalebridge.report import write_report

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
PIECES = ["study.toml", "provenance.json", "ledger.csv", "summary.json", "scales.json", "methods.json"]
PIECES += ["failures.json", "pictures/pictures.json"]
VOID = {"meta", "img", "link"}


class Checker(HTMLParser):
    """Collects tags and text, and sees to it that elements are closed in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(folder: Path) -> str:
    path = write_report(folder)
    assert path == folder / "report.html"
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, example_run: Callable[..., Path]) -> Path:
    return example_run(tmp_path_factory.mktemp("run") / "demo")


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return page_of(folder)


def test_all_sections_in_order(page: str):
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", page) == SECTIONS
    assert len(re.findall(r"<h1>", page)) == 1


def test_the_page_is_well_formed_with_unique_identifiers_and_working_anchors(page: str):
    tags = Checker(page).tags
    names = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(names) == len(set(names))
    anchors = [a["href"][1:] for t, a in tags if t == "a" and (a.get("href") or "").startswith("#")]
    assert set(anchors) <= set(names)
    assert len(anchors) >= len(SECTIONS) + 5


def test_numbers_texts_and_sources_are_there(page: str):
    text = Checker(page).text.replace("\u2009", " ").replace("\u00a0", " ")
    for words in (
        "Transverse response of a carbon/epoxy ply",
        "9.384 ± 0.071 GPa",
        "The worst mismatch is 1060 times what is allowed.",
        "The scales are 1.1 times closer than the theory trusts.",
        "realisation 4, size 48 µm, SUBC",
        "would take about 1.7 × 10⁸ times the processor time of this bridge",
        "kind = saturation, saturation stress = 104 MPa, rate = 42.0",
        "22 November 2026, 09:32:26 UTC",
        "@misc{ladecky2023,",
        "seed [20240611, 4]",
    ):
        assert words in text
    assert 'href="https://doi.org/10.1016/S0020-7683(03)00143-4"' in page


def test_nothing_is_fetched_and_nothing_foreign_may_run(page: str):
    tags = Checker(page).tags
    sources = [a[key] or "" for _, a in tags for key in ("src", "srcset", "data", "poster") if key in a]
    assert all(re.match(r"data:image/(png|svg\+xml);base64,", source) for source in sources)
    assert [a["href"] for t, a in tags if t == "link"] == ["data:,"]
    assert "url(" not in page
    assert "@import" not in page
    assert not [a for _, a in tags for key in a if key.startswith("on") or key == "style"]
    (policy,) = [a["content"] for t, a in tags if a.get("http-equiv") == "Content-Security-Policy"]
    for name in ("style", "script"):
        (content,) = re.findall(rf"<{name}>(.*?)</{name}>", page, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    ("verdict", "words"), [("holds", "every line"), ("warns", "with reservations"), ("fails", "do not balance")]
)
def test_the_banner_follows_the_certificate(tmp_path: Path, example_run, verdict: str, words: str):
    (banner,) = re.findall(r'<div class="banner (\w+)".*?<p>(.*?)</p>', page_of(example_run(tmp_path, verdict=verdict)))
    assert banner[0] == verdict
    assert words in banner[1]


def test_a_run_that_was_killed_has_a_report_that_says_so(tmp_path: Path, example_run):
    text = Checker(page_of(example_run(tmp_path / "demo", finished=False))).text
    for words in (
        "This run has not come to its end.",
        "scalebridge resume demo",
        "Concluded from what the run has posted so far.",
        "There are no headline numbers yet",
        "The methods text is written when a run ends.",
        "The run has left no pictures yet.",
        "summary.json is missing.",
        "Finished not yet",
    ):
        assert words in text
    assert "Both sides agree; the worst mismatch is" in text


def test_a_line_of_the_ledger_cut_in_half_is_left_out(tmp_path: Path, example_run):
    ledger = example_run(tmp_path) / "ledger.csv"
    ledger.write_bytes(ledger.read_bytes()[:-20])
    text = Checker(page_of(tmp_path)).text
    assert "ledger.csv: 1 incomplete line was left out." in text
    assert "152 entries." in text


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "binary", "list", "number"])
def test_every_piece_may_be_missing_or_damaged(tmp_path: Path, example_run, piece: str, damage: str):
    path = example_run(tmp_path) / piece
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        bad = {
            "empty": b"",
            "cut": content[: len(content) // 2],
            "binary": b"\xff\xfe\x00",
            "list": b"[]",
            "number": b"3",
        }
        path.write_bytes(bad[damage])
    checker = Checker(page_of(tmp_path))
    assert [a["id"] for t, a in checker.tags if t == "section" and "id" in a] == [
        "asked", "scales", "certificate", "ledger", "pictures", "failures", "costs", "methods", "provenance",
    ]  # fmt: skip
    if damage == "missing" and piece not in ("failures.json", "pictures/pictures.json"):
        assert f"{piece} is missing." in checker.text


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, item in inside for p in places(item, (*path, key)))]


def replaced(value, path: tuple[str | int, ...], new: object):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(data=st.data())
def test_no_value_in_any_file_breaks_the_report(folder: Path, tmp_path: Path, data: st.DataObject):
    piece = data.draw(st.sampled_from([piece for piece in PIECES if piece.endswith(".json")]))
    target = tmp_path / "copy"
    shutil.copytree(folder, target, dirs_exist_ok=True)
    content = json.loads((folder / piece).read_text(encoding="utf-8"))
    path = data.draw(st.sampled_from(places(content)))
    (target / piece).write_text(json.dumps(replaced(content, path, data.draw(json_values))), encoding="utf-8")
    try:
        Checker(page_of(target))
    finally:
        shutil.copy(folder / piece, target / piece)


def test_what_is_no_run_folder_is_refused(tmp_path: Path):
    with pytest.raises(RunError, match="is not a folder"):
        write_report(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"holds none of study\.toml"):
        write_report(tmp_path)


def test_a_report_is_replaced_in_one_move(tmp_path: Path, example_run):
    example_run(tmp_path)
    (tmp_path / "report.html").write_text("old")
    assert page_of(tmp_path) != "old"
    assert not list(tmp_path.glob(".report*"))


def test_the_page_stays_below_five_megabytes(tmp_path: Path, example_run):
    example_run(tmp_path, increments=20_000)
    folder = tmp_path / "pictures"
    records = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
    for i in range(4):
        (folder / f"large{i}.png").write_bytes(bytes(1_500_000))
        records.append({"name": f"large{i}", "kind": "png", "title": "Large", "caption": "", "file": f"large{i}.png"})
    (folder / "pictures.json").write_text(json.dumps(records), encoding="utf-8")
    failures = [{"where": f"piece {i}", "reason": "no", "inputs": {"i": i}} for i in range(5000)]
    (tmp_path / "failures.json").write_text(json.dumps(failures), encoding="utf-8")
    page = page_of(tmp_path)
    assert len(page.encode()) < 5_000_000
    text = Checker(page).text.replace("\u2009", " ").replace("\u00a0", " ")
    assert "large3.png (1.5 MB) is too large for this page" in text
    assert "4 950 more are in failures.json." in text


@pytest.mark.parametrize("file", ["../../secret.png", "gone.png", "/etc/hostname", "", "."])
def test_pictures_come_from_their_folder_only(tmp_path: Path, example_run, file: str):
    run = example_run(tmp_path / "runs" / "demo")
    (tmp_path / "runs" / "secret.png").write_bytes(b"secret")
    record = {"name": "x", "kind": "png", "title": "X", "caption": "", "file": file}
    (run / "pictures" / "pictures.json").write_text(json.dumps([record]), encoding="utf-8")
    page = page_of(run)
    assert "is not in the run folder" in page
    assert "data:image" not in page
