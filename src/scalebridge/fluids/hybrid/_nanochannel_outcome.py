"""What a run of a nanochannel hands over: fields of both sides, resistance against theory, pictures, words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.bridge import Citation, Headline, Outcome, Picture
from scalebridge.fluids.hybrid._drawing import COLOURS, light_grid, new_figure, picture, style
from scalebridge.fluids.hybrid._passes import costs
from scalebridge.scales import Scale, ScaleMap, Separation

if TYPE_CHECKING:
    import xarray as xr

    from scalebridge.fluids.hybrid._nanochannel import Nanochannel, NanochannelState

_SOURCES = (
    Citation(
        "M. K. Borg, D. A. Lockerby, J. M. Reese, 2013, A multiscale method for micro/nano flows of high aspect ratio, "
        "Journal of Computational Physics 233, 400-413", "10.1016/j.jcp.2012.09.009", "pressure down, mass flow up",
    ),
    Citation(
        "H. Hasimoto, 1958, On the flow of a viscous fluid past a thin screen at small Reynolds numbers, Journal of "
        "the Physical Society of Japan 13, 633-639", "10.1143/JPSJ.13.633", "resistance of the ends of a slit",
    ),
    Citation(
        "R. Delgado-Buscalioni, P. V. Coveney, 2003, USHER: an algorithm for particle insertion in dense fluids, "
        "Journal of Chemical Physics 119, 978-987", "10.1063/1.1579475", "places of new atoms",
    ),
)  # fmt: skip


def scale_map(bridge: Nanochannel) -> ScaleMap:
    """Atoms in the core, continuum around it; against atoms everywhere."""
    a, r = bridge.atomistic, bridge.reservoirs
    depth = a.lengths[2]
    core = a.density * a.area * a.size[1]
    full = a.density * depth * (2.0 * r.reservoir[0] * r.reservoir[1] + r.width * r.length)
    reynolds = r.density * abs(bridge.drop) / bridge.theory.total / r.viscosity
    end = 0.5 * (r.length - r.core)
    return ScaleMap(
        (
            Scale("molecular dynamics", "fine", (1.0, a.size[1]), (a.time_step, bridge.passes.steps * a.time_step),
                  3.0 * core, a.atom_seconds * core),
            Scale("Navier-Stokes", "coarse", (r.spacing, 2.0 * r.reservoir[0] + r.length)),
        ),
        (
            Separation("end of the slit / its width", end / r.width, 0.5, 0.5,
                       "the flow must be that of a long slit where it meets the atoms"),
            Separation("1 / Reynolds number", 1.0 / max(reynolds, 1e-12), 1.0, 0.1,
                       "the theory that the resistance is compared with knows no inertia"),
        ),
        *costs(bridge.passes, a.atom_seconds, core, full, "slit and reservoirs"),
    )  # fmt: skip


def outcome(bridge: Nanochannel, state: NanochannelState) -> Outcome:
    """Everything from the last state."""
    data = dataset(bridge, state)
    return Outcome(
        data, _headlines(bridge, state), pictures=_pictures(bridge, state, data), methods=_methods(bridge, state),
        citations=_SOURCES,
    )  # fmt: skip


def dataset(bridge: Nanochannel, state: NanochannelState) -> xr.Dataset:
    """History of the passes, profile of the core, fields of the continuum."""
    import xarray as xr

    a, r = bridge.atomistic, bridge.reservoirs
    bins = len(state.profile) - 1
    width = bridge.cell.bin_width
    heights = (np.arange(bins) - np.ceil(1.0 / width) + 0.5) * width
    inside = (heights > 0.0) & (heights < a.size[1])
    samples = max(state.profile[-1, 0], 1.0)
    count, momentum = state.profile[:-1][inside].T
    names = ("force", "flow", "flow_error", "density_of_middle", "atoms", "core_drop", "continuum_flow")
    units = ("epsilon/(m sigma)", "m/(sigma tau)", "m/(sigma tau)", "sigma^-3", "1", "epsilon/sigma^3", "m/(sigma tau)")
    variables: dict[str, Any] = {
        name: ("pass", state.history[:, i], {"units": unit})
        for i, (name, unit) in enumerate(zip(names, units, strict=True))
    }
    variables["density"] = ("height", count / (samples * a.area * width), {"units": "sigma^-3"})
    variables["velocity"] = ("height", momentum / (a.mass * np.maximum(count, 1.0)), {"units": "sigma/tau"})
    if state.around is not None:
        cells = r.continuum.domain.grid.cells
        centres = r.continuum.domain.grid.centres()[:, :, 0]
        fields = r.continuum.fields(state.around, centres.reshape(-1, 3))
        why = {"missing": "wall, or the core that atoms take"}
        for name, values, unit in (
            ("pressure", fields.pressure, "epsilon/sigma^3"),
            ("velocity_x", fields.velocity[:, 0], "sigma/tau"),
            ("velocity_y", fields.velocity[:, 1], "sigma/tau"),
        ):
            variables[name] = (("x", "y"), values.reshape(cells[:2]), {"units": unit, **why})
        coordinates = {
            "x": ("x", centres[:, 0, 0], {"units": "sigma"}),
            "y": ("y", centres[0, :, 1], {"units": "sigma"}),
        }
    else:
        coordinates = {}
    return xr.Dataset(
        variables,
        coords={
            "pass": ("pass", np.arange(1, state.passes + 1)),
            "height": ("height", heights[inside], {"units": "sigma"}),
            **coordinates,
        },
    )


def _headlines(bridge: Nanochannel, state: NanochannelState) -> dict[str, Headline]:
    flow, resistance, theory = bridge.flow(state), bridge.resistance(state), bridge.theory
    unit = "epsilon tau/sigma^5"
    numbers = {
        "resistance": Headline(
            resistance.value, unit, "pressure difference per volume flow and depth", 2 * resistance.error
        ),
        "theory": Headline(theory.total, unit, "the same of a slit with this width and slip between large reservoirs"),
        "theory_ends": Headline(theory.ends, unit, "of this, the ends of the slit"),
        "flow": Headline(flow.value, flow.unit, "mass per time and depth", 2 * flow.error),
        "passes": Headline(float(state.passes), "1", "passes"),
        "atoms": Headline(float(state.atoms.fluid.sum()), "1", "fluid atoms in the core"),
    }
    finite = {key: line for key, line in numbers.items() if np.isfinite(line.value)}
    return {
        key: line if np.isfinite(line.error or 0.0) else Headline(line.value, line.unit, line.label)
        for key, line in finite.items()
    }


def _pictures(bridge: Nanochannel, state: NanochannelState, data: xr.Dataset) -> tuple[Picture, ...]:
    if state.around is None:
        return ()
    with style():
        return (_field(bridge, state, data), _passes(data), _profile(bridge, state, data))


def _field(bridge: Nanochannel, state: NanochannelState, data: xr.Dataset) -> Picture:
    r, a = bridge.reservoirs, bridge.atomistic
    figure = new_figure(7.2, 4.4)
    axes = figure.add_subplot()
    x, y = data["x"].values, data["y"].values
    speed = np.ma.masked_invalid(np.hypot(data["velocity_x"].values, data["velocity_y"].values).T)
    image = axes.pcolormesh(x, y, speed, cmap="viridis", shading="nearest", rasterized=True)
    axes.contour(x, y, np.ma.masked_invalid(data["pressure"].values.T), levels=12, colors="white", linewidths=0.5)
    figure.colorbar(image, ax=axes, label="speed, sigma/tau")
    left = r.reservoir[0] + 0.5 * (r.length - r.core)
    low = 0.5 * (r.reservoir[1] - a.size[1])
    fluid = state.atoms.fluid & (state.atoms.positions[:, 2] < 2.0)
    places = state.atoms.positions[fluid]
    copies = int(np.ceil(r.core / a.lengths[0]))
    for copy in range(copies):
        along = places[:, 0] + copy * a.lengths[0]
        axes.plot(left + along[along < r.core], low + places[along < r.core, 1], ".", ms=2.5, color=COLOURS[1])
    axes.set(xlabel="x, sigma", ylabel="y, sigma", aspect="equal")
    caption = (
        "Speed and lines of equal pressure in the continuum; in the middle of the slit the atoms of a slice 2 sigma "
        "deep, the periodic piece repeated over the core. What they let through is what the continuum sends through "
        "both planes."
    )
    return picture(figure, "field", "Reservoirs, slit and atoms", caption)


def _passes(data: xr.Dataset) -> Picture:
    figure = new_figure(7.2, 3.0)
    axes = figure.add_subplot()
    number = data["pass"].values
    axes.errorbar(number, data["flow"], yerr=data["flow_error"], fmt="o", ms=3, color=COLOURS[0], label="atoms")
    axes.plot(number, data["continuum_flow"], "s-", ms=3, color=COLOURS[1], label="continuum")
    axes.set(xlabel="pass", ylabel="mass flow, m/(sigma tau)")
    axes.legend(fontsize=8.5)
    light_grid(axes)
    caption = (
        "Mass flow of the atoms in each pass with its standard error, and what the continuum took: the flow at which "
        "both agree, from the mean conductance of all passes before."
    )
    return picture(figure, "passes", "How both sides came to agree", caption)


def _profile(bridge: Nanochannel, state: NanochannelState, data: xr.Dataset) -> Picture:
    figure = new_figure(7.2, 3.2)
    left, right = figure.subplots(1, 2)
    height = data["height"]
    left.plot(data["velocity"], height, "o", ms=3, color=COLOURS[0], label="atoms")
    r = bridge.reservoirs
    away = 0.5 * (bridge.atomistic.size[1] - r.width)
    y = np.linspace(0.0, r.width, 60)
    shape = y * (r.width - y) + r.slip * r.width
    mean = bridge.flow(state).value / (r.density * r.width)
    left.plot(
        mean * shape / np.trapezoid(shape, y) * r.width,
        away + y,
        "-",
        color=COLOURS[1],
        label="as given to the continuum",
    )
    left.set(xlabel="velocity along x, sigma/tau", ylabel="height, sigma")
    left.legend(fontsize=8.5)
    right.plot(data["density"], height, "-", color=COLOURS[0])
    right.axvline(bridge.atomistic.density, color="0.5", lw=0.8)
    right.set(xlabel="density, sigma^-3")
    for axes in (left, right):
        light_grid(axes)
    caption = "Velocity and density of the atoms across the slit; the grey line is the reservoirs' density."
    return picture(figure, "profile", "The core of the slit", caption)


def _methods(bridge: Nanochannel, state: NanochannelState) -> str:
    a, r = bridge.atomistic, bridge.reservoirs
    return (
        f"Steady flow through a slit {r.length:g} sigma long between reservoirs {r.reservoir[0]:g} deep and "
        f"{r.reservoir[1]:g} high was found with atoms in the middle {r.core:g} of the slit and Navier-Stokes "
        f"elsewhere. The continuum told the pressure difference of the core, which acted on the atoms of a periodic "
        f"piece {a.lengths[0]:.4g} sigma long as a force per mass; their mean mass flow went back through both planes "
        f"[1]. "
        f"Atoms were inserted or removed until the density of the slit's middle was {a.density:g} [3]. From then on "
        f"all passes together gave the flow; {state.passes} passes of {bridge.passes.counted} steps were made. Theory "
        f"is the sum of the ends' [2] and plane Poiseuille flow's resistance with slip length {r.slip:g} and width "
        f"{r.width:g}."
    )
