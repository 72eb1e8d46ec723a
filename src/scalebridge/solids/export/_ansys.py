"""Material cards for Ansys Mechanical APDL."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scalebridge.errors import InputError
from scalebridge.solids.export._calculix import Form, checked_density
from scalebridge.solids.export._conductivity import checked_conductivity
from scalebridge.solids.export._elasticity import isotropic_constants, orthotropic_constants, tensor_components
from scalebridge.solids.export._hardening import checked_table

# Ansys order x, y, z, xy, yz, xz, given as positions in the Mandel order 11, 22, 33, 23, 13, 12.
_ORDER = (0, 1, 2, 5, 3, 4)
_PER_LINE = 6


def ansys_card(
    stiffness: npt.ArrayLike,
    number: int,
    *,
    form: Form = "anisotropic",
    density: float | None = None,
    conductivity: npt.ArrayLike | None = None,
    plastic: npt.ArrayLike | None = None,
    tolerance: float = 1e-3,
) -> str:
    """APDL commands that define a material in SI units.

    The 21 constants of ``TB,ANEL`` are the lower triangle, by columns, of the matrix between stresses and engineering
    strains in the order x, y, z, xy, yz, xz: no Mandel factors.

    Args:
        stiffness: (6, 6) Mandel, order 11, 22, 33, 23, 13, 12, Pa.
        number: material number, 1 or more.
        form: all 21 constants, nine engineering constants, or Young's modulus and Poisson ratio.
        density: in kg/m^3.
        conductivity: in W/(m K): a number or a 3x3 matrix that is diagonal in the coordinate axes.
        plastic: rows of yield stress in Pa and plastic strain, see `plastic_table`; needs ``form="isotropic"``.
        tolerance: largest relative difference from the symmetry that `form` claims.

    Returns:
        The commands, with lines that end in a newline.

    Raises:
        InputError: a bad number, a stiffness that is not positive definite or lacks the symmetry claimed, a hardening
            table with another form than isotropic, or a conductivity that is not diagonal.

    Source:
        Ansys Mechanical APDL Material Reference, "Anisotropic Elasticity" and "Multilinear Isotropic Hardening".
    """
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise InputError(f"A material number is a whole number, 1 or more; found {number!r}.")
    if plastic is not None and form != "isotropic":
        raise InputError("A hardening table goes with isotropic elasticity: form='isotropic'.")
    lines = ["! SI units: m, kg, s, K; stiffness and stress in Pa"]
    lines += _elastic(tensor_components(stiffness), number, form, tolerance)
    if plastic is not None:
        table = checked_table(plastic)
        lines.append(f"TB,PLAS,{number},1,{len(table)},MISO")
        lines += [f"TBPT,DEFI,{_text(strain)},{_text(stress)}" for stress, strain in table]
    if density is not None:
        lines += ["! kg/m^3", f"MP,DENS,{number},{_text(checked_density(density))}"]
    if conductivity is not None:
        lines += _conductivity(checked_conductivity(conductivity), number)
    return "\n".join(lines) + "\n"


def _elastic(components: npt.NDArray[np.float64], number: int, form: str, tolerance: float) -> list[str]:
    if form == "isotropic":
        modulus, ratio = isotropic_constants(components, tolerance)
        return [f"MP,EX,{number},{_text(modulus)}", f"MP,PRXY,{number},{_text(ratio)}"]
    if form == "orthotropic":
        found = orthotropic_constants(components, tolerance)
        labels = ("EX", "EY", "EZ", "PRXY", "PRXZ", "PRYZ", "GXY", "GXZ", "GYZ")
        values = (*found.youngs, *found.poisson, *found.shear)
        return [f"MP,{label},{number},{_text(value)}" for label, value in zip(labels, values, strict=True)]
    if form != "anisotropic":
        raise InputError(f"form is 'anisotropic', 'orthotropic' or 'isotropic'; found '{form}'.")
    constants = [components[_ORDER[row], _ORDER[col]] for col in range(6) for row in range(col, 6)]
    head = ["! stiffness form, order x, y, z, xy, yz, xz", f"TB,ANEL,{number},1,21,0"]
    return head + [
        f"TBDATA,{first + 1},{','.join(_text(value) for value in constants[first : first + _PER_LINE])}"
        for first in range(0, len(constants), _PER_LINE)
    ]


def _conductivity(matrix: npt.NDArray[np.float64], number: int) -> list[str]:
    if np.any(matrix - np.diag(np.diag(matrix))):
        raise InputError(
            "Ansys takes conductivities along the axes only, and this matrix has others: "
            f"{matrix.tolist()}. Turn the material to its principal axes first."
        )
    labels = ("KXX", "KYY", "KZZ")
    return ["! W/(m K)"] + [
        f"MP,{label},{number},{_text(value)}" for label, value in zip(labels, np.diag(matrix), strict=True)
    ]


def _text(value: float) -> str:
    return f"{value:.15E}"
