"""HTML from values: everything is escaped unless it was made here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import final

_VOID = frozenset({"meta", "img", "link"})


@final
class Markup(str):
    """Text that is HTML already; only `tag`, `raw` and `join` make it."""

    __slots__ = ()


def raw(text: str) -> Markup:
    """Take `text` as HTML. For constants and for what was escaped by hand."""
    return Markup(text)


def text(value: object) -> Markup:
    """`value` as escaped text; `Markup` stays as it is."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value), quote=True))


def join(parts: Iterable[object], separator: str = "") -> Markup:
    """The parts one after the other, escaped where they are not `Markup`."""
    return Markup(separator.join(text(part) for part in parts))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """One element.

    Args:
        name: element name.
        children: content; escaped where it is not `Markup`.
        attributes: ``class_`` and ``for_`` stand for the reserved words, underscores for hyphens; None and False leave
            an attribute out, True writes it without a value.
    """
    words = [name, *(_attribute(key, value) for key, value in attributes.items() if value not in (None, False))]
    start = f"<{' '.join(words)}>"
    return Markup(start if name in _VOID else f"{start}{join(children)}</{name}>")


def table(
    head: Sequence[object], rows: Iterable[Sequence[object]], *, caption: str, numeric: Sequence[int] = ()
) -> Markup:
    """A table that turns into a stack of cards on narrow screens.

    Args:
        head: column titles.
        rows: cells, as many per row as there are titles.
        caption: what the table shows, for those who cannot see it.
        numeric: columns of numbers, aligned to the right.

    The roles are written out because browsers drop them once the display of a table is changed.
    """

    def kind(column: int) -> str | None:
        return "number" if column in numeric else None

    header = tag(
        "tr", *(tag("th", name, scope="col", class_=kind(i), role="columnheader") for i, name in enumerate(head))
    )
    body = (
        tag(
            "tr",
            *(tag("td", tag("div", c), role="cell", class_=kind(i), data_label=head[i]) for i, c in enumerate(row)),
            role="row",
        )
        for row in rows
    )
    return tag(
        "table",
        tag("caption", caption, class_="unseen"),
        tag("thead", header, role="rowgroup"),
        tag("tbody", *body, role="rowgroup"),
        class_="stack",
        role="table",
    )


def definitions(pairs: Iterable[tuple[object, object]]) -> Markup:
    """Names with their values, one pair per line."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs))


def fold(summary: object, *content: object) -> Markup:
    """Content that is shown on request."""
    return tag("details", tag("summary", summary), *content)


def paragraph(*words: object, class_: str | None = None) -> Markup:
    """One paragraph."""
    return tag("p", *words, class_=class_)


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    return name if value is True else f'{name}="{html.escape(str(value), quote=True)}"'
