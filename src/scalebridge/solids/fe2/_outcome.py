"""What a finished FE² run hands over: force curve, rungs, fields for ParaView, methods."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from scalebridge.bridge import Citation, Headline, Outcome, Picture
from scalebridge.solids.fe2._draw_body import body_pictures, von_mises
from scalebridge.solids.fe2._ladder_state import Judged, ladder_states
from scalebridge.solids.fe2._scales import SECONDS, cells_of, gradient_lengths, measured_separations
from scalebridge.solids.fe2._scene import RUNGS, scene

if TYPE_CHECKING:
    from scalebridge.solids.fe2._bridge import FE2Bridge, FE2BridgeState

_FE2 = Citation(
    "F. Feyel, J.-L. Chaboche (2000), FE2 multiscale approach for modelling the elastoviscoplastic behaviour of long "
    "fibre SiC/Ti composite materials, Computer Methods in Applied Mechanics and Engineering 183, 309-330",
    "10.1016/S0045-7825(99)00224-8",
    "a volume element at every integration point",
)
_FIRST_ORDER = Citation(
    "M. G. D. Geers, V. G. Kouznetsova, W. A. M. Brekelmans (2010), Multi-scale computational homogenization: trends "
    "and challenges, Journal of Computational and Applied Mathematics 234, 2175-2182",
    "10.1016/j.cam.2009.08.077",
    "first-order theory and the separation of scales it needs",
)
_BBAR = Citation(
    "T. J. R. Hughes (1980), Generalization of selective integration procedures to anisotropic and nonlinear media, "
    "International Journal for Numerical Methods in Engineering 15, 1413-1418",
    "10.1002/nme.1620150914",
    "averaged volume change in linear hexahedra",
)


def outcome(bridge: FE2Bridge, state: FE2BridgeState) -> Outcome:
    """Everything from the last state."""
    citations = (_FE2, _FIRST_ORDER) + ((_BBAR,) if bridge.element == "hex8" else ())
    return Outcome(
        _data(bridge, state),
        _headlines(bridge, state),
        measured_separations(bridge, state.body.displacement, state.body.strain) if state.lines else (),
        _pictures(bridge, state) if state.lines else (),
        {"body.vtu": body_file(bridge, state)} if state.lines else {},
        _methods(bridge, state),
        citations,
    )


def _data(bridge: FE2Bridge, state: FE2BridgeState) -> xr.Dataset:
    lines, body = state.lines, state.body
    data = xr.Dataset(
        {
            "force": (("step", "axis"), np.array([x.force for x in lines]).reshape(-1, 3), {"units": "N"}),
            "motion": (("step", "axis"), np.array([x.motion for x in lines]).reshape(-1, 3), {"units": "m"}),
            "points": (("step", "rung"), np.array([x.points for x in lines]).reshape(-1, 5), {"units": "1"}),
            "indicator": (("step",), np.array([x.indicator for x in lines]), {"units": "1"}),
            "iterations": (("step",), np.array([x.iterations for x in lines], np.int64), {"units": "1"}),
            "displacement": (("node", "axis"), body.displacement, {"units": "m"}),
            "stress": (("point", "row", "column"), body.stress, {"units": "Pa"}),
            "strain": (("point", "row", "column"), body.strain, {"units": "1"}),
            "position": (("point", "axis"), bridge.model.space.positions, {"units": "m"}),
        },
        coords={"time": ("step", np.array([x.time for x in lines])), "axis": list("xyz"), "rung": list(RUNGS)},
    )
    data["time"].attrs["units"] = "s"
    if len(state.rung):
        data["rung_of_point"] = ("point", state.rung, {"units": "1"})
    return data


def _headlines(bridge: FE2Bridge, state: FE2BridgeState) -> dict[str, Headline]:
    force = max((float(np.linalg.norm(x.force)) for x in state.lines), default=0.0)
    found = {
        "largest_motion": Headline(
            max((float(np.linalg.norm(x.motion)) for x in state.lines), default=0.0),
            "m",
            f"largest mean displacement of the boundary {bridge.watch}",
        ),
        "steps": Headline(float(len(state.lines)), "1", f"load steps done of {len(bridge.times)}"),
        "points": Headline(float(bridge.model.space.points), "1", "macroscopic integration points"),
    }
    if force > 0.0:
        found["largest_force"] = Headline(force, "N", f"largest force on the boundary {bridge.watch}")
    if cells_of(bridge) and state.lines:
        full = float(state.lines[-1].points[4])
        found["cells_in_full"] = Headline(full, "1", "cells solved in full in the last step")
        if bridge.ladder is not None:
            asked, done = _responses(state)
            found["responses"] = Headline(float(asked), "1", "answers of cells that the macroscopic solver asked for")
            found["full_responses"] = Headline(
                float(done), "1", "increments of cells solved in full, to answer or to learn from"
            )
    return found


def _responses(state: FE2BridgeState) -> tuple[int, int]:
    """Answers of cells that the solver asked for, and increments that were solved in full, training included."""
    asked = sum(int(x.points[1:].sum()) * x.iterations for x in state.lines)
    full = sum(int(x.points[4]) * x.iterations for x in state.lines)
    learned = 0
    for own in ladder_states(state.body.micro):
        training = getattr(own.model, "training", None)
        learned += sum(len(s.strain) for s in (*training.fitted, *training.kept)) if training is not None else 0
    return asked, full + learned


def _judged(state: FE2BridgeState) -> list[Judged]:
    return [j for own in ladder_states(state.body.micro) for j in own.audits]


def _methods(bridge: FE2Bridge, state: FE2BridgeState) -> str:
    space = bridge.model.space
    text = [
        f"A body of {len(space.connectivity)} finite elements ({space.element}, {len(space.nodes)} nodes, "
        f"{space.points} integration points) was loaded in {len(bridge.times)} steps in {bridge.kinematics} strain. "
        f"Equilibrium was found by Newton's method to a relative residual of {bridge.tolerance:g}."
    ]
    for cell in {id(c): c for c in cells_of(bridge)}.values():
        grid = " x ".join(str(n) for n in cell.microstructure.shape)
        text.append(
            f"Each integration point carried a volume element of {grid} voxels with {cell.boundary} boundary condition "
            "[1]; its mean stress and consistent tangent answered the macroscopic strain, as first-order theory has "
            "it [2]."
        )
    if bridge.ladder is not None and cells_of(bridge):
        text.append(
            "Cells in which no integration point yields were answered by their exact effective tensor; "
            + ("points with nearly the same history shared one cell; " if bridge.ladder.sharing else "")
            + f"an error of {100 * bridge.ladder.allowance:g} % of the largest stress was allowed."
        )
        text += [*_learned(state), _saved(bridge, state)]
    if bridge.element == "hex8":
        text.append("The volume change was averaged over each element [3].")
    if state.reason:
        text.append(f"The run ended early: {state.reason}")
    return " ".join(text)


def _learned(state: FE2BridgeState) -> list[str]:
    """Sentences about reduced models that were made on the fly."""
    found = []
    for own in ladder_states(state.body.micro):
        if getattr(own.model, "training", None) is None:
            continue
        sizes = " and ".join(f"{m.modes} modes with {m.points} integration points" for m in own.model.members)
        found.append(
            f"Cells that yielded were answered by a committee of two reduced models ({sizes}), fitted to full "
            f"solutions of {own.solved} cells along the strains of a rehearsal and of points that were found wanting; "
            f"its largest error on the cells that were kept from the fit was {100 * own.model.error:.2g} % of their "
            "largest stress. The distance of the two, calibrated on these cells, was the error indicator."
        )
        if own.audits:
            ratio = [j.indicator / max(j.error, 1e-12) for j in own.audits]
            found.append(
                f"The full grid judged {len(own.audits)} of the answers; indicator over error was "
                f"{np.median(ratio):.2g} in the median, {min(ratio):.2g} at the least."
            )
    return found


def _saved(bridge: FE2Bridge, state: FE2BridgeState) -> str:
    """What the ladder saved, in increments of cells and in time as the plan counts it."""
    asked, full = _responses(state)
    voxels = max(c.microstructure.phase.size for c in cells_of(bridge))
    hours = SECONDS * voxels * (asked - full) / 3600.0
    return (
        f"The macroscopic solver asked cells for {asked} answers; {full} increments were solved in full. At the cost "
        f"that the plan assumes the ladder saved {hours:.2g} processor hours."
    )


def _effectivity(bridge: FE2Bridge, state: FE2BridgeState) -> tuple[Picture, ...]:
    """Indicators of rung 1 against what the full grid found."""
    from matplotlib.figure import Figure

    judged = _judged(state)
    if not judged:
        return ()
    figure = Figure(figsize=(5.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    error, indicator = np.maximum([(j.error, j.indicator) for j in judged], 1e-4).T
    axes.loglog(error, indicator, "o", ms=4)
    ends = [min(error.min(), indicator.min()), max(error.max(), indicator.max())]
    axes.plot(ends, ends, "-", color="0.6", lw=1)
    axes.axhline(1.0, color="0.6", lw=1, ls="--")
    axes.set(xlabel="error found on the full grid / allowance", ylabel="indicator of the reduced model / allowance")
    return (
        _picture(figure, "effectivity", "Does the reduced model know its error?",
                 "One mark per point that was judged on the full grid. Below the line the indicator was too small; "
                 "above the dashed line a point leaves the reduced model, or the model is made better."),
    )  # fmt: skip


def _pictures(bridge: FE2Bridge, state: FE2BridgeState) -> tuple[Picture, ...]:
    from matplotlib.figure import Figure

    lines = state.lines
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    motion = [float(np.linalg.norm(x.motion)) for x in lines]
    forces = np.array([x.force for x in lines])
    if np.abs(forces).max() > 0.0:
        axis = int(np.argmax(np.ptp(forces, axis=0) + np.abs(forces).max(axis=0)))
        axes.plot([0.0, *motion], [0.0, *forces[:, axis]], "o-", ms=3)
        axes.set(xlabel=f"displacement of {bridge.watch} / m", ylabel=f"force along {'xyz'[axis]} / N")
        curve = _picture(figure, "force", "Force against displacement",
                         f"Sum of the reactions on the boundary {bridge.watch}, one mark per load step.")  # fmt: skip
    else:
        axes.plot([0.0, *[x.time for x in lines]], [0.0, *motion], "o-", ms=3)
        axes.set(xlabel="time of loading / s", ylabel=f"displacement of {bridge.watch} / m")
        curve = _picture(figure, "motion", "Displacement",
                         f"Mean displacement of the boundary {bridge.watch}, one mark per load step.")  # fmt: skip
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.add_subplot()
    shares = np.array([x.points for x in lines])
    used = [k for k in range(5) if shares[:, k].any()]
    axes.stackplot(np.arange(1, len(lines) + 1), shares[:, used].T, labels=[RUNGS[k] for k in used], step="mid")
    axes.set(xlabel="load step", ylabel="integration points")
    axes.legend(loc="upper left", fontsize=8)
    rungs = _picture(figure, "rungs", "Which model answered",
                     "Integration points on each rung of the ladder in each load step.")  # fmt: skip
    return (scene(bridge, state), *body_pictures(bridge, state), curve, rungs, *_effectivity(bridge, state))


def _picture(figure: Any, name: str, title: str, caption: str) -> Picture:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return Picture(title, caption, buffer.getvalue(), "svg", name)


def body_file(bridge: FE2Bridge, state: FE2BridgeState) -> bytes:
    """Deformed body with stress, rung and gradient length, for ParaView (.vtu)."""
    import meshio

    space, body = bridge.model.space, state.body
    count = len(space.connectivity)
    strain = body.strain - np.eye(3) if bridge.kinematics == "finite" else body.strain
    lengths = np.minimum(gradient_lengths(space, strain), 1e9)
    cells = {
        "von Mises stress": von_mises(body.stress, count),
        "rung": state.rung.reshape(count, -1).max(axis=1),
        "gradient length": lengths,
    }
    points, corners = corner_mesh(bridge)
    kind = "hexahedron" if corners.shape[1] == 8 else "tetra"
    mesh = meshio.Mesh(
        points, [(kind, corners)], {"displacement": _at_corners(bridge, body.displacement)},
        {name: [values] for name, values in cells.items()},
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body.vtu"
        meshio.write(path, mesh)
        return path.read_bytes()


def corner_mesh(bridge: FE2Bridge) -> tuple[Any, Any]:
    """Corners of the elements: points (P, 3), and connectivity in the order of VTK."""
    from skfem.io.meshio import to_meshio

    found = to_meshio(bridge.mesh)
    return bridge.mesh.p.T, found.cells[0].data[:, : 8 if space_is_hex(bridge) else 4]


def space_is_hex(bridge: FE2Bridge) -> bool:
    """Whether the elements are hexahedra."""
    return bridge.model.space.element.startswith("hex")


def _at_corners(bridge: FE2Bridge, field: Any) -> Any:
    """Nodal values at the corners of the mesh."""
    nodes = np.asarray(bridge.model.space.basis.nodal_dofs[0])
    return field[nodes]
