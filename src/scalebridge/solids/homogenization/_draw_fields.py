"""Local fields at the end of a load path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scalebridge.bridge import Picture
from scalebridge.solids.homogenization._drawing import new_figure, picture
from scalebridge.solids.homogenization._headlines import slug
from scalebridge.solids.homogenization._local import PLASTIC
from scalebridge.solids.representative import LENGTHS, readable_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scalebridge.solids.homogenization._bridge import Homogenization
    from scalebridge.solids.homogenization._settings import Load
    from scalebridge.solids.homogenization._state import PathRecord
    from scalebridge.solids.microstructure import Microstructure

_FINEST = 256
# Largest displacement to draw, as a share of the cell's edge.
_VISIBLE = 0.08


def field_picture(bridge: Homogenization, load: Load, record: PathRecord) -> Picture:
    """Von Mises stress, and plastic strain where there is any, on the deformed section."""
    panels = [("von Mises stress", "von Mises stress in MPa", 1e6, "viridis")]
    if PLASTIC in record.fields and record.fields[PLASTIC].max() > 0.0:
        panels.append((PLASTIC, "equivalent plastic strain in %", 0.01, "magma"))
    figure = new_figure(3.9 * len(panels) + 0.2, 3.6)
    length, unit_of_length = readable_unit(LENGTHS, max(bridge.microstructure.size[:2]))
    gain, corners = _deformed(bridge, record, length)
    for n, (name, label, unit, colours) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), n + 1)
        values = _section(record.fields[name]) / unit
        _draw(figure, axes, corners, values, label, colours)
        _draw_interfaces(axes, bridge.microstructure, corners)
        axes.set(xlabel=f"$x_1$ in {unit_of_length}", ylabel=f"$x_2$ in {unit_of_length}")
    where = "" if bridge.microstructure.ndim == 2 else " The section is the middle one normal to axis 3."
    drawn = f"displacements {gain:.3g} times as large" if gain != 1.0 else "displacements as they are"
    caption = (
        f"After increment {len(record.increments)} of {len(load.path)}, voxel averages; {drawn}. Colours end at the "
        f"99.5th percentile. White lines are the phases' boundaries.{where}"
    )
    return picture(figure, f"fields-{slug(load.name)}", f"Local fields: {load.name}", caption, "png")


def _section(field: NDArray[Any]) -> NDArray[Any]:
    """The middle section of a volume."""
    return field if field.ndim == 2 else field[:, :, field.shape[2] // 2]


def _deformed(bridge: Homogenization, record: PathRecord, unit: float) -> tuple[float, NDArray[np.float64]]:
    """How much displacements are enlarged, and where the voxels' corners come to lie, (n1 + 1, n2 + 1, 2)."""
    cell = bridge.microstructure
    last = record.increments[-1].strain
    gradient = last - np.eye(3) if bridge.numerics.kinematics == "finite" else last
    u = record.fields["displacement"]
    flat = (u if cell.ndim == 2 else u[:, :, cell.shape[2] // 2])[..., :2].astype(np.float64)
    closed = np.pad(flat, ((0, 1), (0, 1), (0, 0)), mode="wrap" if bridge.numerics.boundary == "periodic" else "edge")
    axes = [np.arange(n + 1) * h for n, h in zip(cell.shape[:2], cell.spacing[:2], strict=True)]
    place = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    moved = place @ gradient[:2, :2].T + closed
    moved -= moved.mean(axis=(0, 1))
    largest = float(np.abs(moved).max()) or 1.0
    gain = min(10.0, max(1.0, float(f"{_VISIBLE * max(cell.size[:2]) / largest:.1g}")))
    return gain, (place + gain * moved) / unit


def _draw(
    figure: Figure, axes: Axes, corners: NDArray[np.float64], values: NDArray[Any], label: str, colours: str
) -> None:
    step = max(1, -(-values.shape[0] // _FINEST))
    x, y = np.moveaxis(corners[::step, ::step], -1, 0)
    shown = values[::step, ::step][: x.shape[0] - 1, : x.shape[1] - 1]
    top = float(np.percentile(values, 99.5)) or 1.0
    mesh = axes.pcolormesh(x, y, shown, cmap=colours, vmin=0.0, vmax=top, rasterized=True)
    axes.set_aspect("equal")
    figure.colorbar(mesh, ax=axes, shrink=0.82, label=label, extend="max")


def _draw_interfaces(axes: Axes, cell: Microstructure, corners: NDArray[np.float64]) -> None:
    phase = _section(cell.phase)
    middle = 0.25 * (corners[1:, 1:] + corners[:-1, 1:] + corners[1:, :-1] + corners[:-1, :-1])
    numbers = np.unique(phase)
    if numbers.size < 2 or numbers.size > 8:
        return
    for number in numbers[1:]:
        inside = (phase == number).astype(float)
        axes.contour(middle[..., 0], middle[..., 1], inside, levels=[0.5], colors="white", linewidths=0.5, alpha=0.8)
