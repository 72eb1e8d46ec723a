"""Equation of state and transport coefficients of a bulk fluid from short molecular dynamics, with error bars.

Numbers are in the fluid's units. Everything runs in this process, on all MPI ranks that serve it; nothing is written.
Langevin noise of the thermostats, with which all measurements but those of atoms' viscosity begin, is another one on
another number of ranks: numbers then agree within their errors.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.atomistic import LennardJones, Units
from scalebridge.fluids.atomistic._engine import Engine
from scalebridge.fluids.atomistic._state import Floats
from scalebridge.fluids.transport._blocks import Measured, block_mean
from scalebridge.parallel import call_together


class AbstractBulk(ABC):
    """A homogeneous fluid in a periodic box.

    Attributes:
        time_step: of the molecular dynamics.
        equilibration: steps before measuring.
    """

    time_step: float
    equilibration: int

    @property
    @abstractmethod
    def warmth(self) -> float:
        """k T, an energy."""

    @property
    @abstractmethod
    def memory(self) -> float:
        """Time over which a thermostat acts."""

    @property
    @abstractmethod
    def units(self) -> Units:
        """What the numbers are in."""

    @property
    @abstractmethod
    def constraints(self) -> str:
        """Command that keeps molecules rigid, empty where there are none; it comes after what adds forces and before
        what changes the box."""

    @abstractmethod
    def fill(self, engine: Engine, seed: int, triclinic: bool) -> None:
        """Box, atoms with velocities and force field into an empty engine; nothing moves yet."""


@final
@dataclass(frozen=True, slots=True)
class Bulk(AbstractBulk):
    """A Lennard-Jones fluid in a periodic box, in Lennard-Jones units.

    Attributes:
        fluid: its potential.
        density: atoms per volume.
        temperature: in epsilon / k.
        cells: cubic cells of four atoms along each edge.
        time_step: of the molecular dynamics.
        equilibration: steps before measuring.

    Raises:
        InputError: a value that no fluid has, or a box smaller than twice the reach of the forces.
    """

    fluid: LennardJones
    density: float
    temperature: float
    cells: int = 7
    time_step: float = 0.005
    equilibration: int = 4000

    def __post_init__(self) -> None:
        for name in ("density", "temperature", "time_step"):
            if not 0.0 < getattr(self, name) < np.inf:
                raise InputError(f"{name} is {getattr(self, name)!r}; it must be a positive number")
        edge = self.cells * (4.0 / self.density) ** (1.0 / 3.0)
        if edge < 2.0 * (self.fluid.cutoff + 0.3):
            need = int(np.ceil(2.0 * (self.fluid.cutoff + 0.3) / edge * self.cells))
            raise InputError(
                f"A box of {self.cells} cells is {edge:.2f} wide, less than twice the cut-off; take {need}"
            )

    @property
    def atoms(self) -> int:
        """Number of atoms."""
        return 4 * self.cells**3

    @property
    def warmth(self) -> float:
        """k T."""
        return self.temperature

    @property
    def memory(self) -> float:
        """Time over which a thermostat acts, tau."""
        return 0.5

    @property
    def units(self) -> Units:
        """Lennard-Jones units."""
        return Units()

    @property
    def constraints(self) -> str:
        """None: atoms."""
        return ""

    def fill(self, engine: Engine, seed: int, triclinic: bool) -> None:
        """A crystal that melts at once, since its velocities are those of twice the temperature."""
        fill_lennard_jones(self, engine, seed, triclinic=triclinic)


def measure_pressure(bulk: AbstractBulk, seed: int = 1, steps: int = 20000) -> Measured:
    """Pressure, from the virial under a Langevin thermostat."""
    return call_together(_pressure, bulk, seed, steps)


def _pressure(communicator: Any, bulk: AbstractBulk, seed: int, steps: int) -> Measured:
    with _running(bulk, seed, communicator) as engine:
        engine.command(
            f"fix bath all langevin {bulk.warmth} {bulk.warmth} {2.0 * bulk.memory} {seed}\nfix move all nve\n"
            f"{bulk.constraints}"
        )
        engine.run(bulk.equilibration, setup=True)
        return block_mean(_sampled(engine, "c_thermo_press", steps, 10), bulk.units.stress)


def measure_viscosity(bulk: AbstractBulk, seed: int = 1, steps: int = 100000, rate: float = 0.1) -> Measured:
    """Shear viscosity, from the stress under steady shear (SLLOD with a Nose-Hoover thermostat, sliding box).

    Evans, Morriss (1984), Phys. Rev. A 30, 1528, doi 10.1103/PhysRevA.30.1528. The result is that at the given shear
    rate; below 0.1 / tau a simple liquid thins by less than the usual error, and so does water below 0.1 / ps.

    Args:
        bulk: the fluid.
        seed: of the velocities.
        steps: measured after as many steps of equilibration as the bulk says.
        rate: shear rate.
    """
    return call_together(_viscosity, bulk, seed, steps, rate)


def _viscosity(communicator: Any, bulk: AbstractBulk, seed: int, steps: int, rate: float) -> Measured:
    with _running(bulk, seed, communicator, triclinic=True) as engine:
        engine.command(
            f"""
            {bulk.constraints}
            fix slide all deform 1 xy erate {rate} remap v
            fix move all nvt/sllod temp {bulk.warmth} {bulk.warmth} {bulk.memory}
            """
        )
        engine.run(bulk.equilibration, setup=True)
        stress = -_sampled(engine, "c_thermo_press[4]", steps, 10)
        return block_mean(stress / rate, f"{bulk.units.energy} {bulk.units.time}/{bulk.units.length}^3")


def measure_conductivity(bulk: Bulk, seed: int = 1, steps: int = 100000, flux: float = 0.15) -> Measured:
    """Heat conductivity, from the temperature gradient between a heated and a cooled slab (eHEX).

    Wirnsberger, Frenkel, Dellago (2015), J. Chem. Phys. 143, 124104, doi 10.1063/1.4931597. The box is four times as
    long along z; slabs of an eighth of it are heated and cooled, and the gradient is fitted between them.

    Args:
        bulk: the fluid.
        seed: of the velocities.
        steps: measured after four times the equilibration that the bulk says.
        flux: heat flux, epsilon / (sigma^2 tau).
    """
    return call_together(_conductivity, bulk, seed, steps, flux)


def _conductivity(communicator: Any, bulk: Bulk, seed: int, steps: int, flux: float) -> Measured:
    edge = bulk.cells * (4.0 / bulk.density) ** (1.0 / 3.0)
    length, bins, every = 4.0 * edge, 32, 10
    power = 2.0 * flux * edge**2
    engine = Engine(communicator)
    try:
        fill_lennard_jones(bulk, engine, seed, stretch=4)
        engine.command(
            f"""
            region hot block INF INF INF INF 0 {length / 8} units box
            region cold block INF INF INF INF {length / 2} {5 * length / 8} units box
            fix move all nve
            fix bath all langevin {bulk.temperature} {bulk.temperature} 1.0 {seed}
            """
        )
        engine.run(bulk.equilibration, setup=True)
        engine.command(
            f"""
            unfix bath
            fix heat all ehex 1 {power} region hot
            fix cool all ehex 1 {-power} region cold
            """
        )
        engine.run(3 * bulk.equilibration, setup=True)
        slopes = []
        for part in range(steps // every):
            engine.run(every, setup=part == 0)
            slopes.append(_fold(engine, length, bins))
    finally:
        engine.close()
    temperatures = np.array(slopes)
    gradient = _gradients(temperatures, length, bins)
    mean = block_mean(gradient, "epsilon/sigma")
    value = flux / mean.value
    return Measured(value, value * mean.error / abs(mean.value), "k/(sigma tau)", mean.samples)


def _fold(engine: Engine, length: float, bins: int) -> np.ndarray:
    """Temperature per bin along z, of the atoms of all ranks, (bins,)."""
    z, v = engine.array("x")[:, 2], engine.array("v")
    b = np.floor(np.mod(z, length) / length * bins).astype(int) % bins
    energy: Floats = np.bincount(b, np.sum(v**2, axis=1), minlength=bins).astype(np.float64)
    count: Floats = np.bincount(b, minlength=bins).astype(np.float64)
    engine.add(energy, count)
    return np.asarray(energy / (3.0 * np.maximum(count, 1.0)))


def _gradients(temperatures: np.ndarray, length: float, bins: int) -> np.ndarray:
    """Downward slope of the temperature between the slabs, from both halves, for each sample."""
    width, n = length / bins, bins // 8
    down = np.arange(n + 1, bins // 2 - 1)  # bins between the hot and the cold slab, less one on each side
    up = np.arange(bins // 2 + n + 1, bins - 1)
    x = (down - down.mean()) * width
    falling = -(temperatures[:, down] @ x) / (x @ x)
    rising = (temperatures[:, up] @ x) / (x @ x)
    return np.asarray(0.5 * (falling + rising))


def _sampled(engine: Engine, quantity: str, steps: int, every: int) -> np.ndarray:
    """A quantity every few steps of one long run; a run cut into parts would slide the box back at each cut."""
    engine.command(f"fix sampled all vector {every} {quantity}")
    engine.run(steps, setup=True)
    return engine.fix_vector("sampled")


@contextmanager
def _running(bulk: AbstractBulk, seed: int, communicator: Any, *, triclinic: bool = False) -> Iterator[Engine]:
    engine = Engine(communicator)
    try:
        bulk.fill(engine, seed, triclinic)
        yield engine
    finally:
        engine.close()


def fill_lennard_jones(bulk: Bulk, engine: Engine, seed: int, *, triclinic: bool = False, stretch: int = 1) -> None:
    """A crystal of the fluid in an empty engine, with velocities of twice its temperature.

    Args:
        bulk: the fluid.
        engine: empty.
        seed: of the velocities.
        triclinic: whether the box can be sheared.
        stretch: how many times as long it is along z.
    """
    n, cutoff = bulk.cells, bulk.fluid.cutoff
    engine.command(
        f"""
        units lj
        atom_style atomic
        boundary p p p
        lattice fcc {bulk.density}
        region box {"prism" if triclinic else "block"} 0 {n} 0 {n} 0 {n * stretch} {"0 0 0" if triclinic else ""}
        create_box 1 box
        create_atoms 1 box
        mass 1 1.0
        pair_style lj/cut {cutoff!r}
        pair_modify shift yes
        pair_coeff 1 1 1.0 1.0
        neighbor 0.3 bin
        neigh_modify delay 0 every 2 check yes
        velocity all create {2.0 * bulk.temperature} {seed} loop geom
        timestep {bulk.time_step}
        """
    )
