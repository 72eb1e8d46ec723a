"""Material cards for CalculiX and Abaqus."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.export._conductivity import checked_conductivity
from scalebridge.solids.export._elasticity import isotropic_constants, orthotropic_constants, tensor_components
from scalebridge.solids.export._hardening import checked_table

Form = Literal["anisotropic", "orthotropic", "isotropic"]

# Upper triangle by columns in the order 11, 22, 33, 12, 13, 23, given as positions in the Mandel order.
_ORDER = (0, 1, 2, 5, 4, 3)
_PER_LINE = 8
# Both codes differ in the order of an anisotropic conductivity only.
_CONDUCTIVITY_ORDER = {
    "calculix": ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)),
    "abaqus": ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)),
}


def calculix_card(
    stiffness: npt.ArrayLike,
    name: str,
    *,
    form: Form = "anisotropic",
    density: float | None = None,
    conductivity: npt.ArrayLike | None = None,
    plastic: npt.ArrayLike | None = None,
    dialect: Literal["calculix", "abaqus"] = "calculix",
    tolerance: float = 1e-3,
) -> str:
    """A ``*MATERIAL`` card for CalculiX or Abaqus in SI units.

    The 21 anisotropic constants are tensor components D_ijkl in the order 1111, 1122, 2222, 1133, 2233, 3333, 1112,
    2212, 3312, 1212, 1113, 2213, 3313, 1213, 1313, 1123, 2223, 3323, 1223, 1323, 2323: no Mandel factors.

    Args:
        stiffness: (6, 6) Mandel, order 11, 22, 33, 23, 13, 12, Pa.
        name: of the material: a letter, then letters, digits, ``-`` or ``_``, at most 80 in all.
        form: all 21 constants, nine engineering constants, or Young's modulus and Poisson ratio.
        density: in kg/m^3.
        conductivity: in W/(m K): a number or a symmetric 3x3 matrix.
        plastic: rows of yield stress in Pa and plastic strain, see `plastic_table`; needs ``form="isotropic"``.
        dialect: code that will read the card; it matters for an anisotropic conductivity only.
        tolerance: largest relative difference from the symmetry that `form` claims.

    Returns:
        The card, with lines that end in a newline.

    Raises:
        InputError: a bad name, a stiffness that is not positive definite or lacks the symmetry claimed, a hardening
            table with another form than isotropic, or a bad number.

    Source:
        CalculiX CrunchiX user's manual and Abaqus keywords guide, ``*ELASTIC``, ``*CONDUCTIVITY``, ``*PLASTIC``.
    """
    _check(name, form, dialect, plastic is not None)
    lines = ["** SI units: m, kg, s, K; stiffness and stress in Pa", f"*MATERIAL, NAME={name}"]
    lines += _elastic(tensor_components(stiffness), form, tolerance)
    if plastic is not None:
        lines += ["*PLASTIC", *(_row(row) for row in checked_table(plastic))]
    if density is not None:
        lines += ["** kg/m^3", "*DENSITY", _row([checked_density(density)])]
    if conductivity is not None:
        lines += _conductivity(checked_conductivity(conductivity), dialect)
    return "\n".join(lines) + "\n"


def checked_density(density: float) -> float:
    """A mass density.

    Args:
        density: in kg/m^3.

    Returns:
        The same.

    Raises:
        InputError: not positive and finite.
    """
    if not 0 < density < np.inf:
        raise InputError(f"The density is positive, in kg/m^3; found {density!r}.")
    return float(density)


def _check(name: str, form: str, dialect: str, plastic: bool) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,79}", name):
        raise InputError(
            f"The material name '{name}' is not accepted by the codes: a letter first, then letters, digits, '-' or "
            "'_', at most 80 characters."
        )
    if form not in ("anisotropic", "orthotropic", "isotropic"):
        raise InputError(f"form is 'anisotropic', 'orthotropic' or 'isotropic'; found '{form}'.")
    if dialect not in _CONDUCTIVITY_ORDER:
        raise InputError(f"dialect is 'calculix' or 'abaqus'; found '{dialect}'.")
    if plastic and form != "isotropic":
        raise InputError("A hardening table goes with isotropic elasticity: form='isotropic'.")


def _elastic(components: npt.NDArray[np.float64], form: str, tolerance: float) -> list[str]:
    if form == "isotropic":
        return ["*ELASTIC, TYPE=ISO", _row(isotropic_constants(components, tolerance))]
    if form == "orthotropic":
        found = orthotropic_constants(components, tolerance)
        constants = [*found.youngs, *found.poisson, *found.shear]
        head = ["** E1, E2, E3, nu12, nu13, nu23, G12, G13, G23", "*ELASTIC, TYPE=ENGINEERING CONSTANTS"]
    else:
        constants = [components[_ORDER[row], _ORDER[col]] for col in range(6) for row in range(col + 1)]
        head = ["*ELASTIC, TYPE=ANISO"]
    return head + [_row(constants[i : i + _PER_LINE]) for i in range(0, len(constants), _PER_LINE)]


def _conductivity(matrix: npt.NDArray[np.float64], dialect: str) -> list[str]:
    diagonal = np.diag(matrix)
    if np.any(matrix - np.diag(diagonal)):
        kind, values = "ANISO", [matrix[pair] for pair in _CONDUCTIVITY_ORDER[dialect]]
    elif np.all(diagonal == diagonal[0]):
        kind, values = "ISO", [diagonal[0]]
    else:
        kind, values = "ORTHO", list(diagonal)
    return ["** W/(m K)", f"*CONDUCTIVITY, TYPE={kind}", _row(values)]


def _row(values: Iterable[float]) -> str:
    # CalculiX reads the first 20 characters of a number: sign, 14 digits, exponent.
    return ", ".join(f"{value:.13E}" for value in values)
