"""Pictures of microstructures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scalebridge.solids.microstructure._microstructure import Microstructure

# Matrix light, inclusions strong; told apart in grey and by colour-blind readers.
_PALETTE = (
    (0.93, 0.90, 0.84),
    (0.13, 0.37, 0.55),
    (0.87, 0.56, 0.17),
    (0.40, 0.62, 0.42),
    (0.62, 0.27, 0.36),
    (0.49, 0.45, 0.66),
    (0.35, 0.70, 0.75),
    (0.85, 0.75, 0.35),
    (0.45, 0.45, 0.45),
)
_LEGEND = 8
_UNITS = ((1.0, "m"), (1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm"))
# Shares of light that the three visible faces get: top, left, right.
_LIGHT = (1.0, 0.88, 0.76)

_Colours = npt.NDArray[np.float64]


def draw(microstructure: Microstructure, ax: Axes | None) -> Axes:
    """Draw a microstructure; see `Microstructure.plot`.

    Args:
        microstructure: what to draw.
        ax: axes to draw into; a new figure is made where None.

    Returns:
        The axes.
    """
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.subplots(figsize=(5.2, 4.2), layout="constrained")[1]
    colours = phase_colours(microstructure)
    if microstructure.ndim == 2:
        _draw_section(microstructure, colours, ax)
    else:
        _draw_cube(microstructure, colours, ax)
    _draw_legend(microstructure, colours, ax)
    return ax


def phase_colours(microstructure: Microstructure) -> _Colours:
    """Colour of each phase number.

    Few phases get a fixed palette. Oriented ones are coloured by the crystal axes that point along x3 (red, green, blue
    for the three axes); any other large number gets colours spread over the circle of hues.

    Args:
        microstructure: its phases.

    Returns:
        RGB, shape (largest phase + 1, 3).
    """
    phases = microstructure.phases
    table = np.zeros((phases[-1] + 1, 3))
    for order, phase in enumerate(phases):
        turn = microstructure.orientations.get(phase)
        if turn is not None:
            along = np.abs(turn[2])
            table[phase] = 0.3 + 0.65 * along / along.max()
        elif len(phases) <= len(_PALETTE):
            table[phase] = _PALETTE[order]
        else:
            # Steps of the golden angle keep neighbours apart however many there are.
            hue = 2 * np.pi * (0.381966 * order + np.array([0.0, 1 / 3, 2 / 3]))
            table[phase] = 0.6 + 0.28 * np.cos(hue)
    return table


def _length_unit(longest: float) -> tuple[float, str]:
    return next(((scale, name) for scale, name in _UNITS if longest >= 0.999 * scale), _UNITS[-1])


def _draw_section(microstructure: Microstructure, colours: _Colours, ax: Axes) -> None:
    scale, unit = _length_unit(max(microstructure.size))
    width, height = (edge / scale for edge in microstructure.size)
    image = colours[microstructure.phase.T]
    ax.imshow(image, origin="lower", extent=(0, width, 0, height), interpolation="nearest")
    ax.set_xlabel(f"$x_1$ in {unit}")
    ax.set_ylabel(f"$x_2$ in {unit}")


def _draw_cube(microstructure: Microstructure, colours: _Colours, ax: Axes) -> None:
    """The faces with normals +x3, -x2 and +x1 in isometric projection, x1 to the lower right, x2 to the upper right."""
    from matplotlib.transforms import Affine2D

    scale, unit = _length_unit(max(microstructure.size))
    a, b, c = (edge / scale for edge in microstructure.size)
    cos, sin = np.sqrt(3) / 2, 0.5
    phase = microstructure.phase
    # Each face: its voxels (first axis along u), where its corner lies, and the drawn directions of u and v.
    one, two, up = np.array([cos, -sin]), np.array([cos, sin]), np.array([0.0, 1.0])
    faces = (
        (phase[:, :, -1], c * up, (a, one), (b, two), _LIGHT[0]),
        (phase[:, 0, :], 0 * up, (a, one), (c, up), _LIGHT[1]),
        (phase[-1, :, :], a * one, (b, two), (c, up), _LIGHT[2]),
    )
    for face, corner, (length_u, u), (length_v, v), light in faces:
        matrix = np.array([[u[0], v[0], corner[0]], [u[1], v[1], corner[1]], [0, 0, 1]])
        image = ax.imshow(
            np.swapaxes(colours[face], 0, 1) * light,
            origin="lower",
            extent=(0, length_u, 0, length_v),
            interpolation="nearest",
        )
        image.set_transform(Affine2D(matrix) + ax.transData)
    _label_cube(ax, (a, b, c), unit)


def _label_cube(ax: Axes, size: tuple[float, float, float], unit: str) -> None:
    a, b, c = size
    cos, sin = np.sqrt(3) / 2, 0.5
    margin = 0.06 * max(size)
    ax.text(a * cos / 2 - margin, -a * sin / 2 - margin, f"$x_1$: {a:.3g} {unit}", ha="right", va="top")
    ax.text((a + b / 2) * cos + margin, (b / 2 - a) * sin - margin, f"$x_2$: {b:.3g} {unit}", ha="left", va="top")
    ax.text(-margin, c / 2, f"$x_3$: {c:.3g} {unit}", ha="right", va="center")
    ax.set_xlim(-8 * margin, (a + b) * cos + 6 * margin)
    ax.set_ylim(-a * sin - 2 * margin, c + b * sin + margin)
    ax.set_aspect("equal")
    ax.set_axis_off()


def _draw_legend(microstructure: Microstructure, colours: _Colours, ax: Axes) -> None:
    from matplotlib.patches import Patch

    fractions = microstructure.volume_fractions()
    if len(fractions) > _LEGEND:
        ax.set_title(f"{len(fractions)} phases", fontsize="medium")
        return
    patches = [
        Patch(facecolor=tuple(colours[phase]), edgecolor="0.3", label=f"{microstructure.name(phase)}, {share:.1%}")
        for phase, share in fractions.items()
    ]
    ax.legend(handles=patches, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, borderaxespad=0.0)
