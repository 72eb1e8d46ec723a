"""Sound through the open end: atoms below, a compressible continuum above, joined by characteristics."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from scalebridge.bridge import Bridge, Outcome, Progress, Step
from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import Atomistic, Controls, Instance, Thermostat, started
from scalebridge.fluids.atomistic._exchange import require_exchangeable
from scalebridge.fluids.atomistic._state import Atoms, Floats
from scalebridge.fluids.continuum import Characteristic, CompressibleFluid, Continuum
from scalebridge.fluids.continuum._conditions import Condition
from scalebridge.fluids.continuum._state import FlowState
from scalebridge.fluids.hybrid._acoustic_cycle import Joined, advance, in_buffer
from scalebridge.fluids.hybrid._pulse import Pulse
from scalebridge.fluids.hybrid._spread import side_by_side
from scalebridge.parallel import SerialExecutor
from scalebridge.scales import ScaleMap

_AGREE = 0.05  # relative difference of impedances that is taken for a mistake
_COURANT = 0.7


@dataclass(frozen=True)
class AcousticState:
    """Both sides of every instance, and what has been measured so far.

    Attributes:
        instances: both sides, and what each still owes the other.
        cycles: done so far.
        entropy: all noise comes from it, by cycle and instance.
        below: density and velocity along y of the atoms, mean over each step, (steps, instances, bins, 2).
        above: the same of the continuum at the end of each step, (steps, instances, cells, 2).
        sent: mass and momentum along y per area that the continuum got in each step, (steps, instances, 2).
    """

    instances: tuple[Joined, ...]
    cycles: int
    entropy: int
    below: Floats
    above: Floats
    sent: Floats


@dataclass(frozen=True, eq=False)
class Acoustic(Bridge[AcousticState]):
    """A slab of atoms whose open end goes on as a compressible continuum, so that sound passes.

    Both sides meet at the atoms' open end and exchange Riemann invariants (Thompson 1987, doi
    10.1016/0021-9991(87)90041-6; Delgado-Buscalioni, De Fabritiis 2007, doi 10.1103/PhysRevE.76.036709). The
    continuum tells p_C and u_C of its lowest cell, that is p_C - Z u_C, which comes down; at every step of molecular
    dynamics the end's atoms, moving with u, carry p = p_C + Z (u - u_C), so that p + Z u, which goes up, leaves. The
    impulse that they carried in a cycle is the one that the continuum gets, and the mass that then enters the continuum
    is taken from the atoms, atom by atom: the outermost go, new ones find a place by USHER. Nothing is lost: parts of
    atoms, and the momentum that single atoms brought more or less than their share, are carried on. An end that has
    drifted from its place, as its buffer tells, is brought back in the time that sound takes to cross it sixty times.

    Instances are independent copies of both sides and run on the executor; one alone runs in this process, on all MPI
    ranks that serve it.

    Attributes:
        atomistic: with an open end of the fluid's impedance, in Lennard-Jones units.
        fluid: the same fluid as a continuum. Without conductivity its sound is that of its equation of state alone:
            give the adiabatic stiffness then.
        length: of the continuum, above the atoms.
        cells: of the continuum.
        pulse: of sound to begin with, in atoms or continuum; None for both sides at rest.
        far: condition at the far end.
        cycles: coupling cycles in all.
        cycles_per_step: cycles of one step of the bridge, over which profiles of the atoms are averaged.
        steps_per_cycle: molecular dynamics steps of one cycle.
        instances: independent copies.
        equilibration: molecular dynamics steps before.
        friction: of a thermostat on x and z, per mass; 0 for none.
        bin_width: of the profiles.

    Raises:
        InputError: a configuration that cannot work.
    """

    atomistic: Atomistic
    fluid: CompressibleFluid
    length: float
    cells: int
    pulse: Pulse | None = None
    far: Condition = field(default_factory=Characteristic)
    cycles: int = 100
    cycles_per_step: int = 5
    steps_per_cycle: int = 20
    instances: int = 1
    equilibration: int = 4000
    friction: float = 0.0
    bin_width: float = 1.0

    name: ClassVar[str] = "sound"

    def __post_init__(self) -> None:
        for name in ("cells", "cycles", "cycles_per_step", "steps_per_cycle", "instances"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if not 0.0 < self.length < math.inf:
            raise InputError(f"length is {self.length!r}; the continuum needs a positive one")
        a, f = self.atomistic, self.fluid
        require_exchangeable(a)
        if a.closed:
            raise InputError("The atomistic side is closed above; sound needs an open end there")
        for name, mine, theirs in (
            ("impedance", a.impedance, self.impedance),
            ("density", a.density * a.mass, f.density),
            ("pressure", a.pressure, self.rest_pressure),
        ):
            if mine is None or abs(mine - theirs) > _AGREE * abs(theirs):
                raise InputError(
                    f"The atoms' {name} is {mine} and the continuum's is {theirs:.4g}; both are the same fluid, and "
                    "the atoms' open end has its impedance rho c"
                )
        courant = self.sound * self.duration / (self.length / self.cells)
        if courant > _COURANT:
            raise InputError(
                f"Sound crosses {courant:.2g} cells of the continuum in a cycle; allowed are {_COURANT:g}, since what "
                "one side tells is heard in the next cycle. Take fewer steps per cycle or longer cells"
            )

    @property
    def sound(self) -> float:
        """Speed of sound of the continuum."""
        f = self.fluid
        speed = f.state.sound_speed(np.array(f.density), np.array(f.temperature), f.conductivity is None)
        return float(speed)

    @property
    def impedance(self) -> float:
        """Of the continuum, rho c."""
        return self.fluid.density * self.sound

    @property
    def rest_pressure(self) -> float:
        """Of the continuum at rest."""
        f = self.fluid
        return float(f.state.pressure(np.array(f.density), np.array(f.temperature)))

    @property
    def duration(self) -> float:
        """Time of a cycle."""
        return self.steps_per_cycle * self.atomistic.time_step

    @cached_property
    def continuum(self) -> Continuum:
        """Above the atoms: a column whose lower end takes the pressure that the atoms carry."""
        x, _, z = self.atomistic.lengths
        ends = {"y-": Characteristic(impedance=0.0), "y+": self.far}
        return Continuum((x, self.length, z), (1, self.cells, 1), self.fluid, ends)

    @property
    def heights_above(self) -> Floats:
        """Middles of the continuum's cells, (cells,)."""
        return self.atomistic.size[1] + (np.arange(self.cells) + 0.5) * self.length / self.cells

    def scales(self) -> ScaleMap:
        """Atoms below, continuum above."""
        from scalebridge.fluids.hybrid._acoustic_outcome import scale_map

        return scale_map(self)

    def init(self, seed: np.random.SeedSequence) -> AcousticState:
        """Equilibrated atoms and a continuum at rest, with the pulse."""
        noise, *starts = seed.spawn(1 + self.instances)
        entropy = int.from_bytes(noise.generate_state(2, np.uint64).tobytes(), "little")
        rest = (self.at_rest(self.resting.equilibrate(start, self.equilibration)) for start in starts)
        joined = tuple(self.with_pulse(pair) for pair in rest)
        n, bins = self.instances, round(self.atomistic.size[1] / self.bin_width)
        return AcousticState(
            joined, 0, entropy, np.zeros((0, n, bins, 2)), np.zeros((0, n, self.cells, 2)), np.zeros((0, n, 2))
        )

    def step(self, state: AcousticState, executor: Executor) -> Step[AcousticState]:
        """`cycles_per_step` coupling cycles of every instance, or as many as are left."""
        count = min(self.cycles_per_step, self.cycles - state.cycles)
        seeds = [np.random.SeedSequence(state.entropy, spawn_key=(state.cycles, i)) for i in range(self.instances)]
        n = self.instances
        legs = side_by_side(
            executor, advance, [self] * n, state.instances, range(n), [state.cycles] * n, [count] * n, seeds
        )
        new = replace(
            state,
            instances=tuple(leg.joined for leg in legs),
            cycles=state.cycles + count,
            below=np.concatenate([state.below, np.array([leg.below for leg in legs])[None]]),
            above=np.concatenate([state.above, np.array([leg.above for leg in legs])[None]]),
            sent=np.concatenate([state.sent, np.array([leg.sent for leg in legs])[None]]),
        )
        entries = tuple(entry for leg in legs for entry in leg.entries)
        return Step(new, entries, tuple(failure for leg in legs for failure in leg.failures))

    def done(self, state: AcousticState) -> bool:
        """Whether all cycles are done."""
        return state.cycles >= self.cycles

    def progress(self, state: AcousticState) -> Progress:
        """Cycles done."""
        return Progress(float(state.cycles), float(self.cycles), f"{state.cycles * self.duration:g} tau")

    def finish(self, state: AcousticState) -> Outcome:
        """Density and velocity of both sides in place and time."""
        from scalebridge.fluids.hybrid._acoustic_outcome import outcome

        return outcome(self, state)

    def run(self, seed: int = 0) -> AcousticState:
        """All cycles, without files; for notebooks.

        Raises:
            RunError: an atom flew off, a buffer ran empty.
            DivergedError: the continuum's numbers are not finite.
        """
        state = self.init(np.random.SeedSequence(seed))
        with SerialExecutor() as executor:
            while not self.done(state):
                state = self.step(state, executor).state
        return state

    @cached_property
    def resting(self) -> Atomistic:
        """The atoms before a pulse begins in them: taller by what its compression takes from their top."""
        pulse, a = self.pulse, self.atomistic
        if pulse is None or pulse.middle > a.size[1]:
            return a
        x, height, z = a.size
        return replace(a, size=(x, height + pulse.excess(height), z))

    def at_rest(self, atoms: Atoms) -> Joined:
        """Equilibrated atoms of `resting` under the continuum at its start; their buffer is counted for a while."""
        a = self.resting
        width = a.size[1] / round(a.size[1] / self.bin_width)
        simulation = started(a, atoms, self._controls(a), np.random.default_rng(0), width)
        try:
            books = simulation.run(max(self.equilibration // 4, 1), a.rest())
            inside = in_buffer(a, books)
            return Joined(replace(simulation.atoms(), steps=0), self._continuum_at_start(), inside, inside)
        finally:
            simulation.close()

    def with_pulse(self, pair: Joined) -> Joined:
        """Both sides with the pulse, where it begins in the atoms; it brings their top down to its place."""
        pulse, a = self.pulse, self.atomistic
        if pulse is None or pulse.middle > a.size[1]:
            return pair
        return replace(pair, atoms=replace(pulse.given_to(pair.atoms, self.sound), box=a.box))

    def simulation(self, atoms: Atoms, rng: np.random.Generator) -> Instance:
        """Live atoms with their open end, on all ranks that serve."""
        a = self.atomistic
        return started(a, atoms, self._controls(a), rng, self.bin_width)

    def _controls(self, model: Atomistic) -> Controls:
        bath = Thermostat(-math.inf, math.inf, model.temperature, self.friction, (True, False, True))
        return Controls(tractions=model.tractions(), thermostats=(bath,) if self.friction > 0.0 else ())

    def _continuum_at_start(self) -> FlowState:
        pulse, f, base = self.pulse, self.fluid, self.atomistic.size[1]
        if pulse is None or pulse.middle <= base:
            return self.continuum.initial()

        def velocity(points: Floats) -> Floats:
            along = pulse.velocity(points[:, 1] + base, self.sound)
            return np.outer(along, [0.0, 1.0, 0.0])

        return self.continuum.initial(
            velocity, density=lambda points: f.density * (1.0 + pulse.shape(points[:, 1] + base))
        )
