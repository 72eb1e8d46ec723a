"""Potentials as plain numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scalebridge.errors import InputError
from scalebridge.molecules.potentials._analytic import Fourier, Harmonic, LennardJones
from scalebridge.molecules.potentials._basis import Basis
from scalebridge.molecules.potentials._potential import Potential
from scalebridge.molecules.potentials._spline import Spline


def potential_table(potential: Potential) -> dict[str, Any]:
    """Form and parameters of a potential as numbers and texts (nm, kJ/mol, radians).

    Raises:
        InputError: a potential of a form that is not known here.
    """
    match potential:
        case Spline(basis=basis, values=values, cut=cut):
            return {
                "form": "spline",
                "start": float(basis.start),
                "stop": float(basis.stop),
                "intervals": basis.intervals,
                "degree": basis.degree,
                "periodic": basis.periodic,
                "cut": cut,
                "coefficients": [float(value) for value in values],
            }
        case LennardJones(sigma=sigma, epsilon=epsilon, cutoff=cutoff, shift=shift):
            table: dict[str, Any] = {"form": "lennard-jones", "sigma": sigma, "epsilon": epsilon, "shift": shift}
            return table if cutoff is None else {**table, "cutoff": cutoff}
        case Harmonic(k=k, x0=x0):
            return {"form": "harmonic", "k": k, "x0": x0}
        case Fourier(values=values):
            return {"form": "fourier", "coefficients": [float(value) for value in values]}
        case _:
            raise InputError(f"A potential of the form {type(potential).__name__} cannot be written")


def potential_from_table(table: Mapping[str, Any]) -> Potential:
    """The potential that `potential_table` describes.

    Raises:
        InputError: an unknown form, a missing or an unusable parameter.
    """
    form = table.get("form")
    try:
        match form:
            case "spline":
                basis = Basis(
                    float(table["start"]),
                    float(table["stop"]),
                    int(table["intervals"]),
                    int(table["degree"]),
                    bool(table["periodic"]),
                )
                return Spline(basis, np.array(table["coefficients"], dtype=np.float64), bool(table["cut"]))
            case "lennard-jones":
                cutoff = float(table["cutoff"]) if "cutoff" in table else None
                return LennardJones(float(table["sigma"]), float(table["epsilon"]), cutoff, str(table["shift"]))
            case "harmonic":
                return Harmonic(float(table["k"]), float(table["x0"]))
            case "fourier":
                return Fourier(np.array(table["coefficients"], dtype=np.float64))
    except KeyError as error:
        raise InputError(f"A potential of the form {form!r} needs the key {error.args[0]!r}") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"A potential of the form {form!r} has an unusable parameter: {error}") from error
    raise InputError(f"Unknown form of a potential: {form!r}; known are spline, lennard-jones, harmonic, fourier")
