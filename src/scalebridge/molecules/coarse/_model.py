"""A coarse model: potentials, topology and state point, ready to run, to export and to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scalebridge.errors import ConvergenceError, InputError
from scalebridge.molecules.coarse._settings import NAMES, Fit
from scalebridge.molecules.coarse._state import CoarseState, Record
from scalebridge.molecules.coarse._target import Target
from scalebridge.molecules.dynamics import Phase, Protocol, Simulation, check_terms, portable_system, simulate
from scalebridge.molecules.mapping import Beads
from scalebridge.molecules.potentials import Potential
from scalebridge.molecules.statistics import R

if TYPE_CHECKING:
    from scalebridge.ledger import Entry
    from scalebridge.molecules.coarse._compare import Comparison

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CoarseModel:
    """Beads with effective potentials.

    Attributes:
        beads: the coarse topology.
        potentials: by term, kJ/mol.
        temperature: K, at which the potentials were made.
        start: a configuration.
        target: what the model was fitted to; None for a model that was read.
        fit: how it was fitted; None for a model that was read.
        history: of the iterations.
        errors: standard error of the energy of a term at points, each of shape (2, n): points and errors.
        entries: what the fit posted to the ledger.
    """

    beads: Beads
    potentials: Mapping[str, Potential]
    temperature: float
    start: Phase
    target: Target | None = None
    fit: Fit | None = None
    history: tuple[Record, ...] = ()
    errors: Mapping[str, Floats] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        check_terms(self.beads, self.potentials)

    def __repr__(self) -> str:
        method = "" if self.fit is None else f" by {NAMES[self.fit.method]}"
        terms = ", ".join(self.potentials)
        return f"CoarseModel({len(self.beads)} beads, {self.temperature:g} K{method}; {terms})"

    def simulate(
        self,
        picoseconds: float = 100.0,
        *,
        timestep: float = 0.004,
        every: float = 0.2,
        equilibration: float = 10.0,
        seed: int = 0,
        start: Phase | None = None,
        **options: Any,
    ) -> Simulation:
        """Run the model.

        Args:
            picoseconds: length of the recorded part.
            timestep: ps.
            every: ps between frames.
            equilibration: ps before the first frame.
            seed: of velocities and thermostat.
            start: where to begin; the model's own configuration where not given.
            **options: friction, ensemble and platform, as of `Protocol`.

        Raises:
            ConvergenceError: the simulation has blown up.
        """
        stride = max(round(every / timestep), 1)
        protocol = Protocol(
            max(round(picoseconds / timestep), stride), timestep, stride, round(equilibration / timestep), **options
        )
        return simulate(self.beads, self.potentials, start or self.start, self.temperature, protocol, seed=seed)

    def largest_timestep(self, *, picoseconds: float = 4.0, seed: int = 0) -> tuple[float, dict[float, float]]:
        """The largest time step that conserves energy to a hundredth of kT per bead in ten picoseconds.

        Steps grow by a factor of about 1.4 until one fails; each runs at constant energy from a thermalised start.

        Args:
            picoseconds: length of each run.
            seed: of the thermostat.

        Returns:
            The step (ps), and the drift found at each step, kJ/mol per bead in 10 ps.
        """
        warm = self.simulate(0.5, timestep=0.001, every=0.5, equilibration=2.0, seed=seed).phase
        found: dict[float, float] = {}
        for step in (0.001, 0.0014, 0.002, 0.003, 0.004, 0.006, 0.008, 0.012, 0.016, 0.024, 0.032, 0.048):
            try:
                run = self.simulate(
                    picoseconds, timestep=step, every=picoseconds / 20, equilibration=0.0, start=warm, ensemble="nve"
                )
            except ConvergenceError:
                break
            found[step] = abs(run.drift) * 1e-2
            if not found[step] < 0.01 * R * self.temperature:
                break
        good = [step for step, drift in found.items() if drift < 0.01 * R * self.temperature]
        if not good:
            raise ConvergenceError("Even a time step of 1 fs does not conserve energy; look at the potentials' cores")
        return good[-1], found

    def compare(self, reference: Any = None, simulation: Simulation | None = None, **asked: Any) -> Comparison:
        """The essential physics, fine against coarse, with error bars.

        Args:
            reference: target, or all-atom reference together with `mapping`; what the model was fitted to by default.
            simulation: of this model; one of 50 ps by default.
            **asked: `mapping` of an all-atom reference.

        Raises:
            InputError: nothing to compare with.
        """
        from scalebridge.molecules.coarse._compare import compare
        from scalebridge.molecules.coarse._target import target_of

        target = self.target
        if reference is not None:
            target = target_of(reference, asked.get("mapping"), step=0.01, fixed=())
        if target is None:
            raise InputError("This model was read from a file and knows no target; give a reference to compare with")
        return compare(self, target, simulation or self.simulate(50.0))

    def to_openmm(self) -> tuple[Any, Any]:
        """System and topology of OpenMM's own forces, for any platform; `openmm.XmlSerializer` writes the system."""
        from scalebridge.molecules.export import openmm_topology

        return portable_system(self.beads, self.potentials, self.start.box), openmm_topology(self.beads, self.start.box)

    def to_lammps(self, folder: Path | str) -> tuple[Path, ...]:
        """Data file, tables and input for LAMMPS (units real). Returns the files written."""
        from scalebridge.molecules.export import write_lammps

        return write_lammps(self, Path(folder))

    def to_gromacs(self, folder: Path | str) -> tuple[Path, ...]:
        """Topology, configuration and tables for GROMACS. Returns the files written."""
        from scalebridge.molecules.export import write_gromacs

        return write_gromacs(self, Path(folder))

    def write(self, folder: Path | str) -> tuple[Path, ...]:
        """The model as TOML and its potentials as CSV with standard errors; `read` reads it. Returns the files."""
        from scalebridge.molecules.export import write_model

        return write_model(self, Path(folder))

    @classmethod
    def read(cls, folder: Path | str) -> CoarseModel:
        """A model written by `write`.

        Raises:
            InputError: a file is missing or damaged.
        """
        from scalebridge.molecules.export import read_model

        return read_model(Path(folder))

    def at(self, phase: Phase) -> CoarseModel:
        """The same model with another configuration to start from."""
        return replace(self, start=phase)


def model_of(
    targets: tuple[Target, ...], fit: Fit, state: CoarseState, potentials: Mapping[str, Potential], entries: Any = ()
) -> CoarseModel:
    """The model that a coarse-graining has arrived at."""
    errors = {name: np.stack([state.tables[name].x, error]) for name, error in state.errors.items()}
    if len(state.kept) > 1:
        # scatter of the last iterations: what noise in the statistics makes of the potential
        for name, table in state.kept[-1].items():
            scatter = np.std([tables[name].energy for tables in state.kept], axis=0, ddof=1) / np.sqrt(len(state.kept))
            errors[name] = np.stack([table.x, scatter])
    phase = state.production.run.phase if state.production is not None else state.phases[0]
    return CoarseModel(
        targets[0].beads, potentials, targets[0].temperature, phase, targets[0], fit, state.history, errors,
        tuple(entries),
    )  # fmt: skip
