"""Pictures of a hybrid run: profiles through both sides, and where they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scalebridge.bridge import Picture
from scalebridge.fluids.hybrid._drawing import COLOURS, light_grid, new_figure, picture, style
from scalebridge.fluids.hybrid._movie import movie

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from scalebridge.fluids.atomistic import Units
    from scalebridge.fluids.hybrid._bridge import Hybrid
    from scalebridge.fluids.hybrid._state import HybridState


def pictures(bridge: Hybrid, state: HybridState, data: xr.Dataset) -> tuple[Picture, ...]:
    """Velocity, density and temperature, flux, a movie."""
    if not data.sizes["time"]:
        return ()
    with style():
        return (
            _velocity(bridge, data),
            _matter(bridge, data),
            _flux(bridge.atomistic.units, data),
            movie(bridge, state, data),
        )


def _velocity(bridge: Hybrid, data: xr.Dataset) -> Picture:
    from scalebridge.fluids.hybrid._noise import window_error

    figure = new_figure(7.2, 4.6)
    axes = figure.add_subplot()
    _zones(axes, bridge)
    steps = data.sizes["time"]
    shown = sorted({0, steps // 8, steps // 4, steps // 2, steps - 1} & set(range(steps)))
    noise = window_error(bridge, bridge.cycles_per_step * bridge.coupler.duration, bridge.bin_width)
    unit = bridge.atomistic.units
    for colour, step in zip(COLOURS, shown, strict=False):
        now = data.isel(time=step)
        label = f"{float(now['begin']):g} to {float(now['time']):g} {unit.time}"
        axes.errorbar(
            now["velocity"].values[:, 0], now["height"], xerr=noise, fmt="o", ms=3, lw=0.8, color=colour, label=label
        )
        axes.plot(now["velocity_above"].values[:, 0], now["height_above"], "-", color=colour)
        if "theory" in now:
            axes.plot(now["theory"], now["height"], ":", color=colour, lw=1.2)
    axes.set(xlabel=f"velocity along x, {unit.velocity}", ylabel=f"height, {unit.length}", ylim=(0.0, None))
    axes.legend(fontsize=8.5, loc="lower right")
    light_grid(axes)
    dotted = " Dotted: theory." if "theory" in data else ""
    caption = (
        "Mean velocity of the atoms in each step (points, with the predicted standard error of the noise) and "
        f"that of the continuum (lines).{dotted} Bands: where velocity goes up, where it comes down, and the buffer."
    )
    return picture(figure, "velocity", "Velocity through both sides", caption)


def _matter(bridge: Hybrid, data: xr.Dataset) -> Picture:
    figure = new_figure(7.2, 3.4)
    left, right = figure.subplots(1, 2, sharey=True)
    mean, unit = data.mean("time"), bridge.atomistic.units
    left.plot(mean["density"], mean["height"], "o-", ms=3, color=COLOURS[0])
    left.axvline(bridge.atomistic.density, color="0.5", lw=0.8)
    left.set(xlabel=f"density, {unit.density}", ylabel=f"height, {unit.length}")
    for colour, axis in zip(COLOURS, "xyz", strict=False):
        right.plot(mean["temperature"].sel(axis=axis), mean["height"], "-", color=colour, label=axis)
    right.set(xlabel=f"temperature, {unit.temperature}")
    right.legend(fontsize=8.5)
    for axes in (left, right):
        _zones(axes, bridge)
        light_grid(axes)
    caption = "Density and temperature by axis of the atoms, mean over the run; the grey line is the density asked for."
    return picture(figure, "matter", "Density and temperature of the atoms", caption)


def _flux(unit: Units, data: xr.Dataset) -> Picture:
    figure = new_figure(7.2, 3.0)
    axes = figure.add_subplot()
    for colour, side in zip(COLOURS, ("atoms", "continuum"), strict=False):
        axes.plot(data["time"], data["stress"].sel(side=side), "o-", ms=3, color=colour, label=side)
    axes.set(xlabel=f"time, {unit.time}", ylabel=f"x momentum flux, {unit.stress}")
    axes.legend(fontsize=8.5)
    light_grid(axes)
    caption = (
        "Momentum flux up through the interface as counted on the atoms' plane and as received by the continuum. "
        "With flux "
        "exchange both are one; with velocity exchange they agree within the noise of the atoms' stress."
    )
    return picture(figure, "flux", "What crossed the interface", caption)


def _zones(axes: Axes, bridge: Hybrid) -> None:
    o, a = bridge.overlap, bridge.atomistic
    axes.axhspan(*o.sample, color="#009e73", alpha=0.15, lw=0)
    axes.axhspan(o.constraint[0], o.constraint[-1], color="#d55e00", alpha=0.13, lw=0)
    axes.axhspan(a.size[1] - a.buffer, a.size[1], color="0.5", alpha=0.15, lw=0)
