"""Pictures of a coarse-graining."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.bridge import Picture
from scalebridge.molecules.coarse._compare import Comparison
from scalebridge.molecules.coarse._model import CoarseModel
from scalebridge.molecules.coarse._settings import NAMES
from scalebridge.molecules.coarse._state import CoarseState

if TYPE_CHECKING:
    from scalebridge.molecules.coarse._bridge import CoarseGraining

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "0.6"
_STYLE: dict[Any, Any] = {
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "scalebridge",
}


def pictures(bridge: CoarseGraining, state: CoarseState, model: CoarseModel, found: Comparison) -> tuple[Picture, ...]:
    """Distributions, potentials and the course of the iterations."""
    from matplotlib import rc_context

    with rc_context(_STYLE):
        drawn = [_distributions(bridge, found), _potentials(bridge, state, model)]
        if len(state.history) > 1:
            drawn.append(_course(bridge, state))
    return tuple(drawn)


def _grid(number: int, height: float = 2.9) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure

    columns = min(number, 2)
    rows = -(-number // columns)
    figure = Figure(figsize=(3.9 * columns, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for empty in axes[number:]:
        empty.set_visible(False)
    return figure, axes


def _bytes(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _axis(name: str) -> tuple[str, float]:
    return ("nm", 1.0) if name.startswith(("pair", "bond")) else ("degrees", float(np.rad2deg(1.0)))


def _shown(names: list[str]) -> list[str]:
    """At most eight terms: those of pairs first."""
    return names[:8]


def _distributions(bridge: CoarseGraining, found: Comparison) -> Picture:
    names = _shown(list(found.coarse))
    figure, axes = _grid(len(names))
    for name, ax in zip(names, axes, strict=False):
        unit, factor = _axis(name)
        coarse, fine = found.coarse[name], found.fine[name]
        x, error = factor * coarse.grid.centers, coarse.error()
        ax.plot(x, fine.mean / factor if unit == "degrees" else fine.mean, color=GREY, lw=4, label="atoms")
        values = coarse.mean / factor if unit == "degrees" else coarse.mean
        spread = error / factor if unit == "degrees" else error
        ax.plot(x, values, color=BLUE, label="beads")
        ax.fill_between(x, values - 2 * spread, values + 2 * spread, color=BLUE, alpha=0.25, lw=0)
        seen = np.flatnonzero(fine.mean > 1e-4 * fine.mean.max())
        if name.startswith("bond"):
            ax.set_xlim(x[max(seen[0] - 3, 0)], x[min(seen[-1] + 3, len(x) - 1)])
        ax.set_title(f"{name}   ({100 * found.similarity[name]:.1f} % alike)", fontsize=10.5)
        ax.set_xlabel({"pair": "r", "bond": "length"}.get(name.split()[0], "angle") + f" / {unit}")
        ax.set_ylabel("g(r)" if name.startswith("pair") else f"density / {unit}$^{{-1}}$")
    axes[0].legend()
    caption = (
        f"Grey: distributions of the mapped atoms. Blue: those of the coarse model by {NAMES[bridge.fit.method]}, the "
        "band is two standard errors. Where the lines part, the model does not keep the structure."
    )
    return Picture("Structure: atoms against beads", caption, _bytes(figure), "svg", "distributions")


def _potentials(bridge: CoarseGraining, state: CoarseState, model: CoarseModel) -> Picture:
    fixed = {*bridge.fit.fixed, *state.fixed}
    names = _shown([name for name in model.potentials if name not in fixed])
    figure, axes = _grid(len(names))
    for name, ax in zip(names, axes, strict=False):
        unit, factor = _axis(name)
        potential, target = model.potentials[name], state.targets[0].distributions[name]
        x = target.grid.centers
        if name.startswith("pair"):
            x = np.linspace(x[0], bridge.fit.cutoff, 500)
        energy = potential.energy(x)
        seen = np.interp(x, target.grid.centers, target.mean) > 1e-3 * target.mean.max()
        ax.axhline(0.0, color="0.8", lw=0.8)
        ax.plot(factor * x, energy, color=ORANGE, ls=":", lw=1.2)
        ax.plot(factor * x, np.where(seen, energy, np.nan), color=ORANGE)
        if name in model.errors:
            at, error = model.errors[name]
            band = np.interp(x, at, error)
            low, high = energy - 2 * band, energy + 2 * band
            ax.fill_between(factor * x, low, high, where=seen, color=ORANGE, alpha=0.25, lw=0)
        inside = energy[seen]
        room = 0.15 * max(float(np.ptp(inside)), 1.0)
        ax.set_ylim(inside.min() - room, min(inside.max(), inside.min() + 15.0) + room)
        where = factor * x[seen]
        ax.set_xlim(where[0] - 0.1 * np.ptp(where), where[-1] + 0.02 * np.ptp(where))
        ax.set_title(name, fontsize=10.5)
        ax.set_xlabel({"pair": "r", "bond": "length"}.get(name.split()[0], "angle") + f" / {unit}")
        ax.set_ylabel("energy / kJ mol$^{-1}$")
    caption = (
        "Effective potentials; dotted where no data determine them and they are continued. The band, where there is "
        "one, is two standard errors: from the jackknife of force matching, or from the scatter of the last "
        "iterations."
    )
    return Picture("Potentials", caption, _bytes(figure), "svg", "potentials")


def _course(bridge: CoarseGraining, state: CoarseState) -> Picture:
    figure, axes = _grid(2)
    number = np.arange(1, len(state.history) + 1)
    for name in _shown(list(state.history[0].misfit)):
        axes[0].semilogy(number, [record.misfit[name] for record in state.history], marker="o", ms=3, label=name)
    axes[0].set_xlabel("iteration")
    axes[0].set_ylabel("rms difference from the target")
    axes[0].legend(fontsize=8)
    for i in range(len(state.targets)):
        axes[1].errorbar(
            number,
            [record.pressures[i] for record in state.history],
            [2 * min(record.pressure_errors[i], 1e6) for record in state.history],
            color=(BLUE, ORANGE, "#009e73")[i % 3],
            marker="o",
            ms=3,
        )
    if bridge.fit.pressure is not None:
        axes[1].axhline(bridge.fit.pressure, color=GREY, lw=3, zorder=0)
    axes[1].set_xlabel("iteration")
    axes[1].set_ylabel("pressure / bar")
    caption = (
        "Left: how far distributions are from their targets, iteration by iteration, under the potentials an "
        "iteration began with. Right: pressure with two standard errors; the grey line is the target where there is "
        "one."
    )
    return Picture("Course of the iterations", caption, _bytes(figure), "svg", "course")
