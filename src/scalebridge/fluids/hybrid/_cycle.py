"""One coupling cycle: atoms move under the continuum's velocity, the continuum under the atoms' velocity or flux."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import numpy as np

from scalebridge.fluids.atomistic import Books, Instance, Targets, profile
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.continuum import AbstractContinuum, Fluxes, PatchValues
from scalebridge.fluids.hybrid._overlap import Overlap

CState = TypeVar("CState")
Exchange = Literal["state", "flux"]


@dataclass(frozen=True)
class Coupled(Generic[CState]):
    """What both sides know at the beginning of a cycle.

    Attributes:
        continuum: state of the continuum.
        down: velocity (3) and temperature (1) for the constraint cells one cycle ago and now, (2, cells, 4).
        up: velocity (3) and temperature (1) at the interface as last given to the continuum, (4,).
    """

    continuum: CState
    down: Floats
    up: Floats


@dataclass(frozen=True)
class Cycle(Generic[CState]):
    """What a cycle left.

    Attributes:
        coupled: for the next cycle.
        books: of the atoms, by instance.
        fluxes: of the continuum.
        flux: momentum (3) and energy (1) that the atoms sent up through the interface, mean over instances, (4,).
        received: the same as the continuum got it per area of the atoms' plane, (4,).
    """

    coupled: Coupled[CState]
    books: tuple[Books, ...]
    fluxes: Fluxes
    flux: Floats
    received: Floats


@dataclass(frozen=True)
class Coupler(Generic[CState]):
    """How velocity, or flux, goes up and velocity comes down.

    Attributes:
        continuum: above the interface.
        overlap: where both meet.
        area: of the interface on the atomistic side.
        patch: the continuum's patch at the interface; the lower corner of its box lies there.
        exchange: whether velocity (``"state"``) or momentum flux (``"flux"``) goes up.
        steps: molecular dynamics steps per cycle.
        time_step: of the molecular dynamics.
        memory: cycles over which the velocity that goes up is averaged, exponentially; 0 for none. The filter delays
            it by as many cycles.
        energy: whether temperature comes down and temperature, or heat flux, goes up.
    """

    continuum: AbstractContinuum[CState]
    overlap: Overlap
    area: float
    patch: str = "y-"
    exchange: Exchange = "state"
    steps: int = 50
    time_step: float = 0.005
    memory: float = 0.0
    energy: bool = False

    @property
    def duration(self) -> float:
        """Time of a cycle."""
        return self.steps * self.time_step

    def begin(self, state: CState) -> Coupled[CState]:
        """Both sides at the beginning of a run."""
        down = self._down(state)
        interface = self.asked(state, np.array([self.overlap.interface]))
        return Coupled(state, np.stack([down, down]), interface[0])

    def cycle(
        self, coupled: Coupled[CState], simulations: tuple[Instance, ...], rest: Targets, executor: Executor
    ) -> Cycle[CState]:
        """Both sides after one cycle; the instances run in the threads of `executor`.

        Args:
            coupled: both sides before.
            simulations: the instances.
            rest: what the controls aim at besides; its heater's slabs are followed by those of the constraint cells.
            executor: of threads.
        """
        targets = self._targets(coupled, rest)
        books = tuple(executor.map(lambda simulation: simulation.run(self.steps, targets), simulations))
        fresh = np.mean([self._seen(b) for b in books], axis=0)
        up = coupled.up + (fresh - coupled.up) / (1.0 + self.memory)
        flux = np.mean([self._flux(b) for b in books], axis=0)
        before, after = self._values(coupled.up, flux), self._values(up, flux)
        state, fluxes = self.continuum.step(
            coupled.continuum, {self.patch: before}, self.duration, until={self.patch: after}
        )
        down = np.stack([coupled.down[1], self._down(state)])
        received = self._received(fluxes, 0.5 * (coupled.up + up)[:3])
        return Cycle(Coupled(state, down, up), books, fluxes, flux, received)

    def _targets(self, coupled: Coupled[CState], rest: Targets) -> Targets:
        if not self.energy:
            return Targets(coupled.down[..., :3], rest.traction, rest.power, rest.temperature)
        # the buffer, which is the last slab, is as warm as the last cell
        asked = coupled.down.mean(axis=0)[:, 3]
        asked = np.append(asked, asked[-1])
        return Targets(
            coupled.down[..., :3],
            rest.traction,
            np.append(rest.power, np.full_like(asked, np.nan)),
            np.append(rest.temperature, asked),
        )

    def _values(self, up: Floats, flux: Floats) -> PatchValues:
        along = np.array([1.0, 0.0, 1.0])
        if self.exchange == "state":
            return PatchValues(velocity=up[:3] * along, temperature=up[3] if self.energy else None)
        per_area = flux / (self.area * self.duration)
        # all energy: the continuum takes off what the shear stress, noise included, gives to its motion
        return PatchValues(mass=0.0, momentum=per_area[:3] * along, total_energy=per_area[3] if self.energy else None)

    def _seen(self, books: Books) -> Floats:
        """Mean velocity and temperature of the atoms in the sample over a cycle, (4,)."""
        seen = (books.centres > self.overlap.sample[0]) & (books.centres < self.overlap.sample[1])
        measured = profile(books, self.area)
        velocity = np.average(measured.velocity[seen], axis=0, weights=measured.atoms[seen])
        warmth = np.average(measured.temperature[seen].mean(axis=1), weights=measured.atoms[seen])
        return np.append(velocity, warmth)

    def _flux(self, books: Books) -> Floats:
        """Momentum and energy that went up through the interface, (4,)."""
        edge = int(np.argmin(np.abs(books.edges - self.overlap.interface)))
        return np.append(books.flux()[edge], books.energy_flux()[edge])

    def _received(self, fluxes: Fluxes, velocity: Floats) -> Floats:
        """Momentum and energy that the continuum got, on the area of the atoms' plane, (4,).

        A patch with a given velocity counts heat alone; the work of its stress is added.
        """
        got = fluxes.patches[self.patch].total
        work = got.momentum @ (velocity * np.array([1.0, 0.0, 1.0])) if self.exchange == "state" else 0.0
        share = self.area / float(self.continuum.patches[self.patch].area.sum())
        return np.append(got.momentum, got.energy + work) * share

    def _down(self, state: CState) -> Floats:
        edges = np.asarray(self.overlap.constraint)
        return self.asked(state, (edges[1:] + edges[:-1]) / 2.0)

    def asked(self, state: CState, heights: Floats) -> Floats:
        """Velocity and temperature of the continuum at heights of the atoms, (n, 4)."""
        centre = self.continuum.patches[self.patch].centre.mean(axis=0)
        away = heights - self.overlap.interface
        points = np.column_stack([np.full_like(away, centre[0]), centre[1] + away, np.full_like(away, centre[2])])
        wanted = ("velocity", "temperature") if self.energy else ("velocity",)
        fields = self.continuum.fields(state, points, wanted=wanted)
        warmth = fields.temperature if self.energy else np.ones_like(away)
        return np.column_stack([fields.velocity, warmth])
