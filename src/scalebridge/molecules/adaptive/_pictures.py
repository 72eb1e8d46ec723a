"""Pictures of a run with adaptive resolution."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from scalebridge.bridge import Picture
from scalebridge.molecules.adaptive._speed import block_side, pair_shares

if TYPE_CHECKING:
    from scalebridge.molecules.adaptive._bridge import AdaptiveLiquid, AdaptiveState
    from scalebridge.molecules.adaptive._calibration import Calibration, CalibrationSettings
    from scalebridge.molecules.adaptive._production import AdaptiveRun
    from scalebridge.molecules.adaptive._regions import Region


class Drawn(Protocol):
    """A bridge of which profiles are drawn."""

    @property
    def region(self) -> Region: ...
    @property
    def settings(self) -> CalibrationSettings: ...
    @property
    def scheme(self) -> str: ...


BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "0.6"
STYLE: dict[Any, Any] = {
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "scalebridge",
}


def pictures(bridge: AdaptiveLiquid, state: AdaptiveState) -> tuple[Picture, ...]:
    """The box, the density, what keeps it, the structure, the energy, and where the time goes."""
    from matplotlib import rc_context

    assert state.run is not None
    with rc_context(STYLE):
        assert state.calibration is not None
        run, calibration = state.run, state.calibration
        drawn = [
            _box(bridge, state),
            density_picture(bridge, calibration, run),
            resolution_picture(bridge, calibration),
        ]
        if state.run.pairs.shape[-1]:
            drawn.append(_structure(state))
        if len(state.energy):
            drawn.append(_energy(bridge, state))
        drawn.append(_cost(bridge))
    return tuple(drawn)


def figure_of(width: float = 6.4, height: float = 3.2) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def image_of(figure: Any, kind: str = "svg") -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None, dpi=160)
    return buffer.getvalue()


def _zones(bridge: Drawn, axes: Any) -> None:
    region = bridge.region
    axes.axvspan(region.atomistic, region.outer, color="0.93", lw=0)
    axes.set_xlabel("distance from the middle / nm")


def _box(bridge: AdaptiveLiquid, state: AdaptiveState) -> Picture:
    """A cut through the box: atoms small, beads as discs, coloured by resolution."""
    from matplotlib.collections import EllipseCollection

    assert state.run is not None
    box = bridge.liquid.box
    x = state.run.positions.reshape(-1, 3, 3)
    centre = x[:, 0] + ((x - x[:, :1]) * np.array([15.999, 1.008, 1.008])[None, :, None] / 18.015).sum(axis=1)
    shift = -box * np.floor(centre / box)
    resolution, _ = bridge.region.resolution(centre, box)
    cut = np.abs((centre + shift)[:, 2] - bridge.region.centre[2] % box[2]) < 0.2
    width = 7.2
    figure, axes = figure_of(width, width * box[1] / box[0] + 0.5)
    order = np.flatnonzero(cut)
    for sites, size in ((slice(0, 1), 0.26), (slice(1, 3), 0.16)):
        places = (x + shift[:, None])[order][:, sites].reshape(-1, 3)
        colour = np.repeat(resolution[order], places.shape[0] // max(len(order), 1))
        shown = colour > 0.0
        axes.add_collection(
            EllipseCollection(
                np.full(shown.sum(), size), np.full(shown.sum(), size), np.zeros(shown.sum()), units="xy",
                offsets=places[shown, :2], transOffset=axes.transData, array=colour[shown], cmap="plasma", clim=(0, 1),
                alpha=0.9, edgecolors="0.3", linewidths=0.3, rasterized=True,
            )
        )  # fmt: skip
    beads = order[resolution[order] == 0.0]
    drawn = EllipseCollection(
        np.full(len(beads), 0.3), np.full(len(beads), 0.3), np.zeros(len(beads)), units="xy",
        offsets=(centre + shift)[beads, :2], transOffset=axes.transData, array=np.zeros(len(beads)), cmap="plasma",
        clim=(0, 1), alpha=0.55, edgecolors="0.3", linewidths=0.3, rasterized=True,
    )  # fmt: skip
    axes.add_collection(drawn)
    axes.set(xlim=(0, box[0]), ylim=(0, box[1]), aspect="equal", xlabel="x / nm", ylabel="y / nm")
    figure.colorbar(drawn, ax=axes, label="resolution", shrink=0.8)
    caption = (
        "A layer of 0.4 nm through the middle at the end of the run. Bright: all atoms; dark discs: beads; in between, "
        "molecules on their way, whose energy is a mixture."
    )
    return Picture("The box by resolution", caption, image_of(figure, "png"), "png", "box")


def density_picture(bridge: Drawn, calibration: Calibration, run: AdaptiveRun) -> Picture:
    """Density before and after."""
    figure, axes = figure_of()
    _zones(bridge, axes)
    if calibration.before.size:
        axes.plot(calibration.distance, calibration.before[0], color=GREY, label="before the last stage")
    if len(run.layer_distance) > len(run.distance):
        axes.plot(run.layer_distance, run.layer_density[0], color=BLUE, lw=0.5, alpha=0.6, label="after, in layers")
    density, error = run.density
    axes.errorbar(run.distance, density, 2.0 * error, color=BLUE, marker="o", ms=3, lw=1, label="after")
    tolerance = bridge.settings.tolerance
    axes.axhspan(1.0 - tolerance, 1.0 + tolerance, color=GREEN, alpha=0.15, lw=0)
    axes.set_ylabel("density over its mean")
    axes.legend()
    caption = (
        "Density by distance from the middle of the region, before the thermodynamic force and in the production, with "
        "two standard errors; thin line: in shells as thin as layers of molecules, with more noise. Grey: hybrid zone; "
        "green: the band the calibration aims at."
    )
    return Picture("Density profile", caption, image_of(figure), "svg", "density")


def resolution_picture(bridge: Drawn, calibration: Calibration) -> Picture:
    """The resolution, and what is added to the Hamiltonian."""
    from scalebridge.molecules.adaptive._regions import switch

    region = bridge.region
    figure, axes = figure_of()
    _zones(bridge, axes)
    d = np.linspace(0.0, region.outer * 1.3, 400)
    value, _ = switch(d, region.atomistic, region.hybrid, region.switching)
    axes.plot(d, value, color="k", label="resolution")
    axes.set_ylabel("resolution")
    other = axes.twinx()
    for name, curve in calibration.compensation.items():
        if bridge.scheme == "hamiltonian":
            other.plot(d, curve(value)[0], color=ORANGE, label=f"by resolution, {name}")
    for name, force in calibration.thermodynamic.items():
        other.plot(d, force(d)[0], color=BLUE, label=f"by distance, {name}")
    other.spines["right"].set_visible(True)
    other.set_ylabel("energy / kJ mol$^{-1}$")
    lines = [line for part in (axes, other) for line in part.get_lines()]
    axes.legend(lines, [str(line.get_label()) for line in lines], fontsize=9)
    caption = (
        "The resolution of a molecule, and the energies that are added to it so that the density stays even: against "
        "the mean drift force (orange), and what the density asked for beyond (blue)."
    )
    return Picture("Resolution and compensation", caption, image_of(figure), "svg", "resolution")


def _structure(state: AdaptiveState) -> Picture:
    assert state.run is not None
    assert state.liquid is not None
    figure, axes = figure_of()
    found, error = state.run.radial
    axes.plot(state.liquid.r, state.liquid.radial, color=GREY, lw=4, label="all atoms")
    axes.plot(state.run.r, found, color=BLUE, label="atomistic part")
    axes.fill_between(state.run.r, found - 2 * error, found + 2 * error, color=BLUE, alpha=0.25, lw=0)
    axes.set(xlabel="r / nm", ylabel="g(r)")
    axes.legend()
    caption = (
        "Radial distribution of oxygen in the atomistic part on that of the same water with all its atoms; the band is "
        "two standard errors. Both should be one line."
    )
    return Picture("Structure in the atomistic part", caption, image_of(figure), "svg", "structure")


def _energy(bridge: AdaptiveLiquid, state: AdaptiveState) -> Picture:
    kt = 0.00831446261815324 * bridge.settings.dynamics.temperature
    figure, axes = figure_of()
    times = np.linspace(0.0, 1.0, len(state.energy)) * min(1.0, bridge.production)
    axes.plot(times, (state.energy - state.energy[0]) / bridge.liquid.count / kt, color=BLUE, marker="o", ms=3)
    axes.set(xlabel="time / ps", ylabel="energy per molecule / kT")
    caption = "Total energy at constant energy, with drift force and compensation: one Hamiltonian keeps it."
    return Picture("Energy", caption, image_of(figure), "svg", "energy")


def _cost(bridge: AdaptiveLiquid) -> Picture:
    from scalebridge.molecules.adaptive._scales import PER_MOLECULE

    box, side = bridge.liquid.box, block_side(bridge.liquid.box, bridge.liquid.count)
    fine, coarse = pair_shares(bridge.region, box, bridge.liquid.cutoff + 0.16, side)
    both = [
        ("all atoms", PER_MOLECULE.fine, 0.0),
        ("adaptive", fine * PER_MOLECULE.fine, coarse * PER_MOLECULE.coarse),
    ]
    figure, axes = figure_of(6.4, 2.0)
    for row, (name, atoms, beads) in enumerate(both):
        left = 0.0
        for part, colour in ((atoms, BLUE), (beads, ORANGE), (PER_MOLECULE.engine, GREY)):
            axes.barh(row, 1e6 * part, left=1e6 * left, color=colour)
            left += part
        axes.text(1e6 * left, row, f"  {name}", va="center")
    axes.set(yticks=[], xlabel="predicted processor time per molecule and step / µs")
    axes.set_xlim(0.0, 1.35e6 * (PER_MOLECULE.fine + PER_MOLECULE.engine))
    caption = (
        f"Pairs with atoms (blue; {100 * fine:.0f} % of all), pairs of beads (orange; {100 * coarse:.0f} %), and the "
        "engine (grey), with costs measured once on another machine: the prediction by Amdahl's law."
    )
    return Picture("Where the time goes", caption, image_of(figure), "svg", "cost")
