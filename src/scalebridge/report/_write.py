"""The page: its sections in order, its style and its few lines of script, in one file."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from scalebridge.report import _asked, _pictures, _results, _sources
from scalebridge.report._html import Markup, paragraph, raw, tag
from scalebridge.report._record import Record, field, read_record

_Section = Callable[[Record], Markup]
_SECTIONS: tuple[tuple[str, str, _Section], ...] = (
    ("asked", "What was asked", _asked.study),
    ("scales", "Scale map", _asked.scale_map),
    ("certificate", "Certificate", _results.certificate),
    ("ledger", "Ledger", lambda record: _results.ledger(record.ledger)),
    ("pictures", "Pictures", _pictures.pictures),
    ("failures", "Failures", _results.failures),
    ("costs", "Costs", _asked.costs),
    ("methods", "Methods", _sources.methods),
    ("provenance", "Provenance", _sources.provenance),
)


def write_report(folder: Path) -> Path:
    """Write ``report.html`` from what is in a run folder.

    The page needs nothing but itself: no network, no other file. Pieces that are missing, because the run was killed
    or is still going, are named in it. An older report is replaced in one move.

    Args:
        folder: a run folder.

    Returns:
        Path of the page, below 5 MB.

    Raises:
        RunError: `folder` holds nothing of a run.
    """
    folder = Path(folder)
    page = render(read_record(folder))
    target, draft = folder / "report.html", folder / f".report.{os.getpid()}.html"
    try:
        draft.write_bytes(page.encode("utf-8", "replace"))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def render(record: Record) -> str:
    """The page as text."""
    style, script = _asset("style.css"), _asset("script.js")
    if any(field(item, "kind") == "scene" for item in record.pictures):
        script += _asset("scene.js").removeprefix('"use strict";\n')
    title = field(record.summary, "title") or field(record.study, "title") or record.folder.resolve().name
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        tag("style", raw(style)),
    )
    body = tag(
        "body", tag("div", _contents(), _article(record, title), class_="page"), _enlarged(), tag("script", raw(script))
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _article(record: Record, title: str) -> Markup:
    bridge = field(record.summary, "bridge") or field(record.study, "bridge")
    facts = [
        bridge,
        f"scalebridge {field(record.provenance, 'scalebridge')}".strip(),
        field(record.provenance, "started")[:10],
    ]
    sections = (
        tag("section", tag("h2", name, id=f"{key}-title"), draw(record), id=key, aria_labelledby=f"{key}-title")
        for key, name, draw in _SECTIONS
    )
    header = tag(
        "header",
        paragraph(" · ".join(fact for fact in facts if fact), class_="eyebrow"),
        tag("h1", title),
        _results.banner(record),
        _results.headlines(record),
        _notes(record),
        id="top",
    )
    return tag("main", header, *sections)


def _notes(record: Record) -> Markup:
    if not record.notes:
        return Markup("")
    items = (tag("li", note) for note in record.notes)
    return tag("div", paragraph("Missing or damaged pieces of the run folder:"), tag("ul", *items), class_="notes")


def _contents() -> Markup:
    links = (tag("li", tag("a", name, href=f"#{key}")) for key, name, _ in (("top", "Result", None), *_SECTIONS))
    return tag("nav", tag("ul", *links), aria_label="Sections")


def _enlarged() -> Markup:
    close = tag("button", "Close", type="button", class_="close")
    return tag("dialog", close, tag("img", alt=""), tag("p"), id="enlarged", aria_label="Enlarged picture")


def _asset(name: str) -> str:
    return resources.files("scalebridge.report").joinpath("assets", name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Allow this very style and this very script, embedded pictures, and nothing else.

    Whatever text of a run might slip through the escaping, the browser neither runs it nor loads anything for it.
    """

    def digest(content: str) -> str:
        return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")

    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest(style)}'; script-src 'sha256-{digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
