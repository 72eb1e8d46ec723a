"""What a run found and whether its books balance: headline numbers, certificate, ledger, failures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from scalebridge.ledger import Verdict
from scalebridge.report._html import Markup, fold, join, paragraph, table, tag
from scalebridge.report._ledger_file import Ledger, Line, worst
from scalebridge.report._ledger_plot import ledger_plot
from scalebridge.report._numbers import NOTHING, count, number, quantity, relation_signs, unit
from scalebridge.report._record import Record, as_float, field, numeral, part, parts
from scalebridge.report._verdicts import badge, style, verdict_of

_FAILURES_SHOWN = 50
_WORST_SHOWN = 10
_SENTENCES = {
    Verdict.HOLDS: "The books balance: every line of the certificate holds.",
    Verdict.WARNS: "The books balance with reservations: read the lines of the certificate that warn.",
    Verdict.FAILS: "The books do not balance: do not rely on these numbers before the failing lines are understood.",
}


def banner(record: Record) -> Markup:
    """Verdict of the run in one line."""
    if not record.finished:
        return tag(
            "div",
            badge(None, "not finished"),
            paragraph(
                "This run has not come to its end. What follows is what it had written down so far. ",
                tag("code", f"scalebridge resume {record.folder.resolve().name}"),
                " continues it.",
            ),
            class_="banner unknown",
            role="status",
        )
    verdict = verdict_of(field(part(record.summary, "certificate"), "verdict"))
    words = _SENTENCES[verdict] if verdict else "This run has no certificate."
    return tag("div", badge(verdict), paragraph(words), class_=f"banner {style(verdict)}", role="status")


def headlines(record: Record) -> Markup:
    """The headline numbers as cards."""
    cards = [_card(item) for item in part(record.summary, "headlines").values() if isinstance(item, Mapping)]
    if not cards:
        return paragraph("There are no headline numbers yet; they are written when a run ends.", class_="quiet")
    return tag("ul", *cards, class_="cards")


def _card(item: Mapping[str, Any]) -> Markup:
    value, error = numeral(item, "value"), numeral(item, "error")
    shown, symbol = quantity(value, field(item, "unit", "1"), error) if value is not None else (NOTHING, "")
    figure = tag("span", shown, tag("span", f"\u00a0{symbol}", class_="unit") if symbol else "", class_="figure")
    exact = None if value is None else f"{value!r} {unit(field(item, 'unit', '1'))}".strip()
    return tag("li", tag("span", field(item, "label"), class_="label"), figure, title=exact)


def certificate(record: Record) -> Markup:
    """The certificate line by line; concluded from the ledger so far where the run has not ended."""
    lines = list(parts(part(record.summary, "certificate"), "lines"))
    before: object = ""
    if not lines:
        lines = [_provisional(name, account) for name, account in record.ledger.accounts.items()]
        lines += [_expected(item) for item in parts(record.scales, "separations")]
        before = paragraph("Concluded from what the run has posted so far.", class_="quiet") if lines else ""
    if not lines:
        return paragraph("Nothing has been posted to the ledger yet, so there is nothing to certify.", class_="quiet")
    head = ("What must hold", "Found", "Allowed", "Entries", "Verdict", "In words")
    rows = [_certificate_row(item) for item in lines]
    return join((before, table(head, rows, caption="Certificate of the run", numeric=(1, 2, 3))))


def _certificate_row(item: Mapping[str, Any]) -> list[object]:
    value, allowed = numeral(item, "value"), numeral(item, "allowed")
    separation = field(item, "kind") == "separation"
    verdict = verdict_of(field(item, "verdict"))
    words = _separation_words(value, allowed) if separation else _balance_words(value, allowed, verdict)
    why = field(item, "why")
    return [
        relation_signs(field(item, "name")),
        number(value, 3),
        f"{'≥' if separation else '≤'} {number(allowed, 3)}",
        count(numeral(item, "count")),
        badge(verdict),
        join((words, tag("span", f" {why}", class_="why") if why else "")),
    ]


def _balance_words(value: float | None, allowed: float | None, verdict: Verdict | None) -> str:
    if value is None or allowed is None or not math.isfinite(value):
        return "The mismatch is not a finite number."
    if value == 0.0:
        return "Both sides agree exactly."
    if value <= allowed:
        return f"Both sides agree; the worst mismatch is {_share(value / allowed)} of what is allowed."
    tail = " Not serious enough to refuse the run." if verdict is Verdict.WARNS else ""
    factor = f"{number(value / allowed, 2)} times" if allowed > 0.0 else "more than"
    return f"The worst mismatch is {factor} what is allowed.{tail}"


def _share(ratio: float) -> str:
    return f"{ratio:.0%}" if ratio >= 0.01 else f"1/{count(float(f'{1.0 / ratio:.2g}'))}"


def _separation_words(value: float | None, trusted: float | None) -> str:
    if value is None or trusted is None:
        return "The ratio of scales is not known."
    if value >= trusted:
        return "The scales are as far apart as the theory needs."
    return f"The scales are {number(trusted / value, 2) if value > 0.0 else '∞'} times closer than the theory trusts."


def _provisional(name: str, account: Sequence[Line]) -> dict[str, object]:
    serious = max(account, key=lambda entry: entry.badness)
    verdict = worst(entry.verdict for entry in account).value
    found = {"value": serious.mismatch, "allowed": serious.allowed, "verdict": verdict, "count": len(account)}
    return {"name": name, "kind": "balance", **found}


def _expected(item: Mapping[str, Any]) -> dict[str, object]:
    return {"kind": "separation", "allowed": item.get("trusted"), **item}


def ledger(books: Ledger) -> Markup:
    """A plot for each quantity and its most serious entries."""
    if not books.accounts:
        return paragraph("The ledger is empty.", class_="quiet")
    accounts = books.accounts.items()
    intro = paragraph(
        f"{count(len(books))} entries. Each compares the fine side of the bridge with its coarse side; the mismatch is "
        "their difference over a scale of the same unit. The line is the mismatch that still counts as balanced."
    )
    figures = (_account(i, name, account) for i, (name, account) in enumerate(accounts))
    tables = (_most_serious(name, account) for name, account in accounts)
    return join((intro, tag("div", *figures, class_="plots"), *tables))


def _account(index: int, name: str, account: Sequence[Line]) -> Markup:
    symbol = unit(account[0].unit)
    relation = "fine must not exceed coarse" if account[0].relation == "<=" else "fine equals coarse"
    entries = "1 entry" if len(account) == 1 else f"{count(len(account))} entries"
    words = f"{entries}; {relation}{f'; in {symbol}' if symbol else ''}."
    caption = tag("figcaption", tag("h3", relation_signs(name)), paragraph(words, class_="quiet"))
    return tag("figure", caption, ledger_plot(f"ledger-{index}", name, account))


def _most_serious(name: str, account: Sequence[Line]) -> Markup:
    serious = sorted(account, key=lambda entry: entry.badness, reverse=True)[:_WORST_SHOWN]
    head = ("Where", "When", "Fine", "Coarse", "Mismatch", "Verdict")
    rows = [
        (e.where, number(e.when), number(e.fine, 6), number(e.coarse, 6), number(e.mismatch, 3), badge(e.verdict))
        for e in serious
    ]
    which = f"The {_WORST_SHOWN} most serious entries" if len(account) > _WORST_SHOWN else "All entries"
    words = f"{which} of {relation_signs(name)}"
    return fold(words, table(head, rows, caption=words, numeric=(1, 2, 3, 4)))


def failures(record: Record) -> Markup:
    """Pieces of work that did not succeed, with what is needed to repeat them."""
    if not record.failures:
        return paragraph("None: every piece of work succeeded.", class_="quiet")
    shown = record.failures[:_FAILURES_SHOWN]
    rest = len(record.failures) - len(shown)
    items = [
        tag("li", tag("strong", field(item, "where")), paragraph(field(item, "reason")), _inputs(part(item, "inputs")))
        for item in shown
    ]
    more = paragraph(f"{count(rest)} more are in failures.json.", class_="quiet") if rest else ""
    pieces = "1 piece" if len(record.failures) == 1 else f"{count(len(record.failures))} pieces"
    total = paragraph(f"{pieces} of work did not succeed. Each can be repeated with the inputs given.")
    return join((total, tag("ul", *items, class_="failures"), more))


def _inputs(inputs: Mapping[str, Any]) -> Markup:
    if not inputs:
        return Markup("")
    rows = [(key, _plain(value)) for key, value in inputs.items()]
    return fold("Inputs", table(("Input", "Value"), rows, caption="Inputs of the failed piece of work"))


def _plain(value: object) -> str:
    """A JSON value as text; numbers in full, because they are there to be used again."""
    return repr(value) if as_float(value) is not None else (value if isinstance(value, str) else json.dumps(value))
