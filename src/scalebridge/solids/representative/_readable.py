"""Units in which numbers are easy to read."""

from __future__ import annotations

from collections.abc import Sequence

LENGTHS = ((1e-9, "nm"), (1e-6, "µm"), (1e-3, "mm"), (1.0, "m"))
STRESSES = ((1.0, "Pa"), (1e3, "kPa"), (1e6, "MPa"), (1e9, "GPa"))


def readable_unit(units: Sequence[tuple[float, str]], largest: float) -> tuple[float, str]:
    """The largest of `units`, each its value in SI and its name, in which `largest` is at least one; else the first."""
    fitting = [unit for unit in units if abs(largest) >= unit[0] * (1.0 - 1e-9)]
    return fitting[-1] if fitting else units[0]


def readable_length(length: float) -> str:
    """A length given in m, with three digits and a unit that fits."""
    per_unit, unit = readable_unit(LENGTHS, length)
    return f"{length / per_unit:.3g} {unit}"
