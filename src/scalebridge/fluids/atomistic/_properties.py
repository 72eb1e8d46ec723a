"""What a coupling must know of an atomistic fluid besides its atoms: its units, and how a time step misses energy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Units:
    """Names of a consistent system of units, for labels; with k = 1, so that temperatures are energies.

    Attributes:
        length, time, mass, energy, temperature: their names.
    """

    length: str = "sigma"
    time: str = "tau"
    mass: str = "m"
    energy: str = "epsilon"
    temperature: str = "epsilon/k"

    @property
    def velocity(self) -> str:
        """Of a velocity."""
        return f"{self.length}/{self.time}"

    @property
    def momentum(self) -> str:
        """Of a momentum."""
        return f"{self.mass} {self.length}/{self.time}"

    @property
    def density(self) -> str:
        """Of particles per volume."""
        return f"{self.length}^-3"

    @property
    def stress(self) -> str:
        """Of a stress, or a pressure."""
        return f"{self.energy}/{self.length}^3"

    @property
    def heat_flux(self) -> str:
        """Of energy per area and time."""
        return f"{self.energy}/({self.length}^2 {self.time})"


LENNARD_JONES_UNITS = Units()


@dataclass(frozen=True, slots=True)
class Stiffness:
    """How velocity Verlet misses the energy of a fluid, see `scalebridge.fluids.hybrid`.

    Attributes:
        frequency: squared Einstein frequency of a particle, <F^2> / (3 m k T).
        ripple: of the energy between two instants, in frequency dt^2 k T per root of the number of particles.
        kicked: what noise of a thermostat adds to its square, per friction times time.
        reference: k T at which they hold; where it is hotter, the frequency grows with the root.
    """

    frequency: float
    ripple: float
    kicked: float
    reference: float


LENNARD_JONES = Stiffness(frequency=300.0, ripple=0.8, kicked=0.15, reference=1.0)
"""Of a dense Lennard-Jones fluid, measured."""
