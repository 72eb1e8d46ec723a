"""One coupling cycle: atoms move under the continuum's velocity, the continuum under the atoms' velocity or flux."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np

from scalebridge.fluids.atomistic import Books, Simulation, Targets, profile
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
        down: velocities for the constraint cells one cycle ago and now, (2, cells, 3).
        up: velocity at the interface as last given to the continuum, (3,).
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
        flux: momentum that the atoms sent up through the interface, mean over instances, (3,).
    """

    coupled: Coupled[CState]
    books: tuple[Books, ...]
    fluxes: Fluxes
    flux: Floats


@dataclass(frozen=True)
class Coupler(Generic[CState]):
    """How velocity, or flux, goes up and velocity comes down.

    Attributes:
        continuum: above the interface.
        overlap: where both meet.
        area: of the interface on the atomistic side.
        patch: the continuum's patch at the interface.
        exchange: whether velocity (``"state"``) or momentum flux (``"flux"``) goes up.
        steps: molecular dynamics steps per cycle.
        time_step: of the molecular dynamics.
        memory: cycles over which the velocity that goes up is averaged, exponentially; 0 for none. The filter delays
            it by as many cycles.
    """

    continuum: AbstractContinuum[CState]
    overlap: Overlap
    area: float
    patch: str = "bottom"
    exchange: Exchange = "state"
    steps: int = 50
    time_step: float = 0.005
    memory: float = 0.0

    @property
    def duration(self) -> float:
        """Time of a cycle."""
        return self.steps * self.time_step

    def begin(self, state: CState) -> Coupled[CState]:
        """Both sides at the beginning of a run."""
        down = self._down(state)
        interface = self.continuum.fields(state, self._points(np.array([self.overlap.interface])))
        return Coupled(state, np.stack([down, down]), interface.velocity[0])

    def cycle(
        self, coupled: Coupled[CState], simulations: tuple[Simulation, ...], rest: Targets, executor: Executor
    ) -> Cycle[CState]:
        """Both sides after one cycle; the instances run in the threads of `executor`."""
        targets = Targets(coupled.down, rest.traction, rest.power)
        books = tuple(executor.map(lambda simulation: simulation.run(self.steps, targets), simulations))
        fresh = np.mean([self._velocity(b) for b in books], axis=0)
        up = coupled.up + (fresh - coupled.up) / (1.0 + self.memory)
        flux = np.mean([b.flux()[self._edge(b)] for b in books], axis=0)
        state, fluxes = self.continuum.step(
            coupled.continuum, {self.patch: self._values(coupled.up, flux)}, self.duration, until=self._until(up, flux)
        )
        down = np.stack([coupled.down[1], self._down(state)])
        return Cycle(Coupled(state, down, up), books, fluxes, flux)

    def _values(self, up: Floats, flux: Floats) -> PatchValues:
        if self.exchange == "state":
            return PatchValues(velocity=up * np.array([1.0, 0.0, 1.0]))
        return PatchValues(mass=0.0, momentum=flux * np.array([1.0, 0.0, 1.0]) / (self.area * self.duration))

    def _until(self, up: Floats, flux: Floats) -> dict[str, PatchValues]:
        return {self.patch: self._values(up, flux)}

    def _velocity(self, books: Books) -> Floats:
        """Mean velocity of the atoms in the sample over a cycle, (3,)."""
        seen = (books.centres > self.overlap.sample[0]) & (books.centres < self.overlap.sample[1])
        measured = profile(books, self.area)
        return np.asarray(np.average(measured.velocity[seen], axis=0, weights=measured.atoms[seen]))

    def _edge(self, books: Books) -> int:
        return int(np.argmin(np.abs(books.edges - self.overlap.interface)))

    def _down(self, state: CState) -> Floats:
        edges = np.asarray(self.overlap.constraint)
        return self.continuum.fields(state, self._points((edges[1:] + edges[:-1]) / 2.0)).velocity

    def _points(self, heights: Floats) -> Any:
        centre = self.continuum.patches[self.patch].centre.mean(axis=0)
        return np.column_stack([np.full_like(heights, centre[0]), heights, np.full_like(heights, centre[2])])
