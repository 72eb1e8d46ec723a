"""Axes and marks of the report's own diagrams, as SVG that follows the colours of the page."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from scalebridge.report._html import Markup, tag
from scalebridge.report._numbers import number, superscript


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values laid over a range of pixels.

    Attributes:
        low: value at `start`.
        high: value at `end`, larger than `low`; both positive on a logarithmic axis.
        start: pixel of `low`.
        end: pixel of `high`.
        log: whether equal factors, not equal differences, are equally long.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Pixel of `value`; values off the axis are moved to its ends."""
        low, high, here = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, here = math.log10(low), math.log10(high), math.log10(here)
        return round(self.start + (self.end - self.start) * (here - low) / (high - low), 1)

    def decades(self, most: int) -> list[int]:
        """Exponents of the powers of ten on a logarithmic axis, at most `most` of them, evenly spaced."""
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        step = next(s for s in (1, 2, 3, 6, 12, 24, 48, 96, 192, 384) if (last - first) // s < most)
        return [e for e in range(first, last + 1) if e % step == 0]

    def ticks(self, most: int) -> list[float]:
        """Round values on a linear axis, at most `most` of them."""
        rough = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(
            m * power for m in (1.0, 2.0, 5.0, 10.0, 20.0) if (self.high - self.low) / (m * power) <= most - 0.5
        )
        first = math.ceil(self.low / step - 1e-9)
        values = (i * step for i in itertools.count(first))
        return list(itertools.takewhile(lambda value: value <= self.high + 1e-9 * step, values))


def log_axis(values: list[float], start: float, end: float, margin: float = 0.3) -> Axis:
    """A logarithmic axis around positive `values`, with a margin in decades; whole decades if they span less."""
    # Beyond these exponents floating-point numbers have no room for a margin.
    low, high = max(-300.0, math.log10(min(values)) - margin), min(300.0, math.log10(max(values)) + margin)
    if high - low < 2.0:
        middle = 0.5 * (low + high)
        low, high = middle - 1.0, middle + 1.0
    return Axis(10.0**low, 10.0**high, start, end, log=True)


def drawing(name: str, width: float, height: float, title: str, *marks: Markup, class_: str = "") -> Markup:
    """An SVG image with a title for those who cannot see it."""
    return tag(
        "svg",
        tag("title", title, id=name),
        *marks,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_labelledby=name,
        class_=f"drawing {class_}".strip(),
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def label(x: float, y: float, words: object, class_: str = "", anchor: str = "start") -> Markup:
    """Text at a point."""
    return tag("text", words, x=round(x, 1), y=round(y, 1), class_=class_ or None, text_anchor=anchor)


def power_of_ten(exponent: int) -> str:
    """Tick label of a logarithmic axis."""
    return number(10.0**exponent) if -1 <= exponent <= 2 else f"10{superscript(exponent)}"
