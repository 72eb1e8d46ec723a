"""The state of a continuum fluid, and what crossed every face in a step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scalebridge.fluids.continuum._domain import Domain
from scalebridge.fluids.continuum._grid import Ints
from scalebridge.fluids.continuum._interface import FaceFluxes, Floats
from scalebridge.fluids.continuum._kernels import face_momentum
from scalebridge.fluids.continuum._rates import PAIRS, Rates, Triple


@dataclass(frozen=True)
class FlowState:
    """Fields of the fluid on its staggered grid at one time.

    Attributes:
        time: since the first state.
        velocity: along each axis on its faces; arrays of shape ``cells + e_a``.
        temperature: in cells.
        density: in cells.
        pressure: in cells. Incompressible: the mean over the last substep, its mean over a closed region zero.
    """

    time: float
    velocity: Triple
    temperature: Floats
    density: Floats
    pressure: Floats


@dataclass
class Tally:
    """Fluxes of a step, summed while it goes; amounts per area.

    Attributes are those of `Rates` times time; `gain` is the momentum gained by half a cell's volume at each face.
    """

    domain: Domain
    diagonal: Triple = field(init=False)
    edges: Triple = field(init=False)
    wall: Floats = field(init=False)
    body: Triple = field(init=False)
    mass: Triple = field(init=False)
    energy: Triple = field(init=False)
    made: Floats = field(init=False)

    def __post_init__(self) -> None:
        grid = self.domain.grid

        def faces() -> Triple:
            return (np.zeros(grid.shape(0)), np.zeros(grid.shape(1)), np.zeros(grid.shape(2)))

        self.diagonal = (np.zeros(grid.cells), np.zeros(grid.cells), np.zeros(grid.cells))
        one, two, three = (np.zeros(grid.shape(*pair)) for pair in PAIRS)
        self.edges = (one, two, three)
        self.made = np.zeros(grid.cells)
        self.wall = np.zeros((len(grid.ends), 3, 2))
        self.body, self.mass, self.energy = faces(), faces(), faces()

    def add(self, rates: Rates, time: float) -> None:
        """Add rates that lasted for some time."""
        for mine, theirs in (
            *zip(self.diagonal, rates.diagonal, strict=True),
            *zip(self.edges, rates.edges, strict=True),
            *zip(self.body, rates.body, strict=True),
            *zip(self.mass, rates.mass, strict=True),
            (self.wall, rates.wall),
        ):
            mine += time * theirs
        if rates.energy is not None and rates.made is not None:
            for mine, theirs in zip(self.energy, rates.energy, strict=True):
                mine += time * theirs
            self.made += time * rates.made

    def push(self, impulse: Floats) -> None:
        """Add the time integral of pressure in cells."""
        for mine in self.diagonal:
            mine += impulse

    def fluxes(self, gain: Triple) -> tuple[dict[str, FaceFluxes], dict[str, FaceFluxes]]:
        """Fluxes through patches (into the fluid) and surfaces (along the normal).

        Args:
            gain: momentum that half a cell's volume gained at each face.
        """
        ends = self.domain.grid.ends
        into = self._through(ends.axis, ends.side, ends.face, ends.cell, gain, -ends.side)
        patches = {name: _part(into, here) for name, here in self.domain.members.items()}
        surfaces = {}
        for name, s in self.domain.surfaces.items():
            ones = np.ones(len(s.face), np.int64)
            surfaces[name] = self._through(np.full(len(s.face), s.axis), ones, s.face, s.cell, gain, ones)
        return patches, surfaces

    def _through(self, axis: Ints, side: Ints, face: Ints, cell: Ints, gain: Triple, sign: Ints) -> FaceFluxes:
        grid = self.domain.grid
        momentum = np.zeros((len(axis), 3))
        fluxes = (self.diagonal, self.edges, self.wall)
        face_momentum(face, cell, axis, side, grid.number, *fluxes, gain, self.body, grid.area, momentum)
        mass, energy = np.zeros(len(axis)), np.zeros(len(axis))
        for a in range(3):
            here = axis == a
            place = tuple(face[here].T)
            mass[here], energy[here] = grid.area[a] * self.mass[a][place], grid.area[a] * self.energy[a][place]
        return FaceFluxes(sign * mass, sign[:, None] * momentum, sign * energy)


def _part(fluxes: FaceFluxes, here: Ints) -> FaceFluxes:
    return FaceFluxes(fluxes.mass[here], fluxes.momentum[here], fluxes.energy[here])
