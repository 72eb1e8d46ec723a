"""The state of a coarse-graining between two steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scalebridge.molecules.coarse._tables import Table
from scalebridge.molecules.coarse._target import Target
from scalebridge.molecules.dynamics import Phase, Simulation
from scalebridge.molecules.potentials import Potential

Floats = npt.NDArray[np.float64]


class Measured:
    """Processor seconds, which differ from run to run: two states are the same whatever they cost."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Measured)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"Measured({self.seconds:.3g} s)"


@dataclass(frozen=True, eq=False)
class Record:
    """What an iteration saw, under the potentials it began with.

    Attributes:
        misfit: root mean square difference of each distribution from its target: of g(r) up to the cutoff; of densities
            relative to the largest value of the target.
        pressures: of each state point, bar.
        pressure_errors: standard errors, bar.
        kinetic: mean kinetic temperature of each state point, K.
        cost: processor seconds.
    """

    misfit: Mapping[str, float]
    pressures: tuple[float, ...]
    pressure_errors: tuple[float, ...]
    kinetic: tuple[float, ...]
    cost: Measured


@dataclass(frozen=True, eq=False)
class Production:
    """The final potentials at work.

    Attributes:
        run: simulation at constant temperature.
        free: simulation at constant energy, from where `run` ended.
    """

    run: Simulation
    free: Simulation


@dataclass(frozen=True, eq=False)
class CoarseState:
    """Where a coarse-graining stands.

    Attributes:
        entropy: of the seed.
        targets: what is to be reproduced; empty before the references are there.
        fixed: potentials of terms that are not fitted, beside those of the settings.
        springs: those among `fixed` that follow the fluctuations of the atoms.
        tables: current energies by term; empty before the first step.
        phases: of the simulation of each state point.
        history: of the iterations.
        kept: tables of the last iterations, whose mean is the result.
        errors: standard errors of the energies at the points of the tables, where known.
        residual: of force matching: what is left of the forces and their size, kJ/mol/nm; empty for other methods.
        production: the final potentials at work; None before.
        cost: processor seconds of the fit.
        fine_cost: processor seconds per nanosecond of the fine simulation; None where not known.
    """

    entropy: int
    targets: tuple[Target, ...] = ()
    fixed: Mapping[str, Potential] = field(default_factory=dict)
    springs: tuple[str, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    history: tuple[Record, ...] = ()
    kept: tuple[Mapping[str, Table], ...] = ()
    errors: Mapping[str, Floats] = field(default_factory=dict)
    residual: tuple[float, ...] = ()
    production: Production | None = None
    cost: Measured = field(default_factory=lambda: Measured(0.0))
    fine_cost: Measured | None = None
