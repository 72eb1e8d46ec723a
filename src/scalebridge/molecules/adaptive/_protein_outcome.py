"""What a run of a protein with adaptive resolution hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scalebridge.bridge import Citation, Headline, Outcome, Picture
from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._outcome import SOURCES, calibration_file
from scalebridge.molecules.adaptive._pictures import (
    BLUE,
    GREY,
    STYLE,
    density_picture,
    figure_of,
    image_of,
    resolution_picture,
)
from scalebridge.molecules.adaptive._production import AdaptiveRun
from scalebridge.molecules.adaptive._protein_books import LOOKED, density_against, mean_of
from scalebridge.molecules.adaptive._solvated import NEAR, SHELL, Control

if TYPE_CHECKING:
    import xarray as xr

    from scalebridge.molecules.adaptive._protein import AdaptiveProtein, ProteinState

Floats = npt.NDArray[np.float64]


def outcome(bridge: AdaptiveProtein, state: ProteinState) -> Outcome:
    """Data, headline numbers, pictures, the calibration and the system as files, and methods."""
    run, control, calibration = state.run, state.control, state.calibration
    if run is None or calibration is None or control is None:
        raise InputError("This run is not finished; its last step is the production")
    from matplotlib import rc_context

    with rc_context(STYLE):
        drawn = (
            _box(bridge, state, run),
            density_picture(bridge, calibration, run),
            _shell(run, control),
            _protein(bridge, run, control),
            resolution_picture(bridge, calibration),
        )
    text, sources = _methods(bridge, state)
    return Outcome(
        data=_dataset(bridge, state, run, control),
        headlines=_headlines(bridge, state, run, control),
        pictures=drawn,
        files={"calibration.npz": calibration_file(calibration), "solvated.pdb": state.solvated.encode()},
        methods=text,
        citations=sources,
    )


def _density(bridge: AdaptiveProtein, state: ProteinState, run: AdaptiveRun, control: Control) -> tuple[Floats, Floats]:
    made = bridge.made(state)
    return density_against(run, control, bridge.shells(made), bridge.opened(made, control))


def _headlines(bridge: AdaptiveProtein, state: ProteinState, run: AdaptiveRun, control: Control) -> dict[str, Headline]:
    (here, noise), (there, other) = mean_of(run.looked, run.copies), mean_of(control.looked, control.copies)
    density, error = _density(bridge, state, run, control)
    worst = int(np.argmax(np.abs(density - 1.0)))
    lines = {
        "density": Headline(
            float(np.abs(density - 1.0)[worst]), "1", "largest deviation of the water's density from all atoms",
            2.0 * float(error[worst]),
        )
    }  # fmt: skip
    for k, (key, unit, label) in enumerate(LOOKED):
        lines[key] = Headline(float(here[k]), unit, label, 2.0 * float(noise[k]))
        lines[f"{key}_all"] = Headline(float(there[k]), unit, f"{label}, all atoms", 2.0 * float(other[k]))
    away, both = shell_difference(run, control)
    lines["shell"] = Headline(away, "1", "rms difference of the water by distance from the protein", 2.0 * both)
    lines["temperature"] = Headline(float(run.temperature.mean()), "K", "kinetic temperature")
    lines["faster"] = Headline(
        state.cost[0].seconds / max(state.cost[1].seconds, 1e-300), "1",
        "processor time of a step with all atoms in the engine over that of an adaptive one",
    )  # fmt: skip
    return lines


def shell_difference(run: AdaptiveRun, control: Control) -> tuple[float, float]:
    """Root mean square difference of the mean number of oxygens by distance from the nearest heavy atom, over bins of
    the first 0.5 nm, and what noise alone makes of it."""
    near = NEAR[1:] <= 0.5 + 1e-9
    (here, noise), (there, other) = (mean_of(x.looked[:, len(LOOKED) :][:, near], x.copies) for x in (run, control))
    return float(np.sqrt(np.mean((here - there) ** 2))), float(np.sqrt(np.mean(noise**2 + other**2)))


def _dataset(bridge: AdaptiveProtein, state: ProteinState, run: AdaptiveRun, control: Control) -> xr.Dataset:
    import xarray as xr

    density, error = _density(bridge, state, run, control)
    step = bridge.settings.dynamics.every * bridge.settings.dynamics.timestep
    n = len(LOOKED)
    variables = {
        "density": ("distance", density, {"units": "1"}),
        "density_error": ("distance", error, {"units": "1"}),
        "shell": ("near", run.looked[:, n:].mean(axis=0), {"units": "1"}),
        "shell_all": ("near", control.looked[:, n:].mean(axis=0), {"units": "1"}),
    }
    for k, (key, unit, _) in enumerate(LOOKED):
        variables[key] = ("time", run.looked[:, k], {"units": unit})
        variables[f"{key}_all"] = ("time_all", control.looked[:, k], {"units": unit})
    coordinates = {
        "distance": ("distance", run.distance, {"units": "nm"}),
        "near": ("near", 0.5 * (NEAR[1:] + NEAR[:-1]), {"units": "nm"}),
        "time": ("time", run.times, {"units": "ps"}),
        "time_all": ("time_all", step * (1.0 + np.arange(len(control.looked))), {"units": "ps"}),
    }
    return xr.Dataset(variables, coordinates)


def _box(bridge: AdaptiveProtein, state: ProteinState, run: AdaptiveRun) -> Picture:
    """A cut through the middle: the protein in black, water coloured by resolution."""
    from matplotlib.collections import EllipseCollection

    made = bridge.solvation.system(state.solvated)
    (atoms, share), heavy, box = made.protein, made.heavy, made.box
    middle = share @ run.positions[atoms]
    oxygens = made.oxygens
    water = run.positions[oxygens] - middle
    water -= box * np.round(water / box)
    hydrogens = (run.positions[oxygens[:, None] + np.array([1, 2])] - run.positions[oxygens][:, None]) + water[:, None]
    resolution, _ = bridge.region.resolution(water, box, np.zeros(3))
    cut = np.abs(water[:, 2]) < 0.2
    figure, axes = figure_of(6.4, 5.6)

    def discs(places: Floats, size: float, colour: Floats | None, alpha: float) -> EllipseCollection:
        n = len(places)
        how = {"facecolors": "k"} if colour is None else {"array": colour, "cmap": "plasma", "clim": (0, 1)}
        made = EllipseCollection(
            np.full(n, size), np.full(n, size), np.zeros(n), units="xy", offsets=places[:, :2],
            transOffset=axes.transData, alpha=alpha, edgecolors="0.3", linewidths=0.3, rasterized=True, **how,
        )  # fmt: skip
        axes.add_collection(made)
        return made

    fine, crude = cut & (resolution > 0.0), cut & (resolution == 0.0)
    discs(water[fine], 0.26, resolution[fine], 0.9)
    discs(hydrogens[fine].reshape(-1, 3), 0.16, np.repeat(resolution[fine], 2), 0.9)
    drawn = discs(water[crude], 0.3, np.zeros(crude.sum()), 0.55)
    discs(run.positions[heavy] - middle, 0.3, None, 0.85)
    half = 0.5 * box[0]
    axes.set(xlim=(-half, half), ylim=(-half, half), aspect="equal", xlabel="x / nm", ylabel="y / nm")
    figure.colorbar(drawn, ax=axes, label="resolution", shrink=0.8)
    caption = (
        "A layer of 0.4 nm through the protein's centre of mass at the end of the run. Black: its heavy atoms; bright: "
        "water with all atoms; dark discs: beads; in between, water on its way."
    )
    return Picture("The protein and its water", caption, image_of(figure, "png"), "png", "box")


def _shell(run: AdaptiveRun, control: Control) -> Picture:
    figure, axes = figure_of()
    r, n = 0.5 * (NEAR[1:] + NEAR[:-1]), len(LOOKED)
    (here, noise), (there, other) = (mean_of(x.looked[:, n:], x.copies) for x in (run, control))
    axes.fill_between(r, there - 2 * other, there + 2 * other, color=GREY, alpha=0.6, lw=0, label="all atoms")
    axes.errorbar(r, here, 2 * noise, color=BLUE, marker="o", ms=3, lw=1, label="adaptive")
    axes.axvline(SHELL, color="0.8", lw=1)
    axes.set(xlabel="distance of oxygen from the nearest heavy atom / nm", ylabel="molecules of water")
    axes.legend()
    caption = (
        "Water next to the protein, by distance from its nearest heavy atom, with two standard errors; the line is the "
        "end of the first shell. The band of all atoms and the points should agree."
    )
    return Picture("Water next to the protein", caption, image_of(figure), "svg", "shell")


def _protein(bridge: AdaptiveProtein, run: AdaptiveRun, control: Control) -> Picture:
    figure, axes = figure_of()
    step = bridge.settings.dynamics.every * bridge.settings.dynamics.timestep
    for row, style in ((0, "-"), (1, "--")):
        times = step * (1.0 + np.arange(len(control.looked)))
        axes.plot(times, control.looked[:, row], style, color=GREY, label=f"{LOOKED[row][0]}, all atoms")
        axes.plot(run.times, run.looked[:, row], style, color=BLUE, label=f"{LOOKED[row][0]}, adaptive")
    axes.set(xlabel="time / ps", ylabel="nm", ylim=(0.0, None))
    axes.legend(ncols=2, fontsize=9)
    caption = (
        "Root mean square deviation of the heavy atoms from the relaxed protein (full lines) and radius of gyration "
        "(broken), with all atoms everywhere (grey) and with beads beyond the hybrid zone (blue)."
    )
    return Picture("The protein", caption, image_of(figure), "svg", "protein")


def _copies(number: int) -> str:
    return f", in {number} copies, of whose means the errors are at least" if number > 1 else ""


def _methods(bridge: AdaptiveProtein, state: ProteinState) -> tuple[str, tuple[Citation, ...]]:
    s, region, how = bridge.solvation, bridge.region, bridge.settings.dynamics
    assert state.calibration is not None
    text = (
        f"The protein ({', '.join(s.fields)}) and SPC/E water in a cube of {s.edge:g} nm, with a reaction field beyond "
        f"{s.cutoff:g} nm, were simulated with interpolated energies [1]: atomistic within {region.atomistic:g} nm of "
        f"the protein's centre of mass, which the region follows, coarse beyond {region.outer:g} nm. The compensation "
        f"at equal density came from Kirkwood integration of {bridge.kirkwood:g} ps at each of ten resolutions of pure "
        f"water; a thermodynamic force [2] was iterated in {len(state.calibration.history)} rounds against the water's "
        f"density around the same protein with all atoms, {bridge.controlled:g} ps, and "
        f"{'converged' if state.calibration.converged else 'did not converge'} to "
        f"{100 * bridge.settings.tolerance:g} %. "
        f"Control and production, {bridge.production:g} ps, began at the relaxed protein and were looked at after "
        f"another quarter of their length{_copies(bridge.copies)}. "
        f"Langevin dynamics at {how.temperature:g} K with a friction of {how.friction:g}/ps and a time step of "
        f"{1e3 * how.timestep:g} fs was that of OpenMM [3]."
    )
    return text, (SOURCES["hamiltonian"], SOURCES["thermodynamic"], SOURCES["engine"])
