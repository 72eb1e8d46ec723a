"""Plots of the books: mismatch against time, one per quantity, small however long the run was."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scalebridge.ledger import Verdict
from scalebridge.report._html import Markup, tag
from scalebridge.report._ledger_file import Line, worst
from scalebridge.report._numbers import number
from scalebridge.report._svg import Axis, drawing, label, line, log_axis, power_of_ten

WIDTH, HEIGHT = 400.0, 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 50.0, 388.0, 12.0, 178.0
_BINS = 120
# Below the axis stands what balances exactly, which a logarithm cannot show.
_ZERO = _BOTTOM + 13.0


@dataclass(frozen=True, slots=True)
class Span:
    """The entries of one moment, or of neighbouring moments.

    Attributes:
        when: where it is drawn.
        low: smallest mismatch.
        high: largest mismatch.
        allowed: smallest allowed mismatch.
        verdict: the most serious verdict.
    """

    when: float
    low: float
    high: float
    allowed: float
    verdict: Verdict


def ledger_plot(name: str, quantity: str, lines: Sequence[Line]) -> Markup:
    """Mismatch of one quantity against `when`, with the allowed mismatch.

    Args:
        name: identifier of the drawing, unique in the page.
        quantity: what must balance.
        lines: its entries; many are drawn as ranges of neighbours.
    """
    spans = gather(lines)
    x_axis, y_axis = _time_axis(spans), _mismatch_axis(spans)
    marks = (mark for span in spans for mark in _mark(span, x_axis, y_axis))
    title = f"{quantity}: {len(lines)} entries, worst mismatch {number(max(span.high for span in spans), 3)}"
    return drawing(name, WIDTH, HEIGHT, title, *_frame(x_axis, y_axis, spans), *_limit(spans, x_axis, y_axis), *marks)


def gather(lines: Sequence[Line], bins: int = _BINS) -> list[Span]:
    """Entries at the same `when` as one span each; neighbours in `when` together where that makes too many."""
    groups: dict[float, list[Line]] = {}
    for entry in sorted(lines, key=_moment):
        groups.setdefault(_moment(entry), []).append(entry)
    moments = list(groups)
    size = math.ceil(len(moments) / bins)
    return [
        _span([entry for when in moments[i : i + size] for entry in groups[when]]) for i in range(0, len(moments), size)
    ]


def _moment(entry: Line) -> float:
    """Where an entry is drawn; at zero where it has no time that can be drawn."""
    return entry.when if abs(entry.when) < 1e300 else 0.0


def _span(lines: Sequence[Line]) -> Span:
    mismatches = [math.inf if math.isnan(entry.mismatch) else entry.mismatch for entry in lines]
    times = [_moment(entry) for entry in lines]
    return Span(
        when=0.5 * (min(times) + max(times)),
        low=min(mismatches),
        high=max(mismatches),
        allowed=min(entry.allowed for entry in lines),
        verdict=worst(entry.verdict for entry in lines),
    )


def _time_axis(spans: Sequence[Span]) -> Axis:
    times = [span.when for span in spans]
    low, high = min(times), max(times)
    if low > 0.0 and high / low > 300.0:
        return log_axis(times, _LEFT, _RIGHT, margin=0.1)
    distinct = high - low > 1e-9 * max(abs(low), abs(high), 1e-290)
    margin = 0.04 * (high - low) if distinct else 0.5 * max(1.0, abs(low))
    return Axis(low - margin, high + margin, _LEFT, _RIGHT)


def _mismatch_axis(spans: Sequence[Span]) -> Axis:
    values = [v for span in spans for v in (span.low, span.high, span.allowed) if math.isfinite(v) and v > 0.0]
    return log_axis(values or [1e-12, 1.0], _BOTTOM, _TOP)


def _frame(x_axis: Axis, y_axis: Axis, spans: Sequence[Span]) -> list[Markup]:
    rows = [(y_axis.at(10.0**e), power_of_ten(e)) for e in y_axis.decades(6)]
    times = [10.0**e for e in x_axis.decades(6)] if x_axis.log else x_axis.ticks(6)
    columns = [(x_axis.at(t), number(t, 3)) for t in times]
    marks = [line(_LEFT, y, _RIGHT, y, "grid") for y, _ in rows]
    marks += [label(_LEFT - 8, y + 4, words, "tick", "end") for y, words in rows]
    marks += [label(x, _BOTTOM + 36, words, "tick", "middle") for x, words in columns]
    marks += [line(_LEFT, _BOTTOM + 20, _RIGHT, _BOTTOM + 20, "rule"), label(_RIGHT, HEIGHT - 2, "when", "axis", "end")]
    if any(span.low == 0.0 for span in spans):
        marks.append(label(_LEFT - 8, _ZERO + 4, "0", "tick", "end"))
    return marks


def _limit(spans: Sequence[Span], x_axis: Axis, y_axis: Axis) -> list[Markup]:
    """The allowed mismatch from side to side, with its value; nothing where exact balance is demanded."""
    known = [span for span in spans if span.allowed > 0.0]
    if not known:
        return []
    corners = [(x_axis.at(span.when), y_axis.at(span.allowed)) for span in known]
    points = [(_LEFT, corners[0][1]), *corners, (_RIGHT, corners[-1][1])]
    # Points between two of their own height say nothing new.
    turns = [
        here
        for before, here, after in zip([(0.0, -1.0), *points[:-1]], points, [*points[1:], (0.0, -1.0)], strict=True)
        if not before[1] == here[1] == after[1]
    ]
    words = f"allowed {number(known[-1].allowed, 3)}"
    return [
        tag("polyline", points=" ".join(f"{x:g},{y:g}" for x, y in turns), class_="limit"),
        label(_RIGHT, corners[-1][1] - 5, words, "limit-name", "end"),
    ]


def _mark(span: Span, x_axis: Axis, y_axis: Axis) -> list[Markup]:
    x, verdict = x_axis.at(span.when), span.verdict.value
    if not math.isfinite(span.high):
        return [label(x, _TOP + 4, "✕", f"point {verdict}", "middle")]
    high = y_axis.at(span.high) if span.high > 0.0 else _ZERO
    low = y_axis.at(span.low) if span.low > 0.0 else _ZERO
    stem = [line(x, low, x, high, f"stem {verdict}")] if low - high > 1.0 else []
    return [*stem, tag("circle", cx=x, cy=high, r=2.4, class_=f"point {verdict}")]
