"""The deformed body, coloured by stress or by the rung that answered."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.bridge import Picture
from scalebridge.solids.fe2._points import Floats

if TYPE_CHECKING:
    from scalebridge.solids.fe2._bridge import FE2Bridge, FE2BridgeState

RUNG_COLOURS = ("#999999", "#56b4e9", "#009e73", "#e69f00", "#d55e00")


def von_mises(stress: Floats, elements: int) -> Floats:
    """Von Mises stress of the mean stress of each element, (E,), Pa."""
    mean = stress.reshape(elements, -1, 3, 3).mean(axis=1)
    deviator = mean - np.trace(mean, axis1=1, axis2=2)[:, None, None] * np.eye(3) / 3.0
    found: Floats = np.sqrt(1.5 * np.einsum("eij,eij->e", deviator, deviator))
    return found


def body_pictures(bridge: FE2Bridge, state: FE2BridgeState) -> tuple[Picture, ...]:
    """The body coloured by stress, and by rung where there are several."""
    elements = len(bridge.model.space.connectivity)
    stress = von_mises(state.body.stress, elements) / 1e6
    faces, owner, factor = surface(bridge, state)
    shown = f"Displacements are drawn {factor:.3g} times as large as they are."
    first = _picture(
        faces, stress[owner], "stress", "Stress in the body",
        f"Von Mises stress of the macroscopic mean stress of each element, MPa. {shown}", None,
    )  # fmt: skip
    rung = state.rung.reshape(elements, -1).max(axis=1)
    if rung.min() == rung.max():
        return (first,)
    caption = (
        "The dearest model that answered in each element: blue, exact tensor; green, reduced model; yellow, shared "
        f"cell; red, cell in full; grey, ordinary law. {shown}"
    )
    return first, _picture(faces, rung[owner], "rung_map", "Where cells were solved", caption, RUNG_COLOURS)


def surface(bridge: FE2Bridge, state: FE2BridgeState) -> tuple[Floats, Any, float]:
    """Corners of the deformed boundary faces (f, c, 3), their elements, and the magnification."""
    mesh, basis = bridge.mesh, bridge.model.space.basis
    border = mesh.boundary_facets()
    moved = state.body.displacement[np.asarray(basis.nodal_dofs[0])]
    largest = float(np.abs(moved).max())
    size = float(np.ptp(mesh.p, axis=1).max())
    factor = 1.0 if largest == 0.0 else max(1.0, float(f"{0.08 * size / largest:.1g}"))
    points = mesh.p.T + factor * moved
    return points[_round(mesh.facets[:, border].T, mesh.p.T)], mesh.f2t[0, border], factor


def _round(corners: Any, points: Floats) -> Any:
    """Corners of faces in an order that goes around each, whatever the mesh's own order is."""
    if corners.shape[1] == 3:
        return corners
    x = points[corners] - points[corners].mean(axis=1, keepdims=True)
    normal = np.cross(x[:, 0], x[:, 1])
    parallel = np.linalg.norm(normal, axis=1) < 1e-9 * np.linalg.norm(x, axis=(1, 2)) ** 2
    normal[parallel] = np.cross(x[parallel, 0], x[parallel, 2])
    across = np.cross(normal, x[:, 0])
    angle = np.arctan2(np.einsum("fcj,fj->fc", x, across) / np.linalg.norm(across, axis=1)[:, None],
                       np.einsum("fcj,fj->fc", x, x[:, 0]) / np.linalg.norm(x[:, 0], axis=1)[:, None])  # fmt: skip
    return np.take_along_axis(corners, np.argsort(angle, axis=1), axis=1)


def _picture(
    faces: Floats, values: Any, name: str, title: str, caption: str, colours: tuple[str, ...] | None
) -> Picture:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection  # type: ignore[import-untyped]

    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    axes: Any = figure.add_subplot(projection="3d")
    norm = Normalize(float(min(values.min(), 0.0)), float(values.max()) or 1.0)
    paint = colormaps["viridis"](norm(values)) if colours is None else [colours[int(v) + 1] for v in values]
    axes.add_collection3d(Poly3DCollection(faces, facecolors=paint, edgecolors="0.3", linewidths=0.2))
    low, high = faces.reshape(-1, 3).min(axis=0), faces.reshape(-1, 3).max(axis=0)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
    extent = np.maximum(high - low, 0.1 * (high - low).max())
    axes.set_box_aspect(extent, zoom=1.25)
    axes.set(xlabel="x / m", ylabel="y / m", zlabel="")
    axes.set_zticks([])
    for axis, ticks in enumerate((axes.set_xticks, axes.set_yticks)):
        ticks(np.linspace(low[axis], high[axis], max(2, round(5 * extent[axis] / extent.max()))).round(2))
    axes.view_init(elev=24.0, azim=-50.0)
    if colours is None:
        figure.colorbar(ScalarMappable(norm, "viridis"), ax=axes, shrink=0.7, label="von Mises stress / MPa")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return Picture(title, caption, buffer.getvalue(), "png", name)
