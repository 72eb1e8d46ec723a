"""The physical dimensions that a study can ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dimension:
    """A physical dimension that a study can ask for.

    Attributes:
        name: its name, e.g. ``"pressure"``.
        unit: the SI unit in which models compute.
        example: a quantity as a person would write it.
        usual: units in everyday use, for suggestions.
    """

    name: str
    unit: str
    example: str
    usual: tuple[str, ...]


def _table(*rows: tuple[str, str, str, str]) -> dict[str, Dimension]:
    return {name: Dimension(name, unit, example, tuple(usual.split())) for name, unit, example, usual in rows}


DIMENSIONS = _table(
    ("dimensionless", "", "0.3", "%"),
    ("length", "m", "5 nm", "m mm um nm pm angstrom cm km"),
    ("area", "m^2", "4 um^2", "m^2 mm^2 um^2 nm^2"),
    ("volume", "m^3", "1 mm^3", "m^3 mm^3 um^3 nm^3 L mL"),
    ("time", "s", "10 ps", "s ms us ns ps fs min hour day"),
    ("rate", "1/s", "0.1 1/s", "1/s 1/min 1/hour Hz kHz"),
    ("mass", "kg", "18 dalton", "kg g mg dalton"),
    ("density", "kg/m^3", "1.2 g/cm^3", "kg/m^3 g/cm^3"),
    ("velocity", "m/s", "1 mm/s", "m/s mm/s um/s nm/ps"),
    ("force", "N", "5 kN", "N mN uN nN pN kN"),
    ("energy", "J", "1 eV", "J kJ mJ eV"),
    ("pressure", "Pa", "70 GPa", "Pa kPa MPa GPa bar atm psi"),
    ("viscosity", "Pa*s", "1 mPa*s", "Pa*s mPa*s"),
    ("diffusivity", "m^2/s", "1 um^2/s", "m^2/s mm^2/s um^2/s nm^2/ns cm^2/s"),
    ("temperature", "K", "300 K", "K degC"),
    ("thermal conductivity", "W/(m*K)", "0.2 W/(m*K)", "W/(m*K) mW/(m*K)"),
    ("thermal expansion", "1/K", "12e-6 1/K", "1/K 1/degC"),
    ("angle", "rad", "30 deg", "deg rad"),
)
