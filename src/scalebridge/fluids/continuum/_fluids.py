"""Fluids: densities, transport coefficients and equations of state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import final

import numpy as np

from scalebridge.errors import InputError
from scalebridge.fluids.continuum._interface import Floats

Coefficient = float | Callable[[Floats], Floats]


@final
@dataclass(frozen=True, slots=True)
class Liquid:
    """Incompressible Newtonian fluid.

    Attributes:
        density: constant.
        viscosity: shear viscosity, a number or a function of temperature (arrays in, arrays out).
        heat_capacity: per mass, at constant volume.
        conductivity: thermal conductivity; None leaves temperature out of the calculation.
        temperature: reference temperature; internal energy is counted from zero temperature.

    Raises:
        InputError: a value is not finite or not positive.
    """

    density: float
    viscosity: Coefficient
    heat_capacity: float = 1.0
    conductivity: float | None = None
    temperature: float = 1.0

    def __post_init__(self) -> None:
        _positive(self, "density", "heat_capacity", "temperature")
        _not_negative(self, "viscosity", "conductivity")


class EquationOfState(ABC):
    """Pressure and internal energy of a compressible fluid; arrays in, arrays out."""

    @abstractmethod
    def pressure(self, density: Floats, temperature: Floats) -> Floats:
        """Pressure."""

    @abstractmethod
    def energy(self, density: Floats, temperature: Floats) -> Floats:
        """Internal energy per mass."""

    @abstractmethod
    def temperature(self, density: Floats, energy: Floats) -> Floats:
        """Temperature from internal energy per mass."""

    @abstractmethod
    def sound_speed(self, density: Floats, temperature: Floats, isothermal: bool) -> Floats:
        """Speed of sound, at constant temperature or at constant entropy."""


@final
@dataclass(frozen=True, slots=True)
class Linear(EquationOfState):
    """Liquid near a state: p = p0 + a (rho - rho0) + b (T - T0), with constant heat capacity.

    The energy follows from the pressure (de/drho at constant T is (p - T b)/rho^2), so that the isentropic speed of
    sound, c^2 = a + T b^2 / (rho^2 cv), is that of the equation of state.

    Attributes:
        density, temperature_0, pressure_0: the state rho0, T0, p0.
        stiffness: a, dp/drho at constant temperature.
        thermal_pressure: b, dp/dT at constant density.
        heat_capacity: per mass, at constant volume.

    Raises:
        InputError: a value is not finite or not positive.
    """

    density: float
    temperature_0: float
    pressure_0: float
    stiffness: float
    thermal_pressure: float = 0.0
    heat_capacity: float = 1.0

    def __post_init__(self) -> None:
        _positive(self, "density", "temperature_0", "stiffness", "heat_capacity")

    def pressure(self, density: Floats, temperature: Floats) -> Floats:
        """Pressure."""
        heated = self.thermal_pressure * (temperature - self.temperature_0)
        return self.pressure_0 + self.stiffness * (density - self.density) + heated

    def _cold(self, density: Floats) -> Floats:
        """Energy per mass at temperature zero: the integral of (p - T dp/dT)/rho^2 from rho0."""
        constant = self.pressure_0 - self.stiffness * self.density - self.thermal_pressure * self.temperature_0
        return self.stiffness * np.log(density / self.density) + constant * (1.0 / self.density - 1.0 / density)

    def energy(self, density: Floats, temperature: Floats) -> Floats:
        """Internal energy per mass, zero at rho0 and temperature zero."""
        return self.heat_capacity * temperature + self._cold(density)

    def temperature(self, density: Floats, energy: Floats) -> Floats:
        """Temperature from internal energy per mass."""
        return (energy - self._cold(density)) / self.heat_capacity

    def sound_speed(self, density: Floats, temperature: Floats, isothermal: bool) -> Floats:
        """Speed of sound."""
        heated = temperature * (self.thermal_pressure / density) ** 2 / self.heat_capacity
        return np.sqrt(self.stiffness + (0.0 if isothermal else heated) + 0.0 * density)


@final
@dataclass(frozen=True, slots=True)
class IdealGas(EquationOfState):
    """Ideal gas: p = rho R T, e = R T / (gamma - 1).

    Attributes:
        gas_constant: R, Boltzmann's constant over the mass of a particle.
        gamma: ratio of heat capacities.

    Raises:
        InputError: R is not positive, or gamma not above 1.
    """

    gas_constant: float = 1.0
    gamma: float = 5.0 / 3.0

    def __post_init__(self) -> None:
        _positive(self, "gas_constant")
        if not self.gamma > 1.0:
            raise InputError(f"IdealGas: gamma is {self.gamma}; it must be above 1.")

    def pressure(self, density: Floats, temperature: Floats) -> Floats:
        """Pressure."""
        return density * self.gas_constant * temperature

    def energy(self, density: Floats, temperature: Floats) -> Floats:
        """Internal energy per mass."""
        return self.gas_constant * temperature / (self.gamma - 1.0) + 0.0 * density

    def temperature(self, density: Floats, energy: Floats) -> Floats:
        """Temperature from internal energy per mass."""
        return energy * (self.gamma - 1.0) / self.gas_constant + 0.0 * density

    def sound_speed(self, density: Floats, temperature: Floats, isothermal: bool) -> Floats:
        """Speed of sound."""
        return np.sqrt((1.0 if isothermal else self.gamma) * self.gas_constant * temperature + 0.0 * density)


@final
@dataclass(frozen=True, slots=True)
class CompressibleFluid:
    """Compressible Newtonian fluid, isothermal or with energy.

    Attributes:
        state: equation of state.
        density: reference density.
        temperature: reference temperature, kept everywhere when isothermal.
        viscosity: shear viscosity, a number or a function of temperature.
        bulk_viscosity: bulk viscosity.
        conductivity: thermal conductivity; None for an isothermal fluid, whose books leave energy out.

    Raises:
        InputError: a value is not finite, negative, or zero where it must not be.
    """

    state: EquationOfState
    density: float
    temperature: float
    viscosity: Coefficient = 0.0
    bulk_viscosity: float = 0.0
    conductivity: float | None = None

    def __post_init__(self) -> None:
        _positive(self, "density", "temperature")
        _not_negative(self, "viscosity", "bulk_viscosity", "conductivity")


Fluid = Liquid | CompressibleFluid


def evaluated(coefficient: Coefficient, temperature: Floats) -> Floats:
    """A coefficient at every temperature."""
    value = coefficient(temperature) if callable(coefficient) else coefficient
    return np.broadcast_to(np.asarray(value, np.float64), temperature.shape)


def _positive(owner: object, *names: str) -> None:
    for name in names:
        value = getattr(owner, name)
        if not (np.isfinite(value) and value > 0.0):
            raise InputError(f"{type(owner).__name__}: {name} is {value}; it must be a positive number.")


def _not_negative(owner: object, *names: str) -> None:
    known = {f.name for f in fields(owner)}  # type: ignore[arg-type]
    for name in known.intersection(names):
        value = getattr(owner, name)
        if value is None or callable(value):
            continue
        if not (np.isfinite(value) and value >= 0.0):
            raise InputError(f"{type(owner).__name__}: {name} is {value}; it must not be negative.")
