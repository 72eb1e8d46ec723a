"""What a run with adaptive resolution hands over."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.bridge import Citation, Headline, Outcome
from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._books import GAS, energy_drift, plateau, plateaus
from scalebridge.molecules.adaptive._calibration import Calibration
from scalebridge.molecules.adaptive._pictures import pictures
from scalebridge.molecules.adaptive._production import AdaptiveRun

if TYPE_CHECKING:
    import xarray as xr

    from scalebridge.molecules.adaptive._bridge import AdaptiveLiquid, AdaptiveState
    from scalebridge.molecules.adaptive._liquid import Equilibrated

SOURCES = {
    "hamiltonian": Citation(
        "R. Potestio et al., 2013, Phys. Rev. Lett. 110, 108301", "10.1103/PhysRevLett.110.108301",
        "Hamiltonian adaptive resolution",
    ),
    "force": Citation(
        "M. Praprotnik, L. Delle Site, K. Kremer, 2005, J. Chem. Phys. 123, 224106", "10.1063/1.2132286",
        "adaptive resolution with interpolated forces",
    ),
    "thermodynamic": Citation(
        "S. Fritsch et al., 2012, Phys. Rev. Lett. 108, 170602", "10.1103/PhysRevLett.108.170602",
        "thermodynamic force",
    ),
    "engine": Citation(
        "P. Eastman et al., 2017, PLoS Comput. Biol. 13, e1005659", "10.1371/journal.pcbi.1005659", "dynamics"
    ),
}  # fmt: skip


def outcome(bridge: AdaptiveLiquid, state: AdaptiveState) -> Outcome:
    """Data, headline numbers, pictures, the calibration as a file, and methods from the last state."""
    if state.run is None or state.calibration is None or state.liquid is None:
        raise InputError("This run is not finished; its last step is the production")
    text, sources = _methods(bridge, state.calibration)
    return Outcome(
        data=_dataset(state.liquid, state.calibration, state.run),
        headlines=_headlines(bridge, state, state.calibration, state.run),
        pictures=pictures(bridge, state),
        files={"calibration.npz": calibration_file(state.calibration)},
        methods=text,
        citations=sources,
    )


def calibration_file(calibration: Calibration) -> bytes:
    """A calibration as the file that `Calibration.read` reads."""
    buffer = io.BytesIO()
    np.savez(buffer, **calibration.arrays())
    return buffer.getvalue()


def structure_difference(liquid: Equilibrated, run: AdaptiveRun) -> tuple[float, float]:
    """Root mean square difference of g(r) from that with all atoms, and what noise alone makes of it."""
    found, error = run.radial
    n = min(len(run.r), len(liquid.r))
    if n == 0 or run.pairs.shape[-1] == 0:
        return 0.0, 0.0
    # bins are the same; one of the two may go on for longer
    away, noise = found[:n] - liquid.radial[:n], np.hypot(error[:n], liquid.error[:n])
    return float(np.sqrt(np.mean(away**2))), float(np.sqrt(np.mean(noise**2)))


def _headlines(
    bridge: AdaptiveLiquid, state: AdaptiveState, calibration: Calibration, run: AdaptiveRun
) -> dict[str, Headline]:
    assert state.liquid is not None
    density, error = run.density
    worst = int(np.argmax(np.abs(density - 1.0)))
    inner, outer = (plateau(run, where) for where in plateaus(bridge, run))
    away, noise = structure_difference(state.liquid, run)
    name = next(iter(calibration.compensation), None)
    fine = float(calibration.compensation[name].energy[-1]) if name and bridge.scheme == "hamiltonian" else 0.0
    if calibration.thermodynamic:
        curve = next(iter(calibration.thermodynamic.values()))
        fine += float(curve.energy[0] - curve.energy[-1])
    inside = run.inside
    lines = {
        "density": Headline(float(np.abs(density - 1.0)[worst]), "1", "largest deviation of the density", 2.0 * float(
            error[worst])),
        "density_atomistic": Headline(1.0 + inner, "1", "density of the atomistic part over its mean"),
        "density_coarse": Headline(1.0 + outer, "1", "density of the coarse part over its mean"),
        "structure": Headline(away, "1", "rms difference of g(r) in the atomistic part from all atoms", 2.0 * noise),
        "chemical_potential": Headline(-fine, "kJ/mol", "excess chemical potential of atoms over that of beads"),
        "fluctuation": Headline(float(inside.var() / inside.mean()), "1", "var(N) / N in the atomistic part"),
        "residence": Headline(float(run.residence[0]), "ps", "mean stay of a molecule in the atomistic part"),
        "converged": Headline(float(calibration.converged), "1", "whether the calibration converged (1: yes)"),
        **_left(calibration),
        "temperature": Headline(float(run.temperature.mean()), "K", "kinetic temperature"),
        "cost": Headline(1e3 * state.cost.seconds, "ms", "processor time of a step"),
    }  # fmt: skip
    if state.kirkwood is not None:
        value, noise = state.kirkwood.excess_chemical_potential
        lines["kirkwood"] = Headline(
            value, "kJ/mol", "excess chemical potential of atoms over that of beads, by integration", 2.0 * noise
        )
    if len(state.energy):
        drift = energy_drift(state.energy) / bridge.liquid.count / (GAS * bridge.settings.dynamics.temperature)
        lines["drift"] = Headline(drift, "1/ps", "drift of the total energy per molecule at constant energy, in kT")
    return lines


def _left(calibration: Calibration) -> dict[str, Headline]:
    """What the calibration leaves, by its own account; nothing where no density was corrected."""
    left = calibration.history[-1].left if calibration.history else np.inf
    if not np.isfinite(left):
        return {}
    return {"left": Headline(float(left), "1", "standard deviation of shells' densities that the calibration leaves")}


def _dataset(liquid: Equilibrated, calibration: Calibration, run: AdaptiveRun) -> xr.Dataset:
    import xarray as xr

    density, error = run.density
    radial, scatter = run.radial
    variables = {
        "density": ("distance", density, {"units": "1"}),
        "density_error": ("distance", error, {"units": "1"}),
        "layer_density": ("layer", run.layer_density[0], {"units": "1"}),
        "layer_density_error": ("layer", run.layer_density[1], {"units": "1"}),
        "deviation": ("round", np.array([r.deviation for r in calibration.history]), {"units": "1"}),
        "left": ("round", np.array([r.left for r in calibration.history]), {"units": "1"}),
        "molecules": ("time", run.inside, {"units": "1"}),
        "reference_radial": ("r_all", liquid.radial, {"units": "1"}),
    }
    coordinates = {
        "distance": ("distance", run.distance, {"units": "nm"}),
        "layer": ("layer", run.layer_distance, {"units": "nm"}),
        "round": ("round", np.arange(1, len(calibration.history) + 1), {"units": "1"}),
        "time": ("time", run.times, {"units": "ps"}),
        "r_all": ("r_all", liquid.r, {"units": "nm"}),
    }
    if run.pairs.shape[-1]:
        variables |= {"radial": ("r", radial, {"units": "1"}), "radial_error": ("r", scatter, {"units": "1"})}
        coordinates["r"] = ("r", run.r, {"units": "nm"})
    return xr.Dataset(variables, coordinates)


def _methods(bridge: AdaptiveLiquid, calibration: Calibration) -> tuple[str, tuple[Citation, ...]]:
    region, settings, how = bridge.region, bridge.settings, bridge.settings.dynamics
    kind = type(region).__name__.lower()
    what = "energies" if bridge.scheme == "hamiltonian" else "forces"
    text = (
        f"{bridge.liquid.count} rigid SPC/E molecules with a reaction field beyond {bridge.liquid.cutoff:g} nm "
        f"were simulated with interpolated {what} [1]: atomistic within {region.atomistic:g} nm of the middle of a "
        f"{kind}, coarse beyond {region.outer:g} nm; the switching function was {region.switching}. "
    )
    if bridge.kirkwood > 0.0 and bridge.scheme == "hamiltonian":
        text += (
            "The compensation at equal density came from Kirkwood integration of a cube at ten uniform resolutions, "
            f"{bridge.kirkwood:g} ps each. "
        )
    elif bridge.scheme == "hamiltonian":
        text += (
            "The mean drift force was compensated by resolution, measured on the fly in "
            f"{settings.drift_rounds} rounds of {settings.drift_length:g} ps. "
        )
    rounds = sum(1 for r in calibration.history if r.stage == "density")
    text += (
        f"A thermodynamic force [2] was iterated in {rounds} rounds until no shell's density was expected to differ by "
        f"more than {100 * settings.tolerance:g} %: {'reached' if calibration.converged else 'not reached'}. Langevin "
        f"dynamics at {how.temperature:g} K with a friction of {how.friction:g}/ps and a time step of "
        f"{1e3 * how.timestep:g} fs was that of OpenMM [3]."
    )
    return text, (SOURCES[bridge.scheme], SOURCES["thermodynamic"], SOURCES["engine"])
