"""The bridge of adaptive resolution: atoms in a region, beads around it, a compensation in between."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from scalebridge.bridge import Bridge, Outcome, Progress, Step
from scalebridge.errors import InputError
from scalebridge.molecules.adaptive._adaptive import AdaptiveResolution, coarse_pairs
from scalebridge.molecules.adaptive._calibration import (
    Calibration,
    CalibrationSettings,
    advance,
    begin,
    finished,
    shells_of,
    thinner,
)
from scalebridge.molecules.adaptive._engine import Dynamics
from scalebridge.molecules.adaptive._forces import AdaptiveForces, Scheme
from scalebridge.molecules.adaptive._kirkwood import Kirkwood, kirkwood, nodes
from scalebridge.molecules.adaptive._liquid import Equilibrated, Liquid, equilibrate
from scalebridge.molecules.adaptive._openmm import molecules_of, put_together, take
from scalebridge.molecules.adaptive._production import AdaptiveRun, produce
from scalebridge.molecules.adaptive._regions import Region
from scalebridge.molecules.adaptive._sampling import conserve
from scalebridge.molecules.coarse._state import Measured
from scalebridge.molecules.potentials import Potential
from scalebridge.scales import ScaleMap

Floats = npt.NDArray[np.float64]

NODES = 10  # of Kirkwood integration


@dataclass(frozen=True, eq=False)
class AdaptiveState:
    """Where a run with adaptive resolution stands.

    Attributes:
        entropy: of the seed.
        liquid: with all atoms; None before.
        kirkwood: free energies between beads and atoms; None before, and where the drift force is measured instead.
        calibration: of the compensation; None before.
        run: production; None before.
        energy: total energy at constant energy, (n,) kJ/mol; empty before.
        cost: processor seconds of a step of the production.
    """

    entropy: int
    liquid: Equilibrated | None = None
    kirkwood: Kirkwood | None = None
    calibration: Calibration | None = None
    run: AdaptiveRun | None = None
    energy: Floats = field(default_factory=lambda: np.zeros(0))
    cost: Measured = field(default_factory=lambda: Measured(0.0))


@dataclass(frozen=True, eq=False)
class AdaptiveLiquid(Bridge[AdaptiveState]):
    """A liquid with atoms in a region and beads around it.

    What crosses are molecules, which change their resolution on the way; what must balance is the density, the same
    everywhere, the flux of molecules out and in, and the energy.

    Args:
        liquid: its molecules.
        region: where it is atomistic.
        coarse: potential between centres of mass; none: an ideal gas.
        scheme: ``"hamiltonian"`` or ``"force"``.
        cap: distance below which site energies continue linearly, nm.
        settings: of the calibration.
        equilibration: of a cube with all its atoms, ps, before and while its structure is taken.
        kirkwood: length at each of ten uniform resolutions of a cube, ps, for the first guess of the compensation (at
            equal density); 0 measures the drift force on the fly instead.
        production: length, ps.

    Raises:
        InputError: the region does not fit the box, or its hybrid zone is thinner than the cutoff.
    """

    liquid: Liquid
    region: Region
    coarse: Mapping[str, Potential]
    scheme: Scheme = "hamiltonian"
    cap: float = 0.12
    settings: CalibrationSettings = field(default_factory=CalibrationSettings)
    equilibration: tuple[float, float] = (5.0, 20.0)
    kirkwood: float = 1.6
    production: float = 10.0

    name: ClassVar[str] = "adaptive-resolution"

    def __post_init__(self) -> None:
        if self.scheme not in ("hamiltonian", "force"):
            raise InputError(f"scheme is {self.scheme!r}; it must be 'hamiltonian' or 'force'")
        self.region.check(self.liquid.box, self.liquid.cutoff)
        if (self._integrates or self.scheme == "force") and self.settings.drift_rounds:
            object.__setattr__(self, "settings", replace(self.settings, drift_rounds=0))

    @property
    def _integrates(self) -> bool:
        return self.kirkwood > 0.0 and self.scheme == "hamiltonian"

    def scales(self) -> ScaleMap:
        """Atoms, beads and the box."""
        from scalebridge.molecules.adaptive._scales import scale_map

        return scale_map(self)

    def init(self, seed: np.random.SeedSequence) -> AdaptiveState:
        """Nothing done yet."""
        if not isinstance(seed.entropy, int):
            raise InputError(f"The seed of a run is one whole number; found {seed.entropy!r}")
        return AdaptiveState(seed.entropy)

    def step(self, state: AdaptiveState, executor: Executor) -> Step[AdaptiveState]:
        """The liquid, one round of the calibration, or the production."""
        from scalebridge.molecules.adaptive import _books

        del executor  # one trajectory, one after the other
        if state.liquid is None:
            how = self.settings.dynamics
            made = equilibrate(self.liquid.cube(), how, *self.equilibration, seed_of(state.entropy, 0))
            return Step(replace(state, liquid=made), _books.liquid_entries(self, made))
        if self._integrates and state.kirkwood is None:
            found = self._integrated(state.liquid, seed_of(state.entropy, 3))
            return Step(replace(state, kirkwood=found), _books.kirkwood_entries(found))
        model = self._adaptive
        if state.calibration is None:
            guess = {} if state.kirkwood is None else {model.forces.molecules.names[0]: state.kirkwood.compensation()}
            start = begin(
                model.forces, model.box, self._start(state.liquid), self.settings, seed_of(state.entropy, 1), guess
            )
            state = replace(state, calibration=start)
        assert state.calibration is not None
        if not finished(state.calibration, self.settings):
            new = advance(state.calibration, model.system, model.forces, model.box, self.settings)
            return Step(replace(state, calibration=new), _books.round_entries(new, self.settings))
        return self._produced(state)

    def done(self, state: AdaptiveState) -> bool:
        """Whether the production is there."""
        return state.run is not None

    def progress(self, state: AdaptiveState) -> Progress:
        """Rounds done, and the production as three of them."""
        rounds = 0 if state.calibration is None else len(state.calibration.history)
        total = self.settings.drift_rounds + self.settings.rounds + 4.0
        if state.run is not None:
            return Progress(total, total, "done")
        if state.liquid is None:
            return Progress(0.0, total, "all atoms")
        if state.calibration is None or not state.calibration.history:
            waits = self._integrates and state.kirkwood is None
            return Progress(0.5 if waits else 1.0, total, "uniform resolutions" if waits else "calibration")
        last = state.calibration.history[-1]
        if finished(state.calibration, self.settings):
            return Progress(total - 3.0, total, "production")
        return Progress(
            1.0 + rounds, total, f"{last.stage}, round {rounds}, density off by {100 * last.deviation:.1f} %"
        )

    def finish(self, state: AdaptiveState) -> Outcome:
        """Profiles, structure, headline numbers and pictures."""
        from scalebridge.molecules.adaptive._outcome import outcome

        return outcome(self, state)

    @cached_property
    def _adaptive(self) -> AdaptiveResolution:
        cube = self.liquid.cube()
        whole = self.liquid.whole(cube, cube.positions)
        return AdaptiveResolution(whole.system, whole.topology, self.region, self.coarse, self.scheme, cap=self.cap)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_adaptive"}

    def _integrated(self, made: Equilibrated, seed: int) -> Kirkwood:
        how = self.settings.dynamics
        return liquid_kirkwood(self.liquid, self.coarse, self.cap, how, made.positions, self.kirkwood, NODES, seed)

    def _start(self, made: Equilibrated) -> Floats:
        return self.liquid.whole(self.liquid.cube(), made.positions).positions

    def _produced(self, state: AdaptiveState) -> Step[AdaptiveState]:
        from scalebridge.molecules.adaptive import _books

        model, calibration = self._adaptive, state.calibration
        assert calibration is not None
        model.use(calibration)
        how = self.settings.dynamics
        where = shells_of(self.region, model.box, len(model.forces.molecules), self.settings)
        begun = time.process_time()
        start = (calibration.positions, calibration.velocities)
        run = produce(
            model.system, model.forces, where, how, start, self.production, seed=seed_of(state.entropy, 2),
            thinner=thinner(where, self.region, model.box, len(model.forces.molecules)),
        )  # fmt: skip
        spent = time.process_time() - begun
        length = min(1.0, self.production)
        energy = np.zeros(0)
        if self.scheme == "hamiltonian":
            energy = conserve(model.system, model.forces, how, (run.positions, run.velocities), length)
        new = replace(
            state, run=replace(run, seconds=0.0), energy=energy,
            cost=Measured(spent / max(round(self.production / how.timestep), 1)),
        )  # fmt: skip
        return Step(new, _books.production_entries(self, new, model))


def liquid_kirkwood(
    liquid: Liquid, coarse: Mapping[str, Potential], cap: float, how: Dynamics, positions: Floats, picoseconds: float,
    count: int, seed: int,
) -> Kirkwood:  # fmt: skip
    """Free energies of a cube of a liquid, at uniform resolutions.

    Args:
        liquid: of which one cube is taken.
        coarse: potential between centres of mass.
        cap: distance below which site energies continue linearly, nm.
        how: integration.
        positions: equilibrated with all atoms, (N, 3) nm.
        picoseconds: length at each resolution; half as long before.
        count: of resolutions.
        seed: of everything random.
    """
    cube = liquid.cube()
    taken = take(cube.system, *molecules_of(cube.topology))
    pairs = coarse_pairs(taken.molecules.names, coarse)

    def forces_at(resolution: float) -> AdaptiveForces:
        return AdaptiveForces(taken.molecules, taken.sites, pairs, None, uniform=resolution, cap=cap)

    return kirkwood(
        lambda forces: put_together(cube.system, taken, forces), forces_at, cube.box, positions, nodes(count),
        picoseconds, how, settle=0.5 * picoseconds, seed=seed,
    )  # fmt: skip


def seed_of(entropy: int, number: int) -> int:
    """A seed for the engine."""
    return int(np.random.SeedSequence([entropy, number]).generate_state(1)[0]) % (2**31 - 2) + 1
