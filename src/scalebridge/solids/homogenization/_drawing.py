"""How the pictures of a homogenization look, and how figures become bytes."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from scalebridge.bridge import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's palette, which colour-blind readers can tell apart."""
MARKERS = ("o", "s", "^", "D", "v", "P")

_STYLE: dict[Any, Any] = {
    "font.size": 10.5,
    "axes.titlesize": 11,
    "axes.labelsize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "0.35",
    "axes.linewidth": 0.8,
    "axes.grid": False,
    "xtick.color": "0.25",
    "ytick.color": "0.25",
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "scalebridge",
    "svg.fonttype": "path",
    "image.interpolation": "nearest",
}
_DPI = 130


@contextlib.contextmanager
def style() -> Iterator[None]:
    """The look of all pictures, while they are drawn."""
    from matplotlib import rc_context

    with rc_context(_STYLE):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches that needs no display."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def picture(figure: Figure, name: str, title: str, caption: str, kind: Literal["svg", "png"] = "svg") -> Picture:
    """A figure as it goes into the report; SVG for lines, PNG for fields."""
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {}
    figure.savefig(
        buffer, format=kind, dpi=_DPI, metadata=metadata, facecolor="white", bbox_inches="tight", pad_inches=0.08
    )
    return Picture(title, caption, buffer.getvalue(), kind, name)


def light_grid(axes: Axes) -> None:
    """Thin lines to read values by."""
    axes.grid(True, color="0.9", linewidth=0.7)
    axes.set_axisbelow(True)
