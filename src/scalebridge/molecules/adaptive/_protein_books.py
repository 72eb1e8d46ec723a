"""What each step of a protein with adaptive resolution posts to the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.ledger import Entry, Verdict
from scalebridge.molecules.adaptive._books import exchange, momentum
from scalebridge.molecules.adaptive._sampling import BLOCKS

if TYPE_CHECKING:
    from scalebridge.molecules.adaptive._adaptive import AdaptiveResolution
    from scalebridge.molecules.adaptive._production import AdaptiveRun
    from scalebridge.molecules.adaptive._protein import AdaptiveProtein, ProteinState
    from scalebridge.molecules.adaptive._shells import Shells
    from scalebridge.molecules.adaptive._solvated import Control, Solvated

Floats = npt.NDArray[np.float64]

LOOKED = (
    ("deviation", "nm", "root mean square deviation of the protein's heavy atoms from the relaxed ones"),
    ("gyration", "nm", "radius of gyration of the protein"),
    ("first_shell", "1", "water in the protein's first shell"),
)
SIGMAS = 4.0  # by which two means of correlated samples may differ


def mean_of(values: Floats, copies: int = 1) -> tuple[Floats, Floats]:
    """Mean over samples and its standard error.

    The error is the larger of two that may both be too small: from blocks, which do not show what wanders for longer
    than a copy lasts, and from the means of copies, of which there are few.

    Args:
        values: samples, those of a copy after those of another, (n, k).
        copies: their number.
    """
    each = np.array_split(values, copies)
    blocks = [part.mean(axis=0) for one in each for part in np.array_split(one, min(BLOCKS, len(one)))]
    error = np.std(blocks, axis=0, ddof=1) / np.sqrt(len(blocks))
    if copies > 1:
        error = np.maximum(error, np.std([one.mean(axis=0) for one in each], axis=0, ddof=1) / np.sqrt(copies))
    return values.mean(axis=0), error


def density_against(run: AdaptiveRun, control: Control, fine: Shells, joined: Shells) -> tuple[Floats, Floats]:
    """Water over that with all atoms by shell, and its standard error, of which the control has its share, (b,).

    Args:
        run: adaptive.
        control: with all atoms.
        fine: shells in which the control was counted.
        joined: those of the run, whose edges are among the former.
    """
    density, error = run.density
    mean, noise = mean_of(fine.joined(control.counts, joined), control.copies)
    return density, np.hypot(error, noise / np.maximum(mean, 1e-300))


def prepared_entries(bridge: AdaptiveProtein, made: Solvated, positions: Floats) -> tuple[Entry, ...]:
    """Whether the protein, relaxed, still fits the atomistic part.

    Raises:
        InputError: it does not.
    """
    atoms, share = made.protein
    own = positions[atoms]
    reach = float(np.linalg.norm(own - share @ own, axis=1).max())
    if reach > bridge.region.atomistic:
        raise InputError(
            f"The protein with its hydrogens reaches {reach:.2f} nm from its centre of mass, beyond the atomistic part "
            f"of {bridge.region.atomistic:g} nm; make that {reach + 0.3:.1f} nm"
        )
    room = bridge.region.atomistic
    return (Entry("reach of the protein", "nm", reach, room, room, 1.0, "all atoms", 0.0, "<="),)


def control_entries(bridge: AdaptiveProtein, found: Control) -> tuple[Entry, ...]:
    """Temperature of the control."""
    wanted = bridge.settings.dynamics.temperature
    mean = float(found.temperature.mean())
    return (Entry("kinetic temperature", "K", mean, wanted, wanted, 0.05, "all atoms", 0.0),)


def production_entries(bridge: AdaptiveProtein, state: ProteinState, model: AdaptiveResolution) -> tuple[Entry, ...]:
    """Temperature, exchange and momentum of the last copy; after all of them what is compared with all atoms."""
    calibration, last = state.calibration, state.runs[-1]
    assert calibration is not None
    when, where = float(len(calibration.history) + len(state.runs)), "production"
    wanted = bridge.settings.dynamics.temperature
    own = (
        Entry("kinetic temperature", "K", float(last.temperature.mean()), wanted, wanted, 0.05, where, when),
        *exchange(last, when),
        momentum(last, model, when),
    )
    return (*own, *_compared(bridge, state, when, where)) if bridge.done(state) else own


def _compared(bridge: AdaptiveProtein, state: ProteinState, when: float, where: str) -> tuple[Entry, ...]:
    """Density, protein and first shell against all atoms."""
    run, control = state.run, state.control
    assert run is not None
    assert control is not None
    made = bridge.made(state)
    density, error = density_against(run, control, bridge.shells(made), bridge.opened(made, control))
    worst = int(np.argmax(np.abs(density - 1.0)))
    allowed = bridge.settings.tolerance + 3.0 * float(error[worst])
    entries = [
        Entry(
            "water over that with all atoms", "1", float(density[worst]), 1.0, 1.0, allowed,
            f"{where}, {run.distance[worst]:.2f} nm", when, severity=Verdict.WARNS,
        )
    ]  # fmt: skip
    (here, noise), (there, other) = mean_of(run.looked, run.copies), mean_of(control.looked, control.copies)
    for k, (_, unit, label) in enumerate(LOOKED):
        both = float(np.hypot(noise[k], other[k]))
        entries.append(
            Entry(label, unit, float(here[k]), float(there[k]), max(both, 1e-12), SIGMAS, where, when,
                  severity=Verdict.WARNS)
        )  # fmt: skip
    return tuple(entries)
