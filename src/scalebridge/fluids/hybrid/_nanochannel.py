"""A nanochannel between reservoirs: atoms in the middle of the slit, Navier-Stokes around them, in steady flow."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from scalebridge.bridge import Bridge, Outcome, Progress, Step
from scalebridge.fluids.atomistic import Atomistic, Atoms, Carry
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.continuum._state import FlowState
from scalebridge.fluids.hybrid._filling import filled, filling_entries, is_filled
from scalebridge.fluids.hybrid._passes import Passes, agreement, check_slit, conductance
from scalebridge.fluids.hybrid._reservoirs import Reservoirs
from scalebridge.fluids.hybrid._slit import SlitResistance, slit_resistance
from scalebridge.fluids.hybrid._slit_cell import SlitCell, SlitPass
from scalebridge.fluids.transport._blocks import Measured
from scalebridge.ledger import Entry
from scalebridge.scales import ScaleMap


@dataclass(frozen=True)
class NanochannelState:
    """Both sides after a number of passes.

    Attributes:
        atoms: of the core.
        carry: part of an atom that waits to be exchanged.
        around: the continuum; None before the first pass.
        passes: done so far.
        entropy: all noise comes from it, by pass.
        potential: energy of all pairs of the atoms.
        conductance: mass flow per depth over force per mass, in each block of each counted pass, (n,).
        history: per pass: force, flow sent up, its standard error, density in the middle, atoms, pressure left for the
            core, flow that the continuum took, (passes, 7).
        profile: per bin, summed over samples of the counted passes: atoms, momentum along x; number of samples in a
            last row, (bins + 1, 2).
    """

    atoms: Atoms
    carry: Carry
    around: FlowState | None
    passes: int
    entropy: int
    potential: float
    conductance: Floats
    history: Floats
    profile: Floats


@dataclass(frozen=True, eq=False)
class Nanochannel(Bridge[NanochannelState]):
    """Steady, pressure-driven flow from a reservoir through a slit into another, with atoms in the slit's core.

    Both sides meet in two planes inside the slit. The continuum tells the pressure difference that is left for the core
    and which force per mass, dp / (rho L), stands for it (Gibbs-Duhem: the same for every atom, layered or not); the
    atoms of a periodic piece of the core tell the mass flow under this force, which goes through both planes. This is
    the alternating Schwarz method of a chain of resistances (Borg, Lockerby, Reese 2013, J. Comput. Phys. 233, 400); a
    step of it is taken to the flow at which both sides agree, from the mean conductance of all passes so far, so that
    noise goes down with each pass and does not feed back. It ends when flow and force are known to `tolerance`.

    Attributes:
        atomistic: of the core: closed, its height the slit's.
        reservoirs: the continuum.
        drop: pressure difference between the far ends.
        passes: how the core is looked at; its `tolerance` is that of the flow.

    Raises:
        InputError: a configuration that cannot work.
    """

    atomistic: Atomistic
    reservoirs: Reservoirs
    drop: float
    passes: Passes = field(default_factory=Passes)

    name: ClassVar[str] = "nanochannel"

    def __post_init__(self) -> None:
        check_slit(self.atomistic, self.atomistic.size[1], self.reservoirs.density, self.drop)

    @property
    def theory(self) -> SlitResistance:
        """Of the slit with its hydrodynamic width and slip, between large reservoirs."""
        r = self.reservoirs
        return slit_resistance(r.width, r.length, r.viscosity, r.slip)

    def scales(self) -> ScaleMap:
        """Atoms in the core, continuum around it."""
        from scalebridge.fluids.hybrid._nanochannel_outcome import scale_map

        return scale_map(self)

    def init(self, seed: np.random.SeedSequence) -> NanochannelState:
        """Atoms in equilibrium; the continuum begins with the first pass."""
        start, noise = seed.spawn(2)
        atoms = self.atomistic.equilibrate(start, self.passes.equilibration)
        entropy = int.from_bytes(noise.generate_state(2, np.uint64).tobytes(), "little")
        potential = self.cell.potential(atoms)
        width = self.cell.bin_width
        bins = round(self.atomistic.size[1] / width) + 4 * math.ceil(1.0 / width)
        return NanochannelState(
            atoms, Carry(), None, 0, entropy, potential, np.zeros(0), np.zeros((0, 7)), np.zeros((bins + 1, 2))
        )

    def step(self, state: NanochannelState, executor: Executor) -> Step[NanochannelState]:
        """One pass: continuum, exchange of atoms, atoms."""
        del executor  # one instance
        rng = np.random.default_rng(np.random.SeedSequence(state.entropy, spawn_key=(state.passes,)))
        flow = self.flow(state).value
        r = self.reservoirs
        around = r.continuum.initial() if state.around is None else state.around
        around, fluxes, left = r.relaxed(around, flow, self.drop)
        force = left / (r.density * r.core)
        when = float(state.passes + 1)
        atoms, carry, exchange = state.atoms, state.carry, None
        if state.passes:
            density, speed = state.history[-1, 3], state.history[-1, 1] / (r.density * r.width)
            exchange = filled(self.atomistic, atoms, carry, density, speed, rng)
            atoms, carry = exchange.atoms, exchange.carry
        legs, entries = self.cell.run(atoms, force, rng, "slit", when)
        if exchange is not None:
            entries = [*filling_entries(state.atoms, exchange, (state.potential, legs.start), when), *entries]
        into, out = r.core_flow(fluxes)
        entries.append(
            Entry(
                "mass flow into and out of the core", "m/(sigma tau)", into, out, abs(flow), 1e-12, "interfaces", when
            )
        )
        new = self._after(replace(state, carry=carry, around=around), legs, force, left, flow)
        entries.append(self._agreement(new, when))
        return Step(new, tuple(entries), exchange.failures if exchange is not None else ())

    def flow(self, state: NanochannelState) -> Measured:
        """Mass per time and depth at which both sides agree, with its standard error; theory's before the first pass.

        The continuum takes part of the pressure in proportion to the flow, the atoms' flow grows with the rest.
        """
        r = self.reservoirs
        if not state.passes:
            return Measured(r.density * self.drop / self.theory.total, math.inf, "m/(sigma tau)")
        force, taken = state.history[-1, 0], state.history[-1, 6]
        around = (self.drop - force * r.density * r.core) / taken  # resistance of all but the core
        k = conductance(state.conductance, state.history[-1:, 1] / force, self.cell.correlated(r.viscosity))
        inside = r.density * r.core / k.value
        flow = self.drop / (around + inside)
        return Measured(
            flow, abs(flow) * inside / (around + inside) * k.error / abs(k.value), "m/(sigma tau)", k.samples
        )

    def resistance(self, state: NanochannelState) -> Measured:
        """Pressure difference per volume flow and depth, with its standard error."""
        flow = self.flow(state)
        value = self.drop * self.reservoirs.density / flow.value
        return Measured(value, abs(value * flow.error / flow.value), "epsilon tau/sigma^5", flow.samples)

    def done(self, state: NanochannelState) -> bool:
        """Whether flow and force are known well enough, or all passes are done."""
        if state.passes >= self.passes.most or not state.passes:
            return bool(state.passes)
        flow, taken = self.flow(state), state.history[-1, 6]
        return self.passes.enough(state.passes, flow) and abs(flow.value - taken) <= 2.0 * flow.error

    def progress(self, state: NanochannelState) -> Progress:
        """Passes done."""
        return Progress(float(state.passes), float(self.passes.most), f"flow {self.flow(state)}")

    def finish(self, state: NanochannelState) -> Outcome:
        """Flow, resistance, fields of both sides."""
        from scalebridge.fluids.hybrid._nanochannel_outcome import outcome

        return outcome(self, state)

    @property
    def cell(self) -> SlitCell:
        """The periodic piece of the core."""
        return SlitCell(self.atomistic, self.passes)

    def _after(
        self, state: NanochannelState, legs: SlitPass, force: float, left: float, taken: float
    ) -> NanochannelState:
        spread = legs.spread * self.cell.correlated(self.reservoirs.viscosity)
        density = self.cell.density(legs)
        row = [force, legs.flows.mean(), spread, density, legs.atoms.fluid.sum(), left, taken]
        settled = state.passes > 0 and is_filled(self.atomistic, legs.atoms, density)
        # from the first pass on in which the slit is as full as it will be
        counts = settled or len(state.conductance) > 0
        return replace(
            state,
            atoms=legs.atoms,
            passes=state.passes + 1,
            potential=legs.end,
            conductance=np.append(state.conductance, legs.flows / force) if counts else state.conductance,
            history=np.vstack([state.history, row]),
            profile=state.profile + legs.sums if counts else state.profile,
        )

    def _agreement(self, state: NanochannelState, when: float) -> Entry:
        """Flow that the atoms sent up in this pass against what the continuum took, in standard errors."""
        _, sent, error, *_, taken = state.history[-1]
        return agreement("mass flow of atoms and continuum", sent, taken, error, "interfaces", when)
