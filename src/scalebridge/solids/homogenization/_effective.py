"""First step of a homogenization: an effective tensor, with its balances and bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scalebridge.bridge import Step
from scalebridge.errors import ConvergenceError
from scalebridge.solids.elasticity import reuss_average, voigt_average
from scalebridge.solids.homogenization._state import Effective, FloatArray, HomogenizationState
from scalebridge.solids.laws import Conduction, LinearElastic
from scalebridge.solids.representative import ordering_entries
from scalebridge.solids.rve import RVE, Status


def effective_step(rve: RVE, prop: str, state: HomogenizationState) -> Step[HomogenizationState]:
    """Effective stiffness or conductivity of an RVE of linear phases.

    Raises:
        ConvergenceError: a load case did not reach the tolerance; without the tensor the run has no result.
    """
    found = rve.homogenize()
    if not found.converged:
        reason = next(s.value for s in found.status if s is not Status.CONVERGED)
        raise ConvergenceError(f"Effective {prop}: {reason} (tolerance {rve.tolerance:g})")
    balances = tuple(replace(e, where=f"effective {prop}, {e.where}") for e in found.entries)
    tensors, shares = phase_tensors(rve)
    chain = {
        "reuss": reuss_average(tensors, shares),
        rve.boundary: found.tensor,
        "voigt": voigt_average(tensors, shares),
    }
    unit = "Pa" if prop == "stiffness" else "W/(m K)"
    bounds = ordering_entries(chain, unit=unit, where=f"effective {prop}")
    effective = {**state.effective, prop: Effective(found.tensor, np.asarray(found.iterations))}
    return Step(replace(state, effective=effective), balances + bounds)


def phase_tensors(rve: RVE) -> tuple[FloatArray, FloatArray]:
    """Tensors (n, m, m) of the phases of a linear RVE, turned as they lie, and their volume fractions (n,)."""
    shares = rve.microstructure.volume_fractions()
    tensors = []
    for phase in shares:
        law = rve.laws[phase]
        assert isinstance(law, Conduction | LinearElastic)
        tensors.append(law.conductivity if isinstance(law, Conduction) else law.stiffness)
    return np.stack(tensors), np.array(list(shares.values()))
