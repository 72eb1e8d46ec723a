"""Statistical errors of what is measured in a fluid at or near equilibrium.

Hadjiconstantinou, Garcia, Bazant, He (2003), J. Comput. Phys. 187, 274, doi 10.1016/S0021-9991(03)00099-8: relative
errors from equilibrium fluctuations, for M independent samples of N atoms on average.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scalebridge.errors import InputError


@dataclass(frozen=True, slots=True)
class FluidState:
    """What the error formulas need to know of a fluid; units of the user, energy per temperature k = 1.

    Attributes:
        temperature: k T, an energy.
        mass: of an atom.
        density: atoms per volume.
        sound_speed: adiabatic.
        heat_capacity: at constant volume, per atom, in k.
        heat_ratio: of heat capacities, gamma.
        pressure: of the fluid; None where its error is not asked for.
    """

    temperature: float
    mass: float = 1.0
    density: float = 1.0
    sound_speed: float = 1.0
    heat_capacity: float = 1.5
    heat_ratio: float = 5.0 / 3.0
    pressure: float | None = None

    @property
    def acoustic_number(self) -> float:
        """Sound speed over that of an ideal gas at the same temperature, Ac."""
        return self.sound_speed / math.sqrt(self.heat_ratio * self.temperature / self.mass)


def velocity_error(state: FluidState, atoms: float, samples: float) -> float:
    """Standard error of a component of the mean velocity, an absolute one: sqrt(k T / (m M N)) (their eq. 2)."""
    return math.sqrt(state.temperature / (state.mass * _positive(atoms, samples)))


def density_error(state: FluidState, atoms: float, samples: float) -> float:
    """Relative standard error of the density: 1 / (Ac sqrt(M N))."""
    return 1.0 / (state.acoustic_number * math.sqrt(_positive(atoms, samples)))


def temperature_error(state: FluidState, atoms: float, samples: float) -> float:
    """Relative standard error of the temperature: sqrt(k / c_v) / sqrt(M N)."""
    return math.sqrt(1.0 / (state.heat_capacity * _positive(atoms, samples)))


def pressure_error(state: FluidState, atoms: float, samples: float) -> float:
    """Relative standard error of the pressure: (p_ideal / p) Ac sqrt(gamma / (M N)), p_ideal = n k T.

    Raises:
        InputError: the state has no pressure.
    """
    if state.pressure is None:
        raise InputError("The error of the pressure needs the pressure of the state")
    ideal = state.density * state.temperature
    return ideal / state.pressure * state.acoustic_number * math.sqrt(state.heat_ratio / _positive(atoms, samples))


def samples_needed(state: FluidState, atoms: float, error: float) -> int:
    """Independent samples so that the mean velocity of a bin with `atoms` atoms is known to `error`."""
    if not error > 0.0:
        raise InputError(f"The wanted error is {error!r}; it must be positive")
    return math.ceil(state.temperature / (state.mass * _positive(atoms, 1.0) * error**2))


def velocity_memory(viscosity: float, density: float, mass: float, width: float) -> float:
    """Time over which the mean velocity of a bin forgets, rho w^2 / (pi^2 eta): one independent sample per two of it.

    Args:
        viscosity: shear viscosity.
        density: atoms per volume.
        mass: of an atom.
        width: of the bin.
    """
    return density * mass * width**2 / (math.pi**2 * viscosity)


def stress_error(temperature: float, viscosity: float, volume: float, duration: float) -> float:
    """Standard error of a shear stress averaged over a volume and a time: sqrt(2 k T eta / (V t)) (Green-Kubo)."""
    return math.sqrt(2.0 * temperature * viscosity / _positive(volume, duration))


def _positive(*factors: float) -> float:
    product = math.prod(factors)
    if not (product > 0.0 and all(math.isfinite(f) for f in factors)):
        raise InputError(f"Numbers of atoms and samples, volumes and times must be positive; found {factors}")
    return product
