"""Pictures of elastic anisotropy: Young's modulus by direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from scalebridge.errors import InputError
from scalebridge.solids.elasticity._constants import directional_youngs_modulus
from scalebridge.solids.elasticity._mandel import FloatArray, check_rotation

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.projections.polar import PolarAxes

_COLOURS = ("#0072b2", "#d55e00", "#009e73")
_STYLES = ("-", "--", ":")


def plot_youngs_modulus(
    stiffness: ArrayLike,
    *,
    axes: ArrayLike | None = None,
    planes: Sequence[tuple[int, int]] = ((0, 1), (0, 2), (1, 2)),
    unit: str = "GPa",
    per_unit: float = 1e9,
) -> Figure:
    """Young's modulus by direction: a polar diagram in principal planes and the surface in space.

    Args:
        stiffness: Mandel matrix (6, 6) in Pa.
        axes: proper rotation (3, 3) whose columns are the axes drawn; the coordinate axes where not given.
        planes: pairs of axes (0, 1, 2) that span the planes of the polar diagram, one to three.
        unit: unit written at the axes.
        per_unit: Pa per `unit`.

    Raises:
        InputError: not a symmetric positive definite stiffness, not a rotation, or a plane of one axis.
    """
    from matplotlib.figure import Figure

    frame = np.eye(3) if axes is None else check_rotation(axes)
    for plane in planes:
        if len(set(plane)) != 2 or not set(plane) <= {0, 1, 2}:
            raise InputError(f"the plane {plane} must be spanned by two different axes out of 0, 1 and 2")
    if not 1 <= len(planes) <= 3:
        raise InputError(f"{len(planes)} planes to draw; give one to three")
    figure = Figure(figsize=(9.0, 4.4), layout="constrained")
    _draw_planes(figure, np.asarray(stiffness), frame, planes, unit, per_unit)
    _draw_surface(figure, np.asarray(stiffness), frame, unit, per_unit)
    return figure


def _draw_planes(
    figure: Figure,
    stiffness: FloatArray,
    frame: FloatArray,
    planes: Sequence[tuple[int, int]],
    unit: str,
    per_unit: float,
) -> None:
    from matplotlib.ticker import MaxNLocator

    polar: PolarAxes = figure.add_subplot(1, 2, 1, projection="polar")  # type: ignore[assignment]
    angle = np.linspace(0.0, 2.0 * np.pi, 361)
    for (i, j), colour, style in zip(planes, _COLOURS, _STYLES, strict=False):
        directions = np.outer(np.cos(angle), frame[:, i]) + np.outer(np.sin(angle), frame[:, j])
        modulus = directional_youngs_modulus(stiffness, directions) / per_unit
        polar.plot(angle, modulus, style, color=colour, label=f"from axis {i + 1} (0°) to axis {j + 1} (90°)")
    polar.set_ylim(bottom=0.0)
    polar.yaxis.set_major_locator(MaxNLocator(4))
    # Between the axes, where curves of an orthotropic material leave room.
    polar.set_rlabel_position(67.5)
    polar.set_title(f"Young's modulus in {unit}")
    polar.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), frameon=False)


def _draw_surface(figure: Figure, stiffness: FloatArray, frame: FloatArray, unit: str, per_unit: float) -> None:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    space = figure.add_subplot(1, 2, 2, projection="3d")
    polar, azimuth = np.meshgrid(np.linspace(0.0, np.pi, 61), np.linspace(0.0, 2.0 * np.pi, 121), indexing="ij")
    n = np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], axis=-1)
    modulus = directional_youngs_modulus(stiffness, n @ frame.T) / per_unit
    low, high = float(modulus.min()), float(modulus.max())
    # An isotropic material must look uniform, not like rounding noise stretched over the whole colour map.
    shades = ScalarMappable(Normalize(low, max(high, low * 1.001)), colormaps["viridis"])
    surface = n * modulus[..., None]
    space.plot_surface(*np.moveaxis(surface, -1, 0), facecolors=shades.to_rgba(modulus), rcount=61, ccount=121)
    space.set(xlabel="axis 1", ylabel="axis 2", zlabel="axis 3")
    space.set_xlim(-high, high)
    space.set_ylim(-high, high)
    space.set_zlim(-high, high)
    space.set_box_aspect((1, 1, 1))
    figure.colorbar(shades, ax=space, shrink=0.7, pad=0.12, label=f"Young's modulus in {unit}")
