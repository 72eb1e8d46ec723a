"""A finished run as a notebook shows it: headline numbers, certificate, where the report is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scalebridge.ledger import Verdict
from scalebridge.report._html import Markup, tag
from scalebridge.report._numbers import measure, number, quantity, relation_signs
from scalebridge.report._verdicts import SIGNS

if TYPE_CHECKING:
    from scalebridge.bridge import Headline
    from scalebridge.certificate import Line
    from scalebridge.study import RunResult

# a notebook has no style sheet of ours
_COLOURS = {Verdict.HOLDS: "#1a7f37", Verdict.WARNS: "#9a6700", Verdict.FAILS: "#cf222e"}


def result_html(result: RunResult) -> Markup:
    """A finished run in one small piece of HTML that needs nothing else.

    Args:
        result: what `scalebridge.study.run` returned.
    """
    summary = result.summary
    title, verdict = tag("b", summary.title or summary.bridge), _verdict(summary.certificate.verdict)
    rows = [_headline(headline) for headline in summary.headlines.values()]
    lines = [_line(line) for line in summary.certificate.lines]
    report = (
        tag("p", "Report: ", tag("a", str(result.report), href=result.report.as_uri(), target="_blank"))
        if result.report is not None
        else tag("p", f"The results are safe, but the report could not be written: {result.report_problem}")
    )
    return tag(
        "div",
        tag("p", title, ": the certificate ", verdict),
        tag("table", *rows),
        tag("details", tag("summary", f"{len(lines)} lines of the certificate"), tag("table", *lines)),
        report,
    )


def _headline(headline: Headline) -> Markup:
    value, unit = quantity(headline.value, headline.unit, headline.error)
    return tag("tr", tag("td", headline.label, style="text-align:left"), tag("td", f"{value} {unit}".strip()))


def _line(line: Line) -> Markup:
    name = tag("td", relation_signs(line.name), style="text-align:left")
    if line.kind == "balance":
        bound = f"{number(line.value, 3)} of {number(line.allowed, 3)} allowed"
    else:
        bound = f"{measure(line.value, '1')}, trusted from {number(line.allowed, 3)} on"
    return tag("tr", name, tag("td", bound), tag("td", _verdict(line.verdict)))


def _verdict(verdict: Verdict) -> Markup:
    return tag("span", f"{SIGNS[verdict]} {verdict.value}", style=f"color:{_COLOURS[verdict]};font-weight:bold")
