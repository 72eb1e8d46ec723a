"""What a run of sound hands over: both sides in place and time, what went over, pictures, words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scalebridge.bridge import Citation, Headline, Outcome, Picture
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.hybrid._drawing import COLOURS, light_grid, new_figure, picture, style
from scalebridge.scales import Cost, Scale, ScaleMap, Separation

if TYPE_CHECKING:
    import xarray as xr

    from scalebridge.fluids.hybrid._acoustic import Acoustic, AcousticState

_SOURCES = (
    Citation(
        "K. W. Thompson, 1987, Time dependent boundary conditions for hyperbolic systems, Journal of Computational "
        "Physics 68, 1-24", "10.1016/0021-9991(87)90041-6", "characteristics at the interface",
    ),
    Citation(
        "R. Delgado-Buscalioni, G. De Fabritiis, 2007, Embedding molecular dynamics within fluctuating hydrodynamics "
        "in multiscale simulations of liquids, Physical Review E 76, 036709", "10.1103/PhysRevE.76.036709",
        "sound through an atomistic-continuum interface",
    ),
    Citation(
        "R. Delgado-Buscalioni, P. V. Coveney, 2003, USHER: an algorithm for particle insertion in dense fluids, "
        "Journal of Chemical Physics 119, 978-987", "10.1063/1.1579475", "places of new atoms",
    ),
)  # fmt: skip


def scale_map(bridge: Acoustic) -> ScaleMap:
    """Atoms below, continuum above; against atoms everywhere."""
    a, f = bridge.atomistic, bridge.fluid
    atoms, top = a.density * a.area * a.size[1], a.size[1] + bridge.length
    steps = bridge.cycles * bridge.steps_per_cycle
    per_step, end = a.atom_seconds, bridge.cycles * bridge.duration
    own, full = (per_step * steps * n * bridge.instances for n in (atoms, atoms * top / a.size[1]))
    wide = bridge.pulse.width if bridge.pulse else a.size[1]
    viscosity = f.viscosity if not callable(f.viscosity) else float(f.viscosity(np.array([f.temperature]))[0])
    free = (4.0 * viscosity / 3.0 + f.bulk_viscosity) / bridge.impedance
    return ScaleMap(
        (
            Scale("molecular dynamics", "fine", (1.0, a.size[1]), (a.time_step, end), 3.0 * atoms, per_step * atoms),
            Scale("compressible continuum", "coarse", (bridge.length / bridge.cells, top), (bridge.duration, end)),
        ),
        (
            Separation("width of the pulse / buffer", wide / a.buffer, 1.5, 0.5,
                       "the buffer moves as one: waves as short as it is thick are thrown back"),
            Separation("width of the pulse / viscous length of sound", wide / max(free, 1e-12), 3.0, 1.0,
                       "impedance is that of sound without friction"),
        ),
        Cost("molecular dynamics of both sides", full, 400.0 * atoms * top / a.size[1], "atoms times steps"),
        Cost("this bridge", own, 400.0 * atoms * bridge.instances, "atoms times steps; the continuum costs little"),
    )  # fmt: skip


def outcome(bridge: Acoustic, state: AcousticState) -> Outcome:
    """Everything from the last state."""
    data = dataset(bridge, state)
    return Outcome(
        data, _headlines(bridge, state), pictures=_pictures(bridge, data), methods=_methods(bridge), citations=_SOURCES
    )


def dataset(bridge: Acoustic, state: AcousticState) -> xr.Dataset:
    """Density and velocity along y of both sides, by step, instance and height; what the continuum got."""
    import xarray as xr

    bins = state.below.shape[2]
    steps = np.minimum((np.arange(len(state.below)) + 1) * bridge.cycles_per_step, bridge.cycles)
    below, above, sent = state.below, state.above, state.sent
    return xr.Dataset(
        {
            "density": (("time", "instance", "height"), below[..., 0], {"units": "m/sigma^3"}),
            "velocity": (("time", "instance", "height"), below[..., 1], {"units": "sigma/tau"}),
            "density_above": (("time", "instance", "height_above"), above[..., 0], {"units": "m/sigma^3"}),
            "velocity_above": (("time", "instance", "height_above"), above[..., 1], {"units": "sigma/tau"}),
            "mass": (("time", "instance"), sent[..., 0], {"units": "m/sigma^2"}),
            "momentum": (("time", "instance"), sent[..., 1], {"units": "m/(sigma tau)"}),
        },
        coords={
            "time": ("time", steps * bridge.duration, {"units": "tau"}),
            "height": ("height", (np.arange(bins) + 0.5) * bridge.bin_width, {"units": "sigma"}),
            "height_above": ("height_above", bridge.heights_above, {"units": "sigma"}),
        },
    )


def momentum_above(bridge: Acoustic, state: AcousticState) -> Floats:
    """Momentum along y per area of the continuum at the end of each step, (steps, instances)."""
    return np.asarray(np.prod(state.above, axis=-1).sum(axis=-1) * bridge.length / bridge.cells)


def _headlines(bridge: Acoustic, state: AcousticState) -> dict[str, Headline]:
    numbers = {
        "mass_sent": _mean(state.sent[..., 0].sum(axis=0), "m/sigma^2", "mass per area that went up through the end"),
        "impedance": Headline(bridge.impedance, "m/(sigma^2 tau)", "rho c of the continuum"),
    }
    pulse = bridge.pulse
    if pulse is not None and pulse.up and pulse.middle < bridge.atomistic.size[1] and len(state.above):
        whole = bridge.impedance * pulse.strain * pulse.width * np.sqrt(np.pi)
        found = momentum_above(bridge, state)
        best = int(np.argmax(found.mean(axis=1) * np.sign(whole)))
        label = "largest momentum of the continuum over that of the pulse, which friction does not change"
        numbers["transmitted"] = _mean(found[best] / whole, "1", label)
    return numbers


def _mean(values: Floats, unit: str, label: str) -> Headline:
    n = len(values)
    error = 2.0 * float(values.std(ddof=1)) / np.sqrt(n) if n > 1 else None
    return Headline(float(values.mean()), unit, label, error)


def _pictures(bridge: Acoustic, data: xr.Dataset) -> tuple[Picture, ...]:
    if data.sizes["time"] < 2:
        return ()
    with style():
        return (_place_and_time(bridge, data), _snapshots(bridge, data))


def _place_and_time(bridge: Acoustic, data: xr.Dataset) -> Picture:
    figure = new_figure(7.2, 4.4)
    axes = figure.add_subplot()
    below, above = data["velocity"].mean("instance"), data["velocity_above"].mean("instance")
    top = float(max(np.abs(below).max(), np.abs(above).max(), 1e-12))
    for part, height in ((below, "height"), (above, "height_above")):
        image = axes.pcolormesh(
            data["time"], data[height], part.values.T, cmap="RdBu_r", vmin=-top, vmax=top, shading="nearest",
            rasterized=True,
        )  # fmt: skip
    axes.axhline(bridge.atomistic.size[1], color="0.2", lw=1.0)
    axes.axhline(bridge.atomistic.size[1] - bridge.atomistic.buffer, color="0.2", lw=0.7, ls=":")
    figure.colorbar(image, ax=axes, label="velocity along y, sigma/tau")
    axes.set(xlabel="time, tau", ylabel="height, sigma")
    caption = (
        "Velocity across the interface (full line; dotted: where the buffer begins), atoms below and continuum above, "
        f"mean over {data.sizes['instance']} instances. A wave that goes through is one straight stripe; what is "
        "thrown back would leave the line downwards."
    )
    return picture(figure, "place_and_time", "Sound in place and time", caption)


def _snapshots(bridge: Acoustic, data: xr.Dataset) -> Picture:
    figure = new_figure(7.2, 3.4)
    axes = figure.add_subplot()
    steps = data.sizes["time"]
    n = data.sizes["instance"]
    for colour, step in zip(COLOURS, sorted({0, steps // 4, steps // 2, 3 * steps // 4, steps - 1}), strict=False):
        now = data.isel(time=step)
        error = now["velocity"].std("instance", ddof=1) / np.sqrt(n) if n > 1 else None
        axes.errorbar(
            now["height"], now["velocity"].mean("instance"), yerr=error, fmt=".", ms=3, lw=0.6, color=colour,
            label=f"{float(now['time']):g} tau",
        )  # fmt: skip
        axes.plot(now["height_above"], now["velocity_above"].mean("instance"), "-", color=colour)
    axes.axvline(bridge.atomistic.size[1], color="0.2", lw=1.0)
    axes.set(xlabel="height, sigma", ylabel="velocity along y, sigma/tau")
    axes.legend(fontsize=8.5)
    light_grid(axes)
    caption = "Velocity at some times: atoms (points, with the standard error over instances) and continuum (lines)."
    return picture(figure, "snapshots", "Both sides at some times", caption)


def _methods(bridge: Acoustic) -> str:
    a = bridge.atomistic
    pulse = bridge.pulse
    start = (
        f"A pulse of sound, strain {pulse.strain:g}, width {pulse.width:g} sigma, began at height {pulse.middle:g}. "
        if pulse
        else ""
    )
    return (
        f"Molecular dynamics of {a.density * a.area * a.size[1]:.0f} atoms went on as a compressible continuum of "
        f"{bridge.cells} cells above height {a.size[1]:g}. At the atoms' open end pressure followed the characteristic "
        f"p = p_C + Z (u - u_C) [1, 2], Z = {bridge.impedance:.4g}; every {bridge.duration:g} tau the continuum got "
        f"the impulse that the atoms had carried, and atoms came [3] or went as its mass grew or fell. {start}"
        f"Energy is not exchanged. {bridge.instances} independent instances were run."
    )
