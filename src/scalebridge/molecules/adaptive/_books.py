"""What each step of a run with adaptive resolution posts to the ledger."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from scalebridge.ledger import Entry, Verdict
from scalebridge.molecules.adaptive._calibration import Calibration, CalibrationSettings

if TYPE_CHECKING:
    from scalebridge.molecules.adaptive._adaptive import AdaptiveResolution
    from scalebridge.molecules.adaptive._bridge import AdaptiveLiquid, AdaptiveState
    from scalebridge.molecules.adaptive._kirkwood import Kirkwood
    from scalebridge.molecules.adaptive._liquid import Equilibrated
    from scalebridge.molecules.adaptive._production import AdaptiveRun

GAS = 0.00831446261815324  # kJ/mol/K


def liquid_entries(bridge: AdaptiveLiquid, made: Equilibrated) -> tuple[Entry, ...]:
    """Temperature of the liquid with all its atoms."""
    wanted = bridge.settings.dynamics.temperature
    return (Entry("kinetic temperature", "K", made.temperature, wanted, wanted, 0.1, "all atoms", 0.0),)


def kirkwood_entries(found: Kirkwood) -> tuple[Entry, ...]:
    """The two compensations differ by the pressure, whatever the resolution."""
    at = np.array([n.resolution for n in found.nodes])
    difference = found.gibbs(at)[0] - found.helmholtz(at)[0]
    pressures = np.array([n.pressure[0] for n in found.nodes])
    expected = -(pressures - pressures[0]) / found.density
    worst = int(np.argmax(np.abs(difference - expected)))
    scale = GAS * found.temperature
    return (
        Entry("equal density against equal pressure", "kJ/mol", float(difference[worst]), float(expected[worst]), scale,
              1e-6, "Kirkwood integration", 0.0),
        Entry("standard error of the free energy", "kJ/mol", found.excess_chemical_potential[1], 0.0, scale, 0.5,
              "Kirkwood integration", 0.0, severity=Verdict.WARNS),
    )  # fmt: skip


def round_entries(now: Calibration, settings: CalibrationSettings) -> tuple[Entry, ...]:
    """How uneven the density was. On the way nothing is promised: what counts is the production."""
    last, number = now.history[-1], float(len(now.history))
    where = f"calibration, {last.stage}"
    return (
        Entry("unevenness of the density", "1", last.deviation, settings.tolerance, 1.0, 10.0, where, number, "<="),
        Entry("standard error of the density", "1", last.error, 0.0, 1.0, 10.0, where, number),
    )


def _temperature_noise(run: AdaptiveRun, model: AdaptiveResolution, friction: float) -> float:
    """Standard error of a mean kinetic temperature over itself: sqrt(2 / f) once for each time that it is renewed."""
    from scalebridge.molecules.adaptive._production import freedom

    return math.sqrt(2.0 / freedom(model.system) / (1.0 + friction * float(run.times[-1])))


def production_entries(bridge: AdaptiveLiquid, state: AdaptiveState, model: AdaptiveResolution) -> tuple[Entry, ...]:
    """Density, exchange, chemical potential, momentum and energy."""
    run, calibration = state.run, state.calibration
    assert run is not None
    assert calibration is not None
    when, where = float(len(calibration.history) + 1), "production"
    wanted, kt = bridge.settings.dynamics.temperature, GAS * bridge.settings.dynamics.temperature
    density, error = run.density
    worst = int(np.argmax(np.abs(density - 1.0)))
    # the largest of many deviations is three standard errors off by chance
    allowed = bridge.settings.tolerance + 3.0 * float(error[worst])
    entries = [
        Entry("kinetic temperature", "K", float(run.temperature.mean()), wanted, wanted,
              0.03 + 3.0 * _temperature_noise(run, model, bridge.settings.dynamics.friction), where, when),
        Entry("density", "1", float(density[worst]), 1.0, 1.0, allowed, f"{where}, {run.distance[worst]:.2f} nm", when,
              severity=Verdict.WARNS),
        _chemical(bridge, run, float(calibration.answered[0]), kt, when),
        *exchange(run, when),
        momentum(run, model, when),
    ]  # fmt: skip
    if len(state.energy):
        entries.append(_energy(bridge, state, kt, when))
    return tuple(entries)


def _chemical(bridge: AdaptiveLiquid, run: AdaptiveRun, stiffness: float, kt: float, when: float) -> Entry:
    """In equilibrium it is the same; a density that differs shows by how much the compensation misses it."""
    fine, coarse = (stiffness * plateau(run, inside) for inside in plateaus(bridge, run))
    return Entry(
        "chemical potential left uncompensated", "kJ/mol", fine, coarse, kt, 0.5, "atomistic against coarse", when,
        severity=Verdict.WARNS,
    )  # fmt: skip


def plateaus(bridge: AdaptiveLiquid, run: AdaptiveRun) -> tuple[np.ndarray, np.ndarray]:
    """Shells of the atomistic and of the coarse part."""
    return run.distance < bridge.region.atomistic, run.distance > bridge.region.outer


def plateau(run: AdaptiveRun, where: np.ndarray) -> float:
    """Mean relative deviation of the density over shells; 0 without any."""
    density, _ = run.density
    return float(((density - 1.0) * run.volume)[where].sum() / max(float(run.volume[where].sum()), 1e-300))


def exchange(run: AdaptiveRun, when: float) -> list[Entry]:
    entries = []
    for k, name in enumerate(("the end of the atomistic part", "the middle of the hybrid zone", "the coarse end")):
        out, into = float(run.outward[:, k].sum()), float(run.inward[:, k].sum())
        # the difference is what the number of molecules within changed by, which fluctuates
        noise = np.sqrt(max(out + into, 1.0))
        entries.append(Entry("molecules across", "1", out, into, noise, 5.0, name, when, severity=Verdict.WARNS))
    return entries


def momentum(run: AdaptiveRun, model: AdaptiveResolution, when: float) -> Entry:
    """Forces sum to what the resolution field takes up, and to nothing else; to zero where a solute takes it up."""
    found = model.forces.evaluate(run.positions, model.box)
    taken = found.drift if model.forces.molecules.solute is None else np.zeros(3)
    total = found.forces.sum(axis=0)
    size = float(np.linalg.norm(found.forces, axis=1).sum())
    return Entry(
        "momentum exchanged with the resolution field", "kJ/mol/nm", float(np.linalg.norm(total - taken)), 0.0,
        size, 1e-6, "production", when,
    )  # fmt: skip


def _energy(bridge: AdaptiveLiquid, state: AdaptiveState, kt: float, when: float) -> Entry:
    drift = energy_drift(state.energy) / bridge.liquid.count
    return Entry(
        "energy drift per molecule in 10 ps, with the compensation", "kJ/mol", 10.0 * abs(drift), 0.0, kt, 0.05,
        "constant energy", when, severity=Verdict.WARNS,
    )  # fmt: skip


def energy_drift(energy: np.ndarray) -> float:
    """Slope of the energy of a run of one ps, kJ/mol/ps."""
    return float(np.polyfit(np.linspace(0.0, 1.0, len(energy)), energy, 1)[0])
