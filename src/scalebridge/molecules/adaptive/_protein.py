"""The bridge of a protein with adaptive resolution: all its atoms and the water around it, beads beyond."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from scalebridge.bridge import Bridge, Outcome, Progress, Step
from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._adaptive import AdaptiveResolution
from scalebridge.molecules.adaptive._bridge import NODES, liquid_kirkwood, seed_of
from scalebridge.molecules.adaptive._calibration import (
    Calibration,
    CalibrationSettings,
    advance,
    begin,
    finished,
    shells_of,
)
from scalebridge.molecules.adaptive._kirkwood import Kirkwood
from scalebridge.molecules.adaptive._liquid import Liquid, equilibrate
from scalebridge.molecules.adaptive._production import AdaptiveRun, joined_runs, produce
from scalebridge.molecules.adaptive._regions import Sphere
from scalebridge.molecules.adaptive._shells import Shells, opened
from scalebridge.molecules.adaptive._solvated import WATER, Control, Solvated, Solvation, control, joined_controls
from scalebridge.molecules.coarse._state import Measured
from scalebridge.molecules.potentials import Potential
from scalebridge.scales import ScaleMap

Floats = npt.NDArray[np.float64]

CUBE = 530  # waters of the cube in which free energies are integrated
FEWEST = 30.0  # waters of a shell
SETTLE = 0.25  # of control and production, before they are looked at: both begin at the relaxed protein


@dataclass(frozen=True, eq=False)
class ProteinState:
    """Where a run stands.

    Attributes:
        entropy: of the seed.
        solvated: PDB text of the protein in water; empty before.
        positions, velocities: relaxed, (N, 3); empty before.
        controls: with all atoms, those copies that are done.
        kirkwood: free energies of the water between beads and atoms; None before.
        calibration: None before.
        runs: production, those copies that are done.
        cost: processor seconds of a step with all atoms, and adaptive.
    """

    entropy: int
    solvated: str = ""
    positions: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    velocities: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    controls: tuple[Control, ...] = ()
    kirkwood: Kirkwood | None = None
    calibration: Calibration | None = None
    runs: tuple[AdaptiveRun, ...] = ()
    cost: tuple[Measured, Measured] = field(default_factory=lambda: (Measured(0.0), Measured(0.0)))

    @property
    def control(self) -> Control | None:
        """All controls; None before the first."""
        return joined_controls(self.controls) if self.controls else None

    @property
    def run(self) -> AdaptiveRun | None:
        """All productions; None before the first."""
        return joined_runs(self.runs) if self.runs else None


@dataclass(frozen=True, eq=False)
class AdaptiveProtein(Bridge[ProteinState]):
    """A protein and the first layers of water around it with all atoms, in a ball that follows it; beads beyond.

    What crosses is water, which changes its resolution on the way. What must balance: the density of the water, that of
    the same system with all atoms everywhere; and, to see whether it was worth it, the protein itself and its first
    shell of water.

    Args:
        solvation: the protein and how it is put into water.
        region: ball around the protein; its centre is not used.
        coarse: potential between waters as beads; none: an ideal gas.
        cap: distance below which site energies continue linearly, nm.
        settings: of the calibration.
        relaxation: with all atoms, ps.
        controlled: length of the control with all atoms, ps.
        copies: of control and production, each with a thermostat and velocities of its own. A chain wanders for longer
            than it is simulated, which blocks of one run do not show: with two copies or more, errors are at least
            those of their means.
        kirkwood: length at each of ten uniform resolutions of a cube of water, ps.
        production: length, ps.

    Raises:
        InputError: the region does not fit the box, its hybrid zone is thinner than the cutoff, or the protein is too
            large for its atomistic part.
    """

    solvation: Solvation
    region: Sphere
    coarse: Potential | None
    cap: float = 0.12
    settings: CalibrationSettings = field(default_factory=CalibrationSettings)
    relaxation: float = 5.0
    controlled: float = 20.0
    kirkwood: float = 1.6
    production: float = 20.0
    copies: int = 1

    name: ClassVar[str] = "adaptive-protein"
    scheme: ClassVar[str] = "hamiltonian"

    def __post_init__(self) -> None:
        self.region.check(np.full(3, self.solvation.edge), self.solvation.cutoff)
        if self.copies < 1:
            raise InputError(f"A protein is simulated in {self.copies} copies; take 1 or more")
        reach = self.solvation.radius()
        if reach > self.region.atomistic:
            raise InputError(
                f"The protein reaches {reach:.2f} nm from its centre of mass, beyond the atomistic part of "
                f"{self.region.atomistic:g} nm; make that {reach + 0.3:.1f} nm, so that a layer of water fits as well."
            )
        if self.settings.drift_rounds:
            object.__setattr__(self, "settings", replace(self.settings, drift_rounds=0))

    def scales(self) -> ScaleMap:
        """Atoms, beads and the box."""
        from scalebridge.molecules.adaptive._scales import protein_scale_map

        return protein_scale_map(self)

    def init(self, seed: np.random.SeedSequence) -> ProteinState:
        """Nothing done yet."""
        if not isinstance(seed.entropy, int):
            raise InputError(f"The seed of a run is one whole number; found {seed.entropy!r}")
        return ProteinState(seed.entropy)

    def step(self, state: ProteinState, executor: Executor) -> Step[ProteinState]:
        """The protein in water, the control, free energies of water, a round of the calibration, or the production."""
        from scalebridge.molecules.adaptive import _books

        del executor  # one trajectory, one after the other
        if not state.solvated:
            return self._prepared(state)
        if len(state.controls) < self.copies:
            return self._controlled(state)
        if state.kirkwood is None:
            found = self._integrated(seed_of(state.entropy, 3))
            return Step(replace(state, kirkwood=found), _books.kirkwood_entries(found))
        made, model, where = self._parts(state)
        if state.calibration is None:
            guess = {WATER: state.kirkwood.compensation()}
            seed = seed_of(state.entropy, 1)
            start = begin(model.forces, model.box, state.positions, self.settings, seed, guess, where)
            state = replace(state, calibration=replace(start, velocities=state.velocities))
        assert state.calibration is not None
        if not finished(state.calibration, self.settings):
            new = advance(state.calibration, model.system, model.forces, model.box, self.settings, where)
            return Step(replace(state, calibration=new), _books.round_entries(new, self.settings))
        return self._produced(state, made, model, where)

    def done(self, state: ProteinState) -> bool:
        """Whether the production is there."""
        return len(state.runs) == self.copies

    def progress(self, state: ProteinState) -> Progress:
        """Rounds done; what comes before and after counts as three each."""
        total = self.settings.rounds + 6.0
        if self.done(state):
            return Progress(total, total, "done")
        if not state.solvated:
            return Progress(0.0, total, "the protein in water")
        if len(state.controls) < self.copies:
            return Progress(1.0 + len(state.controls) / self.copies, total, f"all atoms{self._copy(state.controls)}")
        if state.kirkwood is None:
            return Progress(2.0, total, "uniform resolutions of water")
        rounds = 0 if state.calibration is None else len(state.calibration.history)
        if state.calibration is None or not finished(state.calibration, self.settings):
            return Progress(3.0 + rounds, total, f"calibration, round {rounds + 1}")
        share = len(state.runs) / self.copies
        return Progress(total - 3.0 * (1.0 - share), total, f"production{self._copy(state.runs)}")

    def _copy(self, done: tuple[object, ...]) -> str:
        return f", copy {len(done) + 1} of {self.copies}" if self.copies > 1 else ""

    def finish(self, state: ProteinState) -> Outcome:
        """Profiles, structure, headline numbers and pictures."""
        from scalebridge.molecules.adaptive._protein_outcome import outcome

        return outcome(self, state)

    @property
    def count(self) -> int:
        """Molecules of water, about."""
        return round(33.3 * self.solvation.edge**3)

    def shells(self, made: Solvated) -> Shells:
        """Shells around the protein, before it is known what it takes up."""
        return shells_of(self.region, made.box, len(made.oxygens), self.settings)

    def opened(self, made: Solvated, control: Control) -> Shells:
        """Shells with the volume that the protein leaves to water."""
        return opened(self.shells(made), control.counts.mean(axis=0), FEWEST)

    def _prepared(self, state: ProteinState) -> Step[ProteinState]:
        from scalebridge.molecules.adaptive import _protein_books as books

        how, seed = self.settings.dynamics, seed_of(state.entropy, 0)
        text, x = self.solvation.solvate(seed)
        packed = self.solvation.system(text)
        x, v, box = packed.pressed(x, how, seed)
        try:
            self.region.check(box, self.solvation.cutoff)
        except InputError as error:
            raise InputError(
                f"At 1 bar the box of {self.solvation.edge:g} nm has edges of {box[0]:.3f} nm. {error}"
            ) from error
        text = packed.written(x, box)
        made = self.solvation.system(text)
        x, v = made.relaxed((x, v), how, self.relaxation, seed)
        new = replace(state, solvated=text, positions=x, velocities=v)
        return Step(new, books.prepared_entries(self, made, x))

    def _controlled(self, state: ProteinState) -> Step[ProteinState]:
        from scalebridge.molecules.adaptive import _protein_books as books

        made = self.made(state)
        how, begun = self.settings.dynamics, time.process_time()
        where = self.shells(made)
        number = len(state.controls)
        seed = seed_of(state.entropy, 4 if number == 0 else 100 + number)
        start = (state.positions, state.velocities if number == 0 else None)
        settle = SETTLE * self.controlled
        found = control(made, start, where, how, self.controlled, seed, settle=settle)
        spent = Measured((time.process_time() - begun) / max(round((self.controlled + settle) / how.timestep), 1))
        new = replace(state, controls=(*state.controls, found), cost=(spent, Measured(0.0)))
        return Step(new, books.control_entries(self, found))

    def _integrated(self, seed: int) -> Kirkwood:
        liquid = Liquid(CUBE, (1, 1, 1), self.solvation.cutoff)
        how = self.settings.dynamics
        start = equilibrate(liquid.cube(), how, 2.0 * self.kirkwood, 0.2, seed).positions
        return liquid_kirkwood(liquid, self._beads, self.cap, how, start, self.kirkwood, NODES, seed)

    @property
    def _beads(self) -> Mapping[str, Potential]:
        return {} if self.coarse is None else {WATER: self.coarse}

    def made(self, state: ProteinState) -> Solvated:
        """The system with all atoms."""
        found = self.__dict__.get("_last")
        if found is None or found[0] != state.solvated:
            object.__setattr__(self, "_last", (state.solvated, self.solvation.system(state.solvated)))
        made: Solvated = self.__dict__["_last"][1]
        return made

    def _parts(self, state: ProteinState) -> tuple[Solvated, AdaptiveResolution, Shells]:
        """The system with all atoms, with adaptive resolution, and shells."""
        made = self.made(state)
        whole = state.control
        assert whole is not None
        if "_model" not in self.__dict__ or self.__dict__["_model"][0] is not made:
            model = AdaptiveResolution(
                made.system, made.topology, self.region, self._beads, solute=made.solute, cap=self.cap
            )
            object.__setattr__(self, "_model", (made, model))
        adaptive: AdaptiveResolution = self.__dict__["_model"][1]
        return made, adaptive, self.opened(made, whole)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_last", "_model")}

    def _produced(
        self, state: ProteinState, made: Solvated, model: AdaptiveResolution, where: Shells
    ) -> Step[ProteinState]:
        from scalebridge.molecules.adaptive import _protein_books as books

        assert state.calibration is not None
        model.use(state.calibration)
        how = self.settings.dynamics
        number, settle = len(state.runs), SETTLE * self.production
        # the chain is still wandering: what is compared must be as old as in the control
        start = (state.positions, state.velocities if number == 0 else None)
        begun = time.process_time()
        run = produce(
            model.system, model.forces, where, how, start, self.production,
            settle=settle, seed=seed_of(state.entropy, 2 if number == 0 else 200 + number),
            look=made.look(state.positions),
        )  # fmt: skip
        spent = Measured((time.process_time() - begun) / max(round((self.production + settle) / how.timestep), 1))
        new = replace(state, runs=(*state.runs, replace(run, seconds=0.0)), cost=(state.cost[0], spent))
        return Step(new, books.production_entries(self, new, model))
