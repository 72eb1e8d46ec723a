"""What a hybrid run hands over: profiles of both sides, headline numbers, pictures, words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scalebridge.bridge import Citation, Headline, Outcome
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.hybrid._noise import window_error
from scalebridge.fluids.transport._filters import Filtered, pod_filter

if TYPE_CHECKING:
    import xarray as xr

    from scalebridge.fluids.hybrid._bridge import Hybrid
    from scalebridge.fluids.hybrid._state import HybridState

_SOURCES = (
    Citation(
        "X. B. Nie, S. Y. Chen, W. E, M. O. Robbins, 2004, A continuum and molecular dynamics hybrid method for "
        "micro- and "
        "nano-fluid flow, Journal of Fluid Mechanics 500, 55-64", "10.1017/S0022112003007225", "constrained dynamics",
    ),
    Citation(
        "E. G. Flekkoy, G. Wagner, J. Feder, 2000, Hybrid model for combined particle and continuum dynamics, "
        "Europhysics "
        "Letters 52, 271-276", "10.1209/epl/i2000-00434-8", "the force that carries the pressure at the open end",
    ),
    Citation(
        "N. G. Hadjiconstantinou, A. L. Garcia, M. Z. Bazant, G. He, 2003, Statistical error in particle "
        "simulations of "
        "hydrodynamic phenomena, Journal of Computational Physics 187, 274-297", "10.1016/S0021-9991(03)00099-8",
        "statistical errors",
    ),
    Citation(
        "A. P. Thompson et al., 2022, LAMMPS - a flexible simulation tool for particle-based materials modeling, "
        "Computer "
        "Physics Communications 271, 108171", "10.1016/j.cpc.2021.108171", "molecular dynamics",
    ),
)  # fmt: skip


def outcome(bridge: Hybrid, state: HybridState) -> Outcome:
    """Everything from the last state."""
    from scalebridge.fluids.hybrid._pictures import pictures

    data = dataset(bridge, state)
    return Outcome(
        data,
        _headlines(bridge, state, data),
        pictures=pictures(bridge, state, data),
        methods=_methods(bridge),
        citations=_SOURCES,
    )


def dataset(bridge: Hybrid, state: HybridState) -> xr.Dataset:
    """Profiles of both sides by time and height."""
    import xarray as xr

    a, duration = bridge.atomistic, bridge.coupler.duration
    u = a.units
    steps = len(state.windows)
    ends = np.minimum(np.arange(1, steps + 1) * bridge.cycles_per_step, bridge.cycles) * duration
    begins = np.arange(steps) * bridge.cycles_per_step * duration
    below = bridge.bin_width * (np.arange(state.windows.shape[1]) + 0.5)
    volume = a.area * bridge.bin_width
    window, fine, coarse = ("time",), ("time", "height"), ("time", "height_above")
    variables: dict[str, Any] = {
        "density": (fine, state.windows[..., 0] / volume, {"units": u.density}),
        "velocity": ((*fine, "axis"), state.windows[..., 1:4], {"units": u.velocity}),
        "temperature": ((*fine, "axis"), state.windows[..., 4:7], {"units": u.temperature}),
        "velocity_above": ((*coarse, "axis"), state.above[..., :3], {"units": u.velocity}),
        "temperature_above": (coarse, state.above[..., 3], {"units": u.temperature}),
        "stress": (("time", "side"), state.flux[..., 0], {"units": u.stress}),
        "wall_stress": (("time", "axis"), state.wall, {"units": u.stress}),
        "energy_flux": (("time", "side"), state.flux[..., 3], {"units": u.heat_flux}),
        "begin": (window, begins, {"units": u.time}),
    }
    filtered = _filtered(bridge, state)
    if filtered is not None:
        variables["velocity_filtered"] = (fine, filtered.values, {"units": u.velocity})
    if bridge.reference is not None:
        heights = np.concatenate([below, bridge.heights_above])
        theory: list[Floats] = [bridge.reference.mean(heights, t0, t1) for t0, t1 in zip(begins, ends, strict=True)]
        both = np.array(theory).reshape(steps, len(heights))
        variables["theory"] = (fine, both[:, : len(below)], {"units": u.velocity})
    return xr.Dataset(
        variables,
        coords={
            "time": ("time", ends, {"units": u.time}),
            "height": ("height", below, {"units": u.length}),
            "height_above": ("height_above", bridge.heights_above, {"units": u.length}),
            "axis": ("axis", ["x", "y", "z"]),
            "side": ("side", ["atoms", "continuum"]),
        },
    )


def _filtered(bridge: Hybrid, state: HybridState) -> Filtered | None:
    """Velocities along x without the modes that do not stand out of the noise; None from a single step."""
    if len(state.windows) < 2:
        return None
    noise = window_error(bridge, bridge.cycles_per_step * bridge.coupler.duration, bridge.bin_width)
    return pod_filter(state.windows[..., 1], noise)


def _headlines(bridge: Hybrid, state: HybridState, data: xr.Dataset) -> dict[str, Headline]:
    core = data["height"].values < bridge.overlap.interface
    u, layers = bridge.atomistic.units, min(3.0 * bridge.atomistic.grain, bridge.overlap.sample[0])
    away = core & (data["height"].values > layers)
    density = data["density"].values[:, away]
    noise = window_error(bridge, bridge.cycles_per_step * bridge.coupler.duration, bridge.bin_width)
    numbers = {
        "density": Headline(
            float(density.mean()), u.density, f"density of the core, {layers:g} {u.length} from the wall and more"
        ),
        "atoms": Headline(float(sum(a.fluid.sum() for a in state.instances)), "1", "fluid atoms"),
        "noise": Headline(noise, u.velocity, "predicted standard error of a bin's velocity over one step"),
        "stress": Headline(float(data["stress"].values[:, 0].mean()), u.stress, "x momentum flux at the interface"),
    }
    filtered = _filtered(bridge, state)
    if filtered is not None:
        numbers["filter_noise"] = Headline(filtered.noise, u.velocity, "of it, left by the filter (POD)")
        numbers["filter_bias"] = Headline(filtered.bias_bound, u.velocity, "bound of what it took from the flow")
        numbers["filter_modes"] = Headline(float(filtered.modes), "1", "modes that stand out of the noise")
    if "theory" in data:
        inside = data["height"].values < bridge.overlap.constraint[0]
        off = (data["velocity"].values[..., 0] - data["theory"].values)[:, inside]
        numbers["rms"] = Headline(
            float(np.sqrt(np.mean(off**2))), u.velocity, "rms deviation of velocities from theory"
        )
        if filtered is not None:
            off_filtered = (filtered.values - data["theory"].values)[:, inside]
            rms = float(np.sqrt(np.mean(off_filtered**2)))
            numbers["rms_filtered"] = Headline(rms, u.velocity, "rms deviation of filtered velocities from theory")
        numbers["largest"] = Headline(float(np.abs(off).max()), u.velocity, "largest deviation from theory")
    return numbers


def _methods(bridge: Hybrid) -> str:
    a, o, u = bridge.atomistic, bridge.overlap, bridge.atomistic.units
    up = (
        "the mean velocity of the atoms"
        if bridge.exchange == "state"
        else "the momentum flux through the interface plane"
    )
    energy = (
        "Temperatures of the continuum came down by scaling peculiar velocities in the constraint cells, with the "
        "energy "
        "put in booked."
        if bridge.energy
        else "A Langevin thermostat acted on z, the neutral direction."
    )
    return (
        f"A fluid whose forces reach {a.cutoff:.4g} {u.length} (density {a.density:g}, temperature "
        f"{a.temperature:g}) on a wall was simulated with LAMMPS [4] at a time step of {a.time_step:g} {u.time} in "
        f"{bridge.instances} instance{'s' if bridge.instances > 1 else ''}. Every {bridge.steps_per_cycle} steps "
        f"{up} was "
        f"handed to a Navier-Stokes solver at height {o.interface:g}; its velocity was imposed between "
        f"{o.constraint[0]:g} and "
        f"{o.constraint[-1]:g} by constrained dynamics [1]. The open end carried the pressure {a.pressure or 0.0:g} "
        f"by weighted "
        f"forces [2]. {energy} Statistical errors follow [3]. Mass and momentum of every bin were booked at every "
        f"half step; "
        "fluxes were measured on planes."
    )
