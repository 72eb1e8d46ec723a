"""A periodic piece of a slit under a force: what Nanochannel and LongChannel ask molecular dynamics for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scalebridge.fluids.atomistic import Atomistic, Atoms, Books, Controls, Instance, Targets, Thermostat, started
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.hybrid._entries import atom_entries
from scalebridge.fluids.hybrid._filling import LAYERS
from scalebridge.fluids.hybrid._passes import Passes
from scalebridge.fluids.transport._errors import velocity_memory
from scalebridge.ledger import Entry


@dataclass(frozen=True)
class SlitCell:
    """A periodic piece of a slit, and how it is looked at.

    Attributes:
        atomistic: closed, its height the slit's.
        passes: what a pass is made of.
    """

    atomistic: Atomistic
    passes: Passes

    @property
    def bin_width(self) -> float:
        """Of the profiles; it divides the height."""
        height = self.atomistic.size[1]
        return height / round(height / self.passes.bin_width)

    def correlated(self, viscosity: float) -> float:
        """By how much the error of the mean flow exceeds that of independent blocks, in a fluid of this viscosity."""
        a = self.atomistic
        return self.passes.correlated(velocity_memory(viscosity, a.density, a.mass, a.size[1]), a.time_step)

    def simulation(self, atoms: Atoms, force: float, rng: np.random.Generator) -> Instance:
        """Live atoms under a force per mass along x, on all ranks that serve."""
        a = self.atomistic
        bath = Thermostat(-math.inf, math.inf, a.temperature, self.passes.friction)
        controls = Controls(thermostats=(bath,), body_force=(force, 0.0, 0.0))
        return started(a, atoms, controls, rng, self.bin_width)

    def potential(self, atoms: Atoms) -> float:
        """Energy of all pairs."""
        simulation = self.simulation(atoms, 0.0, np.random.default_rng(0))
        try:
            simulation.prepare()
            return simulation.potential_energy()
        finally:
            simulation.close()

    def run(
        self, atoms: Atoms, force: float, rng: np.random.Generator, where: str, when: float
    ) -> tuple[SlitPass, list[Entry]]:
        """All blocks of one pass under a force per mass, with their books.

        Raises:
            RunError: an atom flew off.
        """
        p, simulation = self.passes, self.simulation(atoms, force, rng)
        entries: list[Entry] = []
        sums, flows = [], []
        try:
            simulation.prepare()
            start = simulation.potential_energy()
            for block in range(-1 if p.settle else 0, p.blocks):
                books = simulation.run(p.steps_per_block if block >= 0 else p.settle, Targets())
                entries += atom_entries(books, simulation.kinetic_energy(), self.atomistic, where, when)
                if block >= 0:
                    sums.append(np.append(books.sums[:, :2], [[books.samples, 0.0]], axis=0))
                    flows.append(self._flow(books))
            return SlitPass(
                simulation.atoms(),
                np.sum(sums, axis=0),
                np.array(flows),
                start,
                simulation.potential_energy(),
                simulation.books.centres,
            ), entries
        finally:
            simulation.close()

    def density(self, result: SlitPass) -> float:
        """Atoms per volume in the middle of the slit, where the fluid has no layers."""
        a, samples = self.atomistic, result.sums[-1, 0]
        inner = (result.centres > LAYERS) & (result.centres < a.size[1] - LAYERS)
        return float(result.sums[:-1][inner, 0].sum() / (samples * a.area * self.bin_width * inner.sum()))

    def _flow(self, books: Books) -> float:
        return float(books.sums[:, 1].sum()) / (books.samples * self.atomistic.area)


@dataclass(frozen=True)
class SlitPass:
    """What a pass left.

    Attributes:
        atoms: at its end.
        sums: per bin, summed over samples: atoms, momentum along x; number of samples in a last row, (bins + 1, 2).
        flows: mass per time and depth, by block, (blocks,).
        start, end: potential energy of all pairs at its begin and end.
        centres: middles of the bins, (bins,).
    """

    atoms: Atoms
    sums: Floats
    flows: Floats
    start: float
    end: float
    centres: Floats

    @property
    def spread(self) -> float:
        """Standard error of the mean flow, as far as the blocks of one pass tell."""
        n = len(self.flows)
        return float(self.flows.std(ddof=1)) / math.sqrt(n) if n > 1 else abs(float(self.flows[0]))
