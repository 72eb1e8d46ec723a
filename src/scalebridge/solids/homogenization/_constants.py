"""Engineering constants of effective tensors, by name and in words."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from scalebridge.solids.elasticity import Symmetry, find_symmetry
from scalebridge.solids.homogenization._state import FloatArray

SYMMETRY_TOLERANCE = 0.02
"""Relative distance up to which a stiffness counts as belonging to a symmetry class."""

_WORDS = {
    "E": "Young's modulus",
    "nu": "Poisson's ratio",
    "G": "shear modulus",
    "K": "bulk modulus",
    "A": "Zener anisotropy",
    "E_L": "axial Young's modulus",
    "E_T": "transverse Young's modulus",
    "nu_LT": "axial Poisson's ratio",
    "nu_TT": "transverse Poisson's ratio",
    "G_LT": "axial shear modulus",
    "G_TT": "transverse shear modulus",
}
_SIGNS = {"E": "E", "nu": "ν", "G": "G", "K": "K", "A": "A"}


@dataclass(frozen=True)
class Constant:
    """An engineering constant.

    Attributes:
        name: its usual name, e.g. ``"E_L"``.
        value: in `unit`.
        unit: ``"Pa"``, ``"W/(m K)"`` or ``"1"``.
        label: in words, for the reader.
    """

    name: str
    value: float
    unit: str
    label: str


def symmetry_of(stiffness: FloatArray) -> Symmetry:
    """Symmetry class of an effective stiffness; found once for each stiffness."""
    return _symmetry(np.ascontiguousarray(stiffness).tobytes())


@functools.lru_cache(maxsize=16)
def _symmetry(stiffness: bytes) -> Symmetry:
    return find_symmetry(np.frombuffer(stiffness).reshape(6, 6), tolerance=SYMMETRY_TOLERANCE)


def elastic_constants(stiffness: FloatArray) -> tuple[Constant, ...]:
    """The constants of the symmetry class found."""
    return tuple(_constant(name, value) for name, value in symmetry_of(stiffness).constants().items())


def _constant(name: str, value: float) -> Constant:
    kind, _, index = name.partition("_")
    sign = f"{_SIGNS[kind]}{_subscript(index)}"
    words = _WORDS.get(name, f"{_WORDS[kind]}")
    return Constant(name, value, "1" if kind in ("nu", "A") else "Pa", f"{words} {sign}")


def _subscript(index: str) -> str:
    digits = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
    return index.translate(digits) if index.isdigit() else (f"_{index}" if index else "")


def conductivities(tensor: FloatArray, ndim: int) -> tuple[Constant, ...]:
    """One conductivity where it is isotropic, across and along for a section, else one along each axis."""
    diagonal = np.diag(tensor)
    unit, label = "W/(m K)", "thermal conductivity"
    if np.ptp(diagonal) <= SYMMETRY_TOLERANCE * diagonal.mean():
        return (Constant("k", float(diagonal.mean()), unit, f"{label} k"),)
    if ndim == 2 and np.ptp(diagonal[:2]) <= SYMMETRY_TOLERANCE * diagonal[:2].mean():
        across = Constant("k_T", float(diagonal[:2].mean()), unit, f"transverse {label} k_T")
        return across, Constant("k_L", float(diagonal[2]), unit, f"axial {label} k_L")
    return tuple(
        Constant(f"k_{i + 1}", float(k), unit, f"{label} k{_subscript(str(i + 1))}") for i, k in enumerate(diagonal)
    )
