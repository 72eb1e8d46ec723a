"""What each step posts to the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scalebridge.ledger import Entry, Verdict
from scalebridge.molecules.coarse._settings import NAMES
from scalebridge.molecules.coarse._state import CoarseState, Record
from scalebridge.molecules.dynamics import CoarseForces, Simulation, block_mean

if TYPE_CHECKING:
    from scalebridge.molecules.coarse._bridge import CoarseGraining
    from scalebridge.molecules.coarse._target import Target
    from scalebridge.molecules.inverse import ForceMatch


def reference_entries(targets: tuple[Target, ...]) -> tuple[Entry, ...]:
    """Mapped forces sum to zero in a periodic box; and as many beads as the topology has are in every frame."""
    entries = []
    for i, target in enumerate(targets):
        where = f"reference {i + 1}"
        beads = float(len(target.beads))
        entries.append(Entry("beads", "1", float(len(target.start.positions)), beads, beads, 0.0, where, 0.0))
        if target.frames is not None and target.frames.forces is not None:
            forces = np.asarray(target.frames.forces, dtype=np.float64)
            size = float(np.linalg.norm(forces, axis=2).sum(axis=1).mean())
            total = float(np.linalg.norm(forces.sum(axis=1), axis=1).max())
            # meshes of Ewald sums leave a small net force
            entries.append(
                Entry("sum of mapped forces", "kJ/mol/nm", total, 0.0, size, 2e-3, where, 0.0, severity=Verdict.WARNS)
            )
    return tuple(entries)


def matching_entries(found: ForceMatch) -> tuple[Entry, ...]:
    """The fit leaves less than it was given."""
    left, given = found.residual, found.reference
    return (Entry("force residual", "kJ/mol/nm", left, given, given, 0.0, "force matching", 0.0, "<="),)


def simulation_entries(run: Simulation, temperature: float, where: str, when: float) -> tuple[Entry, ...]:
    """Kinetic temperature of a thermostatted simulation."""
    mean, error = block_mean(run.kinetic)
    # five standard errors, and two per cent for the splitting error of the largest useful time steps
    allowed = 0.02 + 5.0 * (error if np.isfinite(error) else 0.0) / temperature
    return (Entry("kinetic temperature", "K", temperature, mean, temperature, allowed, where, when),)


def iteration_entries(
    targets: tuple[Target, ...], runs: list[Simulation], record: Record, number: int
) -> tuple[Entry, ...]:
    """Temperatures of all state points and how far the distributions are from their targets."""
    entries: list[Entry] = []
    for i, (target, run) in enumerate(zip(targets, runs, strict=True)):
        entries += simulation_entries(run, target.temperature, f"iteration {number}, state {i + 1}", float(number))
    worst = max(record.misfit, key=lambda name: record.misfit[name])
    # on the way nothing is promised: what counts is the final simulation
    entries.append(
        Entry(f"misfit of {worst}", "1", record.misfit[worst], 1.0, 1.0, 0.0, f"iteration {number}", float(number), "<=")
    )
    return tuple(entries)


def production_entries(
    bridge: CoarseGraining, state: CoarseState, run: Simulation, free: Simulation
) -> tuple[Entry, ...]:
    """Temperature, momentum and energy of the final simulations, and what the method promises."""
    from scalebridge.molecules.coarse._bridge import misfits

    target, when = state.targets[0], float(len(state.history) + 1)
    forces = CoarseForces(target.beads, bridge.potentials(state)).evaluate(run.phase.positions, run.phase.box).forces
    entries = [
        *simulation_entries(run, target.temperature, "production", when),
        Entry(
            "sum of coarse forces", "kJ/mol/nm", float(np.linalg.norm(forces.sum(axis=0))), 0.0,
            float(np.linalg.norm(forces, axis=1).sum()), 1e-6, "production", when,
        ),
        Entry("momentum", "1", free.momentum, 0.0, 1.0, 1e-6, "constant energy", when),
        Entry(
            "energy drift in 10 ps", "kJ/mol", abs(free.drift) * 1e-2, 0.0, target.kt, 0.01, "constant energy", when,
            severity=Verdict.WARNS,
        ),
    ]  # fmt: skip
    sample = bridge._sample(target, run)
    promised = bridge.fit.iterative
    for name, value in misfits(sample, bridge.fit.cutoff).items():
        # structure is what iterative methods promise; the others may miss it, and the reader should know
        allowed = 0.05 if promised else 0.15
        entries.append(
            Entry(
                f"distribution of {name} ({NAMES[bridge.fit.method]})", "1", value, 0.0, 1.0, allowed, "production", when,
                severity=Verdict.WARNS,
            )
        )  # fmt: skip
    if bridge.fit.pressure is not None:
        pressure, error = run.pressure
        allowed = 1.0 + 3.0 * error / 100.0
        entries.append(
            Entry("pressure", "bar", bridge.fit.pressure, pressure, 100.0, allowed, "production", when,
                  severity=Verdict.WARNS)
        )  # fmt: skip
    return tuple(entries)
