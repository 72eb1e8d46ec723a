"""Pictures of the bridge in time: spectrum, who is fast, full against reduced."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.bridge import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scalebridge.kinetics._bridge import Kinetics, KineticsState

_BLUE, _RED = "#0072b2", "#d55e00"
_MANY = 36  # rows of a map that can still be read
_STYLE: dict[Any, Any] = {
    "font.size": 10.5, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "0.35",
    "axes.linewidth": 0.8, "legend.frameon": False, "svg.hashsalt": "scalebridge", "svg.fonttype": "path",
}  # fmt: skip


def pictures(bridge: Kinetics, state: KineticsState) -> tuple[Picture, ...]:
    """In reading order."""
    with _style():
        shown = [_curves(bridge, state), _spectrum(bridge, state), _map(bridge, state)]
        if state.reactions:
            shown.append(_reaction_map(bridge, state))
        return (*shown, _cost(bridge, state))


@contextlib.contextmanager
def _style() -> Iterator[None]:
    from matplotlib import rc_context

    with rc_context(_STYLE):
        yield


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _picture(figure: Figure, name: str, title: str, caption: str) -> Picture:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, facecolor="white", bbox_inches="tight")
    return Picture(title, caption, buffer.getvalue(), "svg", name)


def _spectrum(bridge: Kinetics, state: KineticsState) -> Picture:
    figure = _figure(6.2, 3.8)
    axes = figure.add_subplot()
    t = np.array(bridge.times)
    modes = state.tau.shape[1]
    fast = np.arange(modes)[None, :] >= modes - state.fast_modes[:, None]
    for chosen, colour, label in ((~fast, _BLUE, "slow"), (fast, _RED, "fast (exhausted)")):
        when, which = np.nonzero(chosen)
        axes.plot(t[when], state.tau[when, which], ".", color=colour, markersize=4, label=label)
    axes.set_yscale("log")
    axes.set_xlabel("time")
    axes.set_ylabel("time scale")
    axes.legend(loc="best")
    return _picture(figure, "spectrum", "Time scales along the run",
                    "Each point is a mode of the linearised network, conserved sums left out. Red modes are exhausted: "
                    "they follow the blue ones. The wider the gap, the better the reduction.")  # fmt: skip


def _map(bridge: Kinetics, state: KineticsState) -> Picture:
    n = len(state.names)
    figure = _figure(6.2, min(1.2 + 0.22 * n, 9.0))
    axes = figure.add_subplot()
    mesh = axes.pcolormesh(np.array(bridge.times), np.arange(n), state.pointers.T, cmap="cividis", vmin=0.0, vmax=1.0,
                           shading="nearest", rasterized=True)  # fmt: skip
    axes.set_yticks(np.arange(n), [f"{s} *" if s in state.eliminated else s for s in state.names], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("time")
    figure.colorbar(mesh, ax=axes, label="part in the fast modes")
    return _picture(figure, "map", "Who is fast, and when",
                    "The CSP pointer of each species: 1 where it belongs to the fast modes, 0 where it is slow. "
                    "Species with a star follow the others in the reduced model.")  # fmt: skip


def _reaction_map(bridge: Kinetics, state: KineticsState) -> Picture:
    """Participation in the fast modes beside importance for the slow motion, the most important of many reactions."""
    most = np.argsort(-np.maximum(state.participation.max(0), state.importance.max(0)))[:_MANY]
    rows = np.sort(most)
    figure = _figure(8.4, min(1.4 + 0.22 * len(rows), 9.0))
    left, right = figure.subplots(1, 2, sharey=True)
    t = np.array(bridge.times)
    nothing = np.where(state.fast_modes[:, None] > 0, 1.0, np.nan)  # where nothing is fast there are no indices
    for axes, table, title in ((left, state.participation, "part in the fast modes"),
                               (right, state.importance, "importance for the slow motion")):  # fmt: skip
        shown = (table * nothing)[:, rows].T
        mesh = axes.pcolormesh(
            t, np.arange(len(rows)), shown, cmap="cividis", vmin=0.0, vmax=1.0, shading="nearest", rasterized=True
        )
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("time")
        axes.ticklabel_format(axis="x", style="sci", scilimits=(-2, 4))
    names = [state.reactions[i] for i in rows]
    left.set_yticks(np.arange(len(rows)), [f"{n} *" if n in state.fast else n for n in names], fontsize=8)
    left.invert_yaxis()
    figure.colorbar(mesh, ax=[left, right], label="share")
    return _picture(figure, "reactions", "Which reactions are fast, and which matter",
                    "CSP indices of each reaction: its share in the amplitudes of the fast modes (left), where large "
                    "shares balance each other, and its largest share in the slow motion of a species (right). White: "
                    "nothing is fast there.")  # fmt: skip


def _cost(bridge: Kinetics, state: KineticsState) -> Picture:
    """Stiffness along the run, before and after, and rate evaluations."""
    figure = _figure(7.6, 3.0)
    stiffness, cost = figure.subplots(1, 2, width_ratios=(2, 1))
    t = np.array(bridge.times)
    end = t[-1] - t[0]
    slow = np.array([row[max(len(row) - m - 1, 0)] for row, m in zip(state.tau, state.fast_modes, strict=True)])
    stiffness.plot(t, end / state.tau[:, -1], color="0.2", label="full")
    stiffness.plot(t, end / slow, "--", color=_RED, label="reduced")
    stiffness.set_yscale("log")
    stiffness.set_xlabel("time")
    stiffness.set_ylabel("run time over fastest time scale")
    stiffness.ticklabel_format(axis="x", style="sci", scilimits=(-2, 4))
    stiffness.legend(fontsize=8)
    bars = cost.bar(["full", "reduced"], state.evaluations, color=["0.4", _RED], width=0.6)
    cost.bar_label(bars, fontsize=9)
    cost.set_ylabel("rate evaluations, implicit")
    return _picture(figure, "cost", "Stiffness and cost, before and after",
                    "Left: how many fastest time scales fit into the run; an explicit solver takes a few steps for "
                    "each. Right: evaluations of the rates by the implicit solver, which stiffness hardly "
                    "costs.")  # fmt: skip


def _curves(bridge: Kinetics, state: KineticsState) -> Picture:
    t = np.array(bridge.times)
    late = bridge.late
    size = np.abs(state.full).max(0)
    moving = np.flatnonzero((np.ptp(state.full, axis=0) > 1e-3 * size) & (size > 0.0))
    relative = np.nan_to_num(state.bars[late]).max(0) / np.maximum(size, 1e-300)
    shown = sorted(moving[np.argsort(-relative[moving])][:6].tolist())
    rows = max(1, -(-len(shown) // 3))
    figure = _figure(7.6, 2.3 * rows)
    for k, i in enumerate(shown):
        axes = figure.add_subplot(rows, 3, k + 1)
        low, high = state.reduced[:, i] - state.bars[:, i], state.reduced[:, i] + state.bars[:, i]
        axes.fill_between(t[late], low[late], high[late], color=_RED, alpha=0.3, linewidth=0, label="error bar")
        axes.plot(t, state.full[:, i], color="0.2", linewidth=1.8, label="full")
        axes.plot(t, state.reduced[:, i], "--", color=_RED, linewidth=1.4, label="reduced")
        axes.set_title(state.names[i], fontsize=10)
        axes.locator_params(axis="x", nbins=4)
        axes.ticklabel_format(axis="x", style="sci", scilimits=(-2, 4))
        if k == 0:
            axes.legend(fontsize=8)
    return _picture(figure, "curves", "Full against reduced",
                    "The species with the largest bars. The band is the error bar, known without the full model; the "
                    "black line is the full model.")  # fmt: skip
