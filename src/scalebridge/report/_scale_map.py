"""The scale map: both models in length and time, and the separations between scales as arrows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scalebridge.report._html import Markup, join, tag
from scalebridge.report._numbers import measure, number
from scalebridge.report._record import field, interval, numeral, parts
from scalebridge.report._svg import Axis, drawing, label, line, log_axis, power_of_ten
from scalebridge.report._verdicts import SIGNS, style, verdict_of

# Each drawing is made twice, so that its text stays readable on a telephone.
WIDTHS = {"wide": 760.0, "narrow": 350.0}
_LENGTHS = {-12: "1 pm", -9: "1 nm", -6: "1 µm", -3: "1 mm", 0: "1 m", 3: "1 km"}
_LETTER = 6.6


@dataclass(frozen=True, slots=True)
class Model:
    """A model's box in the diagram."""

    name: str
    side: str
    length: tuple[float, float]
    time: tuple[float, float] | None


def models(scales: Mapping[str, Any]) -> list[Model]:
    """The models whose lengths can be drawn."""
    found = []
    for record in parts(scales, "scales"):
        length = interval(record, "length")
        if length is not None:
            side = "coarse" if field(record, "side") == "coarse" else "fine"
            found.append(Model(field(record, "name", "unnamed model"), side, length, interval(record, "time")))
    return found


def scale_diagram(found: Sequence[Model]) -> Markup:
    """Space-time diagram of the models; of lengths alone where a model has no time."""
    draw = _lengths if any(model.time is None for model in found) else _space_time
    return join(draw(found, size, width) for size, width in WIDTHS.items())


def separation_diagram(scales: Mapping[str, Any]) -> Markup:
    """Each separation as an arrow from 1 to its value, over the ranges in which the theory is refused or trusted."""
    rows = [row for row in parts(scales, "separations") if _drawable(row)]
    return join(_separations(rows, size, width) for size, width in WIDTHS.items()) if rows else Markup("")


def length_range(length: tuple[float, float]) -> str:
    """Smallest and largest length with units."""
    return f"{measure(length[0], 'm')} – {measure(length[1], 'm')}"


def _length_tick(exponent: int) -> str:
    return _LENGTHS.get(exponent, f"{power_of_ten(exponent)} m")


def _length_axis(found: Sequence[Model], start: float, end: float) -> Axis:
    return log_axis([end for model in found for end in model.length], start, end)


def _clip(words: str, pixels: float) -> str:
    room = max(4, int(pixels / _LETTER))
    return words if len(words) <= room else words[: room - 1].rstrip() + "…"


def _x_ticks(axis: Axis, top: float, bottom: float) -> Markup:
    most = max(2, int((axis.end - axis.start) / 62))
    return join(
        join((line(x, top, x, bottom, "grid"), label(x, bottom + 18, _length_tick(e), "tick", "middle")))
        for e in axis.decades(most)
        for x in [axis.at(10.0**e)]
    )


def _lengths(found: Sequence[Model], size: str, width: float) -> Markup:
    """Bars over a logarithmic length axis."""
    row, top = 54.0, 8.0
    bottom = top + row * len(found)
    axis = _length_axis(found, 14.0, width - 14.0)
    bars = []
    for i, model in enumerate(found):
        left, right = axis.at(model.length[0]), axis.at(model.length[1])
        y = top + i * row
        words = _clip(f"{model.name} · {length_range(model.length)}", width - 28)
        at_right = left + len(words) * _LETTER > width - 14
        bars += [
            label(
                max(right, len(words) * _LETTER) if at_right else left,
                y + 18,
                words,
                "name",
                "end" if at_right else "start",
            ),
            tag("rect", x=left, y=y + 26, width=max(6.0, right - left), height=16, rx=3, class_=f"box {model.side}"),
        ]
    marks = (_x_ticks(axis, top, bottom), *bars, label(width - 14, bottom + 36, "length", "axis", "end"))
    title = "Length scales: " + _spoken(found)
    return drawing(f"scale-map-{size}", width, bottom + 42, title, *marks, class_=size)


def _space_time(found: Sequence[Model], size: str, width: float) -> Markup:
    """Boxes over logarithmic length and time."""
    top, bottom, left = 24.0, 300.0, 62.0
    x_axis = _length_axis(found, left, width - 14.0)
    times = [end for model in found if model.time is not None for end in model.time]
    y_axis = log_axis(times, bottom, top, margin=max(0.4, 0.1 * (math.log10(max(times)) - math.log10(min(times)))))
    rows = join(
        join((line(left, y, width - 14.0, y, "grid"), label(left - 8, y + 4, _time_tick(e), "tick", "end")))
        for e in y_axis.decades(9)
        for y in [y_axis.at(10.0**e)]
    )
    boxes = (_box(model, x_axis, y_axis) for model in found)
    names = (label(width - 14, bottom + 36, "length", "axis", "end"), label(left, top - 10, "time", "axis", "end"))
    title = "Space-time diagram: " + _spoken(found)
    marks = (_x_ticks(x_axis, top, bottom), rows, *boxes, *names)
    return drawing(f"scale-map-{size}", width, bottom + 42, title, *marks, class_=size)


def _time_tick(exponent: int) -> str:
    return {-15: "1 fs", -12: "1 ps", -9: "1 ns", -6: "1 µs", -3: "1 ms"}.get(exponent, f"{power_of_ten(exponent)} s")


def _box(model: Model, x_axis: Axis, y_axis: Axis) -> Markup:
    assert model.time is not None
    left, right = x_axis.at(model.length[0]), x_axis.at(model.length[1])
    low, high = y_axis.at(model.time[0]), y_axis.at(model.time[1])
    shape = tag(
        "rect",
        x=left,
        y=high,
        width=max(6.0, right - left),
        height=max(6.0, low - high),
        rx=3,
        class_=f"box {model.side}",
    )
    return join((shape, _box_name(model, x_axis, (left, right), (high, low))))


def _box_name(model: Model, x_axis: Axis, across: tuple[float, float], down: tuple[float, float]) -> Markup:
    """The name of a model in its box; above a coarse, below a fine box that is too small for it."""
    (left, right), (top, bottom) = across, down
    if right - left > len(model.name) * _LETTER + 12 and bottom - top > 24:
        return label(left + 8, top + 18, model.name, "name inside")
    at_right = 0.5 * (left + right) > 0.5 * (x_axis.start + x_axis.end)
    words = _clip(model.name, right - x_axis.start if at_right else x_axis.end - left)
    y = top - 7 if model.side == "coarse" else bottom + 17
    return label(right if at_right else left, y, words, "name", "end" if at_right else "start")


def _spoken(found: Sequence[Model]) -> str:
    return "; ".join(
        f"{model.name} ({model.side}), {length_range(model.length)}"
        + (f", {number(model.time[0], 3)} s – {number(model.time[1], 3)} s" if model.time else "")
        for model in found
    )


def _drawable(row: Mapping[str, Any]) -> bool:
    values = [numeral(row, key) for key in ("value", "trusted", "warned")]
    return all(value is not None and math.isfinite(value) and value > 0.0 for value in values)


def _separations(rows: Sequence[Mapping[str, Any]], size: str, width: float) -> Markup:
    row, top = 52.0, 6.0
    bottom = top + row * len(rows)
    values = [numeral(record, key) or 1.0 for record in rows for key in ("value", "trusted", "warned")]
    axis = log_axis([1.0, *values], 14.0, width - 14.0, margin=0.15)
    most = max(2, int((axis.end - axis.start) / 62))
    ticks = join(
        join((line(x, top, x, bottom, "grid"), label(x, bottom + 18, power_of_ten(e), "tick", "middle")))
        for e in axis.decades(most)
        for x in [axis.at(10.0**e)]
    )
    arrows = (_arrow(record, axis, top + i * row, width) for i, record in enumerate(rows))
    title = "Separations of scales: " + "; ".join(_spoken_separation(record) for record in rows)
    marks = (ticks, *arrows, label(width - 14, bottom + 36, "ratio of scales", "axis", "end"))
    return drawing(f"separations-{size}", width, bottom + 42, title, *marks, class_=size)


def _arrow(record: Mapping[str, Any], axis: Axis, y: float, width: float) -> Markup:
    value, trusted, warned = (numeral(record, key) or 1.0 for key in ("value", "trusted", "warned"))
    verdict = verdict_of(field(record, "verdict"))
    sign = f"{SIGNS[verdict]} " if verdict else ""
    tail, tip, middle = axis.at(1.0), axis.at(value), y + 34
    ranges = ((axis.low, warned, "fails"), (warned, trusted, "warns"), (trusted, axis.high, "holds"))
    zones = (
        tag(
            "rect",
            x=axis.at(a),
            y=y + 25,
            width=max(0.0, round(axis.at(b) - axis.at(a), 1)),
            height=18,
            class_=f"zone {c}",
        )
        for a, b, c in ranges
    )
    back = -7.0 if tip >= tail else 7.0
    return join(
        (
            *zones,
            line(tail, middle, tip + 0.7 * back, middle, f"arrow {style(verdict)}"),
            tag("path", d=f"M{tip:g} {middle:g}l{back:g} -5v10z", class_=f"head {style(verdict)}"),
            label(14, y + 17, _clip(f"{sign}{field(record, 'name')} = {number(value, 3)}", width - 28), "name"),
        )
    )


def _spoken_separation(record: Mapping[str, Any]) -> str:
    return (
        f"{field(record, 'name')} is {number(numeral(record, 'value'), 3)}, "
        f"trusted from {number(numeral(record, 'trusted'), 3)}"
    )
