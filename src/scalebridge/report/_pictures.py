"""The bridge's own pictures, embedded so that no script in them can run; scenes are drawn by the page's own script."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scalebridge.report._html import Markup, join, paragraph, raw, tag
from scalebridge.report._numbers import memory
from scalebridge.report._record import Record, field

_TYPES = {"png": "image/png", "svg": "image/svg+xml", "scene": "application/json"}
# A third is added by base64, and the page has to stay below 5 MB with all the rest.
_BYTES_IN_ALL = 3_300_000


def pictures(record: Record) -> Markup:
    """All pictures in their order, as far as they fit into the page."""
    if not record.pictures:
        return paragraph("The run has left no pictures yet.", class_="quiet")
    left, figures = _BYTES_IN_ALL, []
    for item in record.pictures:
        data = _read(record.folder / "pictures", item)
        fits = data is not None and len(data) <= left
        left -= len(data) if data is not None and fits else 0
        figures.append(_figure(item, data, fits))
    return join(figures)


def _read(folder: Path, item: Mapping[str, Any]) -> bytes | None:
    """The picture's bytes; None where it cannot be read, is of an unknown kind, or lies outside of the folder."""
    if field(item, "kind") not in _TYPES:
        return None
    try:
        path = (folder / field(item, "file")).resolve()
        return path.read_bytes() if path.is_relative_to(folder.resolve()) else None
    except (OSError, ValueError):
        # No such file, or no name of a file at all; the page says so in the picture's place.
        return None


def _figure(item: Mapping[str, Any], data: bytes | None, fits: bool) -> Markup:
    title, caption, file = field(item, "title", "Untitled"), field(item, "caption"), field(item, "file")
    if data is None:
        picture = paragraph(f"The picture {file} could not be read from the run folder.", class_="quiet")
    elif not fits:
        words = f"The picture {file} ({memory(len(data))}) is too large for this page; it is in the folder pictures."
        picture = paragraph(words, class_="quiet")
    elif field(item, "kind") == "scene":
        return _scene(title, caption, data)
    else:
        source = f"data:{_TYPES[field(item, 'kind')]};base64,{base64.b64encode(data).decode('ascii')}"
        image = tag("img", src=source, alt=f"{title}. {caption}")
        picture = tag("button", image, type="button", class_="enlarge", aria_label=f"Enlarge: {title}")
    return tag("figure", tag("h3", title), picture, tag("figcaption", caption), class_="picture")


def _scene(title: str, caption: str, data: bytes) -> Markup:
    """A body to turn and to click at; the page's own script draws it from numbers."""
    # no text of the numbers can end the element that holds them
    numbers = raw(data.decode("utf-8", "replace").replace("<", "\\u003c"))
    canvas = tag("canvas", class_="body", role="img", aria_label=f"{title}. {caption}")
    cell = tag("canvas", class_="cell", role="img", aria_label="The cell behind the mark that was clicked")
    views = tag("div", tag("div", tag("div", class_="fields"), canvas), class_="views")
    below = tag("div", tag("div", class_="cell-fields"), cell, paragraph("", class_="told quiet"), class_="views")
    note = tag("noscript", paragraph("This picture needs JavaScript.", class_="quiet"))
    kept = tag("script", numbers, type="application/json")
    return tag("figure", tag("h3", title), views, below, note, kept, tag("figcaption", caption), class_="picture scene")
