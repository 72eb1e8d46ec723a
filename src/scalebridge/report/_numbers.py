"""Numbers and units as a reader expects them."""

from __future__ import annotations

import math
import re

NOTHING = "–"
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
_SCALABLE = frozenset({"Pa", "m", "J", "N", "W", "Hz"})
# From which number of seconds on a unit is used, its length, its name.
_LONG = (
    (63115200.0, 31557600.0, "years"),
    (172800.0, 86400.0, "days"),
    (3600.0, 3600.0, "h"),
    (120.0, 60.0, "min"),
    (1.0, 1.0, "s"),
)
_THIN = "\u2009"
_SPACE = "\u00a0"


def superscript(exponent: int) -> str:
    """`exponent` in raised digits."""
    return str(exponent).translate(_SUPERSCRIPTS)


def number(value: float | None, digits: int = 4) -> str:
    """`value` to `digits` significant digits, as a decimal where that is short."""
    if value is None:
        return NOTHING
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return _decimal(value, digits)
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    short = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{short}{_THIN}×{_THIN}10{superscript(int(exponent))}".replace("-", "−")


def count(value: float | None) -> str:
    """A whole number in groups of three digits."""
    if value is None or not math.isfinite(value):
        return number(value)
    return f"{value:,.0f}".replace(",", _THIN) if abs(value) < 1e9 else number(value, 3)


def unit(name: str) -> str:
    """A unit as it is set in print: ``J/m^3`` becomes J/m³, ``1`` nothing."""
    if name in ("1", ""):
        return ""
    powers = re.sub(r"(?:\^|\*\*)\(?(-?\d+)\)?", lambda match: superscript(int(match[1])), name)
    return powers.replace("*", "·")


def relation_signs(name: str) -> str:
    """A name with its relations as they are set in print: ``<=`` becomes ≤."""
    return name.replace("<=", "≤").replace(">=", "≥")


def quantity(value: float | None, name: str, error: float | None = None) -> tuple[str, str]:
    """A value with its error and its unit, the unit with the prefix that keeps the number short.

    Returns:
        The number, with ± where there is an error, and the unit.
    """
    if value is None or not math.isfinite(value):
        return number(value), unit(name)
    factor, shown = _prefix(value, name)
    if error is None or not math.isfinite(error) or error <= 0.0:
        return number(value / factor), unit(shown)
    return _with_error(value / factor, error / factor), unit(shown)


def measure(value: float | None, name: str) -> str:
    """A value with its unit in one piece of text."""
    shown, symbol = quantity(value, name)
    return f"{shown}{_SPACE}{symbol}" if symbol else shown


def duration(seconds: float | None) -> str:
    """Seconds in the unit that a person would use."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0.0:
        return number(seconds)
    for least, size, name in _LONG:
        if seconds >= least:
            return f"{number(seconds / size, 3)}{_SPACE}{name}"
    for power, prefix in ((-3, "m"), (-6, "µ"), (-9, "n"), (-12, "p"), (-15, "f")):
        if seconds >= 10.0**power:
            return f"{number(seconds / 10.0**power, 3)}{_SPACE}{prefix}s"
    return f"{number(seconds, 3)}{_SPACE}s"


def memory(size: float | None) -> str:
    """Bytes in the unit that a person would use."""
    if size is None or not math.isfinite(size) or size < 0.0:
        return number(size)
    power = min(5, int(math.log10(size) // 3)) if size >= 1.0 else 0
    return f"{number(size / 1000.0**power, 3)}{_SPACE}{('B', 'kB', 'MB', 'GB', 'TB', 'PB')[power]}"


def _decimal(value: float, digits: int) -> str:
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    shown = f"{value:.{places}f}"
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown).replace("-", "−")


def _prefix(value: float, name: str) -> tuple[float, str]:
    if name not in _SCALABLE or value == 0.0:
        return 1.0, name
    power = 3 * math.floor(math.log10(abs(value)) / 3.0)
    power = max(-12, min(12, power))
    return 10.0**power, _PREFIXES[power] + name


def _with_error(value: float, error: float) -> str:
    """Both to the second significant digit of the error, as metrology does."""
    places = 1 - math.floor(math.log10(error))
    if 0 <= places <= 6 and abs(value) < 1e6:
        return f"{value:.{places}f}{_THIN}±{_THIN}{error:.{places}f}".replace("-", "−")
    return f"{number(value)}{_THIN}±{_THIN}{number(error, 2)}"
