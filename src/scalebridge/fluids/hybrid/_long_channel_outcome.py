"""What a run of a long channel hands over: flow, pressure along it, its slits, pictures, words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scalebridge.bridge import Citation, Headline, Outcome, Picture
from scalebridge.fluids.hybrid._drawing import COLOURS, light_grid, new_figure, picture, style
from scalebridge.fluids.hybrid._passes import costs
from scalebridge.scales import Scale, ScaleMap, Separation

if TYPE_CHECKING:
    import xarray as xr

    from scalebridge.fluids.hybrid._long_channel import LongChannel, LongChannelState

_POINTS = 101
_SOURCES = (
    Citation(
        "M. K. Borg, D. A. Lockerby, J. M. Reese, 2013, A multiscale method for micro/nano flows of high aspect ratio, "
        "Journal of Computational Physics 233, 400-413", "10.1016/j.jcp.2012.09.009",
        "pressure gradient down, mass flow up, slits joined by mass and pressure",
    ),
    Citation(
        "W. E, B. Engquist, 2003, The heterogeneous multiscale methods, Communications in Mathematical Sciences 1, "
        "87-132", "10.4310/CMS.2003.v1.n1.a8", "a macroscopic model whose missing law is asked from small simulations",
    ),
    Citation(
        "R. Delgado-Buscalioni, P. V. Coveney, 2003, USHER: an algorithm for particle insertion in dense fluids, "
        "Journal of Chemical Physics 119, 978-987", "10.1063/1.1579475", "places of new atoms",
    ),
)  # fmt: skip


def scale_map(bridge: LongChannel) -> ScaleMap:
    """Slits of atoms at stations; against atoms in the whole channel."""
    a, c = bridge.atomistic, bridge.channel
    shape, depth = c.shape, a.lengths[2]
    heights = shape.height(np.linspace(0.0, shape.length, _POINTS))
    slits = a.density * a.area * float(bridge.heights.sum())
    full = a.density * depth * shape.length * float(heights.mean())
    inside = 12.0 * c.viscosity * shape.length / float(heights.mean()) ** 3
    ends = 32.0 * c.viscosity / (np.pi * float(heights.mean()) ** 2)
    reynolds = abs(bridge.theory) / c.viscosity * float(heights.max()) / shape.length
    return ScaleMap(
        (
            Scale("molecular dynamics", "fine", (1.0, float(heights.max())),
                  (a.time_step, bridge.passes.steps * a.time_step), 3.0 * slits, a.atom_seconds * slits),
            Scale("lubrication", "coarse", (float(heights.max()), shape.length)),
        ),
        (
            Separation("length / height", shape.length / float(heights.max()), 20.0, 5.0,
                       "the flow at each place must be that of a plane slit"),
            Separation("1 / slope of the walls", 1.0 / max(shape.steepest, 1e-6), 10.0, 3.0,
                       "lubrication theory is off by the square of the slope"),
            Separation("resistance of the inside / of the ends", inside / ends, 20.0, 1.0,
                       "what a flow loses at entrance and exit is left out"),
            Separation("1 / (Reynolds number x height / length)", 1.0 / max(reynolds, 1e-12), 10.0, 1.0,
                       "inertia is left out"),
        ),
        *costs(bridge.passes, a.atom_seconds, slits, full, "the whole channel"),
    )  # fmt: skip


def outcome(bridge: LongChannel, state: LongChannelState) -> Outcome:
    """Everything from the last state."""
    data = dataset(bridge, state)
    return Outcome(
        data, _headlines(bridge, state), pictures=_pictures(bridge, data), methods=_methods(bridge, state),
        citations=_SOURCES,
    )  # fmt: skip


def dataset(bridge: LongChannel, state: LongChannelState) -> xr.Dataset:
    """Pressure and height along the channel, history of the passes, profiles of the slits."""
    import xarray as xr

    c = bridge.channel
    x = np.linspace(0.0, c.shape.length, _POINTS)
    fall, error = bridge.pressure(state, x)
    theory = c.drops(x).sum(axis=1) * bridge.theory
    factors, factor_errors = bridge.factors(state)
    names = ("force", "flow", "flow_error", "density_of_middle", "atoms")
    units = ("epsilon/(m sigma)", "m/(sigma tau)", "m/(sigma tau)", "sigma^-3", "1")
    early = {"missing": "no error is known from so few blocks"}
    pressure = "epsilon/sigma^3"
    return xr.Dataset(
        {
            "height": ("x", c.shape.height(x), {"units": "sigma"}),
            "pressure": ("x", bridge.drop - fall, {"units": pressure}),
            "pressure_error": ("x", error, {"units": pressure, **early}),
            "pressure_theory": ("x", bridge.drop - theory, {"units": pressure}),
            "station_height": ("station", bridge.heights, {"units": "sigma"}),
            "factor": ("station", factors, {"units": "1"}),
            "factor_error": (
                "station",
                np.where(np.isfinite(factor_errors), factor_errors, np.nan),
                {"units": "1", **early},
            ),
            "across": (("station", "bin"), state.profiles[..., 0], {"units": "sigma"}),
            "density": (("station", "bin"), state.profiles[..., 1], {"units": "sigma^-3"}),
            "velocity": (("station", "bin"), state.profiles[..., 2], {"units": "sigma/tau"}),
            **{
                name: (("pass", "station"), state.history[..., i], {"units": unit})
                for i, (name, unit) in enumerate(zip(names, units, strict=True))
            },
        },
        coords={
            "x": ("x", x, {"units": "sigma"}),
            "position": ("station", c.places, {"units": "sigma"}),
            "pass": ("pass", np.arange(1, state.passes + 1)),
        },
    )


def _headlines(bridge: LongChannel, state: LongChannelState) -> dict[str, Headline]:
    flow = bridge.flow(state)
    unit = "m/(sigma tau)"
    error = 2.0 * flow.error if np.isfinite(flow.error) else None
    numbers = {
        "flow": Headline(flow.value, unit, "mass per time and depth", error),
        "theory": Headline(bridge.theory, unit, "the same by lubrication theory with the slip given"),
        "passes": Headline(float(state.passes), "1", "passes"),
    }
    if state.passes:
        known = [k.value for k in bridge.conductances(state)]
        multiple = state.history[-1, 0, 0] * known[0] / flow.value
        numbers["multiple"] = Headline(abs(multiple), "1", "by which the slits were driven faster than the channel is")
    return numbers


def _pictures(bridge: LongChannel, data: xr.Dataset) -> tuple[Picture, ...]:
    if not data.sizes["pass"]:
        return ()
    with style():
        return (_channel(bridge, data), _slits(bridge, data), _resistance(data))


def _channel(bridge: LongChannel, data: xr.Dataset) -> Picture:
    figure = new_figure(7.2, 4.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 1.6))
    x, half = data["x"].values, 0.5 * data["height"].values
    above.fill_between(x, -half, half, color="#56b4e9", alpha=0.35, lw=0)
    for side in (-1.0, 1.0):
        above.fill_between(x, side * half, side * (half.max() + 3.0), color="0.75", lw=0)
    places, station = data["position"].values, 0.5 * data["station_height"].values
    above.vlines(places, -station, station, color=COLOURS[1], lw=3.0)
    above.set(ylabel="height, sigma")
    error = 2.0 * data["pressure_error"]
    below.fill_between(x, data["pressure"] - error, data["pressure"] + error, color=COLOURS[0], alpha=0.25, lw=0)
    below.plot(x, data["pressure"], "-", color=COLOURS[0], label="from the slits")
    below.plot(x, data["pressure_theory"], ":", color="0.2", label="theory")
    below.plot(places, np.interp(places, x, data["pressure"]), "o", ms=4, color=COLOURS[1], label="stations")
    below.set(xlabel="along the channel, sigma", ylabel="pressure, epsilon/sigma^3")
    below.legend(fontsize=8.5)
    light_grid(below)
    caption = (
        "The channel, its stations where slits of atoms are (above; heights are drawn much larger than lengths), and "
        "the pressure along it with twice its standard error. Dotted: lubrication theory."
    )
    return picture(figure, "channel", "Pressure along the channel", caption)


def _slits(bridge: LongChannel, data: xr.Dataset) -> Picture:
    figure = new_figure(7.2, 3.4)
    left, right = figure.subplots(1, 2, sharey=True)
    for i, height in enumerate(data["station_height"].values):
        colour = COLOURS[i % len(COLOURS)]
        across = data["across"].values[i] - 0.5 * height
        left.plot(data["velocity"].values[i], across, ".-", ms=3, lw=0.7, color=colour, label=f"height {height:.3g}")
        right.plot(data["density"].values[i], across, "-", lw=0.9, color=colour)
    right.axvline(bridge.atomistic.density, color="0.5", lw=0.8)
    left.set(xlabel="velocity along x, sigma/tau", ylabel="from the middle, sigma")
    right.set(xlabel="density, sigma^-3")
    left.legend(fontsize=8.0)
    for axes in (left, right):
        light_grid(axes)
    caption = "Velocity and density across the slits in the last pass; the grey line is the density of the fluid."
    return picture(figure, "slits", "The slits", caption)


def _resistance(data: xr.Dataset) -> Picture:
    figure = new_figure(7.2, 3.0)
    axes = figure.add_subplot()
    error = 2.0 * data["factor_error"]
    axes.errorbar(data["position"], data["factor"], yerr=error, fmt="o", ms=4, color=COLOURS[0])
    for x, y, h in zip(data["position"].values, data["factor"].values, data["station_height"].values, strict=True):
        axes.annotate(f" {h:.3g}", (x, y), fontsize=8.0)
    axes.axhline(1.0, color="0.4", lw=0.8, ls=":")
    axes.set(xlabel="along the channel, sigma", ylabel="resistance over theory's")
    light_grid(axes)
    caption = "Resistance of each station's atoms relative to theory, with twice the standard error; heights beside."
    return picture(figure, "resistance", "Resistance of the slits", caption)


def _methods(bridge: LongChannel, state: LongChannelState) -> str:
    a, c = bridge.atomistic, bridge.channel
    return (
        f"Steady flow along a channel {c.shape.length:g} sigma long was found from slits of atoms at {c.stations} "
        f"stations [1, 2], periodic pieces {a.lengths[0]:.4g} by {a.lengths[2]:.4g} sigma at the local height. Each "
        "got a force per mass proportional to the local pressure gradient and returned its mass flow; as slow flow is "
        f"linear, all were driven by a common multiple at which the largest shear rate was {bridge.rate:g}. Mass "
        "conservation makes the flow the same everywhere; resistance between the stations followed theory times the "
        f"polynomial through what they measured. {state.passes} passes of {bridge.passes.counted} "
        f"steps were made; the first does not count. Atoms were inserted or removed until the middle of each slit had "
        f"density {a.density:g} [3]. Theory is lubrication with viscosity {c.viscosity:g} and slip length {c.slip:g}. "
        "Losses at entrance and exit are left out."
    )
